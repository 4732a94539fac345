"""Tiny systems in which something is broken: both planes must tell the same story, and the phenomenon must be in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from fvcapacity.dataplane.plane import (
    Command,
    EventKind,
    LoseContainer,
    SetEndpoints,
    SetLookupDelay,
    SetServicePace,
    StopContainer,
)
from fvcapacity.dataplane.statistics import Cause, ServiceColumn
from fvcapacity.dataplane.trace import Step
from fvcapacity.semantics.faults import ANSWER_PATIENCE_NS, CONNECT_PATIENCE_NS
from tests.parity.harness import Play, Run, check
from tests.parity.words import at, both, call, every, one, pod, probe, program, start, threads, wait
from tests.support.tiny import MS, SECOND, Tiny, cpu, program_of

Script = list[tuple[int, Sequence[Command]]]
A, B = ({"service": name} for name in "ab")
CASES: dict[str, tuple[Callable[[], Play], Callable[[Run], Any]]] = {}


def case(shows: Callable[[Run], Any]) -> Callable[[Callable[[], Play]], Callable[[], Play]]:
    """Enter a system; ``shows`` tells whether its phenomenon occurred."""

    def enter(make: Callable[[], Play]) -> Callable[[], Play]:
        CASES[make.__name__] = make, shows
        return make

    return enter


def lost(ms: float, *pods: int) -> tuple[int, Sequence[Command]]:
    """The machine of some pods is gone."""
    return int(ms * MS), [LoseContainer(pod=uid) for uid in pods]


# -- a machine that is gone ----------------------------------------------------------------------------


@case(lambda run: run.responses() == {300 * MS} and run.ended(Cause.TIMEOUT) == 2 and run.steps(Step.VISIT) == 1)
def neither_open_requests_nor_new_ones_are_answered() -> Play:
    return Play(Tiny(program(call("s", cpu(50)), "300ms", s={}), at(0, 100), [pod("s")]), [lost(20, 1)])


@case(lambda run: run.ended(Cause.SERVED) > 20 and 5 < run.ended(Cause.TIMEOUT) < 35 and run.pods()[-3:] == [2, 2, 2])
def half_of_the_requests_hang_until_the_endpoints_know() -> Play:
    system = Tiny(program(call("s", cpu(2)), "1s", s={}), every(50, 3000), [pod("s"), pod("s")])
    return Play(system, [lost(500, 1), (2000 * MS, [SetEndpoints(service=0, pods=(2,))])])


@case(lambda run: run.ended(Cause.CONNECTION_REFUSED) == 1 and run.ended(Cause.TIMEOUT) == 1)
def what_is_off_the_books_refuses() -> Play:
    system = Tiny(program(call("s", cpu(2)), "200ms", s={}), at(50, 150), [pod("s")])
    return Play(system, [lost(20, 1), (100 * MS, [StopContainer(pod=1)])])


@case(lambda run: run.ended(Cause.SERVED) == 4 and run.total(ServiceColumn.RETRIES) == 5)
def retries_after_the_time_out_reach_the_other() -> Play:
    entry = call("a", cpu(1), call("b", cpu(2), timeout="80ms", retries=6))
    system = Tiny(program(entry, a={}, b={}), at(20, 30, 40, 50), [A, B, B])
    return Play(system, [lost(10, 2)])


@case(lambda run: run.responses() == {CONNECT_PATIENCE_NS, ANSWER_PATIENCE_NS + 20 * MS})
def without_a_time_out_the_kernel_gives_up() -> Play:
    entry = call("a", cpu(0), call("b", cpu(1), wait(500)))
    system = Tiny(program(entry, "3h", a={}, b={}), at(0, 119), [A, B])
    system.duration_ns = 1000 * SECOND
    return Play(system, [lost(20, 2), lost(118, 2)])


@case(lambda run: run.ended(Cause.SERVED) == 2 and run.ended(Cause.TIMEOUT) == 3)
def connections_of_the_pool_come_back_after_the_time_out() -> Play:
    entry = call("a", cpu(1), call("b", cpu(1), wait(20), timeout="100ms"))
    system = Tiny(program(entry, a={"pools": {"b": 2}, **threads(8)}, b={}), at(0, 1, 2, 200, 300), [A, B, B])
    back = [SetEndpoints(service=1, pods=(3,))]
    return Play(system, [lost(10, 2, 3), (90 * MS, [StopContainer(pod=3), start(3, 1, warm=True), *back])])


@case(lambda run: run.ended(Cause.TIMEOUT) == 3 and run.total(ServiceColumn.FAILED) >= 3)
def work_that_is_cancelled_after_it_was_lost() -> Play:
    inner = call("c", wait(200), timeout="90ms", cancel_on_timeout=True)
    entry = call(
        "a", cpu(1), call("b", cpu(1), both(inner, call("c", cpu(30))), timeout="60ms", cancel_on_timeout=True)
    )
    system = Tiny(program(entry, a={}, b={}, c={}), at(0, 5, 40), [A, B, {"service": "c"}])
    return Play(system, [lost(20, 3), lost(45, 2)])


@case(lambda run: run.ended(Cause.SERVED) == 2 and run.told(EventKind.STARTED) == 1)
def lost_while_it_paused_queued_and_started_and_then_back() -> Play:
    entry = call("s", cpu(5), wait(400), cpu(5))
    system = Tiny(
        program(entry, "900ms", s={"startup_cpu_ms": 50, **threads(1, "per_request")}), at(0, 1, 2, 2000, 2100)
    )
    own = probe(period_ns=SECOND, initial_delay_ns=0)
    script: Script = [
        (0, [start(1, warm=True, readiness=own), start(2), SetEndpoints(service=0, pods=(1, 2))]),
        lost(20, 1, 2),
        (1500 * MS, [StopContainer(pod=1), start(1, restart=1, readiness=own), StopContainer(pod=2)]),
        (1700 * MS, [SetEndpoints(service=0, pods=(1,))]),
    ]
    return Play(system, script, looks=[30 * MS, 1600 * MS])


@case(lambda run: run.ended(Cause.SERVED) > 10 and run.ended(Cause.TIMEOUT) > 3)
def caller_and_called_on_the_same_machine() -> Play:
    entry = call("a", cpu(1), call("b", cpu(2), wait(30), timeout="70ms", retries=1, retry_backoff="10ms"))
    system = Tiny(program(entry, "400ms", a=threads(4), b={}), every(15, 900), [A, A, B, B], nodes=[4.0])
    return Play(system, [lost(150, 3), lost(200, 1), (600 * MS, [SetEndpoints(service=0, pods=(2,))])])


# -- slower than usual ---------------------------------------------------------------------------------


def paced(ms: float, service: int = 0, **pace: int) -> tuple[int, Sequence[Command]]:
    return int(ms * MS), [SetServicePace(service=service, **pace)]


@case(lambda run: [r.response_ns // MS for r in run.records] == [10, 30, 10])
def cpu_demands_of_a_service_grow_for_a_while() -> Play:
    system = Tiny(one(cpu(10)), at(0, 100, 200), [pod("s")])
    return Play(system, [paced(50, cpu_milli=3000), paced(150)])


@case(lambda run: run.responses() == {(9 + 20) * MS, (9 + 50) * MS})
def one_service_alone_is_slower_and_in_all_its_branches() -> Play:
    forked = {"branch": {"probability": 0.5, "then": [cpu(20)], "otherwise": [cpu(10), cpu(10)]}}
    system = Tiny(program(call("a", cpu(9), call("b", forked)), a={}, b={}), every(200, 4000), [A, B])
    return Play(system, [paced(2000, service=1, cpu_milli=2500)])


@case(lambda run: sorted({r.response_ns for r in run.records}) == [2 * MS, 4 * MS, 6 * MS, 12 * MS])
def recorded_demands_grow_too() -> Play:
    step = {"cpu": {"distribution": "recorded", "values_ms": [2.0, 4.0], "mean_ms": 3.0}}
    system = Tiny(one(step), every(100, 4000), [pod("s")])
    return Play(system, [paced(2000, cpu_milli=3000)])


@case(lambda run: [r.response_ns for r in run.records] == [11 * MS, 51 * MS, 11 * MS])
def a_volume_is_saturated_for_a_while() -> Play:
    system = Tiny(one({"disk": {"operations": 2}}, disk_iops=200, disk_latency="1ms"), at(0, 100, 200), [pod("s")])
    return Play(system, [paced(50, disk_milli=5000), paced(160)])


@case(lambda run: run.responses() == {3 * MS, 203 * MS} and sum(r.response_ns > 9 * MS for r in run.records) == 10)
def names_are_slow_to_find_for_a_while() -> Play:
    system = Tiny(program(call("a", cpu(1), call("b", cpu(2))), a={}, b={}), every(300, 9000), [A, B])
    slow = SetLookupDelay(callers=(0, 1), delay_ns=200 * MS, share_ppm=1_000_000)
    return Play(system, [(3000 * MS, [slow]), (6000 * MS, [SetLookupDelay(callers=())])])


@case(lambda run: 4 < sum(r.response_ns > 9 * MS for r in run.records) < 26 and len(run.records) == 60)
def a_share_of_the_names_is_slow_to_find() -> Play:
    system = Tiny(program(call("a", cpu(1), call("b", cpu(2))), a={}, b={}), every(300, 18000), [A, B])
    return Play(system, [(0, [SetLookupDelay(callers=(0,), delay_ns=200 * MS, share_ppm=250_000)])])


@case(lambda run: run.responses() == {3 * MS})
def the_users_do_not_ask_the_clusters_name_server() -> Play:
    system = Tiny(program(call("a", cpu(3)), a={}), at(0, 20), [A])
    return Play(system, [(0, [SetLookupDelay(callers=(0,), delay_ns=SECOND, share_ppm=1_000_000)])])


@case(lambda run: run.ended(Cause.SERVED) > 300 and run.ended(Cause.TIMEOUT) > 10 and run.steps(Step.THROTTLED))
def a_bad_minute_of_a_small_shop() -> Play:
    entry = call(
        "a", cpu(3, "lognormal"), both(call("b", cpu(9, "exponential"), timeout="150ms", retries=1), call("c", {"disk": {"operations": 1}}, optional=True, timeout="1s")),
    )  # fmt: skip
    routes = {"r": {"steps": [entry], "client_timeout": "2s"}}
    system = program_of({"a": {**threads(2), "pools": {"b": 6}}, "b": {}, "c": {"disk_iops": 100}}, routes)
    rng = np.random.default_rng(5)
    arrivals = [(int(t), 0) for t in np.cumsum(rng.exponential(0.1 * SECOND, 500))]
    pods = [pod("a", 60), pod("a", 60, node=1), pod("b", 45), pod("b", 45, node=1), pod("c", node=1)]
    tiny = Tiny(system, arrivals, pods, nodes=[1.5, 1.5])
    script: Script = [
        paced(5_000, service=1, cpu_milli=2500, disk_milli=1000),
        paced(12_000, service=1),
        paced(14_000, service=2, disk_milli=9000),
        (18_000 * MS, [SetLookupDelay(callers=(0,), delay_ns=100 * MS, share_ppm=300_000)]),
        lost(25_000, 1, 3),
        (27_000 * MS, [SetEndpoints(service=0, pods=(2,)), SetEndpoints(service=1, pods=(4,))]),
        (30_000 * MS, [StopContainer(pod=1), StopContainer(pod=3)]),
    ]
    return Play(tiny, script, looks=[26_000 * MS, 45_000 * MS])


@pytest.mark.parametrize("name", list(CASES))
def test_case(name: str) -> None:
    make, shows = CASES[name]
    assert shows(check(make())), "the phenomenon of this case did not occur"
