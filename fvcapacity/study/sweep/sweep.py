"""A scenario over a whole grid of values, on this machine or on a Dask cluster; the same table whatever runs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from fvcapacity.display.plots import Plots
from fvcapacity.errors import ScenarioError
from fvcapacity.run import prepare_plane
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.patch import Change
from fvcapacity.scenario.paths import Value
from fvcapacity.study.shown import SWEEP_PLOTS, sweep_html
from fvcapacity.study.sweep.axes import Axis, Vary
from fvcapacity.study.sweep.cluster import refused_late, run_on_cluster
from fvcapacity.study.sweep.columns import INTERVALS, POINTS, RUNS
from fvcapacity.study.sweep.journal import RUNS_FILE, Journal
from fvcapacity.study.sweep.local import run_here
from fvcapacity.study.sweep.points import Point, Source, grid, point_text
from fvcapacity.study.sweep.summary import DOCUMENT, SWEEP_SCHEMA, SweepSummary, sweep_summary
from fvcapacity.study.sweep.task import Refused, Row, Task, tasks_of
from fvcapacity.tabular.directory import check_replaceable, write_file
from fvcapacity.tabular.frames import conform
from fvcapacity.tabular.storage import write_csv, write_parquet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Progress = Callable[[int, int], None]
"""Told of finished runs, and of all of them."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """A finished sweep.

    Attributes
    ----------
    summary
        The document that ``--format json`` prints (see ``docs/reference/sweep.schema.json``).
    runs
        One row a run: point, replication, figures, and the varied values by their paths.
    points
        One row a point: the varied values, verdict, means with 95 % intervals.
    recalled
        Runs that were on disk already.
    """

    summary: dict[str, Any]
    runs: pd.DataFrame = field(repr=False)
    points: pd.DataFrame = field(repr=False)
    recalled: int = 0

    @property
    def plot(self) -> Plots:
        """The figures: ``plot()`` is the overview, ``plot(name)`` one of ``plot.names``.

        Raises
        ------
        InputError
            When it is called with another name, with the list of names.
        """
        return Plots(SWEEP_PLOTS, self._draw)

    def _draw(self, name: str) -> Figure:
        from fvcapacity.plots.sweep import draw_sweep  # matplotlib, only when it is needed

        return draw_sweep(self.summary)

    def _repr_html_(self) -> str:
        return sweep_html(self.summary)

    def to_json(self) -> str:
        """Return the summary as JSON text, the same to the byte in every repetition.

        Returns
        -------
        str
            JSON text, indented, with a line break at its end.
        """
        return json.dumps(self.summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def sweep(
    scenario: Scenario | str | Path,
    vary: Vary,
    *,
    replications: int | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    out: str | Path | None = None,
    seed: int | None = None,
    plane: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    patches: Sequence[Change] = (),
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
) -> Sweep:
    """Replay a scenario at every point of a grid.

    Parameters
    ----------
    scenario
        A loaded scenario, or its file. Fields that the paths do not reach (``window.duration``) need the file.
    vary
        Values of each field by its path: ``{"hpa/shop.target.cpu": [50, 60], "traffic.scale": "1:3:1"}``, or texts as
        the command line takes them (``["traffic.scale=1,2,3"]``).
    replications
        Runs of each point; default: what the scenario says. Run n draws the same customers at every point.
    jobs
        Processes on this machine.
    scheduler
        Address of a Dask scheduler whose workers run it instead. They have to have this release and these versions.
    out
        Directory: finished runs are put away there, and the same call goes on from them after a kill. It then holds
        ``sweep.json``, ``runs`` and ``points`` as Parquet and CSV.
    seed, plane
        Instead of the scenario's.
    overrides, patches
        Of all points, as for `load_scenario` and `Scenario.with_patch`.
    progress
        Told of finished runs, and of all of them.
    tell
        Told in a sentence why it takes long to begin.

    Returns
    -------
    Sweep
        The same to the bit whatever ran it, on one platform and one set of versions.

    Raises
    ------
    ScenarioError
        With everything that is wrong with the axes and the grid.
    InputError
        When ``out`` holds something else, or a worker has other versions.
    SourceError
        When the cluster is lost, or runs kill their process each time; what is finished is kept in ``out``.
    """
    target = None if out is None else Path(out)
    if target is not None:
        check_replaceable_or_begun(target)
    source = Source(scenario, dict(overrides or {}), tuple(patches))
    base, axes, points = grid(source, vary, seed=seed, plane=plane)
    count = base.file.replications if replications is None else replications
    if count < 1:
        raise ScenarioError(f"{count} replications are none", hint="give 1 or more")
    if scheduler is None and tell is not None:
        prepare_plane(points[0].scenario, tell)
    wanted = [
        (point.number, task)
        for point in points
        for task in tasks_of(point.scenario, range(count), point_text(axes, point.values))
    ]
    today = {axis.path: base.value(axis.path) for axis in axes if axis.kind == "path"}
    if target is None:
        rows = _gathered(wanted, {}, None, jobs, scheduler, progress)
        return _finished(base, axes, points, today, wanted, rows, 0)
    with closing(Journal(target)) as journal:
        known = journal.known()
        recalled = sum(task.key in known for _, task in wanted)
        rows = _gathered(wanted, known, journal, jobs, scheduler, progress)
        journal.flush()
        found = _finished(base, axes, points, today, wanted, rows, recalled)
        _write(found, target)
        journal.forget()
    return found


def check_replaceable_or_begun(directory: Path) -> None:
    """Check that a sweep may be written here: nothing, an empty directory, or a sweep of ours, finished or not.

    Raises
    ------
    InputError
        When something else stands there.
    """
    if directory.is_dir() and {item.name for item in directory.iterdir()} == {"parts"}:
        return  # one that was killed
    check_replaceable(directory, DOCUMENT, SWEEP_SCHEMA, "sweep")


def _gathered(
    wanted: Sequence[tuple[int, Task]],
    known: Mapping[str, Row],
    journal: Journal | None,
    jobs: int,
    scheduler: str | None,
    progress: Progress | None,
) -> dict[str, Row]:
    """Return the row of every task by its key; what is not known is run."""
    keys = {task.key for _, task in wanted}
    rows = {key: row for key, row in known.items() if key in keys}
    missing = list({task.key: task for _, task in wanted if task.key not in rows}.values())
    if progress is not None:
        progress(len(rows), len(keys))
    for row in _run(missing, jobs, scheduler):
        if isinstance(row, Refused):
            raise refused_late(row)
        rows[row["key"]] = row
        if journal is not None:
            journal.keep(row)
        if progress is not None:
            progress(len(rows), len(keys))
    return rows


def _run(tasks: Sequence[Task], jobs: int, scheduler: str | None) -> Iterator[Row | Refused]:
    if not tasks:
        return
    yield from run_on_cluster(tasks, scheduler) if scheduler is not None else run_here(tasks, jobs)


def _finished(
    base: Scenario,
    axes: Sequence[Axis],
    points: Sequence[Point],
    today: Mapping[str, Value],
    wanted: Sequence[tuple[int, Task]],
    rows: Mapping[str, Row],
    recalled: int,
) -> Sweep:
    listed = [{"point": number, **rows[task.key]} for number, task in wanted]
    runs = conform(RUNS, {column.name: [row[column.name] for row in listed] for column in RUNS.columns})
    summary = sweep_summary(base, axes, points, runs, today)
    by_point = {point.number: point.values for point in points}
    numbers = [number for number, _ in wanted]
    for place, axis in enumerate(axes):
        runs[axis.path] = _column([by_point[number][place] for number in numbers])
    return Sweep(summary.model_dump(mode="json"), runs, _points_table(summary, axes, runs), recalled)


def _points_table(summary: SweepSummary, axes: Sequence[Axis], runs: pd.DataFrame) -> pd.DataFrame:
    data: dict[str, Any] = {
        "point": [part.point for part in summary.points],
        "runs": [part.runs for part in summary.points],
        "status": [part.status for part in summary.points],
        "held_in": [part.held_in for part in summary.points],
        "reason": [part.reason for part in summary.points],
    }
    for name in INTERVALS:
        figures = [getattr(part, name) for part in summary.points]
        data[name] = [figure.mean for figure in figures]
        data[f"{name}_low_95"] = [figure.low_95 for figure in figures]
        data[f"{name}_high_95"] = [figure.high_95 for figure in figures]
    table = conform(POINTS, data)
    for axis in axes:
        table[axis.path] = _column([part.values[axis.path] for part in summary.points])
    return table


def _column(values: Sequence[Value]) -> pd.Series[Any]:
    """Return a column of one type: numbers as they are, everything else as text; what is not written is empty."""
    kinds = {type(value) for value in values}
    if kinds <= {int, float} or kinds == {bool}:
        return pd.Series(list(values))
    return pd.Series([None if value is None else str(value) for value in values], dtype="str")


def _write(found: Sweep, target: Path) -> None:
    """Write the files of a sweep one by one; each is whole at any moment, and the document comes last."""
    write_file(target / RUNS_FILE, lambda path: write_parquet(found.runs, RUNS, path))
    write_file(target / "runs.csv", lambda path: write_csv(found.runs, path))
    write_file(target / "points.parquet", lambda path: write_parquet(found.points, POINTS, path))
    write_file(target / "points.csv", lambda path: write_csv(found.points, path))
    write_file(target / DOCUMENT, lambda path: _put(path, found.to_json()))


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
