"""Cost against latency: what was tried and holds, and the systems of the proof with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from fvcapacity.plots.style import (
    BLACK,
    BLUE,
    CYCLE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    SOFT,
    new_figure,
    note,
    save_figure,
    styled,
)

_COLORS = {
    "recommended": GREEN,
    "today": BLACK,
    "krr": BLUE,
    "vpa": ORANGE,
    "goldilocks": PURPLE,
    "hpa-only": SKY,
}


def write_front_plot(document: Mapping[str, Any], directory: Path) -> None:
    """Write the figure of a recommendation as PNG and SVG.

    Parameters
    ----------
    document
        A recommendation's document (``recommendation.json``).
    """
    directory.mkdir(parents=True, exist_ok=True)
    save_figure(draw_front(document), directory, "front")


def draw_front(document: Mapping[str, Any]) -> Figure:
    """Return `plot_front` with the common look."""
    with styled():
        return plot_front(document)


def plot_front(document: Mapping[str, Any]) -> Figure:
    """Return the front that the search saw at the peaks, and beside it the systems of the proof on each part."""
    figure = new_figure(11.0, 4.4)
    front, proof = figure.subplots(1, 2)
    _front(front, document["front"])
    _proof(proof, document["evidence"])
    return figure


def _front(axes: Axes, points: list[Mapping[str, Any]]) -> None:
    axes.set_title("Candidates that hold, at the peaks")
    axes.set_xlabel("machines, USD a month as the search reckons them")
    axes.set_ylabel("p95 of the slowest route in its worst window, ms")
    if not points:
        note(axes, "nothing that was tried holds")
        return
    usd, p95 = [point["machines_usd"] for point in points], [1e3 * point["p95_s"] for point in points]
    axes.step(usd, p95, where="post", color=SOFT, linewidth=1.0)
    axes.plot(usd, p95, "o", color=BLUE, markersize=5)
    axes.set_ylim(bottom=0, top=1.15 * max(p95))
    if len(set(usd)) == 1:
        axes.set_xlim(0.9 * usd[0] - 1, 1.1 * usd[0] + 1)


def _proof(axes: Axes, evidence: Mapping[str, Any] | None) -> None:
    axes.set_title("The proof, with other seeds")
    axes.set_xlabel("USD a month")
    axes.set_ylabel("p95 of all user requests, ms")
    shown = [] if evidence is None else [system for system in evidence["systems"] if system["usd"] is not None]
    if not shown:
        note(axes, "there was nothing to prove")
        return
    for number, system in enumerate(shown):
        color = _COLORS.get(system["name"], CYCLE[number % len(CYCLE)])
        for proof in system["proofs"]:
            _point(axes, system["usd"], proof, color)
        holds = "holds" if system["holds"] else "does not hold"
        axes.plot(
            [], [], "o", color=color, markerfacecolor=_face(color, system["holds"]), label=f"{system['name']}: {holds}"
        )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.12, y=0.15)
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=8,
        title="circle: history\nsquare: holdout\nhollow: does not hold", title_fontsize=7.5, alignment="left",
    )  # fmt: skip


def _point(axes: Axes, usd: Mapping[str, Any], proof: Mapping[str, Any], color: str) -> None:
    """Draw one system on one part of the time, with its intervals."""
    p95 = proof["p95_s"]
    if usd["mean"] is None or not p95["mean"]:
        return
    low, high = (_cut(p95["mean"], p95[side]) for side in ("low_95", "high_95"))
    axes.errorbar(
        usd["mean"],
        1e3 * p95["mean"],
        xerr=None if usd["low_95"] is None else (usd["high_95"] - usd["low_95"]) / 2,
        yerr=[[1e3 * (p95["mean"] - low)], [1e3 * (high - p95["mean"])]],
        fmt="o" if proof["part"] == "history" else "s",
        color=color,
        markerfacecolor=_face(color, proof["held"] == proof["trials"]),
        markersize=6,
        elinewidth=0.8,
    )


def _cut(mean: float, bound: float | None) -> float:
    """Return a bound that a logarithmic axis can show: not below a fifth of the mean."""
    return mean if bound is None else max(bound, mean / 5)


def _face(color: str, holds: bool) -> str:
    return color if holds else "white"
