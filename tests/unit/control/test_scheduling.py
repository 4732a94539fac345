"""The scheduler at work: what is tried when, who has to leave, and what is said of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from fvcapacity.control.clock import Rank
from fvcapacity.control.control_plane import ControlPlane
from fvcapacity.control.deployment import scale
from fvcapacity.control.scheduler import node_view, snapshot
from fvcapacity.decisions.scheduler import HostPort
from fvcapacity.scenario.cluster import Container, PodDisruptionBudget, Workload
from tests.unit.control.fakes import MI, FakePlane, Run, S, deployment, drive, plane_of, pool

ONE_NODE = {"general": pool(maximum=1)}
URGENT: dict[str, Any] = {"priority": 1000, "priority_class": "urgent"}
ABOUT = ("FailedScheduling", "Preempted", "Scheduled")


def scale_at(control: ControlPlane, at_s: float, key: str, replicas: int) -> None:
    """Write ``spec.replicas`` at a time, as kubectl scale would."""
    kind = f"kubectl scale {key} --replicas={replicas} at {at_s}"
    control._cluster.handle(kind, Rank.DEPLOYMENT, lambda c, k: scale(c, c.state.workloads[k], replicas))
    control._cluster.enqueue(kind, key, round(at_s * S))


def messages(run: Run, reason: str) -> list[str]:
    return [e.message for e in run.control.history.events if e.reason == reason]


def test_a_pod_of_higher_priority_takes_the_room_of_one_of_lower() -> None:
    web, batch = deployment(cpu=0.6, replicas=0, template=URGENT), deployment("batch", cpu=0.7)
    control = plane_of(batch, web, pools=ONE_NODE, serving=("web", "batch"), timings={"image_pull": 0})
    scale_at(control, 12.0, "deployment/web", 1)
    run = drive(control, FakePlane(drain_s=3.0), 17)
    assert [e for e in run.events() if e[0] > 0] == [
        (12.0, "ScalingReplicaSet", "deployment/web"),
        (12.0, "SuccessfulCreate", "replicaset/web"),
        (12.0, "Preempted", "pod/batch-1"),
        (12.0, "Killing", "pod/batch-1"),
        (12.0, "FailedScheduling", "pod/web-1"),
        (12.0, "SuccessfulCreate", "replicaset/batch"),
        (12.0, "FailedScheduling", "pod/batch-2"),
        (15.0, "Scheduled", "pod/web-1"),
        (15.0, "Pulling", "pod/web-1"),
        (15.0, "Pulled", "pod/web-1"),
        (15.8, "Created", "pod/web-1"),
        (15.8, "Started", "pod/web-1"),
    ]
    assert messages(run, "Preempted") == ["Preempted by pod web-1 on node general-1"]
    # One that preempts does not say so; one that cannot says why.
    assert messages(run, "FailedScheduling") == [
        "0/1 nodes are available: 1 Insufficient cpu.",
        "0/1 nodes are available: 1 Insufficient cpu. "
        "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
    ]
    assert [p.nominated_node for p in control.state.pods.values()] == ["", ""]


def test_the_room_of_victims_is_kept_while_some_of_them_still_leave() -> None:
    """batch-1 is gone at 13 s; batch-2 would fit there, but the room is web's until slow-1 is gone too."""
    web = deployment(cpu=0.9, replicas=0, template=URGENT)
    slow, batch = deployment("slow", cpu=0.4, pre_stop_s=5.0), deployment("batch", cpu=0.4)
    control = plane_of(slow, batch, web, pools=ONE_NODE, serving=("web", "slow", "batch"))
    scale_at(control, 12.0, "deployment/web", 1)
    run = drive(control, FakePlane(), 30)
    assert run.events(*ABOUT) == [
        (12.0, "Preempted", "pod/slow-1"),
        (12.0, "Preempted", "pod/batch-1"),
        (12.0, "FailedScheduling", "pod/web-1"),
        (12.0, "FailedScheduling", "pod/slow-2"),
        (12.0, "FailedScheduling", "pod/batch-2"),
        (13.0, "FailedScheduling", "pod/web-1"),
        (18.0, "Scheduled", "pod/web-1"),
    ]
    assert messages(run, "FailedScheduling")[-1] == (
        "0/1 nodes are available: 1 Insufficient cpu. "
        "preemption: not eligible due to a terminating pod on the nominated node."
    )


def test_a_budget_decides_who_leaves() -> None:
    web = deployment(cpu=0.4, replicas=0, template=URGENT)
    one, two = deployment("one", cpu=0.4), deployment("two", cpu=0.4)
    keep_two = PodDisruptionBudget(
        name="two", namespace="shop", selector={"matchLabels": {"app": "two"}}, min_available=1
    )
    for budgets, victim in (((), "pod/two-1"), ((keep_two,), "pod/one-1")):
        control = plane_of(one, two, web, pools=ONE_NODE, serving=(), disruption_budgets=budgets)
        scale_at(control, 12.0, "deployment/web", 1)
        run = drive(control, FakePlane(), 13)
        assert run.events("Preempted") == [(12.0, "Preempted", victim)]


def test_who_never_preempts_waits_and_says_so() -> None:
    web = deployment(cpu=0.6, replicas=0, template={**URGENT, "preempts": False})
    control = plane_of(deployment("batch", cpu=0.7), web, pools=ONE_NODE, serving=())
    scale_at(control, 12.0, "deployment/web", 1)
    scale_at(control, 50.0, "deployment/batch", 0)
    run = drive(control, FakePlane(), 60)
    assert run.events(*ABOUT) == [(12.0, "FailedScheduling", "pod/web-1"), (50.0, "Scheduled", "pod/web-1")]
    assert messages(run, "FailedScheduling") == [
        "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never."
    ]


def near(app: str) -> dict[str, Any]:
    rule = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": app}}}
    return {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}


def test_a_pod_that_must_be_near_another_is_placed_as_soon_as_that_one_is() -> None:
    web = deployment(template={"affinity": near("db")})
    control = plane_of(web, deployment("db", replicas=0), serving=())
    scale_at(control, 20.0, "deployment/db", 1)
    run = drive(control, FakePlane(), 30)
    assert run.events(*ABOUT) == [
        (0.0, "FailedScheduling", "pod/web-1"),
        (20.0, "Scheduled", "pod/db-1"),
        (20.0, "Scheduled", "pod/web-1"),
    ]
    assert messages(run, "FailedScheduling") == [
        "0/1 nodes are available: 1 node(s) didn't match pod affinity rules. "
        "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    ]


def with_port(workload: Workload) -> Workload:
    container = dataclasses.replace(workload.template.containers[0], host_ports=(HostPort(9000),))
    return dataclasses.replace(workload, template=dataclasses.replace(workload.template, containers=(container,)))


def test_one_pod_a_node_when_both_want_the_same_port_of_it() -> None:
    control = plane_of(with_port(deployment(replicas=3)), pools={"general": pool(count=2, maximum=2)}, serving=())
    scale_at(control, 20.0, "deployment/web", 2)
    scale_at(control, 30.0, "deployment/web", 3)
    run = drive(control, FakePlane(), 40)
    assert sorted(p.node for p in control.history.pods[:2]) == ["general-1", "general-2"]
    assert run.events("FailedScheduling") == [
        (0.0, "FailedScheduling", "pod/web-3"),
        (30.0, "FailedScheduling", "pod/web-4"),
    ]
    assert messages(run, "FailedScheduling")[0].startswith(
        "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports."
    )


@pytest.mark.parametrize(("allocatable", "placed"), [({}, 0), ({"nvidia.com/gpu": 1}, 1), ({"nvidia.com/gpu": 2}, 2)])
def test_extended_resources_count(allocatable: dict[str, int], placed: int) -> None:
    extra = (Container(name="model", other_requests={"nvidia.com/gpu": 1, "ephemeral-storage": 10**9}),)
    control = plane_of(
        deployment(replicas=2, containers=extra),
        pools={"general": pool(maximum=1, allocatable_others=allocatable)},
        serving=(),
    )
    assert sum(1 for p in control.state.pods.values() if p.node) == placed


def test_a_daemonset_pod_is_tried_on_its_own_node_alone_and_bears_what_all_of_them_bear() -> None:
    agent = deployment("agent", kind="DaemonSet", cpu=0.5)
    control = plane_of(agent, deployment(cpu=0.7, replicas=2), pools={"general": pool(count=2, maximum=2)}, serving=())
    pods = [p for p in control.state.pods.values() if p.workload == "daemonset/agent"]
    assert [p.node for p in pods] == ["general-1", "general-2"]
    assert [t["key"] for t in pods[0].scheduling.tolerations] == [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
        "node.kubernetes.io/disk-pressure",
        "node.kubernetes.io/memory-pressure",
        "node.kubernetes.io/pid-pressure",
        "node.kubernetes.io/unschedulable",
    ]


def test_nodes_are_looked_at_again_only_after_a_change() -> None:
    control = plane_of(deployment(replicas=2), pools={"general": pool(count=2, maximum=2)}, serving=())
    cluster = control._cluster
    before = snapshot(cluster)
    assert all(one is two for one, two in zip(before, snapshot(cluster), strict=True))
    scale_at(control, 20.0, "deployment/web", 1)
    drive(control, FakePlane(), 21)
    after = snapshot(cluster)
    assert [one is two for one, two in zip(before, after, strict=True)].count(False) == 1
    assert sum(len(view.pods) for view in after) == 1


def test_an_image_draws_pods_from_the_moment_when_it_is_on_the_node() -> None:
    control = plane_of(deployment(), serving=(), timings={"image_pull": "8s", "image_size": "500Mi"})
    node = control.state.nodes["general-1"]
    assert node_view(control._cluster, node).images == {"web:1": 500 * MI}
    node.images["other:1"], node.seen = 8 * S, None
    assert "other:1" not in node_view(control._cluster, node).images
    drive(control, FakePlane(), 9)
    assert node_view(control._cluster, node).images == {"web:1": 500 * MI, "other:1": 500 * MI}


def test_pods_that_do_not_fit_are_not_tried_over_and_over(monkeypatch: pytest.MonkeyPatch) -> None:
    from fvcapacity.control import scheduler

    tried: list[str] = []
    real = scheduler.schedule

    def counted(pod: Any, *args: Any, **more: Any) -> Any:
        tried.append(pod.name)
        return real(pod, *args, **more)

    monkeypatch.setattr(scheduler, "schedule", counted)
    big = deployment("big", cpu=5.0, replicas=3)
    control = plane_of(deployment(replicas=2), big, pools=ONE_NODE, serving=())
    for i in range(10):
        scale_at(control, 20.0 + i, "deployment/web", 1 + i % 2)
    drive(control, FakePlane(), 40)
    assert {name: tried.count(name) for name in ("big-1", "big-2", "big-3")} == {"big-1": 2, "big-2": 2, "big-3": 2}
    assert len(tried) > 10


@pytest.mark.parametrize(
    ("scheduler", "nodes"),
    [
        ({}, ["general-1", "general-2"]),
        ({"scoring": "MostAllocated"}, ["general-1", "general-1"]),
        (
            {
                "scoring": "RequestedToCapacityRatio",
                "shape": [{"utilization": 0, "score": 0}, {"utilization": 100, "score": 10}],
            },
            ["general-1", "general-1"],
        ),
    ],
)
def test_the_scenario_may_choose_how_nodes_are_scored(scheduler: dict[str, Any], nodes: list[str]) -> None:
    one, two = deployment("one", cpu=0.4, memory=900 * MI), deployment("two", cpu=0.4, memory=900 * MI)
    pools = {"general": pool(count=2, maximum=2)}
    control = plane_of(one, two, pools=pools, serving=(), timings={"scheduler": scheduler})
    assert [p.node for p in control.state.pods.values()] == nodes
