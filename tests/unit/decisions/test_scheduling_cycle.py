"""The scheduling cycle (``pkg/scheduler/schedule_one.go``) and those plugins that recorded answers leave out."""

from __future__ import annotations

import pytest

from fvcapacity.decisions.scheduler import (
    HOSTNAME,
    HostPort,
    NodeView,
    PlacedPod,
    SchedulingPod,
    Snapshot,
    Taint,
    begin,
    schedule,
)
from fvcapacity.decisions.scheduler.image_locality import full_name, image_scores
from fvcapacity.decisions.scheduler.resources import Strategy
from fvcapacity.decisions.scheduler.schedule import nodes_to_find, scores
from fvcapacity.decisions.scheduler.spread import spread_scores
from tests.unit.decisions.cluster_parts import REQUIRED, affinity, near, node, pod

MI = 2**20
CORDON = {"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"}
SKEW = {"topologyKey": HOSTNAME, "maxSkew": 1, "labelSelector": {"matchLabels": {"app": "web"}}}
WEB = {"app": "web"}


def named(*names: str) -> dict[str, object]:
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]} for name in names]
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}}}


@pytest.mark.parametrize(
    ("wanted", "view", "plugin", "resolvable"),
    [
        (pod(), node("x", unschedulable=True), "NodeUnschedulable", False),
        (pod(tolerations=(CORDON,)), node("x", unschedulable=True), None, True),
        (pod(), node("x", taints=(Taint("gpu"),)), "TaintToleration", False),
        (pod(), node("x", taints=(Taint("gpu", effect="PreferNoSchedule"),)), None, True),
        (pod(node_selector={"disk": "ssd"}), node("x"), "NodeAffinity", False),
        (pod(affinity=named("y")), node("x"), "NodeAffinity", False),
        (pod(host_ports=(HostPort(80),)), node("x", pod(host_ports=(HostPort(80),))), "NodePorts", True),
        (pod(cpu=950), node("x", pod()), "NodeResourcesFit", True),
        (pod(cpu=1001), node("x"), "NodeResourcesFit", False),
        (pod(), node("x", pod(), max_pods=1), "NodeResourcesFit", True),
        (pod(others={"gpu.example/a": 1}), node("x"), "NodeResourcesFit", False),
        (pod(others={"gpu.example/a": 1}), node("x", others={"gpu.example/a": 1}), None, True),
        (pod(volume_zones=("b",)), node("x"), "VolumeBinding", False),
        (pod(labels=WEB, topology_spread=(SKEW,)), node("x", pod(labels=WEB)), "PodTopologySpread", True),
        (pod(topology_spread=({**SKEW, "topologyKey": "rack"},)), node("x"), "PodTopologySpread", False),
        (pod(affinity=affinity("podAffinity", near())), node("x"), "InterPodAffinity", False),
        (pod(affinity=affinity("podAntiAffinity", near())), node("x", pod(labels=WEB)), "InterPodAffinity", True),
        (pod(cpu=5000, node_selector={"a": "b"}), node("x", unschedulable=True), "NodeUnschedulable", False),
    ],
)
def test_who_refuses_and_whether_others_leaving_may_help(
    wanted: SchedulingPod, view: NodeView, plugin: str | None, resolvable: bool
) -> None:
    refusal = begin(wanted, [view, node("empty")]).refusal(view)
    assert (refusal and refusal.plugin) == plugin
    assert refusal is None or refusal.resolvable is resolvable


@pytest.mark.parametrize(
    ("wanted", "used", "taken"),
    [
        (HostPort(80), HostPort(80), True),
        (HostPort(80), HostPort(81), False),
        (HostPort(80), HostPort(80, "UDP"), False),
        (HostPort(80, ip="10.0.0.1"), HostPort(80), True),
        (HostPort(80), HostPort(80, ip="10.0.0.1"), True),
        (HostPort(80, ip="10.0.0.1"), HostPort(80, ip="10.0.0.2"), False),
    ],
)
def test_host_ports(wanted: HostPort, used: HostPort, taken: bool) -> None:
    view = node("x", pod(host_ports=(used,)))
    placement = schedule(pod(host_ports=(wanted,)), [view])
    message = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."
    assert (placement.node, placement.message) == (
        (None, message) if taken else ("x", "Successfully assigned default/p to x")
    )


@pytest.mark.parametrize(
    ("wanted", "nodes", "message"),
    [
        (
            pod(cpu=900, affinity=named("x")),
            [node("x", pod(cpu=500)), node("y"), node("z")],
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].",
        ),
        (
            pod(affinity={"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchFields": [
                {"key": "metadata.name", "operator": "In", "values": ["x"]},
                {"key": "metadata.name", "operator": "In", "values": ["y"]},
            ]}]}}}),
            [node("x"), node("y")],
            "0/2 nodes are available: pod affinity terms conflict.",
        ),
        (
            pod(cpu=900),
            [node(f"f{i}", pod(cpu=500)) for i in (1, 2)] + [node(f"t{i}", taints=(Taint("key", "value"),)) for i in (1, 2, 3)],
            "0/5 nodes are available: 2 Insufficient cpu, 3 node(s) had untolerated taint {key: value}.",
        ),
        (
            pod(affinity=affinity("podAntiAffinity", near())),
            [node("x", pod(labels=WEB), *[pod()] * 9), node("y", pod(labels=WEB))],
            "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod anti-affinity rules.",
        ),
    ],
    ids=["named nodes", "contradicting names", "as in the manual", "each node has one plugin's reasons"],
)  # fmt: skip
def test_messages(wanted: SchedulingPod, nodes: list[NodeView], message: str) -> None:
    assert schedule(wanted, nodes).message == message


def test_pods_nominated_to_a_node_hold_its_room_against_those_of_no_higher_priority() -> None:
    nodes, waiting = [node("x")], {"x": [pod("first", cpu=800, priority=5)]}
    assert schedule(pod(cpu=500, priority=4), nodes, nominated=waiting).node is None
    assert schedule(pod(cpu=500, priority=5), nodes, nominated=waiting).node is None
    assert schedule(pod(cpu=500, priority=6), nodes, nominated=waiting).node == "x"
    assert schedule(pod(cpu=200, priority=4), nodes, nominated=waiting).node == "x"


def test_what_a_nominated_pod_brings_along_is_not_relied_on() -> None:
    friend = {"x": [pod("friend", labels=WEB, priority=5)]}
    wanted = pod(affinity=affinity("podAffinity", near()))
    assert schedule(wanted, [node("x")], nominated=friend).node is None


def test_a_nominated_pod_goes_to_its_node_if_it_can() -> None:
    nodes = [node("x"), node("y", pod(cpu=700))]
    assert schedule(pod(), nodes).node == "x"
    assert schedule(pod(), nodes, own="y").node == "y"
    assert schedule(pod(cpu=400), nodes, own="y").node == "x"
    assert schedule(pod(), nodes, own="gone").node == "x"


@pytest.mark.parametrize(
    ("count", "enough"), [(1, 1), (99, 99), (100, 100), (250, 120), (300, 144), (1000, 420), (5000, 500), (6250, 312)]
)
def test_how_many_nodes_are_enough(count: int, enough: int) -> None:
    assert nodes_to_find(count) == enough


def test_the_search_goes_on_where_it_ended() -> None:
    nodes = Snapshot(node(f"n{i}") for i in range(300))
    first = schedule(pod(), nodes)
    assert (first.node, first.tried) == ("n0", 144)
    second = schedule(pod(), nodes, start=first.tried)
    assert (second.node, second.tried) == ("n144", 144)
    last = schedule(pod(), nodes, start=288)  # 12 to the end, 132 from the beginning
    assert last.node == "n0"
    full = Snapshot(node(f"n{i}", pod(cpu=1000)) if i < 200 else node(f"n{i}") for i in range(300))
    assert (schedule(pod(), full).node, schedule(pod(), full).tried) == ("n200", 300)


@pytest.mark.parametrize(
    ("images", "holding", "expected"),
    [
        (("a:1",), [{}, {}], [0, 0]),
        (("a:1",), [{"a:1": 1000 * MI}, {"a:1": 1000 * MI}], [100, 100]),
        (("a:1",), [{"a:1": 1000 * MI}, {}], [48, 0]),  # half of the nodes: 500 MiB; (500 - 23) / 977
        (("a:1",), [{"a:1": 40 * MI}, {}], [0, 0]),  # 20 MiB are less than the smallest that counts
        (("a:1", "b:1"), [{"a:1": 1000 * MI, "b:1": 1000 * MI}] * 2, [100, 100]),
        (("a:1", "b:1"), [{"a:1": 1000 * MI}] * 2, [49, 49]),  # (1000 - 23) / (2000 - 23)
        (("a:1", "a:1"), [{"a:1": 500 * MI}] * 2, [49, 49]),  # two containers of one image
        (("b:1",), [{"a:1": 1000 * MI}] * 2, [0, 0]),
    ],
)
def test_image_locality(images: tuple[str, ...], holding: list[dict[str, int]], expected: list[int]) -> None:
    nodes = [node(f"n{i}", images=held) for i, held in enumerate(holding)]
    assert image_scores(pod(images=images), nodes, nodes) == expected


@pytest.mark.parametrize(
    ("image", "name"),
    [("web", "web:latest"), ("web:1", "web:1"), ("host:5000/web", "host:5000/web:latest"), ("a/b:2", "a/b:2")],
)
def test_full_names_of_images(image: str, name: str) -> None:
    assert full_name(image) == name


def test_the_scores_and_their_weights() -> None:
    """TaintToleration 3, NodeAffinity 2, PodTopologySpread 2, InterPodAffinity 2, fit 1, balance 1, images 1."""
    plain = [node("x"), node("y")]
    base = scores(pod(), plain, plain)
    assert base[0] == base[1]
    # Empty nodes: 91 free on the mean, 98 balanced, 300 for taints, 0 for spread without a selector.
    assert base[0] == 91 + 98 + 300
    tainted = [node("x", taints=(Taint("slow", effect="PreferNoSchedule"),)), node("y")]
    assert [b - s for s, b in zip(scores(pod(), tainted, tainted), base, strict=True)] == [300, 0]
    ssd = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
    prefers = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 7, "preference": ssd}]}}
    disks = [node("x", labels={"disk": "ssd"}), node("y")]
    assert [s - base[0] for s in scores(pod(affinity=prefers), disks, disks)] == [200, 0]
    neighbours = [node("x", pod("w", 0, 0, labels=WEB)), node("y")]
    friendly = pod(affinity=affinity("podAffinity", (1, near(key=HOSTNAME))))
    assert [s - base[0] for s in scores(friendly, neighbours, neighbours)] == [200, 0]
    # x: ln(4) + 2 for the host, ln(3) + 4 for the zone: 8; y: 2 + ln(3) + 4: 7; hence 100 x (8 + 7 - 8) / 8 and 100.
    assert [s - base[0] for s in scores(pod(selector=WEB), neighbours, neighbours)] == [2 * 87, 2 * 100]
    cached = [node("x", images={"a:1": 1000 * MI}), node("y")]
    assert [s - base[0] for s in scores(pod(images=("a:1",)), cached, cached)] == [48, 0]
    packed = scores(pod(), plain, plain, Strategy("MostAllocated"))
    assert packed[0] - base[0] == 8 - 91


def test_the_default_spread_takes_nodes_without_a_zone_along() -> None:
    """System defaults (zone skew 5, hostname skew 3): a node that lacks the zone is scored by what is left."""
    web = pod(labels=WEB)
    nodes = [node("a", web, web, zone="a"), node("b", web, zone="b"), node("none", zone="")]
    given = pod(selector=WEB)
    # ln(5) for 3 hosts and for 3 zones, the missing one included; each present key adds maxSkew - 1.
    # a: 2 x 1.609 + 2 + 2 x 1.609 + 4 = 12.4; b: 9.2; none: 2 (its host alone)
    assert spread_scores(given, nodes, nodes) == [16, 41, 100]


def test_pods_that_are_leaving_do_not_count_in_a_spread() -> None:
    web = pod(labels=WEB)
    nodes = [node("a", PlacedPod(web, deleting=True, uid=1)), node("b")]
    assert begin(pod(labels=WEB, topology_spread=(SKEW,)), nodes).refusal(nodes[0]) is None
