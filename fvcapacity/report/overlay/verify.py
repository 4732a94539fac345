"""Verify an overlay before it is handed over: what kubectl builds of it is what was promised, and nothing else.

Kustomize is silent about most mistakes: a misspelt container is added, a target that matches nothing is passed over, a
list of metrics is replaced. So the result is compared, field by field, with what it should be.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fvcapacity.errors import InputError, Location, ManifestError, Problem
from fvcapacity.inputs.canonical import canonical_json
from fvcapacity.inputs.kubectl import build_objects, builder_name, find_kubectl
from fvcapacity.inputs.manifests import objects_of_mappings
from fvcapacity.inputs.manifests.located import plain
from fvcapacity.inputs.manifests.sources import Sources, kustomizations_and_files
from fvcapacity.report.overlay.proposal import ANNOTATION
from fvcapacity.report.overlay.schema import check_schema
from fvcapacity.report.overlay.trees import by_identity, differences
from fvcapacity.report.overlay.verification import Check, Verification
from fvcapacity.scenario.findings import check_cluster
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths.change import complete_values
from fvcapacity.scenario.paths.grammar import parse_path
from fvcapacity.scenario.paths.kinds import KIND_NAMES
from fvcapacity.scenario.paths.places import as_target, find_place
from fvcapacity.scenario.paths.sense import check_object
from fvcapacity.scenario.paths.values import VALUE_KINDS, Value

_Object = Mapping[str, Any]
_AUTO = "auto"


def verify_overlay(
    scenario: Scenario,
    directory: str | Path,
    values: Mapping[str, Value],
    objects: Sequence[_Object] = (),
    *,
    kubectl: str | None = _AUTO,
) -> Verification:
    """Verify that an overlay makes of a scenario's manifests what was promised.

    Parameters
    ----------
    scenario
        The base, as it was loaded.
    directory
        The overlay, with its ``kustomization.yaml``.
    values
        The promised values by their paths. Replicas that an HPA decides count as promised to be dropped.
    objects
        New objects that were promised.
    kubectl
        Path of kubectl; default: the one that is found. None: our own builder.

    Returns
    -------
    Verification
        What was checked, and what does not hold. An overlay that cannot be built is one that does not hold.

    Raises
    ------
    ScenarioError
        When a promised path or value is none.
    SourceError
        When kubectl cannot be run.
    """
    tool = find_kubectl() if kubectl == _AUTO else kubectl
    promised = {
        path: value for path, value in complete_values(scenario, values).items() if parse_path(path).owner in KIND_NAMES
    }
    return _Verifier(scenario, Path(directory), promised, list(objects), tool).run()


class _Verifier:
    def __init__(
        self, scenario: Scenario, directory: Path, values: dict[str, Value], added: list[_Object], kubectl: str | None
    ) -> None:
        self.scenario, self.directory, self.values, self.added = scenario, directory, values, added
        self.kubectl = kubectl
        self.checks: list[Check] = []
        self.problems: list[Problem] = []

    def run(self) -> Verification:
        promised = self.scenario.with_values(self.values, objects=self.added)
        built = self._built()
        if built is not None:
            base = self._base()
            expected = self._expected(base)
            self._only_intended(expected, built)
            self._sense(base, built)
            self._schema(base, built)
            self._reimport(promised)
        return Verification(builder_name(self.kubectl), tuple(self.checks), tuple(self.problems))

    def _built(self) -> list[dict[str, Any]] | None:
        try:
            built = build_objects(self.directory, self.kubectl)
        except ManifestError as error:
            self._told("it can be built", error.problems, "")
            return None
        self._told("it can be built", (), f"{len(built)} objects")
        return built

    def _base(self) -> list[_Object]:
        """Build the base by itself, and not by what the overlay says of it."""
        assert self.scenario.patcher is not None  # with_values has asked for it
        found: list[_Object] = []
        for source in self.scenario.patcher.sources:
            kustomizations, files = kustomizations_and_files(Path(source))
            for path in kustomizations:
                found += build_objects(path, self.kubectl)
            found += [plain(item) for item in Sources().read(files, None)] if files else []
        return found

    def _expected(self, base: Sequence[_Object]) -> list[dict[str, Any]]:
        """Return the base with every promised value put in its place, by no patch at all."""
        objects = [plain(item) for item in base]
        for text, value in self.values.items():
            path = parse_path(text)
            place = find_place(objects, path)
            if value is None:
                place.put(place.target, None)
                continue
            if path.kind.value == "target":
                place, after = as_target(place, value)
            else:
                after = VALUE_KINDS[place.value].canonical(value)
            if after != place.read():
                place.put(place.target, after)
        return [*objects, *(plain(item) for item in self.added)]

    def _only_intended(self, expected: Sequence[_Object], built: Sequence[_Object]) -> None:
        found = [
            Problem(item.as_fault, Location(str(self.directory)), field=item.object, rule="overlay-differs")
            for item in differences(by_identity(expected), by_identity(built))
        ]
        self._told(
            "only the intended fields change", found, f"{len(self.values)} fields, {len(self.added)} new objects"
        )

    def _sense(self, base: Sequence[_Object], built: Sequence[_Object]) -> None:
        """Check requests against limits, volumes that only grow, and everything that `fvcap check` calls an error."""
        before, after = by_identity(base), by_identity(built)
        found: list[Problem] = []
        for identity, item in after.items():
            if item != before.get(identity):
                found += _senseless(before.get(identity, {}), item, built)
        self._told("requests fit limits, volumes only grow", found, "")
        new = self._new_errors(built)
        self._told("quotas and limit ranges hold every pod", new, "every HPA at its maximum, with the largest roll-out")

    def _new_errors(self, built: Sequence[_Object]) -> list[Problem]:
        known = {(item.rule, item.field) for item in check_cluster(self.scenario.cluster)}
        cluster, problems = objects_of_mappings(built)
        errors = [item for item in (*problems, *check_cluster(cluster)) if item.severity == "error"]
        return [item for item in errors if (item.rule, item.field) not in known]

    def _schema(self, base: Sequence[_Object], built: Sequence[_Object]) -> None:
        before = by_identity(base)
        changed = [item for identity, item in by_identity(built).items() if item != before.get(identity)]
        outcome = check_schema(changed)
        if outcome is None:
            hint = "pip install 'fvcapacity[validate]' checks it"
            self.checks.append(Check("the Kubernetes schema allows it", "skipped", hint))
            return
        version, found = outcome
        self._told("the Kubernetes schema allows it", found, f"Kubernetes {version}, strict")

    def _reimport(self, promised: Scenario) -> None:
        """Check that the overlay, read again, is the promised scenario: what was replayed is what is handed over."""
        found = []
        try:
            again = self.scenario.with_patch(self.directory)
            for path in self.values:
                one, two = promised.value(path), again.value(path)
                if one != two:
                    message = f"it is {two}, and {one} was promised"
                    found.append(Problem(message, Location(str(self.directory)), field=path, rule="overlay-differs"))
        except InputError as error:
            self._told("read again, it is what was promised", error.problems, "")
            return
        one_said, two_said = _said(promised), _said(again)
        detail = f"{len(self.values)} values"
        if not found and _in_any_order(one_said) != _in_any_order(two_said):
            message = "read again, the manifests say something else than what was promised"
            found.append(Problem(message, Location(str(self.directory)), rule="overlay-differs"))
        elif one_said != two_said:
            detail += ", objects in another order"
        self._told("read again, it is what was promised", found, detail)

    def _told(self, name: str, problems: Sequence[Problem], detail: str) -> None:
        self.problems += problems
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        self.checks.append(Check(name, "failed" if problems else "passed", count if problems else detail))


def _senseless(before: _Object, after: _Object, objects: Sequence[_Object]) -> list[Problem]:
    try:
        return check_object(before, after, objects)
    except (ValueError, TypeError) as error:  # what was built need not be of the API's types
        name = f"{str(after.get('kind')).lower()}/{(after.get('metadata') or {}).get('name')}"
        return [Problem(str(error), field=name, rule="senseless-value")]


def _said(scenario: Scenario) -> dict[str, Any]:
    """Return what manifests say, without our annotation."""
    said: dict[str, Any] = json.loads(canonical_json(scenario.cluster))
    for items in said.values():
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and isinstance(item.get("annotations"), dict):
                item["annotations"].pop(ANNOTATION, None)
    return said


def _in_any_order(said: dict[str, Any]) -> dict[str, Any]:
    lists = {
        name: sorted(json.dumps(item) for item in items) for name, items in said.items() if isinstance(items, list)
    }
    return {**said, **lists}
