"""A scenario in a notebook: what is asked of which system, before anything has run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fvcapacity.display.html import Html, card, chip, joined, line, soft, table
from fvcapacity.display.sparkline import sparkline
from fvcapacity.scenario.cluster import HorizontalPodAutoscaler, Workload
from fvcapacity.units import format_bytes, format_cpu, format_duration

if TYPE_CHECKING:
    from fvcapacity.scenario.model import Scenario, TrafficTable

_MOST_WORKLOADS = 12
_SERVING = ("Deployment", "StatefulSet", "DaemonSet")
NONE = "\N{EN DASH}"


def scenario_html(scenario: Scenario) -> Html:
    """Return the card of a scenario."""
    file = scenario.file
    goal = file.objectives
    heads = ("workload", "pods", "CPU request", "limit", "memory request", "limit")
    shown = [item for item in scenario.cluster.workloads if item.kind in _SERVING]
    more = len(shown) - _MOST_WORKLOADS
    return card(
        scenario.name,
        chip("not run yet", "plain"),
        line(file.description) if file.description else "",
        *(line(f"changed: {words}") for words in scenario.changes),
        line(f"To keep: p95 below {goal.p95_ms:g} ms, errors below {goal.error_percent:g} %."),
        _traffic(scenario.traffic),
        table(heads, [_row(item, scenario) for item in shown[:_MOST_WORKLOADS]]),
        soft(f"and {more} more workloads") if more > 0 else "",
        soft(" · ".join(_facts(scenario))),
        *(soft(f"finding: {words}") for words in scenario.findings),
    )


def _traffic(traffic: TrafficTable | None) -> Html:
    if traffic is None:
        return soft("Traffic: a closed loop of users.")
    rates = traffic.rps.sum(axis=1)
    source = PurePath(traffic.source).name
    words = f"base rates, {rates.mean():,.1f} requests/s on average, before scale and events: {source}"
    return joined([sparkline([rates.tolist()], words), soft(words)])


def _row(workload: Workload, scenario: Scenario) -> tuple[object, ...]:
    serving = [item for item in workload.template.containers if item.kind != "init"]
    first = serving[0] if serving else None
    cpu = (None, None) if first is None else (first.cpu_request_cores, first.cpu_limit_cores)
    memory = (None, None) if first is None else (first.memory_request_bytes, first.memory_limit_bytes)
    return (
        workload.key,
        _pods(workload, _autoscaler(workload, scenario)),
        *(NONE if cores is None else format_cpu(cores) for cores in cpu),
        *(NONE if size is None else format_bytes(size) for size in memory),
    )


def _autoscaler(workload: Workload, scenario: Scenario) -> HorizontalPodAutoscaler | None:
    keys = ((f"{hpa.target_kind.lower()}/{hpa.target_name}", hpa) for hpa in scenario.cluster.autoscalers)
    return next((hpa for key, hpa in keys if key == workload.key), None)


def _pods(workload: Workload, hpa: HorizontalPodAutoscaler | None) -> str:
    if hpa is not None:
        return f"{hpa.min_replicas} to {hpa.max_replicas}"
    return "every node" if workload.kind == "DaemonSet" else str(1 if workload.replicas is None else workload.replicas)


def _facts(scenario: Scenario) -> Iterator[str]:
    file = scenario.file
    start = file.window.start
    zone = ZoneInfo(file.time_zone)
    local = start if start.tzinfo is None else start.astimezone(zone)
    yield f"{local:%a} {local.day} {local:%b %Y %H:%M} {file.time_zone}, {format_duration(file.window.duration)}"
    for name, pool in file.nodes.items():
        yield f"pool {name}: {pool.count} {pool.instance_type}, at most {pool.maximum}"
    yield f"{file.replications} replication{'' if file.replications == 1 else 's'}, seed {file.seed}"
