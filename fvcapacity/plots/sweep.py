"""What a sweep found: lines over one varied field, heat maps over two, one map for each combination of the others."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from fvcapacity.plots.style import BLUE, INK, RED, SOFT, new_figure, note, save_figure, styled

MOST_PANELS = 12
_FIGURES = (
    ("p95_s", "p95 of all user requests, ms", 1000.0),
    ("error_ratio", "failed requests, %", 100.0),
    ("cost_usd", "cost of the window, USD", 1.0),
)
Points = Sequence[Mapping[str, Any]]


def write_sweep_plot(document: Mapping[str, Any], directory: Path) -> None:
    """Write the figure of a sweep as PNG and SVG.

    Parameters
    ----------
    document
        A sweep's document (``sweep.json``).
    """
    directory.mkdir(parents=True, exist_ok=True)
    save_figure(draw_sweep(document), directory, "sweep")


def draw_sweep(document: Mapping[str, Any]) -> Figure:
    """Return `plot_sweep` with the common look."""
    with styled():
        return plot_sweep(document)


def plot_sweep(document: Mapping[str, Any]) -> Figure:
    """Return the figure of a sweep; fields with a single value are left out of it."""
    axes = [axis for axis in document["axes"] if len(axis["values"]) > 1]
    if len(axes) < 2:
        return _lines(document, axes[0] if axes else document["axes"][0])
    return _maps(document, axes)


def _lines(document: Mapping[str, Any], axis: Mapping[str, Any]) -> Figure:
    shown = [item for item in _FIGURES if any(point[item[0]]["mean"] is not None for point in document["points"])]
    figure = new_figure(max(4.0 * len(shown), 5.0), 3.8)
    panels = figure.subplots(1, max(len(shown), 1), squeeze=False)[0]
    if not shown:
        note(panels[0], "there was nothing to measure")
    for panel, (name, words, factor) in zip(panels, shown, strict=False):
        panel.set_title(words, fontsize=9.5)
        _line(panel, document, axis, name, factor)
    return figure


def _line(panel: Axes, document: Mapping[str, Any], axis: Mapping[str, Any], name: str, factor: float) -> None:
    places, numeric = _places(axis["values"])
    points = [point for point in document["points"] if point[name]["mean"] is not None]
    x = [places[axis["values"].index(point["values"][axis["path"]])] for point in points]
    y = [factor * point[name]["mean"] for point in points]
    panel.plot(x, y, color=BLUE, linewidth=1.4)
    for at, value, point in zip(x, y, points, strict=True):
        low, high = point[name]["low_95"], point[name]["high_95"]
        if low is not None:
            panel.plot([at, at], [factor * max(low, 0.0), factor * high], color=BLUE, linewidth=0.9)
        color = RED if point["status"] == "missed" else BLUE
        panel.plot(at, value, "o", color=color, markersize=5.5)
    limit = {"p95_s": "p95_ms", "error_ratio": "error_percent"}.get(name)
    if limit is not None and all(entry["path"] != f"objectives.{limit}" for entry in document["axes"]):
        panel.axhline(document["objectives"][limit], color=SOFT, linestyle="--", linewidth=1.0)
    panel.set_ylim(bottom=0)
    panel.set_xlabel(f"{axis['path']}\n(red: misses an objective)", fontsize=8)
    if not numeric:
        panel.set_xticks(places, [_text(value) for value in axis["values"]])


def _maps(document: Mapping[str, Any], axes: Sequence[Mapping[str, Any]]) -> Figure:
    """Return maps over the two fields with the most values: of three figures, or of p95 for every other combination."""
    *others, down, across = sorted(axes, key=lambda axis: len(axis["values"]))
    points: Points = document["points"]
    if not others:
        shown = [item for item in _FIGURES if any(point[item[0]]["mean"] is not None for point in points)]
        panels = [(words, name, factor, points) for name, words, factor in shown]
    else:
        panels = [
            (_where(others, values), "p95_s", 1000.0, _at(points, others, values))
            for values in itertools.product(*(axis["values"] for axis in others))
        ]
    left_out = max(len(panels) - MOST_PANELS, 0)
    panels = panels[:MOST_PANELS]
    columns = min(len(panels), 3) or 1
    rows = math.ceil(len(panels) / columns) or 1
    size = max(0.75 * len(across["values"]) + 1.6, 3.4), max(0.5 * len(down["values"]) + 1.6, 2.6)
    figure = new_figure(min(columns * size[0], 18.0), min(rows * size[1], 22.0))
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    for place, (title, name, factor, part) in zip(places, panels, strict=False):
        _map(place, title, part, down, across, name, factor)
    for place in places[len(panels) :]:
        place.set_axis_off()
    remark = "red frame: misses an objective" + (f"; {left_out} further maps are left out" if left_out else "")
    if others:
        remark = f"{_FIGURES[0][1]}; {remark}"
    figure.supxlabel(remark, fontsize=8, color=SOFT)
    return figure


def _map(
    place: Axes,
    title: str,
    points: Points,
    down: Mapping[str, Any],
    across: Mapping[str, Any],
    name: str,
    factor: float,
) -> None:
    values = np.full((len(down["values"]), len(across["values"])), np.nan)
    place.set_title(title, fontsize=9)
    place.grid(visible=False)
    for point in points:
        row = down["values"].index(point["values"][down["path"]])
        column = across["values"].index(point["values"][across["path"]])
        if point[name]["mean"] is not None:
            values[row, column] = factor * point[name]["mean"]
        if point["status"] == "missed":
            frame = Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, fill=False, edgecolor=RED, linewidth=1.6)
            place.add_patch(frame)
    image = place.imshow(values, cmap="Blues", aspect="auto", origin="lower")
    _numbers(place, values, image.norm)
    place.set_xticks(range(len(across["values"])), [_text(value) for value in across["values"]], fontsize=8)
    place.set_yticks(range(len(down["values"])), [_text(value) for value in down["values"]], fontsize=8)
    place.set_xlabel(across["path"], fontsize=8)
    place.set_ylabel(down["path"], fontsize=8)


def _numbers(place: Axes, values: np.ndarray[Any, np.dtype[np.float64]], norm: Any) -> None:
    if values.size > 150:
        return
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            color = "white" if float(norm(value)) > 0.6 else INK
            place.text(
                column,
                row,
                f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}",
                ha="center",
                va="center",
                color=color,
                fontsize=8,
            )


def _places(values: Sequence[Any]) -> tuple[list[float], bool]:
    """Return where values stand on an axis, and whether they are numbers."""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return ([float(value) for value in values], True) if numbers else ([float(n) for n in range(len(values))], False)


def _at(points: Points, others: Sequence[Mapping[str, Any]], values: Sequence[Any]) -> Points:
    wanted = dict(zip((axis["path"] for axis in others), values, strict=True))
    return [point for point in points if all(point["values"][path] == value for path, value in wanted.items())]


def _where(others: Sequence[Mapping[str, Any]], values: Sequence[Any]) -> str:
    return ", ".join(f"{axis['path']} = {_text(value)}" for axis, value in zip(others, values, strict=True))


def _text(value: Any) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
