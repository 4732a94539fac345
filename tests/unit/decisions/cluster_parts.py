"""Pods and nodes in few words."""

from __future__ import annotations

from typing import Any

from fvcapacity.decisions.scheduler import HOSTNAME, ZONE, NodeView, PlacedPod, SchedulingPod

GI = 2**30
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def pod(name: str = "p", cpu: int = 100, memory: int = GI // 8, **more: Any) -> SchedulingPod:
    given = {"scoring_cpu_milli": cpu, "scoring_memory_bytes": memory, **more}
    return SchedulingPod(name=name, cpu_milli=cpu, memory_bytes=memory, **given)


def node(name: str, *pods: SchedulingPod | PlacedPod, zone: str = "a", cpu: int = 1000, **more: Any) -> NodeView:
    """A node with 1 core and 2 GiB; pods are numbered from 1 as they come."""
    labels = {HOSTNAME: name, **({ZONE: zone} if zone else {}), **more.pop("labels", {})}
    view = NodeView(name=name, labels=labels, cpu_milli=cpu, memory_bytes=2 * GI, **more)
    placed = (p if isinstance(p, PlacedPod) else PlacedPod(p, uid=i) for i, p in enumerate(pods, 1))
    return view.holding(tuple(placed))


def near(app: str = "web", key: str = ZONE, **more: Any) -> dict[str, Any]:
    """A rule on pods of an app."""
    return {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}, **more}


def affinity(kind: str, *terms: Any) -> dict[str, Any]:
    """Required rules between pods; a (weight, term) is a preferred one."""
    weighted = [{"weight": term[0], "podAffinityTerm": term[1]} for term in terms if isinstance(term, tuple)]
    required = [term for term in terms if not isinstance(term, tuple)]
    return {kind: {**({REQUIRED: required} if required else {}), **({PREFERRED: weighted} if weighted else {})}}
