"""What a page is made of: sections of texts, tables, charts and lists. HTML and Markdown are written from the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

CellStyle = Literal["", "good", "bad", "code"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    style: CellStyle = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column; numbers stand to the right."""

    text: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``total`` closes a sum, ``rest`` is what belongs to nobody."""

    cells: tuple[Cell, ...]
    style: Literal["", "total", "rest"] = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table."""

    heads: tuple[Head, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart; ``svg`` is markup that is ours."""

    title: str
    svg: str


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a section."""

    kind: Literal["text", "heading", "table", "charts", "list"]
    text: str = ""
    table: Table | None = None
    charts: tuple[Chart, ...] = ()
    items_: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A section."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A figure that stands at the top."""

    name: str
    value: str
    remark: str = ""
    style: Literal["", "good", "bad"] = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page."""

    title: str
    subtitle: str
    keys: tuple[Key, ...]
    sections: tuple[Section, ...]
    foot: str = ""


def text(words: str) -> Block:
    """Return a paragraph."""
    return Block("text", text=words)


def heading(words: str) -> Block:
    """Return a heading within a section."""
    return Block("heading", text=words)


def charts(*drawn: Chart) -> Block:
    """Return charts, beside each other where there is room."""
    return Block("charts", charts=drawn)


def bullets(items: Sequence[str]) -> Block:
    """Return a list."""
    return Block("list", items_=tuple(items))


def table(heads: Sequence[str], rows: Sequence[Row]) -> Block:
    """Return a table; a leading ``>`` puts a column to the right."""
    columns = tuple(Head(head.lstrip(">"), head.startswith(">")) for head in heads)
    return Block("table", table=Table(columns, tuple(rows)))


def row(*cells: str | Cell, style: Literal["", "total", "rest"] = "") -> Row:
    """Return a row of texts and cells."""
    return Row(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in cells), style)
