"""What a result directory has to be before figures are read off it: nobody knows who wrote it.

Types are checked where files are read. Here are the bounds: an instant far outside of the window, an infinite figure or
a replication that does not exist would not be wrong figures alone, but endless axes, and errors far from their cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.results.route_tables import ALL
from fvcapacity.scenario.base import LONGEST_WINDOW_NS
from fvcapacity.tabular.columns import TableSpec

MOST = 2.0**63
"""Of every figure. Whole numbers of tables stay below 2^53, so that sums and ratios are exact."""
MOST_WHOLE = 2**53
LONGEST_S = LONGEST_WINDOW_NS / 1e9
DAY_S = 86_400.0
FIRST_YEAR, LAST_YEAR = 1900, 2200
MOST_CALLS = 100_000
"""Rows of ``route_calls``."""
_WORDS = {"environment": ("production", "staging")}
"""Columns of words of ours."""
_HINT = "the result is damaged, or was not made by fvcap; run the scenario again"
_ROWS_SHOWN = 3


def check_summary(summary: Mapping[str, Any], file: str) -> None:
    """Check what the schema of a summary cannot say.

    Raises
    ------
    InputError
        With everything that is out of bounds.
    """
    place = Location(file)
    problems = [Problem(message, place, field, _HINT, rule="unsound-result") for field, message in _of_summary(summary)]
    if problems:
        raise InputError(problems)


def check_table(spec: TableSpec, table: pd.DataFrame, summary: Mapping[str, Any], path: Path) -> None:
    """Check that a table's figures lie within what a run of this summary can have.

    Raises
    ------
    InputError
        With everything that is out of bounds, and the rows.
    """
    place, found = Location(str(path)), list(_of_table(spec, table, summary))
    if found:
        raise InputError(
            Problem(f"the table {spec.name}: {message}", place, field, _HINT, rule="unsound-result")
            for field, message in found
        )


def _of_summary(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    scenario, run = summary["scenario"], summary["run"]
    yield from _of_zone(scenario["time_zone"])
    yield from _of_instant("scenario.start_utc", scenario["start_utc"])
    if not 0 < scenario["duration_s"] <= LONGEST_S:
        yield "scenario.duration_s", f"{scenario['duration_s']:g} s is no window of at most ten years"
    if not 0 <= scenario["warm_up_s"] <= LONGEST_S:
        yield "scenario.warm_up_s", f"{scenario['warm_up_s']:g} s is no warm-up"
    lengths = run["simulated_s"]
    if not 1 <= run["replications"] <= 10_000 or len(lengths) != run["replications"]:
        yield "run.simulated_s", f"{len(lengths)} lengths of {run['replications']} replications (1 to 10,000 may be)"
    if not all(0 <= length <= scenario["duration_s"] * (1 + 1e-9) for length in lengths):
        yield "run.simulated_s", "more was simulated than the window has, or less than nothing"
    if sum(route["route"] == ALL for route in summary["routes"]) != 1:
        yield "routes", f"the route {ALL!r} has to stand there once"
    named = sorted(item["objective"] for item in summary["verdict"]["objectives"])
    if named != ["errors", "p95"]:
        yield "verdict.objectives", f"p95 and errors have to stand there once each, not {named}"
    for number, item in enumerate(summary["verdict"]["objectives"]):
        for at, scope in enumerate(item["scopes"]):
            if scope["worst_utc"] is not None:
                field = f"verdict.objectives[{number}].scopes[{at}].worst_utc"
                yield from _of_instant(field, scope["worst_utc"])
    yield from _too_large("", summary)


def _of_zone(name: str) -> Iterator[tuple[str, str]]:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        yield "scenario.time_zone", f"{name[:80]!r} is no time zone"


def _of_instant(field: str, text: str) -> Iterator[tuple[str, str]]:
    try:
        year = datetime.fromisoformat(text).year
    except (ValueError, OverflowError):
        yield field, f"{text[:80]!r} is no instant"
        return
    if not FIRST_YEAR <= year <= LAST_YEAR:
        yield field, f"the year {year} is not one of {FIRST_YEAR} to {LAST_YEAR}"


def _too_large(field: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _too_large(f"{field}.{key}" if field else key, item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _too_large(f"{field}[{number}]", item)
    elif isinstance(value, int | float) and abs(value) > MOST:
        yield field, f"{float(value) if abs(value) < 1e300 else 'the number'} is beyond 2^63"


def _of_table(spec: TableSpec, table: pd.DataFrame, summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    scenario = summary["scenario"]
    duration, start = float(scenario["duration_s"]), pd.Timestamp(scenario["start_utc"])
    early, late = -float(scenario["warm_up_s"]) - DAY_S, duration + DAY_S
    replications = int(summary["run"]["replications"])
    for column in spec.columns:
        name, values = column.name, table[column.name]
        if name == "replication":
            yield from _outside(name, values, 0, replications - 1, f"the summary has {replications} replications")
        elif column.dtype == "int64":
            yield from _outside(name, values, 0, MOST_WHOLE, "figures are from 0 to 2^53")
        elif name == "time_s":
            yield from _outside(name, values.fillna(float("inf")), early, late, "it is outside of the window")
        elif name == "time_utc":
            first, last = (start + pd.Timedelta(seconds=seconds) for seconds in (early, late))
            yield from _outside(name, values, first, last, "it is outside of the window")
        elif column.dtype == "utc":
            first, last = (pd.Timestamp(f"{year}-01-01T00:00:00Z") for year in (FIRST_YEAR, LAST_YEAR + 1))
            yield from _outside(name, values, first, last, "it is in another century")
        elif column.dtype == "float64":
            if name in _INSTANTS:
                yield from _outside(name, values.fillna(0.0), -LONGEST_S, late, "it is outside of the window")
            else:
                yield from _outside(name, values.fillna(0.0), -MOST, MOST, "figures are within 2^63")
    for name, words in _WORDS.items():
        if name in table and not table[name].isin(words).all():
            other = str(table[name][~table[name].isin(words)].iloc[0])
            yield name, f"{other[:60]!r} is neither {' nor '.join(words)}"
    if spec.name == "route_calls" and len(table) > MOST_CALLS:
        yield "", f"{len(table):,} rows; at most {MOST_CALLS:,} calls are read"
    if spec.name == "route_calls" and not set(table["caller"]) <= {"", *table["service"]}:
        yield "caller", "a service calls that nobody calls"
    if spec.name == "nodes" and table["created_s"].isna().any():
        yield "created_s", "a machine was never ordered"
    if spec.name == "routes" and table["replication"].nunique() != replications:
        yield "replication", f"{table['replication'].nunique()} of {replications} replications have rows"


_INSTANTS = ("created_s", "scheduled_s", "started_s", "ready_s", "deleted_s", "paid_s", "covered_s", "interval_s")


def _outside(name: str, values: Any, low: Any, high: Any, why: str) -> Iterator[tuple[str, str]]:
    bad = ~((values >= low) & (values <= high)).to_numpy()
    if bad.any():
        rows = bad.nonzero()[0]
        shown = ", ".join(str(number + 1) for number in rows[:_ROWS_SHOWN]) + (
            ", ..." if len(rows) > _ROWS_SHOWN else ""
        )
        yield name, f"{values.iloc[int(rows[0])]} in row {shown}: {why}"
