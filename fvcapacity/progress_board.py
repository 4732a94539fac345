"""How far replications in other processes are: each writes it into a file that all of them share."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.results.outcome import ProgressUpdate

_LOOK_S = 0.2
"""How often the file is looked at."""


class ProgressBoard(Frozen):
    """A file with a row a replication: simulated time, and requests so far.

    Attributes
    ----------
    path
        The file; int64, shape (replications, 2). A row is written by one process, and read by whoever wants to know.
    first
        Number of the replication of the first row.
    """

    path: Path
    first: int

    def __call__(self, update: ProgressUpdate) -> None:
        """Write down how far a replication is."""
        self.rows()[update.replication - self.first] = update.time_ns, update.requests

    def rows(self) -> npt.NDArray[np.int64]:
        """Return the rows as they stand; writing to them writes to the file."""
        return np.memmap(self.path, np.int64, "r+").reshape(-1, 2)


@contextmanager
def told_from_elsewhere(
    progress: Callable[[ProgressUpdate], None] | None, numbers: range, duration_ns: int
) -> Iterator[ProgressBoard | None]:
    """Yield what processes tell how far their replications are; ``progress`` is told of it here, until the block ends.

    Parameters
    ----------
    progress
        None: nobody wants to know.
    numbers
        Of the replications.
    duration_ns
        How long each of them is.
    """
    if progress is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="fvcapacity-progress-") as home:
        board = ProgressBoard(Path(home) / "rows", numbers.start)
        np.zeros((len(numbers), 2), np.int64).tofile(board.path)
        ended = Event()
        watcher = Thread(target=_watch, args=(board, progress, duration_ns, ended), daemon=True)
        watcher.start()
        try:
            yield board
        finally:
            ended.set()
            watcher.join()


def _watch(board: ProgressBoard, progress: Callable[[ProgressUpdate], None], duration_ns: int, ended: Event) -> None:
    rows = board.rows()
    told = np.zeros_like(rows)
    last = False
    while not last:
        last = ended.wait(_LOOK_S)  # what was written before the end is told as well
        seen = rows.copy()
        for row in np.flatnonzero((seen != told).any(axis=1)).tolist():
            time_ns, requests = seen[row].tolist()
            progress(ProgressUpdate(board.first + row, time_ns, duration_ns, requests))
        told = seen
