"""Runs a replay on a data plane, with the period's phase at one place after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.dataplane.plane import AddNode, Command, SetEndpoints, StartContainer
from fvcapacity.dataplane.source import ArrivalSource
from fvcapacity.dataplane.statistics import Cause, ServiceColumn
from fvcapacity.dataplane.trace import EVERY_RECORD
from fvcapacity.program.arrivals import RecordedArrivals
from tests.truth.cfs.records import PERCENTILES, Floats, UnknownRecordError
from tests.truth.cfs.systems import Replay

PHASES = 32
"""So many phases of the period are averaged over: where a container's periods begin is chance."""
TAIL_NS = 120_000_000_000
"""After the last arrival all requests are waited for, as the measurements did."""


@dataclass(frozen=True)
class Simulated:
    """What came out, averaged over the phases.

    Attributes
    ----------
    percentiles_ms
        Shape (series, percentiles).
    throttled, periods
        Shape (throttling,).
    """

    percentiles_ms: Floats
    throttled: Floats
    periods: Floats


def simulate(replay: Replay, phases: int = PHASES, *, first_slices: bool = True) -> Simulated:
    """Replay a run, once a phase."""
    parts = [_once(replay, seed, first_slices) for seed in range(phases)]
    return Simulated(*(np.mean(column, axis=0) for column in zip(*parts, strict=True)))


def _once(replay: Replay, seed: int, first_slices: bool) -> tuple[Floats, Floats, Floats]:
    plane = played(replay, seed, first_slices=first_slices)
    records = plane.record_table()
    percentiles = []
    for series in replay.series:
        own = records[records[:, 1] == series.route]
        served = own[own[:, 4] == Cause.SERVED, 3]
        if len(served) != series.requests:
            raise UnknownRecordError(f"{replay.run.id}: {len(served)} of {series.requests} requests were served")
        percentiles.append(np.percentile(served / 1e6, PERCENTILES))
    counts = plane.statistics.service_counts.sum(axis=0)[[entry.service for entry in replay.throttling]]
    return (
        np.array(percentiles),
        counts[:, ServiceColumn.THROTTLED_PERIODS].astype(np.float64),
        counts[:, ServiceColumn.PERIODS].astype(np.float64),
    )


def played(replay: Replay, seed: int, kind: Any = FastPlane, *, first_slices: bool = True) -> Any:
    """Return a plane that has played a run to its end.

    Parameters
    ----------
    seed
        Says where the containers' periods begin, and which wake-ups are late.
    kind
        Which plane.
    first_slices
        False: who wakes up shares the CPU at once (the fast plane only).
    """
    end_ns = round(replay.run.record["duration_s"] * 1e9) + TAIL_NS
    stream = RecordedArrivals(replay.times_ns, replay.routes, seed=seed, duration_ns=end_ns)
    plane = kind(replay.program, ArrivalSource(stream, replay.users), seed, end_ns, records=EVERY_RECORD)
    plane.apply(_commands(replay))
    if not first_slices:
        plane.memory["nodes"]["slice_ns"] = 0
        plane.memory["containers"]["saved_ns"] = 0
    plane.advance(end_ns)
    plane.finish()
    return plane


def _commands(replay: Replay) -> Sequence[Command]:
    cpus, kept_away = replay.cpus
    commands: list[Command] = [AddNode(node=0, name="host", cpu_cores=cpus, background_cores=kept_away)]
    members: dict[int, list[int]] = {}
    for uid, pod in enumerate(replay.pods, start=1):
        commands.append(
            StartContainer(
                pod=uid, name=f"pod-{uid}", service=pod.service, node=0, cpu_shares=pod.shares,
                cpu_quota_ns=pod.quota_ns, memory_limit_bytes=0, warm=True,
            )
        )  # fmt: skip
        members.setdefault(pod.service, []).append(uid)
    return [*commands, *(SetEndpoints(service=service, pods=tuple(uids)) for service, uids in members.items())]
