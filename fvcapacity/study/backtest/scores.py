"""How far predictions were off, in the figures that forecasters use.

- *bias*: mean of (predicted - measured) per mean measured;
- *MAPE*: mean of ``|predicted - measured| / measured`` over bins with something measured (Hyndman and Koehler,
  International Journal of Forecasting 22(4), 2006, on when it misleads);
- *WAPE*: sum of ``|predicted - measured|`` per sum measured: bins count by their size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from fvcapacity.study.backtest.series import Series
from fvcapacity.study.grid import Floats
from fvcapacity.tabular.columns import Column, TableSpec
from fvcapacity.tabular.frames import conform

MEASURES = {"cpu_cores": "cores", "memory_bytes": "bytes", "replicas": "pods", "p95_s": "s", "error_ratio": "1"}
LEAST_BINS = 6

SCORES = TableSpec(
    "scores",
    "One measure of one service, of one route, or of all routes, over the stretch that was predicted.",
    (
        Column("subject", "", "string", "`service/NAME`, `route/NAME` or `route/all`."),
        Column("measure", "", "string", "`cpu_cores`, `memory_bytes`, `replicas`, `p95_s` or `error_ratio`."),
        Column("unit", "", "string", "Unit of the measured and predicted values."),
        Column("bins", "", "int64", "Bins that both have."),
        Column("measured", "by unit", "float64", "Mean over these bins."),
        Column("predicted", "by unit", "float64", "Mean over these bins."),
        Column("bias", "1", "float64", "Predicted minus measured, per measured (an error ratio: their difference)."),
        Column("mape", "1", "float64", "Mean absolute error per measured value; empty for an error ratio."),
        Column("wape", "1", "float64", "Sum of absolute errors per sum measured; empty for an error ratio."),
        Column(
            "inside", "1", "float64", "Share of the bins that lie in the band of the replications; empty without one."
        ),
        Column("note", "", "string", "Why it cannot be compared; empty when it can."),
    ),
)

SERIES = TableSpec(
    "series",
    "One measure of one subject in one bin.",
    (
        Column("time_utc", "", "utc", "Start of the bin."),
        Column("subject", "", "string", "`service/NAME`, `route/NAME` or `route/all`."),
        Column("measure", "", "string", "As in scores."),
        Column("measured", "by measure", "float64", "As it was measured."),
        Column("predicted", "by measure", "float64", "Mean of the replications."),
        Column("low", "by measure", "float64", "Lower edge of the band in which 95 % of new replications would lie."),
        Column("high", "by measure", "float64", "Upper edge of it."),
    ),
)


def score(
    measured: Series,
    runs: Sequence[Series],
    starts: pd.DatetimeIndex,
    known: Floats,
    notes: Mapping[tuple[str, str], str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return scores and series of everything that measurements or simulation have.

    Parameters
    ----------
    known
        Share of each bin in which the traffic was measured: others are not compared.
    notes
        Why a (subject, measure) is not worth a comparison, although both are there.
    """
    subjects = sorted(set(measured) | {key for run in runs for key in run}, key=_order)
    rows, parts = [], []
    for key in subjects:
        seen = np.where(known > 0.999, measured.get(key, np.full(len(starts), np.nan)), np.nan)
        drawn = np.array([run.get(key, np.full(len(starts), np.nan)) for run in runs])
        mean, low, high = _band(drawn)
        rows.append(_row(key, seen, mean, low, high, notes.get(key, "")))
        parts.append(_part(key, starts, seen, mean, low, high))
    return conform(SCORES, pd.DataFrame(rows)), conform(SERIES, pd.concat(parts, ignore_index=True))


def _order(key: tuple[str, str]) -> tuple[int, int, str]:
    subject, measure = key
    return list(MEASURES).index(measure), 0 if subject.startswith("service/") else 1, subject


def _band(drawn: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the mean of the replications, and the band in which 95 % of new ones would lie."""
    count = len(drawn)
    mean = np.asarray(drawn.mean(axis=0), np.float64)
    if count < 2:
        return mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    half = stats.t.ppf(0.975, count - 1) * drawn.std(axis=0, ddof=1) * np.sqrt(1 + 1 / count)
    return mean, mean - half, mean + half


def _row(key: tuple[str, str], seen: Floats, mean: Floats, low: Floats, high: Floats, note: str) -> dict[str, object]:
    subject, measure = key
    both = ~np.isnan(seen) & ~np.isnan(mean)
    if both.sum() < LEAST_BINS and not note:
        one = "measured" if np.isnan(seen).all() else "simulated" if np.isnan(mean).all() else ""
        note = f"it was not {one}" if one else f"{int(both.sum())} common bins, at least {LEAST_BINS} are needed"
    row: dict[str, object] = {
        "subject": subject,
        "measure": measure,
        "unit": MEASURES[measure],
        "bins": int(both.sum()),
    }
    row |= dict.fromkeys(("measured", "predicted", "bias", "mape", "wape", "inside"), float("nan"))
    row["note"] = note
    if both.any():
        a, b = seen[both], mean[both]
        row |= {"measured": float(a.mean()), "predicted": float(b.mean())}
        row |= _errors(a, b) if measure != "error_ratio" else {"bias": float((b - a).mean())}
        if not np.isnan(low[both]).any():
            row["inside"] = float(((a >= low[both]) & (a <= high[both])).mean())
    return row


def _errors(measured: Floats, predicted: Floats) -> dict[str, float]:
    error, some = predicted - measured, measured > 0
    return {
        "bias": float(error.mean() / measured.mean()) if measured.mean() > 0 else float("nan"),
        "mape": float(np.mean(np.abs(error[some]) / measured[some])) if some.any() else float("nan"),
        "wape": float(np.abs(error).sum() / measured.sum()) if measured.sum() > 0 else float("nan"),
    }


def _part(
    key: tuple[str, str], starts: pd.DatetimeIndex, seen: Floats, mean: Floats, low: Floats, high: Floats
) -> pd.DataFrame:
    columns = {"measured": seen, "predicted": mean, "low": low, "high": high}
    return pd.DataFrame({"time_utc": starts, "subject": key[0], "measure": key[1], **columns})
