"""A tournament over the nodes: which one has the next event.

``tree[1]`` is the winner of all, ``tree[i]`` that of the subtree at i; leaf i stands at ``leaves + i``. Equal times are
decided by the nodes' numbers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fvcapacity.dataplane.fast.layout import NEVER, State
from fvcapacity.semantics.jit import njit


def new_tree(leaves: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return times (all never) and tree for a number of leaves that is a power of two."""
    tree = np.zeros(2 * leaves, np.int64)
    tree[leaves:] = np.arange(leaves)
    for i in range(leaves - 1, 0, -1):
        tree[i] = tree[2 * i]
    return np.full(leaves, NEVER, np.int64), tree


@njit
def set_node_time(s: State, node: int, time_ns: int) -> None:
    """Say when a node has its next event, and play the matches on its way up again."""
    times, tree = s.node_times, s.node_tree
    if times[node] == time_ns:
        return
    times[node] = time_ns
    at = (times.size + node) >> 1
    while at > 0:
        left, right = tree[2 * at], tree[2 * at + 1]
        winner = left
        if times[right] < times[left] or (times[right] == times[left] and s.nodes[right].number < s.nodes[left].number):
            winner = right
        tree[at] = winner
        at >>= 1


@njit
def next_node(s: State) -> int:
    """Return the node with the next event."""
    return s.node_tree[1]
