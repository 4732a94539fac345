"""Outcomes of a run that never ran: a shop whose order-service is throttled in the evening.

The figures are drawn from a fixed seed; they are plausible, they add up, and nothing else is claimed of them.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd

from fvcapacity.control.history import (
    ClusterEvent,
    ClusterSample,
    History,
    HpaSample,
    NodeLife,
    PodLife,
    WorkloadSample,
)
from fvcapacity.dataplane.histogram import BINS, edges_ns
from fvcapacity.dataplane.statistics import (
    MINUTE_NS,
    WINDOW_NS,
    RouteColumn,
    ServiceColumn,
    Statistics,
    empty_statistics,
)
from fvcapacity.program.program import Program
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.scenario.cluster import (
    ClusterObjects,
    Container,
    HorizontalPodAutoscaler,
    HpaMetric,
    PodTemplate,
    Workload,
)
from fvcapacity.scenario.model import (
    CostSettings,
    NodePool,
    Scenario,
    ScenarioFile,
    Window,
)
from fvcapacity.scenario.topology import Topology
from fvcapacity.scenario.traffic import Traffic, WeeklyShape

WARM_UP_NS = 10 * MINUTE_NS
DURATION_NS = 180 * MINUTE_NS
START_NS = int(pd.Timestamp("2026-02-14T20:00:00Z").value)  # 17:00 in Santiago
SURGE = 90  # minute of the run (warm-up included) at which the evening starts: 18:20

SHARES = {"front-page": 0.35, "product-list": 0.3, "product-page": 0.2, "checkout": 0.1, "health": 0.05}
SERVICES = ("frontend", "api-gateway", "product-service", "order-service", "postgres")
LIMITS = {"frontend": 0.1, "api-gateway": 0.2, "product-service": 0.2, "order-service": 0.2, "postgres": 0.5}
CALLED_BY = {
    "frontend": ("front-page",),
    "api-gateway": ("product-list", "product-page", "checkout"),
    "product-service": ("product-list", "product-page"),
    "order-service": ("checkout",),
    "postgres": ("checkout",),
}


def make_program() -> Program:
    """Return the names of a program; results read nothing else of it."""
    names: Any = SimpleNamespace(
        routes=tuple(SHARES),
        services=SERVICES,
        user_routes=tuple(name != "health" for name in SHARES),
        workloads=tuple(_workload_key(name) for name in SERVICES),
        containers=SERVICES,
    )
    return cast("Program", names)


def make_scenario(**file: Any) -> Scenario:
    """Return a scenario that fits the outcomes."""
    pool = NodePool(
        instance_type="m6i.large",
        cpu=2.0,
        memory="8Gi",
        allocatable_cpu="1930m",
        allocatable_memory="6903Mi",
        count=2,
        minimum=2,
        maximum=6,
    )
    settings: dict[str, Any] = {
        "name": "synthetic",
        "description": "An evening that never was.",
        "manifests": ("manifests",),
        "topology": "topology.yaml",
        "traffic": Traffic(weekly=WeeklyShape(file="week.yaml", mean_rps=5.0)),
        "window": Window(start=datetime(2026, 2, 14, 17), duration="3h", warm_up="10m"),
        "nodes": {"general": pool},
        "cost": CostSettings(prices="prices.yaml", region="us-east-1"),
        "replications": 2,
    }
    route = {"path": "/", "steps": [{"call": "frontend", "steps": [{"cpu": {"mean_ms": 1}}]}]}
    topology = Topology.model_validate(
        {"services": {name: {} for name in SERVICES}, "routes": dict.fromkeys(SHARES, route)}
    )
    return Scenario(
        file=ScenarioFile(**{**settings, **file}),
        cluster=make_cluster(),
        topology=topology,
        traffic=None,
        start_ns=START_NS,
        input_hashes={"topology.yaml": "0" * 64},
        findings=("postgres has no PodDisruptionBudget",),
    )


def make_cluster() -> ClusterObjects:
    """Return the workloads with their limits, and the HPA of order-service."""
    workloads = tuple(
        Workload(
            kind="StatefulSet" if name == "postgres" else "Deployment",
            name=name,
            namespace="shop",
            template=PodTemplate(
                containers=(
                    Container(
                        name=name,
                        cpu_request_cores=LIMITS[name] / 2,
                        cpu_limit_cores=LIMITS[name],
                        memory_request_bytes=128 << 20,
                        memory_limit_bytes=256 << 20,
                    ),
                )
            ),
        )
        for name in SERVICES
    )
    hpa = HorizontalPodAutoscaler(
        name="order-service",
        namespace="shop",
        target_kind="Deployment",
        target_name="order-service",
        max_replicas=4,
        metrics=(HpaMetric(type="Resource", name="cpu", utilization_percent=70),),
    )
    return ClusterObjects(workloads=workloads, autoscalers=(hpa,))


def make_outcome(replication: int = 0, *, stop_minute: int | None = None, calm: bool = False) -> RunOutcome:
    """Return the outcome of one replication.

    ``stop_minute`` interrupts it (counted from the start of the run); ``calm`` leaves out the throttling.
    """
    minutes = (WARM_UP_NS + DURATION_NS) // MINUTE_NS
    until = minutes if stop_minute is None else stop_minute
    return RunOutcome(
        replication=replication,
        seed=1000 + replication,
        statistics=Statistics(*(array.copy() for array in _statistics(42 + replication, minutes, until, calm))),
        history=_history(until, calm),
        duration_ns=DURATION_NS,
        warm_up_ns=WARM_UP_NS,
        complete_until_ns=until * MINUTE_NS,
    )


def make_bill(replications: int = 2) -> pd.DataFrame:
    """Return a bill of a few lines."""
    lines = [
        ("compute", "general (m6i.large)", 9.0, "node-hours", 0.096),
        ("compute", "control plane", 3.0, "hours", 0.1),
        ("storage", "postgres data", 0.02, "GiB-months", 0.08),
        ("network", "internet egress", 1.4, "GB", 0.09),
        ("network", "load balancer", 3.0, "hours", 0.0225),
    ]
    rows = [
        (replication, *line, line[2] * line[4] * (1 + 0.1 * replication))
        for replication in range(replications)
        for line in lines
    ]
    names = ["replication", "category", "item", "quantity", "unit", "unit_price_usd", "cost_usd"]
    return pd.DataFrame(rows, columns=names)


def _workload_key(service: str) -> str:
    return f"{'statefulset' if service == 'postgres' else 'deployment'}/{service}"


def _rate_rps(minute: int) -> float:
    return 6.0 + 14.0 / (1 + np.exp(-(minute - SURGE - 15) / 8))


@cache
def _statistics(seed: int, minutes: int, until: int, calm: bool) -> Statistics:
    """Count one replication, once: callers take copies."""
    rng = np.random.default_rng(seed)
    statistics = empty_statistics(minutes * MINUTE_NS, len(SHARES), len(SERVICES))
    for minute in range(until):
        hot = minute >= SURGE and not calm
        for route, (name, share) in enumerate(SHARES.items()):
            arrivals = int(rng.poisson(60 * _rate_rps(minute) * share))
            _count_route(statistics, rng, minute, route, arrivals, slow=hot and name == "checkout")
        _count_services(statistics, minute, hot)
    for route in range(len(SHARES)):
        ages = np.sort(rng.integers(10**7, 10**9, size=3))
        np.add.at(statistics.route_open_histogram[route], _bins(ages), 1)
        statistics.route_open[route] = 3
        statistics.route_counts[until - 1, route, RouteColumn.ARRIVED] += 3
    return statistics


def _count_route(
    statistics: Statistics, rng: np.random.Generator, minute: int, route: int, arrivals: int, slow: bool
) -> None:
    failed = int(rng.binomial(arrivals, 0.03)) if slow else 0
    counts = statistics.route_counts[minute, route]
    counts[RouteColumn.ARRIVED] = arrivals
    counts[RouteColumn.SERVED] = arrivals - failed
    counts[RouteColumn.TIMEOUT] = failed // 2
    counts[RouteColumn.QUEUE_FULL] = failed - failed // 2
    counts[RouteColumn.EGRESS_BYTES] = 20_000 * arrivals
    median_ns = 1.6e9 if slow else 6e7
    times = rng.lognormal(np.log(median_ns), 0.5, size=arrivals).astype(np.int64)
    window = minute * MINUTE_NS // WINDOW_NS
    np.add.at(statistics.route_histogram[window, route], _bins(times), 1)


def _count_services(statistics: Statistics, minute: int, hot: bool) -> None:
    arrived = statistics.route_counts[minute, :, RouteColumn.ARRIVED]
    routes = list(SHARES)
    for service, name in enumerate(SERVICES):
        visits = int(sum(arrived[routes.index(route)] for route in CALLED_BY[name]))
        throttled = hot and name == "order-service"
        counts = statistics.service_counts[minute, service]
        burst_ns = visits * 8_000_000
        counts[ServiceColumn.VISITS] = visits
        counts[ServiceColumn.CPU_NS] = burst_ns
        counts[ServiceColumn.QUEUE_WAIT_NS] = visits * (900_000_000 if throttled else 1_000_000)
        counts[ServiceColumn.THROTTLED_WAIT_NS] = visits * (500_000_000 if throttled else 500_000)
        counts[ServiceColumn.BURST_NS] = burst_ns + counts[ServiceColumn.THROTTLED_WAIT_NS]
        counts[ServiceColumn.ELAPSED_NS] = (
            counts[ServiceColumn.BURST_NS] + counts[ServiceColumn.QUEUE_WAIT_NS] + visits * 20_000_000
        )
        counts[ServiceColumn.PERIODS] = 600
        counts[ServiceColumn.THROTTLED_PERIODS] = 366 if throttled else 12
        counts[ServiceColumn.PROBES] = 18
        counts[ServiceColumn.LOG_BYTES] = visits * 300
        window = minute * MINUTE_NS // WINDOW_NS
        mean_ns = int(counts[ServiceColumn.ELAPSED_NS] // max(visits, 1))
        statistics.service_histogram[window, service, _bins(np.array([mean_ns]))[0]] += visits


def _bins(durations_ns: Any) -> Any:
    bins = np.searchsorted(edges_ns(), durations_ns, side="right") - 1
    assert bins.max(initial=0) < BINS
    return bins


def _replicas(name: str, minute: int, calm: bool) -> int:
    if name != "order-service" or calm:
        return 2 if name in ("frontend", "api-gateway") else 1
    return int(np.clip((minute - SURGE) // 3 + 1, 1, 4))


def _history(until: int, calm: bool) -> History:
    history = History()
    for minute in range(until + 1):
        _sample_minute(history, minute, calm)
    for uid, name in enumerate(SERVICES, start=1):
        history.pods.append(
            PodLife(
                uid=uid,
                name=f"{name}-1",
                workload=_workload_key(name),
                node="general-1",
                created_ns=0,
                scheduled_ns=0,
                started_ns=0,
                ready_ns=0,
                restarts=0 if calm or name != "order-service" else 3,
                oom_kills=0 if calm or name != "order-service" else 2,
            )
        )
    for number, created in ((1, 0), (2, 0), (3, (SURGE + 5) * MINUTE_NS)):
        if created < until * MINUTE_NS:
            history.nodes.append(
                NodeLife(
                    name=f"general-{number}",
                    pool="general",
                    instance_type="m6i.large",
                    zone="zone-1",
                    spot=False,
                    created_ns=created,
                    ready_ns=created + 90 * 10**9,
                )
            )
    history.events = [event for event in _events(calm) if event.time_ns <= until * MINUTE_NS]
    return history


def _sample_minute(history: History, minute: int, calm: bool) -> None:
    at = minute * MINUTE_NS
    for name in SERVICES:
        replicas = _replicas(name, minute, calm)
        history.workloads.append(
            WorkloadSample(
                time_ns=at,
                workload=_workload_key(name),
                desired=replicas,
                current=replicas,
                ready=_replicas(name, max(minute - 1, 0), calm),
                updated=replicas,
                pending=0,
                cpu_request_cores=replicas * LIMITS[name] / 2,
                memory_request_bytes=replicas * (128 << 20),
                cpu_usage_cores=replicas * LIMITS[name] * 0.6,
                memory_bytes=replicas * (90 << 20),
                memory_peak_bytes=92 << 20,
            )
        )
    for uid in range(1, len(SERVICES) + 1):
        used = (6 * 10**9 * minute, 5 * 10**9 * minute, 600 * minute, 12 * minute)
        sample = (at, uid, *used, 90 << 20, 1, True, True, 0, 0)
        history.pod_samples.extend(sample)
    nodes = 2 if minute < SURGE + 7 else 3
    history.cluster.append(
        ClusterSample(
            time_ns=at,
            pool="general",
            nodes=nodes,
            ready_nodes=nodes,
            cpu_capacity_cores=2.0 * nodes,
            cpu_allocatable_cores=1.93 * nodes,
            cpu_requested_cores=1.2,
            memory_allocatable_bytes=nodes * (6903 << 20),
            memory_requested_bytes=2 << 30,
        )
    )
    replicas = _replicas("order-service", minute, calm)
    at_max = replicas == 4
    history.hpas.append(
        HpaSample(
            time_ns=at,
            hpa="hpa/order-service",
            current=replicas,
            desired=replicas,
            minimum=2,
            reasons=("ReadyForNewScale", "ValidMetricFound", "TooManyReplicas" if at_max else "DesiredWithinRange"),
            metrics=(("cpu", 180.0 if at_max else 55.0),),
        )
    )


def _events(calm: bool) -> list[ClusterEvent]:
    if calm:
        return []
    return [
        ClusterEvent(
            time_ns=(SURGE + minute) * MINUTE_NS,
            type="Warning",
            reason="OOMKilling",
            object="pod/order-service-1",
            message="Memory cgroup out of memory: killed process 1 (node)",
            workload="deployment/order-service",
        )
        for minute in (12, 31)
    ]
