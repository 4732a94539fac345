"""The code of every notebook runs, from top to bottom."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted(Path("notebooks").glob("*.ipynb"))
_LEFT: dict[str, dict[str, Callable[[Any], bool]]] = {
    "first-steps": {"figures": lambda figures: "overview" in figures},
    "quarterly-review": {"page": lambda page: "Revisión trimestral 2026Q1" in page.read_text(encoding="utf-8")},
}
"""What each notebook has made at its end."""


_SLOW = {"quarterly-review"}
"""Run by hand (``-m long``): it forecasts a quarter."""


@pytest.mark.parametrize(
    "notebook",
    [pytest.param(path, id=path.stem, marks=[pytest.mark.long] if path.stem in _SLOW else []) for path in NOTEBOOKS],
)
def test_notebook_runs(notebook: Path) -> None:
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    assert cells
    names: dict[str, Any] = {}
    for cell in cells:
        exec("".join(cell["source"]), names)
    assert names["result"].complete
    for name, kept in _LEFT[notebook.stem].items():
        assert kept(names[name])


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS
