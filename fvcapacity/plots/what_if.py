"""What closed forms say of a question, beside today."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fvcapacity.plots.style import BLUE, ORANGE, RED, SOFT, day_number, label_ends, new_figure, styled, time_axis

_MOST_SERVICES = 8


def draw_what_if(
    name: str, hours: pd.DataFrame, services: pd.DataFrame, title: str, goal_ms: float, zone: str
) -> Figure:
    """Return a figure: ``overview``, ``latency`` or ``utilization``.

    Parameters
    ----------
    hours
        Columns ``time_utc, p95_today_s, p95_s`` of one route.
    services
        Columns ``service, utilization_today_ratio, utilization_ratio, throttled_ratio``, the nearest to its end first.
    title
        Above the response times.
    goal_ms
        The objective.
    zone
        Time zone of the axis.
    """
    with styled():
        if name == "overview":
            figure = new_figure(13.0, 4.4)
            left, right = figure.subplots(1, 2)
            _latency(left, hours, title, goal_ms, zone)
            _utilization(right, services)
        elif name == "latency":
            figure = new_figure()
            _latency(figure.subplots(), hours, title, goal_ms, zone)
        else:
            figure = new_figure()
            _utilization(figure.subplots(), services)
    return figure


def _latency(axes: Axes, hours: pd.DataFrame, title: str, goal_ms: float, zone: str) -> None:
    times = hours["time_utc"] + pd.Timedelta(minutes=30)
    time_axis(axes, ZoneInfo(zone), hours["time_utc"].iloc[0], hours["time_utc"].iloc[-1] + pd.Timedelta(hours=1))
    entries = []
    for column, words, color in (("p95_today_s", "today", ORANGE), ("p95_s", "as asked", BLUE)):
        values = hours[column].replace(np.inf, np.nan) * 1e3
        axes.plot(times, values, color=color, marker="o", markersize=3)
        known = values.dropna()
        entries.append((float(known.iloc[-1]) if len(known) else 0.0, words, color))
        for at in times[hours[column].isin([np.inf])]:
            axes.plot(day_number(at), 0.96, "x", color=color, transform=axes.get_xaxis_transform(), clip_on=False)
    axes.axhline(goal_ms, color=RED, linewidth=1.2, linestyle=(0, (5, 3)))
    axes.set_ylim(bottom=0)
    axes.set_ylabel("p95, ms (x: cannot keep up)")
    axes.set_title(title)
    label_ends(axes, entries)


def _utilization(axes: Axes, services: pd.DataFrame) -> None:
    shown = services.head(_MOST_SERVICES)[::-1]
    rows = np.arange(len(shown))
    axes.barh(rows + 0.2, 100 * shown["utilization_today_ratio"], height=0.36, color=ORANGE, label="today")
    axes.barh(rows - 0.2, 100 * shown["utilization_ratio"], height=0.36, color=BLUE, label="as asked")
    axes.plot(100 * shown["throttled_ratio"], rows - 0.2, "|", color=RED, markersize=11, label="throttled, as asked")
    axes.axvline(100, color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_yticks(rows, list(shown["service"]))
    axes.set_xlabel("% of the CPU that the pods may use, in the busiest minute")
    axes.grid(axis="x")
    axes.legend(loc="lower right", frameon=False, fontsize=8.5)
    axes.set_title("Nearest to its end")
