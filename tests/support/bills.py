"""Results with bills, made by hand: machines, pods, minutes and prices that a test chooses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import yaml

from fvcapacity.control.history import NodeLife
from fvcapacity.cost.billing import Saved, Stretch, lines_of
from fvcapacity.cost.calendar import HOUR_NS, days_of
from fvcapacity.cost.ledger import Ledger
from fvcapacity.cost.of_run import bill_of_days, dated
from fvcapacity.cost.prices import Price, PriceList
from fvcapacity.results.columns import TABLES
from fvcapacity.results.result import Result
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.costs import CostSettings
from fvcapacity.tabular.frames import conform

GIB = 2**30
START = pd.Timestamp("2026-02-13T03:00:00Z")
ZONE = "America/Santiago"


def price(kind: str, name: str, unit: str, usd: float, **changes: Any) -> Price:
    """A dated price of region r1."""
    fields = {"kind": kind, "name": name, "region": "r1", "unit": unit, "price": usd, "source": "test"}
    return Price(**{**fields, "as_of": "2026-01-01", **changes})


PRICES = (
    price("instance", "m1", "per_hour", 0.192),
    price("instance", "m1", "per_hour", 0.06, purchase="spot"),
    price("volume", "ssd", "per_gib_month", 0.1),
    price("load_balancer", "lb", "per_hour", 0.025),
    price("control_plane", "managed", "per_hour", 0.1),
    price("snapshot", "snap", "per_gib_month", 0.05),
    price("egress", "internet", "per_gib", 0.09),
)


@dataclass
class Pods:
    """So many pods of a workload, on a node, all the time; requests and use of each container of one pod."""

    workload: str
    node: str
    count: int = 1
    namespace: str = "shop"
    team: str = ""
    service: str = ""
    containers: dict[str, tuple[float, float]] = field(default_factory=lambda: {"main": (0.5, 1.0)})
    """Cores and GiB that each requests."""
    used: tuple[float, float] = (0.25, 0.5)
    """Cores and GiB that a pod uses."""
    steady: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Of this, by containers that serve no requests."""


@dataclass
class Books:
    """A result to be billed: ``hours`` of pods on nodes, with requests by route."""

    pods: list[Pods]
    nodes: dict[str, tuple[float, float]] = field(default_factory=lambda: {"general-1": (4.0, 16.0)})
    """By name, cores and GiB; ``spot-...`` are spot machines."""
    hours: float = 48.0
    start: pd.Timestamp = START
    prices: tuple[Price, ...] = PRICES
    cluster: ClusterObjects = field(default_factory=ClusterObjects)
    settings: dict[str, Any] = field(default_factory=dict)
    routes: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Requests and bytes sent an hour."""
    demands: dict[tuple[str, str], float] = field(default_factory=dict)
    """Core-seconds of a request by route and service."""
    entry: str = ""
    saved: tuple[Saved, ...] = ()

    def result(self) -> Result:
        """The result as a run would have left it."""
        tables = self._tables()
        summary = {
            "scenario": {
                "name": "books",
                "start_utc": self.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "time_zone": ZONE,
                "duration_s": self.hours * 3600,
            },
            "run": {"simulated_s": [self.hours * 3600], "complete": True, "replications_in_figures": 1},
        }
        text = yaml.safe_dump({"cost": {"prices": "p", "region": "r1", **self.settings}})
        return Result(summary, tables, {}, text)

    @property
    def cost(self) -> CostSettings:
        """What a scenario would say."""
        return CostSettings(prices="p", region="r1", **self.settings)

    def _tables(self) -> dict[str, pd.DataFrame]:
        rows = {
            "pods": [
                _row("pods", pod=f"{p.workload}-{i}", workload=p.workload, node=p.node, scheduled_s=-60.0)
                for p in self.pods
                for i in range(p.count)
            ],
            "nodes": [
                _row("nodes", node=name, pool=_pool(name), instance_type="m1", spot=_spot(name), created_s=-60.0)
                for name in self.nodes
            ],
            "containers": [
                _row(
                    "containers",
                    workload=p.workload,
                    namespace=p.namespace,
                    container=name,
                    service=p.service if name not in p.steady else "",
                    cpu_request_cores=cores,
                    memory_request_bytes=gib * GIB,
                    steady_cpu_cores=p.steady.get(name, (0.0, 0.0))[0],
                    steady_memory_bytes=int(p.steady.get(name, (0.0, 0.0))[1] * GIB),
                )
                for p in self._workloads()
                for name, (cores, gib) in p.containers.items()
            ],
            "owners": [
                _row(
                    "owners",
                    workload=p.workload,
                    namespace=p.namespace,
                    service=p.service or p.workload.partition("/")[2],
                    team=p.team,
                    serves=bool(p.service),
                    entry=bool(p.service) and p.service == self.entry,
                    shared=p.namespace in self.cost.shared_namespaces,
                )
                for p in self._workloads()
            ],
            "machines": [
                _row("machines", pool=pool, instance_type="m1", spot=spot, cpu_cores=cores, memory_bytes=int(gib * GIB))
                for (pool, spot), (cores, gib) in {(_pool(n), _spot(n)): size for n, size in self.nodes.items()}.items()
            ],
            "route_demands": [
                _row("route_demands", route=route, service=service, workload=self._serving(service), cpu_core_s=cpu)
                for (route, service), cpu in self.demands.items()
            ],
            "route_paths": [_row("route_paths", route=route, entry=self.entry) for route in self.routes],
            "route_minutes": self._route_minutes(),
            "service_minutes": [],
            "services": [_row("services", service="web", log_bytes=10**9)],
            "routes": [
                _row("routes", route=name, served=int(count * self.hours), requests=int(count * self.hours))
                for name, (count, _) in self.routes.items()
            ]
            or [_row("routes", route="none")],
        }
        tables = {name: _frame(name, some) for name, some in rows.items()}
        tables["workload_minutes"] = self._minutes()
        days = self._bill_days()
        return {**tables, "bill_days": conform(TABLES["bill_days"], days), "bill": bill_of_days(days)}

    def _workloads(self) -> list[Pods]:
        return list({p.workload: p for p in self.pods}.values())

    def _serving(self, service: str) -> str:
        return next(p.workload for p in self.pods if p.service == service)

    def _minutes(self) -> pd.DataFrame:
        count = round(self.hours * 60)
        minutes = np.arange(1, count + 1)
        frames = []
        for key in {p.workload: None for p in self.pods}:
            mine = [p for p in self.pods if p.workload == key]
            asked = np.array([[sum(x) for x in zip(*p.containers.values(), strict=True)] for p in mine])
            used, pods = np.array([p.used for p in mine]), np.array([[p.count] for p in mine])
            cores, gib = (asked * pods).sum(axis=0)
            cpu, memory = (used * pods).sum(axis=0)
            row = _row(
                "workload_minutes",
                workload=key,
                current=int(pods.sum()),
                cpu_request_cores=cores,
                memory_request_bytes=int(gib * GIB),
                cpu_usage_cores=cpu,
                memory_bytes=int(memory * GIB),
            )
            times = {"time_utc": self.start + pd.to_timedelta(minutes, unit="min"), "time_s": minutes * 60.0}
            frames.append(pd.DataFrame([row] * count).assign(**times))
        return conform(TABLES["workload_minutes"], pd.concat(frames, ignore_index=True))

    def _route_minutes(self) -> list[dict[str, Any]]:
        return [
            _row(
                "route_minutes",
                route=name,
                time_utc=self.start + pd.Timedelta(hours=hour),
                time_s=hour * 3600.0,
                requests=count,
                egress_bytes=sent,
            )
            for hour in range(int(self.hours))
            for name, (count, sent) in self.routes.items()
        ]

    def _bill_days(self) -> pd.DataFrame:
        listed = PriceList(name="p", currency="USD", prices=self.prices, defaults=_defaults(self.prices))
        ledger = Ledger(listed, "r1", date(2026, 2, 13))
        lives = [
            NodeLife(name=name, pool=_pool(name), instance_type="m1", zone="z", spot=_spot(name), created_ns=0)
            for name in self.nodes
        ]
        sent = sum(sent for _, sent in self.routes.values())
        frames, before = [], {}
        for day in days_of(self.start.value, round(self.hours * HOUR_NS), ZONE):
            count = round(sent * day.hours)
            stretch = Stretch(day.start_ns, day.end_ns, count, before.get(day.month, 0), saved=self.saved)
            before[day.month] = before.get(day.month, 0) + count
            lines = lines_of(ledger, self.cost, lives, self.cluster, stretch)
            frames.append(dated(lines, day, self.start.value).assign(replication=0))
        return pd.concat(frames, ignore_index=True)


def _defaults(prices: tuple[Price, ...]) -> dict[str, str]:
    return {"volume": "ssd"} if any(p.kind == "volume" for p in prices) else {}


def _pool(node: str) -> str:
    return node.rpartition("-")[0]


def _spot(node: str) -> bool:
    return node.startswith("spot")


_BLANK = {"int64": 0, "float64": float("nan"), "bool": False, "string": "", "utc": START}


def _row(table: str, **values: Any) -> dict[str, Any]:
    return {**{column.name: _BLANK[column.dtype] for column in TABLES[table].columns}, **values}


def _frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    spec = TABLES[table]
    return conform(spec, {column.name: [row[column.name] for row in rows] for column in spec.columns})
