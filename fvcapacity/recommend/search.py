"""The cheapest configuration that holds: from what holds, down the ladders, on common random numbers.

First the system is mended until the peaks hold, and replayed as a whole to see what it uses. Then all requests are
sized from that, together where that holds and in halves where it does not. Then one field after the other goes down its
ladder, those that can save the most first, each by bisection; pairs of fields that trade with each other follow, and
machines of other types. What is left is confirmed on the whole of every stretch of the history; where it fails, that
hour joins the peaks and the search goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pandas as pd

from fvcapacity.recommend.candidates import MACHINES, Values
from fvcapacity.recommend.descent import Descent
from fvcapacity.recommend.evaluation import OutOfTimeError, Place, worst
from fvcapacity.recommend.exploration import explore
from fvcapacity.recommend.floors import month_use
from fvcapacity.recommend.machines import Machines, choose_machines
from fvcapacity.recommend.outcome import Outcome
from fvcapacity.recommend.states import State, States
from fvcapacity.recommend.tried import Tried, front_of
from fvcapacity.recommend.variables import amount_of
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths.grammar import quoted
from fvcapacity.study.peaks import Peak

MOST_MENDS = 60
PATIENCE = 6
"""Steps of mending after which the worst figure must have become better, or there is nothing to mend."""
CONFIRMATIONS = 4
"""How often a stretch that fails as a whole may send the search back."""
CONFIRMED_WITH = (0, 1, 2)
"""Replications of which the whole stretches are replayed."""
NODE_FIELDS = ("count", "minimum", "maximum")
_HOUR_NS = 3_600_000_000_000
_WINDOW_NS = 300_000_000_000


@dataclass
class Search:
    """A search over one system.

    Attributes
    ----------
    states
        Of the system; all that was tried is there.
    mended
        What was done to get to something that holds, in words.
    chosen
        Machines that were chosen, by their name.
    best
        The cheapest state that was found, None when nothing holds; ``stuck`` then says at what it ended.
    """

    states: States
    mended: list[str] = field(default_factory=list)
    chosen: dict[str, Machines] = field(default_factory=dict)
    best: State | None = None
    stuck: str = ""
    _own_machines: bool = False
    """Whether other machines were tried and did not do."""

    def run(self) -> bool:
        """Search; whether it came to its end within its time. What was found is in ``best``."""
        try:
            self.best = self._measured(self.feasible(self.states.start()))
            for _ in range(CONFIRMATIONS + 1):
                if self.best is None:
                    return True
                descent = Descent(self.states, self._keep)
                self.best = descent.descended(descent.sized(self.best))
                self.best = descent.tightened(self.with_machines(self.best))
                failed = self.unconfirmed(self.best)
                if failed is None and not self._uncovered(self.best):
                    with suppress(OutOfTimeError):
                        explore(self.states, self.best)
                    return True
                self.best = self.feasible(self._again(self.best, failed))
            self.best, self.stuck = None, f"after {CONFIRMATIONS} rounds a whole stretch still does not hold"
        except OutOfTimeError:
            return False
        return True

    def _keep(self, state: State) -> None:
        self.best = state

    def _measured(self, state: State | None) -> State | None:
        """Replay a state as a whole to see what its containers use; mend what is then known to be too little."""
        if state is None:
            return None
        self.states.tell("replaying everything once, to see what is used")
        self._take_in(self.states.complete(state))
        self.states.tried.clear()
        return self.feasible(state)

    def _take_in(self, values: Values) -> None:
        places = self.states.whole(CONFIRMED_WITH[:1])
        outcomes = dict(
            zip((place.stretch for place in places), self.states.evaluator.every(values, places), strict=True)
        )
        days = self.states.evaluator.candidates.seen_days
        self.states.floors.add_month(month_use((days[name], outcomes[name]) for name in days))
        self.states.floors.add_memory(outcomes.values())

    def _uncovered(self, state: Values) -> list[str]:
        """Return requests that do not cover what was used when the state was replayed as a whole."""
        values = self.states.complete(state)
        self._take_in(values)
        return [path for path in values if self.states.too_small(values, path)]

    def _again(self, state: State, failed: Place | None) -> State:
        """Return the state to go on from when it was not confirmed."""
        before = [dict(item.values) for item in front_of(self.states.tried.values())]
        self.states.tried.clear()
        if failed is not None:
            self.states.tell(f"the whole of {failed.stretch} does not hold: its hour joins the peaks")
            self.states.places.append(failed)
        else:
            self.states.tell("requests are raised to what was used")
        for values in before:
            self.states.try_out(values)
        raised = {}
        for variable in self.states.variables:
            least = self.states.floors.of(variable.path)
            if variable.path in state and least is not None and amount_of(state[variable.path]) < least:
                raised[variable.path] = next(
                    (value for value in reversed(variable.ladder) if amount_of(value) >= least), variable.today
                )
        return {**state, **raised}

    def feasible(self, state: State) -> State | None:
        """Mend a state step by step until it holds; None when nothing is left to mend (``stuck`` says at what)."""
        best, since = math.inf, 0
        for _ in range(MOST_MENDS):
            tried = self.states.try_out(state)
            if not tried.why_not:
                return state
            better = tried.excess < 0.98 * best or tried.breaks in ("rest", "room")
            best, since = (min(best, tried.excess), 0) if better else (best, since + 1)
            step = next(self._steps(tried), None)
            if step is None or since >= PATIENCE:
                if tried.breaks == "margin":
                    return self._without_margin(state)
                self.stuck = tried.why_not
                return None
            values, words = step
            self.states.tell(f"mended: {words}")
            self.mended.append(words)
            state = {**state, **values}
            if MACHINES in state and state[MACHINES] is None:
                del state[MACHINES]
        self.stuck = f"{MOST_MENDS} steps did not mend it: {self.states.try_out(state).why_not}"
        return None

    def _without_margin(self, state: State) -> State:
        """Go on with a state that holds, though hardly, where nothing gives it more."""
        self.mended.append(
            f"nothing keeps a margin of {100 * self.states.margin:g} % below the objectives: none is kept"
        )
        self.states.margin = 0.0
        self.states.tried.clear()
        return state

    def _steps(self, tried: Tried) -> Iterator[tuple[State, str]]:
        if tried.breaks in ("rest", "room"):
            yield from self._more_machines(tried)
        if math.isinf(tried.excess):
            return  # nothing was replayed
        outcomes = self.states.evaluator.outcomes(tried.values, self.states.places)
        for outcome in outcomes:
            for values, words in outcome.mends:
                yield from self._step(tried, values, words)

    def _more_machines(self, tried: Tried) -> Iterator[tuple[State, str]]:
        """Yield one machine more for a pool: at all times where a loss at rest is not borne, else at most."""
        for name in self.states.base.file.nodes:
            owner = f"nodes/{quoted(name)}"
            least, most = (
                int(amount_of(self.states.now(tried.values, f"{owner}.{f}"))) for f in ("minimum", "maximum")
            )
            if tried.breaks == "room":
                yield from self._step(tried, {f"{owner}.maximum": most + 1}, f"pool {name} up to {most + 1} machines")
                continue
            values = {f"{owner}.minimum": least + 1, f"{owner}.maximum": max(most, least + 1)}
            yield from self._step(tried, values, f"pool {name} never below {least + 1} machines")

    def _step(self, tried: Tried, values: Values, words: str) -> Iterator[tuple[State, str]]:
        """Yield a mend where it may be done and changes something."""
        if MACHINES in tried.values and any(path.startswith("nodes/") for path in values):
            self._own_machines = True  # what was chosen is too small: back to what can be mended step by step
            yield {MACHINES: None}, "the machines of today"
            return
        clamped = {path: self.states.bounds.clamped(path, value) for path, value in values.items()}
        changed = {path: value for path, value in clamped.items() if value != self.states.now(tried.values, path)}
        if changed and not any(self.states.bounds.pinned(path) for path in changed):
            yield changed, words

    def with_machines(self, state: State) -> State:
        """Take the cheapest node pools for what is requested, where they cost less than those of the state and hold."""
        if not self._may_choose_machines():
            return state
        self.states.tell("choosing machines")
        values = {path: value for path, value in self.states.complete(state).items() if not path.startswith(MACHINES)}
        made = self.states.evaluator.candidates.made(values)
        if isinstance(made, str):
            return state
        peaks = worst(self.states.evaluator.outcomes(self.states.complete(state), self.states.places), "pods")
        pods = {name: int(count) for name, count in peaks.items()}
        found = choose_machines(
            self.states.base, made, self.states.bounds.policy, pods, self.states.costing.busy_share(values)
        )
        if found is None:
            return state
        self.chosen[found.name] = found
        self.states.evaluator.candidates.machines[found.name] = found.pools
        moved = {path: value for path, value in state.items() if not path.startswith("nodes/")}
        moved[MACHINES] = found.name
        return moved if self.states.better(moved, state) else state

    def _may_choose_machines(self) -> bool:
        paths = [f"nodes/{quoted(name)}.{field}" for name in self.states.base.file.nodes for field in NODE_FIELDS]
        bound = any(self.states.bounds.pinned(path) or self.states.bounds.of(path) for path in paths)
        karpenter = self.states.base.file.provisioner == "karpenter"
        return self.states.base.instances is not None and not (bound or karpenter or self._own_machines)

    def unconfirmed(self, state: Values) -> Place | None:
        """Replay the whole of every stretch; return the hour of the first that fails, None when all hold."""
        values = self.states.complete(state)
        for place in self.states.whole(CONFIRMED_WITH):
            self.states.tell(f"confirming on the whole of {place.stretch}")
            outcome = self.states.evaluator.every(values, [place])[0]
            if outcome.holds and not outcome.oom_kills and self.states.keeps_margin(outcome):
                continue
            part = self.states.evaluator.candidates.stretch(place.stretch)
            return Place(place.stretch, _around(outcome, part), place.replication)
        return None


def _around(outcome: Outcome, scenario: Scenario) -> Peak:
    duration = scenario.file.window.duration
    length = min(_HOUR_NS, duration)
    if not outcome.at_utc:
        return Peak(0, duration, "the whole window")
    at = pd.Timestamp(outcome.at_utc).value - scenario.start_ns
    start = min(max(at - length // 2, 0), duration - length)
    return Peak(start // _WINDOW_NS * _WINDOW_NS, length, "where the whole fails first")
