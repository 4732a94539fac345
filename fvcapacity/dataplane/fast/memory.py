"""Rows by address: how the kernel reaches a table, and how the wrapper owns it.

The kernel's functions take one record, the core, and row numbers. ``attempt_at(s, row)`` is the record of that row, a
bare pointer for Numba: no array is passed or counted. With NUMBA_BOUNDSCHECK=1 every access is checked.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fvcapacity.dataplane.fast import layout
from fvcapacity.dataplane.fast.layout import CORE, HEAPS, TABLES, Table
from fvcapacity.dataplane.histogram import BINS, bin_of
from fvcapacity.dataplane.statistics import RouteColumn
from fvcapacity.semantics.jit import CACHE_LINE, inlined, merged, row_prefetcher, row_reader

State = Any
"""The core as Numba sees it: a record of ``layout.CORE``."""
Row = Any

_PLACES = {name: place for place, name in enumerate(CORE.names or ())}
_ROUTE_COLUMNS = len(RouteColumn)


def _reader(table: str) -> Callable[[State, int], Row]:
    return row_reader(CORE, table, TABLES[table])


attempt_at = _reader("attempts")
node_at = _reader("nodes")
thread_at = _reader("threads")
container_at = _reader("containers")
place_at = _reader("places")
line_at = _reader("lines")
breaker_at = _reader("breakers")
worker_at = _reader("workers")
timeouts_at = _reader("timeouts")
call_at = _reader("calls")
operation_at = _reader("operations")
service_at = _reader("services")
heap_at = _reader("heaps")
follow_up_at = _reader("ring")
notice_at = _reader("outbox")
stage_at = _reader("stages")
arrival_at = _reader("arrivals")
request_at = _reader("requests")
trace_at = _reader("trace")
match_at = _reader("node_tree")

# Tables of single numbers: read and write ``.value``.
idle_at = _reader("idle")
scratch_at = _reader("scratch")
connection_at = _reader("connections")
user_at = _reader("users")
journey_at = _reader("journey")
route_call_at = _reader("route_call")
replay_at = _reader("replays")
arrived_at = _reader("arrived")
served_at = _reader("served")
_endpoint_at = _reader("endpoints")
_route_count_at = _reader("route_counts")
_service_count_at = _reader("service_counts")
_route_bin_at = _reader("route_histogram")
_service_bin_at = _reader("service_histogram")

# Hints: what will be touched soon is fetched meanwhile (see ``ahead.py``).
prefetch_container = row_prefetcher(CORE, "containers", layout.CONTAINER, 2 * CACHE_LINE)
prefetch_line = row_prefetcher(CORE, "lines", layout.LINE)
prefetch_idle = row_prefetcher(CORE, "idle", layout.REFERENCE)
prefetch_thread = row_prefetcher(CORE, "threads", layout.THREAD)
prefetch_node = row_prefetcher(CORE, "nodes", layout.NODE, CACHE_LINE)
prefetch_match = row_prefetcher(CORE, "node_tree", layout.MATCH)
prefetch_worker = row_prefetcher(CORE, "workers", layout.WORKER)

entry_at = row_reader(layout.HEAP, "address", layout.ENTRY, "rows")
"""A row of a heap, instead of the core's."""


@inlined
def endpoint_at(s: State, service: int, place: int) -> int:
    """Return the container at a place of a service's endpoint list."""
    return int(_endpoint_at(s, service * s.endpoints_width + place).value)


@inlined
def add_to_route(s: State, route: int, column: int, amount: int) -> None:
    """Add to a counter of a route in the present minute."""
    row = (s.bin * s.routes_wide + route) * _ROUTE_COLUMNS + column
    _route_count_at(s, row).value += amount


@inlined
def service_minute(s: State, service: int) -> Row:
    """Return the counters of a service in the present minute, named as in `ServiceColumn`."""
    return _service_count_at(s, s.bin * s.services_wide + service)


@inlined
def service_bin(s: State, at: int, service: int) -> Row:
    """Return the counters of a service in an earlier bin."""
    return _service_count_at(s, at * s.services_wide + service)


@merged
def add_response(s: State, route: int, duration_ns: int) -> None:
    """Count a response time of a route in the present window."""
    row = (s.window * s.routes_wide + route) * BINS + bin_of(duration_ns)
    _route_bin_at(s, row).value += 1


@merged
def add_visit(s: State, service: int, duration_ns: int) -> None:
    """Count the wall time of a visit that ended well."""
    row = (s.window * s.services_wide + service) * BINS + bin_of(duration_ns)
    _service_bin_at(s, row).value += 1


class _CoreRecord(np.void):  # type: ignore[misc]  # NumPy's stubs call its parent final, and derive from it
    """The core as the kernel gets it.

    Numba asks a record for its ``data`` at every call. NumPy's own describes all of its hundred fields then, which
    takes longer (20 µs) than many a call; this one answers with the plain words.
    """

    data: memoryview = memoryview(b"")
    """The core's memory."""


_CORE_RECORD = np.dtype((_CoreRecord, CORE))
"""One for all: Numba knows a record by its very ``dtype`` object, and compares field by field otherwise."""


class Memory:
    """The tables, owned by the wrapper. Whoever replaces one tells the core where it lies now."""

    def __init__(self) -> None:
        self._set_core(np.zeros(1, CORE))
        self.tables: dict[str, Table] = {}
        self.heaps: dict[str, Table] = {}
        for name, kind in TABLES.items():
            self.put(name, np.zeros(0, kind))
        self.put("heaps", np.zeros(len(HEAPS), layout.HEAP))
        for name in HEAPS:
            self.put_heap(name, np.zeros(0, layout.ENTRY))

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def _set_core(self, core: Table) -> None:
        self.core = core
        self._words = core.view(np.int64).data
        self.state: State = core.view(_CORE_RECORD)[0]
        """The core as a record, for the kernel."""
        self.state.data = self._words

    def get(self, name: str) -> int:
        """Return a field of the core."""
        return self._words[_PLACES[name]]

    def put(self, name: str, table: Table) -> None:
        """Put a table in the place of an earlier one. Plain integers are taken as cells, of any shape."""
        assert table.flags.c_contiguous
        assert table.dtype.itemsize == TABLES[name].itemsize
        self.tables[name] = table
        self.core[name], self.core[f"{name}_rows"] = table.ctypes.data, table.size

    def put_heap(self, name: str, table: Table) -> None:
        """Put a heap's rows in the place of earlier ones; its size stays."""
        self.heaps[name] = table
        heap = self.tables["heaps"][HEAPS.index(name)]
        heap["address"], heap["rows"] = table.ctypes.data, table.size

    def reserve(self, name: str, rows: int) -> None:
        """Make a table hold at least so many rows; a growing one doubles, and new rows are zero."""
        self.put(name, roomy(self.tables[name], rows))

    def reserve_heap(self, name: str, rows: int) -> None:
        """Make a heap hold at least so many rows."""
        self.put_heap(name, roomy(self.heaps[name], rows))

    def __getstate__(self) -> dict[str, Any]:
        return {"core": self.core, "tables": self.tables, "heaps": self.heaps}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.tables, self.heaps = {}, {}
        self._set_core(state["core"])
        for name, table in state["tables"].items():
            self.put(name, table)
        for name, table in state["heaps"].items():
            self.put_heap(name, table)


def roomy(table: Table, rows: int) -> Table:
    """Return a table with at least so many rows; one that must grow doubles at least, and new rows are zero."""
    if len(table) >= rows:
        return table
    larger = _at_a_cache_line((max(rows, 2 * len(table)), *table.shape[1:]), table.dtype)
    larger[: len(table)] = table
    return larger


def _at_a_cache_line(shape: tuple[int, ...], kind: np.dtype[Any]) -> Table:
    """Return a table of zeros that begins where a line of the processor's cache does."""
    size = math.prod(shape) * kind.itemsize
    room = np.zeros(size + CACHE_LINE, np.uint8)
    begin = -room.ctypes.data % CACHE_LINE
    return room[begin : begin + size].view(kind).reshape(shape)
