"""Read fields of a scenario by their paths, and plan a change: ``{path: value}`` to patches and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fvcapacity.errors import InputError, Problem, ScenarioError
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.model import NodePool, Scenario, ScenarioFile
from fvcapacity.scenario.patch import Patch
from fvcapacity.scenario.paths.grammar import FieldPath, parse_path
from fvcapacity.scenario.paths.kinds import KIND_NAMES
from fvcapacity.scenario.paths.patches import patch_of
from fvcapacity.scenario.paths.places import Place, as_target, find_place
from fvcapacity.scenario.paths.sense import check_object, owners_of_replicas
from fvcapacity.scenario.paths.settings import read_setting, with_setting
from fvcapacity.scenario.paths.trees import copied
from fvcapacity.scenario.paths.values import VALUE_KINDS, Value
from fvcapacity.scenario.topology import Topology

_POOL_SIZE = ("cpu", "memory", "allocatable_cpu", "allocatable_memory")


class FieldChange(Frozen):
    """One field that changes: its path as it is written, and its values before and after."""

    path: str
    before: Value
    after: Value

    def __str__(self) -> str:
        """Return the change in a few words: ``deployment/shop.limits.cpu: 150m -> 600m``."""
        shown = ["nothing" if value is None else str(value) for value in (self.before, self.after)]
        return f"{self.path}: {' -> '.join(shown)}"


class ChangePlan(Frozen):
    """What a set of values comes to.

    Attributes
    ----------
    changes
        Every field that was named, in the order in which it was; also those that stay as they are.
    objects
        Every object that changes, as it is and as it shall be.
    patches
        One strategic-merge patch for each of them.
    file, topology
        Those of the scenario with what no manifest holds.
    """

    changes: tuple[FieldChange, ...]
    objects: tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...]
    patches: tuple[Patch, ...]
    file: ScenarioFile
    topology: Topology


def read_value(scenario: Scenario, path: str) -> Value:
    """Return the present value of a field, canonical; None when it is not written.

    Raises
    ------
    ScenarioError
        When the path leads nowhere.
    """
    parsed = parse_path(path)
    if parsed.owner not in KIND_NAMES:
        return read_setting(scenario.file, scenario.topology, parsed)
    return _read(find_place(objects_of(scenario), parsed))


def canonical_value(scenario: Scenario, path: str, value: Value) -> Value:
    """Return a value of a field in its canonical form, whatever else would have to change with it.

    Raises
    ------
    ScenarioError
        When the path leads nowhere, or the field takes no such value.
    """
    parsed = parse_path(path)
    if parsed.owner not in KIND_NAMES:
        read_setting(scenario.file, scenario.topology, parsed)  # says when there is no such name
        return _canonical(parsed, parsed.kind.value, value)
    place = find_place(objects_of(scenario), parsed)
    if parsed.kind.value != "target":
        return _canonical(parsed, place.value, value)
    try:
        return as_target(place, value)[1]
    except ValueError as error:
        raise _wrong(parsed, error) from None


def plan_change(
    scenario: Scenario, values: Mapping[str, Value], pools: Mapping[str, NodePool | None] | None = None
) -> ChangePlan:
    """Return what a set of values comes to.

    Parameters
    ----------
    values
        New value of each field by its path; None takes it out.
    pools
        Node pools to add or to put in the place of one; None takes a pool away.

    Raises
    ------
    ScenarioError
        With everything that is wrong with paths and values, and what they must not say together.
    """
    return _Planner(scenario, dict(pools or {})).plan(values)


def objects_of(scenario: Scenario) -> Sequence[Mapping[str, Any]]:
    """Return the manifests' objects as mappings of the API.

    Raises
    ------
    ScenarioError
        When the scenario was not loaded from files.
    """
    if scenario.patcher is None:
        raise ScenarioError("the manifests are not at hand", hint="use what load_scenario returned")
    return scenario.patcher.objects


def complete_values(scenario: Scenario, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return values with ``replicas`` taken out wherever an HPA decides them: else every apply would reset them.

    An overlay drops them, so a candidate has to be replayed with these values to be what is handed over.

    Raises
    ------
    ScenarioError
        When a path is none.
    """
    given = {str(parse_path(path)): value for path, value in values.items()}
    dropped = {path: None for path, _ in owners_of_replicas(objects_of(scenario))}
    return {**given, **{path: None for path in dropped if given.get(path) is None}}


class _Planner:
    """Works a change out; what is wrong is collected."""

    def __init__(self, scenario: Scenario, pools: dict[str, NodePool | None]) -> None:
        self.scenario = scenario
        self.pools = pools
        self.problems: list[Problem] = []
        self.changes: list[FieldChange] = []
        self.copies: dict[int, tuple[Mapping[str, Any], dict[str, Any]]] = {}
        self.seen: dict[Any, str] = {}
        self.file, self.topology = self._with_pools(scenario.file), scenario.topology

    def plan(self, values: Mapping[str, Value]) -> ChangePlan:
        for text, value in values.items():
            try:
                self._field(parse_path(text), value)
            except InputError as error:
                self.problems += error.problems
        self._check(values)
        if self.problems:
            raise ScenarioError(dict.fromkeys(self.problems))
        pairs = tuple((before, after) for before, after in self.copies.values() if before != after)
        patches = tuple(patch for before, after in pairs if (patch := patch_of(before, after)) is not None)
        return ChangePlan(tuple(self.changes), pairs, patches, self.file, self.topology)

    def _with_pools(self, file: ScenarioFile) -> ScenarioFile:
        if not self.pools:
            return file
        nodes = {name: pool for name, pool in {**file.nodes, **self.pools}.items() if pool is not None}
        if not nodes:
            self.problems.append(Problem("no node pool would be left", field="nodes", rule="node-pool"))
        return file.model_copy(update={"nodes": nodes})

    def _field(self, path: FieldPath, value: Value) -> None:
        if path.owner in KIND_NAMES:
            self._of_manifest(path, value)
        else:
            self._setting(path, value)

    def _setting(self, path: FieldPath, value: Value) -> None:
        self._once(path, (path.owner, path.name, path.kind.steps, path.key))
        before = read_setting(self.file, self.topology, path)
        after = None if value is None else _canonical(path, path.kind.value, value)
        self.file, self.topology = with_setting(self.file, self.topology, path, after)
        self.changes.append(FieldChange(str(path), before, read_setting(self.file, self.topology, path)))

    def _of_manifest(self, path: FieldPath, value: Value) -> None:
        original = find_place(objects_of(self.scenario), path)
        self._once(path, (id(original.target), path if path.kind.value == "target" else original.steps))
        tree = self._copy(original.target)
        place = find_place([tree], path)
        before, after = _read(original), None
        if value is not None and path.kind.value == "target":
            try:
                place, after = as_target(place, value)
            except ValueError as error:
                raise _wrong(path, error) from None
        elif value is not None:
            after = _canonical(path, place.value, value)
        if after != before:  # what is written otherwise but says the same stays as it is
            place.put(tree, after)
        self.changes.append(FieldChange(str(path), before, after))

    def _once(self, path: FieldPath, address: Any) -> None:
        if address in self.seen:
            message = f"it is the same field as {self.seen[address]}"
            raise ScenarioError(Problem(message, field=str(path), hint="say it once", rule="path"))
        self.seen[address] = str(path)

    def _copy(self, target: Mapping[str, Any]) -> dict[str, Any]:
        if id(target) not in self.copies:
            self.copies[id(target)] = target, copied(target)
        return self.copies[id(target)][1]

    def _check(self, values: Mapping[str, Value]) -> None:
        if self.scenario.patcher is not None:
            changed = {id(before): after for before, after in self.copies.values()}
            objects = [changed.get(id(item), item) for item in objects_of(self.scenario)]
            for before, after in self.copies.values():
                if before != after:
                    self.problems += check_object(before, after, objects)
        for path in self.changes:
            self._check_pool_type(path, values)

    def _check_pool_type(self, change: FieldChange, values: Mapping[str, Value]) -> None:
        owner, _, field = change.path.rpartition(".")
        if not owner.startswith("nodes/") or field != "instance_type" or change.before == change.after:
            return
        missing = [f"{owner}.{name}" for name in _POOL_SIZE if f"{owner}.{name}" not in values]
        if missing:
            message = (
                f"another type of machine has another size: {', '.join(missing)} would stay those of {change.before}"
            )
            self.problems.append(Problem(message, field=change.path, hint="give them too", rule="node-pool"))


def _canonical(path: FieldPath, kind: str, value: Value) -> Value:
    try:
        return VALUE_KINDS[kind].canonical(value)
    except ValueError as error:
        raise _wrong(path, error) from None


def _read(place: Place) -> Value:
    try:
        return place.read()
    except ValueError as error:
        raise _wrong(place.path, error) from None


def _wrong(path: FieldPath, error: ValueError) -> ScenarioError:
    return ScenarioError(Problem(str(error), field=str(path), hint=f"write {path_takes(path)}", rule="path-value"))


def path_takes(path: FieldPath) -> str:
    """Return what values a path takes, in a few words."""
    return VALUE_KINDS[path.kind.value].unit.replace("`", "")
