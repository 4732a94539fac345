"""The fast plane's state: tables of int64 records, one table for each kind of thing.

A record is a row whose fields lie side by side in memory, because whoever touches a thread or an attempt touches most
of it. References between records are row numbers, -1 for none. Rows are recycled; nothing is ever ordered by them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fvcapacity.dataplane.statistics import Statistics

NONE = -1
NEVER = 1 << 62

Ints = npt.NDArray[np.int64]
Table = Any
"""A one-dimensional array of records; Numba knows their fields, NumPy's types do not."""


def _record(*names: str) -> np.dtype[Any]:
    return np.dtype([(name, np.int64) for name in names])


CORE = _record(
    "now_ns", "bin", "window", "next_bin_ns", "next_window_ns", "events",
    # follow-ups: a ring
    "ring_head", "ring_tail",
    # what control is told: a ring, too
    "outbox_head", "outbox_tail",
    # attempts
    "free_attempt", "free_attempts",
    # sources of events
    "timeouts_bound_ns", "chunk_position", "chunk_size", "chunk_final", "deliveries", "timers", "probe_ticks",
    "user_turns", "next_stage", "next_slot_ns",
    # records and trace
    "record_from_ns", "record_until_ns", "recorded", "tracing", "traced",
)  # fmt: skip
"""One row: the present instant, and sizes and positions of everything that grows and shrinks."""

ATTEMPT = _record(
    "kind", "identity", "refs", "live", "call",
    # the burst that it runs or waits to run
    "burst", "thread", "demand_ns", "queued_ns", "started_ns",
    # its stay at a container
    "visiting", "container", "arrived_ns", "held_bytes", "own_thread", "at",
    # what it waits for there
    "join_left", "join_cause", "join_place", "first_child",
    # who made it
    "caller", "home", "place", "number", "next_sibling", "cancelled", "waits", "pool",
    # its user
    "client", "route", "entered_ns", "user",
    # lines in which it stands
    "timeout_class", "due_ns", "timeout_before", "timeout_after", "line_before", "line_after",
    "open_before", "open_after",
)  # fmt: skip
"""An attempt at a call and the visit that serves it; also a probe's work and a container's start-up work."""

NODE = _record(
    "number", "capacity", "settled_ns", "contended", "ticking", "first_running", "last_running", "running",
    "first_limited",
)  # fmt: skip

THREAD = _record("container", "line", "attempt", "remaining_ns", "slice_ns", "throttled_since", "before", "after")

CONTAINER = _record(
    "node", "rate", "quota_ns", "pool_ns", "edge_ns", "cpu_ns", "service", "busy", "running", "throttled",
    "counted_until_ns", "throttle_counted_until_ns", "phase_ns", "shares",
    "pod", "state", "identity", "memory_bytes", "memory_limit_bytes", "open", "first_open", "disk_free_ns",
    "first_thread", "threads", "first_line", "lines", "first_pool", "pools", "first_breaker", "first_connection",
    "limited_before", "limited_after", "claims", "refs", "startup_done",
)  # fmt: skip
"""One run of a serving container. ``lines`` are its thread groups' queues, ``pools`` its connection pools."""

LINE = _record("first", "last", "length", "limit", "free", "per_request", "first_thread")
"""Who waits, and for how many free things: threads of a group, or connections of a pool."""

BREAKER = _record("failures", "open_until_ns")

WORKER = _record(
    "container", "kind", "period_ns", "timeout_class", "success_threshold", "failure_threshold",
    "queued", "cpu_ns", "identity", "good", "successes", "failures", "number", "tick_ns", "probe",
)  # fmt: skip
"""A kubelet's worker for one probe of one container."""

TIMEOUTS = _record("duration_ns", "first", "last")
"""All attempts that wait for the same duration: they are due in the order in which they began to wait."""

ENTRY = _record("time_ns", "identity", "item")
"""A row of a heap, ordered by time and identity."""

CALL = _record(
    "service", "start", "path", "timeout_ns", "timeout_class", "retries", "backoff_ns", "cancel", "optional",
    "network_ns", "pool", "held_bytes", "response_bytes", "log_bytes", "written_bytes", "breaker_failures",
    "breaker_open_ns", "breaker",
)  # fmt: skip
"""``pool`` and ``breaker`` count within the caller's container, -1 for none."""

OPERATION = np.dtype(
    [(name, np.int64) for name in ("kind", "a", "b", "group", "dist", "path")] + [("mean", "f8"), ("sigma", "f8")]
)

SERVICE = _record(
    "growth_bytes", "startup_cpu_ns", "disk_interval_ns", "disk_latency_ns", "balance", "connections",
    "first_connection", "turn", "endpoints",
)  # fmt: skip
"""``turn`` and ``endpoints`` (how many there are) change while the plane runs."""

FOLLOW_UP = _record("kind", "item", "value")
NOTICE = _record("time_ns", "kind", "pod")


class Code(NamedTuple):
    """What requests do (see ``program.layout``), and how many children, breakers and connections there can be."""

    route_call: Ints
    calls: Table
    operations: Table


class UserPlan(NamedTuple):
    """The closed loop of users (see ``dataplane.source.ClosedUsers``)."""

    journey: Ints
    stage_times: Ints
    stage_users: Ints
    think_ns: int
    slot_ns: int
    seed: int


class State(NamedTuple):
    """Everything that the kernel reads and writes."""

    core: Table
    code: Code
    statistics: Statistics
    attempts: Table
    nodes: Table
    node_times: Ints
    """When each node has its next event; the leaves of ``node_tree``."""
    node_tree: Ints
    threads: Table
    idle: Ints
    """Idle threads of each group: a heap in the group's own stretch."""
    containers: Table
    lines: Table
    breakers: Table
    connections: Ints
    """Pod behind each keep-alive connection; the first stretch is the clients' own."""
    services: Table
    endpoints: Ints
    """Shape (services, most): containers in their order."""
    timeouts: Table
    deliveries: Table
    timers: Table
    workers: Table
    probe_ticks: Table
    arrived: Ints
    served: Ints
    ring: Table
    outbox: Table
    scratch: Ints
    """Room for a list of containers or of attempts."""
    sorter: Table
    """A heap to sort attempts with."""
    chunk_times: Ints
    chunk_routes: Ints
    chunk_identities: Ints
    users: Ints
    """Requests that each virtual user has begun to make, -1 while inactive."""
    user_turns: Table
    user_plan: UserPlan
    records: Ints
    """Shape (most, 5): columns of `RequestRecord`."""
    trace: Ints
    """Shape (most, 5): columns of `TraceLine`."""
