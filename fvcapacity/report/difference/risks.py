"""What a change risks: findings that are new, and what only the change itself shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fvcapacity.cost.room import Room
from fvcapacity.decisions.pod_spec import with_api_defaults
from fvcapacity.decisions.qos import qos_class
from fvcapacity.errors import Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.sides import Side
from fvcapacity.scenario.admission import pod_spec
from fvcapacity.scenario.cluster import Container, HorizontalPodAutoscaler, Workload
from fvcapacity.scenario.findings import check_cluster
from fvcapacity.scenario.findings.view import View, field_of
from fvcapacity.scenario.paths.places import heap_of, pod_spec_of
from fvcapacity.scenario.paths.trees import mappings
from fvcapacity.units import Quantity, format_bytes, format_cpu

HEAP_SHARE = 0.75
"""A heap of more than this share of the memory limit leaves little for what is not heap.

Measured with Node.js 20.20 (``docs/how-to/overlays.md``): up to 75 % V8 gives up by itself, at 90 % the kernel kills.
"""
_GRAVE = {"error": 0, "warning": 1, "note": 2}


class Seen(Frozen):
    """What a replay saw of the container of a workload that serves (empty: its first one).

    Attributes
    ----------
    memory_peak_bytes
        The largest working set of a pod.
    cpu_mean_cores
        CPU of the window over its length and the most pods; None when nothing was measured.
    """

    container: str
    memory_peak_bytes: int
    cpu_mean_cores: float | None


def risks(
    first: Side, second: Side, rooms: Mapping[str, Room] | None, seen: Mapping[str, Seen] | None
) -> list[Problem]:
    """Return what the change from one side to the other risks, the gravest first.

    Parameters
    ----------
    rooms
        What the second side asks for, at the fewest and at the most pods; None when its machines are not known.
    seen
        What the replay of the first side saw, by workload; None without one.
    """
    known = {(item.rule, item.field) for item in check_cluster(first.cluster)}
    found = [item for item in check_cluster(second.cluster) if (item.rule, item.field) not in known]
    before, after = View(first.cluster), View(second.cluster)
    for workload in second.cluster.workloads:
        old = next((w for w in first.cluster.workloads if (w.key, w.namespace) == _key(workload)), None)
        if old is not None:
            found += _of_workload(old, workload, before, after)
            found += _against_use(old, workload, seen or {})
    found += _heaps(first, second)
    found += _thresholds(before, after)
    for name, room in (rooms or {}).items():
        if room.unplaced:
            message = f"{room.unplaced} of {room.pods} pods find no machine with every workload at its {name}"
            found.append(
                _risk("warning", "no-room", message, "nodes", "raise the maximum of a pool, or lower requests")
            )
    return sorted(found, key=lambda item: (_GRAVE[item.severity], item.rule, item.field))


def _key(workload: Workload) -> tuple[str, str]:
    return workload.key, workload.namespace


def _risk(severity: Any, rule: str, message: str, field: str, hint: str = "") -> Problem:
    return Problem(message, field=field, hint=hint, severity=severity, rule=rule)


def _of_workload(old: Workload, new: Workload, before: View, after: View) -> Iterator[Problem]:
    classes = [qos_class(with_api_defaults(pod_spec(item.template))) for item in (old, new)]
    if classes[0][0] != classes[1][0]:
        why = f": {classes[1][1]}" if classes[1][1] else ""
        message = (
            f"QoS class {classes[0][0]} becomes {classes[1][0]}{why}; pods are made anew, none is resized in place"
        )
        severity = "warning" if classes[0][0] == "Guaranteed" or classes[1][0] == "BestEffort" else "note"
        yield _risk(severity, "qos-class-changed", message, new.key)
    elif removed := [text for c in new.template.containers for text in _removed(old, new, c)]:
        message = f"{', '.join(removed)} taken out: a pod cannot be resized in place so, it is made anew"
        yield _risk("note", "no-resize-in-place", message, new.key)
    fewest = before.replicas(old)[0], after.replicas(new)[0]
    if fewest[0] > 1 and fewest[1] == 1:
        message = f"one pod is left at the fewest, of {fewest[0]}: its restart is an outage"
        yield _risk("warning", "single-replica", message, new.key, "keep two")
    claims = {claim.name: claim.storage_bytes for claim in old.claim_templates}
    for claim in new.claim_templates:
        if claims.get(claim.name) not in (None, claim.storage_bytes):
            message = "the claim templates of a StatefulSet cannot be changed in place"
            hint = "grow the claims, delete the StatefulSet with --cascade=orphan, apply"
            yield _risk("warning", "claim-template-changed", message, f"{new.key}.claims.{claim.name}", hint)


def _removed(old: Workload, new: Workload, container: Container) -> Iterator[str]:
    """Yield requests and limits of a container that were there and are not any more."""
    was = _container(old, container.name)
    for name, attribute in (
        ("limits.cpu", "cpu_limit_cores"),
        ("limits.memory", "memory_limit_bytes"),
        ("requests.cpu", "cpu_request_cores"),
        ("requests.memory", "memory_request_bytes"),
    ):
        if was is not None and getattr(was, attribute) is not None and getattr(container, attribute) is None:
            yield field_of(new, container, name).partition(".")[2]


def _container(workload: Workload, name: str) -> Container | None:
    return next((item for item in workload.template.containers if item.name == name), None)


def _against_use(old: Workload, new: Workload, seen: Mapping[str, Seen]) -> Iterator[Problem]:
    """Yield what was lowered below what the replay of the first side saw in use."""
    part = seen.get(new.key)
    if part is None:
        return
    container = next((c for c in new.template.containers if part.container in ("", c.name) and c.kind != "init"), None)
    was = None if container is None else _container(old, container.name)
    if container is None or was is None:
        return
    peak = part.memory_peak_bytes
    for name, attribute in (("limits.memory", "memory_limit_bytes"), ("requests.memory", "memory_request_bytes")):
        before, after = getattr(was, attribute), getattr(container, attribute)
        if after is not None and before is not None and after < before and after < peak:
            limit = name.startswith("limits")
            message = f"{format_bytes(after)} is below the {format_bytes(peak)} that were seen in use"
            message += ": it is OOM-killed at that load" if limit else ": its node may run out of memory"
            severity = "error" if limit else "warning"
            yield _risk(severity, "below-seen-usage", message, field_of(new, container, name))
    was_cores, cores, used = was.cpu_request_cores, container.cpu_request_cores, part.cpu_mean_cores
    if was_cores is not None and cores is not None and used is not None and cores < min(was_cores, used):
        message = f"{format_cpu(cores)} is below the mean of {format_cpu(used)} a pod that was seen in use"
        yield _risk("warning", "below-seen-usage", message, field_of(new, container, "requests.cpu"))


def _heaps(first: Side, second: Side) -> Iterator[Problem]:
    """Yield heaps of Node.js that come near the memory limit, where the change made it so."""
    before = {key: share for key, share, _, _ in _heap_shares(first)}
    for key, share, heap, limit in _heap_shares(second):
        if share > HEAP_SHARE and before.get(key) != share:
            message = f"the heap of {Quantity.of_bytes(heap)} is {share:.0%} of the memory limit {format_bytes(limit)}"
            yield _risk("warning", "heap-near-limit", message, key, f"keep it at {HEAP_SHARE:.0%} or below")


def _heap_shares(side: Side) -> Iterator[tuple[str, float, int, int]]:
    for workload in side.cluster.workloads:
        data = next(
            (o for o in side.objects if o["kind"] == workload.kind and o["metadata"].get("name") == workload.name), {}
        )
        spec = pod_spec_of(data) if data else {}
        for container in workload.template.containers:
            raw = next((c for c in mappings(spec.get("containers")) if c.get("name") == container.name), {})
            options = (v.get("value") for v in mappings(raw.get("env")) if v.get("name") == "NODE_OPTIONS")
            heap, limit = heap_of(next(options, "")), container.memory_limit_bytes
            if heap and limit:
                yield field_of(workload, container, "heap"), heap / limit, heap, limit


def _thresholds(before: View, after: View) -> Iterator[Problem]:
    """Yield HPAs that act at another usage: a request moves what a share of it means."""
    old = {(item.namespace, item.name): item for item in before.objects.autoscalers}
    for item in after.objects.autoscalers:
        was = old.get((item.namespace, item.name))
        one, two = (_threshold(v, a) for v, a in ((before, was), (after, item)))
        if one is not None and two is not None and abs(one[0] - two[0]) > 1e-9 and one[1] != two[1]:
            shown = [format_cpu(each[0]) for each in (one, two)]
            message = f"it acts at {shown[1]} of CPU a pod, before at {shown[0]}: the request times the target"
            yield _risk("note", "hpa-threshold-moved", message, f"hpa/{item.name}.target.cpu")


def _threshold(view: View, item: HorizontalPodAutoscaler | None) -> tuple[float, float] | None:
    """Return CPU per pod at which an HPA acts, and the request that it is a share of."""
    workload = None if item is None else view.target(item)
    if item is None or workload is None:
        return None
    shares = [m.utilization_percent for m in item.metrics if m.type == "Resource" and m.name == "cpu"]
    requests = [c.cpu_request_cores or 0 for c in workload.template.containers if c.kind != "init"]
    if not shares or shares[0] is None:
        return None
    return sum(requests) * shares[0] / 100, sum(requests)
