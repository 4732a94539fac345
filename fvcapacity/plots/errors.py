"""Failed requests by cause."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fvcapacity.plots.context import PlotContext, Tables
from fvcapacity.plots.series import step_within
from fvcapacity.plots.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    SOFT,
    day_number,
    new_figure,
    note,
    time_axis,
)

CAUSE_COLORS = {
    "timeout": BLUE,
    "queue_full": ORANGE,
    "no_endpoint": PURPLE,
    "connection_refused": SKY,
    "oom_killed": RED,
    "terminated": GREEN,
    "circuit_open": SOFT,
    "error_response": INK,
}


def plot_errors(tables: Tables, context: PlotContext) -> Figure:
    """Return failed requests by cause over time."""
    figure = new_figure()
    draw_errors(figure.subplots(), tables, context)
    return figure


def draw_errors(axes: Axes, tables: Tables, context: PlotContext) -> None:
    """Draw failed requests a minute, stacked by cause, in steps of five minutes or more."""
    time_axis(axes, context.zone, context.start, context.end)
    minutes = tables["route_minutes"]
    causes = list(CAUSE_COLORS)
    totals = minutes[causes].sum()
    if not totals.sum():
        note(axes, "no request failed")
        axes.set_title("No request fails")
        return
    width_s = step_within(context, 120)
    binned = minutes.groupby(minutes["time_s"] // width_s * width_s)[causes].sum()
    per_minute = binned / (width_s / 60) / context.replications
    left = day_number(context.start) + per_minute.index.to_numpy() / 86400
    bottom = np.zeros(len(per_minute))
    for cause in totals.sort_values(ascending=False).index:
        if totals[cause] > 0:
            heights = per_minute[cause].to_numpy()
            label = f"{str(cause).replace('_', ' ')} {totals[cause] / context.replications:,.0f}"
            some = heights > 0  # a bar of nothing costs as much as another
            axes.bar(
                left[some],
                heights[some],
                bottom=bottom[some],
                width=width_s / 86400 * 0.9,
                align="edge",
                color=CAUSE_COLORS[str(cause)],
                label=label,
            )
            bottom += heights
    axes.set_ylim(0, bottom.max() * 1.25)
    axes.set_ylabel("failed requests / min")
    axes.legend(loc="upper left", frameon=False, ncols=4, fontsize=8.5, borderaxespad=0.2, handlelength=1)
    share = 100 * totals.sum() / max(minutes["requests"].sum(), 1)
    worst = str(totals.idxmax()).replace("_", " ")
    axes.set_title(f"{totals.sum() / context.replications:,.0f} requests fail ({share:.2g} %), most by {worst}")
