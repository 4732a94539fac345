"""Load a scenario: its file, manifests, topology, traffic and prices, checked together.

Everything that is wrong in any of these files is reported at once, each with its place, the value that was seen and
the remedy. Nothing is written, and values of Secrets are neither kept nor hashed.
"""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from fvcapacity.errors import InputError, Location, Problem, ScenarioError
from fvcapacity.frozen import replace
from fvcapacity.inputs.canonical import manifests_hash
from fvcapacity.inputs.instances import load_instance_list
from fvcapacity.inputs.manifests import ManifestSet, read_manifests
from fvcapacity.inputs.model_validation import field_text, in_file_order, seen
from fvcapacity.inputs.names_of_files import may_name_file
from fvcapacity.inputs.patched import ManifestPatcher, told
from fvcapacity.inputs.prices import load_price_list
from fvcapacity.inputs.rollouts import RolloutPatch, new_versions, read_rollout_patches
from fvcapacity.inputs.stretched import TrafficReader, file_during, span_of
from fvcapacity.inputs.traffic import RunSpan, load_traffic
from fvcapacity.inputs.yaml_source import YamlDocument, load_yaml, validate_model
from fvcapacity.scenario.checks import check_scenario, time_zone
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.finding import Finding
from fvcapacity.scenario.instances import InstanceList
from fvcapacity.scenario.model import Scenario, ScenarioFile, TrafficTable
from fvcapacity.scenario.prices import PriceList
from fvcapacity.scenario.rollouts import NewVersion
from fvcapacity.scenario.schedule_checks import OUTSIDE
from fvcapacity.scenario.stretch_checks import stretches
from fvcapacity.scenario.topology import Topology

M = TypeVar("M", bound=BaseModel)
L = TypeVar("L")


def load_scenario(path: str | Path, *, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Read a scenario and everything that it names.

    Parameters
    ----------
    path
        The scenario's YAML. Paths inside it are relative to it.
    overrides
        Values to put in place of the file's, by the dotted path of the field: ``{"traffic.scale": 2.0}``. None takes
        the field out. Values are written as in YAML (durations and times as text).

    Returns
    -------
    Scenario
        Loaded and checked: it can be run.

    Raises
    ------
    ScenarioError
        With all problems of all files.
    """
    loader = _Loader(Path(path), dict(overrides or {}))
    scenario = loader.run()
    if scenario is None:
        raise ScenarioError(loader.errors())
    return scenario


@dataclass
class _Loader:
    path: Path
    overrides: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    found: list[Problem] = field(default_factory=list)
    """What a patch of the manifests might mend: problems of the objects, and of the whole."""
    hashes: dict[str, str] = field(default_factory=dict)
    documents: dict[str, YamlDocument] = field(default_factory=dict)

    def run(self) -> Scenario | None:
        file = self._model("scenario", self.path, ScenarioFile)
        if file is None:
            return None
        base = self.path.parent
        topology = self._model("topology", _joined(base, file.topology), Topology)
        manifests = self._manifests(file, base)
        cluster = manifests.objects if manifests else None
        instances = self._instances(file, base)
        prices, staging = self._prices(file, base), self._staging(file, base)
        findings = check_scenario(file, topology, cluster, prices)
        self.found += [self._placed(finding) for finding in findings]
        rollouts = self._rollouts(file, base)
        versions: tuple[NewVersion, ...] = ()
        if topology is not None and manifests is not None:
            versions, problems = new_versions(rollouts, manifests.raw, manifests.objects, topology, self._placed)
            self.found += problems
        span = span_of(file)
        traffic = None
        if topology is not None and span is not None and all(finding.rule != "no-shares" for finding in findings):
            traffic = self._traffic(file, topology, span, base)
            self._other_traffic(file, topology, base)
        if self.errors() or topology is None or manifests is None or span is None:
            return None
        return Scenario(
            file=file,
            cluster=manifests.objects,
            topology=topology,
            traffic=traffic,
            start_ns=span.window_ns,
            input_hashes=dict(sorted(self.hashes.items())),
            findings=told([*self.problems, *self.found], traffic.notes if traffic is not None else ()),
            prices=prices,
            instances=instances,
            staging=staging,
            versions=versions,
            reader=TrafficReader(base),
            patcher=ManifestPatcher(manifests.raw, tuple(self.problems), self._placed, rollouts, self._sources(file)),
        )

    def errors(self) -> list[Problem]:
        """Return what stops the load, in the order of files and lines."""
        errors = [problem for problem in (*self.problems, *self.found) if problem.severity == "error"]
        return sorted(dict.fromkeys(errors), key=in_file_order)

    def _model(self, name: str, path: Path, model_class: type[M]) -> M | None:
        try:
            documents = load_yaml(path)
        except InputError as error:
            self.problems += error.problems
            return None
        if len(documents) != 1:
            message = f"the file has {len(documents)} documents; exactly one is expected"
            self.problems.append(Problem(message, Location(str(path)), rule="many-documents"))
            return None
        document = documents[0]
        self._hash(path)
        if name == "scenario" and self.overrides:
            document = self._overridden(document)
        self.documents[name] = document
        model, problems = validate_model(model_class, document)
        self.problems += [self._of_option(problem) if name == "scenario" else problem for problem in problems]
        return model

    def _overridden(self, document: YamlDocument) -> YamlDocument:
        data = copy.deepcopy(document.data)
        for path, value in self.overrides.items():
            if isinstance(data, dict):
                _put(data, path.split("."), value)
        return replace(document, data=data)

    def _of_option(self, problem: Problem) -> Problem:
        """Take the place away from a problem of a value that the file does not hold."""
        for path, value in self.overrides.items():
            within = problem.field == path or problem.field.startswith((f"{path}.", f"{path}["))
            if within or (problem.field == self._nearest_field(path) and seen(value) in problem.message):
                hint = f"{problem.hint or 'change it'} (the value was given as an option)"
                return replace(problem, field=problem.field if within else path, location=None, hint=hint)
        return problem

    def _nearest_field(self, path: str) -> str:
        """Return the part of a field's path that the file itself has."""
        return field_text(self.documents["scenario"].real_path(path.split(".")))

    def _manifests(self, file: ScenarioFile, base: Path) -> ManifestSet | None:
        manifests = read_manifests([_joined(base, source) for source in file.manifests])
        self.problems += manifests.reading_problems
        self.found += manifests.problems
        if manifests.errors:
            return None
        self.hashes["manifests"] = manifests_hash(manifests.objects)
        return manifests

    def _staging(self, file: ScenarioFile, base: Path) -> ClusterObjects | None:
        """Read what runs in the second environment; of its findings only errors are told, as it is not simulated."""
        if file.cost is None or file.cost.staging is None:
            return None
        manifests = read_manifests([_joined(base, source) for source in file.cost.staging.manifests])
        problems = [*manifests.reading_problems, *manifests.problems]
        self.problems += [problem for problem in problems if problem.severity == "error"]
        if manifests.errors:
            return None
        self.hashes["staging"] = manifests_hash(manifests.objects)
        return manifests.objects

    def _sources(self, file: ScenarioFile) -> tuple[Path, ...]:
        return tuple(_joined(self.path.parent, source) for source in file.manifests)

    def _rollouts(self, file: ScenarioFile, base: Path) -> tuple[RolloutPatch, ...]:
        zone = time_zone(file)
        if zone is None:
            return ()
        patches, files, problems = read_rollout_patches(file, zone, base, self.documents["scenario"])
        self.problems += problems
        for path in files:
            if may_name_file(str(path)) and path.is_file():
                self._hash(path)
        return patches

    def _prices(self, file: ScenarioFile, base: Path) -> PriceList | None:
        if file.cost is None:
            return None
        hint = "paths are relative to the scenario; leave out `cost` to run without money"
        return self._list(_joined(base, file.cost.prices), "price file", ("cost", "prices"), hint, load_price_list)

    def _instances(self, file: ScenarioFile, base: Path) -> InstanceList | None:
        named = file.recommend.instances
        if named is None:
            return None
        hint = "paths are relative to the scenario; leave it out to keep to the types of `nodes`"
        field = ("recommend", "instances")
        return self._list(_joined(base, named), "list of instances", field, hint, load_instance_list)

    def _list(self, path: Path, what: str, at: tuple[str, str], hint: str, load: Callable[[Path], L]) -> L | None:
        if not may_name_file(str(path)) or not path.is_file():
            message = f"there is no {what} {seen(str(path))}"
            self.problems.append(self._placed(Finding("scenario", at, message, hint, rule="missing-file")))
            return None
        try:
            found = load(path)
        except InputError as error:
            self.problems += error.problems
            return None
        self._hash(path)
        return found

    def _traffic(self, file: ScenarioFile, topology: Topology, span: RunSpan, base: Path) -> TrafficTable | None:
        try:
            table = load_traffic(file.traffic, topology.routes, span, base)
        except InputError as error:
            self.problems += error.problems
            return None
        source = file.traffic.file or (file.traffic.weekly.file if file.traffic.weekly else None)
        if source is not None:
            self._hash(_joined(base, source))
        return table

    def _other_traffic(self, file: ScenarioFile, topology: Topology, base: Path) -> None:
        """Read the traffic of the other stretches, so that what is wrong with it is said now."""
        for _, stretch in stretches(file):
            other = file_during(file, stretch)
            span = span_of(other)
            if span is not None:
                self._traffic(other, topology, span, base)

    def _hash(self, path: Path) -> None:
        name = Path(os.path.relpath(path, self.path.parent)).as_posix()
        self.hashes[name] = hashlib.sha256(path.read_bytes()).hexdigest()

    def _placed(self, finding: Finding) -> Problem:
        document = self.documents.get(finding.document)
        location = finding.location
        if location is None and document is not None:
            location = document.location(finding.path, at="key" if finding.at_key else "value")
        severity = finding.severity
        if finding.rule == OUTSIDE and any(name.startswith("window.") for name in self.overrides):
            severity = "note"  # who looks at a part of the window need not cut the schedule as well
        problem = Problem(finding.message, location, field_text(finding.path), finding.hint, severity, finding.rule)
        return self._of_option(problem) if finding.document == "scenario" else problem


def _joined(base: Path, path: str) -> Path:
    """Return a path of a scenario, without the detours (``scenarios/../data``) that nobody wants to read."""
    return Path(os.path.normpath(base / path))


def _put(data: dict[str, Any], path: list[str], value: Any) -> None:
    for key in path[:-1]:
        inner = data.get(key)
        data[key] = inner = inner if isinstance(inner, dict) else {}
        data = inner
    last, known = path[-1], data.get(path[-1])
    if value is None:
        data.pop(last, None)
    elif isinstance(value, dict) and isinstance(known, dict) and value == {"kind": known.get("kind", "")}:
        pass  # the kind that the file has already, with the parameters that it gives
    else:
        data[last] = value
