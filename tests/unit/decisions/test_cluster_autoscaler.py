"""The cluster autoscaler's rules: expanders, what keeps a node, and when it holds back."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest

from fvcapacity.decisions.cluster_autoscaler import (
    Candidate,
    Choice,
    NodeGroup,
    Option,
    choose,
    scale_up,
    unneeded_nodes,
)
from fvcapacity.decisions.cluster_autoscaler.expanders import pod_usd_per_hour, price_score
from fvcapacity.decisions.cluster_autoscaler.health import GroupBackoff, in_cooldown, is_healthy, next_backoff
from fvcapacity.decisions.cluster_autoscaler.scale_down import PodOnNode, blocking_reason
from tests.unit.decisions.cluster_parts import GI, node, pod

MINUTE = 60 * 10**9


def option(group: str, nodes: int = 1, pods: int = 1, cpu: int = 1000, **more: Any) -> Option:
    """Nodes of 1 core and 2 GiB, and pods of a tenth of that."""
    return Option(
        group=group,
        zones=("a",) * nodes,
        pods=tuple(pod(f"p{i}", cpu=100, memory=GI // 5) for i in range(pods)),
        capacity=(cpu, 2 * GI * cpu // 1000),
        **more,
    )


@pytest.mark.parametrize(
    ("options", "choice", "chosen"),
    [
        ([option("x", pods=3), option("y", pods=5)], Choice(), "y"),
        ([option("x", nodes=2, pods=4), option("y", pods=3)], Choice(), "y"),
        ([option("x", nodes=2, pods=4), option("y", pods=3)], Choice(["most-pods"]), "x"),
        ([option("x", usd_per_hour=0.2), option("y", usd_per_hour=0.1)], Choice(["price"]), "y"),
        ([option("x", usd_per_hour=0.2), option("y")], Choice(["price"]), "x"),
        ([option("x", usd_per_hour=0.1, accelerated=True), option("y", usd_per_hour=0.9)], Choice(["price"]), "y"),
        ([option("spot-a"), option("steady")], Choice(["priority"], {10: ["steady"], 50: ["spot"]}), "spot-a"),
        ([option("spot-a"), option("steady")], Choice(["priority"], {10: ["^s.*y$"]}), "steady"),
        ([option("x"), option("y"), option("z")], Choice(["random"], draw=4), "y"),
        ([option("x"), option("y")], Choice(draw=1), "y"),
        ([option("x"), option("y")], Choice(["priority"], {10: ["z"]}, draw=1), "y"),
        (
            [option("spot-a", pods=2), option("spot-b", pods=5), option("steady", pods=9)],
            Choice(["priority", "most-pods"], {50: ["spot"]}),
            "spot-b",
        ),
        (
            [option("x", pods=5), option("y", pods=5), option("z", pods=1)],
            Choice(["most-pods", "random"], draw=3),
            "y",
        ),
    ],
    ids=[
        "least waste",
        "waste is counted over all nodes",
        "most pods",
        "price",
        "what has no price is left out",
        "GPUs are for those who ask for them",
        "the highest number",
        "regular expressions",
        "random",
        "lots are drawn among equals",
        "nobody named: among all",
        "a chain",
        "and lots at its end",
    ],
)
def test_expanders(options: list[Option], choice: Choice, chosen: str) -> None:
    assert choose(options, choice).group == chosen


def test_what_a_pod_is_worth_to_the_price_expander() -> None:
    assert pod_usd_per_hour(1000, GI) == pytest.approx(0.033174 + 0.004446)


@pytest.mark.parametrize(
    ("nodes", "cluster_size", "unfitness"),
    [
        (1, 2, 1.0),  # one core is preferred in a cluster of 1 or 2 nodes
        (1, 3, 2.0),  # then 2 cores, 4 from 7 nodes on, 8 from 21, 16 from 61, and 32
        (1, 7, 4.0),
        (1, 21, 8.0),
        (1, 61, 16.0),
        (1, 201, 32.0),
        (16, 3, 1.0 + (1.0 - math.tanh(1.0))),
    ],
)
def test_price_score(nodes: int, cluster_size: int, unfitness: float) -> None:
    steady = pod_usd_per_hour(500, 500 * 2**20)
    spent = (0.1 * nodes + steady) / (3 * pod_usd_per_hour(100, GI // 5) + steady)
    assert price_score(option("x", nodes, 3, usd_per_hour=0.1), cluster_size) == pytest.approx(unfitness * spent)


def test_equal_options_come_in_turn_by_lot() -> None:
    options = [option("x"), option("y"), option("z")]
    drawn = Counter(choose(options, Choice(draw=draw)).group for draw in range(300))
    assert drawn == {"x": 100, "y": 100, "z": 100}


def group(name: str, **more: Any) -> NodeGroup:
    return NodeGroup(name, 1, 0, 4, ("a",), lambda zone, number: node(f"{name}-{number}", zone=zone, cpu=1000), **more)


@pytest.mark.parametrize(
    ("groups", "answer"),
    [
        ([group("x", backing_off=True), group("y")], "y"),
        ([group("x", backing_off=True)], "NotTriggerScaleUp: 1 in backoff after failed scale-up"),
        ([group("x", capacity=(4000, 8 * GI)), group("y", capacity=(1500, 3 * GI))], "y"),
    ],
    ids=["the other one", "nobody", "waste is of the whole machine"],
)
def test_groups(groups: list[NodeGroup], answer: str) -> None:
    found, reason = scale_up([pod(cpu=500)], [], groups)
    assert (found.group if found else reason) == answer


@pytest.mark.parametrize(
    ("given", "settings", "reason"),
    [
        ({}, {}, ""),
        ({"safe_to_evict": False}, {}, "NotSafeToEvictAnnotation"),
        ({"replicated": False}, {}, "NotReplicated"),
        ({"replicated": False, "safe_to_evict": True}, {}, ""),
        ({"namespace": "kube-system", "age_ns": 59 * MINUTE}, {}, "UnmovableKubeSystemPod"),
        ({"namespace": "kube-system", "age_ns": 60 * MINUTE}, {}, ""),
        ({"namespace": "kube-system", "age_ns": 0, "has_budget": True}, {}, ""),
        ({"namespace": "kube-system", "age_ns": 0}, {"skip_system_pods": False}, ""),
        ({"local_storage": True}, {}, "LocalStorageRequested"),
        ({"local_storage": True}, {"skip_local_storage": False}, ""),
        ({"local_storage": True, "safe_to_evict": True}, {}, ""),
        ({"may_be_disrupted": False}, {}, "NotEnoughPdb"),
        ({"may_be_disrupted": False, "safe_to_evict": True}, {}, "NotEnoughPdb"),
    ],
)
def test_what_keeps_a_node(given: dict[str, Any], settings: dict[str, bool], reason: str) -> None:
    assert blocking_reason(PodOnNode(**{"namespace": "shop", **given}), **settings) == reason


def test_nodes_that_were_not_needed_before_come_first() -> None:
    views = [node("x", pod(cpu=200)), node("y", pod(cpu=300))]
    candidates = [Candidate(v, "g", tuple(p.pod for p in v.pods), "", v.requested_cpu_milli / 1000) for v in views]
    assert unneeded_nodes(candidates, views, {"g": 1}, 0.5)[0] == ("x",)
    assert unneeded_nodes(candidates, views, {"g": 1}, 0.5, before=("y",))[0] == ("y",)


def backoff(minutes: int, until: int, failed: int) -> GroupBackoff:
    return GroupBackoff(minutes * MINUTE, until * MINUTE, failed * MINUTE)


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        (None, 15, backoff(5, 20, 15)),
        (backoff(5, 20, 15), 36, backoff(10, 46, 36)),
        (backoff(5, 20, 15), 18, backoff(5, 23, 18)),
        (backoff(20, 100, 80), 116, backoff(30, 146, 116)),
        (backoff(30, 100, 80), 261, backoff(5, 266, 261)),
    ],
    ids=["first", "doubled", "not while it lasts", "30 minutes at most", "forgotten after 3 hours"],
)
def test_backoff_of_a_group(before: GroupBackoff | None, now: int, after: GroupBackoff) -> None:
    assert next_backoff(before, now * MINUTE) == after


@pytest.mark.parametrize(
    ("unready", "total", "healthy"),
    [(0, 0, True), (3, 3, True), (4, 5, False), (4, 9, True), (9, 20, True), (10, 20, False)],
)
def test_health_of_a_cluster(unready: int, total: int, healthy: bool) -> None:
    assert is_healthy(unready, total) is healthy


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, ""),
        ({"added_ns": 91, "after_add_ns": 10}, "scale-up"),
        ({"added_ns": 90, "after_add_ns": 10}, ""),
        ({"failed_ns": 91, "after_failure_ns": 10}, "failed scale-down"),
        ({"deleted_ns": 91, "after_delete_ns": 10}, "scale-down"),
        ({"deleted_ns": 100}, ""),
    ],
)
def test_cooldown(given: dict[str, int], reason: str) -> None:
    assert in_cooldown(100, **given) == reason
