"""Nodes on which bookkeeping is put off: nobody competes for a CPU and nobody has a quota (see ``fast/plain.py``)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.dataplane.reference.plane import ReferencePlane
from fvcapacity.dataplane.statistics import ServiceColumn as Column
from fvcapacity.dataplane.trace import Step
from tests.parity.harness import Play, check
from tests.parity.words import call, pod, threads
from tests.support.tiny import MS, SECOND, Tiny, cpu, program_of

LONG, SHORT, LIMITED = range(3)
"""Routes: bursts of 70 s, bursts of 2 s, and bursts of a service with a quota."""


def system(arrivals: list[tuple[int, int]], nodes: float = 4.0) -> Tiny:
    """Three services on one node of four cores, the last with a quota."""
    times = {"long": 70_000, "short": 2_000, "limited": 30}
    routes = {name: {"steps": [call(name, cpu(mean_ms))], "client_timeout": "10m"} for name, mean_ms in times.items()}
    pods = [pod("long"), pod("short"), pod("limited", cpu_quota_ns=20 * MS)]
    return Tiny(
        program_of({name: threads(4) for name in times}, routes),
        arrivals,
        pods,
        nodes=[nodes],
        duration_ns=200 * SECOND,
    )


ALONE = [(0, LONG), (10 * SECOND, SHORT), (10 * SECOND, SHORT), (57 * SECOND, SHORT), (59 * SECOND, SHORT)]
WITH_QUOTA = [*ALONE, (60 * SECOND - 10 * MS, LIMITED), (61 * SECOND, LIMITED), (69_990 * MS, LIMITED)]
CROWDED = [*WITH_QUOTA, *[(64 * SECOND, SHORT)] * 6, (150 * SECOND, LIMITED)]
LOOKS = [5 * SECOND, 12 * SECOND, 58 * SECOND, 60 * SECOND, 60 * SECOND + 1, 63 * SECOND, 120 * SECOND, 130 * SECOND]


@pytest.mark.parametrize("looks", [(), LOOKS], ids=["unseen", "looked at"])
@pytest.mark.parametrize("arrivals", [ALONE, WITH_QUOTA, CROWDED], ids=["alone", "with a quota", "crowded"])
def test_both_planes_book_the_same_into_every_minute(arrivals: list[tuple[int, int]], looks: tuple[int, ...]) -> None:
    run = check(Play(system(sorted(arrivals)), looks=looks))
    booked = run.statistics.service_counts[:, LONG, Column.CPU_NS]
    assert (booked > 0).sum() >= 2, "the long burst reaches over no minute"
    assert booked.sum() == 70 * SECOND
    ends = [line.time_ns for line in run.lines(Step.BURST_END)]
    assert len(ends) > len(set(ends)), "no two bursts end at once"
    throttled, contended = run.total(Column.THROTTLED_PERIODS), run.total(Column.BURST_NS) > run.total(Column.CPU_NS)
    assert (throttled > 0) == (arrivals != ALONE)
    assert contended == (arrivals != ALONE)


@pytest.mark.parametrize("cut_ns", [30 * SECOND, 58 * SECOND, 60 * SECOND, 60 * SECOND + 5])
def test_what_was_put_off_is_in_the_day_that_it_belongs_to(cut_ns: int) -> None:
    tiny = system(sorted(ALONE))
    plane, reference = (replace(tiny, kind=kind).plane() for kind in (FastPlane, ReferencePlane))
    for one in (plane, reference):
        one.advance(cut_ns)
    reference.tally.flush()
    first, booked = plane.cut(tiny.duration_ns - cut_ns), reference.statistics.service_counts.copy()
    assert booked[..., Column.CPU_NS].any()
    assert np.array_equal(first.service_counts, booked)
    for one in (plane, reference):
        one.advance(tiny.duration_ns)
        one.finish()
    rest = reference.statistics.service_counts.sum(axis=0) - booked.sum(axis=0)
    assert np.array_equal(plane.statistics.service_counts.sum(axis=0), rest)
