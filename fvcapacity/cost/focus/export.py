"""Write the bill of a result as FOCUS 1.2: what it cost, what is to be expected, or what a change would save."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from fvcapacity.cost.focus.amounts import total_of
from fvcapacity.cost.focus.charges import Charge, Charges, charges_of
from fvcapacity.cost.focus.rows import COLUMNS, CUSTOM, Account, focus_row, money_text
from fvcapacity.cost.focus.services import Provider, provider_of
from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.results.result import Result
from fvcapacity.results.scenario_reading import scenario_said
from fvcapacity.tabular.directory import write_file

FocusKind = Literal["actual", "forecast", "savings"]

_FORECAST = ("x_CostHigh95", "x_CostLow95", "x_Replications")
_SAVINGS = ("x_BaselineCost", "x_BaselineRunId", "x_SavedCost")
EXTRA: dict[FocusKind, tuple[str, ...]] = {"actual": (), "forecast": _FORECAST, "savings": _SAVINGS}
"""Columns that only files of a kind have."""


class FocusExport(Frozen):
    """What was written.

    Attributes
    ----------
    total
        Sum of ``BilledCost``, exactly.
    baseline
        Sum of ``x_BaselineCost``; None but for savings.
    unpriced
        Items without a price: no row tells of them.
    """

    path: Path
    kind: FocusKind
    rows: int
    total: Decimal
    baseline: Decimal | None
    unpriced: tuple[str, ...]


def export_focus(
    result: Result,
    path: str | Path,
    *,
    kind: FocusKind = "actual",
    base: Result | None = None,
    replication: int | None = None,
    account: str | None = None,
    provider: str | None = None,
) -> FocusExport:
    """Write a bill as a CSV file in FOCUS 1.2, one row for each line of the bill and each day.

    Costs are exact: ``BilledCost`` is the unit price times the quantity, and their sum is the bill. Days are those of
    the scenario's time zone, written in UTC. What has no price has no row.

    Parameters
    ----------
    result
        A result with prices.
    path
        The file. An existing one is replaced only when it is of this kind.
    kind
        ``actual``: the bill of one replication, as if it had been so. ``forecast``: the result is of a time to come;
        means over its replications, with 95 % intervals in ``x_`` columns. ``savings``: the result is of a proposed
        configuration; its bill, and in ``x_`` columns that of ``base`` and what is saved.
    base
        For savings: a result of the same window under the configuration of today.
    replication
        For actuals: which one; default 0. The other kinds are of all.
    account
        ``BillingAccountId``; default: the scenario's name.
    provider
        ``ProviderName``; default: that of the price list.

    Returns
    -------
    FocusExport
        Where the file is, how many rows it has, what they add up to, and what has no price.

    Raises
    ------
    InputError
        When the result has no bill, the windows of a saving differ, or the file cannot be written.
    """
    target = Path(path)
    check_focus_replaceable(target)
    if (kind == "savings") != (base is not None):
        message = (
            "savings are against a result of the configuration of today" if base is None else "only savings have it"
        )
        raise InputError(Problem(message, field="--base", hint="--kind savings --base RESULT"))
    if kind != "actual" and replication is not None:
        message = f"the kind {kind} is of all replications"
        raise InputError(Problem(message, field="--replication", hint="leave it out, or write --kind actual"))
    charges = charges_of(result, (replication or 0) if kind == "actual" else None)
    today = None if base is None else _baseline(result, base)
    who = _account(result, kind, account, provider)
    rows = list(_rows(charges, today, who, kind, base))
    header = [*COLUMNS, *sorted((*CUSTOM, *EXTRA[kind]))]
    write_file(target, lambda work: _write(work, header, rows))
    return FocusExport(
        path=target,
        kind=kind,
        rows=len(rows),
        total=total_of([charge.cost for charge in charges.charges]),
        baseline=None if today is None else total_of([charge.cost for charge in today.charges]),
        unpriced=tuple(dict.fromkeys(each.item for each in (*charges.unpriced, *(today.unpriced if today else ())))),
    )


def check_focus_replaceable(path: Path) -> None:
    """Check that a file may be written here: nothing, or an export of ours.

    Raises
    ------
    InputError
        When something else stands there.
    """
    if not path.exists():
        return
    try:
        with path.open(encoding="utf-8") as file:
            ours = "x_RunId" in file.readline().rstrip("\n").split(",")
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours:
        message = "something else than an export of ours stands here; it is left as it is"
        raise InputError(Problem(message, Location(str(path)), field="--out", hint="give another file with --out"))


def _baseline(result: Result, base: Result) -> Charges:
    windows = [
        (item.summary["scenario"]["start_utc"], item.summary["scenario"]["duration_s"]) for item in (result, base)
    ]
    if windows[0] != windows[1]:
        shown = [f"{start}, {seconds / 3600:g} h" for start, seconds in windows]
        message = f"the windows differ: {shown[0]}, and the base {shown[1]}"
        raise InputError(Problem(message, field="--base", hint="run both over one window (fvcap compare does)"))
    return charges_of(base, None)


def _account(result: Result, kind: FocusKind, account: str | None, provider: str | None) -> Account:
    scenario: dict[str, Any] = result.summary["scenario"]
    cost = scenario_said(result.scenario_yaml).get("cost") or {}
    return Account(
        identifier=account or scenario["name"],
        name=account or scenario["name"],
        provider=Provider(provider, {}) if provider else provider_of(str(cost.get("prices", ""))),
        time_zone=scenario["time_zone"],
        kind=kind,
        run_id=scenario["sha256"][:16],
        scenario=scenario["name"],
    )


def _rows(
    charges: Charges, today: Charges | None, account: Account, kind: FocusKind, base: Result | None
) -> Iterator[dict[str, str]]:
    for charge in charges.charges:
        row = focus_row(charge, account)
        if kind == "forecast":
            row |= {"x_CostLow95": money_text(charge.low), "x_CostHigh95": money_text(charge.high)}
            row["x_Replications"] = str(charges.replications)
        elif today is not None and base is not None:
            row |= _saving(today.by_key.get((charge.thing, charge.period)), charge.cost, base)
        yield row
    if today is not None and base is not None:
        for before in today.charges:
            if (before.thing, before.period) not in charges.by_key:
                gone = Charge(before.thing, before.period, Decimal(0))
                yield focus_row(gone, account) | _saving(before, Decimal(0), base)


def _saving(before: Charge | None, cost: Decimal, base: Result) -> dict[str, str]:
    was = Decimal(0) if before is None else before.cost
    return {
        "x_BaselineCost": money_text(was),
        "x_BaselineRunId": base.summary["scenario"]["sha256"][:16],
        "x_SavedCost": money_text(was - cost),
    }


def _write(path: Path, header: list[str], rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
