"""Notebooks as they are committed: clean outputs, small pictures, and whether an execution still says the same.

``python -m tests.support.notebooks --check EXECUTED COMMITTED`` compares, ``--write`` puts outputs in place; both are called
by ``.ci/notebooks``.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import sys
from html import unescape
from math import isclose
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]
WIDGET = "application/vnd.jupyter.widget-view+json"
COLORS = 128
"""Of a committed picture; what our figures have, with their anti-aliasing."""
CLOSE = 0.02
"""Figures may differ by this ratio: another machine's mathematics, another release of pandas."""
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d[\d,]*)(?:\.\d+)?(?:e[-+]?\d+)?")


def read(path: Path) -> Notebook:
    """Return a notebook."""
    return dict(json.loads(path.read_text(encoding="utf-8")))


def code_cells(notebook: Notebook) -> list[dict[str, Any]]:
    """Return the cells that run."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def digest(notebook: Notebook) -> str:
    """Return the hash of what runs: outputs belong to these sources and to no others."""
    sources = ["".join(cell["source"]) for cell in code_cells(notebook)]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def cleaned(notebook: Notebook) -> Notebook:
    """Return an executed notebook as it is committed."""
    cells = []
    for cell in notebook["cells"]:
        kept = {**cell, "metadata": {}}
        if cell["cell_type"] == "code":
            kept["outputs"] = [_output(item) for item in cell["outputs"]]
        cells.append(kept)
    for number, cell in enumerate((c for c in cells if c["cell_type"] == "code"), start=1):
        cell["execution_count"] = number
        for item in cell["outputs"]:
            if "execution_count" in item:
                item["execution_count"] = number
    names = ("kernelspec", "language_info")
    metadata = {**{name: notebook["metadata"][name] for name in names}, "fvcapacity": {"executed": digest(notebook)}}
    metadata["language_info"] = {"name": "python"}
    return {**notebook, "cells": cells, "metadata": metadata}


def texts(notebook: Notebook) -> list[str]:
    """Return what each cell that runs has printed or shown, without markup."""
    return ["\n".join(_text(item) for item in cell["outputs"]) for cell in code_cells(notebook)]


def difference(first: str, second: str) -> str:
    """Return where two texts say something else, or nothing: numbers may be a little apart, words may not."""
    ours, others = (_NUMBER.sub("#", text).split() for text in (first, second))
    for one, other in zip(ours, others, strict=False):
        if one != other:
            return f"{one!r} became {other!r}"
    if len(ours) != len(others):
        return f"{len(ours)} words became {len(others)}"
    numbers = (_numbers(text) for text in (first, second))
    for one, other in zip(*numbers, strict=True):
        if not isclose(one, other, rel_tol=CLOSE, abs_tol=0.06):
            return f"{one:g} became {other:g}"
    return ""


def main(arguments: list[str]) -> int:
    """Compare or write; return the exit status."""
    mode, executed, committed = arguments[0], Path(arguments[1]), Path(arguments[2])
    failed = False
    for path in sorted(executed.glob("*.ipynb")):
        notebook = cleaned(read(path))
        target = committed / path.name
        if mode == "--write":
            target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            continue
        for number, (was, now) in enumerate(zip(texts(read(target)), texts(notebook), strict=True), start=1):
            said = difference(was, now)
            if said:
                failed = True
                print(f"{target}: [{number}] {said}; run .ci/notebooks --write", file=sys.stderr)
    return int(failed)


def _output(item: dict[str, Any]) -> dict[str, Any]:
    if item["output_type"] == "stream" and item["name"] == "stderr":
        raise SystemExit(f"a notebook warns: {''.join(item['text'])}")
    data = dict(item.get("data", {}))
    if not data:
        return item
    data.pop(WIDGET, None)
    if "image/png" in data:
        data["image/png"] = _small(data["image/png"])
    if "text/html" in data or "image/png" in data:  # what says it better stands beside it
        data.pop("text/plain", None)
    return {**item, "data": data, "metadata": {}}


def _small(picture: str) -> str:
    from PIL import Image  # of matplotlib

    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    written = io.BytesIO()
    image.quantize(COLORS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        written, "PNG", optimize=True
    )
    return base64.b64encode(written.getvalue()).decode() + "\n"


def _text(item: dict[str, Any]) -> str:
    if item["output_type"] == "stream":
        return "".join(item["text"])
    data = item.get("data", {})
    if "text/html" in data:
        html = re.sub(r"<style.*?</style>|<svg.*?</svg>", " ", "".join(data["text/html"]), flags=re.DOTALL)
        return unescape(re.sub(r"<[^>]+>", " ", html))
    kept = [data[kind] for kind in ("text/markdown", "text/plain") if kind in data]
    return "".join(kept[0]) if kept else ""


def _numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in _NUMBER.findall(text)]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
