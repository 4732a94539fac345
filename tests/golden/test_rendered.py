"""What ``fvcap simulate`` prints, to the letter.

After a wanted change: ``FVCAP_UPDATE_GOLDEN=1 python -m pytest tests/golden`` and read the difference.
"""

import os
from pathlib import Path

import pytest

from fvcapacity.cli.events import events_text
from fvcapacity.cli.render_markdown import render_markdown
from fvcapacity.cli.render_table import SCREEN_LINES, WIDTH, render_table
from tests.unit.cli.fakes import result_of

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def results():
    return {
        "missed": result_of(None, None),
        "held": result_of(None, calm=True),
        "interrupted": result_of(None, 73),
    }


@pytest.mark.parametrize("name", ["missed", "held", "interrupted"])
@pytest.mark.parametrize(
    ("suffix", "render"),
    [("txt", lambda summary: render_table(summary, width=WIDTH, color=False)), ("md", render_markdown)],
)
def test_rendered(results, name, suffix, render):
    text = render(results[name].summary)
    path = HERE / f"{name}.{suffix}"
    if os.environ.get("FVCAP_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "text"), [("events", "missed"), ("events-interrupted", "interrupted")])
def test_events(results, name, text):
    text = events_text(results[text])
    path = HERE / f"{name}.txt"
    if os.environ.get("FVCAP_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_many_routes_and_services_fit_on_a_screen(results):
    summary = dict(results["missed"].summary)
    route, service = summary["routes"][3], summary["services"][3]
    summary["routes"] = [{**route, "route": f"route-{i}"} for i in range(40)] + summary["routes"][-1:]
    summary["services"] = [{**service, "service": f"wishlist-service-{i}"} for i in range(30)]
    lines = render_table(summary, width=WIDTH, color=False).splitlines()
    assert len(lines) <= SCREEN_LINES
    assert max(map(len, lines)) <= WIDTH
    assert "faster ones are left out" in " ".join(lines)
    assert "route-39" in render_markdown(summary)  # nothing is left out where there is room


def test_colour_only_when_asked(results):
    assert "\x1b[" not in render_table(results["missed"].summary, color=False)
    assert "\x1b[1;31mMISSED" in render_table(results["missed"].summary, color=True)
