"""Checks over the whole of a scenario: is each part right by itself, and do the parts fit together.

Pure: models in, findings out. `fvcapacity.inputs.load_scenario` adds file, line and column.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from fvcapacity.scenario.autoscaling_checks import check_autoscaling
from fvcapacity.scenario.backup_checks import check_backups
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.cluster_checks import check_cluster
from fvcapacity.scenario.cost_checks import check_cost
from fvcapacity.scenario.fault_checks import check_faults
from fvcapacity.scenario.finding import Finding, Path, did_you_mean
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.karpenter_checks import check_karpenter
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.prices import PriceList
from fvcapacity.scenario.rollout_checks import check_rollout_times, check_rollouts
from fvcapacity.scenario.schedule_checks import check_schedule
from fvcapacity.scenario.stretch_checks import check_stretches
from fvcapacity.scenario.topology import Topology
from fvcapacity.scenario.topology_checks import check_topology


def check_scenario(
    file: ScenarioFile,
    topology: Topology | None = None,
    cluster: ClusterObjects | None = None,
    prices: PriceList | None = None,
) -> list[Finding]:
    """Return everything that is wrong or doubtful, as far as the parts are there.

    Parameters
    ----------
    file
        What the user wrote.
    topology, cluster, prices
        None when they could not be read: then only what needs none of them is checked.
    """
    findings = [*_time(file), *_finite(file), *_nodes(file)]
    findings += [*check_autoscaling(file, prices), *check_karpenter(file, prices)]
    findings += check_faults(file, time_zone(file), topology, cluster)
    findings += check_backups(file, topology, cluster)
    findings += check_stretches(file, time_zone(file))
    findings += check_schedule(file, time_zone(file), cluster)
    findings += check_cost(file, topology, cluster, prices)
    if topology is not None:
        findings += check_topology(topology)
        findings += _names_of_routes(file, topology)
        findings += _shares(file, topology)
    if topology is not None and cluster is not None:
        findings += check_cluster(topology, cluster)
        findings += check_rollouts(file, topology, cluster)
    return findings


def time_zone(file: ScenarioFile) -> ZoneInfo | None:
    """Return the scenario's time zone, or None when there is no such zone."""
    try:
        return ZoneInfo(file.time_zone)
    except (KeyError, OSError, ValueError):  # not found; a directory of zones; a path
        return None


def _time(file: ScenarioFile) -> Iterator[Finding]:
    zone = time_zone(file)
    if zone is None:
        hint = did_you_mean(file.time_zone, sorted(available_timezones()), otherwise="write it like America/Santiago")
        yield Finding("scenario", ("time_zone",), f"there is no time zone {file.time_zone!r}", hint, rule="time-zone")
        return
    start = None
    try:
        start = epoch_ns(file.window.start, zone)
    except ValueError as error:
        yield Finding("scenario", ("window", "start"), str(error), "give the time with its offset", rule="time-zone")
    yield from check_rollout_times(file, zone)
    for number, event in enumerate(file.traffic.events):
        path: Path = ("traffic", "events", number, "start")
        try:
            begin = epoch_ns(event.start, zone)
        except ValueError as error:
            yield Finding("scenario", path, str(error), "give the time with its offset", rule="time-zone")
            continue
        if start is not None:
            yield from _outside(file, start, begin, event.start, event.duration, event.ramp, event.name, path)


def _outside(
    file: ScenarioFile, start: int, begin: int, shown: datetime, duration: int, ramp: int, name: str, path: Path
) -> Iterator[Finding]:
    ends_before = begin + duration + ramp <= start
    begins_after = begin - ramp >= start + file.window.duration
    if ends_before or begins_after:
        what = f"the event {name!r}" if name else f"the event of {shown}"
        side = "ends before the window begins" if ends_before else "begins after the window has ended"
        message = f"{what} {side}: it changes nothing"
        yield Finding("scenario", path, message, "move the event or the window", severity="note", rule="event-outside")


def _finite(file: ScenarioFile) -> Iterator[Finding]:
    traffic = file.traffic
    numbers: list[tuple[Path, float]] = [(("traffic", "scale"), traffic.scale)]
    numbers += [(("traffic", "events", i, "multiply"), event.multiply) for i, event in enumerate(traffic.events)]
    if traffic.weekly is not None:
        numbers.append((("traffic", "weekly", "mean_rps"), traffic.weekly.mean_rps))
    for path, number in numbers:
        if math.isinf(number):
            yield Finding("scenario", path, "there is no infinite traffic", "write a number", rule="infinite")


def _nodes(file: ScenarioFile) -> Iterator[Finding]:
    for name, pool in file.nodes.items():
        path: Path = ("nodes", name)
        if not pool.minimum <= pool.count <= pool.maximum:
            message = f"count {pool.count} is not between minimum {pool.minimum} and maximum {pool.maximum}"
            yield Finding("scenario", (*path, "count"), message, "make minimum <= count <= maximum", rule="node-pool")
        for allocatable, whole in (("allocatable_cpu", "cpu"), ("allocatable_memory", "memory")):
            part, total = getattr(pool, allocatable), getattr(pool, whole)
            if part > total:
                message = f"{allocatable} {part:g} is more than the node's {whole} {total:g}"
                yield Finding("scenario", (*path, allocatable), message, "less stays for pods", rule="node-pool")
        if not pool.zones:
            yield Finding("scenario", (*path, "zones"), "the pool has no zone", "name one", rule="node-pool")
    if not any(pool.count for pool in file.nodes.values()):
        yield Finding(
            "scenario", ("nodes",), "no pool has a node at the start", "give a pool a count", rule="node-pool"
        )


def _names_of_routes(file: ScenarioFile, topology: Topology) -> Iterator[Finding]:
    named: list[tuple[Path, str, bool]] = []
    for number, event in enumerate(file.traffic.events):
        named += [(("traffic", "events", number, "shares", route), route, True) for route in event.shares]
    if file.traffic.users is not None:
        journey = enumerate(file.traffic.users.journey)
        named += [(("traffic", "users", "journey", number), route, False) for number, route in journey]
    for path, route, at_key in named:
        if route not in topology.routes:
            hint = did_you_mean(route, topology.routes)
            message = f"the topology has no route {route!r}"
            yield Finding("scenario", path, message, hint, rule="unknown-route", at_key=at_key)


def _shares(file: ScenarioFile, topology: Topology) -> Iterator[Finding]:
    for number, event in enumerate(file.traffic.events):
        for route, factor in event.shares.items():
            if not 0 <= factor < float("inf"):
                path: Path = ("traffic", "events", number, "shares", route)
                yield Finding("scenario", path, f"{factor:g} is no factor on a share", "write 0 or more", rule="share")
    silent = all(route.share == 0 for route in topology.routes.values())
    if file.traffic.weekly is not None and topology.routes and silent:
        message = "the shares of all routes are zero, so no route gets any traffic"
        yield Finding("topology", ("routes",), message, "give the routes a share", rule="no-shares")
