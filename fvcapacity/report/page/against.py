"""Two runs side by side: what differs in figures, and in what they were given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.report.page.facts import Facts, mean
from fvcapacity.report.page.series import Panel, panels_of, total
from fvcapacity.results.result import Result
from fvcapacity.results.route_tables import ALL

Kind = Literal["ms", "percent", "usd", "usd4", "count", "hours"]


class Measure(Frozen):
    """One figure of both runs; ``interval`` is half of the 95 % interval of replications."""

    key: str
    kind: Kind
    values: tuple[float | None, float | None]
    intervals: tuple[float | None, float | None] = (None, None)
    less_is_better: bool = True

    @property
    def change(self) -> float | None:
        """The second less the first."""
        first, second = self.values
        return None if first is None or second is None else second - first

    @property
    def clear(self) -> bool:
        """Whether the difference is more than what replications scatter."""
        change = self.change
        if change is None:
            return False
        return abs(change) > sum(item or 0.0 for item in self.intervals)


class Setting(Frozen):
    """A field that was given differently: ``limits.cpu`` of a container, the maximum of an HPA."""

    subject: str
    field: str
    values: tuple[float | None, float | None]
    kind: Literal["cores", "bytes", "count"]


def measures_of(first: Result, second: Result, facts: tuple[Facts, Facts]) -> tuple[Measure, ...]:
    """Return the figures in which two runs are held against each other."""
    pair = (first.summary, second.summary)
    whole = [next(item for item in summary["routes"] if item["route"] == ALL) for summary in pair]

    def estimated(key: str, kind: Kind, parts: Sequence[Any], factor: float = 1.0) -> Measure:
        values = tuple(None if mean(part) is None else factor * float(part["mean"]) for part in parts)
        halves = tuple(_half(part, factor) for part in parts)
        return Measure(key, kind, (values[0], values[1]), (halves[0], halves[1]))

    def plain(key: str, kind: Kind, values: Sequence[float | None]) -> Measure:
        return Measure(key, kind, (values[0], values[1]))

    costs = [summary["cost"] or {} for summary in pair]
    factors = [item.month_usd / item.usd if item.usd and item.month_usd else 1.0 for item in facts]
    month = Measure(
        "month",
        "usd",
        (facts[0].month_usd, facts[1].month_usd),
        (_half(costs[0].get("total_usd"), factors[0]), _half(costs[1].get("total_usd"), factors[1])),
    )
    return (
        plain("worst-p95", "ms", [_objective(item, "p95").worst for item in facts]),
        plain("failing-p95", "percent", [_worst_failing(item, "p95") for item in facts]),
        estimated("p95", "ms", [item["p95_s"] for item in whole], 1e3),
        estimated("p99", "ms", [item["p99_s"] for item in whole], 1e3),
        estimated("errors", "percent", [item["error_ratio"] for item in whole], 100.0),
        plain("throttled", "percent", [_most_throttled(summary) for summary in pair]),
        plain("restarts", "count", [float(item.restarts) for item in facts]),
        plain("pods", "count", [_most_pods(result) for result in (first, second)]),
        plain("nodes", "count", [float(item.nodes[1]) for item in facts]),
        plain("node-hours", "hours", [item.node_hours for item in facts]),
        estimated("cost", "usd", [item.get("total_usd") for item in costs]),
        month,
        estimated("thousand", "usd4", [item.get("per_thousand_served_usd") for item in costs]),
    )


def route_p95(first: Result, second: Result) -> tuple[tuple[str, float | None, float | None], ...]:
    """Return the p95 of each user route in ms, in both runs."""
    pair = [
        {item["route"]: mean(item["p95_s"]) for item in result.summary["routes"] if item["user"]}
        for result in (first, second)
    ]
    names = dict.fromkeys([*pair[0], *pair[1]])
    return tuple((name, *(_times(side.get(name), 1e3) for side in pair)) for name in names if name != ALL)


def settings_of(first: Result, second: Result) -> tuple[Setting, ...]:
    """Return what the two were given differently: requests and limits of containers, bounds of HPAs."""
    return (*_containers(first, second), *_autoscalers(first, second))


def same_window(first: Result, second: Result) -> bool:
    """Tell whether both ran through the same window under the same traffic and seed."""
    keys = ("start_utc", "duration_s", "traffic")
    scenarios = [result.summary["scenario"] for result in (first, second)]
    seeds = [result.summary["run"]["seed"] for result in (first, second)]
    return all(scenarios[0][key] == scenarios[1][key] for key in keys) and seeds[0] == seeds[1]


def lines_beside(panels: Sequence[Panel], other: Result) -> dict[str, np.ndarray[Any, Any]]:
    """Return another run's lines by panel, on the grid of ours, from the windows' starts on.

    Of response times and errors that of all routes, of replicas and machines all together.
    """
    theirs = {panel.key: panel for panel in panels_of(other)}
    found = {}
    for panel in panels:
        beside = theirs.get(panel.key)
        if beside is None or panel.key in ("traffic", "throttled"):
            continue
        values = total(beside) if panel.unit == "count" else beside.lines[0].values
        found[panel.key] = np.interp(panel.grid.times_s, beside.grid.times_s, values, right=np.nan)
    return found


def _objective(facts: Facts, name: str) -> Any:
    return next(item for item in facts.objectives if item.name == name)


def _worst_failing(facts: Facts, name: str) -> float | None:
    missed = _objective(facts, name).missed
    return max((100.0 * item.failing / item.judged for item in missed if item.judged), default=0.0)


def _half(part: Mapping[str, Any] | None, factor: float) -> float | None:
    if part is None or part.get("low_95") is None or part.get("high_95") is None:
        return None
    return factor * (float(part["high_95"]) - float(part["low_95"])) / 2


def _most_throttled(summary: Mapping[str, Any]) -> float | None:
    shares = [mean(item["throttled_periods_ratio"]) for item in summary["services"]]
    return max((100.0 * share for share in shares if share is not None), default=None)


def _most_pods(result: Result) -> float | None:
    minutes = result.tables["workload_minutes"]
    if minutes.empty:
        return None
    return float(minutes.groupby(["replication", "time_s"])["ready"].sum().max())


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


_FIELDS: tuple[tuple[str, str, Literal["cores", "bytes"]], ...] = (
    ("cpu_request_cores", "requests.cpu", "cores"),
    ("cpu_limit_cores", "limits.cpu", "cores"),
    ("memory_request_bytes", "requests.memory", "bytes"),
    ("memory_limit_bytes", "limits.memory", "bytes"),
)


def _containers(first: Result, second: Result) -> list[Setting]:
    keys = ["workload", "container"]
    names = [column for column, _, _ in _FIELDS]
    sides = [result.tables["containers"].set_index(keys)[names] for result in (first, second)]
    found = []
    for key in sides[0].index.union(sides[1].index, sort=False):
        for column, field, kind in _FIELDS:
            values = tuple(_cell(side, key, column) for side in sides)
            if values[0] != values[1]:
                workload, container = key
                bare = str(workload).partition("/")[2]
                subject = str(workload) if container == bare else f"{workload} · {container}"
                found.append(Setting(subject, field, (values[0], values[1]), kind))
    return found


def _cell(side: pd.DataFrame, key: Any, column: str) -> float | None:
    if key not in side.index:
        return None
    value = side.loc[[key], column].iloc[0]
    return None if pd.isna(value) else float(value)


def _autoscalers(first: Result, second: Result) -> list[Setting]:
    sides = [{item["workload"]: item for item in result.summary["scaling"]} for result in (first, second)]
    found = []
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        for column, field in (("hpa_minimum", "minReplicas"), ("hpa_maximum", "maxReplicas")):
            values = tuple(side[name][column] if name in side else None for side in sides)
            if values[0] != values[1]:
                found.append(Setting(name, field, (values[0], values[1]), "count"))
    return found
