"""How long one waits for the first answer: ``fvcap simulate`` of one minute, as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.shop import REPOSITORY, SHOP

PLAIN = ("--start", "2026-02-14T12:00:00", "--duration", "1m", "--replications", "1", "--plane", "fast", "--quiet")


@dataclass(frozen=True)
class Waits:
    """Wall seconds of the first run ever, when everything is compiled, and of the best of the next ones."""

    first: float
    warm: float


def waits(warm_runs: int = 3) -> Waits:
    """Run the command with an empty cache, then again with what that left."""
    with tempfile.TemporaryDirectory() as directory:
        first = _run(Path(directory))
        return Waits(first, min(_run(Path(directory)) for _ in range(warm_runs)))


def _run(directory: Path) -> float:
    fvcap = Path(sys.executable).with_name("fvcap")
    out = directory / "results"
    kept = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "NUMBA_BOUNDSCHECK")}
    environment = {**kept, "XDG_CACHE_HOME": str(directory / "cache"), "MPLCONFIGDIR": str(directory / "matplotlib")}
    command = [str(fvcap), "simulate", str(SHOP), *PLAIN, "--out", str(out)]
    started = time.perf_counter()
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.DEVNULL)
    spent = time.perf_counter() - started
    assert (out / "summary.json").is_file()
    return spent
