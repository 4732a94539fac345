"""Nodes short of memory: who is evicted when, and who may come back. An ordered log for each rule."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest

from fvcapacity.control.control_plane import ControlPlane
from fvcapacity.control.deployment import scale
from fvcapacity.dataplane.plane import ContainerUsage, Observation
from fvcapacity.scenario.cluster import ResourceQuota
from fvcapacity.scenario.model import NodePool
from tests.unit.control.fakes import MI, FakePlane, Run, S, deployment, drive, plane_of, pool

Memory = Callable[[str, float], int]
"""Pod and second to the MiB that it holds."""


class Hungry(FakePlane):
    """A plane whose containers hold as much memory as a function says, and that counts how often it is looked at."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(startup_s=1.0, drain_s=1.0)
        self.memory, self.looks = memory, 0

    def observe(self) -> Observation:
        self.looks += 1
        seen = super().observe()
        held = {pod: self.memory(self.names[pod], self.now / S) * MI for pod in seen.containers}
        usage = {pod: usage._replace(memory_bytes=held[pod]) for pod, usage in seen.containers.items()}
        return replace(seen, containers=usage)


def node(count: int = 1, **changes: object) -> dict[str, NodePool]:
    """Nodes of 1 GiB with 900 MiB for pods, whose cluster autoscaler rests."""
    given = {"memory": 1024 * MI, "allocatable_memory": 900 * MI, "allocatable_cpu": 8.0, "cpu": 8.0, "maximum": count}
    return {"general": pool(count=count, **{**given, **changes})}


def grown(name: str, mib: int, at_s: float, before: int = 100) -> Memory:
    """Return memory of one pod that jumps at a time, all others being steady."""
    return lambda pod, now: mib if pod == name and now >= at_s else before


def timeline(run: Run, *reasons: str) -> list[tuple[float, str, str]]:
    left_out = {"Pulling", "Pulled", "Created", "Started", "NodeReady"}
    return [line for line in run.events(*reasons) if line[1] not in left_out]


def test_the_pod_above_its_request_goes_at_once_and_is_made_again() -> None:
    control = plane_of(deployment(replicas=3), pools=node())
    plane = Hungry(grown("web-2", 750, 20))
    run = drive(control, plane, 45)
    assert timeline(run) == [
        (30.0, "NodeHasInsufficientMemory", "node/general-1"),  # the first scrape after 20 s
        (30.0, "EvictionThresholdMet", "node/general-1"),
        (30.0, "Evicted", "pod/web-2"),
        (30.0, "Killing", "pod/web-2"),
        (30.0, "SuccessfulCreate", "replicaset/web"),
        (30.0, "Scheduled", "pod/web-4"),
    ]
    assert [line for line in plane.log if line[0] > 0 and line[1] == "stop"] == [(30.0, "stop", "web-2")]
    assert not [line for line in plane.log if line[1] == "drain"]  # no grace period
    message = next(e.message for e in control.history.events if e.reason == "Evicted")
    assert message == (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 74Mi. "
        "Container web was using 750Mi, request is 128Mi, has larger consumption of memory."
    )


def test_it_leaves_the_endpoints_and_has_failed() -> None:
    control = plane_of(deployment(replicas=2), pools=node())
    plane = Hungry(grown("web-2", 850, 20))
    evicted = next(pod for pod in control.state.pods.values() if pod.name == "web-2")
    drive(control, plane, 31)
    assert (evicted.phase, evicted.life.deleted_ns) == ("Failed", 30 * S)
    assert plane.endpoints[0].pods == (1,)


def test_one_pod_a_round_and_the_next_round_a_second_later() -> None:
    control = plane_of(deployment(replicas=4, memory=32 * MI), pools=node())
    plane = Hungry(lambda pod, now: {"web-1": 350, "web-2": 400, "web-3": 300}.get(pod, 20) if now >= 20 else 20)
    run = drive(control, plane, 45)
    assert timeline(run, "EvictionThresholdMet", "Evicted") == [
        (30.0, "EvictionThresholdMet", "node/general-1"),
        (30.0, "Evicted", "pod/web-2"),  # 1070 MiB were in use, 670 are
    ]
    twice = Hungry(lambda pod, now: {"web-1": 700, "web-2": 800, "web-3": 600}.get(pod, 20) if now >= 20 else 20)
    run = drive(plane_of(deployment(replicas=4, memory=32 * MI), pools=node()), twice, 45)
    assert timeline(run, "Evicted") == [(30.0, "Evicted", "pod/web-2"), (31.0, "Evicted", "pod/web-1")]


def test_lower_priority_goes_before_higher_usage_and_critical_pods_never() -> None:
    def of(name: str, priority: int) -> object:
        return deployment(name, template={"priority": priority}, memory=16 * MI)

    pods = [of("dns", 2_000_000_000), of("api", 100), of("web", 0)]
    held = {"dns-1": 700, "api-1": 300, "web-1": 60}
    plane = Hungry(lambda pod, now: held.get(pod, 10))
    control = plane_of(*pods, pools=node(), serving=("dns", "api", "web"))  # type: ignore[arg-type]
    run = drive(control, plane, 17)
    assert timeline(run, "Evicted") == [(15.0, "Evicted", "pod/web-1"), (16.0, "Evicted", "pod/api-1")]


def test_pods_may_use_what_is_allocatable_however_large_the_machine() -> None:
    control = plane_of(deployment(replicas=1), pools=node(memory=8192 * MI))
    run = drive(control, Hungry(lambda pod, now: 10 if pod != "web-1" else 900 if now < 40 else 901), 50)
    assert timeline(run, "Evicted") == [(45.0, "Evicted", "pod/web-1")]


def test_memory_of_containers_without_requests_counts() -> None:
    background = {"deployment/agent": {"cpu": "10m", "memory": "700Mi"}}
    agent = deployment("agent", memory=1024 * MI, template={"priority": 2_000_000_000})
    control = plane_of(
        agent, deployment(), pools=node(allocatable_memory=2 * 1024 * MI), background=background, serving=("web",)
    )
    run = drive(control, Hungry(grown("web-1", 230, 20)), 31)
    assert timeline(run, "Evicted") == [(30.0, "Evicted", "pod/web-1")]


def test_best_effort_pods_wait_until_the_condition_ends_others_do_not() -> None:
    bare = deployment("bare", cpu=None, memory=None, replicas=0)
    asking = deployment("asking", replicas=0)
    control = plane_of(deployment(replicas=1), bare, asking, pools=node(), serving=("web",))
    cluster = control._cluster

    def create(c: object, key: str) -> None:
        scale(cluster, cluster.state.workloads[key], 1)

    cluster.handle("kubectl", 1, create)  # type: ignore[arg-type]
    for key in ("deployment/bare", "deployment/asking"):
        cluster.enqueue("kubectl", key, 60 * S)
    run = drive(control, Hungry(grown("web-1", 950, 20)), 400)
    log = timeline(run, "NodeHasInsufficientMemory", "NodeHasSufficientMemory", "Scheduled", "FailedScheduling")
    assert [line for line in log if line[2] != "pod/web-2"] == [
        (30.0, "NodeHasInsufficientMemory", "node/general-1"),
        (60.0, "FailedScheduling", "pod/bare-1"),
        (60.0, "Scheduled", "pod/asking-1"),
        (330.0, "NodeHasSufficientMemory", "node/general-1"),
        (330.0, "Scheduled", "pod/bare-1"),
    ]
    message = next(e.message for e in control.history.events if e.reason == "FailedScheduling")
    assert "untolerated taint {node.kubernetes.io/memory-pressure: }" in message


def test_pressure_that_comes_back_makes_the_condition_last_longer() -> None:
    control = plane_of(deployment(replicas=2), pools=node())

    def memory(pod: str, now: float) -> int:
        return 950 if (pod, now >= 20) == ("web-1", True) or (pod, now >= 200) == ("web-2", True) else 10

    run = drive(control, Hungry(memory), 520)
    assert timeline(run, "Evicted", "NodeHasSufficientMemory") == [
        (30.0, "Evicted", "pod/web-1"),
        (201.0, "Evicted", "pod/web-2"),  # the kubelet looks every 10 s while it lasts
        (501.0, "NodeHasSufficientMemory", "node/general-1"),
    ]


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("StatefulSet", "web-0", ("RecreatingFailedPod", "StatefulSet shop/web is recreating failed Pod web-0")),
        (
            "DaemonSet",
            "web-1",
            ("FailedDaemonPod", "Found failed daemon pod shop/web-1 on node general-1, will try to kill it"),
        ),
    ],
)
def test_other_controllers_make_their_pods_again(kind: str, name: str, told: tuple[str, str]) -> None:
    control = plane_of(deployment(kind=kind), pools=node())
    run = drive(control, Hungry(lambda pod, now: 950 if 20 <= now < 31 else 10), 60)
    assert timeline(run, "Evicted", "SuccessfulCreate") == [
        (30.0, "Evicted", f"pod/{name}"),
        (30.0, "SuccessfulCreate", f"{kind.lower()}/web"),
    ]
    assert told in [(e.reason, e.message) for e in control.history.events]


def test_a_failed_pod_still_is_an_object_that_a_quota_can_count() -> None:
    for name, count in (("count/pods", 0), ("pods", 1)):
        bound = ResourceQuota(name="q", namespace="shop", hard={name: "1"})
        control = plane_of(deployment(), pools=node(), quotas=(bound,))
        drive(control, Hungry(grown("web-1", 950, 20)), 31)
        assert len(control.state.pods) == count, name


def test_a_node_whose_limits_keep_it_out_of_danger_is_not_looked_at() -> None:
    def looks(limit: int, seconds: float) -> tuple[int, tuple[str, ...]]:
        control = plane_of(deployment(replicas=2, memory_limit=limit * MI), pools=node())
        plane = Hungry(lambda pod, now: 100)
        drive(control, plane, seconds)
        return plane.looks, control.state.watched_for_memory

    assert looks(450, 121) == (11, ())  # 8 scrapes and 3 samples
    assert looks(451, 121) == (11, ("general-1",))


def test_a_checkpoint_under_pressure_goes_on_alike() -> None:
    def new() -> tuple[ControlPlane, Hungry]:
        plane = Hungry(lambda pod, now: 950 if pod == "web-1" and now >= 20 else 10)
        return plane_of(deployment(replicas=2), pools=node()), plane

    control, plane = new()
    drive(control, plane, 100)
    again, _ = new()
    again.resume(pickle.loads(pickle.dumps(control.checkpoint())))
    for one in (control, again):
        one.observe = lambda: Observation(0, {uid: ContainerUsage(0, 10 * MI, 0, 0) for uid in (2, 3)})
        one.run_to(400 * S)
    logs = [[(e.time_ns, e.reason) for e in one.history.events] for one in (control, again)]
    assert logs[0] == logs[1]
    assert logs[0][-1] == (330 * S, "NodeHasSufficientMemory")
