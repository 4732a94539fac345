"""Events that move with their special day, and days that belong to one."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
import yaml

from fvcapacity.review.quarters import Quarter
from fvcapacity.review.special_days import Occurrence, day_factors, events_in, occurrences
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.special_days import SpecialDay

VALENTINES = ScenarioFile.model_validate(yaml.safe_load(Path("scenarios/valentines.yaml").read_text()))


def starts(quarter):
    found = events_in(VALENTINES, Quarter.parse(quarter).first, Quarter.parse(quarter).end)
    return [(event.name, event.start.replace(tzinfo=None)) for event in found]


def test_events_stay_where_they_were_planned():
    assert starts("2026Q1") == [(event.name, event.start) for event in VALENTINES.traffic.events]


def test_events_of_a_special_day_are_moved_to_where_it_falls():
    assert starts("2027Q1") == [(e.name, e.start.replace(year=2027)) for e in VALENTINES.traffic.events]
    assert starts("2027Q2")[:2] == [  # Mother's Day: 10 May 2026, 9 May 2027
        ("the evening before", datetime(2027, 5, 8, 18)),
        ("the day", datetime(2027, 5, 9, 8)),
    ]


def test_a_quarter_without_special_days_has_no_events():
    assert starts("2026Q3") == []


def test_an_event_of_no_special_day_happens_once():
    campaign = VALENTINES.traffic.events[0].model_copy(update={"name": "spring", "start": datetime(2026, 9, 20, 9)})
    traffic = VALENTINES.traffic.model_copy(update={"events": (*VALENTINES.traffic.events, campaign)})
    file = VALENTINES.model_copy(update={"traffic": traffic})
    for year, found in ((2026, ["spring"]), (2027, [])):
        quarter = Quarter(year, 3)
        assert [event.name for event in events_in(file, quarter.first, quarter.end)] == found


def test_days_that_belong_to_one():
    days = occurrences(VALENTINES.special_days, date(2026, 2, 14), date(2026, 5, 10))
    assert days == (Occurrence(date(2026, 2, 14), "valentines", 0), Occurrence(date(2026, 5, 9), "mothers-day", -1))
    assert [item.label for item in days] == ["valentines", "mothers-day -1"]


@pytest.mark.parametrize(("day", "factor"), [(12, 1.0), (13, 1.8), (14, 3.5), (15, 1.0)])
def test_factors_of_days(day, factor):
    special = SpecialDay(name="v", rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=14", before=1, factors=(1.8, 3.5))
    assert day_factors([special], date(2026, 2, day)) == factor
