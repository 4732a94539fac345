"""Binary heaps of (time, identity, item) rows; identities are compared as signed 64-bit numbers.

The caller keeps the size. Rows are moved, never swapped: a hole travels to where the row belongs.
"""

from __future__ import annotations

from fvcapacity.dataplane.fast.layout import Table
from fvcapacity.semantics.jit import njit


@njit
def push(heap: Table, size: int, time_ns: int, identity: int, item: int) -> int:
    """Put a row in; return the new size."""
    hole = size
    while hole > 0:
        above = heap[(hole - 1) >> 1]
        if above.time_ns < time_ns or (above.time_ns == time_ns and above.identity < identity):
            break
        row = heap[hole]
        row.time_ns, row.identity, row.item = above.time_ns, above.identity, above.item
        hole = (hole - 1) >> 1
    row = heap[hole]
    row.time_ns, row.identity, row.item = time_ns, identity, item
    return size + 1


@njit
def pop(heap: Table, size: int) -> int:
    """Take the first row out; return the new size. Read ``heap[0]`` before."""
    size -= 1
    if size <= 0:
        return 0
    last = heap[size]
    time_ns, identity, item = last.time_ns, last.identity, last.item
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        lower = heap[child]
        if child + 1 < size:
            right = heap[child + 1]
            if right.time_ns < lower.time_ns or (right.time_ns == lower.time_ns and right.identity < lower.identity):
                lower, child = right, child + 1
        if time_ns < lower.time_ns or (time_ns == lower.time_ns and identity < lower.identity):
            break
        row = heap[hole]
        row.time_ns, row.identity, row.item = lower.time_ns, lower.identity, lower.item
        hole = child
    row = heap[hole]
    row.time_ns, row.identity, row.item = time_ns, identity, item
    return size
