"""A result in a notebook: its verdict, the slowest routes, and p95 over the window against the objective."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from fvcapacity.display.figures import with_interval
from fvcapacity.display.html import Html, card, joined, line, soft, table
from fvcapacity.display.sparkline import sparkline
from fvcapacity.results.route_tables import ALL

PLOTS = {
    "overview": "verdict, bottleneck and the six figures below in small",
    "traffic": "requests a second, by route",
    "latency": "p50, p95 and p99 by windows of five minutes, against the objective",
    "errors": "failed requests, by cause",
    "replicas": "what the HPAs want, and what is ready",
    "throttling": "share of CFS periods in which a service is throttled",
    "cost": "money by the hour, by category",
}
"""The figures of a result: name to what is to be seen."""
_MOST_ROUTES = 5

Tables = Mapping[str, pd.DataFrame]


def result_html(summary: Mapping[str, Any], tables: Tables) -> Html:
    """Return the card of a result."""
    verdict = summary["verdict"]
    return card(
        summary["scenario"]["name"],
        verdict["status"],
        line(verdict["reason"]),
        p95_sparkline([tables], _objective(summary, "p95")),
        table(("slowest routes", "requests", "p95 ms", "errors %"), _routes(summary["routes"])),
        line(summary["bottleneck"]["sentence"]),
        soft(" · ".join(_facts(summary))),
        soft("figures: .plot() and ", ", ".join(f'.plot("{name}")' for name in list(PLOTS)[1:]), "; tables: .tables"),
    )


def p95_sparkline(
    sides: Sequence[Tables], threshold_ms: float | None, names: Sequence[str] = (), *, slowest_in: int = 0
) -> Html:
    """Return p95 by windows of five minutes of the route that is slowest in one of them, a line for each result.

    Parameters
    ----------
    sides
        Tables of at most two results.
    threshold_ms
        The objective, drawn as a dashed line; None for none.
    names
        Of the results, where there are two.
    slowest_in
        Which of the results the route is chosen by.

    Returns
    -------
    Html
        The lines with their caption; empty when no window is judged.
    """
    windows = [tables["route_windows"].loc[lambda table: table["judged"]] for tables in sides]
    chosen = windows[slowest_in]
    if chosen.empty:
        return Html()
    single = chosen[chosen["route"] != ALL]
    route = str(single.groupby("route", sort=True)["p95_s"].max().idxmax()) if len(single) else ALL
    lines = [_p95_ms(table[table["route"] == route]) for table in windows]
    tops = [max((value for value in values if value == value), default=0.0) for values in lines]
    told = [
        f"{name}{': ' if name else ''}at most {top:,.0f} ms" for name, top in zip(names or [""], tops, strict=False)
    ]
    of = "all user requests" if route == ALL else route
    runs = windows[0]["replication"].nunique()
    mean = f", the mean of {runs} replications" if runs > 1 else ""
    words = f"p95 of {of} by windows of five minutes{mean}, {'; '.join(told)}"
    words += "" if threshold_ms is None else f"; dashed: the objective of {threshold_ms:,.0f} ms"
    return joined([sparkline(lines, words, threshold=threshold_ms), soft(words)])


def _p95_ms(windows: pd.DataFrame) -> list[float]:
    return [1e3 * float(value) for value in windows.groupby("time_utc", sort=True)["p95_s"].mean()]


def window_words(scenario: Mapping[str, Any]) -> str:
    """Return when a run was, in local time: ``Sat 14 Feb 2026 18:00, 30 min``."""
    start = pd.Timestamp(scenario["start_utc"]).astimezone(ZoneInfo(scenario["time_zone"]))
    hours = scenario["duration_s"] / 3600
    length = f"{60 * hours:g} min" if hours < 2 else f"{hours:g} h" if hours <= 72 else f"{hours / 24:g} d"
    return f"{start:%a} {start.day} {start:%b %Y %H:%M} {scenario['time_zone']}, {length}"


def _objective(summary: Mapping[str, Any], name: str) -> float | None:
    found = [item["threshold"] for item in summary["verdict"]["objectives"] if item["objective"] == name]
    return found[0] if found else None


def _routes(routes: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Return the slowest user routes, and the whole below them."""
    single = [item for item in routes if item["user"] and item["route"] != ALL and item["p95_s"]["mean"] is not None]
    slowest = sorted(single, key=lambda item: -item["p95_s"]["mean"])[:_MOST_ROUTES]
    whole = [item for item in routes if item["route"] == ALL]
    return [
        (
            "all user routes" if item["route"] == ALL else item["route"],
            with_interval(item["requests"], digits=0),
            with_interval(item["p95_s"], 1e3, 0),
            with_interval(item["error_ratio"], 100, 2),
        )
        for item in [*slowest, *whole]
    ]


def _facts(summary: Mapping[str, Any]) -> Iterator[str]:
    run, cost = summary["run"], summary.get("cost")
    yield window_words(summary["scenario"])
    yield f"{run['replications']} replication{'' if run['replications'] == 1 else 's'}, seed {run['seed']}"
    if not run["complete"]:
        yield "interrupted"
    if cost is not None and cost["total_usd"]["mean"] is not None:
        yield f"{with_interval(cost['total_usd'], digits=2)} USD for the window"
