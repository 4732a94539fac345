"""From the bill of a result to charges: one thing on one day, with exact amounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pandas as pd

from fvcapacity.cost.focus.amounts import cost_of, price_of, quantity_of
from fvcapacity.errors import InputError, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.results.estimators import estimate_mean
from fvcapacity.results.result import Result

_IDENTITY = (
    "environment",
    "category",
    "kind",
    "item",
    "resource",
    "namespace",
    "owner",
    "purchase",
    "region",
    "unit",
    "basis",
    "source",
    "as_of",
    "note",
)


class Thing(Frozen):
    """What is paid for, whenever, at one price: columns of the table ``bill_days``."""

    environment: str
    category: str
    kind: str
    item: str
    resource: str
    namespace: str
    owner: str
    purchase: str
    region: str
    unit: str
    basis: str
    source: str
    as_of: str
    note: str
    price: Decimal

    @property
    def sku(self) -> str:
        """Which of several things of its kind it is: an instance type, a disk; empty when the kind says it all."""
        if self.kind == "instance":
            return self.resource.rpartition("/")[2]
        return disk_of(self.item) if self.kind.startswith("volume") else ""


class Unpriced(Frozen):
    """Something that has no price."""

    kind: str
    item: str


class Period(Frozen):
    """The part of a day of the scenario's time zone that lies in the window."""

    day: str
    start: pd.Timestamp
    end: pd.Timestamp


class Charge(Frozen):
    """One thing on one day.

    Attributes
    ----------
    quantity
        Of one replication, or the mean over several.
    low, high
        95 % interval of the cost over replications, in US dollars; None of a single one.
    """

    thing: Thing
    period: Period
    quantity: Decimal
    low: float | None = None
    high: float | None = None

    @property
    def cost(self) -> Decimal:
        """What it comes to: price times quantity, exactly."""
        return cost_of(self.thing.price, self.quantity)


@dataclass(frozen=True)
class Charges:
    """All charges of a result.

    Attributes
    ----------
    unpriced
        What has no price: there is no charge of it.
    replications
        How many the figures are means of.
    """

    charges: tuple[Charge, ...]
    unpriced: tuple[Unpriced, ...]
    replications: int
    by_key: dict[tuple[Thing, Period], Charge] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the charges."""
        object.__setattr__(self, "by_key", {(charge.thing, charge.period): charge for charge in self.charges})


def charges_of(result: Result, replication: int | None) -> Charges:
    """Return the charges of a result, day by day and line by line.

    Parameters
    ----------
    result
        A result with prices.
    replication
        Which replication; None takes the mean of all, with intervals.

    Raises
    ------
    InputError
        When the result has no bill, or no such replication.
    """
    table = result.tables.get("bill_days")
    if table is None or table.empty:
        hint = "name a price list in the scenario (cost: {prices: ...}) and run it again"
        raise InputError(Problem("the result has no bill by the day", hint=hint, rule="no-bill"))
    numbers = sorted({int(number) for number in table["replication"]})
    if replication is not None and replication not in numbers:
        message = f"there is no replication {replication}"
        raise InputError(Problem(message, field="--replication", hint=f"the result has {_listed(numbers)}"))
    chosen = numbers if replication is None else [replication]
    rows = table[table["replication"].isin(chosen)]
    priced = rows["unit_price_usd"].notna() & rows["quantity"].notna()
    missing = rows[~priced].drop_duplicates(["kind", "item"])
    unpriced = tuple(
        Unpriced(str(kind), str(item)) for kind, item in zip(missing["kind"], missing["item"], strict=True)
    )
    keys = ["day", "start_utc", "end_utc", *_IDENTITY, "unit_price_usd"]
    charges = [
        _charge(dict(zip(keys, key, strict=True)), part, chosen)
        for key, part in rows[priced].groupby(keys, sort=False, dropna=False)
    ]
    return Charges(tuple(charge for charge in charges if charge.quantity), unpriced, len(chosen))


def _charge(row: dict[str, Any], part: pd.DataFrame, numbers: Sequence[int]) -> Charge:
    period = Period(row["day"], row["start_utc"], row["end_utc"])
    thing = Thing(**{name: str(row[name]) for name in _IDENTITY}, price=price_of(row["unit_price_usd"]))
    amounts = part.groupby("replication")["quantity"].sum().reindex(list(numbers), fill_value=0.0)
    estimate = estimate_mean([float(value) for value in amounts])
    price = float(row["unit_price_usd"])
    low, high = (None if bound is None else max(bound, 0.0) * price for bound in (estimate.low, estimate.high))
    return Charge(thing, period, quantity_of(estimate.mean), low, high)


def disk_of(item: str) -> str:
    """Return the disk that the item of a volume names in brackets at its end; empty without one."""
    return item[:-1].rpartition(" (")[2] if item.endswith(")") and " (" in item else ""


def _listed(numbers: Sequence[int]) -> str:
    return f"only {numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
