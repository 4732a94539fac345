"""Tables in, figures out: `draw_all` makes every figure of a result, `draw_figure` one, `write_plots` all as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from fvcapacity.plots.context import PlotContext
from fvcapacity.plots.cost import plot_cost
from fvcapacity.plots.errors import plot_errors
from fvcapacity.plots.latency import plot_latency
from fvcapacity.plots.overview import plot_overview
from fvcapacity.plots.replicas import plot_replicas
from fvcapacity.plots.style import save_figure, styled
from fvcapacity.plots.throttling import plot_throttling
from fvcapacity.plots.traffic import plot_traffic

__all__ = ["draw_all", "draw_figure", "write_plots"]

_FIGURES = {
    "overview": plot_overview,
    "traffic": plot_traffic,
    "latency": plot_latency,
    "errors": plot_errors,
    "replicas": plot_replicas,
    "throttling": plot_throttling,
    "cost": plot_cost,
}


def draw_all(tables: Mapping[str, pd.DataFrame], summary: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    """Yield every figure of a result with its name.

    Parameters
    ----------
    tables
        Tables of the result.
    summary
        Its summary, for the window, the objectives and the limits.
    """
    for name in _FIGURES:
        yield name, draw_figure(name, tables, summary)


def draw_figure(name: str, tables: Mapping[str, pd.DataFrame], summary: Mapping[str, Any]) -> Figure:
    """Return one figure of a result by its name: ``overview``, ``latency`` and so on (see ``Result.plot``)."""
    with styled():
        return _FIGURES[name](tables, PlotContext.of(summary))


def write_plots(tables: Mapping[str, pd.DataFrame], summary: Mapping[str, Any], directory: Path) -> None:
    """Write every figure as PNG and SVG, the same to the byte in every repetition."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, figure in draw_all(tables, summary):
        save_figure(figure, directory, name)
