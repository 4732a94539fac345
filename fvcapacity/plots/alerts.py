"""Incidents above, alerts below, on one axis of time: what was noticed, how late, and what was not."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from fvcapacity.frozen import Frozen
from fvcapacity.plots.style import BLUE, GREEN, ORANGE, RED, new_figure, note, styled, time_axis

MOST_ROWS = 40


class Span(Frozen):
    """One bar: its row, from when to when (seconds from the window's start), and its colour's meaning."""

    row: str
    start_s: float
    end_s: float
    kind: str


KINDS = {"noticed": GREEN, "unnoticed": RED, "pending": ORANGE, "firing": BLUE}


def plot_alerts(
    incidents: Sequence[Span], alerts: Sequence[Span], start: pd.Timestamp, end: pd.Timestamp, zone: ZoneInfo
) -> Figure:
    """Return the timeline.

    Parameters
    ----------
    incidents
        Of the kinds ``noticed`` and ``unnoticed``.
    alerts
        Of the kinds ``pending`` and ``firing``.
    start, end
        The window, in UTC.
    """
    rows = [list(dict.fromkeys(span.row for span in spans))[:MOST_ROWS] for spans in (incidents, alerts)]
    heights = [max(len(names), 1) for names in rows]
    with styled():
        figure = new_figure(11.0, 1.6 + 0.26 * (sum(heights) + 2))
        panels = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": heights})
        parts = (("Incidents of the simulation", incidents), ("Alerts", alerts))
        for panel, names, (title, spans) in zip(panels, rows, parts, strict=True):
            panel.set_title(title)
            time_axis(panel, zone, start, end)
            if not names:
                note(panel, "none")
                continue
            for span in spans:
                if span.row not in names:
                    continue
                first = start + pd.Timedelta(seconds=span.start_s)
                least = (end - start).total_seconds() / 400  # a moment is to be seen as well
                width = pd.Timedelta(seconds=max(span.end_s - span.start_s, least))
                panel.barh(names.index(span.row), width, left=first, height=0.62, color=KINDS[span.kind], linewidth=0)
            panel.set_yticks(range(len(names)), names)
            panel.set_ylim(len(names) - 0.4, -0.6)
            panel.grid(visible=False, axis="y")
            panel.grid(visible=True, axis="x")
        panels[0].set_xlabel("")
        used = [kind for kind in KINDS if any(span.kind == kind for span in (*incidents, *alerts))]
        if used:
            figure.legend(
                handles=[Patch(color=KINDS[kind], label=kind) for kind in used],
                loc="outside upper right",
                ncols=4,
                frameon=False,
            )
    return figure
