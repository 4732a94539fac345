"""What a reader is shown of a backtest, as text cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fvcapacity.cli.view import NONE, Grid
from fvcapacity.cli.view_calibration import percent_text

if TYPE_CHECKING:
    from fvcapacity.study.backtest import Backtest

_TITLES = {
    "cpu_cores": ("CPU, millicores", 1e3, 1),
    "memory_bytes": ("Memory, MiB", 2**-20, 0),
    "replicas": ("Ready pods", 1.0, 2),
    "p95_s": ("p95, ms", 1e3, 1),
    "error_ratio": ("Errors, %", 1e2, 3),
}


def backtest_headline(found: Backtest) -> str:
    """Return what was predicted from what, in one line."""
    source = found.source
    return f"Learnt from {source['train']}, predicted {source['test']}, in bins of {source['bin_s'] / 60:g} min"


def score_grids(found: Backtest) -> list[Grid]:
    """Return one table for each measure that could be compared."""
    grids = []
    for measure, (title, scale, digits) in _TITLES.items():
        part = found.scores[(found.scores["measure"] == measure) & (found.scores["bins"] > 0)]
        if len(part):
            rows = tuple(_row(row, scale, digits, measure) for row in part.to_dict("records"))
            heads = (title, ">Bins", ">Measured", ">Predicted", ">Bias", ">MAPE", ">WAPE", ">In band", "Note")
            grids.append(Grid(title=title, heads=heads, rows=rows))
    return grids


def backtest_lines(found: Backtest) -> list[str]:
    """Return the remarks, one line each."""
    return [
        *found.notes,
        "Bias, MAPE and WAPE are shares of what was measured; In band: bins within the spread of the replications.",
    ]


def _row(row: dict[Any, Any], scale: float, digits: int, measure: str) -> tuple[str, ...]:
    bias = f"{100 * row['bias']:+.3f} pp" if measure == "error_ratio" else _signed(row["bias"])
    return (
        str(row["subject"]),
        f"{row['bins']:,}",
        f"{scale * row['measured']:,.{digits}f}",
        f"{scale * row['predicted']:,.{digits}f}",
        bias,
        percent_text(row["mape"], 1),
        percent_text(row["wape"], 1),
        percent_text(row["inside"]),
        str(row["note"]),
    )


def _signed(value: float) -> str:
    return NONE if value != value else f"{100 * value:+.1f} %"
