"""Each phenomenon of the semantics on its own, with times worked out by hand, on both planes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.dataplane.plane import (
    DrainContainer,
    EventKind,
    PlaneEvent,
    ProbeSpec,
    SetEndpoints,
    StartContainer,
    StopContainer,
)
from fvcapacity.dataplane.reference.plane import ReferencePlane
from fvcapacity.dataplane.source import ClosedUsers
from fvcapacity.dataplane.statistics import Cause, RouteColumn, ServiceColumn
from fvcapacity.semantics.cfs_quota import next_edge, phase_of
from fvcapacity.semantics.draw import container_identity
from tests.support.tiny import MS, SECOND, Tiny, cpu, program_of

MakeTiny = Callable[..., Tiny]


@pytest.fixture(params=[ReferencePlane, FastPlane], ids=["reference", "fast"])
def tiny(request: pytest.FixtureRequest) -> MakeTiny:
    """Tiny systems of one kind of plane."""
    return partial(Tiny, kind=request.param)


def one_service(*steps: dict[str, Any], route: dict[str, Any] | None = None, **service: Any) -> Any:
    return program_of({"s": service}, {"r": {"steps": [{"call": "s", "steps": list(steps), **(route or {})}]}})


def responses_ms(plane: Any) -> list[float]:
    return [record.response_ns / MS for record in sorted(plane.records, key=lambda r: r.arrived_ns)]


def causes(plane: Any) -> list[Cause]:
    return [record.cause for record in sorted(plane.records, key=lambda r: r.arrived_ns)]


def total(plane: Any, column: ServiceColumn, service: int = 0) -> int:
    return int(plane.statistics.service_counts[:, service, column].sum())


def at(*times_ms: float) -> list[tuple[int, int]]:
    return [(int(t * MS), 0) for t in times_ms]


def test_event_loop_serves_first_come_first_served(tiny: MakeTiny) -> None:
    plane = tiny(one_service(cpu(10)), at(0, 2, 30), [{"service": "s"}]).run()
    assert responses_ms(plane) == [10, 18, 10]
    assert total(plane, ServiceColumn.QUEUE_WAIT_NS) == 8 * MS


def test_thread_pool_runs_bursts_side_by_side(tiny: MakeTiny) -> None:
    plane = tiny(one_service(cpu(10), threads={"main": {"count": 2}}), at(0, 0, 0), [{"service": "s"}]).run()
    assert sorted(responses_ms(plane)) == [10, 10, 20]


def test_contended_node_shares_by_weight(tiny: MakeTiny) -> None:
    """Two containers of weights 1 and 3 on one core, 10 ms of work each, and first slices of 0.7 ms.

    Until 0.933 ms they share by weight: the heavy one has run 0.7 ms, the light one 0.233. Until 1.4 ms the light one
    has the core for the rest of its first slice. The heavy one's other 9.3 ms take three quarters of a core: 12.4 ms.
    """
    program = program_of(
        {"light": {}, "heavy": {}},
        {n: {"steps": [{"call": n, "steps": [cpu(10)]}]} for n in ("light", "heavy")},
    )
    pods = [{"service": "light", "cpu_shares": 100}, {"service": "heavy", "cpu_shares": 300}]
    plane = tiny(program, [(0, 0), (0, 1)], pods, nodes=[1.0]).run()
    by_route = {record.route: record.response_ns / MS for record in plane.records}
    assert by_route[1] == pytest.approx(1.4 + 9.3 / 0.75, rel=1e-5)
    assert by_route[0] == pytest.approx(20, rel=1e-5)


def test_who_wakes_up_beside_a_busy_neighbour_runs_his_first_slice_at_once(tiny: MakeTiny) -> None:
    """A container of weight 102 wakes up on one core that another one (256) is using, again and again.

    Its request saves up 0.0996 core-ms a ms, 0.7 ms at most. At 50 ms it has a whole slice: 0.6 ms take 0.6 ms. At
    51.6 ms it has 0.1 ms and what 1 ms has saved up, 0.1996 ms: the other 0.4004 ms take 102/358 of a core. At 101 ms
    it has a whole slice again, of which 2 ms of work use 0.7 ms.
    """
    program = program_of(
        {"light": {}, "hog": {}},
        {
            "short": {"steps": [{"call": "light", "steps": [cpu(0.6)]}]},
            "long": {"steps": [{"call": "light", "steps": [cpu(2)]}]},
            "hog": {"steps": [{"call": "hog", "steps": [cpu(500)]}]},
        },
    )
    arrivals = [(0, 2), (50 * MS, 0), (51 * MS + 600_000, 0), (101 * MS, 1)]
    pods = [{"service": "light", "cpu_shares": 102}, {"service": "hog", "cpu_shares": 256}]
    plane = tiny(program, arrivals, pods, nodes=[1.0]).run()
    saved, share = 0.1 + 102 / 1024, 102 / 358
    expected = [0.6, saved + (0.6 - saved) / share, 0.7 + 1.3 / share]
    assert responses_ms(plane)[1:] == pytest.approx(expected, abs=1e-4)
    assert responses_ms(plane)[0] == pytest.approx(503.2, abs=1e-4)


def test_several_cpus_have_longer_first_slices(tiny: MakeTiny) -> None:
    """On eight CPUs a slice is 2.8 ms: the ninth thread to wake up runs that long at full speed."""
    hog = {"steps": [{"call": "hog", "steps": [cpu(500)]}]}
    program = program_of(
        {"light": {}, "hog": {"threads": {"main": {"count": 8}}}},
        {"r": {"steps": [{"call": "light", "steps": [cpu(2.8)]}]}, "hog": hog},
    )
    pods = [{"service": "light", "cpu_shares": 102}, {"service": "hog", "cpu_shares": 1024}]
    plane = tiny(program, [(0, 1)] * 8 + [(100 * MS, 0)], pods, nodes=[8.0]).run()
    assert responses_ms(plane)[-1] == pytest.approx(2.8, abs=1e-6)


def test_quota_throttles_until_the_next_period(tiny: MakeTiny) -> None:
    """20 ms of quota in 100 ms: 30 ms of work take the rest of the period in between."""
    plane = tiny(one_service(cpu(30)), at(1000), [{"service": "s", "cpu_quota_ns": 20 * MS}]).run()
    phase = phase_of(container_identity(Tiny.seed, "pod-1", restart=0))
    until_edge = (next_edge(SECOND, phase) - SECOND) / MS
    assert until_edge > 20, "the phase of this seed leaves the quota to be spent before the edge"
    assert responses_ms(plane) == pytest.approx([until_edge + 10], abs=1e-6)
    assert total(plane, ServiceColumn.THROTTLED_PERIODS) == 1
    assert total(plane, ServiceColumn.PERIODS) == 3, "two in which the quota is drawn on, and the idle one that follows"
    assert total(plane, ServiceColumn.THROTTLED_WAIT_NS) == pytest.approx((until_edge - 20) * MS, abs=1)


def test_period_timer_counts_one_idle_period_and_stops(tiny: MakeTiny) -> None:
    """A burst of 2 ms every 500 ms draws in one period of five; the kernel counts that one and the next."""
    arrivals = at(*(1000 + 500 * i for i in range(10)))
    plane = tiny(one_service(cpu(2)), arrivals, [{"service": "s", "cpu_quota_ns": 20 * MS}]).run()
    assert total(plane, ServiceColumn.PERIODS) == 20
    assert total(plane, ServiceColumn.THROTTLED_PERIODS) == 0


def test_what_an_idle_thread_has_kept_is_no_draw(tiny: MakeTiny) -> None:
    """A burst of 4.5 ms leaves half a millisecond of its slice: the 0.4 ms in the next period draw on nothing."""
    program = program_of(
        {"s": {}},
        {
            "large": {"steps": [{"call": "s", "steps": [cpu(4.5)]}]},
            "small": {"steps": [{"call": "s", "steps": [cpu(0.4)]}]},
        },
    )
    arrivals = [(1000 * MS, 0), (1100 * MS, 1), (1200 * MS, 1), (1300 * MS, 1)]
    plane = tiny(program, arrivals, [{"service": "s", "cpu_quota_ns": 20 * MS}]).run()
    assert total(plane, ServiceColumn.PERIODS) == 4, "two for the large burst, none for the first small one, two more"


def test_quota_is_kept_over_many_periods(tiny: MakeTiny) -> None:
    arrivals = at(*range(0, 5000, 20))
    plane = tiny(one_service(cpu(10)), arrivals, [{"service": "s", "cpu_quota_ns": 20 * MS}]).run()
    used_per_period = total(plane, ServiceColumn.CPU_NS) / total(plane, ServiceColumn.PERIODS)
    assert used_per_period == pytest.approx(20 * MS, rel=0.02)
    assert total(plane, ServiceColumn.CPU_NS) == 250 * 10 * MS


def test_threads_share_one_quota(tiny: MakeTiny) -> None:
    program = one_service(cpu(100), threads={"main": {"count": 4}})
    plane = tiny(program, at(0, 0, 0, 0), [{"service": "s", "cpu_quota_ns": 100 * MS}]).run()
    assert total(plane, ServiceColumn.THROTTLED_PERIODS) >= 1
    assert max(responses_ms(plane)) > 100


def test_caller_waits_for_its_call_and_goes_on(tiny: MakeTiny) -> None:
    steps = [cpu(5), {"call": "b", "steps": [cpu(7)]}, cpu(3)]
    program = program_of(
        {"a": {}, "b": {"network_round_trip": "2ms"}}, {"r": {"steps": [{"call": "a", "steps": steps}]}}
    )
    plane = tiny(program, at(0), [{"service": "a"}, {"service": "b"}]).run()
    assert responses_ms(plane) == [5 + 2 + 7 + 3]


def test_parallel_calls_take_as_long_as_the_longest(tiny: MakeTiny) -> None:
    both = {"parallel": [{"call": "b", "steps": [cpu(7)]}, {"call": "c", "steps": [cpu(20)]}]}
    program = program_of({n: {} for n in "abc"}, {"r": {"steps": [{"call": "a", "steps": [both, cpu(1)]}]}})
    plane = tiny(program, at(0), [{"service": n} for n in "abc"]).run()
    assert responses_ms(plane) == [21]


@pytest.mark.parametrize(("probability", "expected"), [(1.0, 5), (0.0, 9)])
def test_branch(tiny: MakeTiny, probability: float, expected: float) -> None:
    branch = {"branch": {"probability": probability, "then": [cpu(4)], "otherwise": [cpu(8)]}}
    assert responses_ms(tiny(one_service(branch, cpu(1)), at(0), [{"service": "s"}]).run()) == [expected]


def test_wait_leaves_the_thread_to_others(tiny: MakeTiny) -> None:
    wait = {"wait": {"mean_ms": 50, "distribution": "constant"}}
    plane = tiny(one_service(wait, cpu(1)), at(0, 0), [{"service": "s"}]).run()
    assert sorted(responses_ms(plane)) == [51, 52]


def test_disk_operations_queue_for_the_volume(tiny: MakeTiny) -> None:
    plane = tiny(one_service({"disk": {"operations": 10}}, disk_iops=1000), at(0, 0), [{"service": "s"}]).run()
    assert sorted(responses_ms(plane)) == [10, 20]


def test_per_request_threads_are_held_while_a_call_lasts(tiny: MakeTiny) -> None:
    steps = [cpu(1), {"call": "b", "steps": [cpu(10)]}]
    services = {
        "a": {"threads": {"main": {"kind": "per_request", "count": 1}}},
        "b": {"threads": {"main": {"count": 2}}},
    }
    program = program_of(services, {"r": {"steps": [{"call": "a", "steps": steps}]}})
    plane = tiny(program, at(0, 0), [{"service": "a"}, {"service": "b"}]).run()
    assert sorted(responses_ms(plane)) == [11, 22]


def test_pool_lets_so_many_calls_out(tiny: MakeTiny) -> None:
    steps = [{"call": "b", "steps": [cpu(10)]}]
    services = {"a": {"pools": {"b": 1}}, "b": {"threads": {"main": {"count": 9}}}}
    program = program_of(services, {"r": {"steps": [{"call": "a", "steps": steps}]}})
    plane = tiny(program, at(0, 0, 0), [{"service": "a"}, {"service": "b"}]).run()
    assert sorted(responses_ms(plane)) == [10, 20, 30]


def test_time_out_while_waiting_for_a_connection(tiny: MakeTiny) -> None:
    """The second call gives up in the pool's queue and never reaches its service."""
    step = {"call": "b", "steps": [cpu(30)], "timeout": "40ms"}
    services = {"a": {"pools": {"b": 1}}, "b": {}}
    program = program_of(services, {"r": {"steps": [{"call": "a", "steps": [step]}]}})
    plane = tiny(program, at(0, 1, 2), [{"service": "a"}, {"service": "b"}]).run()
    assert causes(plane) == [Cause.SERVED, Cause.TIMEOUT, Cause.TIMEOUT]
    assert responses_ms(plane) == [30, 40, 40]
    assert total(plane, ServiceColumn.CPU_NS, 1) == 60 * MS


def test_full_queue_refuses(tiny: MakeTiny) -> None:
    plane = tiny(one_service(cpu(10), threads={"main": {"queue_limit": 1}}), at(0, 1, 2), [{"service": "s"}]).run()
    assert causes(plane) == [Cause.SERVED, Cause.SERVED, Cause.QUEUE_FULL]
    assert total(plane, ServiceColumn.REFUSED) == 1


def test_no_endpoint(tiny: MakeTiny) -> None:
    plane = tiny(one_service(cpu(1)), at(5), [{"service": "s"}]).plane()
    plane.apply([SetEndpoints(service=0, pods=())])
    plane.advance(SECOND)
    assert causes(plane) == [Cause.NO_ENDPOINT]


@pytest.mark.parametrize(("cancel", "cpu_ms"), [(True, 25), (False, 40)])
def test_timed_out_work_goes_on_unless_cancelled(tiny: MakeTiny, cancel: bool, cpu_ms: float) -> None:
    step = {"call": "b", "steps": [cpu(40)], "timeout": "25ms", "cancel_on_timeout": cancel}
    program = program_of({"a": {}, "b": {}}, {"r": {"steps": [{"call": "a", "steps": [step]}]}})
    plane = tiny(program, at(0), [{"service": "a"}, {"service": "b"}]).run()
    assert causes(plane) == [Cause.TIMEOUT]
    assert responses_ms(plane) == [25]
    assert total(plane, ServiceColumn.CPU_NS, 1) == cpu_ms * MS


def test_cancelled_work_frees_the_thread_for_the_next(tiny: MakeTiny) -> None:
    step = {"call": "b", "steps": [cpu(40)], "timeout": "25ms", "cancel_on_timeout": True}
    program = program_of({"a": {}, "b": {}}, {"r": {"steps": [{"call": "a", "steps": [step]}]}})
    plane = tiny(program, at(0, 10), [{"service": "a"}, {"service": "b"}]).run()
    assert causes(plane) == [Cause.TIMEOUT, Cause.TIMEOUT]
    assert total(plane, ServiceColumn.CPU_NS, 1) == 35 * MS


def test_retry_after_backoff(tiny: MakeTiny) -> None:
    step = {"call": "b", "steps": [cpu(1)], "retries": 2, "retry_backoff": "10ms"}
    program = program_of({"a": {}, "b": {}}, {"r": {"steps": [{"call": "a", "steps": [step]}]}})
    plane = tiny(program, at(0), [{"service": "a"}]).plane()
    plane.advance(SECOND)
    assert causes(plane) == [Cause.NO_ENDPOINT]
    assert responses_ms(plane) == [10 + 20]
    plane.finish()
    assert total(plane, ServiceColumn.RETRIES, 1) == 2


def test_optional_call_may_fail(tiny: MakeTiny) -> None:
    steps = [{"call": "b", "optional": True, "steps": [cpu(1)]}, cpu(3)]
    program = program_of({"a": {}, "b": {}}, {"r": {"steps": [{"call": "a", "steps": steps}]}})
    plane = tiny(program, at(0), [{"service": "a"}]).run()
    assert causes(plane) == [Cause.SERVED]
    assert responses_ms(plane) == [3]


def test_breaker_opens_and_closes(tiny: MakeTiny) -> None:
    step = {"call": "b", "steps": [cpu(1)], "breaker": {"failures": 2, "open": "100ms"}}
    program = program_of({"a": {}, "b": {}}, {"r": {"steps": [{"call": "a", "steps": [step]}]}})
    plane = tiny(program, at(0, 10, 20, 200), [{"service": "a"}]).run()
    expected = [Cause.NO_ENDPOINT, Cause.NO_ENDPOINT, Cause.CIRCUIT_OPEN, Cause.NO_ENDPOINT]
    assert causes(plane) == expected


def test_oom_kill_fails_open_requests_and_tells_control(tiny: MakeTiny) -> None:
    program = one_service(cpu(50), memory={"base": 100, "per_open_request": 60})
    plane = tiny(program, at(0, 1), [{"service": "s", "memory_limit_bytes": 200}]).plane()
    assert plane.advance(SECOND) == PlaneEvent(1 * MS, EventKind.OOM_KILLED, 1)
    assert causes(plane) == [Cause.OOM_KILLED, Cause.OOM_KILLED]
    assert plane.observe().containers[1].open_requests == 0


def test_memory_grows_with_requests_served(tiny: MakeTiny) -> None:
    program = one_service(cpu(1), memory={"base": 100, "growth_per_request": 10})
    plane = tiny(program, at(0, 10, 20), [{"service": "s"}]).run()
    assert plane.observe().containers[1].memory_bytes == 130


def start(pod: int, **more: Any) -> StartContainer:
    settings = {"cpu_shares": 102, "cpu_quota_ns": 0, "memory_limit_bytes": 0, "node": 0, "service": 0, **more}
    return StartContainer(pod=pod, name=f"pod-{pod}", **settings)


def test_start_up_burns_cpu_through_the_own_quota(tiny: MakeTiny) -> None:
    """400 ms of CPU under 20 ms a period: ready in the twentieth period, not at once."""
    program = one_service(cpu(1), startup_cpu_ms=400)
    plane = tiny(program).plane()
    plane.apply([start(1, cpu_quota_ns=20 * MS)])
    event = plane.advance(10 * SECOND)
    assert event is not None
    assert event.kind is EventKind.STARTED
    assert 1.8 * SECOND < event.time_ns <= 2.0 * SECOND


def test_starting_container_refuses(tiny: MakeTiny) -> None:
    program = one_service(cpu(1), startup_cpu_ms=100)
    plane = tiny(program, at(50)).plane()
    plane.apply([start(1), SetEndpoints(service=0, pods=(1,))])
    plane.advance(SECOND)
    assert causes(plane) == [Cause.CONNECTION_REFUSED]


def test_draining_finishes_open_requests_and_refuses_new_ones(tiny: MakeTiny) -> None:
    plane = tiny(one_service(cpu(20)), at(0, 10), [{"service": "s"}]).plane()
    plane.advance(5 * MS)
    plane.apply([DrainContainer(pod=1)])
    assert plane.advance(SECOND) == PlaneEvent(20 * MS, EventKind.DRAINED, 1)
    assert causes(plane) == [Cause.SERVED, Cause.CONNECTION_REFUSED]


def test_stopped_container_cuts_open_requests(tiny: MakeTiny) -> None:
    plane = tiny(one_service(cpu(20)), at(0), [{"service": "s"}]).plane()
    plane.advance(5 * MS)
    plane.apply([StopContainer(pod=1)])
    plane.advance(SECOND)
    assert causes(plane) == [Cause.TERMINATED]
    assert responses_ms(plane) == [5]


def probe(**more: Any) -> ProbeSpec:
    settings = {
        "initial_delay_ns": 5 * SECOND, "period_ns": 5 * SECOND, "timeout_ns": SECOND, "success_threshold": 1,
        "failure_threshold": 3, "queued": True, "cpu_ns": MS, **more,
    }  # fmt: skip
    return ProbeSpec(**settings)


def test_readiness_is_reported_once(tiny: MakeTiny) -> None:
    plane = tiny(one_service(cpu(1), startup_cpu_ms=100)).plane()
    plane.apply([start(1, readiness=probe())])
    seen = []
    while (event := plane.advance(60 * SECOND)) is not None:
        seen.append((event.time_ns / SECOND, event.kind))
    assert seen == [(0.1, EventKind.STARTED), (5.001, EventKind.READY)]


def test_probes_behind_a_backlog_time_out_and_liveness_fails(tiny: MakeTiny) -> None:
    """A burst of 100 s holds the event loop: the third failed probe in a row is one too many."""
    plane = tiny(one_service(cpu(100_000)), at(0), []).plane()
    plane.apply([start(1, warm=True, liveness=probe()), SetEndpoints(service=0, pods=(1,))])
    event = plane.advance(60 * SECOND)
    assert event is not None
    assert event.kind is EventKind.LIVENESS_FAILED
    assert 11 * SECOND <= event.time_ns <= 16 * SECOND
    plane.finish()
    assert total(plane, ServiceColumn.PROBE_FAILURES) == 3


def test_startup_probe_holds_the_others_back(tiny: MakeTiny) -> None:
    plane = tiny(one_service(cpu(1), startup_cpu_ms=12_000)).plane()
    slow = probe(period_ns=SECOND, initial_delay_ns=0, failure_threshold=30)
    plane.apply([start(1, startup=slow, liveness=probe(failure_threshold=1), readiness=probe(period_ns=SECOND))])
    kinds = []
    while (event := plane.advance(20 * SECOND)) is not None:
        kinds.append(event.kind)
    assert kinds == [EventKind.STARTED, EventKind.READY]


def test_sticky_connections_stay_with_their_pod(tiny: MakeTiny) -> None:
    steps = [{"call": "b", "steps": [cpu(1)]}]
    services = {"a": {}, "b": {"balancing": "sticky", "connections_per_client": 1}}
    program = program_of(services, {"r": {"steps": [{"call": "a", "steps": steps}]}})
    pods = [{"service": "a"}, {"service": "b"}, {"service": "b"}, {"service": "b"}]
    plane = tiny(program, at(*range(0, 400, 10)), pods).run()
    served = [plane.observe().containers[pod].cpu_ns for pod in (2, 3, 4)]
    assert sorted(served) == [0, 0, 40 * MS]


def test_round_robin_takes_turns(tiny: MakeTiny) -> None:
    program = one_service(cpu(1), balancing="round_robin")
    plane = tiny(program, at(*range(0, 90, 10)), [{"service": "s"}] * 3).run()
    assert [plane.observe().containers[pod].cpu_ns for pod in (1, 2, 3)] == [3 * MS] * 3


def test_closed_loop_users_think_between_requests(tiny: MakeTiny) -> None:
    users = ClosedUsers(journey=(0,), think_ns=SECOND, stages=((0, 10),))
    plane = tiny(one_service(cpu(1)), users=users, duration_ns=11 * SECOND).run()
    arrived = int(plane.statistics.route_counts[:, 0, RouteColumn.ARRIVED].sum())
    assert 95 <= arrived <= 110


def test_users_keep_the_cap_of_requests_a_second(tiny: MakeTiny) -> None:
    users = ClosedUsers(journey=(0,), think_ns=SECOND, stages=((0, 50),), slot_ns=SECOND // 10)
    plane = tiny(one_service(cpu(1)), users=users, duration_ns=20 * SECOND).run()
    arrived = int(plane.statistics.route_counts[:, 0, RouteColumn.ARRIVED].sum())
    assert 190 <= arrived <= 200


def test_same_seed_same_records_and_other_seed_others(tiny: MakeTiny) -> None:
    program = one_service(cpu(5, "lognormal", cv=1.0))
    runs = [tiny(program, at(*range(0, 500, 7)), [{"service": "s"}], seed=s).run().records for s in (3, 3, 4)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
