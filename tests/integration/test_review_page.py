"""The review in a real browser: no error on its console, nothing wider than a phone, all of it drawn."""

from __future__ import annotations

import re

import pytest

from fvcapacity.report.review import write_review
from fvcapacity.review.quarter import review_quarter
from tests.support.browser import browse, needs_chromium
from tests.support.quarters import books, finished
from tests.support.reviews import FORECAST, RECOMMENDATION

pytestmark = [needs_chromium, pytest.mark.apart]
MEASURE = """
<script>
  const bodies = [...document.querySelectorAll("body *")].filter((e) => !e.closest(".wide") && !e.closest("svg"));
  const widest = Math.max(...bodies.map((e) => e.getBoundingClientRect().right));
  document.title = `widest=${Math.round(widest)} window=${innerWidth} charts=${document.querySelectorAll("svg").length}`;
</script>
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    review = review_quarter(
        [finished(books("2026-01-05", 1, service="<script>console.error('out')</script>"), failing=4)], "2026Q1",
        recommendation=RECOMMENDATION, forecast=FORECAST,
    )  # fmt: skip
    return write_review(review, tmp_path_factory.mktemp("page") / "review", "es") / "review.html"


def test_the_console_stays_empty(page, tmp_path):
    dom, said = browse(page, tmp_path, 1200)
    assert "CONSOLE" not in said
    assert "Revisión trimestral 2026Q1" in dom
    assert "<script" not in dom


def test_it_fits_a_phone(page, tmp_path):
    """A copy that may measure itself: its policy is opened for the script that does."""
    html = page.read_text(encoding="utf-8")
    copy = tmp_path / "measured.html"
    opened = html.replace("default-src 'none'", "script-src 'unsafe-inline'")
    copy.write_text(opened.replace("</body>", f"{MEASURE}</body>"), encoding="utf-8")
    dom, _ = browse(copy, tmp_path / "profile", 500)  # the narrowest window that a headless browser opens
    found = re.search(r"<title>widest=(\d+) window=(\d+) charts=(\d+)", dom)
    assert found is not None
    widest, window, charts = map(int, found.groups())
    assert widest <= window <= 500
    assert charts == 4
