"""DefaultPreemption (``pkg/scheduler/framework/preemption``, ``plugins/defaultpreemption``)."""

from __future__ import annotations

from typing import Any

import pytest

from fvcapacity.decisions.scheduler import NodeView, PlacedPod, SchedulingPod, Taint, schedule
from fvcapacity.decisions.scheduler.preemption import (
    NEVER,
    UNDER_WAY,
    Budget,
    Preemption,
    candidates_to_find,
    ineligible,
    pick,
    preempt,
)
from tests.unit.decisions.cluster_parts import affinity, near, node, pod

WEB, DB = {"app": "web"}, {"app": "db"}
HELPLESS = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"


def low(name: str = "low", cpu: int = 400, priority: int = 0, **more: Any) -> SchedulingPod:
    return pod(name, cpu=cpu, priority=priority, **more)


def high(cpu: int = 500, priority: int = 10, **more: Any) -> SchedulingPod:
    return pod("high", cpu=cpu, priority=priority, **more)


def tried(wanted: SchedulingPod, nodes: list[NodeView], **more: Any) -> tuple[str, list[str]] | str:
    """Node and names of the victims, or the message."""
    placement = schedule(wanted, nodes)
    assert placement.node is None
    plan, message = preempt(wanted, nodes, placement.refusals, **more)
    return (plan.node, [placed.pod.name for placed in plan.victims]) if plan else message


@pytest.mark.parametrize(
    ("wanted", "nodes", "answer"),
    [
        (high(), [node("x", low("a"), low("b"))], ("x", ["b"])),
        (high(cpu=1000), [node("x", low("a"), low("b"))], ("x", ["a", "b"])),
        (high(), [node("x", low("a", priority=3), low("b", priority=2))], ("x", ["b"])),
        (high(), [node("x", low("a", cpu=600, priority=3), low("b", cpu=400, priority=2))], ("x", ["a"])),
        (high(), [node("x", low(cpu=600, priority=10))], f"0/1 nodes are available: 1 {NO_VICTIMS}."),
        (high(), [node("x", low(cpu=200), low(cpu=600, priority=20))], "0/1 nodes are available: 1 Insufficient cpu."),
        (high(cpu=2000), [node("x", low(cpu=900))], f"0/1 nodes are available: 1 {HELPLESS}."),
        (
            high(),
            [node("x", low(cpu=600, priority=10)), node("y", low(cpu=600), taints=(Taint("gpu"),)), node("z", cpu=100)],
            f"0/3 nodes are available: 1 {NO_VICTIMS}, 2 {HELPLESS}.",
        ),
        (
            high(labels=DB, affinity=affinity("podAntiAffinity", near())),
            [node("x", low("web", cpu=10, labels=WEB), low("other", cpu=10))],
            ("x", ["web"]),
        ),
        (
            high(labels=DB),
            [node("x", low("shy", cpu=10, affinity=affinity("podAntiAffinity", near("db"))), low("other", cpu=10))],
            ("x", ["shy"]),
        ),
        (
            high(labels=WEB, topology_spread=({
                "topologyKey": "kubernetes.io/hostname", "maxSkew": 1, "labelSelector": {"matchLabels": WEB},
            },)),
            [node("x", low("one", cpu=10, labels=WEB), low("two", cpu=10, labels=WEB)), node("y", taints=(Taint("t"),))],
            ("x", ["one", "two"]),
        ),
    ],
    ids=[
        "the younger stays longest",
        "as many as it takes",
        "the lowest priority goes",
        "the higher goes if the lower alone would not do",
        "equals are no victims",
        "not enough",
        "the node is too small",
        "each node's reason",
        "whom it must not be near",
        "who must not be near it",
        "whom the spread counts",
    ],
)  # fmt: skip
def test_victims(wanted: SchedulingPod, nodes: list[NodeView], answer: Any) -> None:
    assert tried(wanted, nodes, started_ns={1: 10, 2: 20}) == answer


def budget(allowed: int, **labels: str) -> Budget:
    return Budget("default", {"matchLabels": labels}, allowed)


@pytest.mark.parametrize(
    ("nodes", "budgets", "answer"),
    [
        ([node("x", low("a", labels=WEB), low("b", labels=DB))], [budget(0, app="web")], ("x", ["b"])),
        ([node("x", low("a", labels=WEB), low("b", labels=DB))], [budget(1, app="web")], ("x", ["b"])),
        ([node("x", low("a", labels=DB), low("b", labels=WEB))], [budget(0, app="web")], ("x", ["a"])),
        ([node("x", low("a", labels=DB, priority=5), low("b", labels=WEB))], [budget(0, app="web")], ("x", ["a"])),
        (
            [node("x", low("a", cpu=600, labels=WEB)), node("y", low("b", cpu=600, labels=DB, priority=9))],
            [budget(0, app="web")],
            ("y", ["b"]),
        ),
        (
            [node("x", low("a", cpu=600, labels=WEB, namespace="other")), node("y", low("b", cpu=600, priority=9))],
            [budget(0, app="web")],
            ("x", ["a"]),
        ),
        (
            [node("x", low("a", cpu=600, labels=WEB)), node("y", low("b", cpu=600, priority=9))],
            [Budget("default", {}, 0)],
            ("x", ["a"]),
        ),
    ],
    ids=[
        "the covered one stays",
        "one may go: the order decides",
        "whatever the order",
        "and whatever the priority",
        "a node without a broken budget",
        "a budget of another namespace",
        "an empty selector covers nobody",
    ],
)
def test_budgets(nodes: list[NodeView], budgets: list[Budget], answer: Any) -> None:
    assert tried(high(), nodes, budgets=budgets, started_ns={1: 10, 2: 20}) == answer


def test_each_victim_uses_up_a_disruption() -> None:
    """Two of three may go: the third breaks the budget, so it is the first that stays."""
    three = [low(name, cpu=300, labels=WEB, priority=p) for name, p in (("a", 3), ("b", 2), ("c", 1))]
    assert tried(high(cpu=700), [node("x", *three)], budgets=[budget(2, app="web")]) == ("x", ["a", "b"])
    plan, _ = preempt(high(cpu=900), [view := node("x", *three)], schedule(high(cpu=900), [view]).refusals,
                      budgets=[budget(2, app="web")])  # fmt: skip
    assert plan is not None
    assert (plan.violations, len(plan.victims)) == (1, 3)


def plan(name: str, *priorities: int, violations: int = 0, first_uid: int = 1) -> Preemption:
    pods = (PlacedPod(low(priority=p), uid=first_uid + i) for i, p in enumerate(priorities))
    return Preemption(name, tuple(pods), violations)


@pytest.mark.parametrize(
    ("plans", "chosen"),
    [
        ([plan("x", 1, violations=1), plan("y", 9, 9)], "y"),
        ([plan("x", 5), plan("y", 4, 4, 4)], "y"),
        ([plan("x", 5, 3), plan("y", 5, 2)], "y"),
        ([plan("x", 5, -5), plan("y", 5)], "y"),
        ([plan("x", 5, first_uid=1), plan("y", 5, first_uid=2)], "y"),
        ([plan("x", 5, 1, first_uid=1), plan("y", 5, 1, first_uid=2)], "y"),
        ([plan("x", 5, first_uid=9), plan("y", 5, first_uid=9)], "x"),
    ],
    ids=[
        "budgets",
        "highest priority",
        "sum of priorities",
        "negative ones count too",
        "the later start",
        "of the most important",
        "the first",
    ],
)
def test_which_node(plans: list[Preemption], chosen: str) -> None:
    assert pick(plans, {1: 100, 2: 200, 3: 50, 9: 1}).node == chosen


@pytest.mark.parametrize(
    ("wanted", "own", "preempted", "reason"),
    [
        (high(), "", [], ""),
        (high(preempts=False), "", [], NEVER),
        (high(), "x", [low()], UNDER_WAY),
        (high(), "x", [low(priority=10)], ""),
        (high(), "x", [], ""),
        (high(cpu=2000), "x", [low()], ""),
    ],
    ids=["first time", "never", "victims still leave", "not its victims", "they are gone", "its node became hopeless"],
)
def test_who_may_preempt(wanted: SchedulingPod, own: str, preempted: list[SchedulingPod], reason: str) -> None:
    refusals = schedule(wanted, [node("x", low(cpu=900))]).refusals
    assert ineligible(wanted, own, refusals, preempted) == reason


def test_pods_nominated_to_the_node_keep_their_room() -> None:
    nodes = [node("x", low("a", cpu=400), low("b", cpu=400))]
    waiting = {"x": [pod("first", cpu=500, priority=10)]}
    assert tried(high(cpu=500), nodes, nominated=waiting) == ("x", ["a", "b"])
    assert tried(high(cpu=600), nodes, nominated=waiting) == "0/1 nodes are available: 1 Insufficient cpu."


@pytest.mark.parametrize(("nodes", "enough"), [(5, 5), (100, 100), (300, 100), (2000, 200)])
def test_how_many_candidates_are_enough(nodes: int, enough: int) -> None:
    assert candidates_to_find(nodes) == enough


def test_the_search_begins_by_lot_when_there_are_many_nodes() -> None:
    nodes = [node(f"n{i}", low(cpu=900)) for i in range(150)]
    refusals = schedule(high(), nodes).refusals
    chosen = {draw: preempt(high(), nodes, refusals, draw=draw)[0] for draw in (0, 40, 70)}
    # 100 nodes from the lot on are looked at; of equals the first in order is taken.
    assert {draw: found and found.node for draw, found in chosen.items()} == {0: "n0", 40: "n40", 70: "n0"}
