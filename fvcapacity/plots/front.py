"""Cost against latency: what was tried and holds, and the systems of the proof with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fvcapacity.plots.style import BLUE, GREEN, INK, ORANGE, RED, SOFT, new_figure, note, save_figure, styled

_COLORS = {"recommended": GREEN, "today": INK}


def write_front_plot(document: Mapping[str, Any], directory: Path) -> None:
    """Write the figure of a recommendation as PNG and SVG.

    Parameters
    ----------
    document
        A recommendation's document (``recommendation.json``).
    """
    directory.mkdir(parents=True, exist_ok=True)
    with styled():
        save_figure(plot_front(document), directory, "front")


def plot_front(document: Mapping[str, Any]) -> Figure:
    """Return the front that the search saw at the peaks, and beside it the systems of the proof on each part."""
    figure = new_figure(10.0, 4.4)
    front, proof = figure.subplots(1, 2)
    _front(front, document["front"])
    _proof(proof, document["evidence"])
    return figure


def _front(axes: Axes, points: list[Mapping[str, Any]]) -> None:
    axes.set_title("Candidates that hold, at the peaks")
    axes.set_xlabel("machines, USD a month as the search reckons them")
    axes.set_ylabel("p95 of the worst peak, ms")
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
    highest = 0.0
    for number, system in enumerate(shown):
        for proof in system["proofs"]:
            highest = max(highest, _point(axes, system, proof, number))
    axes.set_ylim(bottom=0, top=1.2 * highest if highest else 1.0)
    axes.margins(x=0.2)
    axes.text(
        0.99, 0.98, "filled: holds; hollow: does not. circle: history; square: holdout", transform=axes.transAxes,
        ha="right", va="top", fontsize=7.5, color=SOFT,
    )  # fmt: skip


def _point(axes: Axes, system: Mapping[str, Any], proof: Mapping[str, Any], number: int) -> float:
    """Draw one system on one part of the time; return its p95 in milliseconds."""
    usd, p95 = system["usd"]["mean"], proof["p95_s"]["mean"]
    if usd is None or p95 is None:
        return 0.0
    holds = proof["held"] == proof["trials"]
    color = _COLORS.get(system["name"], ORANGE if holds else RED)
    axes.errorbar(
        usd,
        1e3 * p95,
        xerr=_half(system["usd"]),
        yerr=None if _half(proof["p95_s"]) is None else 1e3 * (_half(proof["p95_s"]) or 0.0),
        fmt="o" if proof["part"] == "history" else "s",
        color=color,
        markerfacecolor=color if holds else "white",
        markersize=6,
        elinewidth=0.8,
    )
    if proof["part"] == "history":
        offset = (7, 6 if number % 2 else -10)
        axes.annotate(
            system["name"], (usd, 1e3 * p95), xytext=offset, textcoords="offset points", fontsize=8, color=color
        )
    return 1e3 * float(p95)


def _half(figure: Mapping[str, Any]) -> float | None:
    if figure["low_95"] is None:
        return None
    return float(figure["high_95"] - figure["low_95"]) / 2
