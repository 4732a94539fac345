"""The table of the program's arrays: what a plane reads, by field, with type and unit.

Calls, operations, services and thread groups are rows; routes and services are counted as in `Program`. Hashes are
int64 bit patterns. A duration of 0 means "none" where a limit is meant.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Op(IntEnum):
    """Kinds of operations. A visit runs its call's operations from ``call_start`` until END."""

    END = 0
    CPU = 1
    """A burst on thread group ``op_group`` with a demand from ``op_dist``, ``op_mean_ns``, ``op_sigma``.

    A recorded one takes it from the ``op_b`` values that begin at ``recorded_ns[op_a]``.
    """
    CALL = 2
    """Calls ``op_a`` to ``op_a + op_b - 1``, all at once; go on when all have ended."""
    BRANCH = 3
    """With probability ``op_mean_ns`` go on, else jump to operation ``op_a``."""
    JUMP = 4
    """Go on at operation ``op_a``."""
    WAIT = 5
    """Let a drawn (or recorded) time pass without CPU."""
    DISK = 6
    """``op_mean_ns`` input/output operations on the volume of the pod, one after the other with all others."""


class Balance(IntEnum):
    """How a call picks its endpoint."""

    RANDOM = 0
    ROUND_ROBIN = 1
    STICKY = 2


class ProgramArrays(NamedTuple):
    """Flat, read-only arrays of a program.

    Attributes
    ----------
    route_call
        (routes,) the call that a request of the route begins with; its caller is the client.
    call_*
        (calls,) one row per place where something is called.
    op_*
        (operations,) see `Op`.
    service_*
        (services,)
    group_*
        (thread groups,) groups of service ``s`` are ``group_first[s]`` to ``group_first[s + 1] - 1``; the first
        one takes the requests in.
    pool_*
        (pools,) connection pools; every pod of ``pool_owner`` has one of its own.
    recorded_ns
        (values of all records,) times of operations whose ``op_dist`` is RECORDED.
    """

    route_call: Ints

    call_service: Ints
    call_start: Ints
    """First operation of the visit."""
    call_path: Ints
    """Hash that tells this place from all others."""
    call_timeout_ns: Ints
    call_retries: Ints
    call_backoff_ns: Ints
    """Before attempt n + 1 the caller waits ``backoff * 2^n``."""
    call_cancel: Ints
    """1: a timed-out attempt is cancelled with all that it called; 0: it goes on unseen."""
    call_optional: Ints
    call_network_ns: Ints
    """Round trip, passed before the request is delivered."""
    call_pool: Ints
    """Pool that the caller needs a connection of, or -1."""
    call_memory_bytes: Ints
    """Memory that the visit holds at the service besides ``service_memory_per_open_bytes``."""
    call_response_bytes: Ints
    call_log_bytes: Ints
    call_written_bytes: Ints
    call_breaker_failures: Ints
    """Consecutive failures after which the caller's breaker opens; 0: no breaker."""
    call_breaker_open_ns: Ints

    op_kind: Ints
    op_a: Ints
    op_b: Ints
    op_group: Ints
    """Thread group, counted within the service."""
    op_dist: Ints
    op_mean_ns: Floats
    op_sigma: Floats
    op_path: Ints

    service_memory_base_bytes: Ints
    service_memory_per_open_bytes: Ints
    service_memory_growth_bytes: Ints
    service_startup_cpu_ns: Ints
    service_disk_interval_ns: Ints
    """Time that one operation keeps the volume busy (1 / IOPS)."""
    service_disk_latency_ns: Ints
    service_balance: Ints
    service_connections: Ints
    """Keep-alive connections per client pod, for STICKY."""

    group_first: Ints
    group_per_request: Ints
    """1: a thread is held from a request's start to its end; 0: for one burst."""
    group_threads: Ints
    group_queue_limit: Ints

    pool_owner: Ints
    pool_size: Ints

    recorded_ns: Ints
