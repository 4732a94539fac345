"""A bill, read: lines of one thing each, in the window that was asked for."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from fvcapacity.frozen import Frozen
from fvcapacity.scenario.prices import Kind as PricedKind

CostBasis = Literal["billed", "effective", "list"]
"""What a row's cost is: as invoiced, with commitments spread over what they cover, or at list prices."""

Kind = PricedKind | Literal["tax", "credit", "purchase", "adjustment", "other"]
"""What is paid for: the kinds of a price list, and what a bill has besides."""
Purchase = Literal["on_demand", "spot", "committed"]


class Recognised(Frozen):
    """As what a row was recognised.

    Attributes
    ----------
    name
        Instance type, disk family and so on; empty when the row does not tell.
    """

    kind: Kind
    name: str = ""
    purchase: Purchase = "on_demand"


class BillLine(Frozen):
    """All rows of one thing in the window.

    Attributes
    ----------
    what
        As what the rows were recognised.
    item
        What the bill calls it: its service, and the meter or usage type.
    quantity
        In ``unit``; None when a row has none.
    cost
        In the bill's currency.
    rows
        How many rows it is made of.
    line
        Line of the file on which the first of them stands.
    """

    what: Recognised
    item: str
    quantity: Decimal | None
    unit: str
    cost: Decimal
    rows: int
    line: int


class Bill(Frozen):
    """What a file says of a window.

    Attributes
    ----------
    file, format
        The file, and what it is: ``FOCUS`` or ``AWS CUR``.
    basis
        What its costs are.
    currency
        ISO 4217.
    start, end
        The window; None: everything in the file.
    lines
        In the order in which they first stand in the file.
    rows
        Rows of the whole file.
    outside_rows, outside_cost
        Rows that lie outside the window altogether, and what they come to.
    prorated_rows
        Rows that reach beyond the window: the part inside is counted, by time.
    first, last
        Start of the earliest period of usage in the file and end of the latest one; None without usage.
    """

    file: str
    format: str
    basis: CostBasis
    currency: str
    start: datetime | None
    end: datetime | None
    lines: tuple[BillLine, ...]
    rows: int
    outside_rows: int
    outside_cost: Decimal
    prorated_rows: int
    first: datetime | None
    last: datetime | None

    @property
    def total(self) -> Decimal:
        """Sum of all lines."""
        return sum((line.cost for line in self.lines), Decimal(0))
