"""The cluster autoscaler at work: what it orders, what it gives back, and when it does neither."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from fvcapacity.control.clock import Rank
from fvcapacity.control.control_plane import ControlPlane
from fvcapacity.scenario.cluster import PodDisruptionBudget
from fvcapacity.scenario.model import CostSettings
from fvcapacity.scenario.prices import Price, PriceList
from tests.unit.control.fakes import GI, FakePlane, Run, S, deployment, drive, plane_of, pool
from tests.unit.control.test_scheduling import messages, scale_at

ABOUT = ("TriggeredScaleUp", "NotTriggerScaleUp", "ScaleUpTimedOut", "DeleteUnregistered", "NodeReady", "ScaleDown")
FAST = {"scale_down_unneeded": "1m"}


def ordered(run: Run) -> list[str]:
    return [node.pool for node in run.control.history.nodes if node.created_ns > 0]


def machines(**prices: float) -> PriceList:
    return PriceList(
        name="test",
        currency="USD",
        prices=tuple(
            Price(kind="instance", name=n, region="here", unit="per_hour", price=p, source="test", as_of="unknown")
            for n, p in prices.items()
        ),
    )


def with_prices(control: ControlPlane, prices: PriceList) -> None:
    scenario = control._cluster.scenario
    file = scenario.file.model_copy(update={"cost": CostSettings(prices="p", region="here")})
    control._cluster.scenario = dataclasses.replace(scenario, prices=prices, file=file)


POOLS = {
    "base": pool(maximum=1),
    "spot-small": pool(count=0, instance_type="small", spot=False),
    "large": pool(
        count=0, instance_type="large", cpu=4.0, allocatable_cpu=4.0, memory=8 * GI, allocatable_memory=8 * GI
    ),
}


@pytest.mark.parametrize(
    ("settings", "prices", "chosen"),
    [
        ({}, {}, ["spot-small"] * 3),
        ({"expander": "most-pods"}, {}, None),
        ({"expander": "price"}, {"small": 0.05, "large": 0.02}, ["large"]),
        ({"expander": "price"}, {"small": 0.05, "large": 0.9}, ["spot-small"] * 3),
        ({"expander": ["priority", "least-waste"], "priorities": {1: [".*"], 9: ["^lar"]}}, {}, ["large"]),
    ],
    ids=["least waste by default", "a tie is drawn", "cheap", "dear", "by name"],
)
def test_which_pool_grows(settings: dict[str, Any], prices: dict[str, float], chosen: list[str] | None) -> None:
    web = deployment(cpu=0.9, replicas=4)
    control = plane_of(web, pools=POOLS, serving=(), timings={"autoscaler": settings})
    if prices:
        with_prices(control, machines(**prices))
    found = ordered(drive(control, FakePlane(), 20))
    assert found == chosen if chosen else set(found) in ({"spot-small"}, {"large"})


def test_lots_are_drawn_by_the_seed() -> None:
    def first(seed: int) -> str:
        web = deployment(cpu=0.9, replicas=4)
        settings = {"autoscaler": {"expander": "random"}}
        control = plane_of(web, pools=POOLS, serving=(), timings=settings, seed=seed)
        return ordered(drive(control, FakePlane(), 20))[0]

    found = [first(seed) for seed in range(8)]
    assert set(found) == {"spot-small", "large"}
    assert found == [first(seed) for seed in range(8)]


def test_a_node_that_does_not_come_is_given_up_and_its_pool_left_alone() -> None:
    """Ordered at 10 s with 20 min to boot: given up after 15 min; the next order comes when the back-off is over."""
    slow = {"general": pool(boot="20m", maximum=2)}
    control = plane_of(deployment(cpu=0.9, replicas=2), pools=slow, serving=())
    run = drive(control, FakePlane(), 1300)
    assert run.events(*ABOUT) == [
        (10.0, "TriggeredScaleUp", "pod/web-2"),
        (920.0, "ScaleUpTimedOut", "nodepool/general"),
        (920.0, "DeleteUnregistered", "node/general-2"),
        (920.0, "NotTriggerScaleUp", "pod/web-2"),
        (1220.0, "TriggeredScaleUp", "pod/web-2"),
    ]
    assert messages(run, "NotTriggerScaleUp") == ["pod didn't trigger scale-up: 1 in backoff after failed scale-up"]
    lives = [(n.created_ns // S, n.ready_ns, n.deleted_ns and n.deleted_ns // S) for n in control.history.nodes[1:]]
    assert lives == [(10, None, 920), (1220, None, None)]


def test_the_autoscaler_waits_a_scan_when_all_pods_are_young() -> None:
    control = plane_of(deployment(cpu=0.9), pools={"general": pool(maximum=5)}, serving=())
    scale_at(control, 19.0, "deployment/web", 2)
    run = drive(control, FakePlane(), 40)
    assert run.events("TriggeredScaleUp") == [(30.0, "TriggeredScaleUp", "pod/web-2")]
    control = plane_of(deployment(cpu=0.9), pools={"general": pool(maximum=5)}, serving=())
    scale_at(control, 15.0, "deployment/web", 2)
    scale_at(control, 19.0, "deployment/web", 3)
    run = drive(control, FakePlane(), 40)
    assert run.events("TriggeredScaleUp") == [
        (20.0, "TriggeredScaleUp", "pod/web-2"),
        (20.0, "TriggeredScaleUp", "pod/web-3"),
    ]


def test_pods_of_very_low_priority_bring_no_node_and_keep_none() -> None:
    filler = deployment("filler", cpu=0.9, replicas=3, template={"priority": -11})
    control = plane_of(filler, pools={"general": pool(count=2, maximum=5, minimum=1)}, serving=(), timings=FAST)
    run = drive(control, FakePlane(), 100)
    assert run.events("TriggeredScaleUp", "NotTriggerScaleUp") == []
    assert run.events("ScaleDown")[0] == (70.0, "ScaleDown", "node/general-1")


def test_empty_nodes_go_together_and_one_that_must_be_drained() -> None:
    web = deployment(cpu=0.3, replicas=4, template={"node_selector": {"pool": "web"}})
    pools = {
        "web": pool(count=3, minimum=1, labels={"pool": "web"}),
        "idle": pool(count=4, minimum=0, labels={"pool": "idle"}),
    }
    control = plane_of(web, pools=pools, timings=FAST)
    run = drive(control, FakePlane(drain_s=5.0), 71)
    marked = [e for e in run.events("ScaleDown") if e[2].startswith("node/idle")]
    # Marked and, being empty, gone at once.
    assert len(marked) == 8
    assert {e[0] for e in marked} == {70.0}
    drained = [n.name for n in control.state.nodes.values() if n.draining]
    assert len(drained) == 1
    assert drained[0].startswith("web")


def test_at_most_ten_nodes_go_at_once() -> None:
    pools = {"general": pool(), "idle": pool(count=14, minimum=0, maximum=14)}
    control = plane_of(deployment(cpu=0.9), pools=pools, serving=(), timings=FAST)
    run = drive(control, FakePlane(), 100)
    gone = sorted(n.deleted_ns // S for n in control.history.nodes if n.deleted_ns is not None)
    assert gone == [70] * 10 + [80] * 4
    assert run.events("ScaleDown")[0][0] == 70.0


@pytest.mark.parametrize(
    ("timings", "second"),
    [
        ({}, 80),
        ({"autoscaler": {"scale_down_delay_after_delete": "35s"}}, 110),
        ({"autoscaler": {"max_scale_down_parallelism": 2}}, 70),
    ],
)
def test_one_node_after_the_other(timings: dict[str, Any], second: int) -> None:
    pools = {"general": pool(), "idle": pool(count=2, minimum=0)}
    settings = {"max_scale_down_parallelism": 1, **timings.get("autoscaler", {})}
    control = plane_of(deployment(cpu=0.9), pools=pools, serving=(), timings={**FAST, "autoscaler": settings})
    drive(control, FakePlane(), 120)
    gone = sorted(n.deleted_ns // S for n in control.history.nodes if n.deleted_ns is not None)
    assert gone == [70, second]


def test_a_pod_that_may_not_leave_keeps_its_node_after_two_minutes() -> None:
    """A budget that allows one disruption at the look, and none from then on: the drain is given up at 190 s."""
    web = deployment(cpu=0.2, replicas=2, template={"node_selector": {"pool": "web"}})
    budget = PodDisruptionBudget(
        name="web", namespace="shop", selector={"matchLabels": {"app": "web"}}, max_unavailable=1
    )
    pools = {"web": pool(count=2, minimum=1, labels={"pool": "web"}), "base": pool(minimum=1)}
    control = plane_of(web, pools=pools, serving=(), timings=FAST, disruption_budgets=(budget,))
    cluster = control._cluster

    def forbid(c: Any, _: str) -> None:
        objects = dataclasses.replace(
            c.scenario.cluster, disruption_budgets=(dataclasses.replace(budget, max_unavailable=0),)
        )
        c.scenario = dataclasses.replace(c.scenario, cluster=objects)

    cluster.handle("forbid", Rank.CLUSTER_AUTOSCALER, forbid)
    cluster.enqueue("forbid", "", 70 * S)
    run = drive(control, FakePlane(), 400)
    about = run.events("ScaleDown", "ScaleDownFailed", "Scheduled")
    assert about == [
        (70.0, "ScaleDown", "node/web-1"),
        (190.0, "ScaleDownFailed", "pod/web-1"),
    ]
    assert messages(run, "ScaleDownFailed") == ["failed to delete pod for ScaleDown"]
    assert [n.draining for n in control.state.nodes.values()] == [False] * 3
    assert control.state.last_scale_down_failure_ns == 190 * S


def test_a_node_that_could_not_go_is_looked_at_again_after_five_minutes() -> None:
    web = deployment(cpu=0.3, replicas=2, template={"node_selector": {"pool": "web"}})
    pools = {"web": pool(count=2, minimum=1, labels={"pool": "web"}, allocatable_cpu=1.0)}
    blocker = deployment("big", cpu=0.6, replicas=2, template={"node_selector": {"pool": "web"}})
    control = plane_of(web, blocker, pools=pools, serving=(), timings={**FAST, "scale_down_utilization": 1.0})
    scale_at(control, 100.0, "deployment/big", 0)
    run = drive(control, FakePlane(), 400)
    # Looked at at 10 s: no place. The room at 100 s is seen at 310 s; a minute later the node goes.
    assert run.events("ScaleDown")[0] == (370.0, "ScaleDown", "node/web-1")


def test_long_grace_periods_are_cut() -> None:
    web = deployment(cpu=0.2, replicas=2, template={"termination_grace_s": 3600})
    settings = {"autoscaler": {"max_graceful_termination": "30s"}}
    control = plane_of(web, pools={"general": pool(count=2, minimum=1)}, timings={**FAST, **settings})
    drive(control, FakePlane(drain_s=9999.0), 120)
    victim = next(p for p in control.history.pods if p.deleted_ns is not None)
    assert victim.deleted_ns == 100 * S
    assert [n.deleted_ns for n in control.history.nodes if n.deleted_ns] == [100 * S]


def test_an_unready_node_is_given_back_after_its_own_time() -> None:
    pools = {"general": pool(count=2, minimum=1)}
    control = plane_of(
        deployment(cpu=0.9), pools=pools, serving=(), timings={"autoscaler": {"scale_down_unready": "2m"}}
    )
    control.state.nodes["general-2"].ready = False
    run = drive(control, FakePlane(), 200)
    assert run.events("ScaleDown")[0] == (130.0, "ScaleDown", "node/general-2")


def test_a_sick_cluster_is_left_alone() -> None:
    pools = {"general": pool(count=8, maximum=8, minimum=0)}
    control = plane_of(deployment(cpu=0.9), pools=pools, serving=(), timings=FAST)
    for number in range(2, 7):
        control.state.nodes[f"general-{number}"].ready = False
    run = drive(control, FakePlane(), 100)
    assert set(run.events()) == {
        (10.0 * i, "ClusterUnhealthy", "configmap/cluster-autoscaler-status") for i in range(1, 11)
    }


def test_daemonsets_count_in_the_utilization_unless_they_are_left_out() -> None:
    """A DaemonSet of 0.4 and a pod of 0.2 on 1 core: 60 %, or 0.2 of 0.6 cores left."""
    agent = deployment("agent", kind="DaemonSet", cpu=0.4)
    pools = {"general": pool(count=2, minimum=1)}
    for ignore, marked in ((False, 0), (True, 1)):
        settings = {**FAST, "autoscaler": {"ignore_daemonsets_utilization": ignore}}
        control = plane_of(deployment(cpu=0.2, replicas=2), agent, pools=pools, serving=(), timings=settings)
        run = drive(control, FakePlane(), 75)
        assert len({e[2] for e in run.events("ScaleDown")}) == marked


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, False),
        ({"local_volumes": ("tmp",)}, True),
        (
            {
                "local_volumes": ("tmp",),
                "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": "cache,tmp"},
            },
            False,
        ),
        ({"annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}}, True),
        (
            {"local_volumes": ("tmp",), "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}},
            False,
        ),
    ],
)
def test_what_keeps_a_node(changes: dict[str, Any], kept: bool) -> None:
    web = deployment(cpu=0.2, replicas=2, template=changes)
    control = plane_of(web, pools={"general": pool(count=2, minimum=1)}, serving=(), timings=FAST)
    run = drive(control, FakePlane(), 75)
    assert (not run.events("ScaleDown")) is kept
