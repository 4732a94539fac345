"""The timeline as one picture that needs no script: for paper, and for programs that do not run scripts."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from fvcapacity.plots.style import CYCLE, GRID, INK, RED, SOFT, new_figure, styled
from fvcapacity.report.page.clock import Clock
from fvcapacity.report.page.marks import BAD, LANES, Mark
from fvcapacity.report.page.series import Panel
from fvcapacity.report.tongue import Tongue, plain
from fvcapacity.results.route_tables import ALL

WIDTH_IN = 9.2
MOST_POINTS = 400
_HEIGHTS = {"traffic": 1.1, "p95": 1.5, "errors": 0.9, "throttled": 1.1, "replicas": 1.3, "nodes": 0.7}
_COLORS = (CYCLE[0], RED, CYCLE[2], CYCLE[3], "#8A6100")
_ID = re.compile(r'(\bid="|url\(#|xlink:href="#)')


def still_of(panels: Sequence[Panel], marks: Sequence[Mark], clock: Clock, tongue: Tongue) -> str:
    """Return the panels below each other as one SVG element."""
    lanes = [lane for lane in LANES if any(mark.lane == lane for mark in marks)]
    heights = [_HEIGHTS[panel.key] for panel in panels] + ([0.25 + 0.2 * len(lanes)] if lanes else [])
    with styled():
        figure = new_figure(WIDTH_IN, sum(heights) + 0.45 * len(heights) + 0.3)
        every = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        for axes, panel in zip(every, panels, strict=False):
            _panel(axes, panel, tongue)
        if lanes:
            _lanes(every[-1], lanes, marks, tongue)
        _hours(every[-1], clock, tongue)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _element(buffer.getvalue())


def _panel(axes: Axes, panel: Panel, tongue: Tongue) -> None:
    axes.set_title(tongue(f"panel.{panel.key}"), fontsize=9, pad=4, color=INK)
    every = max(-(-panel.grid.count // MOST_POINTS), 1)
    times = panel.grid.times_s[::every] / 3600.0
    for number, line in enumerate(panel.lines):
        values = _thinned(line.values, every)
        name = tongue("route.all") if line.name == ALL else plain(line.name, 30)
        axes.plot(
            times, values, color=_COLORS[number % len(_COLORS)], linewidth=1.1, label=name,
            drawstyle="steps-post" if panel.unit == "count" else "default",
            marker="." if number and panel.key in ("p95", "errors") else "", markersize=2.5,
        )  # fmt: skip
    if panel.limit is not None:
        axes.axhline(panel.limit, color=RED, linestyle="--", linewidth=0.9)
    if panel.key == "p95":
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(3, integer=panel.unit == "count"))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: tongue.number(value, 0 if value >= 2 or not value else 1))
    )
    axes.tick_params(labelsize=7.5, length=2)
    if len(panel.lines) > 1 or panel.lines[0].name != ALL:
        legend = axes.legend(
            loc="lower right", bbox_to_anchor=(1.0, 0.97), ncols=6, frameon=False, fontsize=7, handlelength=1.2,
            columnspacing=1.0, borderaxespad=0.1,
        )  # fmt: skip
        for text in legend.get_texts():
            text.set_parse_math(False)


def _thinned(values: np.ndarray, every: int) -> np.ndarray:
    """Return the most of every few values: what is thinned out must not hide a peak."""
    if every == 1:
        return values
    padded = np.concatenate([values, np.full(-len(values) % every, np.nan)]).reshape(-1, every)
    filled = np.where(np.isnan(padded), -np.inf, padded).max(axis=1)
    return np.where(np.isinf(filled), np.nan, filled)


def _lanes(axes: Axes, lanes: Sequence[str], marks: Sequence[Mark], tongue: Tongue) -> None:
    axes.set_title(tongue("panel.events"), fontsize=9, pad=4, color=INK)
    for row, lane in enumerate(lanes):
        # Marks that would lie on each other on paper are one mark.
        at = sorted({round(mark.time_s / 300.0) * 300.0 / 3600.0 for mark in marks if mark.lane == lane})
        axes.plot(at, [row] * len(at), "|", markersize=6, color=RED if lane in BAD else SOFT)
    axes.set_yticks(range(len(lanes)), [tongue(f"lane.{lane}") for lane in lanes], fontsize=7)
    axes.set_ylim(len(lanes) - 0.5, -0.5)


def _hours(axes: Axes, clock: Clock, tongue: Tongue) -> None:
    hours = clock.duration_s / 3600.0
    step = next((item for item in (0.25, 1, 3, 6, 12, 24, 72, 168) if hours / item <= 9), 336)
    at = np.arange(0.0, hours + 1e-9, step)
    axes.set_xlim(0.0, hours)
    axes.set_xticks(at, [tongue.instant(clock.at(float(hour) * 3600.0)) for hour in at], fontsize=7)
    axes.grid(visible=True, axis="x", color=GRID)


def _element(text: str) -> str:
    """Return a figure as an element with ids of its own and no size of its own."""
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], count=1, flags=re.DOTALL)
    head, _, body = text.partition(">")
    box = re.search(r'viewBox="[^"]*"', head)
    assert box is not None  # matplotlib writes one
    body = _ID.sub(lambda found: f"{found[1]}still-", body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {box[0]} '
        f'aria-hidden="true" focusable="false">{body.strip()}'
    )
