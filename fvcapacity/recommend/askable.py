"""Whether a recommendation can be asked for at all: prices, requests, traffic, and enough of it.

What the user has to mend is raised, all of it together. What the data do not bear is a verdict with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fvcapacity.errors import InputError, Problem, ScenarioError
from fvcapacity.frozen import Frozen
from fvcapacity.recommend.candidates import Candidates
from fvcapacity.recommend.missing_data import MissingData, missing_words
from fvcapacity.recommend.recommend import bounds_of
from fvcapacity.recommend.scope import sized_containers
from fvcapacity.recommend.variables import container_path
from fvcapacity.scenario.model import JUDGED_WINDOW_NS, Scenario
from fvcapacity.study.peaks import expected_requests
from fvcapacity.units import NS_PER_S, format_duration

_DAY_NS = 86_400 * NS_PER_S
_RESOURCES = ("cpu", "memory")


class Refusal(Frozen):
    """Why nothing can be recommended, and the nearest thing that can be had."""

    why: str
    nearest: str


def check_askable(scenario: Scenario) -> None:
    """Check prices, pins and bounds.

    Raises
    ------
    ScenarioError
        With everything that is wrong.
    """
    problems = list(_unpriced(scenario))
    try:
        bounds_of(scenario)
    except InputError as error:
        problems += error.problems
    if problems:
        raise ScenarioError(problems)


def refusal(candidates: Candidates, missing: MissingData) -> Refusal | None:
    """Return why the history does not bear a recommendation; None when it does."""
    policy = candidates.base.file.recommend
    if 100 * missing.ratio > policy.most_missing_percent:
        return Refusal(
            f"{missing_words(missing)}; at most {policy.most_missing_percent:g} % may be missing",
            "choose a stretch with fewer gaps for `history`, or accept more with `recommend.most_missing_percent`",
        )
    requests, judged_ns = np.sum([_judged(candidates.stretch(name)) for name in candidates.history], axis=0)
    if requests == 0:
        return Refusal(
            "no user request is expected in the history, so that there is nothing to hold a configuration against",
            "give the scenario traffic: `traffic.file`, `traffic.weekly`, or a `traffic.scale` above 0",
        )
    if judged_ns < max(policy.least_history, 1):
        asked = format_duration(policy.least_history)
        return Refusal(
            f"there is too little history: {format_duration(int(judged_ns))} of it have the"
            f" {candidates.base.file.objectives.minimum_requests} requests in five minutes that it takes to judge them,"
            f" and {asked} are asked for",
            "give a longer `history`, or ask for less with `recommend.least_history`",
        )
    without, sized = set(unsized(candidates.base)), _sized(candidates.base)
    if all((path, resource) in without for path in sized for resource in _RESOURCES):
        return Refusal(
            f"no container that serves requests has a request or a limit to begin with ({_listed(sized)})",
            "write requests first: `fvcap simulate SCENARIO --monitoring-interval 1m` shows what each container uses",
        )
    return None


def is_short(candidates: Candidates) -> bool:
    """Tell whether the history is shorter than a day, so that a month is made of a part of a day."""
    return sum(candidates.stretch(name).file.window.duration for name in candidates.history) < _DAY_NS


def unsized(scenario: Scenario) -> list[tuple[str, str]]:
    """Return the containers that write neither a request nor a limit, with the resource that they leave open."""
    found = []
    for workload in scenario.cluster.workloads:
        if workload.kind not in ("Deployment", "StatefulSet"):
            continue
        for item in workload.template.containers:
            if item.kind == "init":
                continue
            path = container_path(workload, item.name)
            if item.cpu_request_cores is None and item.cpu_limit_cores is None:
                found.append((path, _RESOURCES[0]))
            if item.memory_request_bytes is None and item.memory_limit_bytes is None:
                found.append((path, _RESOURCES[1]))
    return found


def _sized(scenario: Scenario) -> list[str]:
    found = sized_containers(scenario, scenario.file.recommend)
    workloads = {item.key: item for item in scenario.cluster.workloads}
    return [container_path(workloads[key], name) for key, names in found.items() for name in names]


def _unpriced(scenario: Scenario) -> Iterator[Problem]:
    """Yield what has no price, with the nearest price that there is."""
    cost, prices = scenario.file.cost, scenario.prices
    if cost is None or prices is None:
        hint = "add `cost: {prices: FILE, region: REGION}`; shipped lists stand in data/prices"
        yield Problem("the scenario has no prices, so that nothing can be called cheaper", field="cost", hint=hint)
        return
    for name, pool in scenario.file.nodes.items():
        if prices.instance(pool.instance_type, cost.region, spot=pool.spot) is not None:
            continue
        kind = "spot " if pool.spot else ""
        known = [item for item in prices.prices if item.kind == "instance"]
        elsewhere = sorted({item.region for item in known if item.name == pool.instance_type and item.region})
        here = sorted({item.name for item in known if item.region == cost.region})
        nearest = f"it has one in {', '.join(elsewhere)}" if elsewhere else f"priced there: {_listed(here) or 'none'}"
        yield Problem(
            f"{kind}{pool.instance_type} has no price in region {cost.region}",
            field=f"nodes.{name}.instance_type",
            hint=f"add it to {cost.prices}, or choose another type or region; {nearest}",
        )


def _judged(scenario: Scenario) -> tuple[float, int]:
    """Return the user requests that are expected of a stretch, and how much of it has enough of them to be judged."""
    duration = scenario.file.window.duration
    if scenario.traffic is None:
        return float("inf"), duration
    windows = expected_requests(scenario)
    enough = int((windows >= scenario.file.objectives.minimum_requests).sum())
    return float(np.sum(windows)), min(enough * JUDGED_WINDOW_NS, duration)


def _listed(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
