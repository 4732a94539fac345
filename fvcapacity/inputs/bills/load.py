"""Read a bill, row by row, into lines of one thing each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.inputs.bills.bill import Bill, BillLine, CostBasis, Recognised
from fvcapacity.inputs.bills.complaints import Complaints
from fvcapacity.inputs.bills.csv_rows import CsvRows
from fvcapacity.inputs.bills.formats import FORMATS, BillFormat, Row, read_row
from fvcapacity.inputs.bills.mapping import BillMap
from fvcapacity.inputs.bills.recognise import recognise

ONE = Decimal(1)
_BY_MONTH = ("tax", "credit", "purchase", "adjustment")
"""Charges whose periods say nothing of which days a bill has: they are of whole months or years."""
DIGITS = Decimal("1e-12")
"""To which the part of a row is rounded."""


def load_bill(
    path: str | Path,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    basis: CostBasis = "billed",
    mapping: BillMap | None = None,
) -> Bill:
    """Read a FOCUS or AWS Cost and Usage Report file (CSV, plain or gzip), however long it is.

    Parameters
    ----------
    start, end
        Window in UTC, the end not included. Of a row that reaches beyond it, the part inside is counted, by time.
    basis
        Which cost counts: ``billed``, ``effective`` (commitments spread over what they cover) or ``list``.
    mapping
        Rules of the user's own for what rows pay for; they come before ours.

    Raises
    ------
    InputError
        With all that is wrong, each with its line: rows that cannot be read, several currencies, an unknown format.
    """
    complaints = Complaints(str(path))
    rows = CsvRows(path, complaints)
    form = _format_of(rows)
    names = {form.rename(name): name for name in rows.header}
    positions = {form.rename(name): number for number, name in enumerate(rows.header)}
    missing = [name for name in (*form.needed, form.costs[basis][0]) if name not in positions]
    missing += sorted(set() if mapping is None else mapping.columns - set(rows.header))
    if missing:
        message = f"it looks like {form.name}, but has no {'column' if len(missing) == 1 else 'columns'} "
        hint = "export it with these columns"
        raise InputError(Problem(message + ", ".join(missing), Location(str(path), 1), hint=hint, rule="bill-columns"))
    tally = _Tally(start, end)
    width = range(len(rows.header))
    for line, cells in rows:

        def cell(name: str, cells: list[str] = cells) -> str:
            number = positions.get(name)
            return "" if number is None else cells[number].strip()

        row = read_row(form, cell, basis, line, complaints, names)
        if row is not None:
            own = None if mapping is None else mapping.recognise({rows.header[n]: cells[n] for n in width})
            tally.add(row, own or recognise(row.words), line)
    tally.check(complaints)
    if complaints:
        raise InputError(complaints.problems)
    return tally.bill(str(path), form, basis, rows.rows)


def _format_of(rows: CsvRows) -> BillFormat:
    found = next((form for form in FORMATS if form.fits(rows.header)), None)
    if found is None:
        known = "; ".join(f"{form.name} has {' and '.join(form.marks)}" for form in FORMATS)
        seen = ", ".join(rows.header[:8]) + (", ..." if len(rows.header) > 8 else "")
        message = f"this is neither FOCUS nor an AWS Cost and Usage Report: the columns are {seen}"
        raise InputError(Problem(message, Location(str(rows.path), 1), hint=known, rule="bill-format"))
    return found


@dataclass
class _Sum:
    """Rows of one thing, so far."""

    line: int
    rows: int = 0
    cost: Decimal = Decimal(0)
    quantity: Decimal | None = None


@dataclass
class _Tally:
    start: datetime | None
    end: datetime | None
    sums: dict[tuple[Recognised, str, str], _Sum] = field(default_factory=dict)
    currencies: dict[str, int] = field(default_factory=dict)
    outside_rows: int = 0
    outside_cost: Decimal = Decimal(0)
    prorated_rows: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, row: Row, what: Recognised, line: int) -> None:
        self.currencies.setdefault(row.currency, line)
        if what.kind not in _BY_MONTH:
            self.first = row.start if self.first is None else min(self.first, row.start)
            self.last = row.end if self.last is None else max(self.last, row.end)
        share = self._share(row)
        if share == 0:
            self.outside_rows += 1
            self.outside_cost += row.cost
            return
        self.prorated_rows += share != 1
        inside = row.cost if share == 1 else (row.cost * share).quantize(DIGITS)
        self.outside_cost += row.cost - inside
        found = self.sums.setdefault((what, row.item, row.unit), _Sum(line))
        found.rows += 1
        found.cost += inside
        if row.quantity is not None:
            found.quantity = (found.quantity or Decimal(0)) + row.quantity * share

    def _share(self, row: Row) -> Decimal:
        """Return how much of a row's period lies in the window."""
        if row.start == row.end:  # a fee, at an instant
            before = self.start is not None and row.start < self.start
            return Decimal(0 if before or (self.end is not None and row.start >= self.end) else 1)
        begin = row.start if self.start is None else max(row.start, self.start)
        end = row.end if self.end is None else min(row.end, self.end)
        if (begin, end) == (row.start, row.end):
            return ONE
        inside, whole = max(end - begin, timedelta(0)), row.end - row.start
        return Decimal(inside // timedelta(seconds=1)) / Decimal(whole // timedelta(seconds=1))

    def check(self, complaints: Complaints) -> None:
        if len(self.currencies) > 1:
            where = ", ".join(f"{name} (from line {line})" for name, line in self.currencies.items())
            hint = "split the file by currency: amounts of several are not added up"
            complaints.add("bill-currencies", f"the bill is in several currencies: {where}", hint=hint)
        if not self.currencies and not complaints:
            complaints.add("bill-empty", "the bill has no rows", hint="export it again, with rows")

    def bill(self, file: str, form: BillFormat, basis: CostBasis, rows: int) -> Bill:
        lines = tuple(
            BillLine(what, item, found.quantity, unit, found.cost, found.rows, found.line)
            for (what, item, unit), found in self.sums.items()
        )
        return Bill(
            file=file,
            format=form.name,
            basis=basis,
            currency=next(iter(self.currencies)),
            start=self.start,
            end=self.end,
            lines=lines,
            rows=rows,
            outside_rows=self.outside_rows,
            outside_cost=self.outside_cost,
            prorated_rows=self.prorated_rows,
            first=self.first,
            last=self.last,
        )
