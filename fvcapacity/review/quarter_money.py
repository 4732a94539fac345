"""The money of a quarter from the bills of its simulated days: by category, by service, by day, and what was idle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from fvcapacity.cost.calendar import HOUR_NS, local_dates
from fvcapacity.cost.result_days import result_days, result_zone
from fvcapacity.cost.statement import Cost, cost_of
from fvcapacity.errors import InputError, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.results.result import Result
from fvcapacity.results.route_tables import ALL
from fvcapacity.results.scenario_reading import scenario_said
from fvcapacity.review.like_days import LikeDays, like_days
from fvcapacity.review.quarter_summary import NotePart
from fvcapacity.review.quarters import Quarter, midnight_ns
from fvcapacity.review.special_days import occurrences
from fvcapacity.scenario.special_days import SpecialDay
from fvcapacity.units import parse_duration_ns

Floats = npt.NDArray[np.float64]
Row = tuple[str, str]
"""A name, and the kind of a row of services."""


class QuarterMoney(Frozen):
    """Dollars and requests of a quarter.

    Attributes
    ----------
    like
        Which simulated days stand for which days.
    usd_by_day, requests_by_day
        float64, shape (days of the quarter,).
    by_category, by_service
        Parts of the bill; each adds up to the whole.
    wasted
        What is there and hardly used, the dearest first.
    """

    like: LikeDays
    time_zone: str
    usd_by_day: Floats
    requests_by_day: Floats
    by_category: Mapping[Row, float]
    by_service: Mapping[Row, float]
    wasted: list[dict[str, Any]]
    unpriced: tuple[str, ...]
    old_prices: tuple[str, ...]
    untouched: tuple[str, ...]
    """Special days of the quarter that nobody simulated."""

    @property
    def total(self) -> float:
        """Dollars of the quarter."""
        return float(self.usd_by_day.sum())

    @property
    def requests(self) -> float:
        """Requests of the quarter."""
        return float(self.requests_by_day.sum())

    @property
    def idle(self) -> float:
        """Dollars for what nobody asked for."""
        return sum(usd for (_, kind), usd in self.by_service.items() if kind == "idle")

    def notes(self, results: Sequence[Result]) -> Iterator[NotePart]:
        """Yield what a reader must know of the quarter itself."""
        yield from self._filled("")
        if self.like.only_special:
            yield NotePart(code="filled-with-special")
        if self.untouched:
            yield NotePart(code="special-not-simulated", names=list(self.untouched))
        outside = [day for day in self.like.simulated if not self.like.quarter.first <= day < self.like.quarter.end]
        if outside:
            yield NotePart(code="stand-in", values={"days": len(outside)})
        if self.unpriced:
            yield NotePart(code="unpriced", names=list(self.unpriced))
        if self.old_prices:
            yield NotePart(code="old-price", names=list(self.old_prices))
        if not all(item.complete for item in results):
            yield NotePart(code="incomplete")

    def notes_of_previous(self) -> Iterator[NotePart]:
        """Yield what a reader must know of the quarter before."""
        yield from self._filled(str(self.like.quarter))

    def _filled(self, quarter: str) -> Iterator[NotePart]:
        days, known = len(self.like.quarter.days), self.like.days_simulated
        if days - known > 0.01:
            values: dict[str, str | int | float] = {"days": days, "simulated": round(known, 2), "quarter": quarter}
            yield NotePart(code="filled-before" if quarter else "filled", values=values)


def money_of_quarter(results: Sequence[Result], quarter: Quarter) -> QuarterMoney:
    """Return the money of a quarter from finished runs.

    Raises
    ------
    InputError
        When a result has no bill, no day of the quarter was simulated, a day was simulated twice, or time zones differ.
    """
    zone = _one_zone(results)
    covered: dict[date, float] = {}
    special: set[date] = set()
    requests: dict[date, float] = {}
    shares: dict[tuple[str, Row], dict[date, float]] = {}
    known_special: list[SpecialDay] = []
    wasted: dict[tuple[str, str], dict[str, Any]] = {}
    unpriced: dict[str, None] = {}
    old: dict[str, None] = {}
    for result in results:
        days = _covered_days(result)
        twice = sorted(covered.keys() & days)
        if twice:
            message = f"{twice[0]} is in two of the results; a day can be billed once"
            raise InputError(Problem(message, hint="leave one of them out"))
        covered |= days
        own_special, own_days = _special_days(result)
        known_special += [item for item in own_special if item not in known_special]
        special |= own_days
        bill = cost_of(result, currency="USD")
        requests |= _requests(result, days)
        for key, by_day in _parts(bill, result).items():
            shares.setdefault(key, {}).update(by_day)
        for row in _wasted(bill):
            known = wasted.setdefault((row["kind"], row["name"]), row)
            wasted[row["kind"], row["name"]] = max(known, row, key=lambda item: float(item["usd_per_month"]))
        things = _things(bill)
        unpriced |= dict.fromkeys(
            things[line["item"]] for line in bill.summary["lines"] if line["cost"]["mean"] is None
        )
        old |= dict.fromkeys(things[line["item"]] for line in bill.summary["lines"] if line["stale"])
    if not any(quarter.first <= day < quarter.end for day in covered):
        seen = f"{min(covered)} to {max(covered)}" if covered else "nothing"
        message = f"no day of {quarter} was simulated; the results have {seen}"
        hint = f"give runs of its days, such as: fvcap simulate SCENARIO --start {quarter.first}T00:00:00 --duration 7d"
        raise InputError(Problem(message, field="--quarter", hint=hint))
    like = like_days(quarter, covered, sorted(special))
    totals = {key: like.total(by_day) for key, by_day in shares.items()}
    every = {day: sum(by_day.get(day, 0.0) for (of, _), by_day in shares.items() if of == "service") for day in covered}
    coming = [item for item in occurrences(known_special, quarter.first, quarter.end) if item.day not in covered]
    return QuarterMoney(
        like=like,
        time_zone=zone,
        usd_by_day=like.spread(every),
        requests_by_day=like.spread(requests),
        by_category={row: usd for (of, row), usd in totals.items() if of == "category"},
        by_service={row: usd for (of, row), usd in totals.items() if of == "service"},
        wasted=sorted(wasted.values(), key=lambda row: -float(row["usd_per_month"])),
        unpriced=tuple(unpriced),
        old_prices=tuple(old),
        untouched=tuple(f"{item.label} ({item.day})" for item in coming),
    )


def _one_zone(results: Sequence[Result]) -> str:
    zones = sorted({result_zone(result) for result in results})
    if len(zones) != 1:
        message = f"the results have the time zones {', '.join(zones)}" if zones else "there is no result"
        raise InputError(Problem(message, hint="give results of one time zone: days would be counted twice"))
    return zones[0]


def _covered_days(result: Result) -> dict[date, float]:
    """Return the days of a result with the share of each that was simulated, the mean over its replications."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(result_zone(result))
    replications = result_days(result)
    hours: dict[date, float] = {}
    for days in replications.values():
        for day in days:
            at = date.fromisoformat(day.date)
            hours[at] = hours.get(at, 0.0) + day.hours / len(replications)
    found = {}
    for at, count in hours.items():
        length = (midnight_ns(at + timedelta(days=1), zone) - midnight_ns(at, zone)) / 3.6e12
        if count > 0:
            found[at] = min(count / length, 1.0)
    return found


def _special_days(result: Result) -> tuple[list[SpecialDay], set[date]]:
    """Return the special days that a result's scenario knows, and the days of its window that are not like others."""
    said = scenario_said(result.scenario_yaml)
    known = [SpecialDay.model_validate(item) for item in said.get("special_days") or ()]
    days = sorted(_covered_days(result))
    found = {item.day for item in occurrences(known, days[0], days[-1] + timedelta(days=1))} if days else set()
    for event in said["traffic"].get("events") or ():
        start = datetime.fromisoformat(str(event["start"])).replace(tzinfo=None)
        first = start.toordinal()
        since_midnight_ns = (start - datetime.combine(start.date(), time())) // timedelta(microseconds=1) * 1000
        last = first + (since_midnight_ns + parse_duration_ns(str(event["duration"]))) // (24 * HOUR_NS)
        found |= {day for day in days if first <= day.toordinal() <= last}
    return known, found & set(days)


def _requests(result: Result, days: Mapping[date, float]) -> dict[date, float]:
    minutes = result.tables["route_minutes"]
    minutes = minutes[minutes["route"] != ALL]
    sums = minutes.groupby(local_dates(minutes["time_utc"], result_zone(result)))["requests"].sum()
    replications = minutes["replication"].nunique() or 1
    return {day: float(sums.get(str(day), 0)) / replications for day in days}


def _parts(bill: Cost, result: Result) -> dict[tuple[str, Row], dict[date, float]]:
    """Return the allocation by category and by service, of each day, the mean over the replications."""
    table = bill.allocation
    replications = len(result_days(result))
    service = np.where(table["share"] == "allocated", table["service"], "")
    kind = np.where(table["share"] == "allocated", "service", table["share"])
    table = table.assign(service_name=service, service_kind=kind, no_kind="")
    found: dict[tuple[str, Row], dict[date, float]] = {}
    for of, names in (("category", ["category", "no_kind"]), ("service", ["service_name", "service_kind"])):
        sums = table.groupby([*names, "day"], sort=True)["cost_usd"].sum().reset_index()
        for row in sums.to_dict("records"):
            by_day = found.setdefault((of, (str(row[names[0]]), str(row[names[1]]))), {})
            by_day[date.fromisoformat(str(row["day"]))] = float(row["cost_usd"]) / replications
    return found


def _things(bill: Cost) -> dict[str, str]:
    """Return what the items of a bill are, in no language: the kind as price lists name it, and the resource."""
    days = bill.bill_days.drop_duplicates("item")
    return {
        str(item): f"{kind} {resource}"
        for item, kind, resource in days[["item", "kind", "resource"]].to_numpy().tolist()
    }


def _wasted(bill: Cost) -> Iterator[dict[str, Any]]:
    for row in bill.waste.to_dict("records"):
        if row["month_usd"] == row["month_usd"]:
            used = row["used_ratio"]
            yield {
                "kind": str(row["kind"]),
                "name": str(row["subject"]),
                "usd_per_month": float(row["month_usd"]),
                "used_percent": None if used != used else 100 * float(used),
            }
