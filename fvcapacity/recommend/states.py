"""What a search moves about in: states of a system, and whether one does.

A state says what was turned; its values are that and all that goes with it. A state does when it holds on all peaks,
keeps the policy's rules, and breaks no pin and no bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fvcapacity.recommend.bounds import Bounds
from fvcapacity.recommend.candidates import MACHINES, Values
from fvcapacity.recommend.costing import Cost, Costing, no_room, offers_in
from fvcapacity.recommend.evaluation import Evaluator, Place, whole_places, worst
from fvcapacity.recommend.floors import Floors
from fvcapacity.recommend.outcome import Outcome
from fvcapacity.recommend.rest import no_room_at_rest
from fvcapacity.recommend.tried import Tried
from fvcapacity.recommend.variables import amount_of, limits_of, threshold_kept, variables_of
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths.values import Value
from fvcapacity.study.peaks import peaks

State = dict[str, Value]


@dataclass
class States:
    """States of one system.

    Attributes
    ----------
    evaluator, costing, bounds
        What tries candidates out, what they cost, and what they may not be.
    places
        Where they are tried out; grows when a confirmation fails.
    tried
        Every candidate by its values, in the order in which they were tried.
    floors
        Below what no request goes.
    variables
        What may be turned.
    margin
        Part of what the objectives allow that a state leaves free.
    """

    evaluator: Evaluator
    costing: Costing
    bounds: Bounds
    places: list[Place] = field(default_factory=list)
    tried: dict[tuple[tuple[str, Value], ...], Tried] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find the peaks, and what may be turned."""
        candidates = self.evaluator.candidates
        self.base: Scenario = candidates.base
        self.floors = Floors(self.bounds.policy)
        self.margin = self.bounds.policy.objective_margin_percent / 100
        self.variables = variables_of(self.base, self.bounds)
        self._todays = {variable.path: variable.today for variable in self.variables}
        for name in candidates.history if not self.places else ():
            self.places += [Place(name, peak) for peak in peaks(candidates.stretch(name))]

    @property
    def tell(self) -> Callable[[str], None]:
        """Told in a few words what is being done."""
        return self.evaluator.tell

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

    def now(self, values: Values, path: str) -> Value:
        """Return the value of a field in a candidate."""
        return values[path] if path in values else self.today(path)

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
        cost = self.costing.cost(values)
        if path := next((path for path in values if self.too_small(values, path)), ""):
            return Tried(values, self._said_small(values, path), float("inf"), float("nan"), cost)
        if why := no_room_at_rest(made, self.bounds.policy, offers_in(made)):
            return Tried(values, why, float("inf"), float("nan"), cost, "rest")
        outcomes = self.evaluator.outcomes(values, self.places)
        self.floors.add_memory(outcomes)
        excess, p95_s = (max(getattr(outcome, name) for outcome in outcomes) for name in ("excess", "worst_p95_s"))
        why = next((self.said(o, p) for o, p in zip(outcomes, self.places, strict=False) if not o.holds), "")
        if why := why or self._broken(values, outcomes):
            return Tried(values, why, excess, p95_s, cost)
        if why := no_room(made, self.bounds.policy, {n: int(pods) for n, pods in worst(outcomes, "pods").items()}):
            return Tried(values, why, excess, p95_s, cost, "room")
        close = next((p for o, p in zip(outcomes, self.places, strict=True) if not self.keeps_margin(o)), None)
        if close is not None:
            return Tried(values, self._said_close(excess, close), excess, p95_s, cost, "margin")
        return Tried(values, "", excess, p95_s, cost)

    def keeps_margin(self, outcome: Outcome) -> bool:
        """Tell whether the objectives hold with the margin that is kept for customers whom no search has seen."""
        return not outcome.excess > 1 - self.margin

    def _said_close(self, excess: float, place: Place) -> str:
        return (
            f"the worst window comes to {100 * excess:.0f} % of what the objectives allow ({place.stretch}), and"
            f" {100 * self.margin:g} % are kept for other customers"
        )

    def _said_small(self, values: Values, path: str) -> str:
        return f"{path} = {values[path]} is too little: {self.floors.said(path)}"

    def too_small(self, values: Values, path: str) -> bool:
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

    def _broken(self, values: Values, outcomes: Sequence[Outcome]) -> str:
        """Return what else than the objectives is not kept of what containers need."""
        policy = self.bounds.policy
        if kills := sum(outcome.oom_kills for outcome in outcomes):
            return f"{kills} containers are killed for want of memory"
        throttled = max(outcome.throttled_ratio for outcome in outcomes)
        if policy.throttled_percent is not None and 100 * throttled > policy.throttled_percent:
            return f"{100 * throttled:.1f} % of a service's CFS periods are throttled"
        path = next((path for path in values if self.too_small(values, path)), "")
        return self._said_small(values, path) if path else ""

    def better(self, state: Values, than: Values) -> bool:
        """Tell whether a state costs less than another, and holds."""
        values = self.complete(state)
        if isinstance(self.evaluator.candidates.made(values), str) or not self.allowed(values):
            return False
        return (
            self.costing.cost(values).below(self.costing.cost(self.complete(than))) and not self.try_out(state).why_not
        )

    def cost(self, state: Values) -> Cost | None:
        """Return what a state costs; None when it cannot be."""
        values = self.complete(state)
        if isinstance(self.evaluator.candidates.made(values), str):
            return None
        return self.costing.cost(values)

    def whole(self, replications: Sequence[int]) -> list[Place]:
        """Return the whole of every stretch of the history and the month, for each replication."""
        candidates = self.evaluator.candidates
        return [
            place
            for name in dict.fromkeys((*candidates.history, *candidates.seen_days))
            for place in whole_places(candidates, name, replications)
        ]
