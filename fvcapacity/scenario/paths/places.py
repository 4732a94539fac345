"""Where a path leads to in the manifests: the object, the steps inside it, and the kind of its value there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fvcapacity.errors import Problem, ScenarioError
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.finding import did_you_mean
from fvcapacity.scenario.paths.grammar import FieldPath, quoted
from fvcapacity.scenario.paths.kinds import CONTAINER, KEY, KIND_NAMES, LIMIT_TYPES, POD
from fvcapacity.scenario.paths.trees import Item, Step, get, mappings, put
from fvcapacity.scenario.paths.values import VALUE_KINDS, Value, amount_kind, percent
from fvcapacity.scenario.secret_names import looks_secret
from fvcapacity.units import parse_bytes

_POD_STEPS: Mapping[str, tuple[str, ...]] = {
    "pod": ("spec",),
    "cronjob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_TEMPLATE = ("spec", "template", "spec")
_HEAP = re.compile(r"--max[-_]old[-_]space[-_]size[= ]([0-9]+)")
_TARGET_TYPES = {"averageUtilization": "Utilization", "averageValue": "AverageValue", "value": "Value"}


class Place(Frozen):
    """A field of an object.

    Attributes
    ----------
    path
        Whose place it is.
    target
        The object as a mapping of the API.
    steps
        From the object to the field.
    value
        Kind of its value there.
    removed
        How many of the last steps go with the field when it is taken out: the variable with its value, a metric with
        its target.
    """

    path: FieldPath
    target: Mapping[str, Any]
    steps: tuple[Step, ...]
    value: str
    removed: int = 0

    def read(self) -> Value:
        """Return what is written there, canonical; None when nothing is.

        Raises
        ------
        ValueError
            When what stands there is no such value.
        """
        return self.of(get(self.target, self.steps))

    def of(self, raw: Any) -> Value:
        """Return a raw value of the API in its canonical form."""
        if self.value == "heap":
            heap = heap_of(raw)
            return None if heap is None else VALUE_KINDS["heap"].canonical(heap)
        return None if raw is None else VALUE_KINDS[self.value].canonical(raw)

    def put(self, tree: Any, value: Value) -> None:
        """Set a canonical value in an object (its own, or a copy); None takes the field out."""
        raw: Any = None if value is None else VALUE_KINDS[self.value].written(value)
        if self.value == "heap":
            raw = _with_heap(str(get(tree, self.steps) or ""), value)
        if raw is None:
            put(tree, self.steps[: len(self.steps) - self.removed], None)
        elif "metrics" in self.steps:
            self._put_target(tree, raw)
        else:
            put(tree, self.steps, raw)

    def _put_target(self, tree: Any, raw: Any) -> None:
        """Set the target of a metric as a whole, so that its type fits; the metric is made when it is not there."""
        *_, source, _, field = self.steps
        entry = self.steps[:3]
        if get(tree, entry) is None:
            named = {"container": self.path.container} if self.path.container else {}
            kind = f"{str(source)[0].upper()}{str(source)[1:]}"
            put(tree, entry, {"type": kind, source: {**named, "name": self.path.key}})
        put(tree, self.steps[:-1], {"type": _TARGET_TYPES[str(field)], str(field): raw})


def heap_of(options: Any) -> int | None:
    """Return the bytes of ``--max-old-space-size`` (it counts MiB) in NODE_OPTIONS; None when it is not there."""
    match = _HEAP.search(str(options or ""))
    return int(match.group(1)) * 2**20 if match else None


def find_object(objects: Sequence[Mapping[str, Any]], path: FieldPath) -> Mapping[str, Any]:
    """Return the object that a path names.

    Raises
    ------
    ScenarioError
        When there is none, or there are several.
    """
    kind = KIND_NAMES[path.owner]
    of_kind = [item for item in objects if item.get("kind") == kind]
    named = [item for item in of_kind if _name(item) == path.name]
    if len(named) == 1:
        return named[0]
    if named:
        spaces = ", ".join(str((item.get("metadata") or {}).get("namespace", "default")) for item in named)
        hint = "write a patch that says metadata.namespace"
        raise refused(path, f"{len(named)} objects are {kind}/{path.name}, in the namespaces {spaces}", hint)
    names = sorted({_name(item) for item in of_kind})
    hint = did_you_mean(path.name, names, otherwise="" if names else f"the manifests have no {kind}")
    if path.owner == "pvc" and (claims := _claims_of_sets(objects, path.name)):
        hint = f"it comes from a claim template: {', '.join(claims)}"
    raise refused(path, f"no {kind} is named {path.name!r}", hint)


def find_place(objects: Sequence[Mapping[str, Any]], path: FieldPath) -> Place:
    """Return where a path leads to.

    Raises
    ------
    ScenarioError
        When the object or the container is not there, or the variable holds a secret.
    """
    target = find_object(objects, path)
    field = path.kind.field
    if path.owner == "hpa" and field == "target.*":
        return _metric_place(target, path)
    if path.owner == "hpa" and str(target.get("apiVersion")) == "autoscaling/v1" and field not in ("min", "max"):
        raise refused(path, "an HPA of autoscaling/v1 has no such field", "write it in autoscaling/v2")
    if path.owner == "limitrange":
        return _limit_place(target, path)
    if field == "claims.*":
        return _claim_place(target, path)
    if field in ("env.*", "heap"):
        return _variable_place(target, path)
    steps = _steps(target, path)
    if field.partition(".")[0] in ("liveness", "readiness", "startup") and get(target, steps[:-1]) is None:
        raise refused(path, f"the container has no {field.partition('.')[0]} probe", "add one to the manifest first")
    value = path.kind.value
    if value == "amount":
        value = amount_kind(path.key) if path.owner != "quota" else f"quota {amount_kind(path.key)}"
    return Place(path, target, steps, value)


def refused(path: FieldPath | str, message: str, hint: str = "") -> ScenarioError:
    """Return the error of a path that leads nowhere, or of a value that cannot stand there."""
    return ScenarioError(Problem(message, field=str(path), hint=hint, rule="path"))


def pod_spec_of(target: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the pod template's spec of a workload; empty when it has none."""
    return get(target, _POD_STEPS.get(str(target.get("kind")).lower(), _TEMPLATE)) or {}


def containers_of(target: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return list (``containers``, ``initContainers``) and name of every container of a workload, apps first."""
    spec = pod_spec_of(target)
    lists = ("containers", "initContainers")
    return [(key, str(item.get("name", ""))) for key in lists for item in mappings(spec.get(key))]


def _steps(target: Mapping[str, Any], path: FieldPath) -> tuple[Step, ...]:
    pod = _POD_STEPS.get(path.owner, _TEMPLATE)
    found: list[Step] = []
    for step in path.kind.steps:
        if step == POD:
            found += pod
        elif step == CONTAINER:
            found += [*pod, *_container_steps(target, path)]
        else:
            found.append(path.key if step == KEY else step)
    return tuple(found)


def _container_steps(target: Mapping[str, Any], path: FieldPath) -> tuple[Step, ...]:
    known = containers_of(target)
    if not known:
        raise refused(path, f"{path.object} has no containers")
    if not path.container:
        return (known[0][0], Item("name", known[0][1]))
    for key, name in known:
        if name == path.container:
            return (key, Item("name", name))
    hint = did_you_mean(path.container, [name for _, name in known])
    raise refused(path, f"{path.object} has no container {path.container!r}", hint)


def _variable_place(target: Mapping[str, Any], path: FieldPath) -> Place:
    name = path.key or "NODE_OPTIONS"
    if looks_secret(name):
        hint = "secrets stand in Secrets; no patch may carry one"
        raise refused(path, f"the variable {name} holds a secret by its name", hint)
    steps: tuple[Step, ...] = (*_steps(target, path)[:-1], Item("name", name), "value")
    variable = get(target, steps[:-1])
    if isinstance(variable, Mapping) and variable.get("valueFrom") is not None:
        hint = "change it there"
        raise refused(path, f"the variable {name} is filled from a ConfigMap, a Secret or a field", hint)
    return Place(path, target, steps, path.kind.value, removed=1)


def _claim_place(target: Mapping[str, Any], path: FieldPath) -> Place:
    claims = get(target, ("spec", "volumeClaimTemplates"))
    names = [_name(item) for item in mappings(claims)]
    if path.key not in names:
        raise refused(path, f"{path.object} has no claim template {path.key!r}", did_you_mean(path.key, names))
    steps: tuple[Step, ...] = ("spec", "volumeClaimTemplates", names.index(path.key), *path.kind.steps[2:])
    return Place(path, target, steps, "bytes")


def _limit_place(target: Mapping[str, Any], path: FieldPath) -> Place:
    of, bound, key = path.kind.steps[2], path.kind.steps[3], path.key
    steps = ("spec", "limits", Item("type", LIMIT_TYPES[of]), bound, key)
    return Place(path, target, steps, path.kind.value if path.kind.value != "amount" else amount_kind(key))


def _metric_place(target: Mapping[str, Any], path: FieldPath) -> Place:
    """Return the target of a metric: that of the container's or the whole pod's resource, or of a custom one."""
    if str(target.get("apiVersion")) == "autoscaling/v1":
        if path.key != "cpu" or path.container:
            raise refused(path, "an HPA of autoscaling/v1 follows cpu alone", "write it in autoscaling/v2")
        return Place(path, target, ("spec", "targetCPUUtilizationPercentage"), "percent")
    metrics = list(mappings(get(target, ("spec", "metrics"))))
    named = [_metric_name(item) for item in metrics]
    for index, (container, name, source) in enumerate(named):
        if (container, name) == (path.container, path.key):
            aim = metrics[index][source].get("target") or {}
            given = next((key for key in ("averageUtilization", "averageValue", "value") if key in aim), None)
            kind = "percent" if given in ("averageUtilization", None) else _average_kind(source, name)
            steps = ("spec", "metrics", index, source, "target", given or "averageUtilization")
            return Place(path, target, steps, kind, removed=3)
    if path.key not in ("cpu", "memory"):
        hint = did_you_mean(path.key, [name for _, name, _ in named if name])
        raise refused(path, f"{path.object} follows no metric {path.key!r}", hint)
    source = "containerResource" if path.container else "resource"
    steps = ("spec", "metrics", len(metrics), source, "target", "averageUtilization")
    return Place(path, target, steps, "percent", removed=3)


def _metric_name(metric: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return container, name and source of a metric; they are empty for one that cannot be read."""
    kind = str(metric.get("type") or "")
    source = kind[:1].lower() + kind[1:]
    inner = metric.get(source)
    if not isinstance(inner, Mapping):
        return "", "", ""
    name = inner.get("name") if source.lower().endswith("resource") else (inner.get("metric") or {}).get("name")
    return str(inner.get("container") or ""), str(name or ""), source


def metric_names(target: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return container (empty: the whole pod) and name of every metric that an HPA follows."""
    if str(target.get("apiVersion")) == "autoscaling/v1":
        return [("", "cpu")]
    named = [_metric_name(item) for item in mappings(get(target, ("spec", "metrics")))]
    return [(container, name) for container, name, _ in named if name]


def _average_kind(source: str, name: str) -> str:
    if not source.lower().endswith("resource"):
        return "quantity"
    return "cpu" if name == "cpu" else "bytes"


def as_target(place: Place, value: Any) -> tuple[Place, Value]:
    """Return the place and the canonical value of an HPA's target: a quantity makes a percentage an average.

    Raises
    ------
    ValueError
        When the value is neither.
    """
    average = "averageValue"
    is_resource = place.value in ("percent", "cpu", "bytes") and "metrics" in place.steps
    if isinstance(value, str) and value.endswith("%"):
        if not is_resource:
            raise ValueError(f"{value}: a percentage is possible for cpu and memory alone")
        return _retargeted(place, "averageUtilization", "percent"), percent(value)
    if place.value != "percent" or not is_resource:
        return place, VALUE_KINDS[place.value].canonical(value)
    try:
        return place, percent(value)
    except ValueError:
        if not isinstance(value, str) or value.lstrip("+-").isdigit():
            raise
        kind = "cpu" if place.path.key == "cpu" else "bytes"
        return _retargeted(place, average, kind), VALUE_KINDS[kind].canonical(value)


def _retargeted(place: Place, field: str, value: str) -> Place:
    return Place(place.path, place.target, (*place.steps[:-1], field), value, place.removed)


def _with_heap(before: str, value: Value) -> str | None:
    """Return NODE_OPTIONS with another heap; other options stay."""
    flag = "" if value is None else f"--max-old-space-size={parse_bytes(str(value)) // 2**20}"
    text = _HEAP.sub(flag, before, count=1) if _HEAP.search(before) else f"{before} {flag}"
    return " ".join(text.split()) or None


def _name(data: Mapping[str, Any]) -> str:
    metadata = data.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, Mapping) else ""


def _claims_of_sets(objects: Iterable[Mapping[str, Any]], name: str) -> list[str]:
    """Return the paths of claim templates that a claim such as ``data-postgres-0`` comes from."""
    found = []
    for item in objects:
        if item.get("kind") == "StatefulSet":
            for claim in mappings(get(item, ("spec", "volumeClaimTemplates"))):
                if re.fullmatch(rf"{re.escape(_name(claim))}-{re.escape(_name(item))}-[0-9]+", name):
                    found.append(f"statefulset/{quoted(_name(item))}.claims.{_name(claim)}")
    return found
