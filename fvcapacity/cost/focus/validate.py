"""Check a file against FOCUS 1.2, row by row, with every problem at its line.

It checks the columns, types, formats, values, empty cells, and what columns say of each other (`row_rules`); products
are of exact decimals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from fvcapacity.cost.focus.amounts import total_of
from fvcapacity.cost.focus.cells import NUMBER, Fault, cell_fault
from fvcapacity.cost.focus.columns import CUSTOM_PREFIX, FOCUS_COLUMNS
from fvcapacity.cost.focus.row_rules import ROW_RULES
from fvcapacity.errors import Location, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.bills.complaints import Complaints
from fvcapacity.inputs.bills.csv_rows import CsvRows
from fvcapacity.inputs.model_validation import nearest

FOCUS_VERSION = "1.2"


class FocusCheck(Frozen):
    """What a check found.

    Attributes
    ----------
    problems
        Errors, and remarks (warnings, notes) on what is recommended.
    billed
        Sum of ``BilledCost``.
    """

    file: str
    rows: int
    billed: Decimal
    problems: tuple[Problem, ...]

    @property
    def conforms(self) -> bool:
        """Whether there is no error."""
        return not any(problem.severity == "error" for problem in self.problems)


def check_focus(path: str | Path) -> FocusCheck:
    """Check a CSV file (plain or gzip), however long it is.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    FocusCheck
        Number of rows, the sum of ``BilledCost``, and every problem with its line; ``conforms`` when none is an error.

    Raises
    ------
    InputError
        When it is no table that can be read.
    """
    complaints = Complaints(str(path))
    rows = CsvRows(path, complaints)
    remarks = list(_header(rows.header, str(path)))
    checked = [(name, number, FOCUS_COLUMNS[name]) for number, name in enumerate(rows.header) if name in FOCUS_COLUMNS]
    billed = Decimal(0)
    for line, cells in rows:
        row = {name: cells[number] for name, number, _ in checked}
        for name, _, column in checked:
            fault = cell_fault(column, row[name])
            if fault is not None:
                _complain(complaints, fault, line)
        for rule in ROW_RULES:
            for fault in rule(row):
                _complain(complaints, fault, line)
        cost = row.get("BilledCost", "")
        billed = total_of([billed, Decimal(cost)]) if NUMBER.fullmatch(cost) else billed
    if not rows.rows:
        remarks.append(Problem("there are no rows", Location(str(path)), severity="warning", rule="focus-empty"))
    return FocusCheck(str(path), rows.rows, billed, (*remarks, *complaints.problems))


def _complain(complaints: Complaints, fault: Fault, line: int) -> None:
    complaints.add(fault.rule, fault.message, line=line, column=fault.column, hint=fault.hint)


def _header(header: Sequence[str], file: str) -> Iterator[Problem]:
    place = Location(file, 1)
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            yield Problem("the column is there twice", place, name, "keep one", rule="focus-columns")
    for name, column in FOCUS_COLUMNS.items():
        if name in header or column.level == "conditional":
            continue
        near = nearest(name, [other for other in header if other not in FOCUS_COLUMNS])
        hint = (
            f"rename {near!r}" if near else "add it" + (", with empty cells where nothing is known" * column.nullable)
        )
        grave = column.level == "mandatory"
        message = "the mandatory column is missing" if grave else "the recommended column is missing"
        yield Problem(message, place, name, hint, "error" if grave else "warning", "focus-columns")
    for name in header:
        if name not in FOCUS_COLUMNS and not name.startswith(CUSTOM_PREFIX):
            hint = f"a column of your own is called {CUSTOM_PREFIX}{name}"
            yield Problem(f"FOCUS {FOCUS_VERSION} has no such column", place, name, hint, rule="focus-columns")
    yield from _order(header, place)


def _order(header: Sequence[str], place: Location) -> Iterator[Problem]:
    """Yield a note when columns do not stand as they ought to: those of FOCUS first, each group in alphabetic order."""
    wanted = sorted(header, key=lambda name: (name.startswith(CUSTOM_PREFIX), name))
    if list(header) != wanted:
        first = next(name for name, other in zip(header, wanted, strict=True) if name != other)
        message = "columns ought to stand in alphabetic order, your own behind those of FOCUS"
        yield Problem(message, place, first, severity="note", rule="focus-order")
