"""Comparisons and headroom in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fvcapacity.display.figures import with_interval
from fvcapacity.display.html import TONES, Html, card, chip, joined, line, soft, table
from fvcapacity.results.shown import Tables, p95_sparkline, window_words

COMPARISON_PLOTS = {
    "overview": "the two figures below beside each other",
    "latency": "p95 of the route that is slowest in A, in both",
    "differences": "what B changes of each route's p95, with intervals",
}
SWEEP_PLOTS = {"overview": "p95, errors and cost over the varied fields; two fields make heat maps"}
_MOST_POINTS = 12
HEADROOM_PLOTS = {"overview": "the multiple that each system bears, with intervals"}
_FIGURES = {
    "p95": ("p95 of all user requests, ms", 1e3, 0),
    "worst_p95": ("worst p95 of a route in 5 min, ms", 1e3, 0),
    "errors": ("errors of all user requests, %", 100.0, 2),
    "cost": ("cost of the window, USD", 1.0, 2),
    "node_hours": ("node-hours", 1.0, 2),
}

_SIDES = (("A", "first"), ("B", "second"))

Summary = Mapping[str, Any]


def comparison_html(summary: Summary, first: Tables, second: Tables) -> Html:
    """Return the card of a comparison."""
    chips = [_chip(letter, summary[side]["status"]) for letter, side in _SIDES]
    run = summary["run"]
    pairs = f"{run['replications']} pair{'' if run['replications'] == 1 else 's'} of replications, seed {run['seed']}"
    return card(
        " and ".join(dict.fromkeys(summary[side]["name"] for _, side in _SIDES)),
        joined([chips[0], " ", chips[1]]),
        line(summary["sentence"]),
        *(soft(f"{letter}: {_changes(summary[side])}") for letter, side in _SIDES),
        p95_sparkline([second, first], None, ("B, blue", "A, orange"), slowest_in=1),
        table(("", "A", "B", "B - A", ""), [_difference(part) for part in summary["differences"]], left=(0, 4)),
        soft(f"{window_words(run)} · {pairs}; ± is half the 95 % interval of the paired difference"),
        soft('figures: .plot(), .plot("latency"), .plot("differences"); single pairs: .pairs'),
    )


def headroom_html(summary: Summary) -> Html:
    """Return the card of a headroom."""
    stages = summary["stages"]
    rows = [
        (
            "as it is" if not stage["mended"] else "; ".join(stage["mended"]),
            with_interval(stage["multiple"], digits=2) or stage["limit"],
            f"{min(item['holds'] for item in stage['replications']):.2f}",
        )
        for stage in stages
    ]
    mean = stages[0]["multiple"]["mean"]
    enough = stages[0]["limit"] == "never breaks" or (mean is not None and mean >= 1)
    words = f"bears {mean:.2f} times the traffic" if mean is not None else stages[0]["limit"]
    return card(
        f"Headroom of {summary['scenario']}",
        chip(words, "good" if enough else "bad"),
        *(line(stage["sentence"]) for stage in stages),
        table(("system", "times the traffic", "least that held"), rows),
        *(soft(words) for words in (summary["whole"], summary["stopped"]) if words),
        soft("figure: .plot(); every trial: .trials"),
    )


def sweep_html(summary: Summary) -> Html:
    """Return the card of a sweep: its best point, and the first ones of the grid."""
    best = summary["best"]
    points = summary["points"]
    heads = [axis["path"] for axis in summary["axes"]]
    rows = [
        (
            *("none" if point["values"][path] is None else point["values"][path] for path in heads),
            point["status"] + (", best" if point["point"] == best else ""),
            with_interval(point["p95_s"], 1e3, 0),
            with_interval(point["error_ratio"], 100, 2),
            with_interval(point["cost_usd"], digits=2),
        )
        for point in points[:_MOST_POINTS]
    ]
    more = len(points) - _MOST_POINTS
    held = sum(point["status"] == "holds" for point in points)
    return card(
        f"Sweep of {summary['scenario']}",
        chip(f"{held} of {len(points)} points hold", "good" if held else "bad"),
        line(summary["sentence"]),
        table((*heads, "verdict", "p95 ms", "errors %", "USD"), rows, left=(len(heads),)),
        soft(f"and {more} more: .points") if more > 0 else "",
        soft(f"{window_words(summary)} · {summary['run']['replications']} replications of each; figure: .plot()"),
    )


def _chip(letter: str, status: str) -> Html:
    return chip(f"{letter} {status}", TONES.get(status))


def _changes(side: Summary) -> str:
    return f"{side['name']} with {', '.join(side['changes'])}" if side["changes"] else f"{side['name']} as it is"


def _difference(part: Summary) -> tuple[str, str, str, str, str]:
    words, factor, digits = _FIGURES.get(part["measure"], (f"{part['measure']}, {part['unit']}", 1.0, 2))
    means = [with_interval({**part[side], "low_95": None}, factor, digits) for side in ("first", "second")]
    return words, means[0], means[1], with_interval(part["difference"], factor, digits), part["reading"]
