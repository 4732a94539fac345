"""Runs of a sweep on this machine: one after the other, or spread over processes.

A process that dies takes its neighbours with it: joblib ends them all. What they were at is run again, and a run that
is there each time a process dies is found out by being run alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from fvcapacity.errors import SourceError
from fvcapacity.study.sweep.batches import Batches
from fvcapacity.study.sweep.task import Batch, Refused, Row, Rows, Task, batch_of, run_batch

SUSPECTED = 2
"""Deaths of a process at which a run was under way before it is run alone."""
MOST_KILLERS = 3
"""Runs that killed their process also alone before the sweep gives up; fewer are told when all others are finished."""
_TOLD = 5


def run_here(tasks: Sequence[Task], jobs: int) -> Iterator[Row | Refused]:
    """Yield the rows of tasks as they finish, in whatever order.

    Processes that die (killed by the system for want of memory, say) are replaced, and what they were at is run again.

    Raises
    ------
    SourceError
        Naming the runs that kill their process even when nothing else runs.
    """
    from joblib import effective_n_jobs

    width = effective_n_jobs(jobs)
    if width == 1 or len(tasks) == 1:
        for task in tasks:
            yield from _rows(run_batch(batch_of([task])))
        return
    yield from _Surviving(tasks, width).run()


class _Surviving:
    """Hands runs out, and again when processes died."""

    def __init__(self, tasks: Sequence[Task], jobs: int) -> None:
        self.jobs = jobs
        self.waiting = {task.key: task for task in tasks}
        self.deaths: Counter[str] = Counter()
        self.killers: list[Task] = []
        self.told = ""

    def run(self) -> Iterator[Row | Refused]:
        while self.waiting and len(self.killers) < MOST_KILLERS:
            tasks, ahead = self._next_round()
            batches = Batches(tasks, self.jobs, single=ahead < 2 * self.jobs)
            out: dict[str, Task] = {}
            try:
                for answer in _spread(batches, out, self.jobs, ahead):
                    if isinstance(answer, Rows):
                        batches.took(answer.seconds)
                    for row in _rows(answer):
                        if isinstance(row, dict):
                            del self.waiting[row["key"]], out[row["key"]]
                        yield row
            except _broken_pool() as error:
                self.told = str(error).strip().splitlines()[0]
                self.deaths.update(list(out))
                if ahead == 1:
                    self.killers.append(self.waiting.pop(tasks[0].key))
        if self.killers:
            raise self._killed()

    def _next_round(self) -> tuple[list[Task], int]:
        """Return what to run now, and how many pieces of it may be under way."""
        suspected = [task for task in self.waiting.values() if self.deaths[task.key]]
        for task in suspected:
            if self.deaths[task.key] >= SUSPECTED:
                return [task], 1
        if suspected:
            return suspected, self.jobs
        return list(self.waiting.values()), 2 * self.jobs

    def _killed(self) -> SourceError:
        named = [str(task) for task in self.killers[:_TOLD]]
        kept = "what is finished is kept with --out" if self.waiting else "all others are finished and kept with --out"
        return SourceError(
            f"a run kills its process each time, also alone: {'; '.join(named)} ({self.told})",
            hint=f"it may be short of memory: leave the values out, or take a shorter window; {kept}",
        )


def _rows(answer: Rows | Refused) -> Iterator[Row | Refused]:
    if isinstance(answer, Refused):
        yield answer
    else:
        yield from answer.rows


def _spread(batches: Batches, out: dict[str, Task], jobs: int, ahead: int) -> Iterator[Rows | Refused]:
    """Yield the answers of processes; ``out`` holds the runs that are under way."""
    from joblib import Parallel, delayed

    def taken() -> Iterator[Batch]:
        while tasks := batches.take():
            out.update((task.key, task) for task in tasks)
            yield batch_of(tasks)

    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1, pre_dispatch=ahead)
    yield from parallel(delayed(run_batch)(batch) for batch in taken())


def _broken_pool() -> type[Exception]:
    from concurrent.futures.process import BrokenProcessPool

    return BrokenProcessPool
