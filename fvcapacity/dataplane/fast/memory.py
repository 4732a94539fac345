"""Rows by address: how the kernel reaches a table, and how the wrapper owns it.

The kernel's functions take one record, the core, and row numbers. ``attempt_at(s, row)`` is the record of that row, a
bare pointer for Numba: no array is passed or counted. With NUMBA_BOUNDSCHECK=1 every access is checked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fvcapacity.dataplane.fast import layout
from fvcapacity.dataplane.fast.layout import CORE, HEAPS, TABLES, Table
from fvcapacity.dataplane.histogram import BINS, bin_of
from fvcapacity.dataplane.statistics import RouteColumn, ServiceColumn
from fvcapacity.semantics.jit import checked, inlined, row_reader

State = Any
"""The core as Numba sees it: a record of ``layout.CORE``."""
Row = Any

_CHECKED = checked()
_ROUTE_COLUMNS, _SERVICE_COLUMNS = len(RouteColumn), len(ServiceColumn)

_attempt, _node = row_reader(layout.ATTEMPT), row_reader(layout.NODE)
_thread, _container = row_reader(layout.THREAD), row_reader(layout.CONTAINER)
_line, _breaker = row_reader(layout.LINE), row_reader(layout.BREAKER)
_worker, _timeouts = row_reader(layout.WORKER), row_reader(layout.TIMEOUTS)
_call, _operation = row_reader(layout.CALL), row_reader(layout.OPERATION)
_service, _heap, _entry = row_reader(layout.SERVICE), row_reader(layout.HEAP), row_reader(layout.ENTRY)
_follow_up, _notice = row_reader(layout.FOLLOW_UP), row_reader(layout.NOTICE)
_stage, _arrival = row_reader(layout.STAGE), row_reader(layout.ARRIVAL)
_request, _trace = row_reader(layout.REQUEST_LINE), row_reader(layout.TRACE_LINE)
_cell, _count = row_reader(layout.CELL), row_reader(layout.COUNT)


@inlined
def _check(row: int, rows: int) -> None:
    if _CHECKED and (row < 0 or row >= rows):
        raise IndexError("row outside of its table")


@inlined
def attempt_at(s: State, row: int) -> Row:
    """Return an attempt."""
    _check(row, s.attempts_rows)
    return _attempt(s.attempts, row)


@inlined
def node_at(s: State, row: int) -> Row:
    """Return a node."""
    _check(row, s.nodes_rows)
    return _node(s.nodes, row)


@inlined
def thread_at(s: State, row: int) -> Row:
    """Return a thread."""
    _check(row, s.threads_rows)
    return _thread(s.threads, row)


@inlined
def container_at(s: State, row: int) -> Row:
    """Return a container."""
    _check(row, s.containers_rows)
    return _container(s.containers, row)


@inlined
def line_at(s: State, row: int) -> Row:
    """Return a line."""
    _check(row, s.lines_rows)
    return _line(s.lines, row)


@inlined
def breaker_at(s: State, row: int) -> Row:
    """Return a circuit breaker."""
    _check(row, s.breakers_rows)
    return _breaker(s.breakers, row)


@inlined
def worker_at(s: State, row: int) -> Row:
    """Return a probe's worker."""
    _check(row, s.workers_rows)
    return _worker(s.workers, row)


@inlined
def timeouts_at(s: State, row: int) -> Row:
    """Return a list of time-outs."""
    _check(row, s.timeouts_rows)
    return _timeouts(s.timeouts, row)


@inlined
def call_at(s: State, row: int) -> Row:
    """Return a call."""
    _check(row, s.calls_rows)
    return _call(s.calls, row)


@inlined
def operation_at(s: State, row: int) -> Row:
    """Return an operation."""
    _check(row, s.operations_rows)
    return _operation(s.operations, row)


@inlined
def service_at(s: State, row: int) -> Row:
    """Return a service."""
    _check(row, s.services_rows)
    return _service(s.services, row)


@inlined
def heap_at(s: State, row: int) -> Row:
    """Return a heap."""
    _check(row, s.heaps_rows)
    return _heap(s.heaps, row)


@inlined
def follow_up_at(s: State, row: int) -> Row:
    """Return a place of the ring of follow-ups."""
    _check(row, s.ring_rows)
    return _follow_up(s.ring, row)


@inlined
def notice_at(s: State, row: int) -> Row:
    """Return a place of the outbox."""
    _check(row, s.outbox_rows)
    return _notice(s.outbox, row)


@inlined
def stage_at(s: State, row: int) -> Row:
    """Return a stage of virtual users."""
    _check(row, s.stages_rows)
    return _stage(s.stages, row)


@inlined
def arrival_at(s: State, row: int) -> Row:
    """Return an arrival of the present chunk."""
    _check(row, s.arrivals_rows)
    return _arrival(s.arrivals, row)


@inlined
def request_at(s: State, row: int) -> Row:
    """Return a place for the record of a request."""
    _check(row, s.requests_rows)
    return _request(s.requests, row)


@inlined
def trace_at(s: State, row: int) -> Row:
    """Return a place for a line of the trace."""
    _check(row, s.trace_rows)
    return _trace(s.trace, row)


@inlined
def idle_at(s: State, row: int) -> Row:
    """Return a place among the idle threads (``.value``)."""
    _check(row, s.idle_rows)
    return _cell(s.idle, row)


@inlined
def scratch_at(s: State, row: int) -> Row:
    """Return a place of the scratch list (``.value``)."""
    _check(row, s.scratch_rows)
    return _cell(s.scratch, row)


@inlined
def connection_at(s: State, row: int) -> Row:
    """Return the pod behind a connection (``.value``)."""
    _check(row, s.connections_rows)
    return _cell(s.connections, row)


@inlined
def user_at(s: State, row: int) -> Row:
    """Return the requests of a virtual user (``.value``)."""
    _check(row, s.users_rows)
    return _cell(s.users, row)


@inlined
def journey_at(s: State, row: int) -> Row:
    """Return a route of the users' journey (``.value``)."""
    _check(row, s.journey_rows)
    return _cell(s.journey, row)


@inlined
def route_call_at(s: State, row: int) -> Row:
    """Return the call that a route begins with (``.value``)."""
    _check(row, s.route_call_rows)
    return _cell(s.route_call, row)


@inlined
def arrived_at(s: State, row: int) -> Row:
    """Return the arrivals of a route (``.value``)."""
    _check(row, s.arrived_rows)
    return _cell(s.arrived, row)


@inlined
def served_at(s: State, row: int) -> Row:
    """Return the served requests of a route (``.value``)."""
    _check(row, s.served_rows)
    return _cell(s.served, row)


@inlined
def node_time_at(s: State, row: int) -> Row:
    """Return the time of a node's next event (``.value``)."""
    _check(row, s.node_times_rows)
    return _cell(s.node_times, row)


@inlined
def winner_at(s: State, row: int) -> Row:
    """Return a match of the tournament of nodes (``.value``)."""
    _check(row, s.node_tree_rows)
    return _cell(s.node_tree, row)


@inlined
def entry_at(heap: Row, row: int) -> Row:
    """Return a row of a heap."""
    _check(row, heap.rows)
    return _entry(heap.address, row)


@inlined
def endpoint_at(s: State, service: int, place: int) -> int:
    """Return the container at a place of a service's endpoint list."""
    row = service * s.endpoints_width + place
    _check(row, s.endpoints_rows)
    return int(_cell(s.endpoints, row).value)


@inlined
def add_to_route(s: State, route: int, column: int, amount: int) -> None:
    """Add to a counter of a route in the present minute."""
    row = (s.bin * s.routes_wide + route) * _ROUTE_COLUMNS + column
    _check(row, s.route_counts_rows)
    _cell(s.route_counts, row).value += amount


@inlined
def add_to_service(s: State, service: int, column: int, amount: int) -> None:
    """Add to a counter of a service in the present minute."""
    row = (s.bin * s.services_wide + service) * _SERVICE_COLUMNS + column
    _check(row, s.service_counts_rows)
    _cell(s.service_counts, row).value += amount


@inlined
def add_response(s: State, route: int, duration_ns: int) -> None:
    """Count a response time of a route in the present window."""
    row = (s.window * s.routes_wide + route) * BINS + bin_of(duration_ns)
    _check(row, s.route_histogram_rows)
    _count(s.route_histogram, row).value += 1


@inlined
def add_visit(s: State, service: int, duration_ns: int) -> None:
    """Count the wall time of a visit that ended well."""
    row = (s.window * s.services_wide + service) * BINS + bin_of(duration_ns)
    _check(row, s.service_histogram_rows)
    _count(s.service_histogram, row).value += 1


class Memory:
    """The tables, owned by the wrapper. Whoever replaces one tells the core where it lies now."""

    def __init__(self) -> None:
        self.core = np.zeros(1, CORE)
        self.tables: dict[str, Table] = {}
        self.heaps: dict[str, Table] = {}
        for name, kind in TABLES.items():
            self.put(name, np.zeros(0, kind))
        self.put("heaps", np.zeros(len(HEAPS), layout.HEAP))
        for name in HEAPS:
            self.put_heap(name, np.zeros(0, layout.ENTRY))

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    @property
    def state(self) -> State:
        """The core as a record, for the kernel."""
        return self.core[0]

    def get(self, name: str) -> int:
        """Return a field of the core."""
        return int(self.core[name][0])

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
        self.core, self.tables, self.heaps = state["core"], {}, {}
        for name, table in state["tables"].items():
            self.put(name, table)
        for name, table in state["heaps"].items():
            self.put_heap(name, table)


def roomy(table: Table, rows: int) -> Table:
    """Return a table with at least so many rows; one that must grow doubles at least, and new rows are zero."""
    if len(table) >= rows:
        return table
    larger = np.zeros((max(rows, 2 * len(table)), *table.shape[1:]), table.dtype)
    larger[: len(table)] = table
    return larger
