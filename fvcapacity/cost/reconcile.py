"""Hold a real bill against the model's, line by line, and say what of the difference is explained.

Lines are paired by what they pay for: kind, name and purchase; then kind and name; then the kind alone, where one of
the two does not tell names. Of a pair with one unit the difference is split exactly: ``(q' - q) p`` for the quantity,
and ``q' (p' - p)`` for the price (q, p of the model, q', p' of the bill). Everything else keeps a row of its own, so
that::

    model + quantity + price + no price in the list + units + only in the bill - only in the model = bill
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from fvcapacity.cost.focus.charges import charges_of
from fvcapacity.cost.reconciliation import (
    RECONCILIATION_SCHEMA,
    BillPart,
    BridgePart,
    LinePart,
    Reconciliation,
    WindowPart,
)
from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.bills import Bill, BillLine, BillMap, CostBasis, load_bill
from fvcapacity.inputs.bills.recognise import plain_name
from fvcapacity.results.result import Result

CURRENCY = "USD"
ZERO = Decimal(0)
DIGITS = Decimal("1e-12")
"""To which what is divided is rounded, so that sums stay exact."""
_NO_SERVICE = ("tax", "credit", "purchase", "adjustment")
"""Kinds that a model of usage at list prices never has: their rows are explained by what they are."""


def reconcile(
    result: Result,
    bill: str | Path,
    *,
    basis: CostBasis = "billed",
    replication: int | None = None,
    mapping: BillMap | None = None,
    usd_rate: Decimal | None = None,
) -> Reconciliation:
    """Reconcile a bill with a result, over the window of the result.

    Parameters
    ----------
    result
        A result with prices.
    bill
        FOCUS or AWS Cost and Usage Report, as CSV.
    basis
        Which cost of the bill counts.
    replication
        Of the result; None: the mean of all.
    mapping
        Rules of the user's own for what rows pay for.
    usd_rate
        Units of the bill's currency for one US dollar, when it is in another one.

    Returns
    -------
    Reconciliation
        Line by line what was billed and what the model says, and the rest that nothing explains.

    Raises
    ------
    InputError
        With all that is wrong with the bill; when it is of another time; when its currency has no rate.
    """
    start, end = window_of(result)
    read = load_bill(bill, start=start, end=end, basis=basis, mapping=mapping)
    factor = _factor(read, usd_rate)
    if not read.lines:
        shown = f"{read.first:%Y-%m-%d} to {read.last:%Y-%m-%d}" if read.first and read.last else "no usage"
        message = f"no row lies in the window of the result, {start:%Y-%m-%dT%H:%MZ} to {end:%Y-%m-%dT%H:%MZ}"
        hint = f"the bill is of {shown}: run the scenario over that time (--start, --duration)"
        raise InputError(Problem(message, Location(read.file), hint=hint, rule="bill-window"))
    model, replications = _model_lines(result, replication)
    billed = [_Item.of_bill(line, factor) for line in read.lines]
    lines = [_line(one, two) for one, two in _paired(model, billed)]
    order = {"matched": 0, "bill only": 1, "model only": 2}
    lines.sort(key=lambda line: (order[line.status], -max(line.bill_usd or ZERO, line.model_usd or ZERO)))
    return Reconciliation(
        schema_version=RECONCILIATION_SCHEMA,
        window=WindowPart(
            start_utc=f"{start:%Y-%m-%dT%H:%M:%SZ}",
            end_utc=f"{end:%Y-%m-%dT%H:%M:%SZ}",
            scenario=result.summary["scenario"]["name"],
            replications=replications,
        ),
        bill=BillPart(
            file=Path(read.file).name,
            format=read.format,
            basis=read.basis,
            currency=read.currency,
            usd_rate=usd_rate if read.currency != CURRENCY else None,
            rows=read.rows,
            outside_rows=read.outside_rows,
            outside_usd=(read.outside_cost * factor).quantize(DIGITS),
            prorated_rows=read.prorated_rows,
        ),
        bridge=_bridge(lines),
        lines=lines,
        notes=list(_notes(read, end - start)),
    )


def window_of(result: Result) -> tuple[datetime, datetime]:
    """Return the window of a result, in UTC."""
    scenario = result.summary["scenario"]
    start = datetime.fromisoformat(scenario["start_utc"])
    return start, start + timedelta(seconds=scenario["duration_s"])


class _Item(Frozen):
    """A line of either side, in US dollars; ``cost`` is None without a price."""

    kind: str
    name: str
    purchase: str
    item: str
    unit: str
    quantity: Decimal | None
    cost: Decimal | None
    line: int | None = None
    rows: int = 0

    @classmethod
    def of_bill(cls, line: BillLine, factor: Decimal) -> _Item:
        what = line.what
        cost = line.cost if factor == 1 else (line.cost * factor).quantize(DIGITS)
        return cls(what.kind, what.name, what.purchase, line.item, line.unit, line.quantity, cost, line.line, line.rows)


def _model_lines(result: Result, replication: int | None) -> tuple[list[_Item], int]:
    charges = charges_of(result, replication)
    found: dict[tuple[str, str, str, str, str], tuple[Decimal, Decimal]] = {}
    for charge in charges.charges:
        thing = charge.thing
        key = (thing.kind, thing.sku, thing.purchase or "on_demand", thing.item, thing.unit)
        quantity, cost = found.get(key, (ZERO, ZERO))
        found[key] = quantity + charge.quantity, cost + charge.cost
    lines = [_Item(*key, quantity, cost) for key, (quantity, cost) in found.items()]
    lines += [_Item(each.kind, "", "on_demand", each.item, "", None, None) for each in charges.unpriced]
    return lines, charges.replications


def _paired(model: Sequence[_Item], bill: Sequence[_Item]) -> Iterator[tuple[list[_Item], list[_Item]]]:
    """Yield lines that belong together, and every other line by itself."""
    ones, twos = list(model), list(bill)
    keys: tuple[Callable[[_Item], Any], ...] = (
        lambda item: (item.kind, plain_name(item.name), item.purchase) if item.name else None,
        lambda item: (item.kind, plain_name(item.name)) if item.name else None,
    )
    for key in keys:
        yield from _matches(ones, twos, key)
    nameless = {kind for kind in {item.kind for item in ones} if _nameless(ones, kind) or _nameless(twos, kind)}
    yield from _matches(ones, twos, lambda item: item.kind if item.kind in nameless else None)
    yield from (([item], []) for item in ones)
    yield from (([], [item]) for item in twos)


def _matches(
    ones: list[_Item], twos: list[_Item], key: Callable[[_Item], Any]
) -> Iterator[tuple[list[_Item], list[_Item]]]:
    """Yield the groups that both sides have by a key, and take them away."""
    first, second = _grouped(ones, key), _grouped(twos, key)
    for name in [name for name in first if name in second]:
        for items, group in ((ones, first[name]), (twos, second[name])):
            for item in group:
                items.remove(item)
        yield first[name], second[name]


def _grouped(items: Iterable[_Item], key: Callable[[_Item], Any]) -> dict[Any, list[_Item]]:
    groups: dict[Any, list[_Item]] = {}
    for item in items:
        if (name := key(item)) is not None:
            groups.setdefault(name, []).append(item)
    return groups


def _nameless(items: Sequence[_Item], kind: str) -> bool:
    return all(not item.name for item in items if item.kind == kind)


def _line(one: Sequence[_Item], two: Sequence[_Item]) -> LinePart:
    first = (two or one)[0]
    quantities, costs = [_quantity(side) for side in (one, two)], [_cost(side) for side in (one, two)]
    units = {item.unit for item in (*one, *two) if item.quantity is not None}
    difference = (costs[1] or ZERO) - (costs[0] or ZERO)
    parts = {"quantity_usd": ZERO, "price_usd": ZERO, "no_price_usd": ZERO, "units_usd": ZERO}
    if one and two:
        if any(item.cost is None for item in one):
            parts["no_price_usd"] = difference
        elif len(units) == 1 and quantities[0] and quantities[1] is not None and costs[0] is not None:
            parts["quantity_usd"] = ((quantities[1] - quantities[0]) * costs[0] / quantities[0]).quantize(DIGITS)
            parts["price_usd"] = difference - parts["quantity_usd"]
        else:
            parts["units_usd"] = difference
    return LinePart(
        status="matched" if one and two else "model only" if one else "bill only",
        kind=first.kind,
        name=first.name,
        purchase=first.purchase,
        model_items=[item.item for item in one],
        bill_items=[item.item for item in two],
        bill_line=min((item.line for item in two if item.line is not None), default=None),
        bill_rows=sum(item.rows for item in two),
        unit=next(iter(units)) if len(units) == 1 else "",
        model_quantity=quantities[0] if len(units) == 1 else None,
        bill_quantity=quantities[1] if len(units) == 1 else None,
        model_usd=costs[0],
        bill_usd=costs[1],
        difference_usd=difference,
        **parts,
    )


def _quantity(items: Sequence[_Item]) -> Decimal | None:
    known = [item.quantity for item in items if item.quantity is not None]
    return sum(known, ZERO) if known and len(known) == len(items) else None


def _cost(items: Sequence[_Item]) -> Decimal | None:
    """Return what lines come to, those without a price left out; None when there is none with a price."""
    known = [item.cost for item in items if item.cost is not None]
    return sum(known, ZERO) if known else None


def _bridge(lines: Sequence[LinePart]) -> BridgePart:
    def total(amounts: Iterable[Decimal | None]) -> Decimal:
        return sum((amount for amount in amounts if amount is not None), ZERO)

    only_bill = [line for line in lines if line.status == "bill only"]
    fees = total(line.bill_usd for line in only_bill if line.kind in _NO_SERVICE)
    besides = total(line.bill_usd for line in only_bill if line.kind not in _NO_SERVICE)
    only_model = total(line.model_usd for line in lines if line.status == "model only")
    units = total(line.units_usd for line in lines)
    bill = total(line.bill_usd for line in lines)
    rest = besides + units - only_model
    return BridgePart(
        model_usd=total(line.model_usd for line in lines),
        quantity_usd=total(line.quantity_usd for line in lines),
        price_usd=total(line.price_usd for line in lines),
        no_price_usd=total(line.no_price_usd for line in lines),
        fees_usd=fees,
        bill_only_usd=besides,
        units_usd=units,
        model_only_usd=only_model,
        bill_usd=bill,
        unexplained_usd=rest,
        unexplained_percent=float(100 * rest / bill) if bill else None,
    )


def _factor(bill: Bill, rate: Decimal | None) -> Decimal:
    """Return what an amount of the bill is multiplied by to be US dollars."""
    if bill.currency == CURRENCY:
        return Decimal(1)
    if rate is None:
        message = f"the bill is in {bill.currency}, the model in {CURRENCY}"
        hint = f"say how many {bill.currency} a dollar was worth: --usd-rate NUMBER"
        raise InputError(Problem(message, Location(bill.file), hint=hint, rule="bill-currency"))
    return 1 / rate


def _notes(bill: Bill, length: timedelta) -> Iterator[str]:
    if bill.outside_rows:
        rows = "1 row lies" if bill.outside_rows == 1 else f"{bill.outside_rows:,} rows lie"
        yield f"{rows} outside the window, left out."
    if bill.prorated_rows:
        rows = "1 row reaches" if bill.prorated_rows == 1 else f"{bill.prorated_rows:,} rows reach"
        yield f"{rows} beyond the window; the part inside is counted, by time."
    covered = (
        min(bill.last, bill.end or bill.last) - max(bill.first, bill.start or bill.first)
        if bill.first and bill.last
        else length
    )
    if covered < length:
        share = 100 * max(covered, timedelta(0)) / length
        yield f"The bill covers {share:.1f} % of the window: the rest of it is only in the model."
    yield "The model's figures are list prices without taxes, credits and commitments."
