import pandas as pd
import pytest

from fvcapacity.results.verdict import fails, judge
from fvcapacity.scenario.model import Objectives

START = pd.Timestamp("2026-02-14T20:00:00Z")


def windows(*rows):
    """Rows of (route, window, p95 in ms, error percent, judged[, replication])."""
    columns = ["route", "number", "p95_s", "error_ratio", "judged", "replication"]
    frame = pd.DataFrame([(*row, 0)[:6] for row in rows], columns=columns)
    frame["p95_s"] /= 1e3
    frame["error_ratio"] /= 100
    frame["time_utc"] = START + pd.to_timedelta(5 * frame["number"], unit="min")
    return frame


def verdict(*rows, **objectives):
    return judge(windows(*rows), Objectives(**objectives), "America/Santiago")


def test_all_windows_below_hold():
    result = verdict(("all", 0, 100, 0, True), ("all", 1, 499, 0.5, True))
    assert result.status == "holds"
    assert "p95 stayed below 500 ms in every judged window" in result.objectives[0].reason
    assert "499 ms (all requests, Sat 14 Feb 17:05)" in result.objectives[0].reason


def test_one_failing_window_of_a_hundred_may_fail_and_two_may_not():
    rows = [("all", i, 100, 0, True) for i in range(98)]
    assert verdict(*rows, ("all", 98, 900, 0, True), ("all", 99, 100, 0, True)).status == "holds"
    missed = verdict(*rows, ("all", 98, 900, 0, True), ("all", 99, 700, 0, True))
    assert missed.status == "missed"
    assert "2 of 100 windows (2 %; 1 % allowed)" in missed.reason
    assert "900 ms" in missed.reason


def test_a_route_is_judged_alone():
    rows = [("all", i, 100, 0, True) for i in range(10)] + [("checkout", i, 800, 0, True) for i in range(10)]
    result = verdict(*rows)
    assert result.status == "missed"
    assert "on checkout in 10 of 10 windows" in result.reason


def test_windows_that_are_not_judged_do_not_count():
    result = verdict(("all", 0, 100, 0, True), ("checkout", 0, 9000, 50, False))
    assert result.status == "holds"


def test_the_objective_itself_is_a_miss_and_zero_errors_keep_zero():
    assert fails(500.0, 500.0)
    assert not fails(499.99, 500.0)
    assert not fails(0.0, 0.0)
    assert fails(0.1, 0.0)


def test_errors_are_judged_like_latency():
    result = verdict(("all", 0, 100, 2.5, True))
    assert [objective.status for objective in result.objectives] == ["holds", "missed"]
    assert result.reason.startswith("The error ratio was 1 % or more over all user requests in 1 of 1 windows")
    assert "2.50 %" in result.reason


def test_nothing_to_judge():
    result = verdict(("all", 0, float("nan"), float("nan"), False))
    assert result.status == "nothing to judge"
    assert "no window of five minutes" in result.reason.lower()


def test_replications_are_pooled_and_counted():
    rows = [("all", i, 100, 0, True, 0) for i in range(10)] + [("all", i, 900, 0, True, 1) for i in range(10)]
    result = verdict(*rows)
    assert result.objectives[0].held_in == 1
    assert "in 10 of 20 windows" in result.reason
    assert "it held in 1 of 2 replications" in result.reason


def test_the_whole_is_told_first_and_the_routes_after_it():
    rows = [(name, 0, 900, 0, True) for name in ("a", "b", "all")]
    assert "over all user requests in 1 of 1 windows (100 %; 1 % allowed), and on a and b" in verdict(*rows).reason


@pytest.mark.parametrize("allowed", [0, 50, 100])
def test_failing_windows_percent_is_the_share_that_may_fail(allowed):
    rows = [("all", 0, 900, 0, True), ("all", 1, 100, 0, True)]
    status = verdict(*rows, failing_windows_percent=allowed).status
    assert status == ("missed" if allowed < 50 else "holds")
