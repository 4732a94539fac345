"""Runs of a sweep on an existing Dask cluster. Only a few batches more than there are threads are handed out at a time.

Dask runs the tasks of a lost worker again elsewhere. Who joins later is given work too: every batch checks by itself
whether it runs under the versions of the one who asks.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from fvcapacity.errors import FvcapError, InputError, Problem, SourceError
from fvcapacity.study.sweep.batches import Batches
from fvcapacity.study.sweep.task import Facts, Refused, Row, Rows, Task, batch_of, differences, facts, run_batch

CONNECT_S = 20
PATIENCE_S = 120.0
"""How long a cluster may be without any worker before the sweep gives up."""
AHEAD = 2
"""Batches that are handed out for each thread: one that runs, and one that waits for it."""
_KEPT = "what is finished is kept; the same command goes on"


def run_on_cluster(tasks: Sequence[Task], address: str, *, patience_s: float = PATIENCE_S) -> Iterator[Row | Refused]:
    """Yield the rows of tasks as they finish, in whatever order.

    Parameters
    ----------
    address
        Of the scheduler, such as ``tcp://dask-scheduler:8786``.
    patience_s
        Seconds to wait for a worker when there is none.

    Raises
    ------
    InputError
        When Dask is not installed here, or a worker has other versions.
    SourceError
        When the scheduler cannot be reached or is lost, no worker is left, or a run took down every worker it met.
    """
    client = _connected(address, patience_s)
    try:
        refuse_strangers(_asked(client))
        yield from _Handing(client, address, patience_s, tasks).run()
    finally:
        client.close(timeout=2)


def refuse_strangers(answers: Mapping[str, Facts | Exception]) -> None:
    """Refuse workers whose figures might be others.

    Parameters
    ----------
    answers
        What each worker, by its address, says of itself; an exception when it could not.

    Raises
    ------
    InputError
        With a problem for every such worker.
    """
    mine, problems = facts(), []
    hint = "give the workers the image or the lock file that this command runs from (docs/how-to/cluster.md)"
    for address, theirs in sorted(answers.items()):
        if isinstance(theirs, ModuleNotFoundError | ImportError | AttributeError):
            message = f"fvcapacity of this release is not installed there ({theirs})"
        elif isinstance(theirs, Exception):
            message = f"it could not say what it works with: {theirs}"
        elif found := differences(mine, theirs):
            message = f"it has {', '.join(found)}"
        else:
            continue
        problems.append(Problem(message, field=f"worker {address}", hint=hint, rule="worker-version"))
    if problems:
        raise InputError(problems)


def refused_late(refused: Refused) -> InputError:
    """Return the error of a process that was given a task and would not give the same figures."""
    try:
        refuse_strangers({refused.who: refused.facts})
    except InputError as error:
        return error
    raise AssertionError("a process refused a task and has all it takes")


def _connected(address: str, patience_s: float) -> Any:
    client: Any
    try:
        import distributed
    except ImportError:
        hint = "pip install 'fvcapacity[dask]', here and on the workers"
        raise InputError("Dask is not installed", hint=hint) from None
    try:
        client = cast(Any, distributed).Client(address, timeout=CONNECT_S, set_as_default=False, name="fvcap-sweep")
    except (OSError, ValueError) as error:
        hint = "the address is that of the scheduler, such as tcp://dask-scheduler:8786"
        raise SourceError(
            f"no Dask scheduler answers at {address}: {str(error) or type(error).__name__}", hint=hint, retryable=True
        ) from None
    try:
        client.wait_for_workers(1, timeout=patience_s)
    except TimeoutError:
        client.close(timeout=2)
        raise _no_worker(address, patience_s) from None
    return client


def _asked(client: Any) -> dict[str, Facts | Exception]:
    answers: dict[str, Facts | Exception] = client.run(facts, on_error="return")
    return answers


def _no_worker(address: str, patience_s: float) -> SourceError:
    message = f"the scheduler at {address} has had no worker for {patience_s:.0f} s"
    return SourceError(message, hint=f"start workers; {_KEPT}", retryable=True)


class _Handing:
    """Hands tasks out as workers have room for them."""

    def __init__(self, client: Any, address: str, patience_s: float, tasks: Sequence[Task]) -> None:
        self.client, self.address, self.patience_s = client, address, patience_s
        self.batches = Batches(tasks, 1)
        self.done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.out: dict[Any, list[Task]] = {}
        self.last_worker = time.monotonic()
        self.looked = 0.0
        self.ahead = AHEAD

    def run(self) -> Iterator[Row | Refused]:
        self._hand_out()
        while self.out:
            try:
                future = self.done.get(timeout=1.0)
            except queue.Empty:
                self._look()
                continue
            answer = self._result(future, self.out.pop(future))
            if isinstance(answer, Rows):
                self.batches.took(answer.seconds)
                self._hand_out()
                yield from answer.rows
            else:
                yield answer

    def _hand_out(self) -> None:
        if time.monotonic() - self.looked > 2.0:
            self._look()
        while len(self.out) < self.ahead and (tasks := self.batches.take()):
            key = f"fvcap-sweep-{tasks[0].key}-{len(tasks)}"
            future = self.client.submit(run_batch, batch_of(tasks), key=key, pure=False)
            self.out[future] = tasks
            future.add_done_callback(self.done.put)

    def _look(self) -> None:
        """See how many threads there are, and whether there is anybody left."""
        self.looked = time.monotonic()
        try:
            threads = sum(self.client.nthreads().values())
        except (OSError, TimeoutError, FvcapError) as error:
            raise self._lost(error) from None
        if self.client.status not in ("running", "connecting"):
            raise self._lost(self.client.status)
        if threads:
            self.last_worker = self.looked
            self.ahead, self.batches.workers = AHEAD * threads, threads
        elif self.looked - self.last_worker > self.patience_s:
            raise _no_worker(self.address, self.patience_s)

    def _result(self, future: Any, tasks: Sequence[Task]) -> Rows | Refused:
        from distributed import KilledWorker

        if future.status in ("cancelled", "lost"):
            raise self._lost("its tasks are gone")
        try:
            answer: Rows | Refused = future.result(timeout=30)
        except KilledWorker as error:
            raise SourceError(
                f"a run at {tasks[0].point} took down every worker that it was given to: {str(error).splitlines()[0]}",
                hint=f"they may be short of memory: give them more, or one thread each; {_KEPT}",
            ) from None
        except (OSError, TimeoutError) as error:
            raise self._lost(error) from None
        return answer

    def _lost(self, why: object) -> SourceError:
        message = f"the Dask scheduler at {self.address} was lost: {why}"
        return SourceError(message, hint=_KEPT, retryable=True)
