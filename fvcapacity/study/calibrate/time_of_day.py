"""Whether the model errs by the hour of the day: on days that it has not seen.

Demands may depend on the hour (cold caches at night, batch jobs, garbage collection). The days are held back in
turns: a fit on the others predicts them, and the errors are averaged by the local hour, with an interval from the
spread over days. An hour is flagged when its interval leaves out zero and its bias is more than 5 % of what was
measured in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from fvcapacity.frozen import Frozen
from fvcapacity.study.calibrate.by_route import fit_by_route
from fvcapacity.study.calibrate.rows import usable_rows
from fvcapacity.study.grid import Floats, Grid

FLAGGED = 0.05
LEAST_DAYS = 3
HOURS = 24


class HourlyBias(Frozen):
    """Errors of held-back days by local hour: predicted minus measured, as a share of measured CPU.

    Attributes
    ----------
    table
        hour, days, bias, low, high, flagged.
    mape
        Mean absolute error of an hour's CPU on held-back days, as a share.
    """

    service: str
    table: pd.DataFrame
    mape: float
    problem: str = ""


def find_hourly_bias(
    grid: Grid, service: str, priors: Mapping[str, float], zone: ZoneInfo, *, seed: int = 0
) -> HourlyBias:
    """Return the bias by hour of the day of a service's CPU, on days that were held back in two folds."""
    local = grid.times.tz_convert(zone)
    days, names = pd.factorize(local.normalize())
    empty = pd.DataFrame(columns=["hour", "days", "bias", "low", "high", "flagged"])
    if len(names) < LEAST_DAYS:
        message = f"{len(names)} days: held-back days need at least {LEAST_DAYS}"
        return HourlyBias(service, empty, float("nan"), message)
    errors = []
    for fold in (0, 1):
        held = days % 2 == fold
        fitted = fit_by_route(_masked(grid, ~held), service, "cpu_core_s", priors, seed=seed)
        if fitted.problem:
            return HourlyBias(service, empty, float("nan"), fitted.problem)
        seen = fit_rows(grid, service, fitted.predicted)
        part = pd.DataFrame({"day": days, "hour": local.hour, "predicted": fitted.predicted, "measured": seen})
        errors.append(part[held & part.notna().all(axis=1).to_numpy()])
    hourly = pd.concat(errors).groupby(["day", "hour"], sort=True)[["predicted", "measured"]].sum()
    hourly = hourly[hourly["measured"] > 0]
    relative = (hourly["predicted"] / hourly["measured"] - 1).rename("error")
    rows = [
        _hour(hour, relative.xs(hour, level="hour").to_numpy(np.float64))
        for hour in range(HOURS)
        if hour in relative.index.get_level_values("hour")
    ]
    return HourlyBias(service, pd.DataFrame(rows), float(relative.abs().mean()))


def fit_rows(grid: Grid, service: str, predicted: Floats) -> Floats:
    """Return the measured CPU where the service only served requests, else NaN."""
    cpu = grid.measure(service, "cpu_core_s")
    if cpu is None:
        return np.full(len(grid.times), np.nan)
    used = usable_rows(grid, service, [cpu, predicted], np.zeros((len(cpu), 0))).used
    return np.where(used, cpu, np.nan)


def _masked(grid: Grid, kept: npt.NDArray[np.bool_]) -> Grid:
    """Return the grid with the CPU of the other intervals taken away (requests stay, for the prediction)."""
    usage = {
        key: np.where(kept, values, np.nan) if key[1] == "cpu_core_s" else values for key, values in grid.usage.items()
    }
    return Grid(grid.times, grid.interval_s, grid.routes, grid.requests, grid.failed, usage, grid.latency, grid.remarks)


def _hour(hour: int, errors: Floats) -> dict[str, object]:
    bias, days = float(errors.mean()), len(errors)
    half = float("inf")
    if days > 1:
        half = float(stats.t.ppf(0.975, days - 1) * errors.std(ddof=1) / np.sqrt(days))
    flagged = abs(bias) > FLAGGED and abs(bias) > half
    return {"hour": hour, "days": days, "bias": bias, "low": bias - half, "high": bias + half, "flagged": flagged}
