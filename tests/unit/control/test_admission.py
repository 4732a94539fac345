"""Quotas and LimitRanges in the running cluster: ordered logs of what is refused, and of who comes back when."""

from __future__ import annotations

import pickle
from typing import Any

from fvcapacity.control import kubelet
from fvcapacity.control.control_plane import ControlPlane
from fvcapacity.control.deployment import scale
from fvcapacity.decisions.work_queue import retry_delay
from fvcapacity.scenario.cluster import LimitRange, ResourceQuota
from tests.unit.control.fakes import FakePlane, Run, S, deployment, drive, plane_of, pool

WIDE = {"general": pool(count=1, cpu=64, allocatable_cpu=64)}


def quota(name: str = "compute", **hard: str) -> ResourceQuota:
    named = {key.replace("_", ".", 1): value for key, value in hard.items()}
    return ResourceQuota(name=name, namespace="shop", hard=named)


def scaled(control: ControlPlane, *steps: tuple[float, str, int]) -> None:
    """Write ``spec.replicas`` at certain times."""
    cluster = control._cluster

    def carry_out(c: Any, key: str) -> None:
        workload, _, replicas = key.partition("=")
        scale(c, c.state.workloads[workload], int(replicas.partition("@")[0]))

    cluster.handle("kubectl", 1, carry_out)  # type: ignore[arg-type]
    for time_s, workload, replicas in steps:
        cluster.enqueue("kubectl", f"{workload}={replicas}@{time_s}", round(time_s * S))


def told(run: Run, reason: str = "FailedCreate") -> list[tuple[float, str, str]]:
    return [(e.time_ns / S, e.object, e.message) for e in run.control.history.events if e.reason == reason]


def test_a_scale_up_beyond_the_quota_is_refused_as_kubernetes_words_it() -> None:
    control = plane_of(deployment(cpu_limit=0.35), pools=WIDE, quotas=(quota(limits_cpu="1"),))
    scaled(control, (10, "deployment/web", 4))
    run = drive(control, FakePlane(), 10.001)
    assert run.events("SuccessfulCreate", "FailedCreate", "ScalingReplicaSet") == [
        (10.0, "ScalingReplicaSet", "deployment/web"),
        (10.0, "SuccessfulCreate", "replicaset/web"),
        (10.0, "FailedCreate", "replicaset/web"),  # a batch of one, then of two, then no more
        (10.0, "FailedCreate", "replicaset/web"),
    ]
    assert told(run)[0] == (
        10.0,
        "replicaset/web",
        'Error creating: pods "web-3" is forbidden: exceeded quota: compute, requested: limits.cpu=350m, '
        "used: limits.cpu=700m, limited: limits.cpu=1",
    )
    assert {e.type for e in run.control.history.events if e.reason == "FailedCreate"} == {"Warning"}


def test_every_exceeded_resource_is_named_and_no_other() -> None:
    bounds = {"requests.cpu": "150m", "limits.memory": "200Mi", "pods": "9"}
    held = ResourceQuota(name="all", namespace="shop", hard=bounds)
    control = plane_of(deployment(memory_limit=128 * 2**20, replicas=2), pools=WIDE, quotas=(held,))
    run = drive(control, FakePlane(), 0.001)
    assert told(run)[0][2].partition("all, ")[2] == (
        "requested: limits.memory=128Mi,requests.cpu=100m, used: limits.memory=128Mi,requests.cpu=100m, "
        "limited: limits.memory=200Mi,requests.cpu=150m"
    )


def test_the_controller_comes_back_after_5_ms_10_ms_and_so_on() -> None:
    control = plane_of(deployment(replicas=1), pools=WIDE, quotas=(quota(pods="1"),))
    scaled(control, (10, "deployment/web", 2))
    run = drive(control, FakePlane(), 12)
    times = [round(time - 10, 3) for time, _, _ in told(run)]
    assert times == [0.0, 0.005, 0.015, 0.035, 0.075, 0.155, 0.315, 0.635, 1.275]


def test_the_back_off_ends_at_1000_s() -> None:
    assert [retry_delay(n)[0] / S for n in (0, 1, 17, 18, 99)] == [0.005, 0.01, 655.36, 1000, 1000]
    assert [retry_delay(n)[1] for n in (17, 18)] == ["BackOff", "MaxDelay"]


def test_what_other_workloads_give_back_is_taken_at_the_next_try() -> None:
    control = plane_of(
        deployment(replicas=1), deployment("job", replicas=1), pools=WIDE, quotas=(quota(pods="2"),), serving=("web",)
    )
    scaled(control, (10, "deployment/web", 2), (20, "deployment/job", 0))
    run = drive(control, FakePlane(), 40)
    created = [time for time, name, _ in told(run, "SuccessfulCreate")]
    assert created == [20.235]  # room is there at 20 s; the tries are at 10 s + 5 ms x (2^k - 1)


def test_what_its_own_pods_give_back_is_taken_at_once() -> None:
    control = plane_of(deployment(replicas=3), pools=WIDE, quotas=(quota(pods="2"),))
    cluster = control._cluster
    cluster.handle("kubectl-delete", 1, lambda c, k: _delete_first(c))  # type: ignore[arg-type]
    cluster.enqueue("kubectl-delete", "", 100 * S)
    run = drive(control, FakePlane(drain_s=4.0), 110)
    assert [time for time, _, _ in told(run, "SuccessfulCreate")] == [104.0]


def _delete_first(cluster: Any) -> None:
    kubelet.delete_pod(cluster, next(iter(cluster.state.pods.values())))


def test_a_sync_without_a_refusal_makes_the_back_off_forgotten() -> None:
    control = plane_of(deployment(replicas=1), pools=WIDE, quotas=(quota(pods="1"),))
    scaled(control, (10, "deployment/web", 2), (30, "deployment/web", 1), (100, "deployment/web", 2))
    run = drive(control, FakePlane(), 100.02)
    late = [round(time - 100, 3) for time, _, _ in told(run) if time >= 100]
    assert late == [0.0, 0.005, 0.015]
    assert list(control.state.create_backoffs) == ["deployment/web@replicaset/web"]


def test_the_quota_holds_at_the_start_too_for_the_pods_of_lowest_priority() -> None:
    low, high = deployment(replicas=2), deployment("api", replicas=2, template={"priority": 10})
    control = plane_of(low, high, pools=WIDE, quotas=(quota(pods="3"),), serving=("web", "api"))
    run = drive(control, FakePlane(), 0.001)
    assert [name for _, kind, name in run.plane.log if kind == "warm"] == ["api-1", "api-2", "web-1"]
    assert [(time, name) for time, name, _ in told(run)] == [(0.0, "replicaset/web")]


def test_a_stateful_set_says_it_in_its_own_words_and_keeps_its_order() -> None:
    control = plane_of(deployment("db", kind="StatefulSet", replicas=3), pools=WIDE, quotas=(quota(pods="1"),))
    run = drive(control, FakePlane(), 0.001)
    assert told(run) == [
        (
            0.0,
            "statefulset/db",
            'create Pod db-1 in StatefulSet db failed error: pods "db-1" is forbidden: exceeded quota: compute, '
            "requested: pods=1, used: pods=1, limited: pods=1",
        )
    ]


def test_a_daemon_set_is_held_too() -> None:
    agent = deployment("agent", kind="DaemonSet", cpu=0.1)
    pools = {"general": pool(count=3)}
    control = plane_of(agent, pools=pools, quotas=(quota(requests_cpu="250m"),), serving=())
    run = drive(control, FakePlane(), 0.001)
    assert len(control.state.pods) == 2
    assert [name for _, name, _ in told(run)] == ["daemonset/agent"]


def test_a_quota_on_cpu_refuses_pods_that_do_not_name_it() -> None:
    control = plane_of(deployment(replicas=1), pools=WIDE, quotas=(quota(limits_cpu="9"),))
    run = drive(control, FakePlane(), 0.001)
    assert told(run)[0][2] == (
        'Error creating: pods "web-1" is forbidden: failed quota: compute: must specify limits.cpu for: web'
    )
    assert not control.state.pods


def test_a_quota_of_another_namespace_or_scope_does_not_count() -> None:
    elsewhere = ResourceQuota(name="q", namespace="bank", hard={"pods": "0"})
    scoped = ResourceQuota(name="q", namespace="shop", hard={"pods": "0"}, scopes=("BestEffort",))
    control = plane_of(deployment(replicas=2), pools=WIDE, quotas=(elsewhere, scoped))
    drive(control, FakePlane(), 0.001)
    assert len(control.state.pods) == 2


def test_a_limit_range_refuses_pods_before_any_quota_does() -> None:
    bounds = {"type": "Container", "max": {"cpu": "200m", "memory": "64Mi"}}
    limits = LimitRange(name="l", namespace="shop", limits=(bounds,))
    web = deployment(cpu_limit=0.35, memory_limit=128 * 2**20)
    control = plane_of(web, pools=WIDE, quotas=(quota(pods="0"),), limit_ranges=(limits,))
    run = drive(control, FakePlane(), 0.001)
    assert told(run)[0][2] == (
        'Error creating: pods "web-1" is forbidden: [maximum cpu usage per Container is 200m, but limit is 350m, '
        "maximum memory usage per Container is 64Mi, but limit is 128Mi]"
    )


def test_refusals_survive_a_checkpoint() -> None:
    def new() -> ControlPlane:
        return plane_of(deployment(replicas=2), pools=WIDE, quotas=(quota(pods="1"),))

    control, plane = new(), FakePlane()
    drive(control, plane, 1.0)
    again = new()
    again.resume(pickle.loads(pickle.dumps(control.checkpoint())))
    for one in (control, again):
        one.run_to(3 * S)
    tries = [[e.time_ns for e in one.history.events if e.reason == "FailedCreate"] for one in (control, again)]
    assert tries[0] == tries[1]
    assert tries[0][-1] > S
