"""What a reader is shown of a summary, as text cells: the table and the Markdown say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fvcapacity.cli.tongue import ENGLISH, Tongue, spoken, spoken_word
from fvcapacity.frozen import Frozen
from fvcapacity.units import format_bytes, format_cpu, format_duration

NONE = "-"
Summary = Mapping[str, Any]


class Grid(Frozen):
    """A table of text: a title, heads (a leading ``>`` puts the column to the right), rows and a remark.

    A column of sentences may be ``wrapped``, so that it leaves room for the others; the others stay on one line.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    remark: str = ""
    wrapped: int | None = None


def headline(summary: Summary, tongue: Tongue) -> str:
    """Return the verdict in one line: ``MISSED  valentines, Sat 14 Feb 2026 17:00, 3h``."""
    scenario = summary["scenario"]
    return f"{spoken_word(verdict_word(summary))}  {scenario['name']}: {window_text(scenario, tongue)}"


def window_text(part: Mapping[str, Any], tongue: Tongue = ENGLISH) -> str:
    """Return when a window was: ``Sat 14 Feb 2026 17:00 America/Santiago, 3h``."""
    start = datetime.fromisoformat(part["start_utc"]).astimezone(ZoneInfo(part["time_zone"]))
    length = format_duration(round(part["duration_s"] * 1e9))
    return f"{tongue.time(f'{start:%a} {start.day} {start:%b %Y %H:%M}')} {part['time_zone']}, {length}"


def verdict_word(summary: Summary) -> str:
    """Return ``HOLDS``, ``MISSED`` or ``NOTHING TO JUDGE``."""
    return str(summary["verdict"]["status"]).upper()


def figures_of(count: int, tongue: Tongue = ENGLISH) -> str:
    """Return what figures over so many replications are: of one run, or means with intervals."""
    return tongue.counted("figures", count)


def routes_grid(summary: Summary, tongue: Tongue, most: int | None = None) -> Grid:
    """Return the routes and their whole, only the slowest when ``most`` rows are fewer than there are."""
    routes = [route for route in summary["routes"] if route["route"] != "all"]
    shown = routes
    if most is not None and len(routes) > most - 1:
        slowest = sorted(routes, key=lambda route: -(route["p95_s"]["mean"] or 0.0))[: most - 1]
        shown = [route for route in routes if route in slowest]
    whole = [route for route in summary["routes"] if route["route"] == "all"]
    left = len(routes) - len(shown)
    return Grid(
        title=tongue("routes"),
        heads=(
            tongue("t.route"),
            f">{tongue('t.requests')}",
            f">{tongue('t.errors')}",
            ">p50 ms",
            ">p95 ms",
            ">p99 ms",
            tongue("t.causes"),
        ),
        rows=tuple(_route_row(route, tongue) for route in [*shown, *whole]),
        remark=tongue.counted("left.routes", left) if left else "",
    )


def services_grid(summary: Summary, tongue: Tongue, most: int | None = None) -> Grid:
    """Return the services, only those that wait the most when ``most`` are fewer than there are."""
    services = list(summary["services"])
    duration_s = max(summary["run"]["simulated_s"], default=0.0) or summary["scenario"]["duration_s"]
    shown = services
    if most is not None and len(services) > most:
        slowest = sorted(services, key=lambda item: -_waits(item))[:most]
        shown = [item for item in services if item in slowest]
    left = len(services) - len(shown)
    return Grid(
        title=tongue("services"),
        heads=(
            tongue("t.service"),
            f">{tongue('t.replicas')}",
            ">CPU",
            f">{tongue('t.limit')}",
            f">{tongue('t.throttled')}",
            f">{tongue('t.visit')}",
            f">{tongue('t.shares')}",
            f">{tongue('t.restarts')}",
            ">OOM",
            f">{tongue('t.memory')}",
        ),
        rows=tuple(_service_row(item, duration_s, tongue) for item in shown),
        remark=tongue.counted("left.services", left) if left else "",
    )


def scaling_lines(summary: Summary, tongue: Tongue) -> list[str]:
    """Return replicas under an HPA and nodes, one line each."""
    lines = [_replicas_line(item, tongue) for item in summary["scaling"] if item["hpa_maximum"] is not None]
    for pool in summary["nodes"]:
        count, hours = _range(pool["nodes_min"], pool["nodes_max"]), number_text(pool["node_hours"], 1, tongue=tongue)
        lines.append(tongue("nodes.one" if count == "1" else "nodes", name=pool["pool"], range=count, hours=hours))
    return lines


def _replicas_line(item: Mapping[str, Any], tongue: Tongue) -> str:
    minutes = item["minutes_at_maximum"]["mean"] or 0.0
    more = tongue("at-maximum", minutes=tongue.figure(f"{minutes:,.0f}")) if minutes else ""
    more += tongue("pending", n=item["pending_max"]) if item["pending_max"] else ""
    count = _range(item["desired_min"], item["desired_max"])
    return tongue(
        "replicas.one" if count == "1" else "replicas",
        name=item["workload"].partition("/")[2],
        range=count,
        low=item["hpa_minimum"],
        high=item["hpa_maximum"],
        more=more,
    )


def money_line(summary: Summary, tongue: Tongue) -> str:
    """Return the cost of the window in one line; empty without a bill."""
    cost = summary["cost"]
    if cost is None:
        return tongue("bill.none")
    parts = ", ".join(
        f"{tongue.known(f'category.{name}', name)} {number_text(value, 2, interval=False, tongue=tongue)}"
        for name, value in cost["by_category_usd"].items()
        if value["mean"] is not None
    )
    text = tongue(
        "bill",
        total=number_text(cost["total_usd"], 2, tongue=tongue),
        parts=parts,
        thousand=number_text(cost["per_thousand_served_usd"], 4, tongue=tongue),
    )
    return text + (tongue.counted("unpriced", len(cost["unpriced"])) if cost["unpriced"] else "")


def recovery_lines(summary: Summary) -> list[str]:
    """Return a sentence for each schedule of backups."""
    return [sentence_text(part["sentence"]) for part in summary.get("recovery", ())]


def sentence_text(text: str) -> str:
    """Return a sentence with one full stop. Names keep their first letter."""
    return spoken(text.rstrip(".") + ".")


def _route_row(route: Mapping[str, Any], tongue: Tongue) -> tuple[str, ...]:
    causes = sorted(route["errors_by_cause"].items(), key=lambda item: -item[1])
    name = tongue("all") if route["route"] == "all" else route["route"] + ("" if route["user"] else " *")
    told = ", ".join(f"{name} {tongue.figure(f'{count:,.0f}')}" for name, count in causes[:2])
    return (
        name,
        number_text(route["requests"], 0, interval=False, tongue=tongue),
        number_text(route["error_ratio"], 2, factor=100, unit=" %", interval=False, tongue=tongue),
        number_text(route["p50_s"], 0, factor=1e3, interval=False, tongue=tongue),
        number_text(route["p95_s"], 0, factor=1e3, tongue=tongue),
        number_text(route["p99_s"], 0, factor=1e3, interval=False, tongue=tongue),
        told + (", ..." if len(causes) > 2 else ""),
    )


def _service_row(service: Mapping[str, Any], duration_s: float, tongue: Tongue) -> tuple[str, ...]:
    cpu = service["cpu_core_s"]["mean"]
    limit = service["cpu_limit_cores"]
    memory = format_short_bytes(service["memory_peak_bytes"])
    return (
        service["service"],
        NONE if service["replicas_min"] is None else _range(service["replicas_min"], service["replicas_max"]),
        NONE if cpu is None or not duration_s else tongue.figure(f"{cpu / duration_s:.2f}"),
        NONE if limit is None else format_cpu(limit),
        number_text(service["throttled_periods_ratio"], 0, factor=100, unit=" %", interval=False, tongue=tongue),
        number_text(service["elapsed_mean_s"], 0, factor=1e3, interval=False, tongue=tongue),
        _shares(service),
        str(service["restarts_max"]),
        str(service["oom_kills_max"]),
        memory,
    )


def _shares(service: Mapping[str, Any]) -> str:
    """Return where the time of a visit goes, in percent: ``63/1/35/1 %``."""
    means = [service[name]["mean"] for name in ("queue_share", "cpu_share", "throttled_share", "others_share")]
    if any(mean is None for mean in means):
        return NONE
    return "/".join(f"{100 * mean:.0f}" for mean in means) + " %"


def format_short_bytes(count: int) -> str:
    """Return bytes to the mebibyte: ``92Mi``."""
    return format_bytes(round(count / 2**20) * 2**20)


def _waits(service: Mapping[str, Any]) -> float:
    visit = service["elapsed_mean_s"]["mean"] or 0.0
    share = (service["queue_share"]["mean"] or 0.0) + (service["throttled_share"]["mean"] or 0.0)
    return float(visit * share * (service["visits"]["mean"] or 0.0))


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"


def number_text(
    figure: Mapping[str, Any],
    digits: int,
    *,
    factor: float = 1.0,
    unit: str = "",
    interval: bool = True,
    tongue: Tongue = ENGLISH,
) -> str:
    """Return a figure, with half its interval when there is one and ``interval`` asks for it."""
    if figure["mean"] is None:
        return NONE
    text = f"{figure['mean'] * factor:,.{digits}f}"
    if interval and figure["low_95"] is not None:
        text += f" ±{(figure['high_95'] - figure['low_95']) / 2 * factor:,.{digits}f}"
    return tongue.figure(text) + unit


def remarks(summary: Summary, grids: Sequence[Grid], tongue: Tongue) -> list[str]:
    """Return what a reader must know: the run, notes, and what the tables leave out."""
    run = summary["run"]
    lines = [figures_of(run["replications_in_figures"], tongue), tongue("legend")]
    if any(not route["user"] for route in summary["routes"]):
        lines.append(tongue("legend.user"))
    lines += [tongue.sentence(note) for note in summary["notes"] if not note.startswith("One replication")]
    lines += [f"{grid.title}: {grid.remark}." for grid in grids if grid.remark]
    lines.append(tongue("rules", seed=run["seed"], plane=run["plane"], kubernetes=run["kubernetes"]))
    return lines
