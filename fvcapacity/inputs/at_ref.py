"""A scenario as it is, and as it was at another commit, under the same traffic, window and prices."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fvcapacity.errors import InputError, Location, Problem, ScenarioError
from fvcapacity.frozen import Frozen, replace
from fvcapacity.inputs.git_tree import GitTree, git_tree
from fvcapacity.inputs.scenario import load_scenario
from fvcapacity.inputs.sides import Side, side_of
from fvcapacity.inputs.yaml_source import load_yaml
from fvcapacity.scenario.model import Scenario

OWN_TRAFFIC = "A ran under the traffic of its own commit: the routes of the branch's traffic are not all known there."

_UNUSED = ("history", "holdout", "calendar")
"""Other stretches of time, which a comparison of one window has no use for; their traffic need not be there."""


class SidesAtRef(Frozen):
    """A configuration at a commit, and that of the working tree.

    Attributes
    ----------
    first, second
        At the commit, and now.
    ref, commit
        What was asked for, and the commit that it means.
    notes
        What a reader has to know of how they were made alike.
    """

    first: Side
    second: Side
    ref: str
    commit: str
    notes: tuple[str, ...] = ()


@contextmanager
def load_sides_at_ref(path: str | Path, ref: str, overrides: Mapping[str, Any] | None = None) -> Iterator[SidesAtRef]:
    """Load a scenario of the working tree, and the same file with all that it names as they are at a commit.

    Manifests, topology, node pools and all other settings of the first are those of the commit. Traffic, window and
    price list are the working tree's on both sides, so that a difference is that of the system. Files of the commit
    exist as long as the context lasts.

    Parameters
    ----------
    path
        The scenario's YAML in the working tree.
    ref
        Branch, tag or commit.
    overrides
        As `load_scenario` takes them; for both.

    Raises
    ------
    InputError
        When the ref is not known or does not have the file, and with all problems of either scenario.
    SourceError
        When git fails.
    """
    given = dict(overrides or {})
    now = load_scenario(path, overrides=given)
    with git_tree(path, ref) as tree:
        there = tree.at(path)
        try:
            before, notes = _load_before(there, Path(path), given)
        except InputError as error:
            raise type(error)([_told_of(problem, tree) for problem in error.problems]) from None
        before = _made_alike(before, now, tree, there.parent, Path(path).parent)
        names = f"{ref} ({tree.commit[:12]})", str(path)
        first, second = (side_of(name, scenario) for name, scenario in zip(names, (before, now), strict=True))
        yield SidesAtRef(first, second, ref, tree.commit, notes)


def _load_before(there: Path, path: Path, given: dict[str, Any]) -> tuple[Scenario, tuple[str, ...]]:
    """Return the scenario at the commit, and remarks; its own traffic runs when that of the branch does not fit."""
    prices, load = _common(there, path)
    try:
        return load_scenario(there, overrides={**prices, **load, **given}), ()
    except InputError as error:
        try:
            own = load_scenario(there, overrides={**prices, **given})
        except InputError:
            raise error from None
        return own, (OWN_TRAFFIC,)


def _common(there: Path, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return overrides for what both sides share: the price list, and the window and traffic of the working tree."""
    now, then = _raw(path), _raw(there)
    load: dict[str, Any] = {name: now[name] for name in ("window", "time_zone") if name in now}
    load |= dict.fromkeys(_UNUSED)
    load["traffic"] = traffic = dict(now.get("traffic") or {})
    if isinstance(traffic.get("file"), str):
        traffic["file"] = _absolute(path, traffic["file"])
    weekly = traffic.get("weekly")
    if isinstance(weekly, Mapping) and isinstance(weekly.get("file"), str):
        traffic["weekly"] = {**weekly, "file": _absolute(path, weekly["file"])}
    cost = now.get("cost")
    if not isinstance(cost, Mapping) or not isinstance(cost.get("prices"), str):
        return {}, load
    prices = _absolute(path, cost["prices"])
    if isinstance(then.get("cost"), Mapping):
        return {"cost.prices": prices}, load
    found = {**cost, "prices": prices}
    staging = cost.get("staging")
    if isinstance(staging, Mapping) and isinstance(staging.get("manifests"), list):
        found["staging"] = {**staging, "manifests": [_absolute(path, str(name)) for name in staging["manifests"]]}
    return {"cost": found}, load


def _raw(path: Path) -> dict[str, Any]:
    documents = load_yaml(path, error_class=ScenarioError)
    data = documents[0].data if len(documents) == 1 else None
    return data if isinstance(data, dict) else {}


def _absolute(path: Path, text: str) -> str:
    return str((path.resolve().parent / text).resolve())


def _made_alike(before: Scenario, now: Scenario, tree: GitTree, there: Path, here: Path) -> Scenario:
    """Let the older scenario call the shared files what the newer one calls them, so that no temporary name is told."""
    file = before.file
    update: dict[str, Any] = {name: getattr(now.file, name) for name in _UNUSED}
    files = (file.traffic.file, file.traffic.weekly.file if file.traffic.weekly is not None else None)
    if any(name is not None and Path(name).is_absolute() for name in files):
        update["traffic"] = now.file.traffic
    if file.cost is not None and now.file.cost is not None and Path(file.cost.prices).is_absolute():
        update["cost"] = file.cost.model_copy(update={"prices": now.file.cost.prices})
    hashes = {_name(name, tree, there, here): value for name, value in before.input_hashes.items()}
    return replace(before, file=file.model_copy(update=update), input_hashes=dict(sorted(hashes.items())))


def _name(name: str, tree: GitTree, there: Path, here: Path) -> str:
    """Return an input by its path from its scenario: that of the commit, or that of the working tree."""
    full = Path(os.path.normpath(there / name))
    if name == "manifests" or full.is_relative_to(tree.root):
        return name
    return Path(os.path.relpath(full, here.resolve())).as_posix()


def _told_of(problem: Problem, tree: GitTree) -> Problem:
    """Name a file of the commit as git does: ``main:k8s/shop.yaml``."""
    place = problem.location
    if place is None or not Path(place.file).is_relative_to(tree.root):
        return problem
    inside = Path(place.file).relative_to(tree.root).as_posix()
    return replace(problem, location=Location(f"{tree.ref}:{inside}", place.line, place.column, place.private))
