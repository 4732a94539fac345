"""Down from what holds: fields go down their ladders, alone and in pairs, as far as it saves money and still holds.

Bisection takes for granted that a dearer value of one field holds where a cheaper one does. Where that is not so the
search may stop early; it never takes what it has not tried.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from fvcapacity.frozen import Frozen
from fvcapacity.recommend.candidates import MACHINES, Values
from fvcapacity.recommend.states import State, States
from fvcapacity.recommend.variables import (
    CPU_LADDER,
    Variable,
    amount_of,
    autoscaler_of,
    between,
    cpu_target,
    limits_of,
)
from fvcapacity.scenario.paths.values import Value

MOST_ROUNDS = 4


class Descent(Frozen):
    """Goes down from a state that does.

    Attributes
    ----------
    states
        Of the system.
    keep
        Given every state that was reached, so that it is not lost when the time is over.
    """

    states: States
    keep: Callable[[State], None]

    def sized(self, state: State) -> State:
        """Size all requests by what was used: together, and in halves where that does not hold."""
        moves = {}
        for variable in self._turned(state):
            floor = self._floor(variable)
            fitting = [v for v in variable.cheaper(self._of(state, variable)) if floor and amount_of(v) >= floor]
            if fitting:
                moves[variable.path] = fitting[-1]
        self.states.tell(f"sizing {len(moves)} requests by what was used")
        return self._taken(state, {**moves, **self._of_autoscaled(state, moves)})

    def _of_autoscaled(self, state: State, moves: Mapping[str, Value]) -> dict[str, Value]:
        """Return the cheapest CPU requests of what an HPA scales by it: too small ones make too many pods."""
        base = self.states.base
        scaled = {w.key for w in base.cluster.workloads if cpu_target(autoscaler_of(base, w)) is not None}
        found = {}
        for variable in self._turned(state):
            if variable.kind != "cpu" or variable.workload not in scaled or variable.path not in moves:
                continue
            least = amount_of(moves[variable.path])
            best = None
            for value in variable.cheaper(self._of(state, variable)):
                cost = self.states.cost({**state, **moves, variable.path: value}) if amount_of(value) >= least else None
                if cost is not None and (best is None or cost.below(best)):
                    best, found[variable.path] = cost, value
        return found

    def _turned(self, state: Values) -> list[Variable]:
        """Return what may be turned in a state: machines of other types come with their numbers."""
        return [item for item in self.states.variables if item.kind != "nodes" or MACHINES not in state]

    def _floor(self, variable: Variable) -> float:
        """Return the least request that covers what was used; infinite where nothing is known of it, else 0."""
        if variable.kind not in ("cpu", "memory"):
            return 0.0
        return self.states.floors.of(variable.path) or math.inf

    def _of(self, state: Values, variable: Variable) -> Value:
        return self.states.now(self.states.complete(state), variable.path)

    def _taken(self, state: State, moves: Mapping[str, Value]) -> State:
        if not moves:
            return state
        moved = {**state, **moves}
        if self.states.better(moved, state):
            return moved
        paths = list(moves)
        if len(paths) == 1:
            return state
        half = len(paths) // 2
        state = self._taken(state, {path: moves[path] for path in paths[:half]})
        return self._taken(state, {path: moves[path] for path in paths[half:]})

    def descended(self, state: State) -> State:
        """Go down the ladders, field by field and then in pairs, until nothing is saved any more."""
        for _ in range(MOST_ROUNDS):
            before = state
            for variable in self._by_saving(state):
                self.states.tell(f"down: {variable.path}")
                state = self._down(state, variable)
                self.keep(state)
            for moves in self._pairs(state):
                if self.states.better({**state, **moves}, state):
                    state = {**state, **moves}
                    self.keep(state)
            if state == before:
                break
        return state

    def _by_saving(self, state: Values) -> list[Variable]:
        """Return what can save anything, what can save the most first."""
        saving = []
        for number, variable in enumerate(self._turned(state)):
            options = reversed(variable.cheaper(self._of(state, variable)))
            costs = (self.states.cost({**state, variable.path: value}) for value in options)
            cost = next((cost for cost in costs if cost is not None), None)
            if cost is not None:
                saving.append((cost, number, variable))
        return [variable for _, _, variable in sorted(saving, key=lambda item: item[:2])]

    def _down(self, state: State, variable: Variable) -> State:
        """Take the cheapest value of one field that holds: the next one first, then by bisection."""
        floor = self._floor(variable)
        options = [v for v in variable.cheaper(self._of(state, variable)) if amount_of(v) >= floor]
        if not options or not self.states.better({**state, variable.path: options[0]}, state):
            return self._far(state, variable, options)
        holds, fails = 0, len(options)
        while fails - holds > 1:
            middle = (holds + fails) // 2
            if self.states.better({**state, variable.path: options[middle]}, {**state, variable.path: options[holds]}):
                holds = middle
            else:
                fails = middle
        return {**state, variable.path: options[holds]}

    def _far(self, state: State, variable: Variable, options: Sequence[Value]) -> State:
        """Take the first value that saves something, where the next one on the ladder saves nothing but would hold."""
        now = self.states.cost(state)
        for value in options:
            cost = self.states.cost({**state, variable.path: value})
            if cost is not None and now is not None and cost.below(now):
                moved = {**state, variable.path: value}
                return moved if self.states.better(moved, state) else state
        return state

    def _pairs(self, state: Values) -> Iterator[State]:
        """Yield changes of two fields that trade: fewer pods that may use more CPU, a higher target with more pods."""
        for variable in self.states.variables:
            now = self._of(state, variable)
            cheaper = variable.cheaper(now)
            if variable.kind not in ("pods", "target") or not cheaper:
                continue
            others = [v for v in self.states.variables if v.workload == variable.workload and v is not variable]
            for other in others:
                dearer = other.dearer(self._of(state, other))
                if other.kind == "cpu" and variable.kind == "pods":
                    needed = amount_of(self._of(state, other)) * amount_of(now) / amount_of(cheaper[0])
                    dearer = tuple(value for value in dearer if amount_of(value) >= needed - 1e-9)
                if dearer and other.kind in ("pods", "cpu", "target"):
                    yield {variable.path: cheaper[0], other.path: dearer[0]}
            for path, limit in limits_of(self.states.base, self.states.bounds.policy):
                owner = path.rpartition("/")[0]
                if owner == variable.workload and path.endswith(".cpu") and limit is not None:
                    larger = larger_limit(self.states, state, path)
                    if larger is not None:
                        yield {variable.path: cheaper[0], path: larger}

    def tightened(self, state: State) -> State:
        """Take back what mending gave too much of, of what costs nothing: limits and largest numbers."""
        turned = {variable.path for variable in self.states.variables}
        for path in [path for path in state if path not in turned and path != MACHINES and ".behavior." not in path]:
            options = between(path, self.states.today(path), state[path])
            holds, fails = len(options), -1
            while holds - fails > 1:
                middle = (holds + fails) // 2
                moved = {**state, path: options[middle]}
                if self.states.try_out(moved).why_not:
                    fails = middle
                else:
                    holds = middle
            if holds < len(options):
                state = {**state, path: self._with_margin(path, options[holds:], state[path])}
        return {path: value for path, value in state.items() if value != self.states.today(path)}

    def _with_margin(self, path: str, holding: Sequence[Value], most: Value) -> Value:
        """Return the least value that holds, and of a limit one with the policy's margin above it."""
        if ".limits." not in path:
            return holding[0]
        wanted = amount_of(holding[0]) * (1 + self.states.bounds.policy.limit_margin_percent / 100)
        return next((value for value in holding if amount_of(value) >= wanted - 1e-9), most)


def larger_limit(states: States, state: Values, path: str) -> Value:
    """Return a CPU limit that is larger by a fifth or more; None when there may be none."""
    now = states.now(states.complete(state), path)
    if now is None or not path.endswith(".cpu") or states.bounds.pinned(path):
        return None
    value = next((step for step in CPU_LADDER if amount_of(step) >= 1.2 * amount_of(now)), None)
    return value if value is not None and states.bounds.allows(path, value) else None
