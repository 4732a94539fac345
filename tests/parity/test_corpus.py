"""Tiny systems with one phenomenon each: both planes must tell the same story, and the phenomenon must be in it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from fvcapacity.dataplane.plane import (
    AddNode,
    DrainContainer,
    EventKind,
    RemoveNode,
    SetBackground,
    SetEndpoints,
    StopContainer,
)
from fvcapacity.dataplane.source import ClosedUsers
from fvcapacity.dataplane.statistics import Cause, ServiceColumn
from fvcapacity.dataplane.trace import Step
from fvcapacity.program.arrivals import RecordedArrivals
from fvcapacity.program.program import Program
from tests.parity.harness import Play, Run, check
from tests.parity.words import at, both, call, every, one, pod, probe, program, restarting, start, threads, wait
from tests.support.tiny import MS, SECOND, Tiny, cpu, program_of

Column = ServiceColumn
A, B, C = ({"service": name} for name in "abc")

CASES: dict[str, tuple[Callable[[], Tiny | Play], Callable[[Run], Any]]] = {}


def case(shows: Callable[[Run], Any]) -> Callable[[Callable[[], Tiny | Play]], Callable[[], Tiny | Play]]:
    """Enter a system into the corpus; ``shows`` tells whether its phenomenon occurred."""

    def enter(make: Callable[[], Tiny | Play]) -> Callable[[], Tiny | Play]:
        CASES[make.__name__] = make, shows
        return make

    return enter


# -- queues and threads --------------------------------------------------------------------------------


@case(lambda run: run.total(Column.QUEUE_WAIT_NS) == 8 * MS)
def first_come_first_served() -> Tiny:
    return Tiny(one(cpu(10)), at(0, 2, 30), [pod("s")])


@case(lambda run: {10 * MS, 20 * MS} == run.responses())
def thread_pool() -> Tiny:
    return Tiny(one(cpu(10), **threads(2)), at(0, 0, 0, 0), [pod("s")])


@case(lambda run: run.responses() == {11 * MS, 22 * MS, 33 * MS})
def threads_held_per_request() -> Tiny:
    entry = call("a", cpu(1), call("b", cpu(10)))
    return Tiny(program(entry, a=threads(1, "per_request"), b=threads(3)), at(0, 0, 0), [A, B])


@case(lambda run: run.responses() == {5 * MS} and run.ended(Cause.SERVED) == 3)
def threads_held_per_request_after_start_up() -> Play:
    """The start-up work runs on a thread of the group, and leaves it to the requests."""
    system = Tiny(one(cpu(5), **threads(1, "per_request"), startup_cpu_ms=20), at(100, 200, 300))
    return Play(system, [(0, [start(1), SetEndpoints(service=0, pods=(1,))])])


@case(lambda run: {line.value for line in run.lines(Step.BURST)} == {0, 1, 2})
def several_thread_groups() -> Tiny:
    return Tiny(one(cpu(2), cpu(20, threads="crypto"), cpu(1), **threads(1, crypto=2)), every(4, 200), [pod("s")])


@case(lambda run: run.ended(Cause.SERVED) == 5)
def second_group_of_kind_per_request() -> Tiny:
    groups = {"threads": {"main": {}, "work": {"kind": "per_request", "count": 2}}}
    return Tiny(one(cpu(1), cpu(10, threads="work"), **groups), every(2, 10), [pod("s")])


@case(lambda run: run.ended(Cause.QUEUE_FULL) == 2)
def full_queue() -> Tiny:
    return Tiny(one(cpu(10), **threads(limit=1)), at(0, 1, 2, 3), [pod("s")])


@case(lambda run: run.ended(Cause.QUEUE_FULL) == 1)
def full_queue_of_a_service_with_threads_per_request() -> Tiny:
    return Tiny(one(cpu(10), **threads(2, "per_request", limit=1)), at(0, 1, 2, 3), [pod("s")])


@case(lambda run: len({line.time_ns for line in run.trace[:40]}) == 1)
def simultaneous_arrivals() -> Tiny:
    return Tiny(one(cpu(3, "exponential"), wait(1), **threads(2)), at(*[5] * 20, *[6] * 20), [pod("s"), pod("s")])


# -- nodes and their CPUs ------------------------------------------------------------------------------


def two_routes(*weights: int, mean_ms: float = 10.0, nodes: float = 1.0, **more: Any) -> Tiny:
    """A service of its own for each weight, all on one node, all asked at the same instants."""
    names = [f"s{i}" for i in range(len(weights))]
    routes = {name: {"steps": [call(name, cpu(mean_ms))]} for name in names}
    arrivals = [(t * MS, route) for t in (0, 3, 50) for route in range(len(weights))]
    pods = [pod(name, shares=weight, **more) for name, weight in zip(names, weights, strict=True)]
    return Tiny(program_of({name: threads(2) for name in names}, routes), arrivals, pods, nodes=[nodes])


@case(lambda run: run.total(Column.BURST_NS) > 1.2 * run.total(Column.CPU_NS))
def weights_on_a_contended_node() -> Tiny:
    return two_routes(100, 300)


@case(lambda run: run.total(Column.BURST_NS) > 1.2 * run.total(Column.CPU_NS))
def max_min_with_one_that_cannot_use_its_part() -> Tiny:
    return two_routes(2000, 100, 100, nodes=2.5)


@case(lambda run: run.total(Column.BURST_NS) > 1.2 * run.total(Column.CPU_NS))
def twelve_containers_on_one_node() -> Tiny:
    return two_routes(*range(50, 650, 50), nodes=3.0)


@case(lambda run: run.total(Column.THROTTLED_PERIODS) and run.total(Column.BURST_NS) > run.total(Column.CPU_NS))
def quota_and_contention() -> Tiny:
    return two_routes(100, 200, 400, mean_ms=40, nodes=1.5, quota_ms=20)


@case(lambda run: len(run.responses()) == 3)
def background_load_changes() -> Play:
    system = Tiny(one(cpu(10)), at(0, 100, 200), [pod("s")], nodes=[1.0])
    loads = [(104, 0.75), (150, 0.0), (203, 5.0), (450, 0.25)]
    return Play(system, [(t * MS, [SetBackground(node=0, background_cores=c)]) for t, c in loads])


@case(lambda run: set(run.pods()) == {1, 2} and run.ended(Cause.SERVED) == 20)
def node_added_and_removed() -> Play:
    system = Tiny(one(cpu(8)), every(10, 200), [pod("s")], nodes=[1.0])
    script = [
        (40 * MS, [AddNode(node=7, name="new", cpu_cores=2.0, background_cores=0.5)]),
        (45 * MS, [start(2, node=7, warm=True), SetEndpoints(service=0, pods=(2,))]),
        (125 * MS, [SetEndpoints(service=0, pods=(1,)), DrainContainer(pod=2)]),
        (150 * MS, [StopContainer(pod=2), RemoveNode(node=7), AddNode(node=8, name="last", cpu_cores=4.0)]),
    ]
    return Play(system, script, looks=[100 * MS, 160 * MS])


@case(lambda run: run.ended(Cause.SERVED) == 25)
def five_nodes() -> Tiny:
    pods = [pod("s", node=n) for n in range(5)]
    return Tiny(one(cpu(10), **threads(3)), at(*[0] * 25), pods, nodes=[1.0] * 5)


# -- quotas --------------------------------------------------------------------------------------------


@case(lambda run: run.steps(Step.THROTTLED) and run.total(Column.THROTTLED_PERIODS))
def quota_throttles() -> Tiny:
    return Tiny(one(cpu(30)), every(70, 1000), [pod("s", quota_ms=20)])


@case(lambda run: run.steps(Step.THROTTLED) > 8)
def threads_share_one_quota() -> Tiny:
    return Tiny(one(cpu(90), **threads(4)), at(0, 0, 0, 0, 500, 510, 520), [pod("s", quota_ms=100)])


@case(lambda run: run.total(Column.CPU_NS) == 400 * 3_700_000 and run.steps(Step.THROTTLED))
def slices_are_carried_over() -> Tiny:
    """Bursts that do not fit into slices of 5 ms leave 1 ms with each thread, across the edge of the period."""
    return Tiny(one(cpu(3.7), **threads(3)), every(5, 2000), [pod("s", quota_ms=61)])


@case(lambda run: run.steps(Step.THROTTLED) and {line.value for line in run.lines(Step.BURST)} == {0, 1})
def quota_over_two_groups() -> Tiny:
    return Tiny(one(cpu(9), cpu(14, threads="crypto"), **threads(1, crypto=1)), every(30, 600), [pod("s", quota_ms=35)])


@case(lambda run: run.told(EventKind.STARTED) == 1 and run.steps(Step.THROTTLED) > 10)
def start_up_under_quota() -> Play:
    return Play(Tiny(one(cpu(1), startup_cpu_ms=400)), [(0, [start(1, quota_ms=20)])], looks=[SECOND])


@case(lambda run: run.told(EventKind.STARTED) == 2)
def no_start_up_work() -> Play:
    return Play(Tiny(one(cpu(1))), [(5 * MS, [start(1), start(2)])])


@case(lambda run: run.told(EventKind.STARTED) == 1)
def stopped_before_it_has_started() -> Play:
    """The rows of the first container may go to the second only when nothing refers to them any more."""
    return Play(Tiny(one(cpu(1))), [(5 * MS, [start(1), StopContainer(pod=1), start(2)])])


@case(lambda run: run.told(EventKind.STARTED) == 0 and run.ended(Cause.CONNECTION_REFUSED) == 1)
def drained_before_it_has_started() -> Play:
    system = Tiny(one(cpu(1), startup_cpu_ms=100), at(200))
    return Play(system, [(0, [start(1), SetEndpoints(service=0, pods=(1,))]), (50 * MS, [DrainContainer(pod=1)])])


@case(lambda run: run.total(Column.PERIODS) == 2 * run.arrived() and not run.steps(Step.THROTTLED))
def period_timer_stops_and_starts() -> Tiny:
    return Tiny(one(cpu(2)), every(1700, 10_000, 1), [pod("s", quota_ms=20)], duration_ns=20 * SECOND)


# -- first slices --------------------------------------------------------------------------------------


@case(lambda run: min(run.responses()) < 2 * MS and max(run.responses()) > 20 * MS)
def short_bursts_beside_a_busy_loop() -> Tiny:
    """A user without a thought keeps one container busy; another one wakes up now and then."""
    system = program_of(
        {"light": {}, "hog": {}},
        {
            "r": {"steps": [call("light", cpu(3, "exponential"))]},
            "hog": {"steps": [call("hog", cpu(40))]},
        },
    )
    pods = [pod("light", shares=102), pod("hog", shares=256)]
    users = ClosedUsers(journey=(1,), think_ns=0, stages=((0, 1),))
    return Tiny(system, every(23, 3000, 7), pods, nodes=[1.0], users=users, duration_ns=4 * SECOND)


@case(lambda run: run.total(Column.BURST_NS) > 1.2 * run.total(Column.CPU_NS))
def many_threads_in_their_first_slices() -> Tiny:
    """Four containers with three threads each and quotas, on two and a half cores."""
    names = "abcd"
    system = program_of(
        {name: threads(3) for name in names},
        {name: {"steps": [call(name, cpu(1.7, "exponential"), wait(2), cpu(4))]} for name in names},
    )
    pods = [pod(name, shares=90 * n, quota_ms=25 * n) for n, name in enumerate(names, 1)]
    arrivals = sorted((t, r) for r in range(4) for t, _ in every(9 + r, 1500, r))
    return Tiny(system, arrivals, pods, nodes=[2.5])


# -- recorded times ------------------------------------------------------------------------------------


def recorded(kind: str, *values: float, **more: Any) -> dict[str, Any]:
    """A step whose time is recorded, request by request."""
    return {kind: {"distribution": "recorded", "values_ms": values, **more}}


@case(lambda run: run.responses() == {8 * MS, 40 * MS, 72 * MS})
def recorded_demands_down_the_chain() -> Tiny:
    """Request n takes the values n of every step, also in what it calls, twice around."""
    inner = call("b", recorded("cpu", 4, 20, 36), recorded("wait", 1, 5, 9))
    chain = call("a", recorded("cpu", 1, 5, 9), inner, recorded("cpu", 2, 10, 18))
    times = [n * SECOND for n in range(6)]
    return Tiny(program(chain, a={}, b={}), pods=[A, B], stream=RecordedArrivals(times, [0] * 6))


@case(lambda run: run.steps(Step.RETRIED) == 4 and run.responses() == {5 * MS, 20 * MS})
def recorded_demands_are_kept_by_retries() -> Tiny:
    entry = call("a", call("b", recorded("cpu", 5, 30), timeout="10ms", retries=1))
    times = [n * SECOND for n in range(8)]
    return Tiny(program(entry, a={}, b={}), pods=[A, B], stream=RecordedArrivals(times, [0] * 8))


@case(lambda run: run.responses() == {10 * MS, 20 * MS, 30 * MS})
def recorded_demands_drawn_by_users() -> Tiny:
    """Whoever was not recorded takes the values of one who was: of the same one at both steps."""
    users = ClosedUsers(journey=(0,), think_ns=100 * MS, stages=((0, 2),))
    entry = call("a", recorded("cpu", 4, 8, 12), recorded("wait", 6, 12, 18))
    return Tiny(program(entry, a=threads(4)), [], [A], users=users, duration_ns=5 * SECOND)


# -- calls ---------------------------------------------------------------------------------------------


@case(lambda run: run.responses() == {3 * MS})
def network_delay() -> Tiny:
    return Tiny(one(cpu(1), network_round_trip="2ms"), at(0), [pod("s")])


@case(lambda run: run.responses() == {(5 + 2 + 7 + 4 + 3) * MS})
def nested_calls() -> Tiny:
    entry = call("a", cpu(5), call("b", cpu(7), call("c", cpu(4))), cpu(3))
    return Tiny(program(entry, a={}, b={"network_round_trip": "2ms"}, c={}), at(0), [A, B, C])


@case(lambda run: run.responses() == {15 * MS})
def parallel_calls_of_one_service() -> Tiny:
    return Tiny(program(call("a", both(*[call("b", cpu(5))] * 3)), a={}, b={}), at(0), [A, B])


@case(lambda run: run.responses() == {21 * MS})
def parallel_calls_of_two_services() -> Tiny:
    entry = call("a", both(call("b", cpu(7)), call("c", cpu(20))), cpu(1))
    return Tiny(program(entry, a={}, b={}, c={}), at(0), [A, B, C])


@case(lambda run: run.responses() == {20 * MS} and run.ended(Cause.TIMEOUT) == 1)
def parallel_calls_that_fail() -> Tiny:
    """Of two failures the one of the first place is told, although it came last."""
    entry = call("a", both(call("b", cpu(30), timeout="20ms"), call("c"), call("b", cpu(1))), cpu(1))
    return Tiny(program(entry, a={}, b=threads(2), c={}), at(0), [A, B])


@case(lambda run: run.responses() == {3 * MS} and run.ended(Cause.SERVED) == 1)
def optional_call() -> Tiny:
    return Tiny(program(call("a", call("b", cpu(1), optional=True), cpu(3)), a={}, b={}), at(0), [A])


@case(lambda run: run.responses() == {5 * MS, 9 * MS})
def branch_both_ways() -> Tiny:
    branch = {"branch": {"probability": 0.5, "then": [cpu(4)], "otherwise": [cpu(8)]}}
    return Tiny(one(branch, cpu(1)), every(50, 1000), [pod("s")])


@case(lambda run: len(run.responses()) == 20)
def random_waits() -> Tiny:
    return Tiny(one(wait(50, "lognormal"), cpu(1, "exponential"), wait(5, "uniform")), every(9, 180), [pod("s")])


@case(lambda run: run.responses() == {12 * MS, 22 * MS, 32 * MS})
def disk_queue_and_latency() -> Tiny:
    disk = {"disk": {"operations": 10}}
    return Tiny(one(disk, disk_iops=1000, disk_latency="2ms"), at(0, 0, 0), [pod("s")])


@case(lambda run: run.ended(Cause.SERVED) == 3 and run.total(Column.CPU_NS) == 0)
def calls_without_any_work() -> Tiny:
    return Tiny(program(call("a", call("b"), cpu(0), call("b")), a={}, b={}), at(0, 0, 1), [A, B])


# -- balancing -----------------------------------------------------------------------------------------


@case(lambda run: run.pods() == [1, 2, 3] * 3)
def round_robin() -> Tiny:
    return Tiny(one(cpu(1), balancing="round_robin"), every(10, 90), [pod("s")] * 3)


@case(lambda run: set(run.pods()) == {1, 2, 3} and run.pods() != [1, 2, 3] * 3)
def random_balancing() -> Tiny:
    return Tiny(one(cpu(1)), every(10, 90), [pod("s")] * 3)


STICKY = {"balancing": "sticky", "connections_per_client": 1}


@case(lambda run: len(set(run.pods())) == 1)
def sticky_clients() -> Tiny:
    return Tiny(one(cpu(1), **STICKY), every(10, 200), [pod("s")] * 3)


@case(lambda run: len(set(run.pods()) - {1, 2, 3}) >= 2)
def sticky_callers_whose_pod_goes_away() -> Play:
    entry = call("a", call("b", cpu(1)))
    system = Tiny(program(entry, a={"balancing": "sticky"}, b=STICKY), every(5, 600), [A, A, A, B, B, B])
    leave = [(200 * MS, [SetEndpoints(service=1, pods=(4, 5))]), (300 * MS, [SetEndpoints(service=1, pods=(6, 5))])]
    return Play(system, [*leave, (310 * MS, [StopContainer(pod=4)]), (400 * MS, [StopContainer(pod=2)])])


@case(lambda run: set(run.pods()) == {1, 2} and run.ended(Cause.NO_ENDPOINT) == 3)
def endpoints_change() -> Play:
    system = Tiny(one(cpu(1), balancing="round_robin"), every(10, 200), [pod("s")] * 2)
    changes = [(45, (1,)), (95, (2, 1)), (125, ()), (155, (9, 2))]
    return Play(system, [(t * MS, [SetEndpoints(service=0, pods=pods)]) for t, pods in changes])


# -- pools ---------------------------------------------------------------------------------------------


def pooled(size: int, *steps: Any, **more: Any) -> Program:
    return program(call("a", call("b", *steps, **more)), a={"pools": {"b": size}}, b=threads(9))


@case(lambda run: run.steps(Step.WAITS) == 2 and run.responses() == {10 * MS, 20 * MS, 30 * MS})
def pool_full() -> Tiny:
    return Tiny(pooled(1, cpu(10)), at(0, 0, 0), [A, B])


@case(lambda run: run.steps(Step.WAITS) == 0 and run.responses() == {10 * MS})
def pool_of_more_connections_than_a_row_can_count() -> Tiny:
    return Tiny(pooled(1 << 40, cpu(10)), at(0, 0, 0), [A, B])


@case(lambda run: run.steps(Step.WAITS) == 2 and run.responses() == {30 * MS, 40 * MS})
def time_out_in_the_line_of_a_pool() -> Tiny:
    return Tiny(pooled(1, cpu(30), timeout="40ms"), at(0, 1, 2), [A, B])


@case(lambda run: run.responses() == {20 * MS} and run.total(Column.CPU_NS) == 100 * MS)
def orphans_keep_their_connections() -> Tiny:
    return Tiny(pooled(2, cpu(50), timeout="20ms"), at(0, 0, 10, 10), [A, B])


@case(lambda run: run.steps(Step.WAITS) >= 2 and run.total(Column.CPU_NS) < 100 * MS)
def cancelled_calls_free_their_connections() -> Tiny:
    return Tiny(pooled(2, cpu(50), timeout="20ms", cancel_on_timeout=True), at(0, 0, 10, 10), [A, B])


@case(lambda run: run.steps(Step.WAITS) and run.steps(Step.RETRIED))
def retries_through_a_pool() -> Tiny:
    return Tiny(pooled(1, cpu(30), timeout="20ms", retries=2, retry_backoff="1ms"), at(0, 5, 8), [A, B])


@case(lambda run: run.steps(Step.WAITS) and run.ended(Cause.TERMINATED))
def callers_are_stopped_while_their_calls_wait_for_a_connection() -> Play:
    return Play(Tiny(pooled(1, cpu(30)), at(0, 1, 2, 3), [A, B]), [(20 * MS, [StopContainer(pod=1)])])


# -- time-outs and cancelling --------------------------------------------------------------------------


@case(lambda run: run.ended(Cause.TIMEOUT) == 1 and run.total(Column.CPU_NS) == 400 * MS)
def client_time_out() -> Tiny:
    return Tiny(program(call("s", cpu(400)), "100ms", s={}), at(0), [pod("s")])


@case(lambda run: run.ended(Cause.SERVED) == 1)
def arrival_just_in_time() -> Tiny:
    """A burst that ends, and a call that arrives, in the very nanosecond of the time-out are in time."""
    entry = call("a", call("b", cpu(1), timeout="2ms"))
    return Tiny(program(entry, a={}, b={"network_round_trip": "1ms"}), at(0), [A, B])


def times_out(cancel: bool, *steps: Any, timeout: str = "25ms", arrivals: Any = None, **b: Any) -> Tiny:
    """Calls of ``b`` that take too long, three requests in 10 ms, and one later."""
    entry = call("a", call("b", *steps, timeout=timeout, cancel_on_timeout=cancel))
    return Tiny(program(entry, a=threads(4), b=b, c={}), arrivals or at(0, 5, 10, 300), [A, B, C])


@case(lambda run: run.ended(Cause.TIMEOUT) == 4 and run.total(Column.CPU_NS) == 160 * MS)
def time_out_without_cancelling() -> Tiny:
    return times_out(False, cpu(40))


@case(lambda run: run.ended(Cause.TIMEOUT) == 4 and run.total(Column.CPU_NS) == (25 + 5 + 5 + 25) * MS)
def cancelled_while_running_and_while_queued() -> Tiny:
    return times_out(True, cpu(40))


@case(lambda run: run.total(Column.CPU_NS) == 61 * MS and run.ended(Cause.TIMEOUT) == 3)
def cancelled_while_two_run_and_one_is_queued_for_another_group() -> Tiny:
    return times_out(True, cpu(1), cpu(40, threads="crypto"), arrivals=at(0, 5, 10), **threads(1, crypto=2))


@case(lambda run: run.steps(Step.THROTTLED) and run.ended(Cause.TIMEOUT) == 3)
def cancelled_while_throttled() -> Tiny:
    system = times_out(True, cpu(40), timeout="60ms", arrivals=at(0, 5, 10), **threads(2))
    system.pods = [A, pod("b", quota_ms=10), C]
    return system


@case(lambda run: run.ended(Cause.TIMEOUT) == 4 and run.steps(Step.BURST) == 2)
def cancelled_while_waiting_for_a_thread_of_its_own() -> Tiny:
    return times_out(True, wait(5), cpu(40), arrivals=at(0, 0, 0, 300), **threads(1, "per_request"))


@case(lambda run: run.ended(Cause.TIMEOUT) == 4 and run.steps(Step.LEFT, Cause.TIMEOUT) == 12)
def cancelled_in_nested_calls() -> Tiny:
    return times_out(True, call("c", cpu(40)), **threads(3, "per_request"))


@case(lambda run: run.ended(Cause.TIMEOUT) == 4 and run.steps(Step.LEFT, Cause.TIMEOUT) >= 8)
def cancelled_in_parallel_calls() -> Tiny:
    return times_out(True, both(call("c", cpu(2)), call("c", cpu(40)), call("c", cpu(3)), call("c", wait(90))))


@case(lambda run: run.ended(Cause.TIMEOUT) == 4 and run.steps(Step.WAITS))
def cancelled_while_its_calls_wait_for_a_connection() -> Tiny:
    return times_out(True, both(*[call("c", cpu(10))] * 4), pools={"c": 1})


@case(lambda run: run.ended(Cause.TIMEOUT) == 4 and run.steps(Step.RETRIED) == 4)
def cancelled_in_back_off() -> Tiny:
    return times_out(True, call("c", cpu(40), timeout="10ms", retries=3, retry_backoff="30ms"))


@case(lambda run: run.ended(Cause.TIMEOUT) == 4 and run.steps(Step.VISIT) == 4 + 0)
def cancelled_on_the_way() -> Tiny:
    return times_out(True, cpu(1), network_round_trip="30ms")


@case(lambda run: run.ended(Cause.TIMEOUT) == 4 and run.steps(Step.LEFT, Cause.TIMEOUT) == 8)
def cancelled_while_it_waits_for_the_disk() -> Tiny:
    return times_out(True, {"disk": {"operations": 100}}, disk_iops=1000, disk_latency="3ms")


# -- retries and breakers ------------------------------------------------------------------------------


def failing(**more: Any) -> Program:
    return program(call("a", call("b", cpu(10), **more)), a=threads(4), b=threads(limit=0))


@case(lambda run: run.total(Column.RETRIES) == 6 and run.ended(Cause.NO_ENDPOINT) == 2)
def immediate_retries_exhausted() -> Tiny:
    return Tiny(failing(retries=3), at(0, 1), [A])


@case(lambda run: run.responses() == {70 * MS} and run.total(Column.RETRIES) == 3)
def retries_with_back_off_exhausted() -> Tiny:
    return Tiny(failing(retries=3, retry_backoff="10ms"), at(0), [A])


@case(lambda run: run.total(Column.RETRIES) and run.ended(Cause.SERVED) == 3)
def retry_that_succeeds() -> Tiny:
    return Tiny(failing(retries=3, retry_backoff="8ms"), at(0, 1, 2), [A, B])


@case(lambda run: run.total(Column.RETRIES) == 2 and run.steps(Step.TIMED_OUT) == 3)
def retries_after_time_outs() -> Tiny:
    return Tiny(failing(retries=2, timeout="4ms", cancel_on_timeout=True), at(0), [A, B])


@case(lambda run: run.total(Column.RETRIES) == 4 and run.ended(Cause.SERVED) == 2)
def client_retries() -> Tiny:
    entry = call("s", cpu(10), retries=2, retry_backoff="3ms", timeout="12ms")
    return Tiny(program(entry, s=threads(limit=0)), at(0, 1, 2), [pod("s")])


@case(lambda run: run.ended(Cause.CIRCUIT_OPEN) == 8 and run.ended(Cause.SERVED) == 9)
def breaker_opens_and_closes() -> Play:
    system = Tiny(failing(breaker={"failures": 2, "open": "50ms"}), every(10, 200), [A])
    return Play(system, [(95 * MS, [start(2, service=1, warm=True), SetEndpoints(service=1, pods=(2,))])])


@case(lambda run: run.ended(Cause.CIRCUIT_OPEN) == 20 and run.total(Column.RETRIES) == 60)
def breaker_and_immediate_retries() -> Tiny:
    return Tiny(failing(breaker={"failures": 2, "open": "50ms"}, retries=3), every(10, 200), [A])


@case(lambda run: run.ended(Cause.TIMEOUT) and run.ended(Cause.CIRCUIT_OPEN) and run.steps(Step.RETRIED))
def breaker_and_back_off_and_time_outs() -> Tiny:
    more = {"breaker": {"failures": 3, "open": "40ms"}, "retries": 2, "retry_backoff": "7ms", "timeout": "15ms"}
    return Tiny(program(call("a", call("b", cpu(14), **more)), a=threads(2), b={}), every(9, 400), [A, A, B])


@case(lambda run: run.ended(Cause.CONNECTION_REFUSED) == 3)
def connection_refused_while_starting_draining_and_dead() -> Play:
    system = Tiny(one(cpu(1), startup_cpu_ms=100), at(50, 150, 250, 350))
    script = [(0, [start(1), SetEndpoints(service=0, pods=(1,))]), (200, [DrainContainer(pod=1)])]
    return Play(system, [(t * MS, c) for t, c in [*script, (300, [StopContainer(pod=1)])]])


# -- memory --------------------------------------------------------------------------------------------


@case(lambda run: run.told(EventKind.OOM_KILLED) == 1 and run.ended(Cause.OOM_KILLED) == 3)
def killed_by_open_requests() -> Play:
    system = Tiny(one(cpu(50), memory={"base": 100, "per_open_request": 45}), at(0, 1, 2, 3), [pod("s", memory=200)])
    return Play(system, looks=[1 * MS, 2 * MS + 1, 4 * MS])


@case(lambda run: run.told(EventKind.OOM_KILLED) == 1 and run.ended(Cause.SERVED) == 8)
def killed_by_growth() -> Tiny:
    memory = {"base": 100, "per_open_request": 10, "growth_per_request": 12}
    return Tiny(one(cpu(1), memory=memory), every(10, 200), [pod("s", memory=200)])


@case(lambda run: run.told(EventKind.OOM_KILLED) == 2 and run.steps(Step.RETRIED) >= 4)
def callers_of_a_killed_container_retry() -> Tiny:
    b = {"memory": {"per_open_request": 60}, **threads(9)}
    entry = call("a", call("b", cpu(50), retries=2, retry_backoff="5ms"))
    return Tiny(program(entry, a=threads(9), b=b), at(0, 1, 2, 3, 4), [A, *[pod("b", memory=200)] * 2])


@case(lambda run: run.told(EventKind.OOM_KILLED) == 1 and run.total(Column.RETRIES) >= 900)
def nine_hundred_callers_of_a_killed_container_retry_at_once() -> Tiny:
    """Each takes a new attempt while the killed one's timer still runs."""
    b = {"memory": {"per_open_request": 1}, **threads(9)}
    entry = call("a", call("b", wait(5000), retries=1))
    return Tiny(program(entry, a={}, b=b), every(1, 900) + at(1000), [A, pod("b", memory=899)])


@case(lambda run: run.told(EventKind.OOM_KILLED) >= 3 and run.told(EventKind.STARTED) >= 3)
def restarts_after_being_killed() -> Play:
    def begin(uid: int, **more: Any) -> Any:
        return start(uid, memory=200, quota_ms=50, **more)

    system = Tiny(
        one(cpu(20), memory={"per_open_request": 30}, startup_cpu_ms=30), every(9, 2000), [pod("s", memory=200)]
    )
    return Play(system, control=restarting(100, begin, 0, 1), looks=[SECOND])


@case(lambda run: run.told(EventKind.OOM_KILLED) == 1 and run.ended(Cause.SERVED) == 2)
def killed_while_its_own_calls_are_open() -> Tiny:
    """What a killed caller called goes on unseen; requests of others to the same service are served."""
    services = {"a": {"memory": {"per_open_request": 60}}, "b": {"balancing": "round_robin"}}
    routes = {"r": {"steps": [call("a", call("b", cpu(40)))]}, "q": {"steps": [call("b", cpu(1))]}}
    return Tiny(program_of(services, routes), [*at(0, 1, 2, 3), *at(10, 20, route=1)], [pod("a", memory=200), B, B])


@case(lambda run: run.told(EventKind.OOM_KILLED) == 1)
def killed_in_the_middle_of_a_recursion() -> Tiny:
    """A service that calls itself loses caller and called at once."""
    service = {"memory": {"per_open_request": 60}, **threads(4)}
    return Tiny(
        program(call("s", cpu(1), call("s", cpu(5), call("s", cpu(9)), retries=1)), s=service),
        at(0, 1),
        [pod("s", memory=200)],
    )


# -- the end of containers -----------------------------------------------------------------------------


@case(lambda run: run.told(EventKind.DRAINED) == 2 and run.ended(Cause.CONNECTION_REFUSED))
def drained_with_and_without_open_requests() -> Play:
    system = Tiny(one(cpu(20)), every(15, 150), [pod("s"), pod("s")])
    return Play(system, [(5 * MS, [DrainContainer(pod=1)]), (40 * MS, [DrainContainer(pod=2)])])


@case(lambda run: run.told(EventKind.DRAINED) == 1 and run.steps(Step.TIMED_OUT) == 1)
def drained_by_cancelling() -> Play:
    system = Tiny(program(call("s", cpu(50), cancel_on_timeout=True), "30ms", s={}), at(0), [pod("s")])
    return Play(system, [(5 * MS, [DrainContainer(pod=1)])])


@case(lambda run: run.ended(Cause.TERMINATED) == 3)
def stopped_with_open_requests() -> Play:
    return Play(Tiny(one(cpu(20), **threads(2)), at(0, 1, 2), [pod("s")]), [(5 * MS, [StopContainer(pod=1)])])


@case(lambda run: run.ended(Cause.TERMINATED) == 2 and run.total(Column.CPU_NS) == 80 * MS)
def callers_are_stopped_with_open_calls() -> Play:
    return Play(times_out(False, cpu(40), timeout="5s", arrivals=at(0, 1)), [(5 * MS, [StopContainer(pod=1)])])


@case(lambda run: run.ended(Cause.TERMINATED) == 2 and run.steps(Step.LEFT, Cause.SERVED) == 2)
def callers_are_stopped_with_calls_on_the_way() -> Play:
    system = times_out(False, cpu(40), timeout="5s", arrivals=at(0, 1), network_round_trip="20ms")
    return Play(system, [(5 * MS, [StopContainer(pod=1)])])


@case(lambda run: run.ended(Cause.TERMINATED) == 1 and run.steps(Step.VISIT) == 2)
def callers_are_stopped_in_back_off() -> Play:
    system = Tiny(failing(retries=3, retry_backoff="20ms", timeout="5ms"), at(0), [A, B])
    return Play(system, [(15 * MS, [StopContainer(pod=1)])])


@case(lambda run: run.ended(Cause.CONNECTION_REFUSED) == 1 and run.ended(Cause.TERMINATED) == 1)
def stopped_while_a_call_is_on_the_way() -> Play:
    system = Tiny(one(cpu(20), network_round_trip="4ms"), at(0, 3), [pod("s")])
    return Play(system, [(5 * MS, [StopContainer(pod=1)])])


@case(lambda run: run.ended(Cause.TERMINATED) >= 10 and run.told(EventKind.STARTED) == 60)
def one_service_started_and_stopped_sixty_times() -> Play:
    """Rows of containers are used again, and never too early."""
    script: list[Any] = []
    for n in range(60):
        script.append(
            (n * 20 * MS, [start(n + 1, quota_ms=30, readiness=probe(period_ns=15 * MS, initial_delay_ns=0))])
        )
        script.append((n * 20 * MS + 3 * MS, [SetEndpoints(service=0, pods=(n + 1,))]))
        script.append((n * 20 * MS + 18 * MS, [StopContainer(pod=n + 1)]))
    system = Tiny(one(cpu(4), wait(9), **threads(2), startup_cpu_ms=2), every(7, 1200))
    return Play(system, script, looks=[s * 100 * MS for s in range(12)])


# -- probes --------------------------------------------------------------------------------------------


def probed(*steps: Any, arrivals: Any = (), memory: int = 0, service: Any = None, **probes: Any) -> Play:
    """One container that starts cold at once, with probes."""
    script = [(0, [start(1, memory=memory, **probes), SetEndpoints(service=0, pods=(1,))])]
    return Play(Tiny(one(*steps, **(service or {})), list(arrivals)), script)


@case(lambda run: run.told(EventKind.READY) == 1 and run.total(Column.PROBES) == 11)
def readiness() -> Play:
    return probed(cpu(1), readiness=probe())


@case(lambda run: run.told(EventKind.NOT_READY) == 1 and run.told(EventKind.READY) == 2)
def readiness_lost_and_found() -> Play:
    return probed(cpu(20_000), arrivals=at(7000), readiness=probe(failure_threshold=2))


@case(lambda run: run.told(EventKind.LIVENESS_FAILED) == 1 and run.total(Column.PROBE_FAILURES) == 3)
def liveness_behind_a_backlog() -> Play:
    return probed(cpu(30_000), arrivals=at(6000), liveness=probe())


@case(lambda run: [e.kind for e in run.events] == [EventKind.STARTED, EventKind.READY])
def startup_probe_holds_the_others_back() -> Play:
    slow = probe(period_ns=SECOND, initial_delay_ns=0, failure_threshold=30)
    others = {"liveness": probe(failure_threshold=1), "readiness": probe(period_ns=SECOND)}
    return probed(cpu(1), service={"startup_cpu_ms": 12_000}, startup=slow, **others)


@case(lambda run: run.told(EventKind.STARTUP_FAILED) >= 1)
def startup_probe_fails() -> Play:
    return probed(cpu(1), service={"startup_cpu_ms": 20_000}, startup=probe(period_ns=2 * SECOND, initial_delay_ns=0))


@case(lambda run: run.told(EventKind.LIVENESS_FAILED) == 0 and run.total(Column.PROBE_FAILURES) > 3)
def liveness_that_never_gives_up() -> Play:
    return probed(cpu(30_000), arrivals=at(6000), liveness=probe(failure_threshold=1 << 40))


@case(lambda run: run.told(EventKind.LIVENESS_FAILED) == 0 and run.total(Column.PROBES) == 11)
def exec_probe_runs_beside_a_backlog() -> Play:
    return probed(cpu(30_000), arrivals=at(6000), liveness=probe(queued=False, cpu_ns=50 * MS))


@case(lambda run: run.total(Column.PROBE_FAILURES) and run.told(EventKind.NOT_READY))
def exec_probes_of_two_kinds_are_in_each_others_way() -> Play:
    slow = probe(queued=False, cpu_ns=3 * SECOND, timeout_ns=2 * SECOND, period_ns=1500 * MS, failure_threshold=30)
    quick = probe(queued=False, cpu_ns=700 * MS, period_ns=SECOND, failure_threshold=1)
    return probed(cpu(1), readiness=quick, liveness=slow)


@case(lambda run: run.told(EventKind.READY) == 1 and run.total(Column.CPU_NS) == 0)
def tcp_probe() -> Play:
    return probed(cpu(1), readiness=probe(queued=False, cpu_ns=0))


@case(lambda run: run.total(Column.PROBE_FAILURES) == 0 and run.total(Column.PROBES) == 11)
def probe_of_a_service_with_threads_per_request() -> Play:
    return probed(cpu(30_000), arrivals=at(6000), service=threads(1, "per_request"), liveness=probe())


@case(lambda run: run.total(Column.PROBE_FAILURES) and run.ended(Cause.QUEUE_FULL))
def probe_meets_a_full_queue() -> Play:
    return probed(cpu(9_000), arrivals=at(3000, 3001, 3002, 3003), service=threads(limit=1), readiness=probe())


@case(lambda run: run.total(Column.PROBE_FAILURES) >= 1 and run.steps(Step.THROTTLED))
def probe_under_throttling() -> Play:
    quota = {"readiness": probe(timeout_ns=50 * MS, cpu_ns=40 * MS), "quota_ms": 10}
    return probed(cpu(90), arrivals=every(500, 30_000), **quota)


@case(lambda run: run.told(EventKind.OOM_KILLED) == 1 and run.total(Column.PROBES) == 0)
def killed_while_a_probe_is_open() -> Play:
    memory = {"memory": {"per_open_request": 60}}
    return probed(
        cpu(9_000), arrivals=at(4000, 5500), memory=100, service=memory, readiness=probe(timeout_ns=3 * SECOND)
    )


@case(lambda run: run.told(EventKind.LIVENESS_FAILED) >= 2 and run.told(EventKind.STARTED) >= 2)
def restarts_after_liveness_failed() -> Play:
    """The probes of the run before end with it, also the one whose result is still awaited."""

    def begin(uid: int, **more: Any) -> Any:
        own = probe(period_ns=2 * SECOND, initial_delay_ns=0, failure_threshold=2, timeout_ns=1500 * MS)
        return start(uid, liveness=own, readiness=own, **more)

    system = Tiny(one(cpu(4_000), startup_cpu_ms=500), every(5000, 60_000, 1000))
    first = [(0, [begin(1), SetEndpoints(service=0, pods=(1,))])]
    return Play(system, first, control=restarting(1000, begin, 0, 1))


@case(lambda run: run.total(Column.PROBES) > 30 and run.told(EventKind.STARTED) == 0)
def probes_of_warm_containers() -> Play:
    own = probe(period_ns=3 * SECOND)
    return Play(Tiny(one(cpu(1))), [(0, [start(uid, warm=True, liveness=own, readiness=own) for uid in (1, 2)])])


@case(lambda run: run.told(EventKind.DRAINED) == 1 and run.total(Column.PROBES) == 1)
def draining_ends_the_probes() -> Play:
    play = probed(cpu(9_000), arrivals=at(5500), readiness=probe(timeout_ns=9 * SECOND))
    return Play(play.tiny, [*play.script, (7 * SECOND, [DrainContainer(pod=1)])])


# -- users ---------------------------------------------------------------------------------------------


def users(think_ms: int, *stages: tuple[int, int], cap: int = 0, journey: tuple[int, ...] = (0,)) -> ClosedUsers:
    slot = SECOND // cap if cap else 0
    return ClosedUsers(journey, think_ms * MS, tuple((s * SECOND, n) for s, n in stages), slot)


@case(lambda run: 400 < run.arrived() < 700)
def users_in_stages() -> Tiny:
    plan = users(500, (0, 2), (5, 12), (20, 0), (30, 6), (45, 3))
    return Tiny(one(cpu(30, "lognormal"), **threads(2)), users=plan, pods=[pod("s")])


@case(lambda run: 590 <= run.arrived() <= 600)
def users_capped_by_slots() -> Tiny:
    return Tiny(one(cpu(1)), users=users(1000, (0, 50), cap=10), pods=[pod("s")])


@case(lambda run: run.ended(Cause.TIMEOUT) and run.ended(Cause.SERVED))
def users_on_a_journey_who_give_up() -> Tiny:
    routes = {"r": {"steps": [call("s", cpu(40))]}, "q": {"steps": [call("s", cpu(9))], "client_timeout": "60ms"}}
    plan = users(100, (0, 8), journey=(0, 1, 1))
    return Tiny(program_of({"s": {}}, routes), users=plan, pods=[pod("s")], duration_ns=20 * SECOND)


@case(lambda run: run.observations[0].containers[1].open_requests == 4)
def users_come_back_while_their_old_requests_are_open() -> Play:
    """Whoever comes back makes new requests: an identity is never used twice."""
    plan = users(50, (0, 1), (1, 0), (2, 1))
    system = Tiny(program(call("s", cpu(50_000)), "500ms", s=threads(9)), users=plan, pods=[pod("s")])
    return Play(system, looks=[3 * SECOND])


@case(lambda run: sum(a.time_ns == b.time_ns for a, b in pairwise(run.lines(Step.ARRIVED))) > 100)
def users_and_a_stream_in_the_same_instants() -> Tiny:
    """Whoever arrives in the same nanosecond goes by identity, user or not."""
    plan = users(0, (0, 3), (10, 5), cap=2)
    return Tiny(one(cpu(0)), every(500, 60_000), [pod("s")], users=plan)


# -- size and length -----------------------------------------------------------------------------------


@case(lambda run: run.statistics.route_open.sum() == 4)
def requests_open_at_the_end() -> Tiny:
    entry = call("s", cpu(30_000), retries=1, retry_backoff="1h", timeout="100s")
    return Tiny(program(entry, s={}), at(0, 31_000, 32_000, 55_000, 56_000), [pod("s")])


@case(lambda run: run.steps(Step.VISIT) > 2048 and run.trace[4000].step == Step.ARRIVED)
def more_than_a_table_of_attempts_open_at_once() -> Tiny:
    entry = call("a", cpu(0.1), call("b", wait(4000)))
    return Tiny(program(entry, a={}, b={}), every(0.5, 3000), [A, B])


@case(lambda run: (run.statistics.service_counts[:, 0, Column.CPU_NS] > 0).sum() == 11)
def over_minutes_and_windows() -> Play:
    system = Tiny(one(cpu(900, "exponential"), **threads(2)), every(1700, 650_000), [pod("s", quota_ms=80)])
    system.duration_ns = 655 * SECOND
    return Play(system, looks=[s * SECOND for s in (30, 60, 61, 299, 300, 301, 600)])


@case(lambda run: (run.statistics.service_counts[:, 0, Column.CPU_NS] > 0).sum() == 3)
def long_burst_over_minutes() -> Play:
    """A dead timer in the new minute does not decide into which minute the CPU is booked."""
    routes = {"r": {"steps": [call("s", cpu(150_000))]}, "q": {"steps": [call("s", cpu(1))], "client_timeout": "61s"}}
    arrivals = [*at(0), *at(100, route=1)]
    system = Tiny(program_of({"s": threads(2)}, routes), arrivals, [pod("s")], duration_ns=170 * SECOND)
    return Play(system, looks=[s * SECOND for s in (59, 60, 62, 120, 130)])


@case(lambda run: run.total(Column.LOG_BYTES) == 3 * 70 and run.total(Column.RESPONSE_BYTES) == 4 * 500 - 500)
def bytes_of_answers_logs_and_writes() -> Tiny:
    entry = call("s", cpu(10), response_bytes=500, log_bytes=70, written_bytes=9, request_memory=100)
    return Tiny(program(entry, s=threads(limit=1)), at(0, 1, 2, 30), [pod("s", memory=350)])


@case(lambda run: len(run.records) > 400 and run.steps(Step.THROTTLED) and run.ended(Cause.TIMEOUT))
def a_busy_minute_of_a_small_shop() -> Tiny:
    entry = call(
        "a", cpu(3, "lognormal"), both(call("b", cpu(9, "exponential"), timeout="150ms", retries=1), call("c", wait(9, "exponential"))),
        cpu(2, "uniform"),
    )  # fmt: skip
    rng = np.random.default_rng(5)
    arrivals = [(int(t), 0) for t in np.cumsum(rng.exponential(0.1 * SECOND / 8, 500))]
    services = program(entry, a=threads(2), b={"network_round_trip": "300us"}, c={})
    return Tiny(services, arrivals, [pod("a", 60), pod("b", 45), pod("b", 45), C], nodes=[1.5])


@pytest.mark.parametrize("name", list(CASES))
def test_case(name: str) -> None:
    make, shows = CASES[name]
    system = make()
    run = check(system if isinstance(system, Play) else Play(system))
    assert shows(run), "the phenomenon of this case did not occur"
