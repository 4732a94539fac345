"""Compile the fast plane while tests begin that have no need of it, once for all processes of a run.

``python -m tests.support.compiled`` compiles what is not in the cache yet, with the two processes that the product uses.
Who needs it meanwhile waits for a lock that this process holds to its end, however it ends: what it has not compiled then
is compiled by whoever needs it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOMS = (
    "integration", "parity", "truth/cfs", "unit/cli", "unit/interactive", "unit/results", "unit/review", "unit/study",
)  # fmt: skip
"""Where most tests need it."""


def is_needed(places: Iterable[str]) -> bool:
    """Tell whether some of what pytest was given (paths, perhaps with the names of tests) lies in these rooms."""
    for place in places:
        path = Path(place.partition("::")[0]).resolve()
        if any(path.is_relative_to(TESTS / room) or (TESTS / room).is_relative_to(path) for room in ROOMS):
            return True
    return False


def begin(lock: Path, words: Sequence[str] = (sys.executable, "-m", __name__)) -> subprocess.Popen[bytes]:
    """Start the process; it holds the lock until it ends."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        paths = os.pathsep.join([str(TESTS.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
        nothing = subprocess.DEVNULL
        return subprocess.Popen(
            words, env={**os.environ, "PYTHONPATH": paths}, pass_fds=[held.fileno()],
            stdin=nothing, stdout=nothing, stderr=nothing,
        )  # fmt: skip


def wait(lock: Path) -> None:
    """Return when that process has ended."""
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)


def end(process: subprocess.Popen[bytes], patience_s: float = 5.0) -> None:
    """See to it that it has ended."""
    process.send_signal(signal.SIGINT)  # as if a user interrupted it, so that its helper ends as well
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    """Compile what is not in the cache yet."""
    from fvcapacity.dataplane.fast.prepare import prepare
    from tests.support.tiny import cpu, program_of

    prepare(program_of({"s": {}}, {"r": {"steps": [{"call": "s", "steps": [cpu(1)]}]}}))


if __name__ == "__main__":
    main()
