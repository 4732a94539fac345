"""What a reader is shown of a calibration or a backtest, as text cells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fvcapacity.cli.view import NONE, Grid

if TYPE_CHECKING:
    from fvcapacity.study.calibrate import Calibration

MOST_DEMANDS = 24


def calibration_headline(calibration: Calibration) -> str:
    """Return what was calibrated from what, in one line."""
    source = calibration.source
    verdicts = calibration.tables["quality"]["verdict"]
    good = int((verdicts != "not calibrated").sum())
    return (
        f"{good} of {len(verdicts)} services calibrated from {source['intervals']:,} intervals of "
        f"{source['interval_s']:g} s, {source['start_utc']} to {source['end_utc']}"
    )


def quality_grid(calibration: Calibration) -> Grid:
    """Return how well each service is explained."""
    rows = tuple(
        (
            row["service"],
            row["verdict"],
            f"{row['intervals']:,}",
            percent_text(row["coverage"]),
            percent_text(row["explained"], 1),
            _number(row["background_millicores"]),
            percent_text(row["hourly_error"], 1),
            str(row["reason"]),
        )
        for row in calibration.tables["quality"].to_dict("records")
    )
    heads = ("Service", "Verdict", ">Intervals", ">Measured", ">Explained", ">Idle, m", ">Hour off by", "Why")
    return Grid(title="Quality", heads=heads, rows=rows, wrapped=len(heads) - 1)


def demands_grid(calibration: Calibration, most: int | None = MOST_DEMANDS) -> Grid:
    """Return the demands of the routes, those with the largest share of their service first."""
    table = calibration.tables["demands"].sort_values(["share", "service", "route"], ascending=[False, True, True])
    shown = table if most is None else table.head(most)
    rows = tuple(
        (
            row["service"],
            row["route"],
            _number(row["cpu_ms"]),
            f"{_number(row['cpu_ms_low'])} to {_number(row['cpu_ms_high'])}",
            _number(row["before_ms"]),
            percent_text(row["share"]),
            row["basis"] if not row["group"] else f"sum with {row['group'].replace(';', ', ')}",
        )
        for row in shown.to_dict("records")
    )
    left = len(table) - len(shown)
    remark = f"{left} more with smaller shares are in tables/demands.csv." if left else ""
    heads = ("Service", "Route", ">CPU, ms", ">95 %", ">Before", ">Share", "Basis")
    return Grid(title="Demands", heads=heads, rows=rows, remark=remark)


def arrivals_lines(calibration: Calibration) -> list[str]:
    """Return what the scenario should say of its arrivals; nothing when a finding says why they stay."""
    arrivals = calibration.arrivals
    if arrivals is None:
        return []
    spread = f"{arrivals.spread / 1e6:.0f}ms"
    return [f"traffic.arrivals: {{kind: cluster, mean_size: {arrivals.mean_size:g}, spread: {spread}}}"]


def findings_lines(calibration: Calibration) -> list[str]:
    """Return the findings, one line each."""
    return [f"{item.message} [{item.rule}]" + (f" ({item.hint})" if item.hint else "") for item in calibration.findings]


def percent_text(value: float, digits: int = 0) -> str:
    """Return a share in percent, or a dash when there is none."""
    return NONE if math.isnan(value) else f"{100 * value:.{digits}f} %"


def _number(value: float) -> str:
    return NONE if not math.isfinite(value) else f"{value:#.4g}".rstrip(".") if abs(value) < 1000 else f"{value:,.0f}"
