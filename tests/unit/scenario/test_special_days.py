"""Days that come back every year: when they are, and which events belong to them."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from fvcapacity.scenario.special_days import SpecialDay

VALENTINES = SpecialDay(name="valentines", rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=14", before=1, factors=(1.8, 3.5))
MOTHERS = SpecialDay(name="mothers-day", rule="FREQ=YEARLY;BYMONTH=5;BYDAY=2SU", before=1)


@pytest.mark.parametrize(
    ("special", "year", "day"),
    [
        (VALENTINES, 2026, date(2026, 2, 14)),
        (VALENTINES, 1999, date(1999, 2, 14)),
        (MOTHERS, 2025, date(2025, 5, 11)),
        (MOTHERS, 2026, date(2026, 5, 10)),
        (MOTHERS, 2027, date(2027, 5, 9)),
        (SpecialDay(name="easter", rule="FREQ=YEARLY;BYEASTER=0"), 2026, date(2026, 4, 5)),
    ],
)
def test_when_it_is(special, year, day):
    assert special.occurrences(date(year, 1, 1), date(year, 12, 31)) == [day]


def test_the_ends_of_a_stretch_belong_to_it():
    day = date(2026, 2, 14)
    assert VALENTINES.occurrences(day, day) == [day]
    assert VALENTINES.occurrences(date(2026, 2, 15), date(2027, 2, 13)) == []


@pytest.mark.parametrize(
    ("day", "center"),
    [
        (date(2026, 2, 12), None),
        (date(2026, 2, 13), date(2026, 2, 14)),
        (date(2026, 2, 14), date(2026, 2, 14)),
        (date(2026, 2, 15), None),
    ],
)
def test_the_days_around_it(day, center):
    assert VALENTINES.around(day) == center


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rule": "the second Sunday of May"}, "no recurrence rule"),
        ({"rule": "FREQ=MONTHLY;BYMONTHDAY=14"}, "FREQ=YEARLY"),
        ({"rule": "FREQ=YEARLY"}, "on which day"),
        ({"rule": "FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=14"}, "leave out INTERVAL"),
        ({"factors": (2.0,), "before": 1}, "1 factors for 2 days"),
        ({"factors": (0.0,)}, "greater than 0"),
    ],
)
def test_what_is_refused(changes, words):
    with pytest.raises(ValidationError, match=words):
        SpecialDay(**{"name": "day", "rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=14", **changes})
