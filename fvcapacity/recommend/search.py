"""The cheapest configuration that holds: from what holds, down the ladders, on common random numbers.

First the system is mended until the peaks hold, and replayed as a whole to see what it uses. Then all requests are
sized from that, together where that holds and in halves where it does not. Then one field after the other goes down its
ladder, those that can save the most first, each by bisection; pairs of fields that trade with each other follow, and
machines of other types. What is left is confirmed on the whole of every stretch of the history; where it fails, that
hour joins the peaks and the search goes on.

Bisection takes for granted that a dearer value of one field holds where a cheaper one does. Where that is not so the
search may stop early; it never takes what it has not tried.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from fvcapacity.recommend.bounds import Bounds
from fvcapacity.recommend.candidates import MACHINES, Values
from fvcapacity.recommend.costing import Cost, Costing, no_room, offers_in
from fvcapacity.recommend.evaluation import Evaluator, OutOfTimeError, Place, worst
from fvcapacity.recommend.floors import Floors, month_use
from fvcapacity.recommend.machines import Machines, choose_machines
from fvcapacity.recommend.outcome import Outcome
from fvcapacity.recommend.rest import no_room_at_rest
from fvcapacity.recommend.tried import Tried, front_of
from fvcapacity.recommend.variables import (
    CPU_LADDER,
    Variable,
    amount_of,
    between,
    limits_of,
    threshold_kept,
    variables_of,
)
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths.grammar import quoted
from fvcapacity.scenario.paths.values import Value
from fvcapacity.study.peaks import Peak, peaks

MOST_MENDS = 60
PATIENCE = 6
"""Steps of mending after which the worst figure must have become better, or there is nothing to mend."""
MOST_ROUNDS = 4
CONFIRMATIONS = 4
"""How often a stretch that fails as a whole may send the search back."""
CONFIRMED_WITH = (0, 1)
"""Replications of which the whole stretches are replayed."""
NODE_FIELDS = ("count", "minimum", "maximum")
_HOUR_NS = 3_600_000_000_000
_WINDOW_NS = 300_000_000_000


@dataclass
class Search:
    """A search over one system.

    Attributes
    ----------
    evaluator, costing, bounds
        What tries candidates out, what they cost, and what they may not be.
    places
        Where they are tried out; grows when a confirmation fails.
    tried
        Every candidate by its values, in the order in which they were tried.
    mended
        What was done to get to something that holds, in words.
    floors
        Below what no request goes.
    chosen
        Machines that were chosen, by their name.
    """

    evaluator: Evaluator
    costing: Costing
    bounds: Bounds
    places: list[Place] = field(default_factory=list)
    tried: dict[tuple[tuple[str, Value], ...], Tried] = field(default_factory=dict)
    mended: list[str] = field(default_factory=list)
    chosen: dict[str, Machines] = field(default_factory=dict)
    best: dict[str, Value] | None = None
    stuck: str = ""
    _own_machines: bool = False
    """Whether other machines were tried and did not do."""

    def __post_init__(self) -> None:
        """Find the peaks, and what may be turned."""
        candidates = self.evaluator.candidates
        self.base: Scenario = candidates.base
        self.floors = Floors(self.bounds.policy)
        self.variables = variables_of(self.base, self.bounds)
        self._todays = {variable.path: variable.today for variable in self.variables}
        for name in candidates.history if not self.places else ():
            self.places += [Place(name, peak) for peak in peaks(candidates.stretch(name))]

    @property
    def tell(self) -> Callable[[str], None]:
        """Told in a few words what is being done."""
        return self.evaluator.tell

    def run(self) -> bool:
        """Search; whether it came to its end within its time. What was found is in ``best``."""
        try:
            self.best = self._measured(self.feasible(self.start()))
            for _ in range(CONFIRMATIONS + 1):
                if self.best is None:
                    return True
                self.best = self.descended(self.sized(self.best))
                self.best = self.tightened(self.with_machines(self.best))
                failed = self.unconfirmed(self.best)
                if failed is None and not self._uncovered(self.best):
                    return True
                self.best = self.feasible(self._again(self.best, failed))
            self.best, self.stuck = None, f"after {CONFIRMATIONS} rounds a whole stretch still does not hold"
        except OutOfTimeError:
            return False
        return True

    def _measured(self, state: dict[str, Value] | None) -> dict[str, Value] | None:
        """Replay a state as a whole to see what its containers use; mend what is then known to be too little."""
        if state is None:
            return None
        self.tell("replaying everything once, to see what is used")
        self._take_in(self.complete(state))
        self.tried.clear()
        return self.feasible(state)

    def _take_in(self, values: Values) -> None:
        places = self.whole(CONFIRMED_WITH[:1])
        outcomes = dict(zip((place.stretch for place in places), self.evaluator.every(values, places), strict=True))
        days = self.evaluator.candidates.seen_days
        self.floors.add_month(month_use((days[name], outcomes[name]) for name in days))
        self.floors.add_memory(outcomes.values())

    def _uncovered(self, state: Values) -> list[str]:
        """Return requests that do not cover what was used when the state was replayed as a whole."""
        values = self.complete(state)
        self._take_in(values)
        return [path for path in values if self._too_small(values, path)]

    def _again(self, state: dict[str, Value], failed: Place | None) -> dict[str, Value]:
        """Return the state to go on from when it was not confirmed."""
        before = [dict(item.values) for item in front_of(self.tried.values())]
        self.tried.clear()
        if failed is not None:
            self.tell(f"the whole of {failed.stretch} does not hold: its hour joins the peaks")
            self.places.append(failed)
        else:
            self.tell("requests are raised to what was used")
        for values in before:
            self.try_out(values)
        raised = {}
        for variable in self.variables:
            least = self.floors.of(variable.path)
            if variable.path in state and least is not None and amount_of(state[variable.path]) < least:
                raised[variable.path] = next(
                    (value for value in reversed(variable.ladder) if amount_of(value) >= least), variable.today
                )
        return {**state, **raised}

    def start(self) -> dict[str, Value]:
        """Return the changes that the policy itself asks for: values within bounds, no CPU limits."""
        state: dict[str, Value] = {}
        for variable in self.variables:
            wanted = self.bounds.clamped(variable.path, variable.today)
            if wanted != variable.today:
                state[variable.path] = wanted
        for path, value in limits_of(self.base, self.bounds.policy):
            if self.bounds.pinned(path):
                continue
            wanted = None if path.endswith(".cpu") and not self.bounds.policy.cpu_limits else value
            wanted = self.bounds.clamped(path, wanted)
            if wanted != value:
                state[path] = wanted
        return state

    def complete(self, state: Values) -> dict[str, Value]:
        """Return the values of a state with all that goes with them, without what stays as it is."""
        values = threshold_kept(self.base, state, self.bounds)
        for path, value in state.items():
            if path.startswith("nodes/") and path.endswith(".minimum"):
                count = path.removesuffix("minimum") + "count"
                if count not in state and not self.bounds.pinned(count):
                    values[count] = self.bounds.clamped(count, value)
        return {path: value for path, value in values.items() if value != self.today(path)}

    def today(self, path: str) -> Value:
        """Return the value of a field as the system is, with the default where none is written."""
        if path == MACHINES:
            return None
        return self._todays[path] if path in self._todays else self.base.value(path)

    def allowed(self, values: Values) -> bool:
        """Tell whether all that differs from today may, and may so."""
        fields = {path: value for path, value in values.items() if path != MACHINES}
        return all(not self.bounds.pinned(path) and self.bounds.allows(path, value) for path, value in fields.items())

    def try_out(self, state: Values) -> Tried:
        """Try a state out on all peaks."""
        values = self.complete(state)
        key = tuple(sorted(values.items(), key=lambda item: item[0]))
        if key not in self.tried:
            self.tried[key] = self._tried(values)
        return self.tried[key]

    def _tried(self, values: dict[str, Value]) -> Tried:
        made = self.evaluator.candidates.made(values)
        if isinstance(made, str):
            return Tried(values, made, float("inf"), float("nan"), None)
        if not self.allowed(values):
            return Tried(values, "a pin or a bound forbids it", float("inf"), float("nan"), None)
        if why := self._at_once(made, values):
            return Tried(values, why, float("inf"), float("nan"), self.costing.cost(values))
        outcomes = self.evaluator.outcomes(values, self.places)
        self.floors.add_memory(outcomes)
        why = next((self.said(o, p) for o, p in zip(outcomes, self.places, strict=False) if not o.holds), "")
        why = why or self._broken(made, values, outcomes)
        return Tried(
            values,
            why,
            max(outcome.excess for outcome in outcomes),
            max(outcome.p95_s for outcome in outcomes),
            self.costing.cost(values),
        )

    def _at_once(self, made: Scenario, values: Values) -> str:
        """Return what is not kept whatever a replay says."""
        for path in values:
            if self._too_small(values, path):
                return f"{path} = {values[path]} is too little: {self.floors.said(path)}"
        return no_room_at_rest(made, self.bounds.policy, offers_in(made))

    def _too_small(self, values: Values, path: str) -> bool:
        """Tell whether a request is lowered below its floor."""
        if ".requests." not in path or values[path] is None or not self.floors.measured:
            return False
        if amount_of(values[path]) >= amount_of(self.today(path)):
            return False
        least = self.floors.of(path)
        return least is None or amount_of(values[path]) < least * (1 - 1e-9)

    def said(self, outcome: Outcome, place: Place) -> str:
        """Return why an outcome does not hold, with the stretch and the instant."""
        return f"{outcome.reason.rstrip('.')} ({place.stretch}, first at {outcome.at_utc}): {outcome.bottleneck}"

    def _broken(self, made: Scenario, values: Values, outcomes: Sequence[Outcome]) -> str:
        """Return what else than the objectives is not kept."""
        policy = self.bounds.policy
        if kills := sum(outcome.oom_kills for outcome in outcomes):
            return f"{kills} containers are killed for want of memory"
        throttled = max(outcome.throttled_ratio for outcome in outcomes)
        if policy.throttled_percent is not None and 100 * throttled > policy.throttled_percent:
            return f"{100 * throttled:.1f} % of a service's CFS periods are throttled"
        if path := next((path for path in values if self._too_small(values, path)), ""):
            return f"{path} = {values[path]} is too little: {self.floors.said(path)}"
        return no_room(made, policy, {name: int(pods) for name, pods in worst(outcomes, "pods").items()})

    def better(self, state: Values, than: Values) -> bool:
        """Tell whether a state costs less than another, and holds."""
        values = self.complete(state)
        if isinstance(self.evaluator.candidates.made(values), str) or not self.allowed(values):
            return False
        return (
            self.costing.cost(values).below(self.costing.cost(self.complete(than))) and not self.try_out(state).why_not
        )

    def feasible(self, state: dict[str, Value]) -> dict[str, Value] | None:
        """Mend a state step by step until it holds; None when nothing is left to mend (``stuck`` says at what)."""
        best, since = math.inf, 0
        for _ in range(MOST_MENDS):
            tried = self.try_out(state)
            if not tried.why_not:
                return state
            best, since = (tried.excess, 0) if tried.excess < 0.98 * best else (best, since + 1)
            step = next(self._steps(tried), None)
            if step is None or since >= PATIENCE:
                self.stuck = tried.why_not
                return None
            values, words = step
            self.tell(f"mended: {words}")
            self.mended.append(words)
            state = {**state, **values}
            if MACHINES in state and state[MACHINES] is None:
                del state[MACHINES]
        self.stuck = f"{MOST_MENDS} steps did not mend it: {self.try_out(state).why_not}"
        return None

    def _steps(self, tried: Tried) -> Iterator[tuple[dict[str, Value], str]]:
        if isinstance(self.evaluator.candidates.made(tried.values), str) or math.isinf(tried.excess):
            return
        outcomes = self.evaluator.outcomes(tried.values, self.places)
        for outcome in outcomes:
            for values, words in outcome.mends:
                yield from self._step(tried, values, words)
        if all(outcome.holds for outcome in outcomes):
            for name in self.base.file.nodes if "place" in tried.why_not else ():
                path = f"nodes/{quoted(name)}.maximum"
                more = int(amount_of(self._now(tried.values, path))) + 1
                yield from self._step(tried, {path: more}, f"pool {name} up to {more} machines")

    def _step(self, tried: Tried, values: Values, words: str) -> Iterator[tuple[dict[str, Value], str]]:
        """Yield a mend where it may be done and changes something."""
        if MACHINES in tried.values and any(path.startswith("nodes/") for path in values):
            self._own_machines = True  # what was chosen is too small: back to what can be mended step by step
            yield {MACHINES: None}, "the machines of today"
            return
        clamped = {path: self.bounds.clamped(path, value) for path, value in values.items()}
        changed = {path: value for path, value in clamped.items() if value != self._now(tried.values, path)}
        if changed and not any(self.bounds.pinned(path) for path in changed):
            yield changed, words

    def _now(self, values: Values, path: str) -> Value:
        return values[path] if path in values else self.today(path)

    def sized(self, state: dict[str, Value]) -> dict[str, Value]:
        """Size all requests by what was used: together, and in halves where that does not hold."""
        moves = {}
        for variable in self._turned(state):
            floor = self._floor(variable)
            fitting = [v for v in variable.cheaper(self._of(state, variable)) if floor and amount_of(v) >= floor]
            if fitting:
                moves[variable.path] = fitting[-1]
        self.tell(f"sizing {len(moves)} requests by what was used")
        return self._taken(state, moves)

    def _turned(self, state: Values) -> list[Variable]:
        """Return what may be turned in a state: machines of other types come with their numbers."""
        return [item for item in self.variables if item.kind != "nodes" or MACHINES not in state]

    def _floor(self, variable: Variable) -> float:
        """Return the least request that covers what was used; infinite where nothing is known of it, else 0."""
        if variable.kind not in ("cpu", "memory"):
            return 0.0
        return self.floors.of(variable.path) or math.inf

    def _of(self, state: Values, variable: Variable) -> Value:
        return self._now(self.complete(state), variable.path)

    def _taken(self, state: dict[str, Value], moves: Mapping[str, Value]) -> dict[str, Value]:
        if not moves:
            return state
        moved = {**state, **moves}
        if self.better(moved, state):
            return moved
        paths = list(moves)
        if len(paths) == 1:
            return state
        half = len(paths) // 2
        state = self._taken(state, {path: moves[path] for path in paths[:half]})
        return self._taken(state, {path: moves[path] for path in paths[half:]})

    def descended(self, state: dict[str, Value]) -> dict[str, Value]:
        """Go down the ladders, field by field and then in pairs, until nothing is saved any more."""
        for _ in range(MOST_ROUNDS):
            before = state
            for variable in self._by_saving(state):
                self.tell(f"down: {variable.path}")
                state = self._down(state, variable)
                self.best = state
            for moves in self._pairs(state):
                if self.better({**state, **moves}, state):
                    state = {**state, **moves}
                    self.best = state
            if state == before:
                break
        return state

    def _by_saving(self, state: Values) -> list[Variable]:
        """Return what can save anything, what can save the most first."""
        saving = []
        for number, variable in enumerate(self._turned(state)):
            options = reversed(variable.cheaper(self._of(state, variable)))
            costs = (self._cost({**state, variable.path: value}) for value in options)
            cost = next((cost for cost in costs if cost is not None), None)
            if cost is not None:
                saving.append((cost, number, variable))
        return [variable for _, _, variable in sorted(saving, key=lambda item: item[:2])]

    def _cost(self, state: Values) -> Cost | None:
        values = self.complete(state)
        if isinstance(self.evaluator.candidates.made(values), str):
            return None
        return self.costing.cost(values)

    def _down(self, state: dict[str, Value], variable: Variable) -> dict[str, Value]:
        """Take the cheapest value of one field that holds: the next one first, then by bisection."""
        floor = self._floor(variable)
        options = [v for v in variable.cheaper(self._of(state, variable)) if amount_of(v) >= floor]
        if not options or not self.better({**state, variable.path: options[0]}, state):
            return self._far(state, variable, options)
        holds, fails = 0, len(options)
        while fails - holds > 1:
            middle = (holds + fails) // 2
            if self.better({**state, variable.path: options[middle]}, {**state, variable.path: options[holds]}):
                holds = middle
            else:
                fails = middle
        return {**state, variable.path: options[holds]}

    def _far(self, state: dict[str, Value], variable: Variable, options: Sequence[Value]) -> dict[str, Value]:
        """Take the first value that saves something, where the next one on the ladder saves nothing but would hold."""
        now = self._cost(state)
        for value in options:
            cost = self._cost({**state, variable.path: value})
            if cost is not None and now is not None and cost.below(now):
                moved = {**state, variable.path: value}
                return moved if self.better(moved, state) else state
        return state

    def _pairs(self, state: Values) -> Iterator[dict[str, Value]]:
        """Yield changes of two fields that trade: fewer pods that may use more CPU, a higher target with more pods."""
        for variable in self.variables:
            now = self._of(state, variable)
            cheaper = variable.cheaper(now)
            if variable.kind not in ("pods", "target") or not cheaper:
                continue
            others = [v for v in self.variables if v.workload == variable.workload and v is not variable]
            for other in others:
                dearer = other.dearer(self._of(state, other))
                if other.kind == "cpu" and variable.kind == "pods":
                    needed = amount_of(self._of(state, other)) * amount_of(now) / amount_of(cheaper[0])
                    dearer = tuple(value for value in dearer if amount_of(value) >= needed - 1e-9)
                if dearer and other.kind in ("pods", "cpu", "target"):
                    yield {variable.path: cheaper[0], other.path: dearer[0]}
            for path, limit in limits_of(self.base, self.bounds.policy):
                owner = path.rpartition("/")[0]
                if owner == variable.workload and path.endswith(".cpu") and limit is not None:
                    larger = self._larger(state, path)
                    if larger is not None:
                        yield {variable.path: cheaper[0], path: larger}

    def _larger(self, state: Values, path: str) -> Value:
        """Return a CPU limit that is larger by a fifth or more; None when there may be none."""
        now = self._now(self.complete(state), path)
        if now is None or self.bounds.pinned(path):
            return None
        value = next((step for step in CPU_LADDER if amount_of(step) >= 1.2 * amount_of(now)), None)
        return value if value is not None and self.bounds.allows(path, value) else None

    def tightened(self, state: dict[str, Value]) -> dict[str, Value]:
        """Take back what mending gave too much of, of what costs nothing: limits and largest numbers."""
        turned = {variable.path for variable in self.variables}
        for path in [path for path in state if path not in turned and path != MACHINES]:
            options = between(path, self.today(path), state[path])
            holds, fails = len(options), -1
            while holds - fails > 1:
                middle = (holds + fails) // 2
                moved = {**state, path: options[middle]}
                if self.try_out(moved).why_not:
                    fails = middle
                else:
                    holds = middle
            if holds < len(options):
                state = {**state, path: options[holds]}
        return {path: value for path, value in state.items() if value != self.today(path)}

    def with_machines(self, state: dict[str, Value]) -> dict[str, Value]:
        """Take the cheapest node pools for what is requested, where they cost less than those of the state and hold."""
        if not self._may_choose_machines():
            return state
        self.tell("choosing machines")
        values = {path: value for path, value in self.complete(state).items() if not path.startswith(MACHINES)}
        made = self.evaluator.candidates.made(values)
        if isinstance(made, str):
            return state
        peaks = worst(self.evaluator.outcomes(self.complete(state), self.places), "pods")
        pods = {name: int(count) for name, count in peaks.items()}
        found = choose_machines(self.base, made, self.bounds.policy, pods, self.costing.busy_share(values))
        if found is None:
            return state
        self.chosen[found.name] = found
        self.evaluator.candidates.machines[found.name] = found.pools
        moved = {path: value for path, value in state.items() if not path.startswith("nodes/")}
        moved[MACHINES] = found.name
        return moved if self.better(moved, state) else state

    def _may_choose_machines(self) -> bool:
        paths = [f"nodes/{quoted(name)}.{field}" for name in self.base.file.nodes for field in NODE_FIELDS]
        bound = any(self.bounds.pinned(path) or self.bounds.of(path) for path in paths)
        karpenter = self.base.file.provisioner == "karpenter"
        return self.base.instances is not None and not (bound or karpenter or self._own_machines)

    def unconfirmed(self, state: Values) -> Place | None:
        """Replay the whole of every stretch; return the hour of the first that fails, None when all hold."""
        values = self.complete(state)
        for place in self.whole():
            self.tell(f"confirming on the whole of {place.stretch}")
            outcome = self.evaluator.every(values, [place])[0]
            if outcome.holds and not outcome.oom_kills:
                continue
            part = self.evaluator.candidates.stretch(place.stretch)
            return Place(place.stretch, _around(outcome, part), place.replication)
        return None

    def whole(self, replications: Sequence[int] = CONFIRMED_WITH) -> list[Place]:
        """Return the whole of every stretch of the history and the month, for each replication."""
        candidates = self.evaluator.candidates
        return [
            Place(name, Peak(0, candidates.stretch(name).file.window.duration, "the whole window"), number)
            for name in dict.fromkeys((*candidates.history, *candidates.seen_days))
            for number in replications
        ]


def _around(outcome: Outcome, scenario: Scenario) -> Peak:
    duration = scenario.file.window.duration
    length = min(_HOUR_NS, duration)
    if not outcome.at_utc:
        return Peak(0, duration, "the whole window")
    at = pd.Timestamp(outcome.at_utc).value - scenario.start_ns
    start = min(max(at - length // 2, 0), duration - length)
    return Peak(start // _WINDOW_NS * _WINDOW_NS, length, "where the whole fails first")
