"""A quarter of ordinary weeks in one command, from the scenario to the written result."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from fvcapacity.results.result import load_result
from tests.benchmarks.shop import REPOSITORY

DAYS = 90
COMMAND = ("simulate", "scenarios/ordinary-week.yaml", "--replications", "1", "--plane", "fast", "--quiet")


@dataclass(frozen=True)
class Quarter:
    """What a long run took: a process of its own, writing of tables, minutes and plots included."""

    days: int
    requests: int
    wall_s: float
    cpu_s: float
    peak_bytes: int
    result_bytes: int


def quarter(days: int = DAYS) -> Quarter:
    """Run so many days, and read the result back."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "result"
        fvcap = str(Path(sys.executable).with_name("fvcap"))
        words = [fvcap, *COMMAND, "--duration", f"{days}d", "--out", str(out)]
        environment = {name: value for name, value in os.environ.items() if name != "NUMBA_BOUNDSCHECK"}
        before, started = os.times(), time.perf_counter()
        process = subprocess.Popen(words, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _peak(process.pid))
            time.sleep(0.2)
        wall, after = time.perf_counter() - started, os.times()
        assert process.returncode == 0, f"fvcap ended with {process.returncode}"
        result = load_result(out)
        routes = result.tables["routes"].query("route != 'all'")
        return Quarter(
            days,
            int(routes["requests"].sum()),
            wall,
            after.children_user + after.children_system - before.children_user - before.children_system,
            peak,
            sum(path.stat().st_size for path in out.rglob("*") if path.is_file()),
        )


def _peak(process: int) -> int:
    """Return the largest resident memory that a process has had so far (0 once it has ended)."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
