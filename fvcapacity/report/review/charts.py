"""Charts of a review as SVG that stands in the page itself: narrow enough for a phone, dark enough for print."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from fvcapacity.plots.style import BLUE, GREEN, INK, ORANGE, SKY, SOFT, new_figure, styled
from fvcapacity.report.tongue import Tongue, plain

WIDTH = 5.2
_MOST_SERVICES = 12
_FILLED = "#A9C9DE"
_ID = re.compile(r'(\bid="|url\(#|xlink:href="#)')


def daily_cost(summary: Mapping[str, Any], tongue: Tongue) -> str:
    """Return the cost of every day; days that were not simulated are lighter."""
    with styled():
        figure = new_figure(WIDTH, 2.5)
        axes = figure.subplots()
        days = [date.fromisoformat(item["day"]) for item in summary["days"]]
        usd = np.array([item["usd"] for item in summary["days"]])
        known = np.array([item["simulated"] >= 0.5 for item in summary["days"]])
        axes.bar(np.arange(len(days)), usd, width=0.82, color=np.where(known, BLUE, _FILLED).tolist())
        _months_below(axes, days, tongue)
        _money_axis(axes, tongue)
        kinds = [(BLUE, "chart.simulated")] if known.all() else [(BLUE, "chart.simulated"), (_FILLED, "chart.like")]
        _key(axes, [(color, tongue(word)) for color, word in kinds])
        return _svg(figure, "daily", tongue("bill.days"))


def by_service(rows: Sequence[tuple[str, float, float | None]], tongue: Tongue, previous: str | None) -> str:
    """Return the dearest rows as bars, with a mark for the quarter before."""
    shown = sorted(rows, key=lambda row: -row[1])[:_MOST_SERVICES]
    with styled():
        figure = new_figure(WIDTH, 0.7 + 0.27 * len(shown))
        axes = figure.subplots()
        at = np.arange(len(shown))
        axes.barh(at, [usd for _, usd, _ in shown], height=0.66, color=BLUE)
        marks = [(row, before) for row, (_, _, before) in enumerate(shown) if before is not None]
        if marks and previous:
            axes.scatter([usd for _, usd in marks], [row for row, _ in marks], marker="|", s=130, color=INK, zorder=3)
            _key(axes, [(BLUE, ""), (INK, previous)][1:], anchor="lower right")
        axes.set_yticks(at, [plain(name, 30) for name, _, _ in shown], color=INK)
        _literal(axes)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.grid(visible=False)
        axes.grid(visible=True, axis="x")
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tongue.usd(value, 0)))
        return _svg(figure, "services", tongue("h.services"))


def quarters(summary: Mapping[str, Any], tongue: Tongue) -> str:
    """Return the quarter before, this one and what is expected of the next one, with its interval and the budget."""
    bars: list[tuple[str, float, str]] = []
    if summary["previous_total_usd"] is not None:
        bars.append((summary["previous_quarter"], summary["previous_total_usd"], SOFT))
    bars.append((summary["quarter"], summary["total_usd"], BLUE))
    forecast = summary["forecast"]
    money = forecast["money"] if forecast else None
    if money:
        bars.append((f"{forecast['quarter']}\n{tongue('chart.expected')}", money["total_usd"]["median"], SKY))
    with styled():
        figure = new_figure(WIDTH, 2.3)
        axes = figure.subplots()
        at = np.arange(len(bars))
        axes.bar(at, [usd for _, usd, _ in bars], width=0.55, color=[color for _, _, color in bars])
        top = [usd for _, usd, _ in bars]
        if money:
            total = money["total_usd"]
            errors = [[total["median"] - total["low_80"]], [total["high_80"] - total["median"]]]
            axes.errorbar([len(bars) - 1], [total["median"]], yerr=errors, color=INK, capsize=5, linewidth=1.3)
            top[-1] = total["high_80"]
            if money["budget"]["usd"] is not None:
                axes.axhline(money["budget"]["usd"], color=ORANGE, linestyle="--", linewidth=1.4)
                _key(axes, [(ORANGE, tongue("chart.budget"))])
        for number, (_, usd, _) in enumerate(bars):
            axes.annotate(
                tongue.usd(usd, 0), (number, top[number]), xytext=(0, 3), textcoords="offset points", ha="center",
                color=INK, fontsize=9, parse_math=False,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            )  # fmt: skip
        axes.set_xticks(at, [name for name, _, _ in bars], color=INK)
        axes.set_xlim(-0.6, len(bars) - 0.4)
        axes.margins(y=0.18)
        axes.tick_params(axis="x", length=0)
        _money_axis(axes, tongue)
        return _svg(figure, "quarters", tongue("bill.quarters"))


def expected_requests(forecast: Mapping[str, Any], tongue: Tongue) -> str:
    """Return the requests of the days of a coming quarter with their intervals."""
    with styled():
        figure = new_figure(WIDTH, 2.6)
        axes = figure.subplots()
        days = [date.fromisoformat(item["day"]) for item in forecast["days"]]
        at = np.arange(len(days))
        series = {
            name: np.array([item[name] for item in forecast["days"]])
            for name in ("median", "low_80", "high_80", "low_95", "high_95")
        }
        axes.fill_between(at, series["low_95"], series["high_95"], color=SKY, alpha=0.25, linewidth=0)
        axes.fill_between(at, series["low_80"], series["high_80"], color=SKY, alpha=0.55, linewidth=0)
        axes.plot(at, series["median"], color=BLUE, linewidth=1.4)
        known = np.array([item["known"] for item in forecast["days"]])
        entries = [
            (BLUE, tongue("chart.median")),
            ("#8DC7EC", tongue("chart.interval", percent=tongue.percent(80))),
            ("#CFE7F7", tongue("chart.interval", percent=tongue.percent(95))),
        ]
        if known.any():
            axes.plot(at[known], series["median"][known], color=GREEN, linewidth=1.8)
            entries.append((GREEN, tongue("chart.past")))
        _months_below(axes, days, tongue)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tongue.number(value)))
        _key(axes, entries)
        return _svg(figure, "expected", tongue("forecast.chart"))


def _months_below(axes: Axes, days: Sequence[date], tongue: Tongue) -> None:
    starts = [number for number, day in enumerate(days) if day.day == 1]
    halves = [number for number, day in enumerate(days) if day.day == 15]
    axes.set_xticks(starts, [tongue.short_month(days[number]) for number in starts], color=INK, ha="left")
    axes.set_xticks(halves, ["15"] * len(halves), minor=True, fontsize=8.5)
    axes.set_xlim(-0.7, len(days) - 0.3)
    axes.tick_params(axis="x", which="both", length=3)


def _money_axis(axes: Axes, tongue: Tongue) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(5))
    low, high = axes.get_ylim()
    digits = 0 if high >= 10 else 2
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tongue.usd(value, digits)))
    axes.set_ylim(low, high)


def _key(axes: Axes, entries: Sequence[tuple[str, str]], anchor: str = "") -> None:
    """Say above the axes what the colours mean."""
    handles = [Patch(color=color, label=label) for color, label in entries]
    place: dict[str, Any] = (
        {"loc": anchor} if anchor else {"loc": "lower left", "bbox_to_anchor": (-0.01, 1.0), "ncols": len(handles)}
    )
    legend = axes.legend(
        handles=handles, frameon=False, fontsize=8.5, handlelength=0.9, handleheight=0.9, columnspacing=1.2,
        borderaxespad=0.2, **place,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)


def _literal(axes: Axes) -> None:
    """Let names be what they are: matplotlib would take dollar signs for formulas."""
    for label in axes.get_yticklabels():
        label.set_parse_math(False)


def _svg(figure: Figure, name: str, label: str) -> str:
    """Return a figure as an element: ids of its own, no size of its own, a label for who cannot see it."""
    from xml.sax.saxutils import escape, quoteattr

    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, count=1, flags=re.DOTALL)
    head, _, body = text.partition(">")
    box = re.search(r'viewBox="[^"]*"', head)
    assert box is not None  # matplotlib writes one
    body = _ID.sub(lambda found: f"{found[1]}{name}-", body)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {box[0]} role="img" '
        f"aria-label={quoteattr(label)}>"
    )
    return f"{opening}<title>{escape(label)}</title>{body.strip()}"
