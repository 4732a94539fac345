"""The same changes as Helm values, in the layout that ``helm create`` gives a chart.

Charts differ, so the values are keyed by the workload, and what that layout has no place for is told in comments.
"""

from __future__ import annotations

from typing import Any

from fvcapacity.report.overlay.proposal import PlannedOverlay
from fvcapacity.report.overlay.yaml_text import yaml_text
from fvcapacity.scenario.paths.change import FieldChange
from fvcapacity.scenario.paths.grammar import FieldPath, parse_path
from fvcapacity.scenario.paths.places import containers_of, pod_spec_of

_HPA = {"min": "minReplicas", "max": "maxReplicas"}
_TARGETS = {"cpu": "targetCPUUtilizationPercentage", "memory": "targetMemoryUtilizationPercentage"}
_HEAD = """\
# The changes as values of charts laid out as `helm create` does, one section for each workload.
# Move each section to the values of its chart; names may differ there.
"""


def helm_values(planned: PlannedOverlay) -> str:
    """Return the values as YAML; fields without a place in that layout are comments at the end."""
    values: dict[str, Any] = {}
    comments: dict[tuple[Any, ...], list[str]] = {}
    left: list[FieldChange] = []
    first = {_of(after): containers_of(after)[0][1] for _, after in planned.plan.objects if pod_spec_of(after)}
    for change in planned.changes:
        path = parse_path(change.path)
        steps = _steps(path, change, first)
        if steps is None:
            left.append(change)
            continue
        inner = values
        for step in steps[:-1]:
            inner = inner.setdefault(step, {})
        inner[steps[-1]] = change.after
        old = "was not written" if change.before is None else f"was {change.before}"
        reason = planned.reasons.get(change.path, "")
        comments[steps] = [f"{old}: {reason}" if reason else old]
    text = _HEAD + (yaml_text(values, comments) if values else "")
    if left:
        text += "# Without a place in that layout:\n" + "".join(f"#   {change}\n" for change in left)
    return text


def _steps(path: FieldPath, change: FieldChange, first: dict[str, str]) -> tuple[str, ...] | None:
    field = path.kind.field
    if path.owner == "hpa":
        if field in _HPA:
            return (path.name, "autoscaling", _HPA[field])
        if field == "target.*" and not path.container and path.key in _TARGETS and isinstance(change.after, int):
            return (path.name, "autoscaling", _TARGETS[path.key])
        return None
    if path.container and first.get(path.object) != path.container:
        return None
    if field in ("requests.*", "limits.*"):
        return (path.name, "resources", field.partition(".")[0], path.key)
    if field == "replicas" and change.after is not None:
        return (path.name, "replicaCount")
    return None


def _of(data: Any) -> str:
    return f"{data['kind'].lower()}/{data['metadata']['name']}"
