"""Which rows of a program a fault changes, and to what: both planes write the same numbers into their tables."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from fvcapacity.program.layout import Op, ProgramArrays
from fvcapacity.semantics.draw import RECORDED
from fvcapacity.semantics.faults import slowed_mean_ns, slowed_ns

Ints = npt.NDArray[np.int64]


def calls_made_by(arrays: ProgramArrays, services: Iterable[int]) -> list[int]:
    """Return the calls that visits at some services make."""
    found: list[int] = []
    for service in services:
        for at in _operations_of(arrays, service):
            if arrays.op_kind[at] == Op.CALL:
                found += range(int(arrays.op_a[at]), int(arrays.op_a[at] + arrays.op_b[at]))
    return sorted(found)


def slowed_demands(arrays: ProgramArrays, service: int, pace_milli: int) -> list[tuple[int, float]]:
    """Return the operations of a service that need CPU, each with its mean at this pace."""
    return [
        (at, slowed_mean_ns(float(arrays.op_mean_ns[at]), pace_milli))
        for at in _operations_of(arrays, service)
        if arrays.op_kind[at] == Op.CPU
    ]


def slowed_records(arrays: ProgramArrays, service: int, pace_milli: int) -> list[tuple[int, int]]:
    """Return the rows of recorded CPU demands of a service, each with its time at this pace."""
    return [
        (row, slowed_ns(int(arrays.recorded_ns[row]), pace_milli))
        for at in _operations_of(arrays, service)
        if arrays.op_kind[at] == Op.CPU and arrays.op_dist[at] == RECORDED
        for row in range(int(arrays.op_a[at]), int(arrays.op_a[at] + arrays.op_b[at]))
    ]


def slowed_disk_ns(arrays: ProgramArrays, service: int, pace_milli: int) -> int:
    """Return how long one operation keeps the volume of a service busy at this pace."""
    return slowed_ns(int(arrays.service_disk_interval_ns[service]), pace_milli)


def _operations_of(arrays: ProgramArrays, service: int) -> list[int]:
    """Return the operations that visits at a service run, calls in order."""
    found: list[int] = []
    for call in np.flatnonzero(arrays.call_service == service):
        at = int(arrays.call_start[call])
        while arrays.op_kind[at] != Op.END:
            found.append(at)
            at += 1
    return found
