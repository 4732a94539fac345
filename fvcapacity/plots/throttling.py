"""Which service is throttled, and when."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from fvcapacity.plots.context import PlotContext, Tables
from fvcapacity.plots.series import step_within
from fvcapacity.plots.style import INK, RED, SOFT, day_number, new_figure, note, time_axis
from fvcapacity.units import format_cpu

_MOST_STEPS = 144
_COLORS = LinearSegmentedColormap.from_list("throttling", ["#F7F7F7", "#F6C8A8", RED, "#7A2E00"])


def plot_throttling(tables: Tables, context: PlotContext) -> Figure:
    """Return a heat map of the throttled share of CFS periods."""
    services = _throttled_share(tables, context).shape[0]
    figure = new_figure(9.0, 1.7 + 0.32 * max(services, 3))
    draw_throttling(figure.subplots(), tables, context)
    return figure


def draw_throttling(axes: Axes, tables: Tables, context: PlotContext) -> None:
    """Draw one row for each service with a CPU limit, one column for each step of time."""
    share = _throttled_share(tables, context)
    time_axis(axes, context.zone, context.start, context.end)
    axes.grid(visible=False)
    if share.empty:
        note(axes, "no container has a CPU limit")
        axes.set_title("Nothing is throttled")
        return
    start = day_number(context.start)
    step = step_within(context, _MOST_STEPS)
    offsets = share.columns.to_numpy(dtype=float)
    edges = start + np.append(offsets, offsets[-1] + step) / 86400
    mesh = axes.pcolormesh(
        edges, np.arange(len(share) + 1), 100 * share.to_numpy(), cmap=_COLORS, vmin=0, vmax=100, rasterized=True
    )
    limits = [context.limits.get(str(name)) for name in share.index]
    labels = [
        f"{name} ({format_cpu(limit)})" if limit else str(name) for name, limit in zip(share.index, limits, strict=True)
    ]
    axes.set_yticks(np.arange(len(share)) + 0.5, labels, color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(share), 0)
    axes.hlines(np.arange(1, len(share)), edges[0], edges[-1], color="white", linewidth=2)
    bar = axes.figure.colorbar(mesh, cax=axes.inset_axes((1.015, 0.0, 0.014, 1.0)))
    bar.set_label("% of periods throttled", color=SOFT)
    bar.outline.set_visible(False)
    axes.set_title(_finding(share, context))


def _throttled_share(tables: Tables, context: PlotContext) -> pd.DataFrame:
    """Return throttled periods per period, services by offsets in seconds, the most throttled first."""
    minutes = tables["service_minutes"]
    limited = [name for name, limit in context.limits.items() if limit]
    minutes = minutes[minutes["service"].isin(limited)]
    step = step_within(context, _MOST_STEPS)
    sums = minutes.groupby(["service", minutes["time_s"] // step * step])[["periods", "throttled_periods"]].sum()
    share = (sums["throttled_periods"] / sums["periods"].where(sums["periods"] > 0)).unstack("time_s").fillna(0.0)
    return share.loc[share.mean(axis=1).sort_values(ascending=False, kind="stable").index]


def _finding(share: pd.DataFrame, context: PlotContext) -> str:
    name = str(share.index[0])
    worst = 100 * float(share.iloc[0].max())
    if worst < 5:
        return "Hardly anything is throttled"
    first = share.columns.to_numpy(dtype=float)[int(share.iloc[0].to_numpy().argmax())]
    at = context.start + pd.Timedelta(seconds=float(first))
    return f"{name} is throttled in up to {worst:.0f} % of its periods (at {context.clock(at)})"
