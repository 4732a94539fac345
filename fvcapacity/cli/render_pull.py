"""What a pull gave, for a terminal: coverage of every query, and what has to be known of the figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fvcapacity.cli.render_table import drawn, grid_table
from fvcapacity.cli.view import Grid
from fvcapacity.units import NS_PER_S, format_duration

if TYPE_CHECKING:
    from rich.console import Console

    from fvcapacity.inputs.provenance import Provenance

_WORDS = {"error": "not read", "warning": "warning", "note": "note"}
_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "dim"}


def render_pull(
    provenance: Provenance, out: Path, *, remarks: bool = True, width: int | None = None, color: bool | None = None
) -> str:
    """Return what a pull gave as text: source and range, coverage, remarks (the grave ones first), where it stands."""
    return drawn(lambda console: _print(console, provenance, out, remarks), width, color)


def _print(console: Console, provenance: Provenance, out: Path, remarks: bool) -> None:
    from rich.text import Text

    span = format_duration(round((provenance.end - provenance.start).total_seconds()) * NS_PER_S)
    console.print(Text.assemble((provenance.source, "bold"), f": {span} from {provenance.start:%Y-%m-%d %H:%M:%S} UTC"))
    scrape = provenance.scrape_interval_s
    told = [f"intervals of {provenance.interval_s:g} s"]
    told += [f"scraped every {scrape:g} s"] if scrape is not None else []
    told += [f"counts from {provenance.counts_from}"] if provenance.counts_from else []
    console.print("; ".join(told))
    console.print()
    console.print(grid_table(_coverage(provenance)))
    if remarks and provenance.remarks:
        console.print()
        for remark in sorted(provenance.remarks, key=lambda item: list(_WORDS).index(item.severity)):
            word = (_WORDS[remark.severity], _STYLES[remark.severity])
            hint = f" ({remark.hint})" if remark.hint else ""
            console.print(Text.assemble(word, f": {remark.message}{hint}"))
    console.print()
    console.print(f"Written to {out}")


def _coverage(provenance: Provenance) -> Grid:
    rows = [
        (item.name, f"{item.series:,}", f"{item.samples:,}", f"{item.expected:,}", f"{item.ratio:.1%}")
        for item in provenance.coverage
    ]
    return Grid("", ("query", ">series", ">figures", ">expected", ">coverage"), tuple(rows))
