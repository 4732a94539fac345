"""A tournament over the nodes: which one has the next event.

Match 1 is won by the winner of all, match i by that of the subtree at i; leaf i stands at ``leaves + i``. Equal times
are decided by the nodes' numbers. A match keeps its winner's time beside its winner, and all that a way up reads are
the neighbours on it: with hundreds of nodes, most of them idle, to look up times and numbers of both sides of every
match cost a fifth of a request.
"""

from __future__ import annotations

from fvcapacity.dataplane.fast.layout import NEVER
from fvcapacity.dataplane.fast.memory import State, match_at, node_at
from fvcapacity.semantics.jit import inlined, merged, part


@merged
def set_node_time(s: State, node: int, time_ns: int) -> None:
    """Say when a node has its next event, and play the matches on its way up again."""
    leaf = (s.node_tree_rows >> 1) + node
    if match_at(s, leaf).time_ns != time_ns:
        match_at(s, leaf).time_ns = time_ns
        play(s, leaf)


@part
def play(s: State, place: int) -> None:
    """Play all matches above a place, up to one that ends as before."""
    time_ns, node = match_at(s, place).time_ns, match_at(s, place).node
    while place > 1:
        other = match_at(s, place ^ 1)
        if other.time_ns < time_ns or (other.time_ns == time_ns and time_ns < NEVER and _before(s, other.node, node)):
            time_ns, node = other.time_ns, other.node
        place >>= 1
        match = match_at(s, place)
        if match.time_ns == time_ns and match.node == node:
            return
        match.time_ns, match.node = time_ns, node


@part
def _before(s: State, node: int, other: int) -> bool:
    """Tell which of two nodes is first at the same instant."""
    return node_at(s, node).number < node_at(s, other).number


@inlined
def next_node(s: State) -> int:
    """Return the node with the next event."""
    return int(match_at(s, 1).node)


@inlined
def next_node_time(s: State) -> int:
    """Return when the next event of a node is."""
    return int(match_at(s, 1).time_ns)
