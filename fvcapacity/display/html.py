"""HTML for notebooks. Whatever is not `Html` already is text, and is escaped: a name cannot bring markup in.

Notebooks have themes of their own, which a page cannot ask for, and forges strip style sheets. So there is none: text
takes the colour that is there, lines and grounds are translucent grey, and only the chip brings its ground along, with
white text that stands out on it by more than 4.5 to 1 (WCAG 2.2, AA).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape
from typing import Literal

Tone = Literal["good", "bad", "plain"]

_GROUNDS: dict[Tone, str] = {"good": "#00704F", "bad": "#B34700", "plain": "#5F5F5F"}
_SOFT = "opacity:0.72"
_LINE = "1px solid rgba(128,128,128,0.35)"
_CELL = "padding:2px 10px 2px 0;background:none;border:none;"
TONES: dict[str, Tone] = {
    "holds": "good", "recommended": "good", "left alone": "good",
    "missed": "bad", "no configuration": "bad", "refused": "bad",
}  # fmt: skip
"""How a verdict looks; one that is not here is plain."""


class Html(str):
    """Markup that was made here. Every other text is escaped where it is put in."""

    __slots__ = ()


def safe(value: object) -> Html:
    """Return a value as markup: as it is when it is `Html`, else its text, escaped."""
    return value if isinstance(value, Html) else Html(escape(str(value), quote=True))


def joined(parts: Iterable[object]) -> Html:
    """Return parts one after the other."""
    return Html("".join(safe(part) for part in parts))


def chip(text: str, tone: Tone | None = None) -> Html:
    """Return a word on a coloured ground; its tone is that of the verdict that it names, if none is given."""
    ground = _GROUNDS[tone or TONES.get(text, "plain")]
    style = f"background:{ground};color:#fff;border-radius:9px;padding:1px 9px;font-weight:600;white-space:nowrap"
    return Html(f'<span style="{style}">{safe(text)}</span>')


def soft(*parts: object) -> Html:
    """Return text that stands back."""
    return Html(f'<div style="{_SOFT};margin:3px 0">{joined(parts)}</div>')


def line(*parts: object) -> Html:
    """Return one paragraph."""
    return Html(f'<div style="margin:3px 0;max-width:52em">{joined(parts)}</div>')


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, left: Collection[int] = (0,)) -> Html:
    """Return a small table: columns of text stand to the left, figures to the right; empty without rows."""
    body = [_row(row, left) for row in rows]
    if not body:
        return Html()
    head = "".join(
        f'<th style="{_CELL}{_align(number, left)};border-bottom:{_LINE};font-weight:600">{safe(header)}</th>'
        for number, header in enumerate(headers)
    )
    style = "border-collapse:collapse;margin:6px 0;border:none;color:inherit;font-size:inherit"
    return Html(f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>')


def card(title: str, verdict: object, *parts: object) -> Html:
    """Return a whole answer: its name, the chip, and what there is to say."""
    mark = verdict if isinstance(verdict, Html) else chip(str(verdict))
    style = f"border:{_LINE};border-radius:6px;padding:8px 14px;margin:4px 0;max-width:60em;color:inherit"
    return Html(f'<div style="{style}"><div><b>{safe(title)}</b> {mark}</div>{joined(parts)}</div>')


def _row(cells: Sequence[object], left: Collection[int]) -> str:
    inner = "".join(f'<td style="{_CELL}{_align(number, left)}">{safe(cell)}</td>' for number, cell in enumerate(cells))
    return f'<tr style="background:none">{inner}</tr>'


def _align(column: int, left: Collection[int]) -> str:
    return "text-align:left" if column in left else "text-align:right"
