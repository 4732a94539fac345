"""The tables: for the terminal and for ``docs/explanation/validation-cfs.md``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.truth.cfs.judge import MEASURES, Item, Verdict, errors_of
from tests.truth.cfs.runner import Report, Watch, run_directory
from tests.truth.cfs.variants import AS_IS, VARIANTS

Row = Sequence[str]

VERDICT_HEAD = (
    "system", "measure", "compared", "median error", "bias", "worst", "in", "repetitions differ by", "target",
    "allowed", "",
)  # fmt: skip


def run_rows(items: Sequence[Item]) -> list[Row]:
    """Return a row for each run (or each part of one): measured, simulated and error of every measure."""
    rows: list[Row] = []
    places = dict.fromkeys((item.run, item.label) for item in items)
    for run, label in places:
        own = {item.measure: item for item in items if (item.run, item.label) == (run, label)}
        cells = [_cell(own[measure]) if measure in own else "" for measure in MEASURES]
        rows.append((run, label, *cells, next(iter(own.values())).passed_over))
    return rows


def _cell(item: Item) -> str:
    if item.measure == "throttled":
        return f"{item.measured:.1%} {item.simulated:.1%} {item.error_percent:+.1f}"
    return f"{item.measured:.2f} {item.simulated:.2f} {item.error_percent:+.1f}"


def verdict_rows(verdicts: Sequence[Verdict]) -> list[Row]:
    """Return a row for each measure of a system."""
    return [
        (
            verdict.system,
            verdict.measure,
            str(len(verdict.errors)),
            f"{verdict.median_percent:.1f} %",
            f"{verdict.bias_percent:+.1f} %",
            f"{verdict.worst.error_percent:+.1f} %",
            f"{verdict.worst.run} {verdict.worst.label}".strip(),
            "" if verdict.repeat_percent is None else f"{verdict.repeat_percent:.1f} %",
            f"{verdict.target_percent:g} %",
            f"{verdict.allowed_percent:.1f} %",
            "met" if verdict.met else "MISSED",
        )
        for verdict in verdicts
    ]


def terminal(head: Row, rows: Sequence[Row]) -> str:
    """Return a table in columns."""
    table = [head, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )


def markdown(head: Row, rows: Sequence[Row]) -> str:
    """Return a table in Markdown."""
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def runs_table(items: Sequence[Item]) -> str:
    """Return the table of runs for the terminal."""
    head = ("run", "", *(f"{m}: measured, simulated, error %" for m in MEASURES), "not judged because")
    return terminal(head, run_rows(items))


def write_page(path: Path, directory: Path, report: Report, phases: int, watch: Watch) -> None:
    """Write the page: the verdicts, what each part of the model is worth, and every run."""
    command = f"python -m tests.truth.cfs {directory} --write {path}"
    parts = [_worth(directory, variant, phases, watch) for variant in VARIANTS if variant != AS_IS]
    worth = [*_worth_rows(AS_IS, report), *(row for rows in parts for row in rows)]
    runs_head = ("run", "", *MEASURES, "not judged because")
    path.write_text(
        _PAGE.format(
            command=command,
            phases=phases,
            verdicts=markdown(VERDICT_HEAD, verdict_rows(report.verdicts)),
            worth=markdown(("variant", "", "system", *(f"{m} (bias)" for m in MEASURES)), worth),
            runs=markdown(runs_head, run_rows(report.items)),
        ),
        encoding="utf-8",
    )


def _worth(directory: Path, variant: str, phases: int, watch: Watch) -> list[Row]:
    return _worth_rows(variant, run_directory(directory, variant, phases, watch))


def _worth_rows(variant: str, report: Report) -> list[Row]:
    """Return the median errors of a variant, a row for each system that it says something about."""
    rows: list[Row] = []
    for system in dict.fromkeys(item.system for item in report.items):
        own = [item for item in report.items if item.system == system]
        cells = []
        for measure in MEASURES:
            errors = errors_of(own, measure)
            cells.append(f"{np.median(abs(errors)):.1f} ({np.median(errors):+.1f})" if len(errors) else "")
        rows.append((variant if not rows else "", VARIANTS[variant] if not rows else "", system, *cells))
    return rows


_PAGE = """<!-- Written by `{command}`: do not edit. -->

# CPU limits against a real kernel: the figures

```bash
{command}
```

replays every measured run {phases} times, each time with the CFS period at another place, and compares the averages. What
was measured, what is replayed, and what the figures say stands in [validation](validation.md).

## Median errors

Errors are relative. A run is "judged" when a first-come-first-served model can be compared with it at all; "allowed" is
the target or 0.7 times the difference between repetitions of one trace, whichever is larger.

{verdicts}

## What the parts of the model are worth

Median absolute errors in percent, with their signed medians (the bias) in parentheses.

{worth}

## Every run

Measured, simulated, error in percent; response times in milliseconds, throttled periods as a share of all periods
(where it is at least 5 %).

{runs}
"""
