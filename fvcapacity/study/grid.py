"""Measurements as arrays on one grid of intervals, with the names of the topology."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.errors import Problem
from fvcapacity.frozen import Frozen, field
from fvcapacity.inputs.measurements import Measurements
from fvcapacity.inputs.model_validation import nearest
from fvcapacity.inputs.traffic import route_labels
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.serving import serving_workload

Floats = npt.NDArray[np.float64]

LEAST_INTERVALS = 60
"""Fewer intervals than this, and nothing is estimated."""


class Grid(Frozen):
    """What was measured, interval by interval; a figure that is missing is NaN.

    Attributes
    ----------
    times
        Starts of the intervals (UTC), without gaps.
    interval_s
        Length of an interval.
    routes
        Routes of the topology that the traffic knows, in its order.
    requests, failed
        float64, shape (intervals, routes).
    usage
        By (service, measure): float64, shape (intervals,).
    latency
        Buckets of services: time_utc, service, le_s, count.
    """

    times: pd.DatetimeIndex
    interval_s: float
    routes: tuple[str, ...]
    requests: Floats
    failed: Floats
    usage: Mapping[tuple[str, str], Floats]
    latency: pd.DataFrame
    remarks: tuple[str, ...] = field(default=())

    def measure(self, service: str, measure: str) -> Floats | None:
        """Return a measure of a service, or None when it was not measured at all."""
        values = self.usage.get((service, measure))
        return None if values is None or np.isnan(values).all() else values

    def between(self, start: pd.Timestamp, end: pd.Timestamp) -> Grid:
        """Return the intervals that begin in ``[start, end)``."""
        kept = (self.times >= start) & (self.times < end)
        inside = (self.latency["time_utc"] >= start) & (self.latency["time_utc"] < end)
        return Grid(
            self.times[kept],
            self.interval_s,
            self.routes,
            self.requests[kept],
            self.failed[kept],
            {key: values[kept] for key, values in self.usage.items()},
            self.latency[inside],
            self.remarks,
        )


def make_grid(
    measured: Measurements, scenario: Scenario, *, least: int = LEAST_INTERVALS
) -> tuple[Grid | None, list[Problem]]:
    """Return the measurements on a grid, and everything that is wrong with them.

    Routes are known by name, ``METHOD /path``, or a path that only one route has; services by the name of their
    Kubernetes Service or of the workload behind it.

    Parameters
    ----------
    least
        Fewer intervals are an error.
    """
    problems = [*_negative(measured), *_sums_of_time(measured)]
    routes, more = _route_names(measured, scenario)
    services, others = _service_names(measured, scenario)
    problems += more + others
    interval = measured.provenance.interval_s
    times = _times(measured, interval)
    if len(times) < least:
        hint = f"measure for longer, or at a shorter interval: at least {least} intervals, better a week of 15 s"
        message = f"there are {len(times)} intervals of traffic, too few to tell routes apart"
        problems.append(Problem(message, field="traffic", hint=hint, rule="too-few-intervals"))
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    known = tuple(name for name in scenario.topology.routes if name in routes.values())
    traffic = measured.traffic.assign(route=measured.traffic["route"].map(routes)).dropna(subset=["route"])
    requests, failed = (_pivot(traffic, "route", column, times, known) for column in ("requests", "failed"))
    usage = measured.usage.assign(service=measured.usage["service"].map(services)).dropna(subset=["service"])
    columns = {
        (str(service), str(measure)): _aligned(part, times)
        for (service, measure), part in usage.groupby(["service", "measure"], sort=True)
    }
    remarks = [item.message for item in problems if item.severity != "error"]
    grid = Grid(times, interval, known, requests, failed, columns, _latency(measured, services, routes), tuple(remarks))
    return grid, problems


def service_labels(scenario: Scenario) -> dict[str, str]:
    """Return every name that a service may be measured under: its own, and those of its workload."""
    labels: dict[str, str] = {}
    for name in scenario.topology.services:
        workload = serving_workload(scenario.cluster, name)
        if workload is not None:
            labels[workload.key] = name
            labels[workload.name] = name
    return labels | {name: name for name in scenario.topology.services}


def _route_names(measured: Measurements, scenario: Scenario) -> tuple[dict[str, str], list[Problem]]:
    labels = route_labels(scenario.topology.routes)
    found: dict[str, str] = {}
    problems = []
    for label in measured.traffic["route"].unique().tolist():
        name = labels.get(str(label).strip())
        if name is None:
            close = nearest(label, labels)
            hint = f"did you mean {close!r}?" if close else f"the topology knows {', '.join(scenario.topology.routes)}"
            problems.append(
                Problem(f"the topology has no route {label!r}", field="traffic.route", hint=hint, rule="unknown-route")
            )
        else:
            found[str(label)] = name
    if not len(measured.traffic):
        hint = "pull the requests by route as well: without them no demand can be told"
        problems.append(Problem("there is no traffic", field="traffic", hint=hint, rule="missing-measure"))
    silent = [name for name in scenario.topology.routes if name not in found.values()]
    if found and silent:
        message = f"no traffic was measured of {', '.join(silent)}: their demands stay as they are"
        problems.append(Problem(message, field="traffic.route", severity="warning", rule="silent-route"))
    return found, problems


def _service_names(measured: Measurements, scenario: Scenario) -> tuple[dict[str, str], list[Problem]]:
    labels = service_labels(scenario)
    found: dict[str, str] = {}
    strange = []
    for label in measured.usage["service"].unique().tolist():
        name = labels.get(str(label)) or labels.get(str(label).rpartition("/")[2])
        if name is None:
            strange.append(str(label))
        else:
            found[str(label)] = name
    severity = "error" if not found else "warning"
    problems = []
    workloads = {item.name for item in scenario.cluster.workloads} | {item.key for item in scenario.cluster.workloads}
    for label in strange:
        if label in workloads:
            continue  # beside the shop: it serves no route
        close = nearest(label, labels)
        hint = f"did you mean {close!r}?" if close else f"the topology knows {', '.join(scenario.topology.services)}"
        message = f"the topology has no service {label!r}: what was measured of it is left out"
        problems.append(
            Problem(message, field="usage.service", hint=hint, severity=severity, rule="unknown-service")  # type: ignore[arg-type]
        )
    with_cpu = measured.usage.loc[measured.usage["measure"] == "cpu_core_s", "service"].map(found).dropna()
    if not len(with_cpu):
        hint = "pull cpu_core_s of the services (container_cpu_usage_seconds_total)"
        problems.append(
            Problem(
                "no CPU was measured of any service of the topology", field="usage", hint=hint, rule="missing-measure"
            )
        )
    return found, problems


def _negative(measured: Measurements) -> list[Problem]:
    found = []
    for name, table, keys, column in (
        ("traffic", measured.traffic, ["route"], "requests"),
        ("traffic", measured.traffic, ["route"], "failed"),
        ("usage", measured.usage, ["service", "measure"], "value"),
        ("latency", measured.latency, ["subject"], "count"),
    ):
        values = table[column].to_numpy(np.float64)
        bad = table[(values < 0) | np.isinf(values)]
        for key, part in bad.groupby(keys, sort=True):
            what = " ".join(str(item) for item in (key if isinstance(key, tuple) else (key,)))
            first = part.iloc[0]
            example = f"{first[column]:g} at {first['time_utc']}"
            message = f"{len(part)} values of {what} are negative or infinite, the first {example}"
            hint = "a counter that was reset looks like this: take increases that know resets, and leave gaps empty"
            found.append(Problem(message, field=f"{name}.{column}", hint=hint, rule="negative-value"))
    return found


def _sums_of_time(measured: Measurements) -> list[Problem]:
    if measured.provenance.interval_s > 0:
        return []
    message = f"interval_s is {measured.provenance.interval_s:g}"
    return [Problem(message, field="interval_s", hint="it must be more than 0", rule="invalid-field")]


def _times(measured: Measurements, interval_s: float) -> pd.DatetimeIndex:
    if not len(measured.traffic) or interval_s <= 0:
        return pd.DatetimeIndex([], tz="UTC")
    stamps = pd.DatetimeIndex(measured.traffic["time_utc"])
    return pd.date_range(stamps.min(), stamps.max(), freq=pd.Timedelta(interval_s, "s"))


def _pivot(table: pd.DataFrame, key: str, column: str, times: pd.DatetimeIndex, names: tuple[str, ...]) -> Floats:
    """Return one column of a long table as (intervals, names); several labels of one name are added."""
    result = np.full((len(times), len(names)), np.nan)
    for number, name in enumerate(names):
        part = table[table[key] == name]
        result[:, number] = _placed(pd.DatetimeIndex(part["time_utc"]), part[column].to_numpy(np.float64), times)
    return result


def _aligned(part: pd.DataFrame, times: pd.DatetimeIndex) -> Floats:
    return _placed(pd.DatetimeIndex(part["time_utc"]), part["value"].to_numpy(np.float64), times)


def _placed(stamps: pd.DatetimeIndex, values: Floats, times: pd.DatetimeIndex) -> Floats:
    """Return values in their places of the grid: NaN where there is none, sums where there are several."""
    result = np.full(len(times), np.nan)
    if not len(times) or not len(stamps):
        return result
    step = (times[1] - times[0]) if len(times) > 1 else pd.Timedelta(1, "s")
    place = np.rint(np.asarray((stamps - times[0]) / step, np.float64)).astype(np.int64)
    inside = (place >= 0) & (place < len(times)) & ~np.isnan(values)
    totals = np.bincount(place[inside], weights=values[inside], minlength=len(times))
    seen = np.bincount(place[inside], minlength=len(times)) > 0
    result[seen] = totals[seen]
    return result


def _latency(measured: Measurements, services: Mapping[str, str], routes: Mapping[str, str]) -> pd.DataFrame:
    """Return the buckets with the names of the topology: ``service/NAME`` and ``route/NAME``."""
    table = measured.latency
    known = {f"service/{label}": f"service/{name}" for label, name in services.items()}
    known |= {f"service/{name}": f"service/{name}" for name in services.values()}
    known |= {f"route/{label}": f"route/{name}" for label, name in routes.items()}
    return table.assign(subject=table["subject"].map(known)).dropna(subset=["subject"])
