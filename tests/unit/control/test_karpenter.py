"""Karpenter at work: batches of pods bring machines, quiet ones go again."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from fvcapacity.control.control_plane import ControlPlane
from fvcapacity.scenario.cluster import PodDisruptionBudget, Workload
from tests.unit.control.fakes import GI, FakePlane, Run, S, deployment, drive, plane_of, pool
from tests.unit.control.test_cluster_autoscaler import machines, with_prices
from tests.unit.control.test_scheduling import messages, scale_at

BUYS = ("Launched", "Nominated", "NodeReady", "Scheduled", "FailedScheduling")
GIVES_BACK = ("DisruptionTerminating", "Launched", "Terminated", "NodeReady")


def machine(name: str, cores: float, price: float | None, **more: Any) -> dict[str, Any]:
    memory = 2 * GI * cores
    sizes = {"cpu": cores, "memory": int(memory), "allocatable_cpu": cores, "allocatable_memory": int(memory)}
    return {"name": name, **sizes, "usd_per_hour": price, **more}


SMALL, LARGE = machine("small", 1, 0.05), machine("large", 4, 0.2)


def shop(
    *workloads: Workload, types: Any = (SMALL, LARGE), karpenter: dict[str, Any] | None = None, **more: Any
) -> ControlPlane:
    """One machine of one core for Karpenter itself, and a NodePool of small and large ones."""
    settings = {
        key: more.pop(key) for key in tuple(more) if key in ("timings", "disruption_budgets", "seed", "serving")
    }
    pools = {"default": {"instance_types": list(types), **more}}
    scenario = {"provisioner": "karpenter", "karpenter": {"node_pools": pools, **(karpenter or {})}}
    settings.setdefault("serving", ())
    return plane_of(*workloads, pools={"base": pool(maximum=1)}, scenario=scenario, **settings)


def nodes(control: ControlPlane) -> dict[str, str]:
    return {n.name: n.life.instance_type for n in control.state.nodes.values()}


def test_what_runs_at_the_start_has_its_machines() -> None:
    agent = deployment("agent", kind="DaemonSet", cpu=0.05)
    control = shop(deployment(cpu=0.9, replicas=4), agent)
    assert nodes(control) == {"base-1": "small", "default-1": "large"}
    placed = {p.name: p.node for p in control.state.pods.values()}
    assert [placed[f"web-{i}"] for i in range(1, 5)] == ["base-1", *["default-1"] * 3]
    assert [placed[f"agent-{i}"] for i in (1, 2)] == ["base-1", "default-1"]
    assert control.history.nodes[1].ready_ns == 0


def test_a_batch_of_pods_brings_a_machine() -> None:
    """Pods at 12.0 s and 12.6 s: the batch is closed a second after the last; the cheapest machine for both is bought."""
    control = shop(deployment(cpu=0.9))
    scale_at(control, 12.0, "deployment/web", 2)
    scale_at(control, 12.6, "deployment/web", 3)
    run = drive(control, FakePlane(), 80)
    assert run.events(*BUYS) == [
        (12.0, "FailedScheduling", "pod/web-2"),
        (12.6, "FailedScheduling", "pod/web-3"),
        (13.6, "Launched", "nodeclaim/default-1"),
        (13.6, "Nominated", "pod/web-2"),
        (13.6, "Nominated", "pod/web-3"),
        (73.6, "NodeReady", "node/default-1"),
        (73.6, "Scheduled", "pod/web-2"),
        (73.6, "Scheduled", "pod/web-3"),
    ]
    assert messages(run, "Launched") == ["Launched large (on-demand) in zone-1"]
    assert messages(run, "Nominated") == ["Pod should schedule on: nodeclaim/default-1"] * 2
    node = control.state.nodes["default-1"]
    assert {k: v for k, v in node.labels.items() if "karpenter" in k} == {
        "karpenter.sh/capacity-type": "on-demand",
        "karpenter.sh/nodepool": "default",
    }


def test_a_batch_is_closed_after_ten_seconds_at_the_latest() -> None:
    control = shop(deployment(cpu=0.9))
    for i in range(1, 40):
        scale_at(control, 10.0 + 0.5 * i, "deployment/web", 1 + i)
    run = drive(control, FakePlane(), 21)
    launched = run.events("Launched")
    assert {e[0] for e in launched} == {20.5}
    assert len(launched) == 6  # 21 pods, four a machine


def test_pods_that_come_later_use_what_is_on_its_way() -> None:
    control = shop(deployment(cpu=0.9), types=[LARGE])
    scale_at(control, 12.0, "deployment/web", 2)
    scale_at(control, 20.0, "deployment/web", 3)
    run = drive(control, FakePlane(), 90)
    assert run.events("Launched") == [(13.0, "Launched", "nodeclaim/default-1")]
    assert run.events("Nominated") == [(13.0, "Nominated", "pod/web-2"), (21.0, "Nominated", "pod/web-3")]
    assert run.events("Scheduled") == [(73.0, "Scheduled", "pod/web-2"), (73.0, "Scheduled", "pod/web-3")]


def test_what_cannot_be_bought_is_said_once() -> None:
    control = shop(deployment(cpu=0.9), limits={"cpu": 1})
    scale_at(control, 12.0, "deployment/web", 3)
    run = drive(control, FakePlane(), 60)
    assert messages(run, "Launched") == ["Launched small (on-demand) in zone-1"]
    karpenter = [m for m in messages(run, "FailedScheduling") if m.startswith("Failed to schedule pod")]
    assert karpenter == ['Failed to schedule pod, all available instance types exceed limits for nodepool: "default"']


@pytest.mark.parametrize(
    ("types", "prices", "kind"),
    [
        ([machine("a", 1, None), machine("b", 1, None)], {"a": 0.2, "b": 0.1}, "b"),
        ([machine("a", 1, 0.05), machine("b", 1, None)], {"a": 0.2, "b": 0.1}, "a"),
        ([machine("a", 1, 0.1), machine("b", 1, 0.2, capacity_types=["spot"], spot_usd_per_hour=0.02)], {}, "b"),
    ],
    ids=["the price list", "the scenario first", "spot"],
)
def test_what_it_buys_by(types: list[dict[str, Any]], prices: dict[str, float], kind: str) -> None:
    control = shop(deployment(cpu=0.9), types=types)
    with_prices(control, machines(**prices))
    scale_at(control, 12.0, "deployment/web", 2)
    drive(control, FakePlane(), 20)
    assert nodes(control)["default-1"] == kind


KEEPER = deployment("keeper", cpu=0.9)
"""Fills the scenario's own node."""


def test_an_empty_machine_is_given_back() -> None:
    """Empty at 32 s; seen at 40 s, looked at again at 55 s, and gone."""
    control = shop(KEEPER, deployment(cpu=0.9))
    scale_at(control, 32.0, "deployment/web", 0)
    run = drive(control, FakePlane(), 60)
    assert run.events(*GIVES_BACK) == [
        (55.0, "DisruptionTerminating", "node/default-1"),
        (55.0, "Terminated", "nodeclaim/default-1"),
    ]
    assert messages(run, "DisruptionTerminating") == ["Disrupting Node: Empty"]
    assert nodes(control) == {"base-1": "small"}


def test_a_machine_whose_pods_fit_elsewhere_is_given_back() -> None:
    """Four pods on a large machine, another on a small one; when two of the four go, there is room for it."""
    control = shop(KEEPER, deployment("many", cpu=0.9, replicas=4), deployment("one", cpu=0.8))
    assert nodes(control) == {"base-1": "small", "default-1": "large", "default-2": "small"}
    scale_at(control, 32.0, "deployment/many", 2)
    run = drive(control, FakePlane(), 60)
    assert run.events(*GIVES_BACK) == [
        (55.0, "DisruptionTerminating", "node/default-2"),
        (55.0, "Terminated", "nodeclaim/default-2"),
    ]
    assert messages(run, "DisruptionTerminating") == ["Disrupting Node: Underutilized"]
    assert [p.node for p in control.state.pods.values() if p.workload == "deployment/one"] == ["default-1"]


def test_a_machine_is_replaced_by_a_cheaper_one_before_it_goes() -> None:
    web = deployment(cpu=0.9, replicas=3)
    control = shop(KEEPER, web, timings={"image_pull": 0}, serving=("web",))
    scale_at(control, 32.0, "deployment/web", 1)
    run = drive(control, FakePlane(drain_s=2.0), 140)
    moved = next(p.name for p in control.history.pods if p.deleted_ns == 117 * S)
    assert [e for e in run.events(*GIVES_BACK, "Killing", "Scheduled") if e[0] > 40] == [
        (55.0, "DisruptionTerminating", "node/default-1"),
        (55.0, "Launched", "nodeclaim/default-2"),
        (115.0, "NodeReady", "node/default-2"),
        (115.0, "Killing", f"pod/{moved}"),
        (115.0, "Scheduled", "pod/web-4"),
        (117.0, "Terminated", "nodeclaim/default-1"),
    ]
    assert nodes(control) == {"base-1": "small", "default-2": "small"}


def test_pods_that_come_meanwhile_are_not_let_onto_a_machine_that_goes() -> None:
    control = shop(KEEPER, deployment(cpu=0.9, replicas=3), deployment("late", cpu=0.9, replicas=0))
    scale_at(control, 32.0, "deployment/web", 1)
    scale_at(control, 60.0, "deployment/late", 1)
    run = drive(control, FakePlane(), 62)
    assert messages(run, "FailedScheduling")[0].startswith(
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {karpenter.sh/disrupted: }."
    )


def busy(**more: Any) -> ControlPlane:
    """A large machine that stands half empty from 32 s on: a small one would do."""
    control = shop(KEEPER, deployment(cpu=0.4, replicas=6), **more)
    scale_at(control, 32.0, "deployment/web", 2)
    return control


@pytest.mark.parametrize(
    ("settings", "first"),
    [
        ({}, 55.0),
        ({"consolidation": "WhenEmpty"}, None),
        ({"consolidate_after": "Never"}, None),
        ({"consolidate_after": "60s"}, 115.0),
        ({"budget": 0}, None),
        ({"budget": "0%"}, None),
        ({"budget": "5%"}, 55.0),
    ],
)
def test_when_it_disrupts(settings: dict[str, Any], first: float | None) -> None:
    run = drive(busy(**settings), FakePlane(), 200)
    disrupted = run.events("DisruptionTerminating")
    assert (disrupted[0][0] if disrupted else None) == first


def test_pods_that_must_not_be_disturbed_keep_their_machine() -> None:
    annotated = {"annotations": {"karpenter.sh/do-not-disrupt": "true"}}
    control = shop(KEEPER, deployment(cpu=0.4, replicas=6, template=annotated))
    scale_at(control, 32.0, "deployment/web", 2)
    assert drive(control, FakePlane(), 200).events("DisruptionTerminating") == []


def test_a_disruption_budget_keeps_a_machine() -> None:
    web = PodDisruptionBudget(name="web", namespace="shop", selector={"matchLabels": {"app": "web"}}, max_unavailable=0)
    assert drive(busy(disruption_budgets=(web,)), FakePlane(), 200).events("DisruptionTerminating") == []


def test_what_is_no_longer_right_is_not_done() -> None:
    """The machine is found empty at 40 s, but at 50 s a pod comes to it."""
    control = shop(KEEPER, deployment(cpu=0.9), types=[SMALL])
    scale_at(control, 32.0, "deployment/web", 0)
    scale_at(control, 50.0, "deployment/web", 1)
    run = drive(control, FakePlane(), 200)
    assert run.events("DisruptionTerminating") == []
    assert control.state.karpenter.command is None


def test_the_scenarios_own_pools_are_left_alone() -> None:
    control = plane_of(
        deployment(cpu=0.4),
        pools={"base": pool(count=3, maximum=9)},
        scenario={"provisioner": "karpenter", "karpenter": {"node_pools": {"default": {"instance_types": [SMALL]}}}},
        serving=(),
        timings={"scale_down_unneeded": "1m"},
    )
    run: Run = drive(control, FakePlane(), 300)
    assert len(control.state.nodes) == 3
    assert run.events() == []


def test_samples_tell_of_its_machines() -> None:
    control = shop(deployment(cpu=0.9, replicas=4))
    drive(control, FakePlane(), 60)
    samples = {s.pool: s for s in control.history.cluster}
    assert (samples["default"].nodes, samples["default"].ready_nodes) == (1, 1)
    assert samples["default"].cpu_capacity_cores == 4.0
    assert samples["default"].cpu_allocatable_cores == 4.0
    assert samples["default"].memory_allocatable_bytes == 8 * GI
    assert samples["default"].cpu_requested_cores == pytest.approx(2.7)
    assert control.history.nodes[1].pool == "default"
    assert control.history.nodes[1].instance_type == "large"


def test_the_same_seed_gives_the_same_history() -> None:
    one, two = (drive(busy(), FakePlane(), 200).control.history for _ in range(2))
    assert one == two


def test_it_goes_on_from_its_records_alone() -> None:
    """At 45 s a command waits to be looked at again, at 60 s a machine is on its way."""
    for seconds in (45.0, 60.0, 114.0):
        whole = drive(busy(), FakePlane(), 200)
        half = drive(busy(), FakePlane(), seconds)
        records = pickle.loads(pickle.dumps(half.control.checkpoint()))
        again = busy()
        again.resume(records)
        rest = drive(again, copy.deepcopy(half.plane), 200)
        assert rest.control.history.events == whole.control.history.events
        assert rest.control.history.nodes == whole.control.history.nodes
