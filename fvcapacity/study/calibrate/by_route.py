"""CPU of a service by the utilization law: what the pods take by themselves, and what each request adds.

In an interval, ``CPU[s] = background[s] pods[s] + sum over routes r of D[r, s] X[r]`` (the utilization law of Denning
and Buzen, "The operational analysis of queueing network models", ACM Computing Surveys 10(3), 1978, with several
classes; estimated by regression as in Rolia and Vetland, "Parameter estimation for enterprise applications", 1995).
The routes that may come to a service are those of the call graph.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fvcapacity.frozen import Frozen, field
from fvcapacity.inputs.measurements import Measure
from fvcapacity.study.calibrate.alignment import Carry, carry_columns, find_carries
from fvcapacity.study.calibrate.identifiability import (
    correlated_groups,
    inflation_of,
    proportional_groups,
)
from fvcapacity.study.calibrate.regression import Fit, fit, near_the_rest
from fvcapacity.study.calibrate.rows import Rows, usable_rows, without
from fvcapacity.study.grid import Floats, Grid

BLOCK_S = 3600.0
"""Blocks of the bootstrap: what is alike in neighbouring residuals is over within an hour."""
ROWS_PER_COLUMN = 10
VARIES = 0.02
"""Standard deviation per mean of the total traffic below which it counts as constant."""


class Coefficient(Frozen):
    """What a request of one route adds at one service: its demand in core seconds, or its visits.

    Attributes
    ----------
    prior
        What the topology says.
    estimate, low, high
        What was measured, with a 95 % interval.
    share
        Of all that was measured of the service (by the estimate).
    inflation
        Variance inflation of the route's requests.
    basis
        ``measured``; ``assumed`` where only the sum of a group was measured, or nothing.
    group
        Routes that cannot be told apart from it; their sum is measured, the split is the topology's.
    """

    route: str
    service: str
    prior: float
    estimate: float
    low: float
    high: float
    share: float
    inflation: float
    basis: str = "measured"
    group: tuple[str, ...] = ()


class RouteFit(Frozen):
    """What a measure of one service says.

    Attributes
    ----------
    coefficients
        By route, in the order of the topology.
    background
        A second and pod (CPU: cores, probes included): estimate, low, high.
    carry
        Share of an interval's work that shows in the next one (negative: in the one before).
    predicted
        float64, shape (intervals,): of every interval that has its regressors.
    covariance
        Of the coefficients that were estimated by themselves, in the order of ``free``.
    """

    service: str
    interval_s: float
    rows: Rows
    coefficients: tuple[Coefficient, ...]
    background: tuple[float, float, float]
    carry: float
    explained: float
    condition: float
    observed: Floats
    predicted: Floats
    residual_sd: float
    residual_lag1: float
    variance: tuple[float, float]
    free: tuple[str, ...] = ()
    covariance: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    problem: str = ""
    """Why nothing was estimated; empty when something was."""


def fit_by_route(grid: Grid, service: str, measure: Measure, priors: Mapping[str, float], *, seed: int = 0) -> RouteFit:
    """Return what a request of each route adds to a measure of a service.

    Parameters
    ----------
    measure
        ``cpu_core_s`` (core seconds a request: its demand) or ``requests`` (visits a request).
    priors
        What the topology expects, by route that may come to the service; also how a sum splits among routes that cannot
        be told apart.
    """
    routes = [route for route in priors if route in grid.routes]
    x = grid.requests[:, [grid.routes.index(route) for route in routes]]
    y, pods = grid.measure(service, measure), grid.measure(service, "pods")
    if y is None:
        return _nothing(grid, service, f"{measure} was not measured")
    fixed = (np.ones(len(y)) if pods is None else pods) * grid.interval_s
    rows = usable_rows(grid, service, [y, fixed], x)
    problem = _too_little(rows, x)
    if problem:
        return _nothing(grid, service, problem, rows, y)
    prior = np.array([priors[route] for route in routes])
    return _estimate(grid, service, routes, prior, x, fixed, y, rows, seed)


def _too_little(rows: Rows, x: Floats) -> str:
    count, columns = int(rows.used.sum()), x.shape[1] + 1
    if count < ROWS_PER_COLUMN * columns:
        reasons = ", ".join(f"{number} {name}" for name, number in rows.left_out.items()) or "none left out"
        least = ROWS_PER_COLUMN * columns
        return f"{count} usable intervals for {columns} numbers, at least {least} are needed ({reasons})"
    used = x[rows.used]
    if not used.size or used.sum() == 0:
        return "no request of a route that comes here was measured"
    if np.all(used.std(axis=0) <= VARIES * np.maximum(used.mean(axis=0), 1e-300)):
        return "the traffic is constant: background and demands cannot be told apart"
    return ""


def _nothing(grid: Grid, service: str, problem: str, rows: Rows | None = None, y: Floats | None = None) -> RouteFit:
    empty = np.full(len(grid.times), np.nan)
    return RouteFit(
        service=service,
        interval_s=grid.interval_s,
        rows=rows or Rows(np.zeros(len(grid.times), bool), {}),
        coefficients=(),
        background=(float("nan"),) * 3,
        carry=0.0,
        explained=float("nan"),
        condition=float("nan"),
        observed=empty if y is None else y,
        predicted=empty,
        residual_sd=float("nan"),
        residual_lag1=float("nan"),
        variance=(float("nan"), float("nan")),
        problem=problem,
    )


def _estimate(
    grid: Grid,
    service: str,
    routes: list[str],
    prior: Floats,
    x: Floats,
    fixed: Floats,
    y: Floats,
    rows: Rows,
    seed: int,
) -> RouteFit:
    block = max(round(BLOCK_S / grid.interval_s), 1)
    kept = near_the_rest(np.column_stack([fixed, x])[rows.used], y[rows.used], block=block)
    rows = without(rows, kept, "outliers")
    used = rows.used
    heard = x[used].sum(axis=0) > 0
    groups, inflation, condition, weights = _groups(x[used], fixed[used], y[used], heard, block, seed)
    split = _split(prior, groups, x[used].sum(axis=0))
    combined = np.column_stack([x @ shares for shares in split])
    everywhere = np.zeros(len(y))
    everywhere[used] = weights
    carries = find_carries(combined, fixed, y, everywhere, used)
    design = np.column_stack([fixed, combined, carry_columns(combined, carries)])
    used = used & ~np.isnan(design).any(axis=1)
    final = fit(design[used], y[used], block=block, seed=seed)
    coefficients = _coefficients(
        routes, service, prior, groups, split, final, x[used].sum(axis=0), inflation, y[used].sum()
    )
    free = tuple(routes[group[0]] for group in groups if len(group) == 1)
    places = [1 + number for number, group in enumerate(groups) if len(group) == 1]
    return RouteFit(
        service=service,
        interval_s=grid.interval_s,
        rows=rows,
        coefficients=coefficients,
        background=(float(final.estimate[0]), float(final.low[0]), float(final.high[0])),
        carry=_carry(carries, final, combined[used], len(groups)),
        explained=final.explained,
        condition=condition,
        observed=y,
        predicted=design @ final.estimate,
        residual_sd=float(final.residuals.std()),
        residual_lag1=_lag1(final.residuals),
        variance=final.variance,
        free=free,
        covariance=final.covariance[np.ix_(places, places)],
    )


def _groups(
    x: Floats, fixed: Floats, y: Floats, heard: Floats, block: int, seed: int
) -> tuple[list[tuple[int, ...]], Floats, float, Floats]:
    """Return the routes that go together (silent ones in no group), their inflation, condition number, and weights."""
    positions = np.flatnonzero(heard)
    columns = np.column_stack([fixed, x[:, positions]])
    first = fit(columns, y, block=block, seed=seed, replicates=100)
    inflation = np.full(x.shape[1], np.nan)
    separation = proportional_groups(columns[:, 1:], first.weights)
    inflation[positions] = separation.inflation
    groups = [tuple(int(positions[i]) for i in group) for group in separation.groups]
    merged = np.column_stack([fixed] + [x[:, group].sum(axis=1) for group in groups])
    second = fit(merged, y, block=block, seed=seed, replicates=100)
    _, alone, condition = inflation_of(merged[:, 1:], second.weights)
    more = correlated_groups(second.estimate[1:], second.covariance[1:, 1:], alone)
    groups = [tuple(sorted(i for number in group for i in groups[number])) for group in more]
    return sorted(groups), inflation, condition, second.weights


def _split(prior: Floats, groups: list[tuple[int, ...]], requests: Floats) -> list[Floats]:
    """Return each group's weights of the routes: their demands in the topology, scaled to 1 for the mean request."""
    result = []
    for group in groups:
        members = list(group)
        weights = np.zeros(len(prior))
        weights[members] = prior[members] if prior[members].sum() > 0 else 1.0
        mean = float((weights * requests).sum() / max(requests[members].sum(), 1e-300))
        result.append(weights / mean if mean > 0 else weights)
    return result


def _coefficients(
    routes: list[str],
    service: str,
    prior: Floats,
    groups: list[tuple[int, ...]],
    split: list[Floats],
    final: Fit,
    requests: Floats,
    inflation: Floats,
    total: float,
) -> tuple[Coefficient, ...]:
    found = {}
    for number, (group, weights) in enumerate(zip(groups, split, strict=True), start=1):
        for position in group:
            estimate, low, high = (
                float(v[number] * weights[position]) for v in (final.estimate, final.low, final.high)
            )
            found[position] = Coefficient(
                route=routes[position],
                service=service,
                prior=float(prior[position]),
                estimate=estimate,
                low=low,
                high=high,
                share=float(estimate * requests[position] / total) if total > 0 else 0.0,
                inflation=float(inflation[position]),
                basis="measured" if len(group) == 1 else "assumed",
                group=tuple(routes[i] for i in group if i != position),
            )
    for position, route in enumerate(routes):
        if position not in found:  # no request came in the time that is used
            before = float(prior[position])
            found[position] = Coefficient(
                route, service, before, before, 0.0, float("inf"), 0.0, float("nan"), "assumed"
            )
    return tuple(found[position] for position in range(len(routes)))


def _carry(carries: tuple[Carry, ...], final: Fit, requests: Floats, groups: int) -> float:
    """Return the share of the requests' work that shows in the next interval (negative: in the one before)."""
    work = float((requests.sum(axis=0) * final.estimate[1 : groups + 1]).sum())
    moved = sum(
        carry.direction * float(final.estimate[1 + groups + number]) * float(requests[:, carry.column].sum())
        for number, carry in enumerate(carries)
    )
    return moved / work if work > 0 else 0.0


def _lag1(residuals: Floats) -> float:
    centred = residuals - residuals.mean()
    square = float((centred**2).sum())
    return float((centred[1:] * centred[:-1]).sum() / square) if square > 0 else 0.0
