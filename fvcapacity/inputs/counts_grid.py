"""From rows of counts to an even grid of rates that covers the run."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from fvcapacity.errors import Location, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.counts_file import MAX_SHOWN, Counts
from fvcapacity.scenario.instants import local_time
from fvcapacity.units import NS_PER_S, format_duration

Floats = npt.NDArray[np.float64]
FillGaps = Literal["refuse", "zero", "interpolate"]


class Stretch(Frozen):
    """The part of the file's time that is wanted; instants in nanoseconds since 1970.

    The run reads from ``from_ns`` (start of the warm-up) to ``until_ns``; ``window_ns`` is the window's start.
    """

    from_ns: int
    window_ns: int
    until_ns: int
    zone: ZoneInfo

    def text(self, instant_ns: int) -> str:
        """Return an instant as messages show it."""
        return local_time(instant_ns, self.zone).isoformat(timespec="seconds")


class Grid(Frozen):
    """Counts per interval: ``values`` has shape (intervals, columns), NaN where a figure is missing.

    Of what was filled, ``filled`` says how many intervals, and ``longest_gap`` how many in a row at most.
    """

    start_ns: int
    interval_ns: int
    values: Floats
    filled: int = 0
    longest_gap: int = 0


def find_interval(counts: Counts) -> tuple[int | None, list[Problem]]:
    """Return the one interval of the file: the most common step, of which all others must be multiples.

    In a sparse file it is the greatest common divisor of the steps.
    """
    times = np.unique(counts.times_ns)
    if times.size < 2:
        message = "one timestamp alone does not tell the length of its interval"
        return None, [
            Problem(message, Location(counts.file), hint="give two intervals or more", rule="traffic-interval")
        ]
    steps, number = np.unique(np.diff(times), return_counts=True)
    if counts.sparse:
        return int(np.gcd.reduce(steps)), []
    interval = int(steps[np.argmax(number)])
    off = (counts.times_ns - times[0]) % interval != 0
    if not off.any():
        return interval, []
    row = int(np.flatnonzero(off)[0])
    problem = Problem(
        f"{int(off.sum())} of {off.size} timestamps do not stand on the file's grid: most are "
        f"{format_duration(interval)} apart, this one is not a multiple of that from the first",
        Location(counts.file, int(counts.lines[row])),
        hint="give counts of one constant interval",
        rule="traffic-interval",
    )
    return None, [problem]


def make_grid(counts: Counts, interval_ns: int, columns: npt.NDArray[np.int64], width: int) -> Grid:
    """Spread the rows over the grid; ``columns`` gives the column of each row."""
    first = int(counts.times_ns.min())
    rows = (counts.times_ns - first) // interval_ns
    values = np.full((int(rows.max()) + 1, width), 0.0 if counts.sparse else np.nan)
    values[rows, columns] = counts.requests
    return Grid(first, interval_ns, values)


def cut(grid: Grid, stretch: Stretch, fill: FillGaps, file: str) -> tuple[Grid | None, list[Problem], list[str]]:
    """Return the part of the grid that the run reads, with its gaps filled or refused.

    A file that begins inside the warm-up is continued backwards with its first figures: the warm-up is not judged.
    """
    problems = _not_covered(grid, stretch, file)
    if problems:
        return None, problems, []
    notes = []
    first = (stretch.from_ns - grid.start_ns) // grid.interval_ns
    last = -(-(stretch.until_ns - grid.start_ns) // grid.interval_ns)
    rows = np.arange(first, last)
    if first < 0:
        notes.append(
            f"the file begins at {stretch.text(grid.start_ns)}, inside the warm-up: its first figures hold before"
        )
        rows = np.maximum(rows, 0)
    values = grid.values[rows]
    missing = np.asarray(np.isnan(values).any(axis=1), np.bool_)
    start = grid.start_ns + first * grid.interval_ns
    if missing.any():
        if fill == "refuse":
            return None, _gaps(missing, start, grid, stretch, file), notes
        notes.append(f"{int(missing.sum())} of {missing.size} intervals had no figure; filled by: {fill}")
        values = np.nan_to_num(values) if fill == "zero" else _interpolated(grid.values)[rows]
    longest = max((end - begin for begin, end in _runs(missing)), default=0)
    return Grid(start, grid.interval_ns, values, int(missing.sum()), longest), [], notes


def _not_covered(grid: Grid, stretch: Stretch, file: str) -> list[Problem]:
    end = grid.start_ns + len(grid.values) * grid.interval_ns
    if grid.start_ns <= stretch.window_ns and stretch.until_ns <= end:
        return []
    message = (
        f"the window reads {stretch.text(stretch.window_ns)} to {stretch.text(stretch.until_ns)} of the file, "
        f"which covers {stretch.text(grid.start_ns)} to {stretch.text(end)}"
    )
    hint = "say which instant of the file is the start of the window: --traffic-from, or traffic.read_from"
    return [Problem(message, Location(file), hint=hint, rule="traffic-coverage")]


def _gaps(missing: npt.NDArray[np.bool_], start_ns: int, grid: Grid, stretch: Stretch, file: str) -> list[Problem]:
    problems: list[Problem] = []
    gaps = _runs(missing)
    hint = "a gap is missing, never zero: choose another stretch, or traffic.fill_gaps: interpolate (or zero)"
    if len(gaps) > MAX_SHOWN and missing.mean() > 0.05:
        hint += "; if the file lists non-zero intervals only: traffic.sparse: true, or a first line '# sparse'"
    for begin, end in gaps[:MAX_SHOWN]:
        a, b = start_ns + begin * grid.interval_ns, start_ns + end * grid.interval_ns
        message = (
            f"no figure from {stretch.text(a)} to {stretch.text(b)} ({end - begin} interval{'s'[: end - begin - 1]})"
        )
        problems.append(Problem(message, Location(file), hint="" if problems else hint, rule="traffic-gap"))
    if len(gaps) > MAX_SHOWN:
        problems.append(Problem(f"and {len(gaps) - MAX_SHOWN} more gaps", Location(file), rule="traffic-gap"))
    return problems


def _runs(missing: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first interval of each gap, and the one after its last."""
    borders = np.flatnonzero(np.diff(np.concatenate(([False], missing, [False]))))
    return list(zip(borders[::2].tolist(), borders[1::2].tolist(), strict=True))


def _interpolated(values: Floats) -> Floats:
    """Fill each column linearly between its neighbours in time; ends keep the nearest figure."""
    rows = np.arange(len(values))
    filled = np.zeros_like(values)
    for column in range(values.shape[1]):
        known = ~np.isnan(values[:, column])
        if known.any():
            filled[:, column] = np.interp(rows, rows[known], values[known, column])
    return filled


def rates(grid: Grid) -> Floats:
    """Return requests a second."""
    return grid.values / (grid.interval_ns / NS_PER_S)
