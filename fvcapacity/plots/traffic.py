"""Traffic against what was served, and CPU against what the pods may use."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fvcapacity.plots.context import PlotContext, Tables
from fvcapacity.plots.series import held_to_end, mean_over_replications, resample
from fvcapacity.plots.style import BLUE, GREEN, INK, ORANGE, RED, SOFT, label_ends, new_figure, note, time_axis


def plot_traffic(tables: Tables, context: PlotContext) -> Figure:
    """Return requests a second above, CPU below."""
    figure = new_figure(9.0, 6.2)
    upper, lower = figure.subplots(2, 1)
    draw_traffic(upper, tables, context)
    draw_cpu(lower, tables, context)
    return figure


def draw_traffic(axes: Axes, tables: Tables, context: PlotContext) -> None:
    """Draw arrived and served requests a second, by minute."""
    minutes = tables["route_minutes"].groupby(["replication", "time_utc"], sort=True)
    sums = minutes[["requests", "served", "failed"]].sum()
    sums = sums.div(minutes["covered_s"].first(), axis=0).reset_index()
    means = resample(mean_over_replications(sums, ["requests", "served", "failed"]), context)
    means = held_to_end(means, context)
    time_axis(axes, context.zone, context.start, context.end)
    if means.empty or not means["requests"].max():
        note(axes, "no request arrived")
        return
    axes.fill_between(means.index, means["served"], color=GREEN, alpha=0.22, linewidth=0)
    axes.plot(means.index, means["served"], color=GREEN)
    axes.plot(means.index, means["requests"], color=INK, linewidth=1.2)
    entries = [(means["requests"].iloc[-1], "arrived", INK), (means["served"].iloc[-1], "served", GREEN)]
    if means["failed"].max() > 0:
        axes.plot(means.index, means["failed"], color=RED)
        entries.append((means["failed"].iloc[-1], "failed", RED))
    axes.set_ylim(0, means["requests"].max() * 1.12)
    axes.set_ylabel("requests / s")
    label_ends(axes, entries)
    peak = means.index[int(means["requests"].to_numpy().argmax())]
    axes.set_title(f"Traffic peaks at {means['requests'].max():,.0f} requests/s at {context.clock(peak)}")


def draw_cpu(axes: Axes, tables: Tables, context: PlotContext) -> None:
    """Draw the CPU that is used against what the limits of the ready pods and the nodes allow."""
    samples = tables["workload_minutes"]
    time_axis(axes, context.zone, context.start, context.end)
    if samples.empty:
        note(axes, "no samples")
        return
    limits = dict(zip(tables["services"]["workload"], tables["services"]["cpu_limit_cores"], strict=True))
    ceiling = samples["ready"] * samples["workload"].map(limits)
    cores = samples.assign(ceiling=ceiling.fillna(0.0)).groupby(["replication", "time_utc"])
    used = mean_over_replications(
        cores[["cpu_usage_cores", "ceiling"]].sum().reset_index(), ["cpu_usage_cores", "ceiling"]
    )
    nodes = tables["node_minutes"].groupby(["replication", "time_utc"])["cpu_allocatable_cores"].sum().reset_index()
    allocatable = mean_over_replications(nodes, ["cpu_allocatable_cores"])["cpu_allocatable_cores"]
    axes.fill_between(used.index, used["cpu_usage_cores"], color=BLUE, alpha=0.2, linewidth=0)
    axes.plot(used.index, used["cpu_usage_cores"], color=BLUE)
    axes.step(used.index, used["ceiling"], color=ORANGE, where="post")
    axes.step(allocatable.index, allocatable, color=SOFT, where="post", linewidth=1.2)
    top = max(used["cpu_usage_cores"].max(), used["ceiling"].max(), _largest(allocatable))
    axes.set_ylim(0, top * 1.15 or 1)
    axes.set_ylabel("cores")
    entries = [
        (used["cpu_usage_cores"].iloc[-1], "used", BLUE),
        (used["ceiling"].iloc[-1], "limits of ready pods", ORANGE),
    ]
    if len(allocatable):
        entries.append((allocatable.iloc[-1], "nodes", SOFT))
    label_ends(axes, entries)
    axes.set_title(f"CPU use reaches {used['cpu_usage_cores'].max():.1f} cores")


def _largest(values: pd.Series[float]) -> float:
    return float(values.max()) if len(values) else 0.0
