"""Notebooks as they are committed: nobody's paths, no stale API, outputs of exactly these cells, small pictures.

They are executed by ``.ci/notebooks``.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

import fvcapacity as fv
from fvcapacity.results.shown import PLOTS as RESULT_PLOTS
from fvcapacity.study.shown import COMPARISON_PLOTS
from tests.support import notebooks

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = {
    "first-steps", "node-pools-and-spot", "quarterly-review", "right-sizing", "valentines-night", "why-is-it-slow",
}  # fmt: skip
MOST_BYTES = 250_000
FIGURES = {*RESULT_PLOTS, *COMPARISON_PLOTS}
_ABSOLUTE = re.compile(r"""(?<![\w.:/<])/(?:home|root|tmp|work|Users|mnt|var|opt|usr)\b|\b[A-Z]:\\\\|file://|~/""")

every = pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in PATHS])


def code(path: Path) -> list[str]:
    """Return the sources that run, without the magics of IPython."""
    sources = ["".join(cell["source"]) for cell in notebooks.code_cells(notebooks.read(path))]
    return ["\n".join(line for line in source.splitlines() if not line.startswith("%")) for source in sources]


def tree(path: Path) -> ast.Module:
    return ast.parse("\n".join(code(path)))


def stale_names(module: ast.Module) -> list[str]:
    """Return names of the library that there are not (any more)."""
    stale = []
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "fv":
            stale += [f"fv.{node.attr}"] if node.attr not in fv.__all__ else []
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fvcapacity"):
            home = importlib.import_module(node.module or "")
            stale += [f"{node.module}.{name.name}" for name in node.names if not hasattr(home, name.name)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "plot":
            named = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
            stale += [f'plot("{name}")' for name in named if name not in FIGURES]
    return stale


def test_they_are_all_there():
    assert {path.stem for path in PATHS} == NAMES


@every
def test_no_path_is_anybodys_own(path):
    text = path.read_text(encoding="utf-8")
    assert not _ABSOLUTE.findall(re.sub(r'"image/png": "[^"]*"', "", text))


@every
def test_no_name_is_stale(path):
    assert stale_names(tree(path)) == []


@every
def test_every_file_that_is_named_is_there(path):
    text = "\n".join(["".join(cell["source"]) for cell in notebooks.read(path)["cells"]])
    named = re.findall(r"\b(?:scenarios|docs|data)/[\w./-]+\.(?:yaml|md|json)|(?<=\]\()[\w-]+\.ipynb", text)
    assert named
    for name in named:
        assert (ROOT / name).exists() or (path.parent / name).exists(), name


@every
def test_outputs_are_those_of_its_cells(path):
    notebook = notebooks.read(path)
    assert notebook["metadata"]["fvcapacity"]["executed"] == notebooks.digest(notebook), "run .ci/notebooks --write"
    outputs = [item for cell in notebooks.code_cells(notebook) for item in cell["outputs"]]
    assert outputs
    assert not [item for item in outputs if item["output_type"] == "error"]
    assert path.stat().st_size < MOST_BYTES


@every
def test_it_begins_with_its_title_and_is_told(path):
    cells = notebooks.read(path)["cells"]
    assert "".join(cells[0]["source"]).startswith("# ")
    prose = [cell for cell in cells if cell["cell_type"] == "markdown"]
    assert len(prose) >= len(cells) / 4


@every
def test_no_output_says_widget_or_names_an_object_by_its_address(path):
    said = "\n".join(notebooks.texts(notebooks.read(path)))
    assert " at 0x" not in said
    assert "<Figure" not in said
    assert notebooks.WIDGET not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "stale"),
    [
        ("fv.simulate(x)", []),
        ("fv.simulat(x)", ["fv.simulat"]),
        ("from fvcapacity.plots import draw_all, draw_some", ["fvcapacity.plots.draw_some"]),
        ('result.plot("latencies")', ['plot("latencies")']),
        ('result.plot("latency")', []),
    ],
)
def test_what_is_stale_is_seen(source, stale):
    assert stale_names(ast.parse(source)) == stale


@pytest.mark.parametrize("text", ["/home/me/x", "see /tmp/x", "C:\\\\x", "~/shop"])
def test_an_absolute_path_is_seen(text):
    assert _ABSOLUTE.search(text)
    assert not _ABSOLUTE.search("docs/how-to/x.md and </tmp and https://kubernetes.io/home")


def output(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": [text]}


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("p95 of login is 2,503 ms", ""),
        ("p95 of login is 2,900 ms", "2500 became 2900"),
        ("p95 of register is 2,500 ms", "'login' became 'register'"),
        ("p95 of login is 2,500 ms now", "6 words became 7"),
    ],
)
def test_outputs_may_differ_a_little_in_numbers_and_in_no_word(now, said):
    assert notebooks.difference("p95 of login is 2,500 ms", now) == said


def test_a_warning_is_no_output():
    cell = {"cell_type": "code", "source": [], "outputs": [{**output("careful"), "name": "stderr"}]}
    with pytest.raises(SystemExit, match="a notebook warns: careful"):
        notebooks.cleaned({"cells": [cell], "metadata": {}})


def notebook(text: str) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 3, "source": ["print()"]}
    kernel = {"kernelspec": {"name": "python3"}, "language_info": {"name": "python", "version": "3.11.9"}}
    return {"cells": [{**cell, "outputs": [output(text)]}], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def test_what_was_executed_is_written_and_then_held_to(tmp_path, capsys):
    executed, committed = tmp_path / "executed", tmp_path / "committed"
    executed.mkdir()
    committed.mkdir()
    directories = [str(executed), str(committed)]
    (executed / "a.ipynb").write_text(json.dumps(notebook("42 requests fail")))
    assert notebooks.main(["--write", *directories]) == 0
    written = notebooks.read(committed / "a.ipynb")
    assert written["cells"][0]["execution_count"] == 1
    assert written["metadata"]["language_info"] == {"name": "python"}
    assert notebooks.main(["--check", *directories]) == 0
    (executed / "a.ipynb").write_text(json.dumps(notebook("43 requests hold")))
    assert notebooks.main(["--check", *directories]) == 1
    assert "a.ipynb: [1] 'fail' became 'hold'; run .ci/notebooks --write" in capsys.readouterr().err
