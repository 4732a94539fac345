"""A review adds up: quarter = months = days = categories = services, whatever was simulated and however it is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fvcapacity.errors import InputError
from fvcapacity.review.quarter import review_quarter
from tests.support.bills import PRICES
from tests.support.quarters import books, finished

EVENT = {"start": "2026-02-13T09:00:00", "duration": "30h"}


@pytest.fixture(scope="module")
def two():
    """A week, and two days of a campaign."""
    return [
        finished(books("2026-01-05", 7)),
        finished(books("2026-02-13", 2, requests=9000), events=[EVENT], failing=5),
    ]


@pytest.fixture(scope="module")
def review(two):
    return review_quarter(two, "2026Q1", previous=[finished(books("2025-11-03", 7, requests=1800))]).summary


def test_the_sums_hold(review):
    total = review["total_usd"]
    assert total > 0
    for parts in ("days", "months", "by_category", "by_service"):
        assert sum(part["usd"] for part in review[parts]) == pytest.approx(total, rel=1e-9), parts
    for parts in ("by_category", "by_service"):
        before = sum(part["previous_usd"] for part in review[parts])
        assert before == pytest.approx(review["previous_total_usd"], rel=1e-9), parts
    assert sum(part["requests"] for part in review["days"]) == pytest.approx(review["requests"])
    assert len(review["days"]) == 90


def test_days_that_were_not_simulated_are_as_their_likes(review):
    requests = {day["day"]: day["requests"] for day in review["days"]}
    assert requests["2026-02-13"] == requests["2026-02-14"] == 9000 * 24
    assert requests["2026-02-20"] == 3600 * 24  # a Friday: as the Friday of the week, not as the campaign
    assert review["simulated_days"] == 9
    (filled,) = [note for note in review["notes"] if note["code"] == "filled"]
    assert filled["values"] == {"days": 90, "simulated": 9.0, "quarter": ""}


def test_names_change_nothing():
    plain, other = (
        review_quarter([finished(books("2026-01-05", 1, service=name))], "2026Q1").summary for name in ("web", "zebra")
    )
    assert plain["total_usd"] == other["total_usd"]
    amounts = [sorted(part["usd"] for part in summary["by_service"]) for summary in (plain, other)]
    assert amounts[0] == pytest.approx(amounts[1])


def test_doubling_a_price_doubles_its_line():
    dear = tuple(replace_price(item) for item in PRICES)
    plain, other = (
        review_quarter([finished(books("2026-01-05", 1, prices=prices))], "2026Q1").summary for prices in (PRICES, dear)
    )
    lines = [{part["name"]: part["usd"] for part in summary["by_category"]} for summary in (plain, other)]
    assert lines[1]["network"] == pytest.approx(2 * lines[0]["network"])
    assert lines[1]["compute"] == lines[0]["compute"]


def replace_price(item):
    return item.model_copy(update={"price": 2 * item.price}) if item.kind == "egress" else item


def test_objectives_are_added_up_over_the_results(review):
    p95, errors = review["quality"]["objectives"]
    assert (p95["status"], p95["judged_windows"], p95["failing_windows"]) == ("missed", 200, 5)
    assert p95["worst_failing_percent"] == 2.5
    assert (errors["status"], errors["worst_scope"]) == ("holds", "")


def test_idle_is_a_part_of_the_bill(review):
    idle = sum(part["usd"] for part in review["by_service"] if part["kind"] == "idle")
    assert review["idle"]["usd"] == pytest.approx(idle)
    assert review["idle"]["percent"] == pytest.approx(100 * idle / review["total_usd"])
    money = [item["usd_per_month"] for item in review["idle"]["wasted"]]
    assert money == sorted(money, reverse=True)


@pytest.mark.parametrize(
    ("results", "quarter", "code"),
    [
        ([("2026-02-13", 2, [EVENT])], "2026Q1", "filled-with-special"),
        ([("2026-01-05", 7, [])], "2026Q1", "special-not-simulated"),
        ([("2026-01-05", 2, []), ("2026-04-06", 1, [])], "2026Q1", "stand-in"),
    ],
)
def test_what_a_reader_must_know(results, quarter, code):
    made = [finished(books(start, days), events=events) for start, days, events in results]
    assert code in [note["code"] for note in review_quarter(made, quarter).summary["notes"]]


def test_a_day_is_billed_once(two):
    with pytest.raises(InputError, match="2026-01-05 is in two of the results"):
        review_quarter([two[0], two[0]], "2026Q1")


def test_a_quarter_of_which_nothing_was_simulated_is_refused(two):
    with pytest.raises(InputError, match=r"no day of 2026Q2 was simulated; the results have 2026-01-05 to 2026-02-14"):
        review_quarter(two, "2026Q2")


def test_results_of_two_time_zones_are_refused(two):
    moved = {**two[1].summary, "scenario": {**two[1].summary["scenario"], "time_zone": "UTC"}}
    with pytest.raises(InputError, match="time zones America/Santiago, UTC"):
        review_quarter([two[0], replace(two[1], summary=moved)], "2026Q1")


def test_a_document_that_is_no_forecast_is_refused(two):
    with pytest.raises(InputError, match="no forecast that can be read"):
        review_quarter(two, "2026Q1", forecast={"schema_version": "fvcapacity/forecast/1"})
