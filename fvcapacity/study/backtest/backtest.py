"""Calibrate on one part of the history, predict the other by simulation under its traffic, and hold them together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from fvcapacity.errors import InputError, InvariantError
from fvcapacity.frozen import Frozen, field
from fvcapacity.inputs.measurements import Measurements
from fvcapacity.results.measured import BUCKETS_S, measurements_of
from fvcapacity.results.result import Result
from fvcapacity.run import Progress, simulate
from fvcapacity.scenario.model import Scenario
from fvcapacity.study.backtest.scores import score
from fvcapacity.study.backtest.series import bin_length, bin_starts, binned
from fvcapacity.study.backtest.stretches import find_stretches
from fvcapacity.study.calibrate.calibrate import CalibrationOptions, build_calibration, estimate_on
from fvcapacity.study.calibrate.calibration import Calibration, records
from fvcapacity.study.grid import Grid, make_grid
from fvcapacity.study.replay import known_bins, measured_traffic, replay_scenario
from fvcapacity.tabular import directory as directories
from fvcapacity.tabular.storage import write_csv

SCHEMA_VERSION = "fvcapacity.backtest/1"
REPLICATIONS = 3


class BacktestOptions(Frozen):
    """How a backtest is done.

    Attributes
    ----------
    train, test
        Stretches of local time, ``2026-03-02..2026-03-06``; default: the first two thirds, and the rest.
    replications
        Simulations of the predicted stretch; two or more give a band.
    """

    train: str | None = None
    test: str | None = None
    replications: int = REPLICATIONS
    jobs: int = 1
    seed: int | None = None
    calibration: CalibrationOptions = field(default_factory=CalibrationOptions)


class Backtest(Frozen, eq=False):
    """What was predicted, what was measured, and how far they are apart.

    Attributes
    ----------
    scores, series
        See `fvcapacity.study.backtest.scores`.
    calibration
        From the part of the history that was learnt from.
    notes
        What a reader has to know: gaps, what cannot be compared.
    source
        Where the measurements come from, and the stretches.
    """

    source: Mapping[str, Any]
    scores: pd.DataFrame
    series: pd.DataFrame
    calibration: Calibration
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """Return scores and notes as JSON, the same to the byte in every repetition.

        Returns
        -------
        str
            JSON text, indented, with a line break at its end.
        """
        document = {
            "schema_version": SCHEMA_VERSION,
            "source": dict(self.source),
            "scores": records(self.scores),
            "notes": list(self.notes),
        }
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def save(self, directory: str | Path, *, plots: bool = True) -> Path:
        """Write the backtest and its calibration as a directory, all of it or nothing.

        Parameters
        ----------
        directory
            Where to. One of ours that stands there is replaced.
        plots
            Draw the figures into it as well (PNG and SVG).

        Returns
        -------
        Path
            The directory that was written.

        Raises
        ------
        InputError
            When something that is not ours stands there, or it cannot be written.
        """
        target = Path(directory)
        check_replaceable(target)
        return directories.write_directory(target, lambda work: self._write(work, plots=plots))

    def _write(self, directory: Path, *, plots: bool) -> None:
        (directory / "backtest.json").write_text(self.to_json(), encoding="utf-8")
        (directory / "tables").mkdir()
        write_csv(self.scores, directory / "tables" / "scores.csv")
        write_csv(self.series, directory / "tables" / "series.csv")
        self.calibration.save(directory / "calibration", plots=plots)
        if plots:
            from fvcapacity.plots.backtest import write_backtest_plots  # matplotlib, only when it is needed

            write_backtest_plots(self.series, str(self.source["time_zone"]), directory / "plots")


def check_replaceable(directory: Path) -> None:
    """Check that a backtest may be written here: nothing, an empty directory, or one of ours.

    Raises
    ------
    InputError
        When something else stands there.
    """
    directories.check_replaceable(directory, "backtest.json", SCHEMA_VERSION, "backtest")


def backtest(
    measured: Measurements,
    scenario: Scenario,
    options: BacktestOptions | None = None,
    *,
    progress: Progress | None = None,
) -> Backtest:
    """Calibrate on one part of measurements, and predict another.

    Parameters
    ----------
    measured
        From ``load_measurements`` or ``measurements_of``.
    scenario
        The system: manifests, topology, nodes. Its window and traffic are replaced by the measured ones.
    options
        Which stretches to learn from and to predict (default: the first two thirds, and the rest), replications, seed.
    progress
        Told now and then how far the replays are.

    Returns
    -------
    Backtest
        ``scores`` of CPU (cores), memory (bytes), replicas (pods), p95 (seconds) and errors (ratios), and the
        ``series`` that they are taken of.

    Raises
    ------
    InputError
        When the measurements are no good, or the stretches overlap or are too short.
    """
    options = options or BacktestOptions()
    grid, problems = make_grid(measured, scenario)
    if grid is None:
        raise InputError([problem for problem in problems if problem.severity == "error"])
    zone = ZoneInfo(scenario.file.time_zone)
    learnt, predicted = find_stretches(grid, options.train, options.test, zone)
    estimates = estimate_on(grid.between(learnt.start, learnt.end), scenario, options.calibration)
    calibration = build_calibration(estimates, measured, scenario, options.calibration)
    arrivals = calibration.arrivals or scenario.file.traffic.arrivals
    table, filled = measured_traffic(grid, predicted, scenario, arrivals)
    future = replay_scenario(scenario, calibration.topology, arrivals, table, predicted, seed=options.seed)
    result = simulate(future, replications=options.replications, jobs=options.jobs, progress=progress)
    test = grid.between(predicted.start, predicted.end)
    step = bin_length(grid)
    starts = bin_starts(predicted.start, predicted.end, step)
    edges = _edges(test)
    runs = [
        binned(_simulated(result, future, number, edges), starts, step)
        for number in range(result.summary["run"]["replications"])
    ]
    scores, series = score(
        binned(test, starts, step), runs, starts, known_bins(test, starts, step), _doubts(calibration)
    )
    source = {
        **calibration.source,
        "train": learnt.text(zone),
        "test": predicted.text(zone),
        "time_zone": zone.key,
        "bin_s": step,
        "replications": len(runs),
    }
    return Backtest(source, scores, series, calibration, _notes(scores, filled, table.interval_ns, scenario))


def _simulated(result: Result, future: Scenario, replication: int, edges: tuple[float, ...]) -> Grid:
    drawn, problems = make_grid(
        measurements_of(result, future, replication=replication, buckets_s=edges), future, least=1
    )
    if drawn is None:
        raise InvariantError(f"a simulation cannot be measured: {problems[0].message}")
    return drawn


def _edges(test: Grid) -> tuple[float, ...]:
    """Return the measured buckets' edges, so that both histograms are as coarse as each other."""
    edges = np.sort(test.latency["le_s"].unique()) if len(test.latency) else np.array(BUCKETS_S)
    return tuple(float(edge) for edge in edges)


def _doubts(calibration: Calibration) -> dict[tuple[str, str], str]:
    """Return why a prediction stands on assumed numbers."""
    quality = calibration.tables["quality"]
    kept = quality[quality["verdict"] == "not calibrated"]
    return {
        (f"service/{name}", measure): f"predicted from numbers that were not calibrated: {reason}"
        for name, reason in zip(kept["service"], kept["reason"], strict=True)
        for measure in ("cpu_cores",)
    }


_WORDS = {"cpu_cores": "CPU", "memory_bytes": "memory", "replicas": "replicas", "p95_s": "p95", "error_ratio": "errors"}


def _notes(scores: pd.DataFrame, filled: int, interval_ns: int, scenario: Scenario) -> tuple[str, ...]:
    notes = []
    if filled:
        notes.append(
            f"{filled} intervals of {interval_ns / 1e9:g} s of the predicted stretch have no traffic: the simulation "
            "was given a line across them, and they are not compared"
        )
    if scenario.file.rollouts or scenario.file.faults:
        notes.append("roll-outs and faults of the scenario are left out: what happened is in the measurements")
    lacking = scores[(scores["bins"] == 0) & (scores["note"] != "")]
    for measure, part in lacking.groupby("measure", sort=False):
        for note, rows in part.groupby("note", sort=False):
            names = ", ".join(rows["subject"].str.partition("/")[2])
            notes.append(f"{_WORDS[str(measure)]} cannot be compared: {note} ({names})")
    return tuple(notes)
