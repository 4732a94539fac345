"""Fields that no manifest holds: node pools, the topology's pools and threads, traffic, objectives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from fvcapacity.scenario.finding import did_you_mean
from fvcapacity.scenario.model import NodePool, ScenarioFile
from fvcapacity.scenario.paths.grammar import FieldPath
from fvcapacity.scenario.paths.kinds import KEY, PATH_KINDS, ROOTS, PathKind
from fvcapacity.scenario.paths.places import refused
from fvcapacity.scenario.paths.values import Value, canonical_bytes
from fvcapacity.scenario.topology import ThreadGroup, Topology
from fvcapacity.units import format_cpu, format_duration, parse_bytes, parse_cpu_cores, parse_duration_ns


def read_setting(file: ScenarioFile, topology: Topology, path: FieldPath) -> Value:
    """Return the present value of a field of the scenario's file or of the topology.

    Raises
    ------
    ScenarioError
        When there is no such pool, service or connection pool.
    """
    model: Any = file if path.owner != "topology" else topology
    for step in _steps(file, topology, path):
        model = model.get(step) if isinstance(model, Mapping) else getattr(model, step)
        if model is None:
            return None
    return _canonical(model, path.kind.value)


def written_settings(file: ScenarioFile, topology: Topology) -> dict[str, Value]:
    """Return the values of node pools, the topology's pools and threads, traffic and objectives by their paths."""
    found: dict[str, Value] = {}
    for kind in PATH_KINDS:
        for owner in kind.owners:
            for name, key in _written(file, topology, owner, kind):
                path = FieldPath(owner, name, "", key, kind)
                found[str(path)] = read_setting(file, topology, path)
    return found


def _written(file: ScenarioFile, topology: Topology, owner: str, kind: PathKind) -> list[tuple[str, str]]:
    if owner == "nodes":
        return [(name, "") for name in file.nodes]
    if owner == "topology":
        inner = kind.steps[0]
        return [(name, key) for name, service in topology.services.items() for key in getattr(service, inner)]
    return [("", "")] if owner in ("traffic", "objectives") else []


def pool_text(pool: NodePool) -> str:
    """Return a node pool in a few words: ``3 Standard_D2s_v5 (0 to 8) in zone-1``."""
    spot = " (spot)" if pool.spot else ""
    bounds = f"{pool.minimum} to {pool.maximum}"
    return f"{pool.count} {pool.instance_type}{spot} ({bounds}) in {', '.join(pool.zones)}"


def pool_document(pool: NodePool) -> dict[str, Any]:
    """Return a node pool as a scenario's file would say it."""
    data = pool.model_dump(mode="json", exclude_defaults=True)
    return {**data, "boot": format_duration(pool.boot)}


def with_setting(
    file: ScenarioFile, topology: Topology, path: FieldPath, value: Value
) -> tuple[ScenarioFile, Topology]:
    """Return both with another value; None puts the default back, or takes a pool's bound away.

    Raises
    ------
    ScenarioError
        When there is no such pool or service, or the field has no default.
    """
    steps = _steps(file, topology, path)
    if path.owner == "topology":
        return file, _with(topology, steps, value, path)
    return _with(file, steps, value, path), topology


def _steps(file: ScenarioFile, topology: Topology, path: FieldPath) -> tuple[str, ...]:
    """Return the steps from the file (or from the topology) to the field."""
    inner = tuple(path.key if step == KEY else step for step in path.kind.steps)
    if path.owner in ROOTS:
        return inner
    if path.owner == "nodes":
        _known(path, path.name, file.nodes, "no node pool is named")
        return ("nodes", path.name, *inner)
    _known(path, path.name, topology.services, "the topology has no service")
    if inner[0] == "threads":
        _known(path, path.key, topology.services[path.name].threads, f"{path.name} has no threads")
    elif path.key not in topology.services:
        _known(path, path.key, topology.services, "the topology has no service")
    return ("services", path.name, *inner)


def _known(path: FieldPath, name: str, known: Mapping[str, Any], message: str) -> None:
    if name not in known:
        raise refused(path, f"{message} {name!r}", did_you_mean(name, sorted(known)))


def _with(model: Any, steps: tuple[str, ...], value: Value, path: FieldPath) -> Any:
    step, rest = steps[0], steps[1:]
    if isinstance(model, Mapping):
        if not rest and value is None:
            return {key: item for key, item in model.items() if key != step}
        inner = _model_value(value, path.kind.value) if not rest else _with(model[step], rest, value, path)
        return {**model, step: inner}
    if rest:
        inner = _with(getattr(model, step), rest, value, path)
    elif value is None:
        inner = _default(model, step, path)
    else:
        inner = _model_value(value, path.kind.value)
    return model.model_copy(update={step: inner})


def _default(model: BaseModel, step: str, path: FieldPath) -> Any:
    field = type(model).model_fields[step]
    if field.is_required():
        raise refused(path, "nothing is no value here", f"write {path.kind.value}")
    return field.get_default(call_default_factory=True)


def _canonical(value: Any, kind: str) -> Value:
    if isinstance(value, ThreadGroup):
        return value.count
    if kind == "cpu":
        return format_cpu(value)
    if kind == "bytes":
        return canonical_bytes(value)
    if kind == "duration":
        return format_duration(value)
    if kind == "names":
        return ",".join(value)
    return float(value) if kind in ("ratio", "positive", "of hundred") else value


def _model_value(value: Value, kind: str) -> Any:
    """Return a canonical value as the models hold it: cores, bytes, nanoseconds."""
    if kind == "cpu":
        return parse_cpu_cores(str(value))
    if kind == "bytes":
        return parse_bytes(str(value))
    if kind == "duration":
        return parse_duration_ns(str(value))
    if kind == "names":
        return tuple(str(value).split(","))
    return value
