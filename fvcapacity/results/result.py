"""A result: what a run leaves, in memory and as a directory.

::

    RESULT/
      summary.json          the summary; its schema version marks the directory as ours
      scenario.yaml         the scenario as it was run
      tables/NAME.parquet   every table of columns.py, and NAME.csv beside it
      minutes/NAME.parquet  of a window longer than a week: the minutes, of which tables/ holds hours then
      histograms/NAME.parquet
      plots/                figures, when they were asked for
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import ValidationError

from fvcapacity.display.plots import Plots
from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.inputs.documents import read_document
from fvcapacity.inputs.model_validation import field_text, seen
from fvcapacity.inputs.yaml_source import read_text
from fvcapacity.results.columns import HISTOGRAMS, OPTIONAL, TABLES
from fvcapacity.results.minutes import Minutes
from fvcapacity.results.scenario_reading import check_scenario
from fvcapacity.results.shown import PLOTS, result_html
from fvcapacity.results.soundness import check_summary, check_table
from fvcapacity.results.summary import SCHEMA_VERSION, Summary
from fvcapacity.tabular import directory as directories
from fvcapacity.tabular.columns import TableSpec
from fvcapacity.tabular.storage import read_parquet, write_parquet, write_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_SHOWN = 20
"""Problems of a summary that are told at once."""


@dataclass(frozen=True, eq=False)
class Result:
    """What one or several replications of a scenario gave.

    Attributes
    ----------
    summary
        The document that ``--format json`` prints (see ``docs/reference/summary.schema.json``).
    tables
        By name; columns, units and meanings stand in ``docs/reference/results.md``. ``bill`` only when priced.
    histograms
        By name: the bins that are not empty.
    scenario_yaml
        The scenario as it was run.
    minutes
        Of a window longer than a week, whose ``tables`` hold hours: the same tables by the minute.
    """

    summary: dict[str, Any]
    tables: Mapping[str, pd.DataFrame]
    histograms: Mapping[str, pd.DataFrame] = field(repr=False)
    scenario_yaml: str = field(repr=False)
    minutes: Minutes | None = field(default=None, repr=False)

    @property
    def events(self) -> pd.DataFrame:
        """What ``kubectl get events`` would have shown."""
        return self.tables["events"]

    @property
    def complete(self) -> bool:
        """Whether every replication that was asked for reached the end of the window."""
        return bool(self.summary["run"]["complete"])

    @property
    def status(self) -> str:
        """``holds``, ``missed`` or ``nothing to judge``."""
        return str(self.summary["verdict"]["status"])

    @property
    def plot(self) -> Plots:
        """The figures: ``plot()`` is the overview, ``plot("latency")`` one of ``plot.names``.

        Raises
        ------
        InputError
            When it is called with another name, with the list of names.
        """
        return Plots(PLOTS, self._draw)

    def _draw(self, name: str) -> Figure:
        from fvcapacity.plots import draw_figure  # matplotlib, only when it is needed

        return draw_figure(name, self.tables, self.summary)

    def _repr_html_(self) -> str:
        return result_html(self.summary, self.tables)

    def __eq__(self, other: object) -> bool:
        """Tell whether two results are the same to the bit."""
        if not isinstance(other, Result):
            return NotImplemented
        return (
            self.summary == other.summary
            and self.scenario_yaml == other.scenario_yaml
            and _same_frames(self.tables, other.tables)
            and _same_frames(self.histograms, other.histograms)
            and self.minutes == other.minutes
        )

    __hash__ = None  # type: ignore[assignment]

    def to_json(self) -> str:
        """Return the summary as JSON text, the same to the byte in every repetition.

        Returns
        -------
        str
            JSON text, indented, with a line break at its end.
        """
        return json.dumps(self.summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def save(self, directory: str | Path, *, plots: bool = False, jobs: int = 1) -> Path:
        """Write the result as a directory, all of it or nothing.

        It is written beside ``directory`` under a temporary name and then renamed. An existing directory is
        replaced only when it holds a result of ours.

        Parameters
        ----------
        directory
            Where to. A result of ours that stands there is replaced.
        plots
            Draw the figures into it as well (PNG and SVG).
        jobs
            Processes that draw them while this one writes the tables; 1 is this one alone.

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
        check_replaceable(target)
        if not plots:
            return directories.write_directory(target, self._write)
        from fvcapacity.plots import writing_plots  # matplotlib, only when it is needed

        def write(work: Path) -> None:
            with writing_plots(self.tables, self.summary, work / "plots", jobs):
                self._write(work)

        return directories.write_directory(target, write)

    def _write(self, directory: Path) -> None:
        (directory / "summary.json").write_text(self.to_json(), encoding="utf-8")
        (directory / "scenario.yaml").write_text(self.scenario_yaml, encoding="utf-8")
        for folder in ("tables", "histograms"):
            (directory / folder).mkdir()
        for name, table in self.tables.items():
            write_table(table, TABLES[name], directory / "tables")
        if self.minutes is not None:
            (directory / "minutes").mkdir()
            self.minutes.copy_to(directory / "minutes")
        for name, table in self.histograms.items():
            write_parquet(table, HISTOGRAMS[name], directory / "histograms" / f"{name}.parquet")


def load_result(directory: str | Path, *, without: Collection[str] = ()) -> Result:
    """Read a result directory back, equal to what was saved.

    Parameters
    ----------
    directory
        What ``fvcap simulate --out`` or `Result.save` wrote.
    without
        Names of tables and histograms that are not read; large ones take seconds.

    Returns
    -------
    Result
        Equal to what was saved, to the bit; without the tables that were not to be read.

    Raises
    ------
    InputError
        When the directory holds no result, a damaged one, one of a version that this release does not read, or
        figures that no run can have (`soundness`).
    """
    root = Path(directory)
    summary = _read_summary(root)
    text = _read_scenario(root / "scenario.yaml")

    def read(folder: str, spec: TableSpec) -> pd.DataFrame:
        path = root / folder / f"{spec.name}.parquet"
        table = read_parquet(path, spec)
        check_table(spec, table, summary, path)
        return table

    tables = {
        name: read("tables", spec)
        for name, spec in TABLES.items()
        if name not in without and (name not in OPTIONAL or (root / "tables" / f"{name}.parquet").exists())
    }
    histograms = {name: read("histograms", spec) for name, spec in HISTOGRAMS.items() if name not in without}
    minutes = Minutes(root / "minutes", summary) if (root / "minutes").is_dir() else None
    return Result(summary, tables, histograms, text, minutes)


def check_replaceable(directory: Path) -> None:
    """Check that a result may be written here: nothing, an empty directory, or a result of ours.

    Raises
    ------
    InputError
        When something else stands there. Callers check before a long run, not after it.
    """
    directories.check_replaceable(directory, "summary.json", SCHEMA_VERSION, "result")


def _read_summary(root: Path) -> dict[str, Any]:
    path = root / "summary.json"
    place = Location(str(path))
    summary = read_document(path, hint="a result directory has a summary.json, written by fvcap simulate --out")
    found = summary.get("schema_version")
    if found != SCHEMA_VERSION:
        raise InputError(
            Problem(
                f"schema_version is {seen(found)}; this release reads {SCHEMA_VERSION!r}",
                location=place,
                hint="run the scenario again with this release",
            )
        )
    try:
        Summary.model_validate(summary, strict=True)  # what is used is the document: a "7" must not pass for a 7
    except ValidationError as error:
        raise InputError(
            Problem(item["msg"], place, field_text(item["loc"]), "run the scenario again with this release")
            for item in error.errors(include_url=False, include_input=False, include_context=False)[:_MOST_SHOWN]
        ) from None
    check_summary(summary, str(path))
    return summary


def _read_scenario(path: Path) -> str:
    data, problems = read_text(path)
    if data is None:
        hint = "a result directory has a scenario.yaml, written by fvcap simulate --out"
        raise InputError(Problem(f"cannot be read: {problems[0].message}", Location(str(path)), hint=hint))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(Problem(f"cannot be read: {error}", Location(str(path)))) from None
    check_scenario(text, str(path))
    return text


def _same_frames(first: Mapping[str, pd.DataFrame], second: Mapping[str, pd.DataFrame]) -> bool:
    return first.keys() == second.keys() and all(first[name].equals(second[name]) for name in first)
