"""What a saved result cost, who caused it, and what of it nobody used. Reads, runs nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import pandas as pd

from fvcapacity.cost import cost_summary as parts
from fvcapacity.cost.allocation import DIMENSIONS, Dimension, Share, allocate, priced_days
from fvcapacity.cost.currency import rate_caveat, rate_for
from fvcapacity.cost.prices import MONTH_HOURS, is_stale
from fvcapacity.cost.result_days import result_days, simulated_hours
from fvcapacity.cost.views import COMPONENTS, rows_by
from fvcapacity.cost.volumes import GIB
from fvcapacity.cost.waste import waste_of
from fvcapacity.errors import InputError
from fvcapacity.frozen import Frozen
from fvcapacity.results.result import Result
from fvcapacity.results.route_tables import ALL
from fvcapacity.results.scenario_reading import scenario_said
from fvcapacity.results.summarize_tables import figure
from fvcapacity.results.summary import Figure
from fvcapacity.scenario.costs import MINOR_DIGITS, CostSettings, Rate


@dataclass(frozen=True, eq=False)
class Cost:
    """What a result cost.

    Attributes
    ----------
    summary
        The document that ``fvcap cost --format json`` prints (``docs/reference/cost.schema.json``); amounts in the
        chosen currency.
    bill_days
        Every line of every day, in US dollars (``bill_days`` in ``docs/reference/results.md``).
    allocation
        Every part of every line of every day, and who caused it, in US dollars (``cost.allocation.ALLOCATION``).
    rows
        The allocation by the chosen dimension: ``replication``, ``share``, ``name``, and components in US dollars.
    waste
        What is paid for and not used (``cost.waste.WASTE``), a month in US dollars.
    """

    summary: dict[str, Any]
    bill_days: pd.DataFrame = field(repr=False)
    allocation: pd.DataFrame = field(repr=False)
    rows: pd.DataFrame = field(repr=False)
    waste: pd.DataFrame = field(repr=False)


def cost_of(
    result: Result,
    *,
    by: Dimension = "service",
    currency: str | None = None,
    rates: Sequence[Rate] = (),
    on: date | None = None,
) -> Cost:
    """Return what a result cost: its bill, who caused it, and what nobody used.

    Parameters
    ----------
    result
        From ``simulate`` or ``load_result``, of a scenario with prices.
    by
        Dimension of the allocation: service, route, team or namespace.
    currency
        In which the document is: USD, EUR or CLP; default: the scenario's.
    rates
        What a dollar is worth; they come before those of the scenario.
    on
        Day of quoting, to which the age of prices is counted; default: the day on which the window begins.

    Returns
    -------
    Cost
        The bill, who caused it and what nobody used; each table says its currency.

    Raises
    ------
    InputError
        When the result has no bill, or there is no such dimension.
    PriceError
        When nobody has given the rate of the currency.
    """
    if by not in DIMENSIONS:
        raise InputError(f"{by!r} is nothing to tell costs apart by", hint=f"use one of {', '.join(DIMENSIONS)}")
    days = priced_days(result)
    settings = cost_settings(result)
    wanted = currency or settings.currency
    rate = rate_for(wanted, [*rates, *settings.rates])
    allocation = allocate(result)
    rows, waste = rows_by(allocation, result, by), waste_of(result, allocation)
    quoted = on or date.fromisoformat(result_days(result)[0][0].date)
    teller = _Teller(result, settings, rate, quoted, wanted)
    return Cost(teller.summary(by, days, rows, waste), days, allocation, rows, waste)


def cost_settings(result: Result) -> CostSettings:
    """Return what the scenario of a result says of money.

    Raises
    ------
    InputError
        When it says nothing.
    """
    said = scenario_said(result.scenario_yaml).get("cost")
    if said is None:
        raise InputError("the scenario of the result names no prices", hint="add `cost: {prices: ...}` to it")
    return CostSettings.model_validate(said)


class _Teller(Frozen):
    """Writes the document."""

    result: Result
    settings: CostSettings
    rate: Rate | None
    quoted: date
    currency: str

    def summary(self, by: Dimension, days: pd.DataFrame, rows: pd.DataFrame, waste: pd.DataFrame) -> dict[str, Any]:
        """Return the document."""
        scenario, figures = self.result.summary["scenario"], self._numbers()
        totals = _sums(days, figures)
        lines = self._lines(days)
        return parts.CostSummary(
            schema_version=parts.COST_SCHEMA,
            scenario=scenario["name"],
            start_utc=scenario["start_utc"],
            time_zone=scenario["time_zone"],
            duration_s=scenario["duration_s"],
            quoted_on=str(self.quoted),
            month_hours=MONTH_HOURS,
            replications=len(figures),
            currency=self.currency,
            digits=MINOR_DIGITS[self.currency],
            rate=None if self.rate is None else parts.RatePart(**self.rate.model_dump(mode="json")),
            by=by,
            total=self._figure(totals),
            month=self._figure([total * factor for total, factor in zip(totals, self._factors(), strict=True)]),
            per_thousand_served=self._figure(_per(totals, self._requests(ALL), 1000)),
            orders=self._orders(totals),
            logs=self._logs(),
            lines=lines,
            allocation=self._allocation(by, rows, totals),
            days=self._periods(days, lambda name: name),
            months=self._periods(days, lambda name: name[:7]),
            waste=[self._waste(row) for row in waste.to_dict("records")],
            unpriced=[line.item for line in lines if line.cost.mean is None],
            notes=self._notes(lines),
        ).model_dump(mode="json")

    def _waste(self, row: Mapping[Hashable, Any]) -> parts.WastePart:
        told = {name: row[name] for name in ("kind", "subject", "namespace", "team", "why")}
        month = _or_none(row["month_usd"] * self._per_usd)
        return parts.WastePart(used_ratio=_or_none(row["used_ratio"]), month=month, **told)

    @property
    def _per_usd(self) -> float:
        return 1.0 if self.rate is None else self.rate.per_usd

    def _numbers(self) -> list[int]:
        """Return the replications that figures are means over: the complete ones, or all when none is complete."""
        hours, whole = simulated_hours(self.result), self.result.summary["scenario"]["duration_s"] / 3600
        complete = [number for number, length in hours.items() if length >= whole * (1 - 1e-9)]
        return complete or list(hours)

    def _factors(self) -> list[float]:
        hours = simulated_hours(self.result)
        return [MONTH_HOURS / hours[number] if hours[number] > 0 else math.nan for number in self._numbers()]

    def _figure(self, amounts_usd: Sequence[float]) -> Figure:
        return figure([amount * self._per_usd for amount in amounts_usd])

    def _requests(self, route: str, column: str = "served") -> list[float]:
        routes = self.result.tables["routes"]
        chosen = routes[routes["route"] != ALL] if route == ALL else routes[routes["route"] == route]
        by_number = chosen.groupby("replication")[column].sum()
        return [float(by_number.get(number, 0)) for number in self._numbers()]

    def _orders(self, totals: Sequence[float]) -> parts.OrdersPart | None:
        route = self.settings.orders
        if route is None:
            return None
        served = self._requests(route)
        return parts.OrdersPart(route=route, served=figure(served), per_order=self._figure(_per(totals, served, 1)))

    def _logs(self) -> parts.LogsPart:
        services = self.result.tables["services"].groupby("replication")["log_bytes"].sum()
        written = [float(services.get(number, 0)) for number in self._numbers()]
        return parts.LogsPart(
            bytes=figure(written), per_request_bytes=figure(_per(written, self._requests(ALL, "requests"), 1))
        )

    def _lines(self, days: pd.DataFrame) -> list[parts.LinePart]:
        bill, numbers = self.result.tables["bill"], self._numbers()
        bill = bill[bill["replication"].isin(numbers)]
        keys = ["environment", "category", "item", "unit", "unit_price_usd", "basis", "source", "as_of", "note"]
        found = []
        for values, group in bill.groupby(keys, sort=False, dropna=False):
            told: dict[str, Any] = dict(zip(keys, values, strict=True))
            price = _or_none(told.pop("unit_price_usd"))
            costs = _sums(group, numbers) if price is not None else [math.nan] * len(numbers)
            quantity = _or_none(float(group["quantity"].sum(min_count=1)) / len(numbers))
            stale = is_stale(told["as_of"], self.quoted)
            found.append(
                parts.LinePart(quantity=quantity, unit_price_usd=price, cost=self._figure(costs), stale=stale, **told)
            )
        return found

    def _allocation(self, by: Dimension, rows: pd.DataFrame, totals: Sequence[float]) -> list[parts.SharePart]:
        numbers, factors = self._numbers(), self._factors()
        rows = rows[rows["replication"].isin(numbers)]
        whole, found = sum(totals), []
        for key, group in rows.groupby(["share", "name"], sort=False):
            share, name = cast("tuple[Share, str]", key)
            amounts = [float(amount) for amount in group[list(COMPONENTS)].sum(axis=1)]
            months = [amount * factor for amount, factor in zip(amounts, factors, strict=True)]
            means = {part: float(group[part].mean()) * self._per_usd for part in COMPONENTS}
            thousand = None
            if by == "route" and share == "allocated":
                thousand = self._figure(_per(amounts, self._requests(name), 1000)).mean
            found.append(
                parts.SharePart(
                    name=name,
                    share=share,
                    total=self._figure(amounts),
                    month=sum(months) / len(months) * self._per_usd,
                    percent=100 * sum(amounts) / whole if whole else None,
                    per_thousand=thousand,
                    **means,
                )
            )
        return found

    def _periods(self, days: pd.DataFrame, name_of: Callable[[str], str]) -> list[parts.PeriodPart]:
        numbers = self._numbers()
        length: dict[str, float] = {}
        for day in result_days(self.result)[numbers[0]]:
            length[name_of(day.date)] = length.get(name_of(day.date), 0.0) + day.hours
        names = days["day"].map(name_of)
        return [
            parts.PeriodPart(name=name, hours=hours, cost=self._figure(_sums(days[names == name], numbers)))
            for name, hours in length.items()
        ]

    def _notes(self, lines: Sequence[parts.LinePart]) -> list[str]:
        notes = [f"A month is {MONTH_HOURS} hours; a day is one of {self.result.summary['scenario']['time_zone']}."]
        if self.rate is not None:
            notes.append(f"{rate_caveat(self.rate, self.quoted)}.")
        old = [line for line in lines if line.stale]
        if old:
            days = ", ".join(sorted({"without a day" if line.as_of == "unknown" else line.as_of for line in old}))
            notes.append(
                f"{len(old)} of {len(lines)} lines use prices without a day, or more than a year older than "
                f"{self.quoted} ({days}): check them."
            )
        missing = [line.item for line in lines if line.cost.mean is None]
        if missing:
            notes.append(f"{len(missing)} of {len(lines)} lines have no price and are in no sum: {', '.join(missing)}.")
        if any(line.basis == "stand-in" for line in lines):
            notes.append("Prices of another region stand in where the list says so.")
        written = self._logs()
        if written.bytes.mean and written.per_request_bytes.mean:
            size, each = written.bytes.mean / GIB, written.per_request_bytes.mean
            notes.append(f"Log lines: {size:.2f} GiB in the window, {each:,.0f} bytes a request.")
        if not self.result.complete:
            notes.append("The run was interrupted.")
        return notes


def _sums(table: pd.DataFrame, numbers: Sequence[int]) -> list[float]:
    """Return the cost of each replication; NaN where nothing has a price."""
    sums = table.groupby("replication")["cost_usd"].sum(min_count=1)
    return [float(sums.get(number, 0.0)) for number in numbers]


def _per(amounts: Sequence[float], counts: Sequence[float], units: int) -> list[float]:
    return [units * amount / count if count else math.nan for amount, count in zip(amounts, counts, strict=True)]


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
