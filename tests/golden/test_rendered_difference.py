"""What ``fvcap diff`` prints, to the letter.

After a wanted change: ``FVCAP_UPDATE_GOLDEN=1 python -m pytest tests/golden`` and read the difference.
"""

import os
from pathlib import Path

import pytest

from fvcapacity.cli.render_difference import render_difference_markdown, render_difference_table
from fvcapacity.cli.render_table import WIDTH
from fvcapacity.inputs import load_scenario
from fvcapacity.inputs.sides import load_sides
from fvcapacity.report.difference import difference_of
from fvcapacity.report.overlay import write_overlay
from tests.support.garden import write_garden
from tests.support.overlays import PROPOSAL

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def difference(tmp_path_factory):
    home = tmp_path_factory.mktemp("garden")
    before = Path.cwd()
    os.chdir(home)  # the names that were given are shown
    try:
        write_garden(home)
        write_overlay(load_scenario("scenario.yaml"), PROPOSAL, "recommended", kubectl=None)
        return difference_of(*load_sides("scenario.yaml", "recommended"))
    finally:
        os.chdir(before)


@pytest.mark.parametrize(
    ("suffix", "render"),
    [
        ("txt", lambda found: render_difference_table(found, width=WIDTH, color=False)),
        ("md", render_difference_markdown),
    ],
)
def test_rendered(difference, suffix, render):
    text = render(difference)
    path = HERE / f"difference.{suffix}"
    if os.environ.get("FVCAP_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
