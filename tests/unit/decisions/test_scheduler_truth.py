"""Scheduler and autoscaler rules against recorded answers of kube-scheduler, as far as capacity needs them.

Covered: fit, LeastAllocated and BalancedAllocation over CPU and memory; taints, node affinity and topology spread
(filter and normalised score); the expander's waste. Left out: extended resources, pod overhead, other strategies.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fvcapacity.decisions.cluster_autoscaler import waste
from fvcapacity.decisions.pod_resources import pod_total
from fvcapacity.decisions.scheduler import NodeView, PlacedPod, SchedulingPod, Taint
from fvcapacity.decisions.scheduler.placement import (
    disliked_taints,
    matches_node_affinity,
    preferred_node_weight,
    untolerated_taint,
)
from fvcapacity.decisions.scheduler.resources import (
    DEFAULT_CPU_MILLI,
    DEFAULT_MEMORY_BYTES,
    balanced_allocation,
    insufficient,
    least_allocated,
)
from fvcapacity.decisions.scheduler.spread import constraints_of, spread_reason, spread_scores
from fvcapacity.units import parse_quantity

SHARED = Path(__file__).parents[3].parent / "shared" / "truth" / "kubernetes"
Json = Mapping[str, Any]

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="recorded answers are not at hand")


def cases(name: str) -> list[Any]:
    return json.loads(gzip.decompress((SHARED / f"{name}.json.gz").read_bytes()))["cases"]


def request(spec: Json, resource: str, missing: int = 0) -> int:
    rows: list[tuple[str, int | None]] = []
    for container in spec.get("initContainers") or ():
        kind = "sidecar" if container.get("restartPolicy") == "Always" else "init"
        rows.append((kind, amount(container, resource)))
    rows += [("app", amount(container, resource)) for container in spec.get("containers") or ()]
    return pod_total(rows, missing)


def amount(container: Json, resource: str) -> int | None:
    given = (container.get("resources") or {}).get("requests") or {}
    if resource not in given:
        return None
    quantity = parse_quantity(given[resource])
    return quantity.milli_value if resource == "cpu" else quantity.value


def pod_of(row: Json, name: str = "p") -> SchedulingPod:
    spec, meta = row["spec"], row.get("metadata") or {}
    return SchedulingPod(
        name=name,
        namespace=meta.get("namespace", "default"),
        labels=meta.get("labels") or {},
        cpu_milli=request(spec, "cpu"),
        memory_bytes=request(spec, "memory"),
        scoring_cpu_milli=request(spec, "cpu", DEFAULT_CPU_MILLI),
        scoring_memory_bytes=request(spec, "memory", DEFAULT_MEMORY_BYTES),
        node_selector=spec.get("nodeSelector") or {},
        affinity=spec.get("affinity") or {},
        tolerations=tuple(spec.get("tolerations") or ()),
        topology_spread=tuple(spec.get("topologySpreadConstraints") or ()),
    )


def node_of(row: Json) -> NodeView:
    room = row.get("allocatable") or {}
    view = NodeView(
        name=row["name"],
        labels=row.get("labels") or {},
        cpu_milli=parse_quantity(room.get("cpu", "0")).milli_value,
        memory_bytes=parse_quantity(room.get("memory", "0")).value,
        max_pods=parse_quantity(room.get("pods", "0")).value,
        taints=tuple(Taint(t["key"], t.get("value", ""), t["effect"]) for t in row.get("taints") or ()),
    )
    pods = [
        PlacedPod(pod_of(p), bool((p.get("metadata") or {}).get("deletionTimestamp"))) for p in row.get("pods") or ()
    ]
    return view.holding(tuple(pods))


def plain(spec: Json) -> bool:
    """Tell whether a pod asks for CPU and memory alone, without overhead."""
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    names = {n for c in containers for n in ((c.get("resources") or {}).get("requests") or {})}
    return names <= {"cpu", "memory"} and not spec.get("overhead")


def test_fit_and_resource_scores() -> None:
    compared = 0
    for case in cases("scheduler_scores"):
        given, want = case["input"], case["expected"]
        if case["kind"] != "resources" or not plain(given["pod"]["spec"]):
            continue
        if not all(plain(p["spec"]) for p in given["node"].get("pods") or ()):
            continue
        node, pod = node_of(given["node"]), pod_of(given["pod"])
        assert sorted(insufficient(pod, node)) == want["reasons"], case["id"]
        for strategy, score in zip(given["strategies"], want["scores"], strict=True):
            weights = [(r["name"], r.get("weight", 1)) for r in strategy["resources"]]
            names = sorted(name for name, _ in weights)
            if names != ["cpu", "memory"] or not (node.cpu_milli and node.memory_bytes):
                continue
            if strategy["type"] == "LeastAllocated" and {w for _, w in weights} == {1}:
                assert least_allocated(pod, node) == score, case["id"]
            elif strategy["type"] == "BalancedAllocation":
                assert balanced_allocation(pod, node) == score, case["id"]
            compared += 1
    assert compared > 100


def filter_and_scores(plugin: str, pod: SchedulingPod, nodes: list[NodeView], names: list[str]) -> Any:
    candidates = [node for node in nodes if node.name in names]
    if plugin == "TaintToleration":
        refused = {n.name: untolerated_taint(pod, n) is not None for n in nodes}
        raw = [disliked_taints(pod, n) for n in candidates]
        scores = [100 - 100 * r // max(raw) if max(raw) else 100 for r in raw]
    elif plugin == "NodeAffinity":
        refused = {n.name: not matches_node_affinity(pod, n) for n in nodes}
        raw = [preferred_node_weight(pod, n) for n in candidates]
        scores = [100 * r // max(raw) if max(raw) else 0 for r in raw]
    else:
        refused = {n.name: spread_reason(pod, n, nodes) is not None for n in nodes}
        scores = spread_scores(pod, candidates, nodes)
    return refused, dict(zip([n.name for n in candidates], scores, strict=True))


@pytest.mark.parametrize("plugin", ["TaintToleration", "NodeAffinity", "PodTopologySpread"])
def test_placement(plugin: str) -> None:
    compared = 0
    for case in cases("scheduler_scores"):
        given, want = case["input"], case["expected"]
        if given.get("plugin") != plugin:
            continue
        pod, nodes = pod_of(given["pod"]), [node_of(row) for row in given["nodes"]]
        names = given["score_candidates"]
        if plugin == "PodTopologySpread" and not constraints_of(pod, "ScheduleAnyway"):
            assert want["scores"] is None, case["id"]
        refused, scores = filter_and_scores(plugin, pod, nodes, names)
        assert refused == {n: w is not None for n, w in want["filter"].items()}, case["id"]
        if want["scores"] is not None:
            assert scores == want["scores"], case["id"]
        compared += 1
    assert compared >= 90


def test_least_waste() -> None:
    compared = 0
    for case in cases("cluster_autoscaler"):
        given, want = case["input"], case["expected"]
        if given["op"] != "least_waste":
            continue
        for option in given["options"]:
            expected = want["wasted"][option["id"]]
            room = option["node_capacity"]
            capacity = (parse_quantity(room["cpu"]).milli_value, parse_quantity(room["memory"]).value)
            pods = [pod_of(p) for p in option["pods"]]
            asked = (sum(p.cpu_milli for p in pods), sum(p.memory_bytes for p in pods))
            assert waste(capacity, option["node_count"], asked) == expected, case["id"]
            compared += 1
    assert compared > 20
