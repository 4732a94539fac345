"""Compiles the fast plane once: before many processes need it, and with a word to whoever waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.dataplane.plane import AddNode, DrainContainer, ProbeSpec, SetBackground, StartContainer, StopContainer
from fvcapacity.dataplane.source import ArrivalSource
from fvcapacity.program.arrivals import RecordedArrivals
from fvcapacity.program.program import Program
from fvcapacity.semantics.jit import ready_mark
from fvcapacity.units import NS_PER_S

_touched: list[bool] = []
"""Not empty once this process has compiled all of it."""


def is_prepared() -> bool:
    """Return whether the compiled plane is in the cache of this machine and version."""
    mark = ready_mark("fast-plane")
    return mark is not None and mark.exists()


def prepare(program: Program, tell: Callable[[str], None] | None = None) -> None:
    """See to it that the compiled plane is in the cache.

    Parameters
    ----------
    program
        Any program: the code does not depend on it.
    tell
        Told what is happening when it takes long, and how long it took.
    """
    if is_prepared():
        return
    mark = ready_mark("fast-plane")
    if mark is None and _touched:
        return
    if tell is not None:
        how_often = "once for this version" if mark else "in every process: no directory can keep the compiled code"
        tell(f"Compiling the fast data plane for this machine, {how_often} (about half a minute) ...")
    began = time.perf_counter()
    _touch(program)
    _touched.append(True)
    if mark is not None:
        mark.touch()
    if tell is not None:
        tell(f"Compiled in {time.perf_counter() - began:.0f} s.")


def _touch(program: Program) -> None:
    """Go through every way into compiled code with a container that lives for a second."""
    arrivals = RecordedArrivals(np.zeros(1, np.int64), np.zeros(1, np.int64), duration_ns=NS_PER_S)
    plane = FastPlane(program, ArrivalSource(arrivals), 0, NS_PER_S)
    probe = ProbeSpec(
        initial_delay_ns=0, period_ns=NS_PER_S, timeout_ns=NS_PER_S, success_threshold=1, failure_threshold=1,
        queued=True, cpu_ns=1,
    )  # fmt: skip
    container = StartContainer(
        pod=1, name="pod", service=0, node=1, cpu_shares=2, cpu_quota_ns=0, memory_limit_bytes=0, readiness=probe
    )
    plane.apply([AddNode(node=1, name="node", cpu_cores=1.0), SetBackground(node=1, background_cores=0.1), container])
    plane.advance(NS_PER_S)
    plane.apply([DrainContainer(pod=1), StopContainer(pod=1)])
    plane.observe()
    plane.finish()
