"""Compiles the fast plane once: before many processes need it, and with a word to whoever waits for it.

Two processes share the work where the cache lets them: while this one is at the kernel, a helper
(``python -m fvcapacity.dataplane.fast.prepare``) compiles the other ways in and, of the kernel's parts, those that come
last here. Each takes from the cache what the other has finished; what neither has yet is compiled by whoever needs it
first, or by both. A helper that does not start or does not live costs nothing but time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from fvcapacity.dataplane.fast import kernel
from fvcapacity.dataplane.fast.calls import issue
from fvcapacity.dataplane.fast.cancel import time_out
from fvcapacity.dataplane.fast.layout import CORE
from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.dataplane.fast.probes import probe
from fvcapacity.dataplane.plane import AddNode, DrainContainer, ProbeSpec, SetBackground, StartContainer, StopContainer
from fvcapacity.dataplane.source import ArrivalSource
from fvcapacity.program.arrivals import RecordedArrivals
from fvcapacity.program.program import Program
from fvcapacity.semantics.jit import compile_for, ready_mark, share_parts
from fvcapacity.units import NS_PER_S

HELPERS_WORK: tuple[tuple[Callable[..., object], int], ...] = (
    (kernel.kill_container, 2),
    (time_out, 1),
    (probe, 1),
    (issue, 1),
    (kernel.begin_startup, 1),
    (kernel.set_capacity, 2),
    (kernel.settle_all, 0),
    (kernel.add_probe, 1),
    (kernel.tell_drained, 1),
)
"""Functions and how many whole numbers they take besides the core."""

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
    share_parts()
    with _helper():
        compile_for(kernel.advance, CORE, 2)
    _touch(program)
    _touched.append(True)
    if mark is not None:
        mark.touch()
    if tell is not None:
        tell(f"Compiled in {time.perf_counter() - began:.0f} s.")


@contextmanager
def _helper() -> Iterator[None]:
    """Let a second process compile meanwhile, and wait until it has done its share."""
    if ready_mark("fast-plane") is None or (os.cpu_count() or 1) < 2 or not sys.executable:
        yield
        return
    try:
        process = _begin_process([sys.executable, "-P", "-m", __name__])  # -P: not from where the user stands
    except OSError:  # no more processes, no more memory: alone, then
        yield
        return
    try:
        yield
        process.wait()
    finally:
        process.kill()
        process.wait()


def _begin_process(words: list[str]) -> subprocess.Popen[bytes]:
    """Start a process that finds this package, and that nobody hears."""
    package = Path(__file__).resolve().parents[3]
    paths = os.pathsep.join([str(package), *filter(None, [os.environ.get("PYTHONPATH")])])
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        words, env={**os.environ, "PYTHONPATH": paths}, stdin=nothing, stdout=nothing, stderr=nothing
    )


def help_compile() -> None:
    """Compile the helper's share."""
    share_parts()
    for function, numbers in HELPERS_WORK:
        compile_for(function, CORE, numbers)


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


if __name__ == "__main__":
    help_compile()
