"""The model with a part left out or put in: what is that part worth?

``as-modelled`` is what the product does. The others are for the table of what matters, and for the proof that the judge
can say no.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fvcapacity.semantics.cfs_quota import phase_of
from fvcapacity.semantics.draw import container_identity
from tests.truth.cfs.host import IDEAL, host_of
from tests.truth.cfs.records import PERCENTILES, Run
from tests.truth.cfs.replay import PHASES, Simulated, simulate
from tests.truth.cfs.single import AS_MODELLED, Kernel, respond
from tests.truth.cfs.systems import Replay, replay_of

AS_IS = "as-modelled"
TICK_NS = 4_000_000
"""The machine's tick (HZ = 250)."""

ALONE = {
    "alone": AS_MODELLED,
    "no-carry-over": Kernel(carries=False),
    "tick": Kernel(tick_ns=TICK_NS),
    "average-rate": Kernel(averaged=True),
}
"""Of one thread by itself, on a machine that wakes it up at once (S1)."""

VARIANTS = {
    AS_IS: "the product, on a machine that wakes threads up as the measured one did",
    "no-host": "every thread wakes up at once",
    "alone": "S1 once more, written as a loop without planes, as no-host: must give the same",
    "no-carry-over": "nothing of a slice outlives the period, an idle thread keeps nothing",
    "tick": "that the quota is spent is noticed at the next tick of 4 ms, and paid back",
    "average-rate": "no quota, but a CPU that is slower all the time",
    "one-thread": "the thread pool of S2 as one thread",
    "no-first-slice": "who wakes up shares the CPU at once (S4)",
}


def build(run: Run, variant: str) -> Replay | None:
    """Return what is replayed of a run, or None when the variant says nothing about its system."""
    if variant not in VARIANTS:
        raise ValueError(f"no variant {variant!r}; there are {', '.join(VARIANTS)}")
    system = run.record["system"]
    if variant == AS_IS:
        return replay_of(run, host_of(run))
    only = {"one-thread": "S2", "no-first-slice": "S4", **dict.fromkeys(ALONE, "S1")}
    if only.get(variant, system) != system:
        return None
    if variant == "one-thread":
        workers = {"server": "C http, 1 io thread + 1 worker threads", "worker_threads": 1}
        return replay_of(replace(run, record={**run.record, **workers}), IDEAL)
    return replay_of(run, IDEAL)


def play(replay: Replay, variant: str, phases: int = PHASES) -> Simulated:
    """Simulate a replay with a part left out or put in."""
    if variant in ALONE:
        return _alone(replay, ALONE[variant], phases)
    return simulate(replay, phases, first_slices=variant != "no-first-slice")


def _alone(replay: Replay, kernel: Kernel, phases: int) -> Simulated:
    assert replay.single_thread is not None
    demands, quota_ns = replay.single_thread
    percentiles, throttled = [], []
    for seed in range(phases):
        phase_ns = phase_of(container_identity(seed, "pod-1", 0))
        responses, count = respond(
            replay.times_ns.tolist(), demands.tolist(), quota_ns, phase_ns, kernel, phase_ns % TICK_NS
        )
        percentiles.append([np.percentile(np.array(responses) / 1e6, PERCENTILES)])
        throttled.append([count])
    periods = [float(entry.periods) for entry in replay.throttling]  # does not count them: the kernel's own number
    return Simulated(np.mean(percentiles, axis=0), np.mean(throttled, axis=0), np.array(periods))
