"""Short runs go out together: what is sent with a task, and what is done for it, then costs little beside it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from fvcapacity.study.sweep.task import Task

BATCH_S = 1.0
"""Seconds that a batch takes about: rows come in as often, and a lost process costs little. A longer run is a batch."""
_SHARE = 3
"""A batch is at most this part of what is left for a process: batches shrink, and all processes end together."""


class Batches:
    """Waiting runs, taken in their order as batches of one point each.

    Parameters
    ----------
    tasks
        Runs of a point stand together.
    workers
        Processes that take batches.
    single
        Each run is a batch.
    """

    def __init__(self, tasks: Sequence[Task], workers: int, *, single: bool = False) -> None:
        self.workers, self.single = workers, single
        self._waiting = deque(tasks)
        self._run_s = float("inf")  # unknown: the first batches are of one run

    def took(self, seconds: float) -> None:
        """Learn how long a run takes."""
        self._run_s = max(seconds, 1e-6)

    def take(self) -> list[Task]:
        """Return the next batch; none when nothing waits."""
        taken: list[Task] = []
        size = self._size()
        while self._waiting and len(taken) < size and (not taken or self._waiting[0].packed == taken[0].packed):
            taken.append(self._waiting.popleft())
        return taken

    def _size(self) -> int:
        if self.single:
            return 1
        fair = -(-len(self._waiting) // (_SHARE * max(self.workers, 1)))
        return max(min(int(BATCH_S / self._run_s), fair), 1)
