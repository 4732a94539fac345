"""Which intervals say something about a service's demands, and why the others do not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.study.grid import Floats, Grid

Flags = npt.NDArray[np.bool_]

MOST_FAILED = 0.05
"""A larger share of failed requests, and the interval is no picture of the demand: work was refused or done twice."""
MOST_THROTTLED = 0.9
"""Throttled in a larger share of *all* periods of an interval, a service stands at its limit: work piles up and is done
later. Throttling as such is no reason: a burst beyond the quota is throttled at the least load, and leaving out
intervals with many bursts would make demands look small."""
_PERIOD_S = 0.1
SETTLING_S = 60.0
"""After a change of the number of pods: start-up CPU and warm-up belong to no request."""


class Rows(Frozen):
    """The intervals that are used, and how many are left out for which reason."""

    used: Flags
    left_out: dict[str, int]

    @property
    def coverage(self) -> float:
        """Share of the intervals in which everything needed was measured."""
        return 1 - self.left_out.get("missing", 0) / max(len(self.used), 1)


def without(rows: Rows, kept: Flags, reason: str) -> Rows:
    """Return the intervals without those that are not kept.

    Parameters
    ----------
    kept
        Of the used intervals, in their order.
    """
    if kept.all():
        return rows
    used = rows.used.copy()
    used[np.flatnonzero(used)[~kept]] = False
    return Rows(used, {**rows.left_out, reason: int((~kept).sum())})


def usable_rows(grid: Grid, service: str, needed: list[Floats], regressors: Floats) -> Rows:
    """Return the intervals in which a service did nothing but serve requests, all of them measured.

    Parameters
    ----------
    needed
        Measures without which an interval is missing, each of shape (intervals,).
    regressors
        Requests of the routes that come to the service, shape (intervals, routes).
    """
    missing = np.isnan(regressors).any(axis=1)
    for values in needed:
        missing |= np.isnan(values)
    reasons = {"missing": missing}
    pods, settling = grid.measure(service, "pods"), max(int(np.ceil(SETTLING_S / grid.interval_s)), 1)
    if pods is not None:
        reasons["pods changed"] = _near_changes(pods, settling)
    restarts = grid.measure(service, "restarts")
    if restarts is not None:
        reasons["restarts"] = _spread(np.nan_to_num(restarts) > 0, settling)
    requests, failed = grid.measure(service, "requests"), grid.measure(service, "failed")
    if requests is not None and failed is not None:
        reasons["failures"] = np.nan_to_num(failed) > MOST_FAILED * np.maximum(np.nan_to_num(requests), 1.0)
    throttled = grid.measure(service, "throttled_periods")
    if throttled is not None:
        whole = grid.interval_s / _PERIOD_S * (1.0 if pods is None else np.maximum(np.nan_to_num(pods), 1.0))
        saturated = np.nan_to_num(throttled) > MOST_THROTTLED * whole
        reasons["saturated"] = _spread(saturated, settling)
    used = np.asarray(~missing, np.bool_)
    left_out: dict[str, int] = {}
    for name, flags in reasons.items():
        if name == "missing":
            left_out[name] = int(flags.sum())
            continue
        new = used & flags
        if new.any():
            left_out[name] = int(new.sum())
        used = np.asarray(used & ~flags, np.bool_)
    return Rows(used, {name: count for name, count in left_out.items() if count})


def _near_changes(pods: Floats, reach: int) -> Flags:
    """Flag the interval before a change of the number of pods, that of it, and those in which it settles."""
    known = np.where(np.isnan(pods), np.inf, pods)
    changed = np.zeros(len(pods), bool)
    changed[1:] = (known[1:] != known[:-1]) & np.isfinite(known[1:]) & np.isfinite(known[:-1])
    return _spread(changed, reach)


def _spread(flags: Flags, reach: int) -> Flags:
    """Flag also the interval before a flag and so many after it."""
    result = flags.copy()
    result[:-1] |= flags[1:]
    for step in range(1, reach + 1):
        result[step:] |= flags[:-step]
    return result
