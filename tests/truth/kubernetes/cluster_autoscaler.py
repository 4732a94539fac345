"""``cluster_autoscaler``: the expander least-waste and the utilization of nodes, as the autoscaler's own code answers."""

from __future__ import annotations

import math
from datetime import datetime
from fractions import Fraction
from typing import Any

from fvcapacity.decisions.cluster_autoscaler import HeldPod, node_utilization, waste
from fvcapacity.units import parse_quantity
from tests.truth.kubernetes.api_pods import METADATA, SPEC, containers_of, totals
from tests.truth.vectors import Json, only

DAEMONSET = "cluster-autoscaler.kubernetes.io/daemonset-pod"
MIRROR = "kubernetes.io/config.mirror"


def answer(case: Json) -> dict[str, Any]:
    given = case["input"]
    return {"least_waste": least_waste, "utilization": utilization}[given["op"]](given)


def least_waste(given: Json) -> dict[str, Any]:
    only(given, {"op", "options"})
    wasted = {option["id"]: wasted_by(option) for option in given["options"]}
    least = min(wasted.values())
    return {"wasted": wasted, "best": [name for name, share in wasted.items() if share == least]}


def wasted_by(option: Json) -> float:
    """The expander of the time adds the containers' own requests, and those of nothing else."""
    only(option, {"id", "node_count", "node_capacity", "pods"})
    only(option["node_capacity"], {"cpu", "memory"})
    asked = [request for pod in option["pods"] for _, request in containers_of(pod_spec(pod))]
    cpu = math.ceil(sum(parse_quantity(request.get("cpu", 0)).exact * 1000 for request in asked))
    memory = math.ceil(sum(parse_quantity(request.get("memory", 0)).exact for request in asked))
    room = option["node_capacity"]
    capacity = (parse_quantity(room["cpu"]).milli_value, parse_quantity(room["memory"]).value)
    return waste(capacity, option["node_count"], (cpu, memory))


def pod_spec(pod: Json) -> Json:
    only(pod, {"spec"})
    only(pod["spec"], {"containers"})
    return pod["spec"]


def utilization(given: Json) -> dict[str, Any]:
    only(given, {"op", "allocatable", "pods", "skip_daemonset_pods", "skip_mirror_pods", "now", "gpu_resource"})
    found = node_utilization(
        {name: parse_quantity(text).milli_value for name, text in given["allocatable"].items()},
        [held(pod) for pod in given["pods"]],
        nanoseconds(given["now"]),
        skip_daemonset_pods=given["skip_daemonset_pods"],
        skip_mirror_pods=given["skip_mirror_pods"],
        gpu_resource=given.get("gpu_resource") or "",
    )
    if found is None:
        return {"error": True}
    both = {} if found.cpu is None else {"cpu": found.cpu, "memory": found.memory}
    return {"resource": found.resource, "utilization": found.share, **both}


def held(pod: Json) -> HeldPod:
    only(pod, {"metadata", "spec"})
    meta, spec = pod.get("metadata") or {}, pod["spec"]
    only(meta, METADATA)
    only(spec, SPEC)
    notes = meta.get("annotations") or {}
    owners = meta.get("ownerReferences") or ()
    for owner in owners:
        only(owner, {"apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"})
    deleted = meta.get("deletionTimestamp")
    return HeldPod(
        requests={name: amount * 1000 for name, amount in totals(spec).items()},
        daemon=notes.get(DAEMONSET) == "true" or any(o["kind"] == "DaemonSet" and o.get("controller") for o in owners),
        mirror=MIRROR in notes,
        deleted_ns=None if deleted is None else nanoseconds(deleted),
        grace_ns=spec.get("terminationGracePeriodSeconds", 30) * 10**9,
    )


def nanoseconds(instant: str) -> int:
    moment = datetime.fromisoformat(instant)
    epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return int(Fraction(str((moment - epoch).total_seconds())) * 10**9)
