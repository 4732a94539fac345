"""A scenario with patched manifests, checked as if it had been loaded so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fvcapacity.errors import ManifestError, Problem, ScenarioError
from fvcapacity.frozen import Frozen, replace
from fvcapacity.inputs.canonical import manifests_hash
from fvcapacity.inputs.manifests.collect import collect
from fvcapacity.inputs.manifests.located import LocatedMap, clone
from fvcapacity.inputs.manifests.patching import Patching
from fvcapacity.inputs.model_validation import in_file_order
from fvcapacity.inputs.rollouts import RolloutPatch, new_versions
from fvcapacity.scenario.checks import check_scenario
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.finding import Finding
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.patch import Change


class ManifestPatcher(Frozen):
    """What the loader keeps to be able to change a scenario's manifests.

    Attributes
    ----------
    objects
        The objects as mappings of the API, patched by now.
    problems
        Warnings of the load that no patch can change.
    place
        Gives a finding of the checks its place in the files.
    rollouts
        New versions that come in during the run: their patches are merged into the patched objects.
    sources
        Files and directories that the manifests were read from.
    collected
        What reading the objects, as they are now, found; None when it is not known, as they come from the files.
    """

    objects: tuple[LocatedMap, ...]
    problems: tuple[Problem, ...]
    place: Callable[[Finding], Problem]
    rollouts: tuple[RolloutPatch, ...] = ()
    sources: tuple[Path, ...] = ()
    collected: tuple[Problem, ...] | None = None

    def patched(
        self, scenario: Scenario, changes: Sequence[Change], added: Sequence[Mapping[str, Any]] = ()
    ) -> Scenario:
        """Return the scenario with changed manifests, and new objects at their end.

        Raises
        ------
        ManifestError
            When a patch misses its target or leaves an object that cannot be read.
        ScenarioError
            When the patched manifests do not fit the rest of the scenario.
        """
        patching = Patching(self.objects)
        patching.apply(changes)
        patching.add(added)
        _refuse(ManifestError, patching.problems)
        objects = tuple(patching.objects)
        collected = list(self.collected or ())
        untouched = not changes and not added and self.collected is not None
        cluster = scenario.cluster if untouched else _collected(objects, scenario.cluster, collected)
        collected = patching.as_errors(collected)
        _refuse(ManifestError, collected)
        found = [
            self.place(finding)
            for finding in check_scenario(scenario.file, scenario.topology, cluster, scenario.prices)
        ]
        versions, mistaken = new_versions(self.rollouts, objects, cluster, scenario.topology, self.place)
        found += mistaken
        _refuse(ScenarioError, found)
        hashed = scenario.input_hashes["manifests"] if untouched else manifests_hash(cluster)
        problems = [*self.problems, *patching.problems, *collected, *found]
        if changes and hashed == scenario.input_hashes.get("manifests"):
            message = f"{', '.join(patching.told) or 'the patch'} changes nothing that capacity depends on"
            problems.append(Problem(message, severity="warning", rule="patch-without-effect"))
        return replace(
            scenario,
            cluster=cluster,
            versions=versions,
            input_hashes={**scenario.input_hashes, "manifests": hashed},
            findings=told(problems, scenario.traffic.notes if scenario.traffic is not None else ()),
            changes=(*scenario.changes, *patching.told),
            patcher=replace(
                self, objects=objects, problems=(*self.problems, *patching.problems), collected=tuple(collected)
            ),
        )


def told(problems: Sequence[Problem], notes: Sequence[str]) -> tuple[str, ...]:
    """Return what is remarkable about a scenario: its warnings in the order of files and lines, and notes."""
    warnings = sorted((problem for problem in problems if problem.severity == "warning"), key=in_file_order)
    return (*(str(problem) for problem in dict.fromkeys(warnings)), *notes)


def _collected(objects: Sequence[LocatedMap], before: ClusterObjects, problems: list[Problem]) -> ClusterObjects:
    """Return what the objects say; what is wrong with them takes the place of what ``problems`` holds."""
    problems.clear()
    cluster, _ = collect([clone(data) for data in objects], problems)
    return _with_secrets_known(cluster, before)


def _with_secrets_known(cluster: ClusterObjects, before: ClusterObjects) -> ClusterObjects:
    """Return a cluster that knows which Secrets had values in a file: the values themselves are not kept."""
    held = {(item.name, item.namespace) for item in before.secrets if item.has_data}
    secrets = tuple(
        replace(item, has_data=item.has_data or (item.name, item.namespace) in held) for item in cluster.secrets
    )
    return replace(cluster, secrets=secrets)


def _refuse(error_class: type[ManifestError] | type[ScenarioError], problems: Sequence[Problem]) -> None:
    errors = sorted(dict.fromkeys(p for p in problems if p.severity == "error"), key=in_file_order)
    if errors:
        raise error_class(errors)
