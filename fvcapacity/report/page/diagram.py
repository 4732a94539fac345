"""The request path as SVG that stands in the page: a box for each service, arrows as wide as there are calls."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fvcapacity.frozen import Frozen
from fvcapacity.report.page.boxes import CPU_HIGH, Box
from fvcapacity.report.tongue import NOTHING, Tongue, plain
from fvcapacity.review.extra import needed

WIDTH, HEIGHT = 208, 84
_GAP_X, _GAP_Y, _EDGE = 76, 18, 12
_NAME = 26
"""Letters of a name that fit into a box."""


class Arrow(Frozen):
    """A call: from the box at whose right side it begins to the one at whose left side it ends."""

    caller: str
    service: str
    path: str
    width: float
    title: str


class Placed(Frozen):
    """A box and its upper left corner, with its texts."""

    box: Box
    x: float
    y: float
    name: str
    title: str
    p95: str
    pods: str
    cpu: str
    bar: float
    bar_token: str
    peak: float
    badge: str
    style: str


class Diagram(Frozen):
    """Everything that the template draws."""

    width: float
    height: float
    boxes: tuple[Placed, ...]
    arrows: tuple[Arrow, ...]


def diagram_of(
    columns: Sequence[Sequence[str]], calls: Mapping[tuple[str, str], float], boxes: Mapping[str, Box], tongue: Tongue
) -> Diagram:
    """Return the picture of a request path.

    Parameters
    ----------
    columns
        Services from left to right (`flow.layers_of`).
    calls
        Calls per second by (caller, service).
    boxes
        What is to be said of each.
    """
    rows = max((len(column) for column in columns), default=0)
    height = rows * HEIGHT + max(rows - 1, 0) * _GAP_Y + 2 * _EDGE
    corners: dict[str, tuple[float, float]] = {}
    for number, column in enumerate(columns):
        free = height - 2 * _EDGE - len(column) * HEIGHT
        gap = free / (len(column) + 1) if len(column) < rows else _GAP_Y
        first = _EDGE + (gap if len(column) < rows else 0)
        for row, name in enumerate(column):
            corners[name] = (_EDGE + number * (WIDTH + _GAP_X), first + row * (HEIGHT + gap))
    placed = tuple(_place(boxes[name], *corner, tongue) for name, corner in corners.items() if name in boxes)
    known = {item.box.service for item in placed}
    most = max((rate for (caller, _), rate in calls.items() if caller), default=1.0) or 1.0
    arrows = tuple(
        _arrow(caller, service, corners, rate, most, tongue)
        for (caller, service), rate in calls.items()
        if caller in known and service in known
    )
    width = 2 * _EDGE + len(columns) * WIDTH + max(len(columns) - 1, 0) * _GAP_X
    return Diagram(width, height, placed, arrows)


def milliseconds(value: float | None, tongue: Tongue) -> str:
    """Return a time as people write it: ``0.3 ms``, ``12 ms``, ``5,000 ms``."""
    if value is None:
        return NOTHING
    digits = 0 if value >= 10 else 1 if value >= 1 else 2
    return f"{tongue.number(value, digits)} ms"


def _place(box: Box, x: float, y: float, tongue: Tongue) -> Placed:
    low, high = box.replicas
    pods = (
        tongue("box.pods.one" if low == 1 else "box.pods.same", n=low)
        if low == high
        else tongue("box.pods", low=low, high=high)
    )
    peak = box.cpu_peak_percent
    cpu = NOTHING if peak is None else tongue.percent(peak)
    token = "bad" if box.of == "limit" and peak is not None and peak >= CPU_HIGH else "c0"
    badge = tongue("box.cause") if box.cause else _first_trouble(box, tongue)
    return Placed(
        box, x, y, plain(box.service, _NAME), plain(box.service), milliseconds(box.p95_ms, tongue), pods,
        tongue(f"box.cpu.{box.of or 'none'}", percent=cpu), _share(box.cpu_mean_percent), token, _share(peak), badge,
        "cause" if box.cause else "trouble" if box.trouble else "",
    )  # fmt: skip


def _first_trouble(box: Box, tongue: Tongue) -> str:
    if not box.trouble:
        return ""
    return tongue(f"trouble.{box.trouble[0]}", percent=tongue.percent(box.throttled_percent))


def _share(percent: float | None) -> float:
    return 0.0 if percent is None else min(max(percent / 100.0, 0.0), 1.0)


def _arrow(
    caller: str, service: str, corners: Mapping[str, tuple[float, float]], rate: float, most: float, tongue: Tongue
) -> Arrow:
    (x0, y0), (x1, y1) = corners[caller], corners[service]
    fromx, fromy, tox, toy = x0 + WIDTH, y0 + HEIGHT / 2, x1 - 5, y1 + HEIGHT / 2
    bend = max((tox - fromx) / 2, 24)
    path = f"M{fromx:.1f},{fromy:.1f} C{fromx + bend:.1f},{fromy:.1f} {tox - bend:.1f},{toy:.1f} {tox:.1f},{toy:.1f}"
    width = 1.0 + 3.5 * math.sqrt(max(rate, 0.0) / most)
    title = tongue(
        "arrow", caller=plain(caller), service=plain(service), rate=tongue.number(rate, 1 if rate < 10 else 0)
    )
    return Arrow(caller, service, path, width, title)


def svg_of(diagram: Diagram, label: str) -> str:
    """Return the picture as an element; every text in it is escaped."""
    escape = needed("markupsafe", "MarkupSafe", "report").escape
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="path" viewBox="0 0 {diagram.width:.0f} {diagram.height:.0f}" '
        f'width="{diagram.width:.0f}" height="{diagram.height:.0f}" role="img" aria-label="{escape(label)}">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" '
        'markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0.5 L7,4 L0,7.5 z"/></marker></defs>',
    ]
    for arrow in diagram.arrows:
        parts.append(
            f'<path class="arrow" data-from="{escape(arrow.caller)}" data-to="{escape(arrow.service)}" '
            f'd="{arrow.path}" stroke-width="{arrow.width:.2f}" marker-end="url(#tip)">'
            f"<title>{escape(arrow.title)}</title></path>"
        )
    parts += [_box_svg(item, escape) for item in diagram.boxes]
    return "".join([*parts, "</svg>"])


def _bar(style: str, width: float) -> str:
    return f'<rect class="fill {style}" x="12" y="67" width="{width:.1f}" height="7" rx="3.5"/>'


def _box_svg(item: Placed, escape: Any) -> str:
    bar_width = WIDTH - 24
    wide = min(6.4 * len(item.badge) + 18, WIDTH - 20)
    badge = (
        f'<rect class="pill" x="{WIDTH - 10 - wide}" y="-9" width="{wide}" height="18" rx="9"/>'
        f'<text class="badge" x="{WIDTH - 10 - wide / 2}" y="4">{escape(item.badge)}</text>'
        if item.badge
        else ""
    )
    return (
        f'<g class="box {item.style}" data-name="{escape(item.box.service)}" '
        f'transform="translate({item.x:.1f},{item.y:.1f})">'
        f"<title>{escape(item.title)}</title>"
        f'<rect class="frame" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        f'<text class="name" x="12" y="22">{escape(item.name)}</text>'
        f'<text class="pods" x="{WIDTH - 12}" y="42">{escape(item.pods)}</text>'
        f'<text class="p95" x="12" y="42">p95 <tspan class="figure">{escape(item.p95)}</tspan></text>'
        f'<text class="cpu" x="12" y="60">{escape(item.cpu)}</text>'
        f'<rect class="track" x="12" y="67" width="{bar_width}" height="7" rx="3.5"/>'
        f"{_bar(f'peak {item.bar_token}', bar_width * item.peak)}{_bar(item.bar_token, bar_width * item.bar)}"
        f"{badge}</g>"
    )
