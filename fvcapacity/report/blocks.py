"""What a page is made of: sections of texts, tables, charts and lists. HTML and Markdown are written from the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from fvcapacity.frozen import Frozen

CellStyle = Literal["", "good", "bad", "code"]


class Cell(Frozen):
    """One cell of a table."""

    text: str
    style: CellStyle = ""


class Head(Frozen):
    """The head of a column; numbers stand to the right."""

    text: str
    right: bool = False


class Row(Frozen):
    """One row: ``total`` closes a sum, ``rest`` is what belongs to nobody."""

    cells: tuple[Cell, ...]
    style: Literal["", "total", "rest"] = ""


class Table(Frozen):
    """A table."""

    heads: tuple[Head, ...]
    rows: tuple[Row, ...]


class Chart(Frozen):
    """A chart; ``svg`` is markup that is ours."""

    title: str
    svg: str


class Block(Frozen):
    """A piece of a section."""

    kind: Literal["text", "heading", "table", "charts", "list"]
    text: str = ""
    table: Table | None = None
    charts: tuple[Chart, ...] = ()
    items_: tuple[str, ...] = ()


class Section(Frozen):
    """A section."""

    title: str
    blocks: tuple[Block, ...]


class Key(Frozen):
    """A figure that stands at the top."""

    name: str
    value: str
    remark: str = ""
    style: Literal["", "good", "bad"] = ""


class Page(Frozen):
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
