"""A tournament over the nodes: which one has the next event.

Match 1 is won by the winner of all, match i by that of the subtree at i; leaf i stands at ``leaves + i``. Equal times
are decided by the nodes' numbers.
"""

from __future__ import annotations

from fvcapacity.dataplane.fast.memory import State, node_at, node_time_at, winner_at
from fvcapacity.semantics.jit import inlined, merged, part


@merged
def set_node_time(s: State, node: int, time_ns: int) -> None:
    """Say when a node has its next event, and play the matches on its way up again."""
    own = node_time_at(s, node)
    if own.value == time_ns:
        return
    own.value = time_ns
    play(s, (s.node_times_rows + node) >> 1)


@part
def play(s: State, match: int) -> None:
    """Play a match and all above it."""
    while match > 0:
        left, right = winner_at(s, 2 * match).value, winner_at(s, 2 * match + 1).value
        left_ns, right_ns = node_time_at(s, left).value, node_time_at(s, right).value
        later = right_ns < left_ns or (right_ns == left_ns and node_at(s, right).number < node_at(s, left).number)
        winner_at(s, match).value = right if later else left
        match >>= 1


@inlined
def next_node(s: State) -> int:
    """Return the node with the next event."""
    return int(winner_at(s, 1).value)
