"""DefaultPreemption: which pods have to leave for one of higher priority, and on which node.

Sources: ``pkg/scheduler/framework/preemption`` and ``plugins/defaultpreemption`` of Kubernetes 1.36.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from fvcapacity.decisions.scheduler.cycle import Cycle, Nominated, Refusal, begin
from fvcapacity.decisions.scheduler.nodes import NodeView, PlacedPod, SchedulingPod
from fvcapacity.decisions.scheduler.schedule import unavailable
from fvcapacity.decisions.scheduler.selectors import is_empty, matches_selector
from fvcapacity.frozen import Frozen

NEVER = "not eligible due to preemptionPolicy=Never."
UNDER_WAY = "not eligible due to a terminating pod on the nominated node."

_NO_VICTIMS = Refusal("DefaultPreemption", ("No preemption victims found for incoming pod",))
_NO_HELP = Refusal("DefaultPreemption", ("Preemption is not helpful for scheduling",))
_MIN_CANDIDATES, _MIN_CANDIDATES_PERCENT = 100, 10
"""``minCandidateNodesAbsolute`` and ``minCandidateNodesPercentage``."""
_LOWEST_PRIORITY = -(2**31)


class Budget(Frozen):
    """A PodDisruptionBudget, and how many of its pods may be disrupted now."""

    namespace: str
    selector: Mapping[str, Any]
    allowed: int

    def covers(self, pod: SchedulingPod) -> bool:
        """Tell whether the budget is on a pod; an empty selector, or a pod without labels, matches nothing."""
        if self.namespace != pod.namespace or not pod.labels or is_empty(self.selector):
            return False
        return matches_selector(pod.labels, self.selector)


class Preemption(Frozen):
    """A node on which a pod fits once the victims have left it: the most important of them first."""

    node: str
    victims: tuple[PlacedPod, ...]
    violations: int = 0
    """How many victims their disruption budgets do not allow."""


def ineligible(
    pod: SchedulingPod, own: str, refusals: Mapping[str, Refusal], preempted: Sequence[SchedulingPod]
) -> str:
    """Return why a pod may not preempt (again), or "" when it may.

    Parameters
    ----------
    pod
        The pod that found no node.
    own
        Node that it is nominated to.
    refusals
        Why it was refused, by node.
    preempted
        Pods of that node which are leaving because they were preempted.
    """
    if not pod.preempts:
        return NEVER
    hopeless = own in refusals and not refusals[own].resolvable
    if own and not hopeless and any(other.priority < pod.priority for other in preempted):
        return UNDER_WAY
    return ""


def preempt(
    pod: SchedulingPod,
    nodes: Sequence[NodeView],
    refusals: Mapping[str, Refusal],
    *,
    budgets: Sequence[Budget] = (),
    started_ns: Mapping[int, int] | None = None,
    nominated: Nominated | None = None,
    draw: int = 0,
) -> tuple[Preemption | None, str]:
    """Return whose leaving makes room for a pod, or None and the message that says why nobody's does.

    Parameters
    ----------
    pod, nodes
        The pod that found no node, and all nodes.
    refusals
        Why it was refused, by node. Only those that others' leaving may change are looked at.
    budgets
        All disruption budgets.
    started_ns
        Start time by ``PlacedPod.uid``; a pod without one has yet to start.
    nominated
        Other pods that wait for room, by node.
    draw
        Decides where the search begins (the real one draws lots); it matters with more than 100 nodes.
    """
    hopeful = [node for node in nodes if node.name in refusals and refusals[node.name].resolvable]
    plans: list[Preemption] = []
    reasons = {node.name: _NO_HELP for node in nodes}
    cycle, waiting, importance = begin(pod, nodes), nominated or {}, _importance(started_ns or {})
    first = draw % len(hopeful) if hopeful else 0
    enough = candidates_to_find(len(hopeful))
    for node in (*hopeful[first:], *hopeful[:first]):
        plan = victims_on(cycle, node, budgets, importance, waiting.get(node.name, ()))
        if isinstance(plan, Refusal):
            reasons[node.name] = plan
            continue
        plans.append(plan)
        if len(plans) >= enough and any(not found.violations for found in plans):
            break
    if not plans:
        return None, unavailable(len(nodes), reasons.values())
    order = {node.name: i for i, node in enumerate(nodes)}
    return pick(sorted(plans, key=lambda plan: order[plan.node]), started_ns or {}), ""


def candidates_to_find(count: int) -> int:
    """Return how many nodes with victims are enough (``calculateNumCandidates``)."""
    return min(count, max(_MIN_CANDIDATES, count * _MIN_CANDIDATES_PERCENT // 100))


def victims_on(
    cycle: Cycle,
    node: NodeView,
    budgets: Sequence[Budget],
    importance: Callable[[PlacedPod], tuple[int, float]],
    nominated: Collection[SchedulingPod] = (),
) -> Preemption | Refusal:
    """Return the fewest pods of a node that have to leave (``SelectVictimsOnNode``), or why none would help.

    All pods of lower priority leave in thought; then as many as possible stay, those first whose budget does not allow
    it, and of these the most important first.
    """
    pod = cycle.pod
    lower = [placed for placed in node.pods if placed.pod.priority < pod.priority]
    if not lower:
        return _NO_VICTIMS
    gone = {id(placed) for placed in lower}

    def fits() -> Refusal | None:
        left = node.holding(tuple(placed for placed in node.pods if id(placed) not in gone))
        return cycle.with_node(node, left).refusal_with(left, nominated)

    if refusal := fits():
        return refusal
    violating, allowed = by_budget(sorted(lower, key=importance), budgets)
    violations = 0
    for placed, violates in [*((p, True) for p in violating), *((p, False) for p in allowed)]:
        gone.discard(id(placed))
        if fits():
            gone.add(id(placed))
            violations += violates
    victims = sorted((placed for placed in lower if id(placed) in gone), key=importance)
    if not victims:
        return _NO_VICTIMS
    return Preemption(node.name, tuple(victims), violations)


def by_budget(pods: Sequence[PlacedPod], budgets: Sequence[Budget]) -> tuple[list[PlacedPod], list[PlacedPod]]:
    """Return the pods whose leaving a budget does not allow, and the others (``filterPodsWithPDBViolation``).

    Each pod uses up one disruption of every budget that covers it.
    """
    left = [budget.allowed for budget in budgets]
    violating: list[PlacedPod] = []
    allowed: list[PlacedPod] = []
    for placed in pods:
        violates = False
        for i, budget in enumerate(budgets):
            if budget.covers(placed.pod):
                left[i] -= 1
                violates = violates or left[i] < 0
        (violating if violates else allowed).append(placed)
    return violating, allowed


def pick(plans: Sequence[Preemption], started_ns: Mapping[int, int]) -> Preemption:
    """Return the best plan (``pickOneNodeForPreemption``).

    Fewest budgets broken, then the lowest of the highest priorities, the smallest sum of priorities, the fewest
    victims, and the latest start of those of the highest priority; the first of equals.
    """

    def cost(plan: Preemption) -> tuple[float, ...]:
        priorities = [placed.pod.priority for placed in plan.victims]
        highest = max(priorities)
        starts = [_start(p, started_ns) for p in plan.victims if p.pod.priority == highest]
        total = sum(priority - _LOWEST_PRIORITY for priority in priorities)
        return plan.violations, highest, total, len(priorities), -min(starts)

    return min(plans, key=cost)


def _importance(started_ns: Mapping[int, int]) -> Callable[[PlacedPod], tuple[int, float]]:
    """Return how pods are ordered (``MoreImportantPod``): by priority, then those first that run longest."""
    return lambda placed: (-placed.pod.priority, _start(placed, started_ns))


def _start(placed: PlacedPod, started_ns: Mapping[int, int]) -> float:
    return started_ns.get(placed.uid, float("inf"))
