"""Both languages say the same with the same values, and numbers are written as each writes them."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import get_args

import pytest

from fvcapacity.report.review.words import WORDS, review_tongue
from fvcapacity.report.tongue import NOTHING, plain
from fvcapacity.results.incidents import IncidentKind
from fvcapacity.review.quarter_summary import NoteCode
from fvcapacity.scenario.prices import Kind

SOURCES = "".join(path.read_text() for path in Path("fvcapacity/report/review").glob("*.py") if path.name != "words.py")


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_have_the_same_values(key):
    english, spanish = WORDS[key]
    assert english.strip()
    assert spanish.strip()
    assert placeholders(english) == placeholders(spanish)


def test_no_word_is_left_over():
    families = (
        "category.",
        "waste.",
        "incident.",
        "state.",
        "objective.",
        "row.",
        "term.",
        "growth.",
        "note.",
        "what-if.",
        "kind.",
    )
    unused = [key for key in WORDS if not key.startswith(families) and not re.search(f"[\"']{key}[\"']", SOURCES)]
    assert not unused


def test_every_word_that_is_asked_for_is_there():
    asked = set(re.findall(r'tongue\(\s*"([^"{}]+)"', SOURCES))
    assert asked <= set(WORDS)


@pytest.mark.parametrize("kind", get_args(IncidentKind))
def test_every_incident_has_a_name(kind):
    assert f"incident.{kind}" in WORDS


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_price_has_a_name(kind):
    assert f"kind.{kind}" in WORDS


@pytest.mark.parametrize("code", get_args(NoteCode))
def test_every_note_has_a_sentence(code):
    assert f"note.{code}" in WORDS


@pytest.mark.parametrize(
    ("language", "usd", "number", "percent", "day", "month"),
    [
        ("en", "$1,234.50", "1,234.6", "+12.3 %", "Feb 14, 2026", "February 2026"),
        ("es", "US$1.234,50", "1.234,6", "+12,3 %", "14 feb 2026", "febrero 2026"),
    ],
)
def test_how_each_writes_them(language, usd, number, percent, day, month):
    tongue = review_tongue(language)
    assert tongue.usd(1234.5) == usd
    assert tongue.number(1234.56, 1) == number
    assert tongue.percent(12.34, 1, signed=True) == percent
    assert tongue.day("2026-02-14") == day
    assert tongue.month("2026-02") == month


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_does_not_exist_is_a_dash(value):
    tongue = review_tongue("en")
    assert tongue.usd(value) == tongue.number(value) == tongue.percent(value) == NOTHING


def test_names_are_one_line_of_a_bearable_length():
    assert plain("a\x00b\n\tc\x9fd") == "a b c d"
    assert len(plain("x" * 5000)) == 200
