"""CPU seconds, and what must hold before they mean anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Timed:
    """Work that was done, and the CPU seconds that it took."""

    work: int
    seconds: float

    @property
    def rate(self) -> float:
        """Work a CPU second."""
        return self.work / self.seconds

    @property
    def each(self) -> float:
        """CPU seconds a piece of work."""
        return self.seconds / self.work


class Stopwatch:
    """Adds up the CPU seconds of the stretches that run under it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what happens inside."""
        started = time.process_time()
        try:
            yield
        finally:
            self.seconds += time.process_time() - started


def timed(work: Callable[[], int]) -> Timed:
    """Do some work that tells how much it was."""
    started = time.process_time()
    done = work()
    return Timed(done, time.process_time() - started)


def best_of(measure: Callable[[], Timed], runs: int = 3) -> Timed:
    """Return the fastest of several equal runs: what else the machine did only ever adds."""
    return min((measure() for _ in range(runs)), key=lambda result: result.each)


def require_unchecked() -> None:
    """Refuse to measure code that was compiled with bounds checks, as the other tests run it."""
    import numba

    if numba.config.BOUNDSCHECK:
        raise AssertionError(
            "benchmarks measure the code that users run, but NUMBA_BOUNDSCHECK is on; run them on their own: "
            "NUMBA_BOUNDSCHECK=0 python -m pytest tests/benchmarks --benchmark-enable -m benchmark_run"
        )
