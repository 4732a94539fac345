"""The page says what the figures say, in both languages, and no name can break out of it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from fvcapacity.errors import InputError
from fvcapacity.report.review import check_review_replaceable, review_html, review_markdown, write_review
from fvcapacity.review.quarter import QuarterReview, review_quarter
from tests.support.quarters import books, finished
from tests.support.reviews import FORECAST, RECOMMENDATION

HOSTILE = "<script>alert(1)</script>"
NASTY = "a\"b'c&d|e`f$\\frac{1}{0}$ _g_ \x07"


@pytest.fixture(scope="module")
def summary():
    return review_quarter(
        [finished(books("2026-01-05", 2), failing=4)],
        "2026Q1",
        previous=[finished(books("2025-11-03", 1, requests=1800))],
        recommendation=RECOMMENDATION,
        forecast=FORECAST,
    ).summary


@pytest.fixture(scope="module")
def hostile(summary):
    """The same with hostile names wherever a name comes from a result."""
    worst = {"kind": HOSTILE, "subject": NASTY, "day": "2026-01-05", "time": "10:00", "minutes": 5.0}
    return {
        **summary,
        "scenarios": [HOSTILE, NASTY],
        "time_zone": HOSTILE,
        "by_service": [
            {"name": HOSTILE, "kind": "service", "usd": summary["total_usd"] / 2, "previous_usd": 1.0},
            {"name": NASTY, "kind": "service", "usd": summary["total_usd"] / 2, "previous_usd": None},
        ],
        "by_category": [{"name": HOSTILE, "kind": "", "usd": summary["total_usd"], "previous_usd": 1.0}],
        "idle": {
            **summary["idle"],
            "wasted": [{"kind": HOSTILE, "name": NASTY, "usd_per_month": 1.0, "used_percent": None}],
        },
        "quality": {**summary["quality"], "kinds": [{"kind": HOSTILE, "count": 1, "minutes": 5.0}], "worst": [worst]},
        "recommendation": {
            "verdict": HOSTILE,
            "today_usd": 2.0,
            "usd": 1.0,
            "sentence": HOSTILE,
            "changes": [{"path": HOSTILE, "before": NASTY, "after": HOSTILE}],
        },
        "notes": [{"code": "unpriced", "values": {}, "names": [HOSTILE, NASTY]}],
    }


@pytest.fixture(scope="module")
def pages(summary):
    """The page in each language."""
    return {language: review_html(summary, language) for language in ("en", "es")}


class Elements(HTMLParser):
    """What a browser would make elements of; ``texts`` are those that it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        if self.tags[-1:] != ["style"]:
            self.texts.append(data)


def parsed(html):
    elements = Elements()
    elements.feed(html)
    elements.close()
    return elements


def test_no_name_breaks_out_of_the_page(hostile):
    elements = parsed(review_html(hostile, "es"))
    assert "script" not in elements.tags
    assert not [name for name, _ in elements.attributes if name.startswith("on")]
    assert HOSTILE in " ".join(elements.texts)  # it is shown as what it is


def test_no_name_breaks_out_of_the_markdown(hostile):
    markdown = review_markdown(hostile)
    assert "<" not in markdown
    widths = [line.count(" | ") for line in markdown.splitlines() if "alert" in line and line.startswith("|")]
    assert widths
    assert "\\|" in markdown


def test_the_page_needs_nothing_from_outside(pages):
    html = pages["en"]
    elements = parsed(html)
    links = [value or "" for name, value in elements.attributes if name in ("src", "href", "xlink:href")]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not re.search(r"@import|url\((?!#|\"#)", html)
    assert "default-src 'none'" in html


def test_ids_stand_once_and_charts_are_well_formed(pages):
    html = pages["en"]
    ids = [value for name, value in parsed(html).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    drawn = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert len(drawn) == 4
    for svg in drawn:
        assert ElementTree.fromstring(svg).get("role") == "img"


def test_the_same_figures_in_both_languages(summary, pages):
    english, spanish = (" ".join(parsed(pages[language]).texts) for language in ("en", "es"))
    total = summary["total_usd"]
    assert f"${total:,.2f}" in english
    assert f"US${total:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".") in spanish
    assert "Quarterly review 2026Q1" in english
    assert "Revisión trimestral 2026Q1" in spanish


def test_no_english_is_left_in_the_spanish_page(pages):
    words = set(re.findall(r"[a-z]+", " ".join(parsed(pages["es"]).texts).lower()))
    assert "solicitudes" in words
    assert not words & {"the", "and", "with", "days", "requests", "quarter", "draws", "machines", "between"}


def test_without_anything_given_the_sections_say_so(summary):
    bare = {**summary, "recommendation": None, "forecast": None, "previous_total_usd": None, "previous_quarter": None}
    text = review_markdown(bare)
    assert "No recommendation was given" in text
    assert "No forecast was given" in text
    assert "The next quarter: 2026Q2" in text
    assert "no quarter to compare with" in text


def test_the_files_repeat_themselves_and_replace_only_their_own(summary, pages, tmp_path):
    review = QuarterReview(summary)
    target = write_review(review, tmp_path / "r")
    assert (target / "review.html").read_text(encoding="utf-8") == pages["en"]
    assert (target / "review.md").read_text(encoding="utf-8") == review_markdown(summary)
    assert QuarterReview(json.loads((target / "review.json").read_text(encoding="utf-8"))) == review
    check_review_replaceable(target)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    with pytest.raises(InputError, match="something else than a review"):
        write_review(review, tmp_path / "mine")
