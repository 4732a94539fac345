"""Checks of a schedule: fields that there are, at times that are simulated, with values that their maximums bear."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from fvcapacity.errors import ScenarioError
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.finding import Finding, Path, did_you_mean
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.paths.grammar import FieldPath, parse_path, quoted

OUTSIDE = "schedule-outside"
"""Rule of a change that the window never comes to."""
_SCHEDULABLE = {"hpa": "min", "nodes": "minimum"}
_FORM = "a schedule changes hpa/NAME.min and nodes/POOL.minimum; patch the manifests for the rest"


def check_schedule(file: ScenarioFile, zone: ZoneInfo | None, cluster: ClusterObjects | None) -> Iterator[Finding]:
    """Yield what is wrong with when something changes, and with what.

    Parameters
    ----------
    zone, cluster
        None when they could not be read: then only what needs none of them is checked.
    """
    seen: dict[tuple[int, str], int] = {}
    for number, change in enumerate(file.schedule):
        if zone is not None:
            yield from _instant(file, zone, number, seen)
        for written, value in change.values.items():
            yield from _value(file, cluster, ("schedule", number, "values", written), written, value)


def _instant(file: ScenarioFile, zone: ZoneInfo, number: int, seen: dict[tuple[int, str], int]) -> Iterator[Finding]:
    change, path = file.schedule[number], ("schedule", number, "at")
    try:
        at = epoch_ns(change.at, zone)
    except ValueError as error:
        yield Finding("scenario", path, str(error), "give the time with its offset", rule="time-zone")
        return
    for written in change.values:
        if seen.setdefault((at, _canonical(written)), number) != number:
            message = f"{written} is set twice at this time"
            yield Finding("scenario", path, message, "keep one of the two", rule="schedule-twice")
    try:
        start = epoch_ns(file.window.start, zone)
    except ValueError:
        return  # said of the window
    if not start - file.window.warm_up <= at < start + file.window.duration:
        side = "before the warm-up begins" if at < start else "after the window has ended"
        message = f"{change.at} is {side}: nothing would change then"
        yield Finding("scenario", path, message, "move the change or the window", rule=OUTSIDE)


def _value(
    file: ScenarioFile, cluster: ClusterObjects | None, path: Path, written: str, value: int
) -> Iterator[Finding]:
    try:
        parsed = parse_path(written)
    except ScenarioError as error:
        for problem in error.problems:
            yield Finding("scenario", path, problem.message, problem.hint, rule="path", at_key=True)
        return
    if _SCHEDULABLE.get(parsed.owner) != parsed.kind.field or parsed.container:
        message = f"{written} cannot be scheduled"
        yield Finding("scenario", path, message, _FORM, rule="schedule-field", at_key=True)
    elif parsed.owner == "nodes":
        yield from _of_pool(file, path, parsed, value)
    elif cluster is not None:
        yield from _of_hpa(cluster, path, parsed, value)


def _canonical(written: str) -> str:
    try:
        return str(parse_path(written))
    except ScenarioError:
        return written  # said of the path


def _of_pool(file: ScenarioFile, path: Path, parsed: FieldPath, value: int) -> Iterator[Finding]:
    pool = file.nodes.get(parsed.name)
    if pool is None:
        hint = did_you_mean(parsed.name, sorted(file.nodes))
        yield Finding("scenario", path, f"no node pool is named {parsed.name!r}", hint, rule="node-pool", at_key=True)
    elif file.provisioner == "karpenter":
        message = f"with Karpenter the pool {parsed.name!r} keeps its count"
        hint = "schedule the minimums of HPAs: Karpenter buys machines for their pods"
        yield Finding("scenario", path, message, hint, rule="schedule-field", at_key=True)
    elif value > pool.maximum:
        message = f"{value} machines are more than the maximum {pool.maximum} of the pool {parsed.name!r}"
        hint = f"write at most {pool.maximum}, or raise nodes/{quoted(parsed.name)}.maximum"
        yield Finding("scenario", path, message, hint, rule="schedule-maximum")


def _of_hpa(cluster: ClusterObjects, path: Path, parsed: FieldPath, value: int) -> Iterator[Finding]:
    hpa = next((item for item in cluster.autoscalers if item.name == parsed.name), None)
    if hpa is None:
        hint = did_you_mean(parsed.name, sorted(item.name for item in cluster.autoscalers))
        message = f"the manifests have no HPA {parsed.name!r}"
        yield Finding("scenario", path, message, hint, rule="unknown-hpa", at_key=True)
    elif value < 1:
        yield Finding("scenario", path, f"{value} is not at least 1", "write 1 or more", rule="schedule-minimum")
    elif value > hpa.max_replicas:
        message = f"{value} pods are more than maxReplicas {hpa.max_replicas} of {parsed.object}"
        hint = f"write at most {hpa.max_replicas}, or raise {parsed.object}.max"
        yield Finding("scenario", path, message, hint, rule="schedule-maximum")
