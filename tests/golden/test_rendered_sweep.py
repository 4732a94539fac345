"""What ``fvcap sweep`` prints, to the letter.

After a wanted change: ``FVCAP_UPDATE_GOLDEN=1 python -m pytest tests/golden`` and read the difference.
"""

import os
from pathlib import Path

import pytest

from fvcapacity.cli.render_sweep import render_sweep_markdown, render_sweep_table
from fvcapacity.cli.render_table import WIDTH
from tests.support.sweeps import swept

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("swept.txt", lambda: render_sweep_table(swept(), width=WIDTH, color=False)),
        ("swept.md", lambda: render_sweep_markdown(swept())),
    ],
)
def test_rendered(name, text):
    path = HERE / name
    if os.environ.get("FVCAP_UPDATE_GOLDEN"):
        path.write_text(text(), encoding="utf-8")
    assert text() == path.read_text(encoding="utf-8")


def test_long_grids_are_cut_on_a_terminal_alone():
    document = swept(count=80)
    assert "20 further points are in points.csv." in render_sweep_table(document, width=WIDTH, color=False)
    assert render_sweep_markdown(document).count("\n| ") == 80 + 2
