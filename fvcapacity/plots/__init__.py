"""Tables in, figures out: `draw_all` makes every figure of a result, `draw_figure` one, `writing_plots` their files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from joblib import Parallel, delayed
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

__all__ = ["draw_all", "draw_figure", "writing_plots"]


class _Kind(NamedTuple):
    """How a figure is drawn, and from which tables."""

    draw: Callable[[Mapping[str, pd.DataFrame], PlotContext], Figure]
    needs: tuple[str, ...]


_FIGURES = {
    "overview": _Kind(
        plot_overview,
        ("route_minutes", "route_windows", "service_minutes", "workload_minutes", "workloads", "bill"),
    ),
    "traffic": _Kind(plot_traffic, ("route_minutes", "services", "workload_minutes", "node_minutes")),
    "latency": _Kind(plot_latency, ("route_windows",)),
    "errors": _Kind(plot_errors, ("route_minutes",)),
    "replicas": _Kind(plot_replicas, ("workload_minutes", "workloads")),
    "throttling": _Kind(plot_throttling, ("service_minutes",)),
    "cost": _Kind(plot_cost, ("bill",)),
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
    kind = _FIGURES[name]
    with styled():
        return kind.draw(_only(tables, kind), PlotContext.of(summary))


@contextmanager
def writing_plots(
    tables: Mapping[str, pd.DataFrame], summary: Mapping[str, Any], directory: Path, jobs: int
) -> Iterator[None]:
    """Write every figure as PNG and SVG, the same to the byte in every repetition; they are there after the block.

    Other processes do it while this one does what stands in the block. With one job there is none, and it is done at
    the end of the block.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if jobs == 1:
        yield
        for name in _FIGURES:
            _write(name, tables, summary, directory)
        return
    target = directory.absolute()  # processes that were there before may be in another directory
    written = Parallel(n_jobs=jobs, return_as="generator_unordered")(
        delayed(_write)(name, _only(tables, kind), summary, target) for name, kind in _FIGURES.items()
    )
    try:
        yield
    finally:
        for _ in written:  # also after a failure: nothing may be written into a directory that is being removed
            pass


def _write(name: str, tables: Mapping[str, pd.DataFrame], summary: Mapping[str, Any], directory: Path) -> None:
    save_figure(draw_figure(name, tables, summary), directory, name)


def _only(tables: Mapping[str, pd.DataFrame], kind: _Kind) -> dict[str, pd.DataFrame]:
    return {name: tables[name] for name in kind.needs if name in tables}
