"""The tables of a calibration, and how good each service's fit is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fvcapacity.study.calibrate import tables
from fvcapacity.study.calibrate.by_route import RouteFit
from fvcapacity.study.calibrate.memory import MemoryFit
from fvcapacity.tabular.columns import TableSpec
from fvcapacity.tabular.frames import conform

if TYPE_CHECKING:
    from fvcapacity.study.calibrate.calibrate import Estimates
    from fvcapacity.study.calibrate.time_of_day import HourlyBias

WELL_EXPLAINED, POORLY_EXPLAINED = 0.8, 0.5
WANTED = ((0.20, 0.05), (0.05, 0.10))
"""(share of the CPU from which on, half-width per estimate that is good enough)."""


def build_tables(estimates: Estimates) -> dict[str, pd.DataFrame]:
    """Return the tables of a calibration, by name."""
    cpu = estimates.cpu
    return {
        "quality": _frame(
            tables.QUALITY, [_quality(name, item, estimates.hourly.get(name)) for name, item in cpu.items()]
        ),
        "demands": _frame(tables.DEMANDS, [row for item in cpu.values() for row in _demands(item)]),
        "memory": _frame(tables.MEMORY, [_memory(item) for item in estimates.memory.values()]),
        "visits": _frame(tables.VISITS, [row for item in estimates.visits.values() for row in _visits(item)]),
        "dispersion": _frame(tables.DISPERSION, _dispersion(estimates)),
        "hourly_bias": _frame(tables.HOURLY_BIAS, _hourly(estimates)),
        "fit_hours": _fit_hours(estimates),
    }


def judge(fitted: RouteFit, hourly: HourlyBias | None) -> tuple[str, str]:
    """Return a verdict on a service's fit, and its reason.

    ``good``: 80 % of the variance is explained, and every route with a fifth of the CPU is known to 5 %, with a
    twentieth to 10 %. ``doubtful``: less than half is explained, or an hour of the day is biased. ``usable``: in
    between.
    """
    if fitted.problem:
        return "not calibrated", fitted.problem
    doubts = []
    if fitted.explained < POORLY_EXPLAINED:
        doubts.append(f"{fitted.explained:.0%} of the variance is explained")
    if hourly is not None and len(hourly.table) and hourly.table["flagged"].astype(bool).any():
        doubts.append("hours of the day are biased")
    if doubts:
        return "doubtful", "; ".join(doubts)
    weak = [f"{fitted.explained:.0%} of the variance is explained"] if fitted.explained < WELL_EXPLAINED else []
    weak += [f"{item.route} is known to {width:.0%}" for item, width in _wide(fitted)]
    weak += sorted(
        {
            f"{item.route} cannot be told apart from {', '.join(item.group)}"
            for item in fitted.coefficients
            if item.group
        }
    )
    return ("usable", "; ".join(weak)) if weak else ("good", "")


def _wide(fitted: RouteFit) -> list[tuple[Any, float]]:
    found = []
    for item in fitted.coefficients:
        wanted = next((width for share, width in WANTED if item.share >= share), math.inf)
        width = (item.high - item.low) / 2 / item.estimate if item.estimate > 0 else 0.0
        if width > wanted:
            found.append((item, width))
    return found


def _frame(spec: TableSpec, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return conform(spec, pd.DataFrame(rows, columns=[column.name for column in spec.columns]))


def _quality(name: str, fitted: RouteFit, hourly: HourlyBias | None) -> dict[str, Any]:
    verdict, reason = judge(fitted, hourly)
    hours = hourly.table if hourly is not None and len(hourly.table) else None
    flagged = [] if hours is None else hours.loc[hours["flagged"].astype(bool), "hour"].tolist()
    background = [1e3 * value for value in fitted.background]
    return {
        "service": name,
        "verdict": verdict,
        "reason": reason,
        "intervals": int(fitted.rows.used.sum()),
        "left_out": "; ".join(f"{count} {why}" for why, count in fitted.rows.left_out.items()),
        "coverage": fitted.rows.coverage,
        "explained": fitted.explained,
        **_spread("background_millicores", background),
        "residual_sd_millicores": 1e3 * fitted.residual_sd / fitted.interval_s,
        "residual_lag1": fitted.residual_lag1,
        "carry": fitted.carry,
        "condition": fitted.condition,
        "hourly_error": float("nan") if hourly is None else hourly.mape,
        "biased_hours": ";".join(str(hour) for hour in flagged),
    }


def _spread(name: str, values: Any) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), (float(value) for value in values), strict=True))


def _demands(fitted: RouteFit) -> list[dict[str, Any]]:
    return [
        {
            "service": item.service,
            "route": item.route,
            **_spread("cpu_ms", (1e3 * item.estimate, 1e3 * item.low, 1e3 * item.high)),
            "before_ms": 1e3 * item.prior,
            "share": item.share,
            "inflation": item.inflation,
            "basis": item.basis,
            "group": ";".join(item.group),
        }
        for item in fitted.coefficients
    ]


def _visits(fitted: RouteFit) -> list[dict[str, Any]]:
    return [
        {
            "service": item.service,
            "route": item.route,
            **_spread("visits", (item.estimate, item.low, item.high)),
            "call_graph": item.prior,
            "basis": item.basis,
            "group": ";".join(item.group),
        }
        for item in fitted.coefficients
    ]


def _memory(fitted: MemoryFit) -> dict[str, Any]:
    nothing = (math.nan,) * 3
    return {
        "service": fitted.service,
        **_spread("base_mib", [value / 2**20 for value in fitted.base_bytes or nothing]),
        **_spread("per_open_request_kib", [value / 1024 for value in fitted.per_open_bytes or nothing]),
        "open_from": fitted.open_from,
        "explained": fitted.explained,
        "note": fitted.problem,
    }


def _dispersion(estimates: Estimates) -> list[dict[str, Any]]:
    found = estimates.dispersion
    return [
        {"length_s": length, **_spread("by_route", values), **_spread("whole", found.whole_index[length])}
        for length, values in found.index.items()
    ]


def _hourly(estimates: Estimates) -> list[dict[str, Any]]:
    return [
        {
            "service": name,
            "hour": row["hour"],
            "days": row["days"],
            "bias": row["bias"],
            "bias_low": row["low"],
            "bias_high": row["high"],
            "flagged": bool(row["flagged"]),
        }
        for name, bias in estimates.hourly.items()
        for row in bias.table.to_dict("records")
    ]


def _fit_hours(estimates: Estimates) -> pd.DataFrame:
    grid, parts = estimates.grid, []
    for name, fitted in estimates.cpu.items():
        both = fitted.rows.used & ~np.isnan(fitted.predicted) & ~np.isnan(fitted.observed)
        if not both.any():
            continue
        frame = pd.DataFrame(
            {
                "time_utc": grid.times[both].floor("h"),
                "measured_cores": fitted.observed[both] / grid.interval_s,
                "predicted_cores": fitted.predicted[both] / grid.interval_s,
            }
        )
        hourly = frame.groupby("time_utc", as_index=False, sort=True).mean()
        parts.append(hourly.assign(service=name))
    if not parts:
        return _frame(tables.FIT_HOURS, [])
    return conform(tables.FIT_HOURS, pd.concat(parts, ignore_index=True))
