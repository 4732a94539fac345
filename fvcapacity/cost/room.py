"""How many machines the pods of a configuration ask for, and what a month of them costs.

The pods are placed by the rules of the scheduler, and what does not fit orders machines as the cluster autoscaler does.
Requests count, not usage: this is what is reserved, at the fewest and at the most pods of every workload.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from fvcapacity.control.history import NodeLife
from fvcapacity.control.nodes import node_view
from fvcapacity.control.pods import scheduling_pod
from fvcapacity.control.shapes import pod_shape
from fvcapacity.control.state import PoolRecord
from fvcapacity.cost.billing import bill_run
from fvcapacity.cost.prices import MONTH_HOURS
from fvcapacity.cost.projection import bill_total
from fvcapacity.decisions.cluster_autoscaler.scale_up import NodeGroup, scale_up, still_pending
from fvcapacity.decisions.scheduler import NodeView, PlacedPod, SchedulingPod, begin
from fvcapacity.frozen import Frozen
from fvcapacity.program.compile import compile_program
from fvcapacity.program.program import Program
from fvcapacity.results.price_age import stale_items
from fvcapacity.scenario.findings.view import View
from fvcapacity.scenario.model import Scenario
from fvcapacity.units import NS_PER_S, millicores

_ONCE = ("Job", "CronJob")
_MONTH_NS = MONTH_HOURS * 3600 * NS_PER_S


class Room(Frozen):
    """What the pods of a configuration ask for.

    Attributes
    ----------
    pods
        How many there are.
    cpu_request_cores, memory_request_bytes
        What they request together, DaemonSets left out.
    nodes
        Machines by their pool.
    unplaced
        Pods that no machine of the pools can take, or for which the pools are too small.
    month_usd
        A month of these machines, the control plane, volumes and load balancers; None without any price.
    unpriced
        What has no price, and is left out of it.
    stale
        What has a price of no known day, or of more than a year before the scenario.
    """

    pods: int
    cpu_request_cores: float
    memory_request_bytes: int
    nodes: dict[str, int]
    unplaced: int
    month_usd: float | None = None
    unpriced: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


def machines_for(scenario: Scenario, program: Program, *, most: bool) -> dict[str, int]:
    """Return how many machines of each pool a scenario's pods take, at their fewest or at their most.

    Parameters
    ----------
    program
        Who serves what; it does not matter for the room that pods take.
    """
    pods, daemons = _pods(scenario, program, most)
    return _by_pool(scenario, _machines(scenario, pods, daemons))


def _by_pool(scenario: Scenario, views: Sequence[NodeView]) -> dict[str, int]:
    return {name: sum(view.name.startswith(f"{name}/") for view in views) for name in scenario.file.nodes}


def room_of(scenario: Scenario, *, most: bool) -> Room:
    """Return what a scenario's pods ask for: all workloads at their fewest pods, or at their most.

    Parameters
    ----------
    most
        Every HPA at its maximum; else at its minimum.
    """
    pods, daemons = _pods(scenario, compile_program(scenario.topology, scenario.cluster), most)
    views = _machines(scenario, pods, daemons)
    nodes = _by_pool(scenario, views)
    usd, unpriced, stale = _month(scenario, nodes)
    return Room(
        pods=len(pods),
        cpu_request_cores=sum(pod.cpu_milli for pod in pods) / 1000,
        memory_request_bytes=sum(pod.memory_bytes for pod in pods),
        nodes=nodes,
        unplaced=len(still_pending(pods, views)) if views else len(pods),
        month_usd=usd,
        unpriced=unpriced,
        stale=stale,
    )


def _pods(scenario: Scenario, program: Program, most: bool) -> tuple[list[SchedulingPod], list[SchedulingPod]]:
    """Return the pods in the order in which the scheduler takes them, and one of each DaemonSet."""
    view = View(scenario.cluster)
    pods: list[SchedulingPod] = []
    daemons: list[SchedulingPod] = []
    for workload in scenario.cluster.workloads:
        if workload.kind in _ONCE:
            continue
        shape = pod_shape(workload, scenario.topology, program, scenario.cluster.namespaces)
        if workload.kind == "DaemonSet":
            daemons.append(scheduling_pod(workload, shape, workload.name, ()))
            continue
        count = view.replicas(workload)[1 if most else 0]
        pods += [scheduling_pod(workload, shape, f"{workload.name}-{number}", ()) for number in range(count)]
    return sorted(pods, key=lambda pod: -pod.priority), daemons


def _machines(scenario: Scenario, pods: Sequence[SchedulingPod], daemons: Sequence[SchedulingPod]) -> list[NodeView]:
    """Return the machines that the pods need; each pool has its minimum at least."""
    groups = [_Pool(name, scenario, daemons) for name in scenario.file.nodes]
    views = [pool.next() for pool in groups for _ in range(pool.spec.minimum)]
    while True:
        order, _ = scale_up(pods, views, [pool.group() for pool in groups])
        if order is None:
            return views
        pool = next(pool for pool in groups if pool.name == order.group)
        views += [pool.next(zone) for zone in order.zones]


class _Pool:
    """A pool from which machines are taken."""

    def __init__(self, name: str, scenario: Scenario, daemons: Sequence[SchedulingPod]) -> None:
        self.name, self.spec, self.daemons = name, scenario.file.nodes[name], daemons
        self.size = 0
        cost, price = scenario.file.cost, None
        if scenario.prices is not None and cost is not None:
            price = scenario.prices.instance(self.spec.instance_type, cost.region, spot=self.spec.spot)
        self.usd_per_hour = None if price is None else price.usd_per_hour

    def next(self, zone: str | None = None) -> NodeView:
        view = self._view(zone or self.spec.zones[self.size % len(self.spec.zones)], self.size)
        self.size += 1
        return view

    def group(self) -> NodeGroup:
        turn = self.size % len(self.spec.zones)
        return NodeGroup(
            name=self.name,
            size=self.size,
            minimum=self.spec.minimum,
            maximum=self.spec.maximum,
            zones=(*self.spec.zones[turn:], *self.spec.zones[:turn]),
            template=lambda zone, number: self._view(zone, self.size + number),
            capacity=(millicores(self.spec.cpu), self.spec.memory),
            usd_per_hour=self.usd_per_hour,
        )

    def _view(self, zone: str, number: int) -> NodeView:
        view = node_view(PoolRecord(self.name, self.spec), f"{self.name}/{number}", zone)
        for daemon in self.daemons:
            if begin(daemon, (view,)).refusal(view) is None:
                view = view.with_pod(PlacedPod(daemon))
        return view


def _month(scenario: Scenario, nodes: dict[str, int]) -> tuple[float | None, tuple[str, ...], tuple[str, ...]]:
    cost = scenario.file.cost
    if scenario.prices is None or cost is None:
        return None, (), ()
    lives = [
        NodeLife(
            name=f"{name}/{number}",
            pool=name,
            instance_type=scenario.file.nodes[name].instance_type,
            zone=scenario.file.nodes[name].zones[0],
            spot=scenario.file.nodes[name].spot,
            created_ns=0,
        )
        for name, count in nodes.items()
        for number in range(count)
    ]
    day = datetime.fromtimestamp(scenario.start_ns / NS_PER_S, UTC).date()
    bill = bill_run(
        scenario.prices,
        cost.region,
        lives,
        scenario.cluster,
        window_start_ns=0,
        window_end_ns=_MONTH_NS,
        egress_bytes=0,
        run_date=day,
    )
    total = bill_total(bill)
    return (None if math.isnan(total.usd) else total.usd), total.unpriced, tuple(stale_items(bill, day))
