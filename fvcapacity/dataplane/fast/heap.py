"""Binary heaps of (time, identity, item) rows; identities are compared as signed 64-bit numbers.

Rows are moved, never swapped: a hole travels to where the row belongs.
"""

from __future__ import annotations

from fvcapacity.dataplane.fast.memory import Row, entry_at
from fvcapacity.semantics.jit import inlined, part


@inlined
def first(heap: Row) -> Row:
    """Return the first row of a heap that is not empty."""
    return entry_at(heap, 0)


@part
def push(heap: Row, time_ns: int, identity: int, item: int) -> None:
    """Put a row in."""
    hole = heap.size
    heap.size += 1
    while hole > 0:
        above = entry_at(heap, (hole - 1) >> 1)
        if above.time_ns < time_ns or (above.time_ns == time_ns and above.identity < identity):
            break
        row = entry_at(heap, hole)
        row.time_ns, row.identity, row.item = above.time_ns, above.identity, above.item
        hole = (hole - 1) >> 1
    row = entry_at(heap, hole)
    row.time_ns, row.identity, row.item = time_ns, identity, item


@part
def pop(heap: Row) -> None:
    """Take the first row out; read it before."""
    heap.size -= 1
    size = heap.size
    if size == 0:
        return
    last = entry_at(heap, size)
    time_ns, identity, item = last.time_ns, last.identity, last.item
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        lower = entry_at(heap, child)
        if child + 1 < size:
            right = entry_at(heap, child + 1)
            if right.time_ns < lower.time_ns or (right.time_ns == lower.time_ns and right.identity < lower.identity):
                lower, child = right, child + 1
        if time_ns < lower.time_ns or (time_ns == lower.time_ns and identity < lower.identity):
            break
        row = entry_at(heap, hole)
        row.time_ns, row.identity, row.item = lower.time_ns, lower.identity, lower.item
        hole = child
    row = entry_at(heap, hole)
    row.time_ns, row.identity, row.item = time_ns, identity, item
