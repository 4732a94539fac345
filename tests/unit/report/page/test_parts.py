"""The parts of the page: time grids, lanes, layers, where time goes, words."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from fvcapacity.report.page.against import lines_beside, measures_of, settings_of
from fvcapacity.report.page.boxes import boxes_of
from fvcapacity.report.page.clock import Clock
from fvcapacity.report.page.facts import facts_of
from fvcapacity.report.page.flow import flow_of, layers_of
from fvcapacity.report.page.grid import Grid, grid_of
from fvcapacity.report.page.marks import LANES, marks_of, tallies
from fvcapacity.report.page.palette import DARK, LIGHT, LINES
from fvcapacity.report.page.script_text import json_in_script
from fvcapacity.report.page.series import panels_of
from fvcapacity.report.page.timeline import decades
from fvcapacity.report.page.words import WORDS, page_tongue
from fvcapacity.results.incidents import IncidentKind
from tests.support.pages import evening

ROOM = Path("fvcapacity/report/page")
SOURCES = "".join(
    path.read_text() for path in ROOM.rglob("*") if path.suffix in (".py", ".j2") and path.name != "words.py"
)


@pytest.fixture(scope="module")
def result():
    return evening()


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_have_the_same_values(key):
    english, spanish = WORDS[key]
    assert english.strip()
    assert spanish.strip()
    assert fields(english) == fields(spanish)


def test_no_word_is_left_over_or_missing():
    families = (
        "status.",
        "cause.",
        "incident.",
        "lane.",
        "panel.",
        "part.",
        "m.",
        "category.",
        "trouble.",
        "of.",
        "v.",
    )
    families += ("against.status.", "box.cpu.", "tip.")
    unused = [
        key for key in WORDS if not key.startswith(families) and not re.search(f"[\"'>]{re.escape(key)}[\"']", SOURCES)
    ]
    assert not unused
    asked = set(re.findall(r'(?:tongue|say)\(\s*"([^"{}]+)"\s*[,)]', SOURCES))
    assert asked <= set(WORDS)


@pytest.mark.parametrize("kind", get_args(IncidentKind))
def test_every_incident_has_a_name(kind):
    assert f"incident.{kind}" in WORDS


@pytest.mark.parametrize("lane", LANES)
def test_every_lane_has_a_name(lane):
    assert f"lane.{lane}" in WORDS


def test_both_palettes_name_the_same_colours():
    assert set(LIGHT) == set(DARK) >= set(LINES)


@pytest.mark.parametrize(
    ("duration_s", "step_s", "expected"),
    [(3600, 60, 60), (2 * 86400, 60, 60), (3 * 86400, 60, 120), (7 * 86400, 60, 300), (90 * 86400, 3600, 3600)],
)
def test_a_grid_is_as_fine_as_can_be_drawn(duration_s, step_s, expected):
    grid = grid_of(duration_s, step_s)
    assert grid.step_s == expected
    assert grid.count <= 3000


def test_a_line_has_a_value_for_each_step_and_gaps_where_there_is_none():
    line = Grid(60.0, 4).line(pd.Series([0.0, 30.0, 180.0]), pd.Series([1.0, 5.0, 2.0]), "max")
    np.testing.assert_array_equal(line, [5.0, np.nan, np.nan, 2.0])


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [(8, 8000, [10, 100, 1000]), (90, 6000, [100, 200, 500, 1000, 2000, 5000]), (0.3, 4, [0.5, 1, 2])],
)
def test_a_logarithmic_axis_has_marks_that_can_be_read(low, high, marks):
    assert decades(low, high) == pytest.approx(marks)


@pytest.mark.parametrize("text", ["</script>", "<!-- x", "a & b", "\u2028"])
def test_json_cannot_leave_its_element(text):
    import json

    written = json_in_script(json.dumps(text, ensure_ascii=False))
    assert not set("<>&\u2028") & set(written)
    assert json.loads(written) == text


def test_time_on_the_axis_is_local(result):
    clock = Clock(result.summary)
    assert clock.at(0.0).strftime("%H:%M") == "17:00"
    assert pd.Timestamp(float(clock.axis(0.0)), unit="ms").strftime("%d %H:%M") == "14 17:00"
    assert clock.words(3600.0, page_tongue("es")).endswith("14 feb, 18:00")


def test_services_stand_right_of_who_calls_them():
    calls = dict.fromkeys(
        [("", "gate"), ("gate", "a"), ("gate", "b"), ("a", "b"), ("a", "db"), ("b", "db"), ("gate", "static")]
    )
    columns = layers_of(calls)
    place = {name: number for number, column in enumerate(columns) for name in column}
    assert all(place[caller] < place[service] for caller, service in calls if caller)
    assert place["db"] == len(columns) - 1
    assert place["static"] == 1


def test_where_time_goes_adds_up(result):
    flow = flow_of(result)
    assert flow is not None
    for route in flow.routes:
        assert route.own.total_s + route.outside_s == pytest.approx(route.mean_s)
        assert sum(seconds for _, seconds in route.services) == pytest.approx(route.own.total_s)
    for service in flow.services:
        waits = sum(seconds for _, seconds in service.waits)
        assert service.own.total_s + waits == pytest.approx(service.elapsed_s)


def test_the_throttled_service_is_where_checkout_waits(result):
    flow = flow_of(result)
    assert flow is not None
    checkout = next(item for item in flow.routes if item.route == "checkout")
    assert checkout.services[0][0] == "order-service"


def test_the_box_of_the_cause_is_marked(result):
    facts = facts_of(result)
    assert facts.cause is not None
    boxes = boxes_of(result, facts.cause)
    assert [name for name, box in boxes.items() if box.cause] == [facts.cause.subject] == ["order-service"]
    assert boxes["order-service"].of == "limit"


def test_what_broke_first_is_of_a_missed_objective_or_of_the_cluster(result):
    facts = facts_of(result)
    assert facts.status == "missed"
    assert facts.first is not None
    assert facts.first.kind != "hpa-at-maximum"
    assert facts_of(evening(calm=True)).status == "holds"


def test_a_month_is_730_hours_of_the_run(result):
    facts = facts_of(result)
    assert facts.usd is not None
    assert facts.month_usd == pytest.approx(facts.usd / 3 * 730)


def test_events_are_counted_by_lane_and_object(result):
    marks = marks_of(result)
    assert sum(item.count for item in tallies(marks)) == len(marks) > 0
    assert {mark.lane for mark in marks} <= set(LANES)


def test_every_panel_has_a_value_for_every_step(result):
    for panel in panels_of(result):
        assert all(len(line.values) == panel.grid.count for line in panel.lines)
        assert any(np.isfinite(line.values).any() for line in panel.lines)


def test_what_was_given_differently_is_told(result):
    containers = result.tables["containers"].copy()
    at = containers.index[containers["service"] == "order-service"][0]
    containers.loc[at, "cpu_limit_cores"] = 0.5
    other = replace(result, tables={**result.tables, "containers": containers})
    found = [(item.field, item.values) for item in settings_of(result, other)]
    assert found == [("limits.cpu", (0.2, 0.5))]


def test_a_run_beside_itself_is_the_same(result):
    facts = facts_of(result)
    assert all(item.change in (None, 0.0) for item in measures_of(result, result, (facts, facts)))
    panels = panels_of(result)
    beside = lines_beside(panels, result)
    p95 = next(panel for panel in panels if panel.key == "p95")
    np.testing.assert_allclose(beside["p95"], p95.lines[0].values)
