"""The page says what the figures say, in both languages, and no name can break out of it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from fvcapacity.errors import InputError
from fvcapacity.report.page import report_html, write_report
from fvcapacity.report.page.document import check_libraries
from tests.support.pages import evening, renamed

HOSTILE = "</script><script>alert(1)</script><!--"
GOLDEN = Path(__file__).parents[3] / "golden"


class Text(HTMLParser):
    """Collects what people read: no scripts, styles or pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style", "svg", "p", "h1", "h2", "h3", "tr", "dt", "dd", "li", "summary", "button"):
            self._inside.append(tag)
            self.words.append("\n")
        elif tag in ("td", "th", "small"):
            self.words.append(" | ")

    def handle_endtag(self, tag):
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data):
        if not {"script", "style", "svg"} & set(self._inside):
            self.words.append(data)

    @property
    def text(self) -> str:
        lines = (" ".join(line.split()) for line in "".join(self.words).splitlines())
        return "\n".join(line for line in lines if line) + "\n"


def parsed(html: str) -> Text:
    reader = Text()
    reader.feed(html)
    return reader


@pytest.fixture(scope="module")
def pages():
    result = evening()
    return {
        "report": report_html(result),
        "report-es": report_html(result, "es", against=evening(calm=True), names=("hoy", "propuesta")),
    }


@pytest.mark.parametrize("name", ["report", "report-es"])
def test_what_people_read(pages, name):
    """After a wanted change: ``FVCAP_UPDATE_GOLDEN=1 python -m pytest`` this file, and read the difference."""
    text, path = parsed(pages[name]).text, GOLDEN / f"{name}.txt"
    if os.environ.get("FVCAP_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_scripts_are_known_by_their_hash(pages):
    html = pages["report"]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert "unsafe-inline" not in policy[1].partition("script-src")[2]
    sources = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    assert len(sources) == 2
    for source in sources:
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert digest in policy[1].replace("&#43;", "+").replace("&#39;", "'")


def test_nothing_comes_from_outside(pages):
    for tag, attributes in parsed(pages["report"]).tags:
        for name in ("src", "href", "action", "xlink:href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:")), (tag, name, value)


def test_headings_go_down_by_steps_of_one(pages):
    levels = [int(tag[1]) for tag, _ in parsed(pages["report-es"]).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_control_and_region_has_a_name(pages):
    ids = {attributes.get("id") for _, attributes in parsed(pages["report"]).tags}
    for tag, attributes in parsed(pages["report"]).tags:
        if attributes.get("role") in ("region", "group", "img"):
            assert attributes.get("aria-label"), (tag, attributes)
        if "aria-labelledby" in attributes:
            assert attributes["aria-labelledby"] in ids


def test_every_id_stands_once(pages):
    found = [attributes["id"] for _, attributes in parsed(pages["report"]).tags if "id" in attributes]
    assert len(found) == len(set(found))


def test_hostile_names_stay_text():
    """A service, a route, a scenario, the message of an event and a node pool: each has a number, which stands in the page."""
    parts = ["order-service", "checkout", "synthetic", "Memory cgroup", "general"]
    html = report_html(renamed(evening(), {part: f"{HOSTILE}{n}" for n, part in enumerate(parts)}))
    assert [n for n in range(len(parts)) if f"!--{n}" not in html] == []
    scripts = [attributes for tag, attributes in parsed(html).tags if tag == "script"]
    assert [attributes.get("type") for attributes in scripts] == ["application/json", "application/json", None, None]
    assert "<script>alert" not in html
    blocks = re.findall(r'<script type="application/json" id="[^"]+">(.*?)</script>', html, re.DOTALL)
    assert not any(set("<>&") & set(block) for block in blocks)


def test_json_in_the_page_is_json(pages):
    blocks = re.findall(r'<script type="application/json" id="([^"]+)">(.*?)</script>', pages["report"], re.DOTALL)
    found = {name: json.loads(text) for name, text in blocks}
    assert set(found) == {"bokeh-document", "settings"}
    assert set(found["settings"]["palettes"]["light"]) == set(found["settings"]["palettes"]["dark"])


@pytest.fixture(scope="module")
def poor():
    """The page of a run that was interrupted, has no prices, and was written by an older release."""
    result = evening(interrupted=73)
    tables = {name: table for name, table in result.tables.items() if name != "route_calls"}
    return report_html(replace(result, summary={**result.summary, "cost": None}, tables=tables))


def test_a_result_of_an_older_release_says_what_it_lacks(poor):
    assert "does not say who calls whom" in poor
    assert 'class="path"' not in poor


def test_an_interrupted_run_and_one_without_prices_are_shown(poor, pages):
    for sentence in ("This run was interrupted", "The scenario names no prices."):
        assert sentence in poor
        assert sentence not in pages["report"]


def test_two_runs_alike_do_not_differ():
    result = evening()
    html = report_html(result, against=result, names=("a", "b"))
    body = html[html.index('id="against"') : html.index('id="timeline"')]
    assert "Both cost the same" in body
    assert not re.search(r'<span class="(good|bad)">', body)


def test_it_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.setattr("fvcapacity.report.page.document.report_html", lambda *_, **__: "<html></html>")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_report(evening(), tmp_path / "file" / "report.html")


def test_what_is_missing_is_said_with_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "bokeh", None)
    with pytest.raises(InputError) as raised:
        check_libraries()
    assert "pip install 'fvcapacity[report]'" in str(raised.value.problems[0].hint)
