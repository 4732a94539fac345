"""How time and memory grow with the rate and with the length of a run.

Time is taken on the chain, where nothing but requests costs anything, so that ten times the work is ten times the
requests: the shop has a start-up and probes besides, which grow with neither and would flatter.

- length: the same rate for ten times as long;
- rate, faster servers: ten times the rate on servers that are ten times as fast, so that each request meets the same
  queues and makes the same work: what is left is what the plane's time depends on the rate itself;
- rate, same cluster: ten times the rate on the cluster that can take it, ten copies of each station, which go from 7 %
  busy to 70 %: more requests are open at a time, and more of them wait;
- rate, larger cluster: ten times the rate on ten times the copies, each station as busy as before: ten times the state.

Memory is the peak of a process that replays the shop at a constant rate: interpreter, libraries and compiled code are in
it, because that is what a machine must have. What the run itself added to the process as it stood after a warm-up is
told beside it. (Linux keeps the peak of resident memory as VmHWM; ``ru_maxrss`` would not do, as a child inherits its
parent's.)
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from fvcapacity.dataplane.fast.plane import FastPlane
from tests.benchmarks.chain import RATE, chain_system
from tests.benchmarks.clocks import Timed, timed
from tests.benchmarks.shop import REPOSITORY, replay, require_served, require_whole, steady
from tests.benchmarks.systems import PoissonRequests, carry, served

COPIES = 10
TURNS = 21
"""Pairs of runs, of whose ratios the median is taken."""


def loaded_chain(requests: int, copies: int, load: float = 1.0, speed: float = 1.0) -> Timed:
    """Carry so many requests on so many copies of the chain, at a share of the rate that they can take.

    With ``speed`` servers and requests are so many times as fast.
    """
    arrivals = PoissonRequests(requests, RATE * copies * load * speed)
    system = replace(chain_system(1, copies, speed), requests=arrivals)
    plane = system.plane(FastPlane)

    def work() -> int:
        carry(plane, system.duration_ns)
        return served(plane.statistics)

    spent = timed(work)
    assert spent.work == requests, "requests were lost"
    return spent


def growth_with_length(requests: int = 100_000, turns: int = TURNS) -> float:
    """Return by what time grows when the run is ten times as long."""
    return _growth(lambda: loaded_chain(requests, 1), lambda: loaded_chain(10 * requests, 1), turns)


def growth_with_speed(requests: int = 100_000, turns: int = TURNS) -> float:
    """Return by what time grows with ten times the rate, on servers ten times as fast."""
    return _growth(lambda: loaded_chain(requests, 1), lambda: loaded_chain(10 * requests, 1, speed=10.0), turns)


def growth_with_rate(requests: int = 100_000, turns: int = TURNS) -> float:
    """Return by what time grows with ten times the rate, on the cluster that can take it."""
    return _growth(lambda: loaded_chain(requests, COPIES, 0.1), lambda: loaded_chain(10 * requests, COPIES), turns)


def growth_with_cluster(requests: int = 100_000, turns: int = TURNS) -> float:
    """Return by what time grows with ten times the rate on a cluster ten times as large."""
    return _growth(lambda: loaded_chain(requests, 1), lambda: loaded_chain(10 * requests, COPIES), turns)


def _growth(little: Callable[[], Timed], much: Callable[[], Timed], turns: int) -> float:
    """Run both in turns and return the median of the ratios.

    The two of a pair meet the same moment of a shared machine, and an odd moment spoils one pair, not the answer; the
    best of many short runs beside the best of few long ones would flatter the short ones.
    """
    ratios = []
    for _ in range(turns):
        few, many = little(), much()
        assert many.work == 10 * few.work
        ratios.append(many.seconds / few.seconds)
    return statistics.median(ratios)


@dataclass(frozen=True)
class Memory:
    """Peak memory of a process that replayed the shop once."""

    requests: int
    peak_bytes: int
    before_bytes: int
    """What it held before that replay, after a warm-up of one minute."""

    @property
    def added_bytes(self) -> int:
        """What the replay added to the process."""
        return self.peak_bytes - self.before_bytes


def memory_of(minutes: int, rps: float) -> Memory:
    """Replay the shop in a process of its own and return that process' memory."""
    command = [sys.executable, "-m", "tests.benchmarks.growth", str(minutes), str(rps)]
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "0"}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, capture_output=True, text=True)
    return Memory(**json.loads(done.stdout))


def _resident(line: str) -> int:
    for text in Path("/proc/self/status").read_text().splitlines():
        if text.startswith(f"{line}:"):
            return int(text.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {line}")


def _own_memory(minutes: int, rps: float) -> Memory:
    replay(steady(1, rps=1.0))
    scenario = steady(minutes, rps)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew from what is resident now
    before = _resident("VmRSS")
    spent, counted = replay(scenario)
    peak = _resident("VmHWM")
    require_whole(counted)
    require_served(counted)
    return Memory(spent.work, peak, before)


if __name__ == "__main__":
    own = _own_memory(int(sys.argv[1]), float(sys.argv[2]))
    print(json.dumps(own.__dict__))
