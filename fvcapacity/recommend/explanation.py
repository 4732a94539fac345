"""Every field that was decided, with a sentence why it has its value: also those that stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from fvcapacity.errors import Problem, ScenarioError
from fvcapacity.frozen import Frozen, replace
from fvcapacity.recommend.bounds import Bounds
from fvcapacity.recommend.candidates import MACHINES, Values
from fvcapacity.recommend.recommend import Recommendation, bounds_of
from fvcapacity.recommend.tried import Tried
from fvcapacity.recommend.variables import Variable, limits_of, variables_of
from fvcapacity.scenario.finding import did_you_mean
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths.grammar import parse_path, quoted
from fvcapacity.scenario.paths.values import Value

CONSTRAINTS = {
    "use of CPU": ("% of a month's minutes",),
    "use of memory": ("largest working set", "killed for want of memory"),
    "room on machines": ("finds no place", "have no place"),
    "throttling": ("CFS periods are throttled",),
    "no cheaper value": (
        "no cheaper value",
        "is the least",
        "largest target",
        "ewer machines",
        "pod stays",
        "pods stay",
    ),
    "costs no less": ("cost no less", "costs no less", "saves nothing"),
    "pin or bound": ("pinned by", "pin or a bound", "bound of", "bound allows"),
    "objectives": ("p95", "P95", "error ratio"),
}
"""Constraint to what a reason says where it binds; what is no cost by itself has reasons of other words."""


class DecidedField(Frozen):
    """A field of the system, and why it has its value.

    Attributes
    ----------
    path
        Of the field.
    owner
        Workload that it belongs to (``deployment/shop``), or ``nodes/general``.
    today, value
        As it is, and as it is to be.
    """

    path: str
    owner: str
    today: Value
    value: Value
    why: str

    @property
    def changes(self) -> bool:
        """Whether it is to be another."""
        return self.today != self.value


@dataclass
class _Explainer:
    scenario: Scenario
    found: Recommendation
    bounds: Bounds
    values: Values = field(init=False)
    reasons: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.values = self.found.values
        self.reasons = {item.path: item.why for item in self.found.changes}

    def fields(self) -> Iterator[DecidedField]:
        """Yield what the search decides, in the order of the manifests, and what else changes."""
        free = Bounds(self.bounds.policy.model_copy(update={"pins": (), "bounds": {}}), self.bounds.first_containers)
        seen = set()
        for variable in variables_of(self.scenario, free):
            seen.add(variable.path)
            if variable.kind == "nodes" and MACHINES in self.values:
                continue  # the pools themselves are others
            owner = variable.workload or variable.path.rpartition(".")[0]
            yield self._field(variable.path, owner, variable.today, self._of_variable(variable))
        for path, value in self._others():
            if path not in seen:
                seen.add(path)
                yield self._field(path, owner_of(self.scenario, path), value, self._of_other(path, value))

    def _others(self) -> Iterator[tuple[str, Value]]:
        for path, value in limits_of(self.scenario, self.bounds.policy):
            if self._without_container(path) not in self.values:  # else it is told as what was mended
                yield path, value
        for hpa in self.scenario.cluster.autoscalers:
            yield f"hpa/{quoted(hpa.name)}.max", hpa.max_replicas
        for name, pool in self.scenario.file.nodes.items() if MACHINES not in self.values else ():
            yield f"nodes/{quoted(name)}.maximum", pool.maximum
        for item in self.found.changes:
            yield item.path, item.before

    def _without_container(self, path: str) -> str:
        """Return the short path of a field of a workload's first container; any other path as it is."""
        parsed = parse_path(path)
        first = self.bounds.first_containers.get(parsed.object)
        return str(replace(parsed, container="")) if parsed.container and parsed.container == first else path

    def _field(self, path: str, owner: str, today: Value, why: str) -> DecidedField:
        return DecidedField(path, owner, today, self.values.get(path, today), self.reasons.get(path, why))

    def _fixed(self, path: str) -> str:
        pattern = pin_of(self.bounds, path)
        return f"Stays: pinned by {pattern}." if pattern else ""

    def _of_variable(self, variable: Variable) -> str:
        if fixed := self._fixed(variable.path):
            return fixed
        cheaper = variable.cheaper(variable.today)
        allowed = [value for value in cheaper if self.bounds.allows(variable.path, value)]
        if not cheaper:
            return "Stays: there is no cheaper value."
        if not allowed:
            return "Stays: a bound of the policy leaves no cheaper value."
        return self._of_trials(variable.path, variable.workload, cheaper)

    def _of_trials(self, path: str, workload: str, cheaper: Iterable[Value]) -> str:
        """Say what came of the nearest cheaper value: alone at best, else with the fewest other differences."""
        alone, along = None, None
        for value in cheaper:
            tried = [item for item in self.found.tried if item.values.get(path) == value and item.cost is not None]
            near = [item for item in tried if not self._differences(item, path, workload)]
            alone = alone or next(((value, item) for item in near), None)
            failed = [item for item in tried if item.why_not]
            if failed and along is None:
                along = value, min(failed, key=lambda item: len(self._differences(item, path, workload)))
        if alone is not None:
            value, item = alone
            return (
                f"Stays: at {value}: {item.why_not}"
                if item.why_not
                else f"Stays: {value} holds too, and costs no less."
            )
        if along is not None:
            value, item = along
            others = len(self._differences(item, path, workload))
            return f"Stays: at {value}, with {others} other fields changed: {item.why_not}"
        return "Stays: a cheaper value saves nothing here, so that none was tried."

    def _differences(self, item: Tried, path: str, workload: str) -> set[str]:
        """Return in what a candidate differs besides a field, and the HPA's target that moves along with requests."""
        names = {name for name in (*item.values, *self.values) if item.values.get(name) != self.values.get(name)}
        along = {name for name in names if ".target." in name and owner_of(self.scenario, name) == workload}
        return names - {path} - along

    def _of_other(self, path: str, value: Value) -> str:
        if fixed := self._fixed(path):
            return fixed
        if path.endswith((".max", ".maximum")):
            return f"Stays: {value} is no cost by itself, and the system holds with it."
        return "Stays: a limit reserves nothing, and the system holds with it."


def explained(found: Recommendation) -> list[DecidedField]:
    """Return every field that a search decided on, with its sentence.

    Parameters
    ----------
    found
        Of a search; its scenario carries the policy that it kept to.
    """
    return list(_Explainer(found.scenario, found, bounds_of(found.scenario)).fields())


def pin_of(bounds: Bounds, path: str) -> str:
    """Return the pattern that pins a field; empty when none does."""
    for pattern in bounds.policy.pins:
        one = Bounds(bounds.policy.model_copy(update={"pins": (pattern,)}), bounds.first_containers)
        if one.pinned(path):
            return pattern
    return ""


def owner_of(scenario: Scenario, path: str) -> str:
    """Return whose a field is: the workload behind an HPA, a service or a container; else the object itself."""
    if path == MACHINES:
        return MACHINES
    parsed = parse_path(path)
    if parsed.owner == "hpa":
        hpas = {item.name: f"{item.target_kind.lower()}/{item.target_name}" for item in scenario.cluster.autoscalers}
        return hpas.get(parsed.name, parsed.object)
    if parsed.owner == "topology":
        workload = next((w.key for w in scenario.cluster.workloads if w.name == parsed.name), None)
        return workload or parsed.object
    workload = next(
        (w.key for w in scenario.cluster.workloads if (w.kind.lower(), w.name) == (parsed.owner, parsed.name)), None
    )
    return workload or parsed.object


def check_owner(scenario: Scenario, owner: str | None) -> None:
    """Check that something is decided of a workload or a pool; callers do so before a long search.

    Raises
    ------
    ScenarioError
        When there is none of that name, with the nearest.
    """
    known = [w.key for w in scenario.cluster.workloads if w.kind in ("Deployment", "StatefulSet")]
    known += [MACHINES, *(f"nodes/{quoted(name)}" for name in scenario.file.nodes)]
    if owner is not None and owner not in known:
        raise ScenarioError(
            Problem(f"nothing is decided of {owner!r}", field="--explain", hint=did_you_mean(owner, known))
        )


def binding(fields: Iterable[DecidedField]) -> Mapping[str, int]:
    """Return which constraint keeps how many fields from being cheaper, the most first."""
    names = [name for item in fields if (name := constraint_of(item.why))]
    counts = {name: names.count(name) for name in names}
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def constraint_of(why: str) -> str:
    """Return which constraint a reason speaks of: a name of `CONSTRAINTS`; empty when it speaks of none."""
    return next((name for name, words in CONSTRAINTS.items() if any(word in why for word in words)), "")
