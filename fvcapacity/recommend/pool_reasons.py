"""Why no node pools do, and what comes nearest."""

from __future__ import annotations

from collections.abc import Sequence

from fvcapacity.frozen import replace
from fvcapacity.recommend.offers import Offer
from fvcapacity.recommend.pod_groups import PodGroup
from fvcapacity.recommend.pool_fit import Fit
from fvcapacity.recommend.pool_program import PoolProgram
from fvcapacity.units import format_cpu

_MANY = 10_000


def too_large(offers: Sequence[Offer], groups: Sequence[PodGroup], fit: Fit) -> str:
    """Return what to say of pods that no machine takes at all; "" when there are none."""
    if not offers:
        return "No instance type has both a size and a price, so there is nothing to choose from."
    found = []
    for number, group in enumerate(groups):
        if fit.most[number].any() or not any(group.counts.values()):
            continue
        cpu, memory, _ = fit.size[number]
        # the machine of which the pod asks for the least share
        nearest = min(
            range(len(offers)),
            key=lambda p: max(cpu / max(fit.room[p, 0], 1e-9), memory / max(fit.room[p, 1], 1e-9)),
        )
        room = fit.room[nearest]
        fits = cpu <= room[0] and memory <= room[1]
        why = "its taints, labels or zones keep the pod off" if fits else "is the nearest"
        found.append(
            f"{group.name} asks for {format_cpu(cpu / 1000)} CPU and {memory:.0f}Mi, and no machine takes it: "
            f"{offers[nearest].pool.instance_type} has {format_cpu(room[0] / 1000)} and {room[1]:.0f}Mi for pods; "
            f"{why}."
        )
    return " ".join(found)


def why_none(program: PoolProgram, seconds_left: float) -> str:
    """Return which rule has to give way, found by leaving out one at a time."""
    rules = program.rules
    trials = {
        "without headroom for a loss": replace(rules, headroom="none"),
        f"with more than {rules.max_pools} pools": replace(rules, max_pools=len(program.offers)),
        "with any share of spot machines": replace(rules, spot_share=1.0),
    }
    helped = []
    for words, changed in trials.items():
        if changed != rules and (cost := _cost(PoolProgram(program.offers, program.groups, program.fit, changed))):
            helped.append(f"{words} the program finds pools for {cost:.4f} USD an hour")
    larger = [replace(o, pool=o.pool.model_copy(update={"maximum": _MANY})) for o in program.offers]
    cost = _cost(PoolProgram(larger, program.groups, program.fit, rules))
    if cost and (program.maximum < _MANY).any():
        helped.append(f"with larger maximums it finds pools for {cost:.4f} USD an hour")
    late = " Time ran out before an answer was placed." if seconds_left <= 0 else ""
    if not helped:
        return f"No choice of pools lets the scheduler place all pods.{late}"
    return f"No choice of pools keeps all the rules: {'; '.join(helped)}.{late}"


def _cost(program: PoolProgram) -> float | None:
    solution = program.solve(5.0)
    return None if solution.counts is None else program.cost(solution.counts)
