"""How long one waits for the first answer: ``fvcap simulate`` of one minute, as a user starts it."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.shop import REPOSITORY, SHOP

START, DURATION = "2026-02-14T12:00:00", "1m"

COMMAND = ("--start", START, "--duration", DURATION, "--replications", "1", "--plane", "fast", "--quiet")

_NO_USERS = ("NUMBA_CACHE_DIR", "NUMBA_BOUNDSCHECK", "PYTHONDONTWRITEBYTECODE")
"""What tests and build machines set and a user does not: without bytecode, every module is parsed at every start."""

IMPORTS = (
    "import numba, numba.np.arraymath, pandas, pyarrow.parquet, pydantic, rich.console, scipy.linalg, simpy, typer"
)
LIBRARY = f"""
import fvcapacity as fv
minute = {{"window.start": "{START}", "window.duration": "{DURATION}", "replications": 1, "plane": "fast"}}
assert fv.simulate(fv.load_scenario("{SHOP.relative_to(REPOSITORY)}", overrides=minute)).summary
"""


@dataclass(frozen=True)
class Waits:
    """Wall seconds of the first run ever, when everything is compiled, and of the best of the next ones.

    ``library`` is a Python program that does the same, and writes nothing; ``imports`` one that only imports the
    libraries that both are made of, and tells how fast this machine is at such things.
    """

    first: float
    warm: float
    library: float
    imports: float


def waits(warm_runs: int = 3, *, library: bool = True) -> Waits:
    """Run the command with an empty cache, then again with what that left; a library can be left out (NaN)."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "results"
        fvcap = str(Path(sys.executable).with_name("fvcap"))
        command = [fvcap, "simulate", str(SHOP), *COMMAND, "--out", str(out)]
        first = _run(Path(directory), command)
        assert (out / "summary.json").is_file()
        programs = [command, [sys.executable, "-c", IMPORTS]]
        if library:
            programs.append([sys.executable, "-c", LIBRARY])
        warm, imports, *of_library = (min(_run(Path(directory), words) for _ in range(warm_runs)) for words in programs)
        return Waits(first, warm, *(of_library or [math.nan]), imports)


def _run(directory: Path, command: list[str]) -> float:
    kept = {name: value for name, value in os.environ.items() if name not in _NO_USERS}
    environment = {**kept, "XDG_CACHE_HOME": str(directory / "cache"), "MPLCONFIGDIR": str(directory / "matplotlib")}
    started = time.perf_counter()
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started
