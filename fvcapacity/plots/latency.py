"""Response times against the objective."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from fvcapacity.plots.context import PlotContext, Tables
from fvcapacity.plots.series import mean_over_replications
from fvcapacity.plots.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    day_number,
    label_ends,
    new_figure,
    note,
    time_axis,
)

_LOG_FROM = 15.0
"""Ratio of the largest to the smallest value from which on a linear axis would hide the small ones."""

_ROUTE_STYLES = ((PURPLE, (0, (4, 2))), (ORANGE, (0, (1, 1.5))), (GREEN, (0, (6, 2, 1, 2))))
"""Colours and dashes of the single routes that are drawn; as many as there are of them."""


def plot_latency(tables: Tables, context: PlotContext) -> Figure:
    """Return p50, p95 and p99 by windows of five minutes."""
    figure = new_figure()
    draw_latency(figure.subplots(), tables, context)
    return figure


def draw_latency(axes: Axes, tables: Tables, context: PlotContext) -> None:
    """Draw the percentiles of all user requests, the slowest route's p95, and the objective."""
    windows = tables["route_windows"]
    windows = windows[windows["judged"]]
    whole = windows[windows["route"] == "all"]
    time_axis(axes, context.zone, context.start, context.end)
    if whole.empty:
        note(axes, "no user request ended")
        return
    lines = mean_over_replications(whole, ["p50_s", "p95_s", "p99_s"]) * 1e3
    lines.index = _middles(lines.index)
    entries = []
    for name, color, width in (("p50_s", SKY, 1.4), ("p95_s", BLUE, 2.4), ("p99_s", INK, 1.1)):
        axes.plot(lines.index, lines[name], color=color, linewidth=width)
        entries.append((float(lines[name].iloc[-1]), name[:-2], color))
    routes = _slow_routes(windows, context)
    for (name, p95), (color, dashes) in zip(routes.items(), _ROUTE_STYLES, strict=False):
        every = p95.reindex(whole["time_utc"].drop_duplicates().sort_values())  # a line ends where nothing is judged
        alone = every[every.shift().isna() & every.shift(-1).isna()]
        axes.plot(_middles(every.index), every, color=color, linewidth=1.4, linestyle=dashes)
        axes.plot(_middles(alone.index), alone, color=color, linestyle="none", marker=".", markersize=2.5)
        entries.append((float(p95.iloc[-1]), f"p95 {name}", color))
    _scale(axes, [*lines.min(), *lines.max(), context.p95_ms, *(value for p95 in routes.values() for value in p95)])
    _objective(axes, lines["p95_s"], context)
    label_ends(axes, entries)
    axes.set_title(_finding(whole, routes, context))


def _middles(starts: pd.Index) -> pd.DatetimeIndex:
    """Return the middles of windows, where their figures are drawn."""
    return pd.DatetimeIndex(starts) + pd.Timedelta(minutes=2.5)


def _slow_routes(windows: pd.DataFrame, context: PlotContext) -> dict[str, pd.Series[float]]:
    """Return p95 in milliseconds by window of single routes: those that break the objective, or the slowest."""
    single = windows[windows["route"] != "all"]
    if single["route"].nunique() < 2:
        return {}
    worst = (single.groupby("route", sort=False)["p95_s"].max() * 1e3).sort_values(ascending=False, kind="stable")
    breaking = worst[worst >= context.p95_ms].index if worst.iloc[0] >= context.p95_ms else worst.index[:1]
    return {
        str(name): mean_over_replications(single[single["route"] == name], ["p95_s"])["p95_s"] * 1e3
        for name in breaking[: len(_ROUTE_STYLES)]
    }


def _scale(axes: Axes, values: list[float]) -> None:
    low, high = min(values), max(values)
    if low > 0 and high / low > _LOG_FROM:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.5, high * 1.6)
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(0, high * 1.15)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_ylabel("response time, ms")


def _objective(axes: Axes, p95: pd.Series[float], context: PlotContext) -> None:
    """Draw the objective, and shade the windows that break it."""
    axes.axhline(context.p95_ms, color=RED, linewidth=1.2, linestyle=(0, (5, 3)))
    axes.annotate(
        f"objective: p95 < {context.p95_ms:,.0f} ms",
        xy=(0.0, context.p95_ms),
        xycoords=("axes fraction", "data"),
        xytext=(4, 3),
        textcoords="offset points",
        color=RED,
        fontsize=8.5,
        bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1},
    )
    half = 2.5 / 1440
    for instant in p95.index[p95 >= context.p95_ms]:
        at = day_number(instant)
        axes.axvspan(at - half, at + half, color=RED, alpha=0.07, linewidth=0)


def _finding(whole: pd.DataFrame, routes: dict[str, pd.Series[float]], context: PlotContext) -> str:
    failing = int((whole["p95_s"] * 1e3 >= context.p95_ms).sum())
    worst = whole.iloc[int(whole["p95_s"].to_numpy().argmax())]
    worst_ms = worst["p95_s"] * 1e3
    if failing:
        return (
            f"p95 breaks {context.p95_ms:,.0f} ms in {failing} of {len(whole)} windows; "
            f"the worst has {worst_ms:,.0f} ms at {context.clock(worst['time_utc'])}"
        )
    breaking = [name for name, p95 in routes.items() if p95.max() >= context.p95_ms]
    if breaking:
        names = " and ".join(breaking)
        return f"p95 of {names} breaks {context.p95_ms:,.0f} ms; over all it is {worst_ms:,.0f} ms at most"
    return f"p95 stays below {context.p95_ms:,.0f} ms; the worst window has {worst_ms:,.0f} ms"
