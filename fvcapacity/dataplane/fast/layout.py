"""The fast plane's memory: tables of records, one table for each kind of thing.

A record is a row whose fields lie side by side, because whoever touches a thread or an attempt touches most of it.
References between records are row numbers, -1 for none. Rows are recycled; nothing is ever ordered by them.

Times, sizes in bytes, identities and sums are int64. Where there may be thousands of rows, what cannot become large is
narrower, so that what an event touches of a row fits into one or two lines of the processor's cache.

The kernel gets one record, `CORE`, which knows where every table lies. Passing the tables themselves (some forty
arrays) to every function took Numba 156 s to compile; records by address take a tenth of that (see
``docs/decisions/0002-fast-plane.md``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fvcapacity.dataplane.statistics import ServiceColumn
from fvcapacity.semantics.jit import CACHE_LINE

NONE = -1
NEVER = 1 << 62

Ints = npt.NDArray[np.int64]
Table = npt.NDArray[Any]
Field = str | tuple[str, type[np.signedinteger[Any]]]

MOST = (1 << 31) - 1
"""What a small field can hold. A setting beyond it (connections of a pool, failures of a probe) is as good as this."""


def small(*names: str) -> list[Field]:
    """Return fields of 32 bits: row numbers, counts of rows, and settings that are bounded or cut at `MOST`."""
    return [(name, np.int32) for name in names]


def tiny(*names: str) -> list[Field]:
    """Return fields of 8 bits: yes or no, and kinds."""
    return [(name, np.int8) for name in names]


def record(*fields: Field, whole_lines: bool = False) -> np.dtype[Any]:
    """Return the type of a row: int64 fields (given by their names alone) and narrower ones, each at its alignment.

    It may be filled up to whole lines of the processor's cache.
    """
    named = [(field, np.int64) if isinstance(field, str) else field for field in fields]
    size, places = 0, []
    for _, kind in named:
        width = np.dtype(kind).itemsize
        places.append(size + -size % width)
        size = places[-1] + width
    size += -size % (CACHE_LINE if whole_lines else max(np.dtype(kind).itemsize for _, kind in named))
    names, formats = zip(*named, strict=True)
    return np.dtype({"names": names, "formats": formats, "offsets": places, "itemsize": size})


CELL = record("value")
REFERENCE = record(*small("value"))
"""A row number."""
MATCH = record("time_ns", "node")
"""Who wins a match of the tournament over the nodes, and when that is."""
SERVICE_MINUTE = record(*(column.name.lower() for column in ServiceColumn))
"""Counters of a service in one bin."""
COUNT = np.dtype([("value", np.uint32)])
"""A bin of a histogram."""

ATTEMPT = record(
    *tiny("kind", "live", "visiting", "cancelled", "waits", "burst"), *small("refs"),
    "identity", *small("call", "at"),
    # the burst that it runs or waits to run
    "demand_ns", "queued_ns", "started_ns", *small("thread", "own_thread"),
    # its stay at a container
    *small("container", "home"), "arrived_ns", "held_bytes",
    # what it waits for there
    *small("join_left", "join_cause", "join_place", "first_child"),
    # who made it
    *small("caller", "place", "number", "next_sibling", "pool"),
    # its user
    *small("route"), "client", "entered_ns", *small("user"),
    # lines in which it stands
    *small("timeout_class"), "due_ns", *small("timeout_before", "timeout_after", "line_before", "line_after"),
    *small("open_before", "open_after"),
    whole_lines=True,
)  # fmt: skip
"""An attempt at a call and the visit that serves it; also a probe's work and a container's start-up work."""

NODE = record(
    # every event; ``slice_ns`` is some milliseconds at most
    "settled_ns", "rated_ns", "capacity",
    *small("first_running", "last_running", "running", "next_thread", "next_ties", "first_limited", "bin", "slice_ns"),
    *small("unplanned_after"), *tiny("contended", "unplanned", "plain"),
    # the rest
    "edge_ns", "number",
    whole_lines=True,
)  # fmt: skip

THREAD = record(
    # every burst; the first two times are kept on a plain node only (see ``plain.py``)
    "since_ns", "finish_ns", "remaining_ns", *small("container", "line", "attempt", "before", "after"),
    # what has a CPU limit
    "slice_ns", "throttled_since",
    whole_lines=True,
)  # fmt: skip

CONTAINER = record(
    # every burst; a rate is at most one core, which is 2^20, and a weight at most 2^18
    *small("node", "service", "busy", "running", "rate", "shares", "state", "refs"),
    "quota_ns", "cpu_ns", "saved_ns", "idle_since_ns",
    # every visit and every probe
    *small("first_line", "first_thread", "threads", "startup_done", "open", "first_open", "demand_milli", "error_ppm"),
    "memory_bytes", "memory_limit_bytes", "watch_ns", "answered",
    # what has a CPU limit, and what calls through a pool
    "pool_ns", "edge_ns", "counted_until_ns", "throttle_counted_until_ns", "phase_ns",
    *small("throttled", "limited_before", "limited_after", "claims", "first_pool", "pools"),
    # the rest; there are ten periods a second
    "pod", "identity", "disk_free_ns", "failed", "slow",
    *small("first_breaker", "first_connection", "lines", "lost", "periods", "throttled_periods"),
    whole_lines=True,
)  # fmt: skip
"""One run of a serving container. ``lines`` are its thread groups' queues, ``pools`` its connection pools.

Of thousands of containers each has long left the cache when its next visit comes: what is used together lies together.
"""

PLACE = record(*small("node", "first_line", "first_thread"))
"""What a container's visits touch besides its row, in a table that is small enough to stay in the cache."""

LINE = record("limit", *small("first", "last", "length", "free", "per_request", "first_thread"))
"""Who waits, and for how many free things: threads of a group, or connections of a pool."""

BREAKER = record("failures", "open_until_ns")

WORKER = record(
    "identity", "tick_ns", "period_ns", "cpu_ns",
    *small("container", "timeout_class", "success_threshold", "failure_threshold", "successes", "failures", "number"),
    *tiny("kind", "queued", "good"),
    whole_lines=True,
)  # fmt: skip
"""A kubelet's worker for one probe of one container."""

TIMEOUTS = record("duration_ns", "first", "last")
"""All attempts that wait for the same duration: they are due in the order in which they began to wait."""

CALL = record(
    "service", "start", "path", "timeout_ns", "timeout_class", "retries", "backoff_ns", "cancel", "optional",
    "network_ns", "delayed_ppm", "delay_ns", "pool", "held_bytes", "response_bytes", "log_bytes", "written_bytes",
    "breaker_failures", "breaker_open_ns", "breaker",
)  # fmt: skip
"""``pool`` and ``breaker`` count within the caller's container, -1 for none. A slow lookup of names (``delayed_ppm``,
``delay_ns``) comes and goes while the plane runs."""

OPERATION = np.dtype(
    [(name, np.int64) for name in ("kind", "a", "b", "group", "dist", "path")] + [("mean", "f8"), ("sigma", "f8")]
)

SERVICE = record(
    "growth_bytes", "startup_cpu_ns", "disk_interval_ns", "disk_latency_ns", "balance", "connections",
    "first_connection", "turn", "endpoints", "canaries", "weight",
)  # fmt: skip
"""``turn``, ``endpoints`` and ``canaries`` (how many), and ``weight`` (-1: none) change while the plane runs."""

ENTRY = record("time_ns", "identity", "item")
"""A row of a heap, ordered by time and identity."""

HEAP = record("address", "rows", "size")
DELIVERIES, TIMERS, PROBE_TICKS, USER_TURNS, SORTER = range(5)
HEAPS = ("deliveries", "timers", "probe_ticks", "user_turns", "sorter")

FOLLOW_UP = record("kind", "item", "value")
NOTICE = record("time_ns", "kind", "pod")
STAGE = record("time_ns", "users")
ARRIVAL = record("time_ns", "route", "identity")
REQUEST_LINE = record("identity", "route", "entered_ns", "response_ns", "cause")
TRACE_LINE = record("time_ns", "step", "identity", "pod", "value")

TABLES: dict[str, np.dtype[Any]] = {
    "attempts": ATTEMPT,
    "nodes": NODE,
    "node_tree": MATCH,  # when each node has its next event (the leaves), and who is first of each subtree
    "threads": THREAD,
    "idle": REFERENCE,  # idle threads of each group: a heap in the group's own stretch
    "containers": CONTAINER,
    "places": PLACE,  # of containers
    "lines": LINE,
    "breakers": BREAKER,
    "connections": CELL,  # pod behind each keep-alive connection; the first stretch is the clients' own
    "services": SERVICE,
    "endpoints": REFERENCE,  # containers of a service in their order, then its canaries; endpoints_width places it
    "timeouts": TIMEOUTS,
    "heaps": HEAP,
    "workers": WORKER,
    "ring": FOLLOW_UP,
    "outbox": NOTICE,
    "scratch": CELL,  # room for a list of containers or of attempts
    "arrivals": ARRIVAL,  # the present chunk of the open stream
    "users": CELL,  # requests that each virtual user has begun to make; their complement while inactive
    "stages": STAGE,
    "journey": CELL,
    "route_call": CELL,
    "calls": CALL,
    "operations": OPERATION,
    "replays": CELL,  # values of recorded operations
    "arrived": CELL,  # requests by route since the start
    "served": CELL,
    "requests": REQUEST_LINE,
    "trace": TRACE_LINE,
    "route_counts": CELL,
    "service_counts": SERVICE_MINUTE,
    "route_histogram": COUNT,
    "service_histogram": COUNT,
}

CORE = record(
    "now_ns", "bin", "window", "bin_ns", "next_bin_ns", "first_bin", "first_window", "bins", "windows", "events",
    # follow-ups: a ring
    "ring_head", "ring_tail",
    # what control is told: a ring, too
    "outbox_head", "outbox_tail",
    "free_attempt", "free_attempts", "first_unplanned", "looks_ahead",
    "timeouts_bound_ns", "arrival", "chunk_size", "chunk_final",
    "next_stage", "next_slot_ns", "think_ns", "slot_ns", "user_seed",
    "record_from_ns", "record_until_ns", "recorded", "tracing", "traced",
    "routes_wide", "services_wide", "endpoints_width",
    *TABLES, *(f"{name}_rows" for name in TABLES),
)  # fmt: skip
"""One row: the present instant, sizes and positions, and of every table its address and number of rows.

``looks_ahead`` says that hints are worthwhile (see ``ahead.py``).
"""
