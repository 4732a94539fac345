"""What the scenario lets break: at set times, or at random."""

from __future__ import annotations

import math
from zoneinfo import ZoneInfo

from fvcapacity.control import kubelet
from fvcapacity.control.clock import Rank
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.draining import is_daemon
from fvcapacity.control.node_lifecycle import lose_machine
from fvcapacity.control.state import NodeRecord
from fvcapacity.dataplane.plane import SetLookupDelay, SetServicePace
from fvcapacity.decisions.faults import next_strike, struck
from fvcapacity.scenario.faults import (
    DnsLatency,
    FailOver,
    Fault,
    NodeLoss,
    PodKill,
    SaturatedVolume,
    SlowDown,
    ZoneLoss,
)
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.semantics.draw import unit
from fvcapacity.semantics.faults import AS_IT_IS
from fvcapacity.units import format_duration


def register(cluster: Cluster) -> None:
    """Say who does which work."""
    cluster.handle("fault", Rank.NODE, strike)
    cluster.handle("fault-end", Rank.NODE, end)
    cluster.handle("zone-return", Rank.PLANE, zone_returns)


def plan(cluster: Cluster) -> None:
    """Enqueue the first strike of every fault; what lies before the run never happens."""
    file = cluster.scenario.file
    begin = cluster.scenario.start_ns - file.window.warm_up
    for number, fault in enumerate(file.faults):
        if fault.at is None:
            _plan_next(cluster, number, fault)
        elif (at := epoch_ns(fault.at, ZoneInfo(file.time_zone)) - begin) >= 0:
            cluster.enqueue("fault", str(number), at)


def _plan_next(cluster: Cluster, number: int, fault: Fault) -> None:
    assert fault.every is not None
    delay, _ = next_strike(fault.every, _draw(cluster, number, "time"))
    cluster.enqueue("fault", str(number), delay)


def _draw(cluster: Cluster, number: int, purpose: str) -> float:
    """Return the draw of a fault for a purpose at its next strike: the same in every run with this seed."""
    return unit(cluster.identity(f"fault/{number}/{purpose}", cluster.state.faults.strikes.get(number, 0)))


def strike(cluster: Cluster, key: str) -> None:
    """Let a fault happen."""
    number, record = int(key), cluster.state.faults
    fault, chance = cluster.scenario.file.faults[number], _draw(cluster, number, "target")
    record.strikes[number] = record.strikes.get(number, 0) + 1
    if fault.every is not None:
        _plan_next(cluster, number, fault)
    if isinstance(fault, PodKill):
        _kill_pod(cluster, fault, chance)
    elif isinstance(fault, NodeLoss):
        _lose_node(cluster, fault, chance)
    elif isinstance(fault, ZoneLoss):
        _lose_zone(cluster, fault, chance)
    else:
        name = f"{number}.{record.strikes[number]}"
        record.lasting[name] = number
        cluster.enqueue("fault-end", name, fault.duration)
        cluster.event("Warning", "FaultBegan", _target(fault), f"{_words(fault)} for {format_duration(fault.duration)}")
        _carry_out(cluster, fault)


def end(cluster: Cluster, key: str) -> None:
    """Let a lasting fault be over."""
    fault = cluster.scenario.file.faults[cluster.state.faults.lasting.pop(key)]
    cluster.event("Normal", "FaultEnded", _target(fault), f"{_words(fault)}: over")
    _carry_out(cluster, fault)


def _carry_out(cluster: Cluster, fault: Fault) -> None:
    """Bring the plane in step with the faults that last."""
    if isinstance(fault, SlowDown | SaturatedVolume):
        set_pace(cluster, cluster.program.services.index(fault.service))
    elif isinstance(fault, FailOver):
        cluster.enqueue("endpointslice", str(cluster.program.services.index(fault.service)))
    elif isinstance(fault, DnsLatency):
        _set_lookups(cluster)


def set_pace(cluster: Cluster, service: int) -> None:
    """Tell the plane how slow a service is: what lasts at once multiplies."""
    name = cluster.program.services[service]
    lasting = _lasting(cluster)
    cpu = math.prod(f.factor for f in lasting if isinstance(f, SlowDown) and f.service == name)
    left = math.prod(f.iops_percent / 100 for f in lasting if isinstance(f, SaturatedVolume) and f.service == name)
    left *= math.prod(1 - load.iops_percent / 100 for load in cluster.state.backups.values() if load.service == name)
    pace = SetServicePace(service=service, cpu_milli=round(AS_IT_IS * cpu), disk_milli=round(AS_IT_IS / left))
    cluster.commands.append(pace)


def _set_lookups(cluster: Cluster) -> None:
    """Tell the plane which calls look names up slowly; of several faults the one that began last counts."""
    slow = [fault for fault in _lasting(cluster) if isinstance(fault, DnsLatency)]
    if not slow:
        cluster.commands.append(SetLookupDelay(callers=()))
        return
    names = cluster.program.services
    callers = tuple(names.index(name) for name in slow[-1].services) or tuple(range(len(names)))
    share = round(slow[-1].share * 1_000_000)
    cluster.commands.append(SetLookupDelay(callers=callers, delay_ns=slow[-1].add, share_ppm=share))


def _lasting(cluster: Cluster) -> list[Fault]:
    return [cluster.scenario.file.faults[number] for number in cluster.state.faults.lasting.values()]


def _target(fault: Fault) -> str:
    return "deployment/coredns" if isinstance(fault, DnsLatency) else f"service/{getattr(fault, 'service', '')}"


def _words(fault: Fault) -> str:
    """Return what happens, in a few words."""
    if isinstance(fault, SlowDown):
        return f"{fault.kind}: CPU demand times {fault.factor:g}"
    if isinstance(fault, SaturatedVolume):
        return f"{fault.kind}: {fault.iops_percent:g} % of its operations a second are left"
    if isinstance(fault, DnsLatency):
        return f"{fault.kind}: {format_duration(fault.add)} more for {100 * fault.share:g} % of the calls"
    return f"{fault.kind}: nobody serves it"


# -- what is gone ----------------------------------------------------------------------------------------


def _kill_pod(cluster: Cluster, fault: PodKill, chance: float) -> None:
    pods = {
        pod.name: pod
        for pod in cluster.state.pods.values()
        if pod.container_running
        and not pod.deleting
        and (pod.workload == fault.workload if fault.workload else not is_daemon(cluster, pod))
    }
    name, _ = struck(list(pods), None, chance)
    if name is None:
        _missed(cluster, fault, fault.workload or "pods")
        return
    for container in pods[name].shape.requests:
        cluster.pod_event(pods[name], "Killing", f"Stopping container {container}")
    kubelet.vanish(cluster, pods[name])


def _lose_node(cluster: Cluster, fault: NodeLoss, chance: float) -> None:
    there = {node.name: node for node in _answering(cluster) if fault.node or fault.pool in (None, node.pool)}
    name, _ = struck(list(there), fault.node, chance)
    if name is None:
        _missed(cluster, fault, f"node/{fault.node}" if fault.node else "nodes")
        return
    returns = None if fault.duration is None else cluster.now + fault.duration
    _tell_lost(cluster, there[name], "the machine stopped", fault.duration)
    lose_machine(cluster, there[name], returns, replace=fault.replace, zone=False)


def _lose_zone(cluster: Cluster, fault: ZoneLoss, chance: float) -> None:
    nodes, lost = _answering(cluster), cluster.state.faults.lost_zones
    zones = dict.fromkeys(node.zone for node in nodes)
    zone, _ = struck(list(zones), None, chance) if fault.zone is None else (fault.zone, "Named")
    if zone is None:
        _missed(cluster, fault, "zones")
        return
    returns = None if fault.duration is None else cluster.now + fault.duration
    lost[zone] = returns
    if returns is not None:
        cluster.enqueue("zone-return", zone, returns - cluster.now)
    for node in nodes:
        if node.zone == zone:
            _tell_lost(cluster, node, f"zone {zone} is without power", fault.duration)
            lose_machine(cluster, node, returns, replace=False, zone=True)


def zone_returns(cluster: Cluster, zone: str) -> None:
    """Let machines start in a zone again."""
    cluster.state.faults.lost_zones.pop(zone, None)


def _answering(cluster: Cluster) -> list[NodeRecord]:
    return [node for node in cluster.ready_nodes() if node.lost_ns is None]


def _tell_lost(cluster: Cluster, node: NodeRecord, why: str, duration: int | None) -> None:
    until = f" for {format_duration(duration)}" if duration is not None else " for good"
    cluster.event("Warning", "FaultBegan", f"node/{node.name}", f"{why}{until}")


def _missed(cluster: Cluster, fault: Fault, what: str) -> None:
    cluster.event("Warning", "FaultMissed", what, f"{fault.kind}: there is nothing to strike")
