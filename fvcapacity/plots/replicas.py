"""What the HPAs want and what is ready."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fvcapacity.plots.context import PlotContext, Tables
from fvcapacity.plots.series import mean_over_replications
from fvcapacity.plots.style import BLUE, ORANGE, SOFT, new_figure, note, time_axis

_IN_A_ROW = 3


def plot_replicas(tables: Tables, context: PlotContext) -> Figure:
    """Return one panel for each workload under an HPA."""
    workloads = scaled_workloads(context)
    columns = min(max(len(workloads), 1), _IN_A_ROW)
    rows = math.ceil(max(len(workloads), 1) / columns)
    figure = new_figure(max(9.0, 4.0 * columns), 3.6 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, workload in zip(panels, workloads, strict=False):
        draw_replicas(panel, tables, context, workload)
        if columns > 1:  # narrow panels: the name above, the finding below it
            panel.set_title(panel.get_title(loc="left").replace(": ", "\n", 1), fontsize=10.5)
    for panel in panels[max(len(workloads), 1) :]:
        panel.set_visible(False)
    if not workloads:
        note(panels[0], "no workload is scaled by an HPA")
    return figure


def scaled_workloads(context: PlotContext) -> list[str]:
    """Return the workloads under an HPA."""
    return list(context.hpa_bounds)


def draw_replicas(axes: Axes, tables: Tables, context: PlotContext, workload: str) -> None:
    """Draw desired and ready replicas of one workload, and the HPA's maximum."""
    samples = tables["workload_minutes"]
    samples = samples[samples["workload"] == workload]
    time_axis(axes, context.zone, context.start, context.end)
    if samples.empty:
        note(axes, "no samples")
        return
    lines = mean_over_replications(samples, ["desired", "ready"])
    high = context.hpa_bounds[workload][1]
    axes.fill_between(lines.index, lines["ready"], step="post", color=BLUE, alpha=0.25, linewidth=0)
    axes.step(lines.index, lines["ready"], where="post", color=BLUE, label="ready")
    axes.step(lines.index, lines["desired"], where="post", color=ORANGE, linewidth=1.4, label="desired")
    axes.axhline(high, color=SOFT, linewidth=1, linestyle=(0, (4, 3)), label=f"maximum {high}")
    axes.set_ylim(0, max(high, lines["desired"].max()) * 1.3)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.set_ylabel("pods")
    axes.legend(loc="upper left", frameon=False, ncols=3, fontsize=8.5, borderaxespad=0.2, handlelength=1.2)
    extremes = tables["workloads"]
    axes.set_title(_finding(workload.partition("/")[2], extremes[extremes["workload"] == workload], high, context))


def _finding(name: str, extremes: pd.DataFrame, high: int, context: PlotContext) -> str:
    at_maximum = int(extremes["minutes_at_maximum"].sum()) / context.replications
    if at_maximum >= 1:
        return f"{name}: {at_maximum:,.0f} min at its maximum of {high}"
    lowest, highest = int(extremes["ready_min"].min()), int(extremes["ready_max"].max())
    return f"{name}: stays at {lowest}" if lowest == highest else f"{name}: {lowest} to {highest} ready"
