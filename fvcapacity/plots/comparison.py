"""Two systems beside each other: response times over the window, and their differences with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fvcapacity.plots.context import PlotContext, Tables
from fvcapacity.plots.series import mean_over_replications
from fvcapacity.plots.style import BLUE, GREEN, ORANGE, RED, SOFT, label_ends, new_figure, note, styled, time_axis

Summary = Mapping[str, Any]
_SIDES = (("A", ORANGE), ("B", BLUE))
_COLORS = {"lower": GREEN, "higher": RED}


def draw_comparison(name: str, summary: Summary, first: Tables, second: Tables, context: PlotContext) -> Figure:
    """Return a figure of a comparison: ``overview``, ``latency`` or ``differences``.

    Parameters
    ----------
    summary
        The comparison's document.
    first, second
        Tables of A and of B.
    context
        Of A.
    """
    with styled():
        if name == "latency":
            figure = new_figure()
            _latency(figure.subplots(), (first, second), context)
        elif name == "differences":
            figure = new_figure(9.0, _height(summary))
            _differences(figure.subplots(), summary)
        else:
            figure = new_figure(13.0, max(4.4, _height(summary)))
            left, right = figure.subplots(1, 2)
            _latency(left, (first, second), context)
            _differences(right, summary)
    return figure


def _latency(axes: Axes, sides: Sequence[Tables], context: PlotContext) -> None:
    """Draw p95 of the route that is slowest in A, in both."""
    time_axis(axes, context.zone, context.start, context.end)
    windows = [tables["route_windows"].loc[lambda table: table["judged"]] for tables in sides]
    single = windows[0][windows[0]["route"] != "all"]
    if single.empty:
        note(axes, "no window of a route has enough requests")
        return
    route = str(single.groupby("route", sort=True)["p95_s"].max().idxmax())
    entries = []
    for table, (letter, color) in zip(windows, _SIDES, strict=True):
        p95 = mean_over_replications(table[table["route"] == route], ["p95_s"])["p95_s"] * 1e3
        axes.plot(p95.index, p95, color=color, marker="o", markersize=3)
        if len(p95):
            entries.append((float(p95.iloc[-1]), f"{letter}: {p95.max():,.0f} ms at most", color))
    axes.axhline(context.p95_ms, color=RED, linewidth=1.2, linestyle=(0, (5, 3)))
    axes.set_ylim(bottom=0)
    axes.set_ylabel("p95, ms")
    axes.set_title(f"p95 of {route}, the slowest route of A; dashed: {context.p95_ms:,.0f} ms")
    label_ends(axes, entries)


def _differences(axes: Axes, summary: Summary) -> None:
    """Draw what B changes of each route's p95, in per cent of A, with the interval of the paired difference."""
    parts = [part for part in summary["routes"] if part["measure"] == "p95" and part["relative_percent"] is not None]
    axes.set_title("p95 of each route, B against A")
    axes.set_xlabel("difference in % of A; lines are 95 % intervals of the pairs")
    if not parts:
        note(axes, "there is nothing to compare")
        return
    for row, part in enumerate(reversed(parts)):
        each = 100 / part["first"]["mean"]
        color = _COLORS.get(part["reading"], SOFT)
        difference = part["difference"]
        if difference["low_95"] is not None:
            axes.plot([each * difference["low_95"], each * difference["high_95"]], [row, row], color=color, linewidth=3)
        axes.plot(part["relative_percent"], row, "o", color=color, markersize=5)
    axes.axvline(0, color=SOFT, linewidth=1)
    axes.set_yticks(range(len(parts)), [part["route"] for part in reversed(parts)])
    axes.set_ylim(-0.7, len(parts) - 0.3)
    axes.grid(axis="x")


def _height(summary: Summary) -> float:
    return 1.6 + 0.26 * max(6, len(summary["routes"]) // 2)
