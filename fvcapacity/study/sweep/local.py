"""Runs of a sweep on this machine: one after the other, or spread over processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fvcapacity.errors import SourceError
from fvcapacity.study.sweep.task import Refused, Row, Task, run_task

MOST_BREAKDOWNS = 3
"""Times in a row that the processes may die without one run coming in."""


def run_here(tasks: Sequence[Task], jobs: int) -> Iterator[Row | Refused]:
    """Yield the rows of tasks as they finish, in whatever order.

    Processes that die (killed by the system for want of memory, say) are replaced, and what they were at is run again.

    Raises
    ------
    SourceError
        When they die again and again.
    """
    if jobs == 1 or len(tasks) == 1:
        for task in tasks:
            yield run_task(task)
        return
    waiting = {task.key: task for task in tasks}
    breakdowns = 0
    while waiting:
        try:
            for row in _spread(list(waiting.values()), jobs):
                breakdowns = 0
                if not isinstance(row, Refused):
                    del waiting[row["key"]]
                yield row
        except _broken_pool() as error:
            breakdowns += 1
            if breakdowns == MOST_BREAKDOWNS:
                raise SourceError(
                    f"the processes that run the sweep died {MOST_BREAKDOWNS} times in a row: "
                    f"{str(error).splitlines()[0]}",
                    hint="they may be short of memory: take fewer with --jobs. What is finished is kept; the same "
                    "command goes on",
                    retryable=True,
                ) from None


def _spread(tasks: Sequence[Task], jobs: int) -> Iterator[Row | Refused]:
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)(
        delayed(run_task)(task) for task in tasks
    )


def _broken_pool() -> type[Exception]:
    from concurrent.futures.process import BrokenProcessPool

    return BrokenProcessPool
