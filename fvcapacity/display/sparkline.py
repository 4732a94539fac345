"""A line as small as a word (Tufte, *Beautiful Evidence*, 2006), as SVG inside of HTML."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fvcapacity.display.html import Html, safe

BLUE, ORANGE, RED = "#2B86C2", "#D98E04", "#D55E00"
"""Seen on white and on black alike."""
COLORS = (BLUE, ORANGE)
_WIDTH, _HEIGHT, _PAD = 260.0, 44.0, 3.0
_MOST_POINTS = 260


def sparkline(lines: Sequence[Sequence[float]], words: str, *, threshold: float | None = None) -> Html:
    """Return lines over equal steps of one time, on a common axis from 0 on.

    Parameters
    ----------
    lines
        At most two, of any length; what is not finite leaves a gap. More points than pixels are thinned to maxima.
    words
        What is to be seen, for those who do not see it, and when the mouse rests there.
    threshold
        Drawn as a dashed line.

    Returns
    -------
    Html
        Empty when there is nothing to draw.
    """
    kept = [_thinned(line) for line in lines]
    known = [value for line in kept for value in line if math.isfinite(value)]
    if not known:
        return Html()
    top = max([*known, threshold or 0.0]) or 1.0
    drawn = [] if threshold is None else [_threshold(threshold, top)]
    drawn += [_path(line, top, color) for line, color in zip(kept, COLORS, strict=False)]
    size = f'width="{_WIDTH:.0f}" height="{_HEIGHT:.0f}" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}"'
    label = f'role="img" aria-label="{safe(words)}"'
    style = 'style="display:block;margin:4px 0;max-width:100%"'
    return Html(f"<svg {size} {label} {style}><title>{safe(words)}</title>{''.join(drawn)}</svg>")


def _thinned(line: Sequence[float]) -> list[float]:
    """Return a line with the largest of as many neighbours as share a pixel: a peak is not lost."""
    step = max(1, -(-len(line) // _MOST_POINTS))
    parts = [[v for v in line[i : i + step] if math.isfinite(v)] for i in range(0, len(line), step)]
    return [float(max(part)) if part else math.nan for part in parts]


def _path(line: Sequence[float], top: float, color: str) -> str:
    steps, pen_down = [], False
    for number, value in enumerate(line):
        if math.isfinite(value):
            x = _PAD + (_WIDTH - 2 * _PAD) * (number / (len(line) - 1) if len(line) > 1 else 0.5)
            steps.append(f"{'L' if pen_down else 'M'}{x:.1f} {_y(value, top):.1f}")
            if len(line) == 1:
                steps.append("h2")
        pen_down = math.isfinite(value)
    return f'<path d="{"".join(steps)}" fill="none" stroke="{color}" stroke-width="1.6" stroke-linejoin="round"/>'


def _threshold(value: float, top: float) -> str:
    y = _y(value, top)
    ends = f'x1="{_PAD:.0f}" x2="{_WIDTH - _PAD:.0f}" y1="{y:.1f}" y2="{y:.1f}"'
    return f'<line {ends} stroke="{RED}" stroke-width="1" stroke-dasharray="4 3"/>'


def _y(value: float, top: float) -> float:
    return _HEIGHT - _PAD - (_HEIGHT - 2 * _PAD) * value / top
