"""What more money would buy: states beside the one that was found, for the front of cost against p95.

The search stops at the least cost that holds. Who would pay for faster answers wants to see what the next machine, the
next pod or a larger limit brings; each is tried alone, and together where it helps.
"""

from __future__ import annotations

from fvcapacity.recommend.candidates import MACHINES
from fvcapacity.recommend.descent import larger_limit
from fvcapacity.recommend.states import State, States
from fvcapacity.recommend.variables import limits_of

_GAIN = 0.99
"""Ratio of the p95 below which a state counts as faster."""


def explore(states: States, state: State) -> None:
    """Try what may be faster than a state that holds; what was tried is with the states."""
    states.tell("what more money would buy")
    now = states.try_out(state).p95_s
    moves: list[State] = []
    limits = {path: larger_limit(states, state, path) for path, _ in limits_of(states.base, states.bounds.policy)}
    larger: State = {path: value for path, value in limits.items() if value is not None}
    if larger:
        moves.append(larger)
    for variable in states.variables:
        if variable.kind == "nodes" and MACHINES in state:
            continue
        value = states.now(states.complete(state), variable.path)
        dearer = variable.dearer(value) if variable.kind in ("pods", "target", "nodes") else ()
        if dearer:
            moves.append({variable.path: dearer[0]})
    helping: State = {}
    for move in moves:
        tried = states.try_out({**state, **move})
        if not tried.why_not and tried.p95_s < _GAIN * now:
            helping |= move
            states.try_out({**state, **helping})
