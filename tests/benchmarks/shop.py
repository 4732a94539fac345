"""The whole shop of ``scenarios/valentines.yaml``: the evening's peak on both planes, and 100 requests a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import yaml

from fvcapacity import run
from fvcapacity.control.control_plane import ControlPlane
from fvcapacity.dataplane.fast import kernel
from fvcapacity.dataplane.fast import plane as fast
from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.dataplane.statistics import RouteColumn, ServiceColumn, Statistics
from fvcapacity.inputs import load_scenario
from fvcapacity.program.compile import compile_program
from fvcapacity.scenario.model import Scenario, TrafficTable
from tests.benchmarks.clocks import Stopwatch, Timed, timed

REPOSITORY = Path(__file__).parents[2]
SHOP = REPOSITORY / "scenarios" / "valentines.yaml"
PEAK = "2026-02-14T19:00:00"
STEADY_RPS = 100.0


HOUR, QUARTER = 55, 10
"""Minutes of the evening that make an hour, or a quarter of one, with the five minutes of warm-up."""


def evening(minutes: int = HOUR, plane: str = "fast") -> Scenario:
    """Return the documented shop in the last hours of delivery, after five minutes of warm-up."""
    window = {"window.start": PEAK, "window.duration": f"{minutes}m", "window.warm_up": "5m"}
    return _scenario(tuple(window.items()), plane)


@cache
def _scenario(overrides: tuple[tuple[str, Any], ...], plane: str) -> Scenario:
    return load_scenario(SHOP, overrides={**dict(overrides), "plane": plane, "replications": 1})


@cache
def steady(minutes: int, rps: float = STEADY_RPS) -> Scenario:
    """Return the shop under a constant rate, on replicas and nodes that can serve 100 requests a second."""
    overrides = {
        "window.start": "2026-03-04T00:00:00",
        "window.duration": f"{minutes}m",
        "window.warm_up": "0s",
        "traffic.events": [],
        "nodes.general.count": 12,
        "nodes.general.maximum": 16,
        "plane": "fast",
        "replications": 1,
    }
    loaded = load_scenario(SHOP, overrides=overrides).with_patch(_larger())
    assert loaded.traffic is not None
    shares = loaded.traffic.rps[0] / loaded.traffic.rps[0].sum()
    rates = np.tile(shares * rps, (len(loaded.traffic.rps), 1))
    return replace(loaded, traffic=_with_rates(loaded.traffic, rates), patcher=None)


def _with_rates(table: TrafficTable, rates: Any) -> TrafficTable:
    return replace(table, rps=rates, source="constant")


REPLICAS = {
    "ingress-nginx-controller": 3,
    "frontend": 4,
    "api-gateway": 5,
    "auth-service": 4,
    "review-service": 3,
    "user-service": 2,
    "wishlist-service": 2,
}
AUTOSCALED = {"product-service": 8, "cart-service": 3, "order-service": 3}
"""Least replicas of the services with an autoscaler."""


def _larger() -> str:
    deployments = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"replicas": count}}
        for name, count in {**REPLICAS, **AUTOSCALED}.items()
    ]
    scalers = [
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": name},
            "spec": {"minReplicas": count, "maxReplicas": 2 * count},
        }
        for name, count in AUTOSCALED.items()
    ]
    return yaml.safe_dump_all(deployments + scalers)


def replay(scenario: Scenario) -> tuple[Timed, Statistics]:
    """Run one replication, control plane and all; the work is the number of requests that arrived."""
    program = compile_program(scenario.topology, scenario.cluster)
    outcomes: list[Any] = []

    def work() -> int:
        outcomes.append(run.run_replication(scenario, program, 0))
        return arrived(outcomes[0].statistics)

    spent = timed(work)
    return spent, outcomes[0].statistics


def arrived(statistics: Statistics) -> int:
    """Requests that came."""
    return int(statistics.route_counts[:, :, RouteColumn.ARRIVED].sum())


def probes(statistics: Statistics) -> int:
    """Probes that were sent."""
    return int(statistics.service_counts[:, :, ServiceColumn.PROBES].sum())


def ended(statistics: Statistics) -> int:
    """Requests that ended, well or not."""
    return int(statistics.route_counts[:, :, RouteColumn.SERVED : RouteColumn.EGRESS_BYTES].sum())


def require_whole(statistics: Statistics) -> None:
    """Check that every request that came has ended or is still open."""
    assert arrived(statistics) == ended(statistics) + int(statistics.route_open.sum()), "requests were lost"


def require_served(statistics: Statistics, share: float = 0.99) -> None:
    """Check that nearly every request ended well: a system that refuses its work is quick."""
    good = int(statistics.route_counts[:, :, RouteColumn.SERVED].sum())
    assert good >= share * arrived(statistics), f"only {good} of {arrived(statistics)} requests were served"


def require_equal(first: Statistics, second: Statistics) -> None:
    """Check that two planes counted the same, down to every bin of every histogram."""
    for name, one, other in zip(Statistics._fields, first, second, strict=True):
        assert np.array_equal(one, other), f"the planes differ in {name}"


# -- where the time goes -------------------------------------------------------------------------------------


@dataclass
class Parts:
    """CPU seconds of the parts of a run on the fast plane."""

    total: Timed
    events: int
    advance: Stopwatch = field(default_factory=Stopwatch)
    """The plane's ``advance``, arrivals included."""
    arrivals: Stopwatch = field(default_factory=Stopwatch)
    control: Stopwatch = field(default_factory=Stopwatch)
    """The control plane's ``run_to``, observations included."""
    observe: Stopwatch = field(default_factory=Stopwatch)
    commands: Stopwatch = field(default_factory=Stopwatch)

    def shares(self) -> dict[str, float]:
        """Return what part of the whole run each took, as shares of one."""
        seconds = {
            "kernel": self.advance.seconds - self.arrivals.seconds,
            "arrivals": self.arrivals.seconds,
            "control": self.control.seconds - self.observe.seconds,
            "observations": self.observe.seconds,
            "commands": self.commands.seconds,
        }
        seconds["rest"] = self.total.seconds - sum(seconds.values())
        return {name: spent / self.total.seconds for name, spent in seconds.items()}

    @property
    def events_a_second(self) -> float:
        """Events of the plane a CPU second inside of ``advance``."""
        return self.events / self.advance.seconds


def replay_in_parts(scenario: Scenario) -> Parts:
    """Run one replication on the fast plane with a watch at each of its parts."""
    parts, planes = Parts(Timed(0, 0.0), 0), []
    with _watched(parts, planes):
        parts.total, statistics = replay(scenario)
    require_whole(statistics)
    parts.events = planes[0].events
    return parts


@contextmanager
def _watched(parts: Parts, planes: list[Any]) -> Iterator[None]:
    make = run._PLANES["fast"]

    def build(*arguments: Any, **named: Any) -> Any:
        planes.append(make(*arguments, **named))
        return planes[0]

    bring = fast._BRING[kernel.NEED_ARRIVALS]
    with ExitStack() as stack:
        stack.enter_context(patch.dict(run._PLANES, fast=build))
        stack.enter_context(patch.dict(fast._BRING, {kernel.NEED_ARRIVALS: _under(parts.arrivals, bring)}))
        for owner, name, watch in (
            (FastPlane, "advance", parts.advance),
            (FastPlane, "observe", parts.observe),
            (FastPlane, "apply", parts.commands),
            (ControlPlane, "run_to", parts.control),
        ):
            stack.enter_context(patch.object(owner, name, _under(watch, getattr(owner, name))))
        yield


def _under(watch: Stopwatch, function: Any) -> Any:
    def watched(*arguments: Any, **named: Any) -> Any:
        with watch.running():
            return function(*arguments, **named)

    return watched
