"""Checks of Karpenter's NodePools: can they be bought, paid for, and given back as they say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fvcapacity.scenario.finding import Finding, Path
from fvcapacity.scenario.karpenter import InstanceType, KarpenterPool
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.prices import PriceList

_PERCENT = re.compile(r"(100|[0-9]{1,2})%")
_RULE = "karpenter"


def check_karpenter(file: ScenarioFile, prices: PriceList | None) -> Iterator[Finding]:
    """Yield what is wrong; ``prices`` is None when there are none, or none that could be read."""
    settings = file.karpenter
    if file.provisioner == "karpenter" and settings is None:
        hint = "add karpenter: {node_pools: ...}, or use cluster-autoscaler"
        yield Finding("scenario", ("provisioner",), "Karpenter has no node pools", hint, rule=_RULE)
    if settings is None:
        return
    if file.provisioner != "karpenter":
        message, hint = "these node pools have no effect", "write provisioner: karpenter, or remove them"
        yield Finding("scenario", ("karpenter",), message, hint, severity="warning", rule=_RULE, at_key=True)
    if settings.batch_idle > settings.batch_max:
        message = "batch_idle is longer than batch_max, which always comes first"
        yield Finding("scenario", ("karpenter", "batch_idle"), message, "make it shorter", rule=_RULE)
    for name, pool in settings.node_pools.items():
        path: Path = ("karpenter", "node_pools", name)
        if name in file.nodes:
            message = f"{name!r} is also the name of a pool of nodes"
            yield Finding("scenario", path, message, "give it another name", rule=_RULE, at_key=True)
        yield from _pool(pool, path)
        for index, machine in enumerate(pool.instance_types):
            yield from _machine(machine, (*path, "instance_types", index))
            yield from _prices(machine, (*path, "instance_types", index), file, prices)


def _pool(pool: KarpenterPool, path: Path) -> Iterator[Finding]:
    if isinstance(pool.budget, str) and not _PERCENT.fullmatch(pool.budget):
        hint = 'write 2 or "10%"'
        yield Finding("scenario", (*path, "budget"), f"{pool.budget!r} is no budget", hint, rule=_RULE)
    if isinstance(pool.budget, int) and pool.budget < 0:
        yield Finding("scenario", (*path, "budget"), f"{pool.budget} is no budget", "write 0 or more", rule=_RULE)
    names = [machine.name for machine in pool.instance_types]
    for index, name in enumerate(names):
        if name in names[:index]:
            message = f"{name!r} is listed twice"
            yield Finding("scenario", (*path, "instance_types", index, "name"), message, "list it once", rule=_RULE)
    for resource in ("cpu", "memory"):
        limit = getattr(pool.limits, resource)
        smallest = min(getattr(machine, resource) for machine in pool.instance_types)
        if limit is not None and limit < smallest:
            message = f"the limit {limit:g} is less than the {resource} of every instance type: nothing can be bought"
            yield Finding("scenario", (*path, "limits", resource), message, "raise it", rule=_RULE)


def _machine(machine: InstanceType, path: Path) -> Iterator[Finding]:
    for allocatable, whole in (("allocatable_cpu", "cpu"), ("allocatable_memory", "memory")):
        part, total = getattr(machine, allocatable), getattr(machine, whole)
        if part > total:
            message = f"{allocatable} {part:g} is more than the machine's {whole} {total:g}"
            yield Finding("scenario", (*path, allocatable), message, "less stays for pods", rule=_RULE)
    for name in ("zones", "capacity_types"):
        if not getattr(machine, name):
            yield Finding("scenario", (*path, name), f"{machine.name} has no {name}", "name one", rule=_RULE)


def _prices(machine: InstanceType, path: Path, file: ScenarioFile, prices: PriceList | None) -> Iterator[Finding]:
    for kind, field in (("on-demand", "usd_per_hour"), ("spot", "spot_usd_per_hour")):
        if kind not in machine.capacity_types or getattr(machine, field) is not None:
            continue
        if prices is None and file.cost is not None:
            continue  # that they cannot be read is said elsewhere
        spot = kind == "spot"
        region = file.cost.region if file.cost else None
        if prices is None or prices.instance(machine.name, region, spot=spot) is None:
            message = f"{machine.name} has no {kind} price, and Karpenter buys by price"
            hint = f"write {field}, or add it to the price list"
            yield Finding("scenario", path, message, hint, rule=_RULE)
