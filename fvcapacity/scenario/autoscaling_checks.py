"""Checks of how machines come and go: settings of scheduler and cluster autoscaler that cannot do what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fvcapacity.scenario.finding import Finding, Path
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.prices import PriceList

_AUTOSCALER: Path = ("cluster", "autoscaler")
_SCHEDULER: Path = ("cluster", "scheduler")


def check_autoscaling(file: ScenarioFile, prices: PriceList | None) -> Iterator[Finding]:
    """Yield what is wrong with the settings; ``prices`` is None when there are none, or none that could be read."""
    yield from _scheduler(file)
    yield from _priorities(file)
    yield from _prices(file, prices)


def _scheduler(file: ScenarioFile) -> Iterator[Finding]:
    settings = file.cluster.scheduler
    points = [point.utilization for point in settings.shape]
    if settings.scoring == "RequestedToCapacityRatio" and not points:
        message = "RequestedToCapacityRatio needs a shape: which utilization is worth which score"
        hint = "write shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]"
        yield Finding("scenario", (*_SCHEDULER, "scoring"), message, hint, rule="scoring")
    if points != sorted(set(points)):
        message = f"the utilizations of the shape do not rise: {', '.join(str(point) for point in points)}"
        yield Finding("scenario", (*_SCHEDULER, "shape"), message, "put them in order, each once", rule="scoring")
    for name, weight in settings.resources.items():
        if not 1 <= weight <= 100:
            message = f"the weight {weight} of {name} is not between 1 and 100"
            yield Finding("scenario", (*_SCHEDULER, "resources", name), message, "write 1 to 100", rule="scoring")


def _priorities(file: ScenarioFile) -> Iterator[Finding]:
    settings = file.cluster.autoscaler
    if "priority" in settings.expander and not settings.priorities:
        message = "the expander priority has no priorities: lots would be drawn"
        hint = "write priorities: {10: [.*], 50: [spot]} under cluster.autoscaler"
        yield Finding("scenario", (*_AUTOSCALER, "expander"), message, hint, rule="expander")
    for number, patterns in settings.priorities.items():
        for index, pattern in enumerate(patterns):
            path: Path = (*_AUTOSCALER, "priorities", number, index)
            try:
                found = any(re.search(pattern, name) for name in file.nodes)
            except re.error as error:
                message = f"{pattern!r} is no regular expression: {error}"
                yield Finding("scenario", path, message, "write a pattern on names of node pools", rule="expander")
                continue
            if not found:
                message = f"{pattern!r} matches no node pool"
                hint = f"the pools are {', '.join(file.nodes)}"
                yield Finding("scenario", path, message, hint, severity="warning", rule="expander")


def _prices(file: ScenarioFile, prices: PriceList | None) -> Iterator[Finding]:
    settings = file.cluster.autoscaler
    if "price" not in settings.expander:
        return
    if file.cost is None:
        message = "the expander price needs a price list"
        hint = "name one under cost, or use least-waste"
        yield Finding("scenario", (*_AUTOSCALER, "expander"), message, hint, rule="expander")
    elif prices is not None:
        for name, pool in file.nodes.items():
            if prices.instance(pool.instance_type, file.cost.region, spot=pool.spot) is None:
                kind = "spot machine" if pool.spot else "machine"
                message = f"the price list has no price for the {kind} {pool.instance_type}: the pool is never chosen"
                path = ("nodes", name, "instance_type")
                yield Finding(
                    "scenario", path, message, "add its price to the list", severity="warning", rule="expander"
                )
