"""The whole result on one page."""

from __future__ import annotations

import textwrap

from matplotlib.figure import Figure

from fvcapacity.plots.context import PlotContext, Tables
from fvcapacity.plots.cost import draw_cost
from fvcapacity.plots.errors import draw_errors
from fvcapacity.plots.latency import draw_latency
from fvcapacity.plots.replicas import draw_replicas, scaled_workloads
from fvcapacity.plots.style import GREEN, INK, RED, SOFT, new_figure, note
from fvcapacity.plots.throttling import draw_throttling
from fvcapacity.plots.traffic import draw_traffic

_VERDICT_COLORS = {"holds": GREEN, "missed": RED, "nothing to judge": SOFT}


def plot_overview(tables: Tables, context: PlotContext) -> Figure:
    """Return verdict, bottleneck and the six figures in small."""
    figure = new_figure(15.0, 13.4)
    _head(figure, context)
    figure.get_layout_engine().set(rect=(0.0, 0.0, 1.0, 0.915))  # type: ignore[union-attr, call-arg]
    panels = figure.subplots(3, 2)
    draw_latency(panels[0, 0], tables, context)
    draw_traffic(panels[0, 1], tables, context)
    draw_throttling(panels[1, 0], tables, context)
    draw_errors(panels[1, 1], tables, context)
    busiest = _busiest(tables, context)
    if busiest is None:
        note(panels[2, 0], "no workload is scaled by an HPA")
    else:
        draw_replicas(panels[2, 0], tables, context, busiest)
    draw_cost(panels[2, 1], tables, context)
    return figure


def _head(figure: Figure, context: PlotContext) -> None:
    """Write the verdict, what was run, and the bottleneck above the panels."""
    local = context.start.astimezone(context.zone)
    color = _VERDICT_COLORS[context.verdict]
    when = f"{context.name}, {local:%a} {local.day} {local:%b %Y %H:%M} {context.zone.key}{context.of_what}"
    bottleneck = "\n".join(textwrap.wrap(context.bottleneck, 130)[:2])
    figure.text(0.012, 0.987, context.verdict.upper(), color=color, fontsize=21, fontweight="bold", va="top")
    figure.text(0.988, 0.982, when, color=SOFT, fontsize=11, va="top", ha="right")
    figure.text(0.012, 0.956, bottleneck, color=INK, fontsize=12.5, va="top", linespacing=1.4)


def _busiest(tables: Tables, context: PlotContext) -> str | None:
    """Return the workload under an HPA that stands at its maximum the longest."""
    samples = tables["workload_minutes"]
    best, most = None, -1.0
    for workload in scaled_workloads(context):
        desired = samples.loc[samples["workload"] == workload, "desired"]
        load = float((desired / context.hpa_bounds[workload][1]).mean()) if len(desired) else 0.0
        if load > most:
            best, most = workload, load
    return best
