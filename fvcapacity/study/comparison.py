"""A comparison: two results, their differences, and the document that ``fvcap compare --format json`` prints."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd
from pydantic import ConfigDict, Field

from fvcapacity.display.plots import Plots
from fvcapacity.results.measures import MeasureName
from fvcapacity.results.result import Result
from fvcapacity.results.summary import Figure, Part, Status, StoppingPart, Utc
from fvcapacity.study.shown import COMPARISON_PLOTS, comparison_html
from fvcapacity.tabular.directory import check_replaceable, write_directory
from fvcapacity.tabular.storage import write_csv

if TYPE_CHECKING:
    from matplotlib import figure as drawn

COMPARISON_SCHEMA: Final = "fvcapacity/comparison/1"
"""Changes when a reader of older documents would stumble."""
DOCUMENT = "comparison.json"

Reading = Literal["lower", "higher", "same", "not told apart", "no interval", "nothing to measure"]


class SidePart(Part):
    """One of the two scenarios, and its verdict."""

    name: str
    changes: list[str] = Field(description="what its manifests were patched with")
    sha256: str = Field(description="of the scenario as run and the hashes of its inputs")
    status: Status
    reason: str


class PairedRunPart(Part):
    """What is needed to repeat the comparison."""

    start_utc: Utc
    time_zone: str
    duration_s: float
    plane: str
    seed: int = Field(description="of both: replication n of A and of B draw the same numbers")
    replications: int = Field(description="pairs that the differences are taken over")
    asked_replications: int
    complete: bool = Field(description="false when the run was interrupted")
    stopping: StoppingPart | None = Field(description="null when the number of replications was fixed")
    kubernetes: str = Field(description="release whose rules are emulated")
    versions: dict[str, str]


class DifferencePart(Part):
    """One figure of A and of B, and their paired difference."""

    measure: MeasureName
    route: str = Field(description="`all`: over all user requests, or the run as a whole")
    unit: str
    first: Figure
    second: Figure
    difference: Figure = Field(description="B minus A, over pairs of replications with the same random numbers")
    relative_percent: float | None = Field(description="of the mean of A; null when that is zero")
    narrowing: float | None = Field(
        description="half-width of the interval without pairing (Welch) over that of this one; 1 or less: pairing was "
        "worth nothing; null when it cannot be told"
    )
    pairs: int = Field(description="replications in which both have a figure")
    reading: Reading = Field(description="what the interval says of B")


class ComparisonSummary(Part):
    """The whole document."""

    model_config = ConfigDict(title="Comparison of two fvcapacity scenarios")

    schema_version: Literal["fvcapacity/comparison/1"]
    first: SidePart
    second: SidePart
    run: PairedRunPart
    sentence: str
    differences: list[DifferencePart] = Field(description="of the whole")
    routes: list[DifferencePart] = Field(description="of the routes that both have: p95 and errors")
    only_first: list[str] = Field(description="routes that B does not have")
    only_second: list[str]
    notes: list[str] = Field(description="what a reader must know to read the figures")


def comparison_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a comparison."""
    schema = ComparisonSummary.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two scenarios replayed on the same random numbers.

    Attributes
    ----------
    summary
        The document that ``--format json`` prints (see ``docs/reference/comparison.schema.json``).
    pairs
        One row per measure, route and replication: ``measure, route, unit, replication, first, second, difference``.
    first, second
        The results of A and of B, each as ``simulate`` would have returned it.
    """

    summary: dict[str, Any]
    pairs: pd.DataFrame
    first: Result = field(repr=False)
    second: Result = field(repr=False)

    @property
    def complete(self) -> bool:
        """Whether every replication that was asked for reached the end of the window."""
        return bool(self.summary["run"]["complete"])

    @property
    def status(self) -> str:
        """Verdict on B: ``holds``, ``missed`` or ``nothing to judge``."""
        return str(self.summary["second"]["status"])

    @property
    def plot(self) -> Plots:
        """The figures: ``plot()`` is the overview, ``plot(name)`` one of ``plot.names``.

        Raises
        ------
        InputError
            When it is called with another name, with the list of names.
        """
        return Plots(COMPARISON_PLOTS, self._draw)

    def _draw(self, name: str) -> drawn.Figure:
        from fvcapacity.plots.comparison import draw_comparison  # matplotlib, only when it is needed
        from fvcapacity.plots.context import PlotContext

        context = PlotContext.of(self.first.summary)
        return draw_comparison(name, self.summary, self.first.tables, self.second.tables, context)

    def _repr_html_(self) -> str:
        return comparison_html(self.summary, self.first.tables, self.second.tables)

    def to_json(self) -> str:
        """Return the summary as JSON text, the same to the byte in every repetition.

        Returns
        -------
        str
            JSON text, indented, with a line break at its end.
        """
        return json.dumps(self.summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def save(self, directory: str | Path) -> Path:
        """Write ``comparison.json``, ``pairs.csv`` and the two results as a directory, all of it or nothing.

        Parameters
        ----------
        directory
            Where to. One of ours that stands there is replaced.

        Returns
        -------
        Path
            The directory that was written.

        Raises
        ------
        InputError
            When something else stands there, or it cannot be written.
        """
        target = Path(directory)
        check_comparison_replaceable(target)
        return write_directory(target, self._write)

    def _write(self, directory: Path) -> None:
        (directory / DOCUMENT).write_text(self.to_json(), encoding="utf-8")
        write_csv(self.pairs, directory / "pairs.csv")
        self.first.save(directory / "first")
        self.second.save(directory / "second")


def check_comparison_replaceable(directory: Path) -> None:
    """Check that a comparison may be written here: nothing, an empty directory, or a comparison of ours.

    Raises
    ------
    InputError
        When something else stands there. Callers check before a long run, not after it.
    """
    check_replaceable(directory, DOCUMENT, COMPARISON_SCHEMA, "comparison")
