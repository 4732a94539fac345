"""Figures of a calibration: how well the CPU is explained, what is left over, and at which hours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fvcapacity.plots.style import BLUE, INK, ORANGE, RED, SOFT, new_figure, note, save_figure, styled

_ACROSS = 3
Draw = Callable[[Axes, pd.DataFrame], None]


def write_calibration_plots(tables: Mapping[str, pd.DataFrame], directory: Path) -> None:
    """Write the figures of a calibration as PNG and SVG."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, (table, draw, title) in _FIGURES.items():
        with styled():
            save_figure(_by_service(tables[table], draw, title), directory, name)


def _by_service(table: pd.DataFrame, draw: Draw, title: str) -> Figure:
    """Return one small panel for each service."""
    services = list(dict.fromkeys(table["service"]))
    if not services:
        figure = new_figure()
        note(figure.subplots(), "nothing could be estimated")
        return figure
    rows = -(-len(services) // _ACROSS)
    figure = new_figure(9.0, 2.3 * rows + 0.5)
    grid = figure.subplots(rows, _ACROSS, squeeze=False)
    for axes, service in zip(grid.flat, services, strict=False):
        draw(axes, table[table["service"] == service])
        axes.set_title(service, fontsize=9)
    for axes in list(grid.flat)[len(services) :]:
        axes.set_visible(False)
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=11.5, color=INK)
    return figure


def _measured_against_predicted(axes: Axes, hours: pd.DataFrame) -> None:
    measured, predicted = 1e3 * hours["measured_cores"], 1e3 * hours["predicted_cores"]
    top = max(float(measured.max()), float(predicted.max()), 1e-9) * 1.05
    axes.plot([0, top], [0, top], color=SOFT, linewidth=0.8)
    axes.plot(predicted, measured, ".", color=BLUE, markersize=3, alpha=0.6)
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    axes.set_xlabel("by the fit, m", fontsize=8)
    axes.set_ylabel("measured, m", fontsize=8)


def _residuals(axes: Axes, hours: pd.DataFrame) -> None:
    error = 100 * (hours["predicted_cores"] / hours["measured_cores"].where(hours["measured_cores"] > 0) - 1)
    axes.axhline(0, color=SOFT, linewidth=0.8)
    axes.plot(np.arange(len(error)), error, color=BLUE, linewidth=0.8)
    axes.set_xlabel("hour of the measurements", fontsize=8)
    axes.set_ylabel("error, %", fontsize=8)


def _bias(axes: Axes, hours: pd.DataFrame) -> None:
    bias = 100 * hours["bias"].to_numpy()
    half = np.nan_to_num(100 * (hours["bias_high"] - hours["bias"]).to_numpy(), posinf=0.0)
    colours = np.where(hours["flagged"].astype(bool), RED, BLUE)
    axes.axhspan(-5, 5, color=ORANGE, alpha=0.12, linewidth=0)
    axes.axhline(0, color=SOFT, linewidth=0.8)
    axes.errorbar(hours["hour"], bias, yerr=half, fmt="none", ecolor=SOFT, elinewidth=0.8)
    axes.scatter(hours["hour"], bias, c=colours, s=10, zorder=3)
    axes.set_xlabel("local hour", fontsize=8)
    axes.set_ylabel("bias, %", fontsize=8)


_FIGURES: dict[str, tuple[str, Draw, str]] = {
    "measured-predicted": ("fit_hours", _measured_against_predicted, "CPU by the hour: measured against the fit"),
    "residuals": ("fit_hours", _residuals, "What the fit leaves over, hour by hour"),
    "hourly-bias": ("hourly_bias", _bias, "Bias by the hour of the day, on days that were held back"),
}
