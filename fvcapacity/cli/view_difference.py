"""What a reader is shown of a difference, as text cells: the table and the Markdown say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fvcapacity.cli.counting import counted
from fvcapacity.cli.view import NONE, Grid, Summary, format_short_bytes
from fvcapacity.units import format_cpu

_LONGEST = 30
"""Characters of a value that are shown; all of it stands in the JSON."""
_PHASES = (("minimum", "every HPA at its minimum"), ("maximum", "every HPA at its maximum"))


def difference_headline(difference: Summary) -> str:
    """Return the change in one line: ``5 fields of 3 workloads differ; 1 new risk (1 error)``."""
    fields, objects = len(difference["fields"]) + len(difference["others"]), len(_new_and_gone(difference))
    counts = [counted(fields, "field") + (" differs" if fields == 1 else " differ")]
    if objects:
        counts.append(f"{counted(objects, 'object')} added or removed")
    errors = sum(risk["severity"] == "error" for risk in difference["risks"])
    warnings = sum(risk["severity"] == "warning" for risk in difference["risks"])
    counts.append(f"{counted(errors, 'error')} and {counted(warnings, 'warning')} that were not there before")
    return "; ".join(counts)


def side_texts(difference: Summary) -> list[str]:
    """Return what A and B are, one line each."""
    return [f"{letter}: {difference[side]['name']}" for letter, side in (("A", "first"), ("B", "second"))]


def fields_grid(difference: Summary) -> Grid:
    """Return the fields that differ."""
    rows = [(row["path"], _value(row["before"]), _value(row["after"])) for row in difference["fields"]]
    return Grid("Fields", ("Field", ">A", ">B"), tuple(rows))


def other_lines(difference: Summary) -> list[str]:
    """Return objects that come and go, and fields that have no path."""
    return [*_new_and_gone(difference), *difference["others"]]


def workloads_grid(difference: Summary) -> Grid:
    """Return replicas and requests of the workloads that differ in them."""
    rows = []
    for row in difference["workloads"]:
        cells = [
            text
            for pair in zip(_workload_cells(row["first"]), _workload_cells(row["second"]), strict=True)
            for text in pair
        ]
        rows.append((row["workload"], *cells))
    heads = ("Workload", ">Pods A", ">B", ">CPU a pod A", ">B", ">Memory A", ">B", ">CPU at most A", ">B")
    return Grid("Pods and their requests", heads, tuple(rows))


def room_grid(difference: Summary) -> Grid:
    """Return what all pods ask for, the machines that takes, and what a month of it costs."""
    rows = []
    for phase, words in _PHASES:
        one, two = (difference["room"][side][phase] for side in ("first", "second"))
        rows += [
            (f"pods, {words}", str(one["pods"]), str(two["pods"]), _signed(two["pods"] - one["pods"])),
            (
                "  CPU requested",
                format_cpu(one["cpu_request_cores"]),
                format_cpu(two["cpu_request_cores"]),
                _signed_cpu(two["cpu_request_cores"] - one["cpu_request_cores"]),
            ),
            (
                "  memory requested",
                format_short_bytes(one["memory_request_bytes"]),
                format_short_bytes(two["memory_request_bytes"]),
                _signed_bytes(two["memory_request_bytes"] - one["memory_request_bytes"]),
            ),
            ("  machines", _nodes(one), _nodes(two), _signed(sum(two["nodes"].values()) - sum(one["nodes"].values()))),
            ("  USD a month", _usd(one), _usd(two), _signed_usd(one["month_usd"], two["month_usd"])),
        ]
    return Grid("Room and money", ("What the requests need", ">A", ">B", ">B - A"), tuple(rows))


def risk_lines(difference: Summary) -> list[str]:
    """Return the risks, one line each, the gravest first."""
    lines = []
    for risk in difference["risks"]:
        hint = f" ({risk['hint']})" if risk["hint"] else ""
        lines.append(f"{risk['severity']}: {risk['field']}: {risk['message']}{hint} [{risk['rule']}]")
    return lines


def difference_remarks(difference: Summary) -> list[str]:
    """Return the notes, and what has no price, or an old one."""
    rooms = [room for side in ("first", "second") for room in (difference["room"][side] or {}).values()]
    missing = dict.fromkeys(item for room in rooms for item in room["unpriced"])
    stale = dict.fromkeys(item for room in rooms for item in room.get("stale", ()))
    notes = list(difference["notes"])
    if missing:
        notes.append(f"No price: {', '.join(missing)}; left out of the sums.")
    if stale:
        notes.append(f"Prices without a day, or more than a year old: {', '.join(stale)}.")
    return notes


def _new_and_gone(difference: Summary) -> list[str]:
    return [f"new: {name}" for name in difference["added"]] + [f"removed: {name}" for name in difference["removed"]]


def _workload_cells(side: Mapping[str, Any] | None) -> Iterator[str]:
    if side is None:
        yield from [NONE] * 4
        return
    fewest, most = side["replicas_min"], side["replicas_max"]
    yield str(fewest) if fewest == most else f"{fewest}-{most}"
    yield format_cpu(side["pod_cpu_request_cores"])
    yield format_short_bytes(side["pod_memory_request_bytes"])
    yield format_cpu(side["pod_cpu_request_cores"] * most)


def _nodes(room: Mapping[str, Any]) -> str:
    text = ", ".join(f"{count} {name}" for name, count in room["nodes"].items() if count) or "0"
    return f"{text} ({room['unplaced']} pods find none)" if room["unplaced"] else text


def _usd(room: Mapping[str, Any]) -> str:
    if room["month_usd"] is None:
        return NONE
    return f"{room['month_usd']:,.2f}"


def _signed_usd(one: float | None, two: float | None) -> str:
    return NONE if one is None or two is None else f"{two - one:+,.2f}"


def _signed(number: int) -> str:
    return f"{number:+d}" if number else "0"


def _signed_cpu(cores: float) -> str:
    return f"{round(cores * 1000):+d}m" if round(cores * 1000) else "0"


def _signed_bytes(count: int) -> str:
    return f"{'+' if count > 0 else '-' if count < 0 else ''}{format_short_bytes(abs(count))}"


def _value(value: Any) -> str:
    text = NONE if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
