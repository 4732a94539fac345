"""Where time goes, as bars of parts: each bar one route's request or one service's visit."""

from __future__ import annotations

from collections.abc import Sequence

from fvcapacity.frozen import Frozen
from fvcapacity.report.page.diagram import milliseconds
from fvcapacity.report.page.flow import Flow, Own, RouteTime, ServiceTime
from fvcapacity.report.tongue import NOTHING, Tongue, plain

PARTS = ("queue", "throttled", "running", "waiting", "outside")
_NAMED = 3
_WORTH_NAMING = 0.05


class Part(Frozen):
    """One part of a bar: its kind, share of the bar in percent, and words."""

    kind: str
    percent: float
    words: str


class Bar(Frozen):
    """One bar: whose, how long, of which parts, and where most of it is spent."""

    name: str
    mean: str
    parts: tuple[Part, ...]
    where: str


def route_bars(flow: Flow, tongue: Tongue) -> tuple[Bar, ...]:
    """Return the routes, the slowest first."""
    return tuple(_route(item, tongue) for item in sorted(flow.routes, key=lambda item: -item.mean_s))


def service_bars(flow: Flow, tongue: Tongue) -> tuple[Bar, ...]:
    """Return the services, the slowest first."""
    return tuple(
        _service(item, tongue) for item in sorted(flow.services, key=lambda item: -item.elapsed_s) if item.visits
    )


def kinds_of(bars: Sequence[Bar]) -> tuple[str, ...]:
    """Return the kinds of parts that bars have, in order."""
    return tuple(kind for kind in PARTS if any(part.kind == kind for bar in bars for part in bar.parts))


def _route(item: RouteTime, tongue: Tongue) -> Bar:
    seconds = [*_own(item.own), ("outside", item.outside_s)]
    return Bar(plain(item.route, 60), _ms(item.mean_s, tongue), _parts(seconds, item.mean_s, tongue), _named(
        item.services, item.mean_s, tongue
    ))  # fmt: skip


def _service(item: ServiceTime, tongue: Tongue) -> Bar:
    outside = sum(seconds for name, seconds in item.waits if not name)
    others = sum(seconds for name, seconds in item.waits if name)
    seconds = [*_own(item.own), ("waiting", others), ("outside", outside)]
    return Bar(plain(item.service, 60), _ms(item.elapsed_s, tongue), _parts(seconds, item.elapsed_s, tongue), _named(
        item.waits, item.elapsed_s, tongue
    ))  # fmt: skip


def _own(own: Own) -> list[tuple[str, float]]:
    return [("queue", own.queue_s), ("throttled", own.throttled_s), ("running", own.running_s)]


def _parts(seconds: Sequence[tuple[str, float]], whole_s: float, tongue: Tongue) -> tuple[Part, ...]:
    made = []
    for kind, value in seconds:
        percent = 100 * value / whole_s if whole_s else 0.0
        if percent >= 0.5:
            made.append(
                Part(kind, percent, f"{tongue(f'part.{kind}')} {_ms(value, tongue)} ({tongue.percent(percent)})")
            )
    return tuple(made)


def _named(parts: Sequence[tuple[str, float]], whole_s: float, tongue: Tongue) -> str:
    """Return the longest few by name."""
    told = [
        tongue("waits", service=plain(name, 40) if name else tongue("part.outside"), ms=_ms(seconds, tongue))
        for name, seconds in parts
        if whole_s and seconds / whole_s >= _WORTH_NAMING
    ]
    return ", ".join(told[:_NAMED]) or NOTHING


def _ms(seconds: float, tongue: Tongue) -> str:
    return milliseconds(1e3 * seconds, tongue)
