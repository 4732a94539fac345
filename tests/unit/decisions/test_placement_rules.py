"""The scheduler's cycle and the cluster autoscaler's two questions."""

from __future__ import annotations

from typing import Any

import pytest

from fvcapacity.decisions.cluster_autoscaler import Candidate, NodeGroup, scale_up, unneeded_nodes
from fvcapacity.decisions.pod_resources import pod_total
from fvcapacity.decisions.scheduler import HOSTNAME, NodeView, SchedulingPod, Taint, schedule
from tests.unit.decisions.cluster_parts import GI, node, pod

ANTI = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": HOSTNAME, "labelSelector": {"matchLabels": {"app": "web"}}}
        ]
    }
}
PREFER_SSD = {
    "nodeAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {
                "weight": 50,
                "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]},
            }
        ]
    }
}
WEB = {"app": "web"}


@pytest.mark.parametrize(
    ("wanted", "nodes", "chosen"),
    [
        (pod(), [node("x", pod(cpu=500)), node("y")], "y"),
        (pod(), [node("x"), node("y")], "x"),
        (pod(node_selector={"disk": "ssd"}), [node("x"), node("y", labels={"disk": "ssd"})], "y"),
        (pod(affinity=PREFER_SSD), [node("x"), node("y", labels={"disk": "ssd"})], "y"),
        (pod(volume_zones=("b",)), [node("x"), node("y", zone="b")], "y"),
        (
            pod(labels=WEB, affinity=ANTI),
            [node("x", pod(labels=WEB)), node("y", pod(cpu=800))],
            "y",
        ),
        (
            pod(labels=WEB, selector=WEB),
            [node("x", pod(labels=WEB), pod(labels=WEB)), node("y", pod(cpu=300))],
            "y",
        ),
        (pod(tolerations=({"operator": "Exists"},)), [node("x", taints=(Taint("gpu"),))], "x"),
    ],
    ids=[
        "the emptier",
        "a tie: the first",
        "selector",
        "preference",
        "volume zone",
        "anti-affinity",
        "default spread",
        "tolerated",
    ],
)
def test_where_a_pod_goes(wanted: SchedulingPod, nodes: list[NodeView], chosen: str) -> None:
    placement = schedule(wanted, nodes)
    assert placement.node == chosen
    assert placement.message == f"Successfully assigned default/p to {chosen}"


@pytest.mark.parametrize(
    ("wanted", "nodes", "message"),
    [
        (pod(), [], "no nodes available to schedule pods"),
        (pod(cpu=2000), [node("x"), node("y")], "0/2 nodes are available: 2 Insufficient cpu."),
        (
            pod(cpu=2000, memory=3 * GI),
            [node("x")],
            "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.",
        ),
        (pod(), [node("x", max_pods=0)], "0/1 nodes are available: 1 Too many pods."),
        (
            pod(cpu=2000),
            [node("x", taints=(Taint("gpu", "yes"),)), node("y"), node("z", unschedulable=True)],
            "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {gpu: yes}, "
            "1 node(s) were unschedulable.",
        ),
        (
            pod(node_selector={"disk": "ssd"}),
            [node("x")],
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
        ),
    ],
)
def test_why_a_pod_stays(wanted: SchedulingPod, nodes: list[NodeView], message: str) -> None:
    placement = schedule(wanted, nodes)
    assert (placement.node, placement.message) == (None, message)


@pytest.mark.parametrize(
    ("containers", "request_"),
    [
        ([("app", 100), ("app", 50)], 150),
        ([("init", 400), ("app", 100)], 400),
        ([("sidecar", 50), ("init", 100), ("app", 70)], 150),
        ([("init", 100), ("sidecar", 50), ("app", 70)], 120),
        ([("app", None)], 0),
    ],
)
def test_pod_requests(containers: list[tuple[str, int | None]], request_: int) -> None:
    assert pod_total(containers) == request_


def group(name: str = "g", size: int = 1, maximum: int = 4, **more: Any) -> NodeGroup:
    cpu = more.pop("cpu", 1000)
    return NodeGroup(
        name,
        size,
        0,
        maximum,
        more.pop("zones", ("a",)),
        lambda zone, number: node(f"new-{number}", zone=zone, cpu=cpu, **more),
    )


@pytest.mark.parametrize(
    ("pods", "groups", "order", "reason"),
    [
        ([pod(cpu=600)], [group()], ("g", 1), "TriggeredScaleUp"),
        ([pod(f"p{i}", cpu=400) for i in range(4)], [group()], ("g", 2), "TriggeredScaleUp"),
        ([pod(f"p{i}", cpu=600) for i in range(9)], [group()], ("g", 3), "TriggeredScaleUp"),
        ([pod(cpu=100)], [group()], None, "NotNeeded"),
        ([pod(cpu=600)], [group("big", cpu=8000), group("small")], ("small", 1), "TriggeredScaleUp"),
        ([pod(cpu=600)], [group(size=4)], None, "NotTriggerScaleUp: 1 max node group size reached"),
        (
            [pod(cpu=1600)],
            [group()],
            None,
            "NotTriggerScaleUp: 1 no node of the group could take the pod",
        ),
    ],
    ids=["one", "packed", "up to the maximum", "fits already", "least waste", "full", "too large"],
)
def test_scale_up(
    pods: list[SchedulingPod], groups: list[NodeGroup], order: tuple[str, int] | None, reason: str
) -> None:
    option, why = scale_up(pods, [node("old", pod(cpu=700))], groups)
    assert (option and (option.group, len(option.zones)), why) == (order, reason)


def test_a_volume_brings_a_node_in_its_zone() -> None:
    option, _ = scale_up([pod(volume_zones=("b",))], [], [group(zones=("a", "b"))])
    assert option is not None
    assert option.zones == ("b",)


def candidate(view: NodeView, blocked: str = "") -> Candidate:
    used = max(view.requested_cpu_milli / view.cpu_milli, view.requested_memory_bytes / view.memory_bytes)
    return Candidate(view, "g", tuple(p.pod for p in view.pods), blocked, used)


@pytest.mark.parametrize(
    ("views", "spare", "blocked", "unneeded", "kept"),
    [
        ([node("x", pod(cpu=200)), node("y", pod(cpu=300))], 1, "", ("x",), {"y": "NodeGroupMinSizeReached"}),
        ([node("x", pod(cpu=200)), node("y")], 2, "", ("y",), {"x": "NoPlaceToMovePods"}),
        ([node("x", pod(cpu=200)), node("y", pod(cpu=300))], 0, "", (), {"x": "NodeGroupMinSizeReached"}),
        ([node("x", pod(cpu=500)), node("y", pod(cpu=900))], 2, "", (), {"x": "NotUnderutilized"}),
        ([node("x", pod(cpu=200)), node("y", pod(cpu=900))], 2, "", (), {"x": "NoPlaceToMovePods"}),
        ([node("x", pod(cpu=200)), node("y", pod(cpu=500))], 2, "NotReplicated", (), {"x": "NotReplicated"}),
    ],
    ids=["minimum", "empty first", "nothing to spare", "used", "nowhere to go", "blocked"],
)
def test_unneeded_nodes(
    views: list[NodeView], spare: int, blocked: str, unneeded: tuple[str, ...], kept: dict[str, str]
) -> None:
    found, reasons = unneeded_nodes([candidate(v, blocked) for v in views], views, {"g": spare}, 0.5)
    assert found == unneeded
    assert kept.items() <= reasons.items()
