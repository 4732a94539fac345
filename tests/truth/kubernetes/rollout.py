"""Recorded answers of the Deployment controller against ``fvcapacity.decisions.rollout``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fvcapacity.decisions.rollout import (
    DeploymentView,
    ReplicaSetView,
    cleanup_unhealthy,
    fenceposts,
    limits,
    new_replica_count,
    proportional_scale,
    reconcile_new,
    reconcile_old,
    sync_rolling,
)
from tests.truth.vectors import Json, only

NS = 10**9


def expand(document: Json) -> Iterator[Json]:
    """Hand out the cases, and every step of the traces as a case of its own.

    Sets are numbered as they are made, so that a step says how the next one will be called.
    """
    yield from document["cases"]
    only(document["meta"], {"what", "source", "side", "traces"})
    for trace in document["meta"].get("traces", ()):
        only(trace, {"id", "origin", "deployment", "steps"})
        made = 0
        for number, step in enumerate(trace["steps"]):
            given = ("deployment_replicas", "new_rs", "replica_sets", "time_s")
            made = max([made, *(1 + int(item["name"].removeprefix("rs")) for item in step["replica_sets"])])
            state = {"deployment": trace["deployment"], "name": f"rs{made}", **{name: step[name] for name in given}}
            yield {
                "id": f"{trace['id']}[{number}]",
                "origin": trace["origin"],
                "input": {"fn": "sync", **state},
                "expected": {name: value for name, value in step.items() if name not in (*given, "events")},
            }


def answer(case: Json) -> Json:
    """Return what the package says."""
    given = case["input"]
    function, fields = _FUNCTIONS[given["fn"]]
    only(given, {"fn", *fields})
    return function(given)


def _fenceposts(given: Json) -> Json:
    try:
        surge, unavailable = fenceposts(given["max_surge"], given["max_unavailable"], given["desired"])
    except ValueError:
        return {"error": True}
    return {"surge": surge, "unavailable": unavailable}


def _limits(given: Json) -> Json:
    bounds = limits(_deployment(given))
    return {
        "max_surge": bounds.max_surge,
        "max_unavailable": bounds.max_unavailable,
        "min_available": bounds.min_available,
    }


def _new_rs_new_replicas(given: Json) -> Json:
    return {"replicas": new_replica_count(_deployment(given), _new(given), _old(given))[0]}


def _reconcile_new(given: Json) -> Json:
    new = _new(given)
    size, _ = reconcile_new(_deployment(given), new, _old(given))
    return {"replicas": {**_sizes(_old(given)), new.name: size}, "scaled": size != new.replicas}


def _reconcile_old(given: Json) -> Json:
    new = _new(given)
    sizes, _ = reconcile_old(_deployment(given), new, _old(given))
    return {"replicas": {**sizes, new.name: new.replicas}, "scaled": sizes != _sizes(_old(given))}


def _cleanup_unhealthy(given: Json) -> Json:
    sizes, removed = cleanup_unhealthy(_old(given), given["max_cleanup"])
    return {"cleaned": removed, "replicas": sizes}


def _proportional_scale(given: Json) -> Json:
    new = _set(given["new_rs"]) if given["new_rs"] is not None else None
    old = _old(given)
    written, _ = proportional_scale(_deployment(given), new, old)
    return {
        "replicas": {**_sizes((*old, *((new,) if new else ()))), **_sizes(written)},
        "updated_annotations": {
            item.name: {"desired": str(item.desired_annotation), "max": str(item.max_annotation)} for item in written
        },
    }


def _sync(given: Json) -> Json:
    deployment = _deployment({"deployment": {**given["deployment"], "replicas": given["deployment_replicas"]}})
    sets = {item["name"]: _set(item) for item in given["replica_sets"]}
    exists = given["new_rs"] is not None
    created = ReplicaSetView(name=given["name"], replicas=0, created_ns=given["time_s"] * NS)
    new = sets.pop(given["new_rs"]) if exists else created
    decision = sync_rolling(deployment, new, tuple(sets.values()), exists=exists)
    after = {**sets, **({new.name: new} if exists else {}), **{item.name: item for item in decision.written}}
    answered: dict[str, Any] = {
        "action": decision.action,
        "after": {n: [item.replicas, item.desired_annotation, item.max_annotation] for n, item in after.items()},
    }
    if decision.created:
        answered["created"] = {"name": decision.created, "replicas": after[decision.created].replicas}
    return answered


def _deployment(given: Json) -> DeploymentView:
    fields = given["deployment"]
    only(fields, {"replicas", "strategy", "max_surge", "max_unavailable", "status_replicas"})
    return DeploymentView(**fields)


def _new(given: Json) -> ReplicaSetView:
    return _set(given["new_rs"])


def _old(given: Json) -> tuple[ReplicaSetView, ...]:
    return tuple(_set(item) for item in given["old_rs"])


def _set(fields: Json) -> ReplicaSetView:
    only(fields, {"name", "replicas", "available", "created_s", "desired_annotation", "max_annotation"})
    return ReplicaSetView(
        name=fields["name"],
        replicas=fields["replicas"],
        available=fields["available"],
        created_ns=fields["created_s"] * NS,
        desired_annotation=fields.get("desired_annotation"),
        max_annotation=fields.get("max_annotation"),
    )


def _sizes(sets: Sequence[ReplicaSetView]) -> dict[str, int]:
    return {item.name: item.replicas for item in sets}


_WHOLE = ("deployment", "new_rs", "old_rs")
_FUNCTIONS: dict[str, tuple[Callable[[Json], Json], tuple[str, ...]]] = {
    "fenceposts": (_fenceposts, ("max_surge", "max_unavailable", "desired")),
    "limits": (_limits, ("deployment",)),
    "new_rs_new_replicas": (_new_rs_new_replicas, _WHOLE),
    "reconcile_new": (_reconcile_new, _WHOLE),
    "reconcile_old": (_reconcile_old, _WHOLE),
    "cleanup_unhealthy": (_cleanup_unhealthy, ("deployment", "old_rs", "max_cleanup")),
    "proportional_scale": (_proportional_scale, _WHOLE),
    "sync": (_sync, ("deployment", "name", "deployment_replicas", "new_rs", "replica_sets", "time_s")),
}
