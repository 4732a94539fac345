"""Checks of the faults of a scenario: do they strike something that is there, while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.faults import DnsLatency, Fault, NodeLoss, PodKill, SaturatedVolume, ZoneLoss
from fvcapacity.scenario.finding import Finding, Path, did_you_mean
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.topology import Topology

_RULE = "fault"


def check_faults(
    file: ScenarioFile, zone: ZoneInfo | None, topology: Topology | None, cluster: ClusterObjects | None
) -> Iterator[Finding]:
    """Yield what is wrong with the faults, as far as the parts are there."""
    for number, fault in enumerate(file.faults):
        path: Path = ("faults", number)
        yield from _moment(file, zone, fault, path)
        yield from _machines(file, fault, path)
        if topology is not None:
            yield from _services(fault, path, topology)
        if isinstance(fault, PodKill) and fault.workload is not None and cluster is not None:
            yield from _known("workload", fault.workload, [w.key for w in cluster.workloads], (*path, "workload"))
    if zone is not None:
        yield from _lookups_at_once(file, zone)


def _moment(file: ScenarioFile, zone: ZoneInfo | None, fault: Fault, path: Path) -> Iterator[Finding]:
    if fault.at is None or zone is None:
        return
    try:
        at, start = epoch_ns(fault.at, zone), epoch_ns(file.window.start, zone)
    except ValueError as error:
        yield Finding("scenario", (*path, "at"), str(error), "give the time with its offset", rule="time-zone")
        return
    if not start - file.window.warm_up <= at < start + file.window.duration:
        message = f"this {fault.kind} is outside of the window: it never happens"
        yield Finding("scenario", (*path, "at"), message, "move it or the window", severity="warning", rule=_RULE)


def _machines(file: ScenarioFile, fault: Fault, path: Path) -> Iterator[Finding]:
    zones = {zone for pool in file.nodes.values() for zone in pool.zones}
    pools = dict.fromkeys(file.nodes)
    if file.provisioner == "karpenter" and file.karpenter is not None:
        pools |= dict.fromkeys(file.karpenter.node_pools)
        machines = [m for pool in file.karpenter.node_pools.values() for m in pool.instance_types]
        zones |= {zone for machine in machines for zone in machine.zones}
    if isinstance(fault, ZoneLoss) and fault.zone is not None:
        yield from _known("zone", fault.zone, sorted(zones), (*path, "zone"))
    if not isinstance(fault, NodeLoss):
        return
    if fault.pool is not None:
        yield from _known("node pool", fault.pool, pools, (*path, "pool"))
    if fault.node is not None:
        pool, _, number = fault.node.rpartition("-")
        if pool not in pools or not number.isdigit():
            first = next(iter(pools))
            message = f"there is never a node {fault.node!r}"
            yield Finding("scenario", (*path, "node"), message, f"nodes are named like {first}-1", rule=_RULE)
        if fault.pool is not None:
            message = "node and pool are both given: the pool has no effect"
            yield Finding("scenario", (*path, "pool"), message, "remove one", severity="warning", rule=_RULE)


def _services(fault: Fault, path: Path, topology: Topology) -> Iterator[Finding]:
    if isinstance(fault, DnsLatency):
        for index, name in enumerate(fault.services):
            yield from _known("service", name, topology.services, (*path, "services", index))
        return
    if isinstance(fault, PodKill | NodeLoss | ZoneLoss):
        return
    name = fault.service
    yield from _known("service", name, topology.services, (*path, "service"))
    if isinstance(fault, SaturatedVolume) and name in topology.services and not topology.services[name].disk_iops:
        message = f"the volume of {name} has no limit of operations, so that no part of it can be left"
        hint = f"give {name} its disk_iops in the topology"
        yield Finding("scenario", (*path, "service"), message, hint, severity="warning", rule=_RULE)


def _lookups_at_once(file: ScenarioFile, zone: ZoneInfo) -> Iterator[Finding]:
    """One slow lookup at a time: two at once would have to be told apart on every call."""
    slow = [(n, f) for n, f in enumerate(file.faults) if isinstance(f, DnsLatency)]
    spans: list[tuple[int | None, int]] = []
    for number, fault in slow:
        try:
            begin = epoch_ns(fault.at, zone) if fault.at is not None else None
        except ValueError:
            continue  # said already
        if any(_meet(begin, fault.duration, other, length) for other, length in spans):
            message = "another dns-latency lasts at the same time; only the later one would count"
            yield Finding("scenario", ("faults", number), message, "let them follow each other", rule=_RULE)
        spans.append((begin, fault.duration))


def _meet(a: int | None, length_a: int, b: int | None, length_b: int) -> bool:
    """Tell whether two spans can overlap; None stands for one that may begin at any time."""
    return a is None or b is None or (a < b + length_b and b < a + length_a)


def _known(what: str, name: str, known: Iterable[str], path: Path) -> Iterator[Finding]:
    names = list(known)
    if name not in names:
        yield Finding("scenario", path, f"there is no {what} {name!r}", did_you_mean(name, names), rule=_RULE)
