"""Traffic of a scenario to base rates: from the shape of a week, or from a file of counts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from fvcapacity.errors import Location, Problem, TrafficError
from fvcapacity.frozen import Frozen, replace
from fvcapacity.inputs.counts_file import Counts, read_counts
from fvcapacity.inputs.counts_grid import Stretch, cut, find_interval, make_grid, rates
from fvcapacity.inputs.model_validation import nearest
from fvcapacity.inputs.yaml_source import load_model
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.model import TrafficTable
from fvcapacity.scenario.topology import Route
from fvcapacity.scenario.traffic import Traffic
from fvcapacity.scenario.weekly import HOURS, WeeklyShapeFile
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]

OTHER = "other"
"""Requests of a file of counts that belong to no route: an access log has them."""
WEEKLY_INTERVAL_NS = 60 * NS_PER_S


class RunSpan(Frozen):
    """When a run takes place, in nanoseconds since 1970: warm-up, window, end."""

    start_ns: int
    window_ns: int
    end_ns: int
    zone: ZoneInfo


def load_traffic(traffic: Traffic, routes: Mapping[str, Route], span: RunSpan, base: Path) -> TrafficTable | None:
    """Return the base rates of a run, columns in the order of ``routes``; None for a closed loop of users.

    Parameters
    ----------
    traffic
        Which source, and how to read it.
    routes
        Routes of the topology; their shares split traffic that is not told by route.
    span
        Warm-up and window, which the table covers.
    base
        Directory that relative paths start from.

    Raises
    ------
    TrafficError
        With all problems of the file: unreadable lines, gaps, a window that is not covered, unknown routes.
    """
    if traffic.weekly is not None:
        path = Path(os.path.normpath(base / traffic.weekly.file))
        shape, _ = load_model(path, WeeklyShapeFile, TrafficError)
        return _weekly_table(shape, traffic.weekly.mean_rps, routes, span, str(path))
    if traffic.file is not None:
        return _counted_table(traffic, routes, span, Path(os.path.normpath(base / traffic.file)))
    return None


def _weekly_table(
    shape: WeeklyShapeFile, mean_rps: float, routes: Mapping[str, Route], span: RunSpan, source: str
) -> TrafficTable:
    """Rates at intervals of a minute, linear between the middles of the hours (which keeps the mean)."""
    import pandas as pd

    step = WEEKLY_INTERVAL_NS
    first, last = span.start_ns // step, -(-span.end_ns // step)
    middles = np.arange(first, last, dtype=np.int64) * step + step // 2
    local = pd.DatetimeIndex(middles.view("datetime64[ns]")).tz_localize("UTC").tz_convert(span.zone)
    hours = np.asarray(local.day_of_week * 24 + local.hour + local.minute / 60 + local.second / 3600, np.float64)
    factors = np.interp(hours, np.arange(HOURS) + 0.5, shape.hour_of_week, period=HOURS)
    rps = mean_rps * np.outer(factors, shares(routes))
    return TrafficTable(step, int(first * step), tuple(routes), rps, source)


def shares(routes: Mapping[str, Route]) -> Floats:
    """Return the routes' shares, scaled to sum to 1.

    Raises
    ------
    TrafficError
        When all of them are zero.
    """
    weights = np.array([route.share for route in routes.values()], np.float64)
    if weights.sum() <= 0:
        raise TrafficError(
            "traffic is not told by route, and the shares of all routes are zero",
            hint="give the routes of the topology a share",
        )
    return np.asarray(weights / weights.sum(), np.float64)


def _counted_table(traffic: Traffic, routes: Mapping[str, Route], span: RunSpan, path: Path) -> TrafficTable:
    counts, problems = read_counts(path, span.zone)
    if counts is None:
        raise TrafficError(problems)
    counts = _without_other(replace(counts, sparse=counts.sparse or traffic.sparse), routes)
    columns, names, problems = _columns(counts, routes)
    interval, more = find_interval(counts)
    shift = _shift(traffic, span, problems)
    if interval is None or problems:
        raise TrafficError(problems + more)
    grid = make_grid(counts, interval, columns, max(len(names), 1))
    stretch = Stretch(span.start_ns + shift, span.window_ns + shift, span.end_ns + shift, span.zone)
    part, problems, notes = cut(grid, stretch, traffic.fill_gaps, counts.file)
    if part is None:
        raise TrafficError(problems)
    if counts.routes is None:
        rps = np.outer(rates(part)[:, 0], shares(routes))
    else:
        rps = np.zeros((len(part.values), len(routes)))
        rps[:, [list(routes).index(name) for name in names]] = rates(part)
        silent = [name for name in routes if name not in names]
        if silent:
            notes.append(f"routes that the file does not name have no traffic: {', '.join(silent)}")
    return TrafficTable(
        interval,
        part.start_ns - shift,
        tuple(routes),
        rps,
        counts.file,
        (*counts.notes, *notes),
        part.filled,
        part.longest_gap,
    )


def _without_other(counts: Counts, routes: Mapping[str, Route]) -> Counts:
    """Return the counts without those of `OTHER`, which belong to no route; a topology may have one of that name."""
    if counts.routes is None or OTHER in route_labels(routes):
        return counts
    other = counts.routes.astype(str) == OTHER
    if not other.any() or other.all():
        return counts
    lost = f"{np.nansum(counts.requests[other]):,.0f} of {np.nansum(counts.requests):,.0f} requests"
    note = f"{lost} of the file belong to no route ({OTHER!r}) and are left out"
    kept = ~other
    return replace(
        counts,
        times_ns=counts.times_ns[kept],
        requests=counts.requests[kept],
        routes=counts.routes[kept],
        lines=counts.lines[kept],
        notes=(*counts.notes, note),
    )


def _shift(traffic: Traffic, span: RunSpan, problems: list[Problem]) -> int:
    """Return what is added to an instant of the run to get the instant of the file."""
    if traffic.read_from is None:
        return 0
    try:
        return epoch_ns(traffic.read_from, span.zone) - span.window_ns
    except ValueError as error:
        problems.append(Problem(str(error), field="traffic.read_from", rule="invalid-field"))
        return 0


def _columns(
    counts: Counts, routes: Mapping[str, Route]
) -> tuple[npt.NDArray[np.int64], tuple[str, ...], list[Problem]]:
    """Return the column of each row, the routes that the columns stand for, and problems of unknown routes."""
    if counts.routes is None:
        return np.zeros(counts.times_ns.size, np.int64), (), []
    known = route_labels(routes)
    names: dict[str, int] = {}
    of_label: dict[str, int] = {}
    problems = []
    labels, first_row, number = np.unique(counts.routes.astype(str), return_index=True, return_inverse=True)
    for label, row in zip(labels.tolist(), first_row.tolist(), strict=True):
        name = known.get(label.strip())
        if name is None:
            close = nearest(label, known)
            hint = f"did you mean {close!r}?" if close else f"known routes: {', '.join(routes)}"
            place = Location(counts.file, int(counts.lines[row]))
            problems.append(Problem(f"the topology has no route {label!r}", place, hint=hint, rule="unknown-route"))
        elif name in names:
            place = Location(counts.file, int(counts.lines[row]))
            message = f"{label!r} is another name of the route {name!r}, which the file has already"
            problems.append(Problem(message, place, hint="use one name for a route", rule="unknown-route"))
        else:
            of_label[label] = names[name] = len(names)
    columns = np.array([of_label.get(label, 0) for label in labels.tolist()], np.int64)
    return columns[number], tuple(names), problems


def route_labels(routes: Mapping[str, Route]) -> dict[str, str]:
    """Return every label of a route with its name: the name, ``GET /path``, and the path when only one has it."""
    labels: dict[str, str] = {}
    paths = [route.path for route in routes.values()]
    for name, route in routes.items():
        labels[f"{route.method} {route.path}"] = name
        if paths.count(route.path) == 1:
            labels[route.path] = name
    return labels | {name: name for name in routes}
