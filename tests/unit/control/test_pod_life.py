"""Ordered logs of single pods: start, probes, crashes, deletion."""

from __future__ import annotations

import pytest

from fvcapacity.control.deployment import scale
from fvcapacity.control.state import Stage
from fvcapacity.dataplane.plane import EventKind, StartContainer
from fvcapacity.errors import InvariantError
from fvcapacity.scenario.cluster import Container, Probe
from tests.unit.control.fakes import MI, FakePlane, S, deployment, drive, plane_of

LIVENESS = Probe(handler="http", initial_delay_s=30)


def resize(control: object, key: str, replicas: int, at_s: float) -> None:
    """Write ``spec.replicas`` at a time, as kubectl scale would."""
    cluster = control._cluster  # type: ignore[attr-defined]
    cluster.handle("kubectl", 1, lambda c, k: scale(c, c.state.workloads[k], replicas))
    cluster.enqueue("kubectl", key, round(at_s * S))


def test_what_runs_at_the_start_is_warm_and_in_the_endpoints() -> None:
    control = plane_of(deployment(replicas=2))
    run = drive(control, FakePlane(), 0.1)
    assert run.plane.log == [
        (0.0, "add-node", "general-1"),
        (0.0, "warm", "web-1"),
        (0.0, "warm", "web-2"),
        (0.0, "endpoints", "web-1,web-2"),
    ]
    assert control.history.events == []
    assert [(p.created_ns, p.scheduled_ns, p.started_ns, p.ready_ns) for p in control.history.pods] == [
        (0, 0, 0, 0),
        (0, 0, 0, 0),
    ]


def test_a_new_pod_is_created_in_order_and_joins_when_ready() -> None:
    control = plane_of(deployment("web", replicas=1), deployment("shop", replicas=0), serving=("web", "shop"))
    resize(control, "deployment/shop", 1, 10.0)
    run = drive(control, FakePlane(startup_s=2.0), 40)
    assert [line for line in run.plane.log if line[0] > 0] == [
        (18.8, "start", "shop-1"),  # 8 s to pull the image, 0.8 s to create the container
        (24.300000001, "endpoints", "shop-1"),  # 5 s to the first probe, 0.5 s to the proxies
    ]
    assert run.events() == [
        (10.0, "ScalingReplicaSet", "deployment/shop"),
        (10.0, "SuccessfulCreate", "replicaset/shop"),
        (10.0, "Scheduled", "pod/shop-1"),
        (10.0, "Pulling", "pod/shop-1"),
        (18.0, "Pulled", "pod/shop-1"),
        (18.8, "Created", "pod/shop-1"),
        (18.8, "Started", "pod/shop-1"),
    ]


def test_init_containers_run_one_after_the_other_before_the_others_are_created() -> None:
    extra = tuple(Container(name=name, image="shop:1", kind="init") for name in ("migrate", "wait"))
    shop = deployment("shop", replicas=0, containers=extra)
    control = plane_of(
        deployment("web"),
        shop,
        serving=("web", "shop"),
        timings={"init_container": "3s"},
        init={shop.key + "/wait": "500ms"},
    )
    resize(control, shop.key, 1, 10.0)
    run = drive(control, FakePlane(startup_s=2.0), 40)
    told = [(e.time_ns / S, e.reason, e.message) for e in control.history.events if e.reason in ("Pulled", "Started")]
    assert told == [
        (18.0, "Pulled", 'Successfully pulled image "shop:1"'),
        (18.8, "Started", "Started container migrate"),
        (22.6, "Started", "Started container wait"),  # 3 s later, and 0.8 s to create it
        (23.9, "Started", "Started container shop"),
    ]
    assert (23.9, "start", "shop-1") in run.plane.log


def test_init_containers_do_not_run_again_when_a_container_restarts() -> None:
    extra = (Container(name="migrate", image="web:1", kind="init"),)
    control = plane_of(deployment(replicas=0, containers=extra))
    resize(control, "deployment/web", 1, 1.0)
    plane = FakePlane()
    plane.plan(40 * S, EventKind.OOM_KILLED, 1)
    run = drive(control, plane, 60)
    assert [line for line in run.plane.log if line[1] == "start"] == [
        (12.6, "start", "web-1"),
        (40.8, "start", "web-1"),
    ]


def test_images_are_pulled_one_after_the_other_and_once_a_node() -> None:
    control = plane_of(
        *(deployment(name, replicas=0) for name in ("a", "b")), deployment("web"), serving=("web", "a", "b")
    )
    resize(control, "deployment/a", 2, 10.0)
    cluster = control._cluster
    cluster.handle("kubectl-b", 1, lambda c, k: scale(c, c.state.workloads[k], 1))
    cluster.enqueue("kubectl-b", "deployment/b", 10 * S)
    run = drive(control, FakePlane(), 60)
    starts = [(t, name) for t, kind, name in run.plane.log if kind == "start"]
    assert starts == [(18.8, "a-1"), (18.8, "a-2"), (26.8, "b-1")]


def test_a_pod_without_readiness_probe_is_ready_when_it_listens() -> None:
    control = plane_of(deployment("web", readiness=None), timings={"image_pull": 0})
    resize(control, "deployment/web", 2, 10.0)
    run = drive(control, FakePlane(startup_s=3.0), 20)
    assert run.plane.log[-2:] == [(10.8, "start", "web-2"), (14.3, "endpoints", "web-1,web-2")]


def test_deleting_takes_endpoints_and_sends_sigterm_at_once_then_waits_for_the_drain() -> None:
    control = plane_of(deployment(replicas=2))
    resize(control, "deployment/web", 1, 10.0)
    run = drive(control, FakePlane(drain_s=4.0), 30)
    gone = next(pod for pod in control.history.pods if pod.deleted_ns)
    assert [line for line in run.plane.log if line[0] > 0] == [
        (10.0, "drain", gone.name),
        (10.5, "endpoints", next(p.name for p in control.history.pods if p is not gone)),
        (14.0, "stop", gone.name),
    ]
    assert gone.deleted_ns == 14 * S
    assert [r for _, r, _ in run.events()] == ["ScalingReplicaSet", "SuccessfulDelete", "Killing"]


@pytest.mark.parametrize(
    ("grace_s", "pre_stop_s", "drain_at", "stop_at"),
    [(30, 0.0, 10.0, 40.0), (30, 5.0, 15.0, 40.0), (8, 0.0, 10.0, 18.0), (8, 7.0, 17.0, 19.0), (8, 20.0, 18.0, 20.0)],
    ids=["grace ends", "preStop first, within the grace", "short grace", "two seconds at least", "preStop cut off"],
)
def test_a_pod_that_does_not_drain_is_killed_when_the_grace_ends(
    grace_s: int, pre_stop_s: float, drain_at: float, stop_at: float
) -> None:
    web = deployment(replicas=2, pre_stop_s=pre_stop_s, template={"termination_grace_s": grace_s})
    control = plane_of(web)
    resize(control, "deployment/web", 1, 10.0)
    run = drive(control, FakePlane(drain_s=1000), 60)
    assert [(t, k) for t, k, _ in run.plane.log if k in ("drain", "stop")] == [
        (drain_at, "drain"),
        (stop_at, "stop"),
    ]


def test_crash_loop_back_off_doubles_from_ten_seconds() -> None:
    control = plane_of(deployment(readiness=None))
    plane = FakePlane(startup_s=0.5)
    # Each run of the container dies one second after it was started.
    original = plane._start

    def start_and_die(command: StartContainer) -> None:
        original(command)
        plane.plan(plane.now + S, EventKind.OOM_KILLED, command.pod)

    plane._start = start_and_die  # type: ignore[method-assign]
    run = drive(control, plane, 700)
    starts = [round(t, 3) for t, kind, _ in run.plane.log if kind == "start"]
    exits = [t for t, _, _ in run.events("OOMKilling")]
    waits = [round(s - e - 0.8, 3) for s, e in zip(starts, exits, strict=False)]
    assert waits == [0, 10, 20, 40, 80, 160, 300]
    assert len(run.events("BackOff")) == len(exits) - 1
    life = control.history.pods[0]
    assert life.restarts == life.oom_kills == len(exits)


def test_an_oom_kill_leaves_the_endpoints_until_the_pod_is_ready_again() -> None:
    control = plane_of(deployment(replicas=2))
    plane = FakePlane(startup_s=2.0)
    plane.plan(20 * S, EventKind.OOM_KILLED, 1)
    run = drive(control, plane, 40)
    assert [line for line in run.plane.log if line[0] > 0] == [
        (20.5, "endpoints", "web-2"),
        (20.8, "start", "web-1"),
        (26.300000001, "endpoints", "web-1,web-2"),
    ]
    assert run.events() == [
        (20.0, "OOMKilling", "pod/web-1"),
        (20.8, "Created", "pod/web-1"),
        (20.8, "Started", "pod/web-1"),
    ]


def test_a_failed_liveness_probe_drains_then_restarts_the_same_pod() -> None:
    control = plane_of(deployment(replicas=1, liveness=LIVENESS))
    plane = FakePlane(drain_s=3.0)
    plane.plan(50 * S, EventKind.LIVENESS_FAILED, 1)
    run = drive(control, plane, 80)
    assert [line for line in run.plane.log if line[0] > 0] == [
        (50.0, "drain", "web-1"),
        (53.0, "stop", "web-1"),
        (53.5, "endpoints", ""),
        (53.8, "start", "web-1"),
        (59.300000001, "endpoints", "web-1"),
    ]
    assert run.events()[:2] == [(50.0, "Unhealthy", "pod/web-1"), (50.0, "Killing", "pod/web-1")]
    assert control.history.pods[0].restarts == 1
    assert plane.running[1].restart == 1


def test_readiness_comes_and_goes_without_a_restart() -> None:
    control = plane_of(deployment(replicas=2))
    plane = FakePlane()
    plane.plan(20 * S, EventKind.NOT_READY, 2)
    plane.plan(40 * S, EventKind.READY, 2)
    run = drive(control, plane, 60)
    assert [line for line in run.plane.log if line[0] > 0] == [
        (20.5, "endpoints", "web-1"),
        (40.5, "endpoints", "web-1,web-2"),
    ]
    assert run.events() == [(20.0, "Unhealthy", "pod/web-2")]


def test_a_failed_startup_probe_restarts() -> None:
    control = plane_of(deployment(replicas=1), timings={"image_pull": 0})
    resize(control, "deployment/web", 2, 10.0)
    plane = FakePlane(startup_s=100.0, drain_s=0.0)
    plane.plan(30 * S, EventKind.STARTUP_FAILED, 2)
    run = drive(control, plane, 35)
    assert [k for t, k, n in run.plane.log if t > 0 and n == "web-2"] == ["start", "drain", "stop", "start"]
    assert control.state.pods[2].stage is Stage.STARTING


def test_what_a_start_tells_the_plane() -> None:
    side = Container(name="exporter", cpu_request_cores=0.05, cpu_limit_cores=0.1)
    web = deployment(
        cpu=0.2,
        cpu_limit=0.5,
        memory_limit=256 * MI,
        liveness=Probe(handler="tcp", timeout_s=2),
        readiness=Probe(handler="exec", initial_delay_s=7),
        containers=(side,),
    )
    background = {"deployment/web/exporter": {"cpu": "20m", "memory": "30Mi"}}
    control = plane_of(web, background=background)
    add, start, _ = control.take_commands()
    assert add.background_cores == pytest.approx(0.02)  # type: ignore[union-attr]
    assert isinstance(start, StartContainer)
    assert (start.cpu_shares, start.cpu_quota_ns, start.memory_limit_bytes) == (204, 50_000_000, 256 * MI)
    assert start.liveness is not None
    assert start.readiness is not None
    assert (start.liveness.queued, start.liveness.cpu_ns, start.liveness.timeout_ns) == (False, 0, 2 * S)
    assert (start.readiness.queued, start.readiness.cpu_ns, start.readiness.initial_delay_ns) == (
        False,
        5_000_000,
        7 * S,
    )


@pytest.mark.parametrize(("limit", "quota"), [(None, 0), (0.005, 1_000_000), (1.0, 100_000_000)])
def test_the_quota_is_never_below_a_millisecond(limit: float | None, quota: int) -> None:
    control = plane_of(deployment(cpu=0.001, cpu_limit=limit))
    start = control.take_commands()[1]
    assert start.cpu_quota_ns == quota  # type: ignore[union-attr]
    assert start.cpu_shares == 2  # type: ignore[union-attr]


def test_a_liveness_kill_runs_pre_stop_first_and_stays_in_the_endpoints_meanwhile() -> None:
    control = plane_of(deployment(replicas=1, liveness=LIVENESS, pre_stop_s=4.0))
    plane = FakePlane(drain_s=1.0)
    plane.plan(50 * S, EventKind.LIVENESS_FAILED, 1)
    run = drive(control, plane, 56.6)
    assert [line for line in run.plane.log if line[0] > 0] == [
        (54.0, "drain", "web-1"),
        (55.0, "stop", "web-1"),
        (55.5, "endpoints", ""),
        (55.8, "start", "web-1"),
    ]


def test_a_pod_deleted_while_it_restarts_is_drained_once_and_then_gone() -> None:
    control = plane_of(deployment(replicas=1, liveness=LIVENESS))
    plane = FakePlane(drain_s=5.0)
    plane.plan(50 * S, EventKind.LIVENESS_FAILED, 1)
    resize(control, "deployment/web", 0, 52.0)
    run = drive(control, plane, 90)
    assert [line for line in run.plane.log if line[0] > 0] == [
        (50.0, "drain", "web-1"),
        (52.5, "endpoints", ""),
        (55.0, "stop", "web-1"),
    ]
    assert control.history.pods[0].deleted_ns == 55 * S
    assert control.history.pods[0].restarts == 0


def test_an_oom_kill_while_terminating_ends_the_pod() -> None:
    control = plane_of(deployment(replicas=1))
    plane = FakePlane(drain_s=20.0)
    plane.plan(15 * S, EventKind.OOM_KILLED, 1)
    resize(control, "deployment/web", 0, 10.0)
    run = drive(control, plane, 60)
    assert [k for t, k, _ in run.plane.log if t > 0] == ["drain", "endpoints"]
    assert (control.history.pods[0].deleted_ns, control.history.pods[0].oom_kills) == (15 * S, 1)


def test_the_commands_of_the_start_are_due_at_once() -> None:
    control = plane_of(deployment(replicas=1))
    assert control.next_event_time() == 0
    control.run_to(0)
    assert len(control.take_commands()) == 3
    assert control.next_event_time() == 10 * S


def test_time_does_not_run_backwards() -> None:
    control = plane_of(deployment(replicas=1))
    control.run_to(20 * S)
    with pytest.raises(InvariantError, match="asked to run to 0 ns"):
        control.run_to(0)


def test_a_probe_may_have_a_grace_period_of_its_own() -> None:
    patient = Probe(handler="http", initial_delay_s=30, termination_grace_s=5)
    control = plane_of(deployment(replicas=1, liveness=patient))
    plane = FakePlane(drain_s=1000)
    plane.plan(20 * S, EventKind.LIVENESS_FAILED, 1)
    run = drive(control, plane, 40)
    assert [line for line in run.plane.log if line[1] in ("drain", "stop")] == [
        (20.0, "drain", "web-1"),
        (25.0, "stop", "web-1"),
    ]
