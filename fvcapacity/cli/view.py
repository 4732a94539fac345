"""What a reader is shown of a summary, as text cells: the table and the Markdown say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fvcapacity.cli.tongue import spoken, spoken_time, spoken_word
from fvcapacity.units import format_bytes, format_cpu, format_duration

NONE = "-"
Summary = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of text: a title, heads (a leading ``>`` puts the column to the right), rows and a remark.

    A column of sentences may be ``wrapped``, so that it leaves room for the others; the others stay on one line.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    remark: str = ""
    wrapped: int | None = None


def headline(summary: Summary) -> str:
    """Return the verdict in one line: ``MISSED  valentines, Sat 14 Feb 2026 17:00, 3h``."""
    scenario = summary["scenario"]
    return f"{spoken_word(verdict_word(summary))}  {scenario['name']}: {window_text(scenario)}"


def window_text(part: Mapping[str, Any]) -> str:
    """Return when a window was: ``Sat 14 Feb 2026 17:00 America/Santiago, 3h``."""
    start = datetime.fromisoformat(part["start_utc"]).astimezone(ZoneInfo(part["time_zone"]))
    length = format_duration(round(part["duration_s"] * 1e9))
    return f"{spoken_time(f'{start:%a} {start.day} {start:%b %Y %H:%M}')} {part['time_zone']}, {length}"


def verdict_word(summary: Summary) -> str:
    """Return ``HOLDS``, ``MISSED`` or ``NOTHING TO JUDGE``."""
    return str(summary["verdict"]["status"]).upper()


def figures_remark(summary: Summary) -> str:
    """Return what the figures are: of one run, or means with intervals."""
    return figures_of(summary["run"]["replications_in_figures"])


def figures_of(count: int) -> str:
    """Return what figures over so many replications are."""
    if count == 1:
        return "One replication: no confidence intervals."
    return f"Means of {count} replications; ± is half the 95 % confidence interval."


def routes_grid(summary: Summary, most: int | None = None) -> Grid:
    """Return the routes and their whole, only the slowest when ``most`` rows are fewer than there are."""
    routes = [route for route in summary["routes"] if route["route"] != "all"]
    shown = routes
    if most is not None and len(routes) > most - 1:
        slowest = sorted(routes, key=lambda route: -(route["p95_s"]["mean"] or 0.0))[: most - 1]
        shown = [route for route in routes if route in slowest]
    whole = [route for route in summary["routes"] if route["route"] == "all"]
    left = len(routes) - len(shown)
    return Grid(
        title="Routes",
        heads=("Route", ">Requests", ">Errors", ">p50 ms", ">p95 ms", ">p99 ms", "Errors by cause"),
        rows=tuple(_route_row(route) for route in [*shown, *whole]),
        remark=f"{left} faster ones are left out" if left else "",
    )


def services_grid(summary: Summary, most: int | None = None) -> Grid:
    """Return the services, only those that wait the most when ``most`` are fewer than there are."""
    services = list(summary["services"])
    duration_s = max(summary["run"]["simulated_s"], default=0.0) or summary["scenario"]["duration_s"]
    shown = services
    if most is not None and len(services) > most:
        slowest = sorted(services, key=lambda item: -_waits(item))[:most]
        shown = [item for item in services if item in slowest]
    left = len(services) - len(shown)
    return Grid(
        title="Services",
        heads=(
            "Service",
            ">Replicas",
            ">CPU",
            ">Limit",
            ">Throttled",
            ">Visit ms",
            ">q/run/quota/other",
            ">Restarts",
            ">OOM",
            ">Memory",
        ),
        rows=tuple(_service_row(item, duration_s) for item in shown),
        remark=f"{left} that wait less are left out" if left else "",
    )


def scaling_lines(summary: Summary) -> list[str]:
    """Return replicas under an HPA and nodes, one line each."""
    lines = []
    for item in summary["scaling"]:
        if item["hpa_maximum"] is not None:
            pending = f", up to {item['pending_max']} pending" if item["pending_max"] else ""
            minutes = item["minutes_at_maximum"]["mean"] or 0.0
            top = f", {minutes:,.0f} min at the maximum" if minutes else ""
            lines.append(
                f"{item['workload'].partition('/')[2]}: {_range(item['desired_min'], item['desired_max'])} replicas "
                f"(HPA {item['hpa_minimum']}-{item['hpa_maximum']}{top}{pending})"
            )
    for pool in summary["nodes"]:
        count = _range(pool["nodes_min"], pool["nodes_max"])
        lines.append(f"pool {pool['pool']}: {count} nodes, {number_text(pool['node_hours'], 1)} node-hours")
    return lines


def money_line(summary: Summary) -> str:
    """Return the cost of the window in one line; empty without a bill."""
    cost = summary["cost"]
    if cost is None:
        return "No price list: no money."
    priced = {name: value for name, value in cost["by_category_usd"].items() if value["mean"] is not None}
    parts = ", ".join(f"{name} {number_text(value, 2, interval=False)}" for name, value in priced.items())
    thousand = number_text(cost["per_thousand_served_usd"], 4)
    text = f"{number_text(cost['total_usd'], 2)} USD for the window ({parts}); {thousand} USD per 1,000 requests served"
    return text + (f"; {len(cost['unpriced'])} items have no price and are left out" if cost["unpriced"] else "")


def recovery_lines(summary: Summary) -> list[str]:
    """Return a sentence for each schedule of backups."""
    return [sentence_text(part["sentence"]) for part in summary.get("recovery", ())]


def sentence_text(text: str) -> str:
    """Return a sentence with one full stop. Names keep their first letter."""
    return spoken(text.rstrip(".") + ".")


def _route_row(route: Mapping[str, Any]) -> tuple[str, ...]:
    causes = sorted(route["errors_by_cause"].items(), key=lambda item: -item[1])
    name = "all user requests" if route["route"] == "all" else route["route"] + ("" if route["user"] else " *")
    return (
        name,
        number_text(route["requests"], 0, interval=False),
        number_text(route["error_ratio"], 2, factor=100, unit=" %", interval=False),
        number_text(route["p50_s"], 0, factor=1e3, interval=False),
        number_text(route["p95_s"], 0, factor=1e3),
        number_text(route["p99_s"], 0, factor=1e3, interval=False),
        ", ".join(f"{name} {count:,.0f}" for name, count in causes[:2]) + (", ..." if len(causes) > 2 else ""),
    )


def _service_row(service: Mapping[str, Any], duration_s: float) -> tuple[str, ...]:
    cpu = service["cpu_core_s"]["mean"]
    limit = service["cpu_limit_cores"]
    memory = format_short_bytes(service["memory_peak_bytes"])
    return (
        service["service"],
        NONE if service["replicas_min"] is None else _range(service["replicas_min"], service["replicas_max"]),
        NONE if cpu is None or not duration_s else f"{cpu / duration_s:.2f}",
        NONE if limit is None else format_cpu(limit),
        number_text(service["throttled_periods_ratio"], 0, factor=100, unit=" %", interval=False),
        number_text(service["elapsed_mean_s"], 0, factor=1e3, interval=False),
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
    figure: Mapping[str, Any], digits: int, *, factor: float = 1.0, unit: str = "", interval: bool = True
) -> str:
    """Return a figure, with half its interval when there is one and ``interval`` asks for it."""
    if figure["mean"] is None:
        return NONE
    text = f"{figure['mean'] * factor:,.{digits}f}"
    if interval and figure["low_95"] is not None:
        text += f" ±{(figure['high_95'] - figure['low_95']) / 2 * factor:,.{digits}f}"
    return text + unit


def remarks(summary: Summary, grids: Sequence[Grid]) -> list[str]:
    """Return what a reader must know: the run, notes, and what the tables leave out."""
    run = summary["run"]
    lines = [figures_remark(summary)]
    lines.append("CPU in cores, limit per pod; q/run/quota/other: visits' time queued, running, throttled, elsewhere.")
    if any(not route["user"] for route in summary["routes"]):
        lines.append("* is no user route: the objectives leave it out.")
    lines += [note for note in summary["notes"] if not note.startswith("One replication")]
    lines += [f"{grid.title}: {grid.remark}." for grid in grids if grid.remark]
    lines.append(f"Seed {run['seed']}, {run['plane']} plane, Kubernetes {run['kubernetes']} rules.")
    return lines
