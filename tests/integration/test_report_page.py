"""The report in a real browser: nothing on its console, nothing fetched, and every control does what it says."""

from __future__ import annotations

import json
import re

import pytest

from fvcapacity.report.page import write_report
from fvcapacity.report.page.palette import DARK, LIGHT
from fvcapacity.report.page.script_text import source_hash
from tests.support.browser import browse, console, needs_chromium
from tests.support.pages import evening, renamed

pytestmark = [needs_chromium, pytest.mark.apart]
PATIENCE = "--virtual-time-budget=20000"
BREAKOUT = "</script><script>console.error('out')</script><!--<img src=x onerror=console.error('out')>"
DRIVE = """
(async () => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  for (let n = 0; n < 200 && !document.documentElement.dataset.ready; n++) await wait(50);
  const bokeh = Bokeh.documents[0], figures = bokeh.roots(), found = {};
  const ranges = () => figures.map((figure) => [figure.x_range.start, figure.x_range.end]);
  const button = (selector) => document.querySelector(selector);
  const key = (name, more) => button("#charts").dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, ...more }));
  found.figures = figures.length;
  found.canvases = document.querySelectorAll("#charts .plot").length;
  found.whole = ranges();
  button("[data-step=in]").click();
  found.zoomed = ranges();
  found.pressed = [...document.querySelectorAll("button.zoom")].map((b) => b.getAttribute("aria-pressed"));
  key("0");
  found.back = ranges();
  key("ArrowRight"); key("ArrowRight", { shiftKey: true });
  found.moment = button("#moment").textContent;
  found.spoken = button("#spoken").textContent;
  found.now = [...document.querySelectorAll(".now")].map((e) => e.textContent);
  key("Escape");
  found.after = button("#moment").textContent;
  const line = button("button.key");
  line.click();
  found.hidden = [line.getAttribute("aria-pressed"), bokeh.get_model_by_name(line.dataset.line).visible];
  line.click();
  const color = () => bokeh.get_model_by_name(line.dataset.line).glyph.line_color.value;
  found.light = [color(), button("#theme").getAttribute("aria-pressed"), getComputedStyle(document.body).color];
  button("#theme").click();
  found.dark = [color(), button("#theme").getAttribute("aria-pressed"), getComputedStyle(document.body).color];
  found.fetched = performance.getEntriesByType("resource").map((entry) => entry.name);
  found.focusable = [...document.querySelectorAll("a[href], button, summary, [tabindex='0']")].slice(0, 1).map((e) => e.className);
  found.widest = Math.max(...[...document.querySelectorAll("body *")].filter((e) => !e.closest(".wide, nav, .hidden, .skip, .plot")).map((e) => e.getBoundingClientRect().right));
  found.window = innerWidth;
  document.title = JSON.stringify(found);
})();
"""


def driven(page, folder, width=1200, *options):
    """What a script finds in a copy of the page whose policy knows it."""
    html = page.read_text(encoding="utf-8")
    assert "script-src " in html
    copy = folder / "driven.html"
    opened = html.replace("script-src ", f"script-src {source_hash(DRIVE).replace(chr(39), '&#39;')} ", 1)
    copy.write_text(opened.replace("</body>", f"<script>{DRIVE}</script></body>"), encoding="utf-8")
    dom, said = browse(copy, folder / "profile", width, PATIENCE, *options)
    title = re.search(r"<title>(\{.*?\})</title>", dom)
    assert title is not None, said
    return json.loads(title[1].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")), said


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return write_report(evening(), tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture(scope="module")
def found(page, tmp_path_factory):
    return driven(page, tmp_path_factory.mktemp("drive"))


def test_the_console_stays_empty(found):
    assert [line for line in console(found[1]) if "[bokeh" not in line] == []


def test_nothing_is_fetched(found):
    assert found[0]["fetched"] == []


def test_a_zoom_moves_all_axes(found):
    said = found[0]
    assert said["figures"] == said["canvases"] >= 6
    assert len({tuple(item) for item in said["whole"]}) == 1
    assert len({tuple(item) for item in said["zoomed"]}) == 1
    width = [end - start for start, end in (said["whole"][0], said["zoomed"][0])]
    assert width[1] == pytest.approx(width[0] / 2)
    assert "true" not in said["pressed"]
    assert said["back"] == said["whole"]


def test_the_keyboard_reads_a_moment_of_all_charts(found):
    said = found[0]
    assert re.search(r"Feb.*\d\d:\d\d", said["moment"])
    assert said["spoken"].startswith(said["moment"])
    assert sum(bool(text) for text in said["now"]) >= 5
    assert said["after"] == ""


def test_a_line_can_be_put_away(found):
    assert found[0]["hidden"] == ["false", False]


def test_the_button_changes_the_theme_of_page_and_charts(found):
    said = found[0]
    assert said["light"][:2] == [LIGHT["c0"], "false"]
    assert said["dark"][:2] == [DARK["c0"], "true"]
    assert said["light"][2] != said["dark"][2]


def test_the_first_stop_of_the_keyboard_skips_to_the_verdict(found):
    assert found[0]["focusable"] == ["skip"]


def test_it_fits_a_phone(page, tmp_path):
    """In the narrowest window that a headless browser opens."""
    said, _ = driven(page, tmp_path, 500)
    assert said["widest"] <= said["window"] + 1


def test_hostile_names_do_not_break_out(tmp_path):
    """A service, a route and the message of an event at once."""
    names = {part: f"{BREAKOUT}{n}" for n, part in enumerate(("order-service", "checkout", "Memory cgroup"))}
    page = write_report(renamed(evening(), names), tmp_path / "report.html")
    said, log = driven(page, tmp_path)
    assert [line for line in console(log) if "[bokeh" not in line] == []
    assert said["figures"] >= 6


def test_a_page_reads_without_scripts(page, tmp_path):
    """A copy without ours: the still picture stands where the charts would be, and no control that does nothing."""
    look = "const shown = (e) => document.querySelector(e).checkVisibility(); document.title = ['.paper svg', '#charts', '#theme', '.tools'].map(shown)"
    html = re.sub(r"<script>.*?</script>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    html = html.replace("script-src ", f"script-src {source_hash(look).replace(chr(39), '&#39;')} ", 1)
    copy = tmp_path / "bare.html"
    copy.write_text(html.replace("</body>", f"<script>{look}</script></body>"), encoding="utf-8")
    dom, _ = browse(copy, tmp_path / "profile", 1200)
    assert "<title>true,false,false,false</title>" in dom
