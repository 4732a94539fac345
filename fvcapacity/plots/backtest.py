"""Figures of a backtest: measured and predicted side by side, with the band of the replications."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from fvcapacity.plots.style import BLUE, INK, ORANGE, SKY, new_figure, note, save_figure, styled

_FIGURES = {
    "cpu": ("cpu_cores", 1e3, "CPU, m", "CPU by service"),
    "memory": ("memory_bytes", 2**-20, "memory, MiB", "Memory by service"),
    "replicas": ("replicas", 1.0, "ready pods", "Replicas by service"),
    "p95": ("p95_s", 1e3, "p95, ms", "p95 by service"),
}
_ACROSS = 3


def write_backtest_plots(series: pd.DataFrame, time_zone: str, directory: Path) -> None:
    """Write the figures of a backtest as PNG and SVG.

    Parameters
    ----------
    series
        The table ``series`` of a backtest.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name, (measure, scale, label, title) in _FIGURES.items():
        part = series[(series["measure"] == measure) & series["subject"].str.startswith("service/")]
        with styled():
            _write(part, scale, label, title, ZoneInfo(time_zone), directory, name)


def _write(
    table: pd.DataFrame, scale: float, label: str, title: str, zone: ZoneInfo, directory: Path, name: str
) -> None:
    subjects = list(dict.fromkeys(table["subject"]))
    rows = max(-(-len(subjects) // _ACROSS), 1)
    figure = new_figure(9.0, 2.1 * rows + 0.6)
    grid = figure.subplots(rows, _ACROSS, squeeze=False)
    for axes, subject in zip(grid.flat, subjects, strict=False):
        _draw(axes, table[table["subject"] == subject], scale, zone)
        axes.set_title(str(subject).partition("/")[2], fontsize=9)
        axes.set_ylabel(label, fontsize=8)
    for axes in list(grid.flat)[len(subjects) :]:
        axes.set_visible(False)
    figure.suptitle(
        f"{title}: measured (orange), predicted (blue)", x=0.01, ha="left", fontweight="bold", fontsize=11.5, color=INK
    )
    save_figure(figure, directory, name)


def _draw(axes: Axes, table: pd.DataFrame, scale: float, zone: ZoneInfo) -> None:
    if table[["measured", "predicted"]].isna().all().all():
        note(axes, "nothing to show")
        return
    times = table["time_utc"].dt.tz_convert(zone).to_numpy()
    if not np.isnan(table["low"]).all():
        low, high = (scale * table[name].to_numpy() for name in ("low", "high"))
        axes.fill_between(times, low, high, color=SKY, alpha=0.3, linewidth=0)
    axes.plot(times, scale * table["measured"].to_numpy(), color=ORANGE, linewidth=1.1)
    axes.plot(times, scale * table["predicted"].to_numpy(), color=BLUE, linewidth=0.9)
    axes.set_ylim(bottom=0)
    locator = AutoDateLocator(tz=zone, minticks=2, maxticks=5)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone, show_offset=False))  # type: ignore[no-untyped-call]
    axes.tick_params(labelsize=7)
