"""Why a number has its value: the next cheaper one, and what it breaks."""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.frozen import Frozen
from fvcapacity.recommend.candidates import MACHINES
from fvcapacity.recommend.evaluation import OutOfTimeError
from fvcapacity.recommend.machines import Machines
from fvcapacity.recommend.states import States
from fvcapacity.recommend.variables import amount_of, between
from fvcapacity.scenario.paths.values import Value
from fvcapacity.units import format_bytes, format_cpu


class Reasoned(Frozen):
    """A field that changes, and why it has the value that it has."""

    path: str
    before: Value
    after: Value
    why: str


class Reasons(Frozen):
    """Gives reasons for what a search found.

    Attributes
    ----------
    states
        Of the search: a neighbour that was not tried yet is tried.
    chosen
        Machines that were chosen, by their name.
    """

    states: States
    chosen: Mapping[str, Machines]

    def of(self, values: Mapping[str, Value]) -> tuple[list[Reasoned], bool]:
        """Return every changed field with its reason, and whether there was time for all of them."""
        reasons, complete = [], True
        for path, value in values.items():
            try:
                why = self._why(values, path, value)
            except OutOfTimeError:
                why, complete = "The time was over before its neighbour was tried.", False
            before = self._machines_today() if path == MACHINES else self.states.today(path)
            reasons.append(Reasoned(path, before, value, why))
        return reasons, complete

    def _why(self, values: Mapping[str, Value], path: str, value: Value) -> str:
        if path == MACHINES:
            return self.chosen[str(value)].why
        if ".behavior." in path:
            return self._why_behavior(values, path)
        if value is None:
            return "The policy asks for no CPU limit."
        if path.startswith("nodes/") and path.endswith(".count") and path.removesuffix("count") + "minimum" in values:
            return "As many as the smallest number of the pool, which is there at all times."
        if ".limits." in path and self.states.today(path) is not None:
            return self._why_limit(values, path, value)
        neighbour = self._neighbour(path, value)
        if neighbour is None:
            return self._end_of_ladder(path)
        tried = self.states.try_out({**values, path: neighbour})
        if tried.why_not:
            return f"At {neighbour}: {tried.why_not.removeprefix(f'{path} = {neighbour} is ')}"
        return f"At {neighbour} the peaks hold too, and machines and requests cost no less."

    def _why_behavior(self, values: Mapping[str, Value], path: str) -> str:
        tried = self.states.try_out({name: value for name, value in values.items() if name != path})
        said = tried.why_not or "the peaks hold too, and it costs no less."
        return f"As it is today: {said}"

    def _why_limit(self, values: Mapping[str, Value], path: str, value: Value) -> str:
        """Say below which limit it does not hold: what was raised stays the policy's margin above that."""
        steps = [*between(path, self.states.today(path), value), value]
        holds, fails = len(steps) - 1, -1
        while holds - fails > 1:
            middle = (holds + fails) // 2
            if self.states.try_out({**values, path: steps[middle]}).why_not:
                fails = middle
            else:
                holds = middle
        if fails < 0:
            return f"A bound asks for it; {steps[0]} would hold too."
        why = self.states.try_out({**values, path: steps[fails]}).why_not.rstrip(".")
        margin = self.states.bounds.policy.limit_margin_percent
        above = (
            f" {steps[holds]} is the least that holds, and {margin:g} % come on top." if holds < len(steps) - 1 else ""
        )
        return f"At {steps[fails]}: {why}.{above}"

    def _end_of_ladder(self, path: str) -> str:
        policy = self.states.bounds.policy
        if self.states.bounds.of(path):
            return "A bound allows no cheaper value."
        if path.endswith(".requests.cpu"):
            return f"{format_cpu(policy.least_cpu)} is the least that is requested."
        if path.endswith(".requests.memory"):
            return f"{format_bytes(policy.least_memory)} is the least that is requested."
        if ".target." in path:
            return f"{policy.target_maximum} % is the largest target that the policy allows."
        if path.startswith("nodes/"):
            return "Fewer machines there cannot be."
        return (
            "Two pods stay, so that the loss of one is not the loss of all." if policy.redundancy else "One pod stays."
        )

    def _machines_today(self) -> str:
        pools = self.states.base.file.nodes.values()
        return " and ".join(f"{pool.minimum} to {pool.maximum} x {pool.instance_type}" for pool in pools)

    def _neighbour(self, path: str, value: Value) -> Value:
        """Return the next cheaper value on the ladder."""
        variable = next((item for item in self.states.variables if item.path == path), None)
        if variable is not None:
            return next(iter(variable.cheaper(value)), None)
        today = self.states.today(path)
        steps = between(path, today, value)
        if steps:
            return steps[-1]
        return today if today is not None and value is not None and amount_of(today) < amount_of(value) else None
