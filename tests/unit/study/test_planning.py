"""The parts of a plan: overlapping waves, which attempt is best, and what a replay's tables say."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from fvcapacity.scenario.model import Objectives
from fvcapacity.study.planning.calendar import Raise, schedule_of
from fvcapacity.study.planning.candidates import candidates
from fvcapacity.study.planning.figures import Outcome, Rise, most_of, ready_after, rise_of
from fvcapacity.study.planning.search import Attempt, _best
from fvcapacity.study.planning.waves import Wave
from tests.unit.control.fakes import deployment, plane_of, pool
from tests.unit.control.test_autoscaling import hpa

MINUTE_NS = 60 * 10**9


def wave(name: str, begin: int, top: int, end: int) -> Wave:
    """A wave by its minutes."""
    return Wave(0, name, begin * MINUTE_NS, top * MINUTE_NS, end * MINUTE_NS, min(top + 30, end) * MINUTE_NS)


def scenario(**more: Any) -> Any:
    given = {"window": {"start": "1970-01-01T00:00:00", "duration": "4h", "warm_up": "0s"}, "time_zone": "UTC", **more}
    control = plane_of(deployment(), autoscalers=(hpa(),), pools={"general": pool(minimum=1)}, scenario=given)
    return control._cluster.scenario


PRESENT = {"hpa/web.min": 1, "nodes/general.minimum": 1}


def told(*raises: Raise) -> list[tuple[str, str, dict[str, int]]]:
    changes = schedule_of(scenario(), raises, PRESENT)
    return [(f"{change.at:%H:%M}", change.name, dict(change.values)) for change in changes]


def test_a_wave_is_raised_before_its_rise_and_taken_back_at_its_end() -> None:
    rush = Raise(wave("rush", 60, 70, 120), 5 * MINUTE_NS, {"hpa/web.min": 4, "nodes/general.minimum": 3})
    assert told(rush) == [
        ("00:55", "before rush", {"hpa/web.min": 4, "nodes/general.minimum": 3}),
        ("02:00", "after rush", {"hpa/web.min": 1, "nodes/general.minimum": 1}),
    ]


def test_where_waves_overlap_the_largest_minimum_holds() -> None:
    day = Raise(wave("day", 30, 40, 180), 10 * MINUTE_NS, {"hpa/web.min": 3})
    evening = Raise(wave("evening", 120, 130, 150), 10 * MINUTE_NS, {"hpa/web.min": 5})
    calm = Raise(wave("calm", 120, 130, 150), 10 * MINUTE_NS, {"hpa/web.min": 2})
    assert told(day, evening, calm) == [
        ("00:20", "before day", {"hpa/web.min": 3}),
        ("01:50", "before evening, before calm", {"hpa/web.min": 5}),
        ("02:30", "after evening, after calm", {"hpa/web.min": 3}),
        ("03:00", "after day", {"hpa/web.min": 1}),
    ]


def test_one_wave_may_begin_where_another_ends() -> None:
    first = Raise(wave("first", 30, 40, 60), 5 * MINUTE_NS, {"hpa/web.min": 3})
    second = Raise(wave("second", 65, 70, 90), 5 * MINUTE_NS, {"hpa/web.min": 3})
    assert [(at, name) for at, name, _ in told(first, second)] == [("00:25", "before first"), ("01:30", "after second")]


def outcome(failing: int = 0, usd: float = 1.0, ready_s: float = 10.0, **wanted: int) -> Outcome:
    rise = Rise(failing, 10, 0.2, 100, 0, 0.0)
    paths = {"web": "hpa/web.min", "general": "nodes/general.minimum"}
    pods = {paths[name]: most for name, most in wanted.items() if name == "web"}
    machines = {paths[name]: most for name, most in wanted.items() if name == "general"}
    return Outcome(rise, ready_s, usd, usd * 10, pods, machines, "")


def attempt(words: str, *outcomes: Outcome, values: dict[str, int] | None = None) -> Attempt:
    return Attempt(words, values or {"hpa/web.min": 4}, MINUTE_NS, outcomes)


ALONE = attempt("left to the HPA", outcome(failing=3), outcome(failing=1))
HOLDS = attempt("pods", outcome(usd=2.0), outcome(usd=2.0))
CHEAP = attempt("half", outcome(usd=1.5), outcome(usd=1.5), values={"hpa/web.min": 3})
MORE = attempt("more", outcome(usd=1.5), outcome(usd=1.5), values={"hpa/web.min": 5})
LATE = attempt("late", outcome(usd=1.0), outcome(usd=1.0, ready_s=61.0))
BETTER = attempt("better", outcome(failing=1), outcome())
WORSE = attempt("worse", outcome(failing=4), outcome())


@pytest.mark.parametrize(
    ("attempts", "best"),
    [
        ([HOLDS, CHEAP], CHEAP),
        ([CHEAP, MORE], MORE),
        ([LATE, HOLDS], HOLDS),
        ([BETTER, HOLDS], HOLDS),
        ([WORSE, BETTER], BETTER),
        ([WORSE], None),
        ([LATE], None),
        ([], None),
    ],
    ids=["the cheapest", "more for the same", "in time", "holds", "fewer fail", "none better", "too late", "nothing"],
)
def test_which_attempt_is_best(attempts: list[Attempt], best: Attempt | None) -> None:
    assert _best(ALONE, attempts) is best


def test_what_is_tried_comes_from_what_the_hpa_wanted() -> None:
    tried = candidates(scenario(), [outcome(web=5, general=3), outcome(web=4, general=3), outcome(web=9)])
    assert [(item.words, dict(item.values)) for item in tried] == [
        ("pods", {"hpa/web.min": 5}),
        ("half of the pods", {"hpa/web.min": 3}),
        ("pods and machines", {"hpa/web.min": 5, "nodes/general.minimum": 3}),
        ("machines", {"nodes/general.minimum": 3}),
    ]
    assert not candidates(scenario(), [outcome(web=1, general=1)])
    assert [item.words for item in candidates(scenario(), [outcome(web=2)])] == ["pods"]  # half of the way is all of it


def test_of_even_counts_the_larger_middle_is_taken() -> None:
    assert most_of([{"a": 3}, {"a": 5}, {"b": 2}, {"a": 4}]) == {"a": 4, "b": 0}


def pods(*rows: tuple[float, float, float, float]) -> pd.DataFrame:
    """Pods of deployment/web by created, started, ready and deleted."""
    frame = pd.DataFrame(rows, columns=["created_s", "started_s", "ready_s", "deleted_s"], dtype=float)
    return frame.assign(workload="deployment/web", replication=0)


NEVER = math.nan


@pytest.mark.parametrize(
    ("minimum", "after"), [(1, 0.0), (2, 0.0), (3, 70.0), (4, math.inf)], ids=["one", "there", "later", "never"]
)
def test_when_a_minimum_was_reached(minimum: int, after: float) -> None:
    table = pods(
        (0, 0, 0, NEVER), (0, 0, 0, 110), (105, 106, 140, NEVER), (105, 106, 170, NEVER), (105, 9e9, NEVER, NEVER)
    )
    found = ready_after(scenario(), {"pods": table}, 0, {"hpa/web.min": minimum}, 100.0)
    assert found == after  # one is ready after 40 s, but another has gone by then


def test_what_is_not_raised_is_ready_at_once() -> None:
    assert ready_after(scenario(), {}, 0, {}, 100.0) == 0.0


def test_a_rise_counts_failing_windows_of_its_own_and_pods_that_wait() -> None:
    rows = [("all", 0, 0.9, 0.0), ("all", 3600, 0.6, 0.0), ("buy", 3600, 0.1, 0.02), ("all", 3900, 0.2, 0.0)]
    windows = pd.DataFrame(
        [
            {"replication": 0, "route": route, "time_s": float(at), "p95_s": p95, "error_ratio": errors,
             "judged": True, "requests": 100, "failed": round(100 * errors)}
            for route, at, p95, errors in [*rows, ("all", 7200, 0.9, 0.0)]
        ]
    )  # fmt: skip
    table = pods((3500, 3610, 3620, NEVER), (3700, NEVER, NEVER, 3720), (3900, NEVER, NEVER, NEVER))
    found = rise_of({"route_windows": windows, "pods": table}, 0, wave("rush", 60, 60, 67), 0, Objectives())
    assert (found.failing, found.judged) == (2, 3)
    assert (found.worst_p95_s, found.requests, found.failed) == (0.6, 200, 0)
    assert found.pending_s == 10 + 20 + 120  # within the rise alone
