"""What ``fvcap simulate`` prints, to the letter.

After a wanted change: ``FVCAP_UPDATE_GOLDEN=1 python -m pytest tests/golden`` and read the difference.
"""

import os
import unicodedata
from pathlib import Path

import pytest

from fvcapacity.cli.events import events_text
from fvcapacity.cli.render_markdown import render_markdown
from fvcapacity.cli.render_table import SCREEN_LINES, WIDTH, render_table
from fvcapacity.cli.terminal import Language, settings
from tests.golden.spanish import assert_spanish
from tests.unit.cli.fakes import result_of

HERE = Path(__file__).parent
RENDERERS = [("txt", lambda summary: render_table(summary, width=WIDTH, color=False)), ("md", render_markdown)]
BACKUP = (
    "daily (0 7 * * *, UTC) saves 7Gi of postgres and mongodb in 1m; at worst the last 1d1m are lost (RPO), and it takes "
    "17m21s to be back (RTO), estimated from assumed figures"
)
STALE = "Prices without a day, or more than a year older than the run: control plane."


@pytest.fixture(scope="module")
def results():
    return {
        "missed": result_of(None, None),
        "held": result_of(None, calm=True),
        "interrupted": result_of(None, 73),
    }


@pytest.mark.parametrize("name", ["missed", "held", "interrupted"])
@pytest.mark.parametrize(("suffix", "render"), RENDERERS)
@pytest.mark.parametrize(("lang", "mark"), [(Language.EN, ""), (Language.ES, "-es")])
def test_rendered(results, name, suffix, render, lang, mark):
    with settings(language=lang):
        text = render(results[name].summary)
    path = HERE / f"{name}{mark}.{suffix}"
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


@pytest.mark.parametrize(("suffix", "render"), RENDERERS)
def test_no_english_and_no_english_figure_in_spanish(results, suffix, render):
    for result in results.values():
        summary = {**result.summary, "recovery": [{"sentence": BACKUP}], "notes": [*result.summary["notes"], STALE]}
        with settings(language=Language.ES):
            assert_spanish(render(summary))


def test_columns_stand_below_each_other_with_accents(results):
    with settings(language=Language.ES):
        lines = render_table(results["missed"].summary, width=WIDTH, color=False).splitlines()
    head = next(line for line in lines if line.startswith("Servicio"))
    rows = lines[lines.index(head) + 2 :][: len(results["missed"].summary["services"])]
    assert unicodedata.is_normalized("NFC", head)  # a letter is a column
    for word in ("Réplicas", "Límite", "Memoria"):
        end = head.index(word) + len(word)
        assert all(row[end - 1] != " " and row[end : end + 1] in ("", " ") for row in rows)


def test_the_slower_routes_and_services_in_spanish_fit_on_a_screen(results):
    summary = dict(results["missed"].summary)
    route, service = summary["routes"][3], summary["services"][3]
    summary["routes"] = [{**route, "route": f"route-{i}"} for i in range(40)] + summary["routes"][-1:]
    summary["services"] = [{**service, "service": f"wishlist-service-{i}"} for i in range(30)]
    with settings(language=Language.ES):
        text = render_table(summary, width=WIDTH, color=False)
    assert text.count("\n") <= SCREEN_LINES
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "…" not in text
    assert "más rápidas quedan fuera" in " ".join(text.split())


def test_colour_only_when_asked(results):
    assert "\x1b[" not in render_table(results["missed"].summary, color=False)
    assert "\x1b[1;31mMISSED" in render_table(results["missed"].summary, color=True)
