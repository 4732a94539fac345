"""Which nodes the cluster autoscaler gives back (``cluster-autoscaler/core/scaledown``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from fvcapacity.decisions.cluster_autoscaler.scale_up import place_first
from fvcapacity.decisions.scheduler import NodeView, SchedulingPod
from fvcapacity.frozen import Frozen

SYSTEM_POD_AGE_NS = 3600 * 10**9
NO_PLACE = "NoPlaceToMovePods"


class Candidate(Frozen):
    """A node that might be given back.

    ``movable`` are the pods that would have to go elsewhere (DaemonSet pods are not among them); ``blocked`` says
    why a pod must not be moved at all.
    """

    node: NodeView
    group: str
    movable: tuple[SchedulingPod, ...]
    blocked: str = ""
    used: float = 0.0
    """Its utilization."""


class PodOnNode(Frozen, kw_only=True):
    """What the autoscaler asks of a pod before it moves it."""

    namespace: str
    replicated: bool = True
    """A controller makes another one."""
    safe_to_evict: bool | None = None
    """As ``cluster-autoscaler.kubernetes.io/safe-to-evict`` says; None without the annotation."""
    local_storage: bool = False
    has_budget: bool = False
    """A PodDisruptionBudget covers it."""
    age_ns: int = SYSTEM_POD_AGE_NS
    may_be_disrupted: bool = True
    """Every such budget allows one more disruption."""


def blocking_reason(pod: PodOnNode, *, skip_system_pods: bool = True, skip_local_storage: bool = True) -> str:
    """Return why a pod keeps its node, or "" (``simulator/drainability/rules``).

    Parameters
    ----------
    pod
        Neither a DaemonSet's nor a mirror pod: those never keep a node.
    skip_system_pods
        Pods of kube-system without a disruption budget keep their node in their first hour
        (``--skip-nodes-with-system-pods``, ``--blocking-system-pod-distruption-timeout``).
    skip_local_storage
        So do pods with a hostPath or an emptyDir on disk (``--skip-nodes-with-local-storage``).
    """
    if pod.safe_to_evict is False:
        return "NotSafeToEvictAnnotation"
    if not pod.safe_to_evict:
        if not pod.replicated:
            return "NotReplicated"
        system = pod.namespace == "kube-system" and not pod.has_budget and pod.age_ns < SYSTEM_POD_AGE_NS
        if skip_system_pods and system:
            return "UnmovableKubeSystemPod"
        if skip_local_storage and pod.local_storage:
            return "LocalStorageRequested"
    return "" if pod.may_be_disrupted else "NotEnoughPdb"


def unneeded_nodes(
    candidates: Sequence[Candidate],
    nodes: Sequence[NodeView],
    spare: Mapping[str, int],
    threshold: float,
    *,
    before: Collection[str] = (),
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the nodes that could go together, and for every other one why it stays.

    Parameters
    ----------
    candidates
        Nodes in order.
    nodes
        Every node that could take pods.
    spare
        How many nodes each group may lose before its minimum.
    threshold
        Utilization below which a node is looked at.
    before
        Nodes that were not needed at the last look: they are looked at first, so that their time runs on.
    """
    board = {node.name: node for node in nodes}
    left = dict(spare)
    unneeded: list[str] = []
    kept: dict[str, str] = {}
    # Empty nodes first, then those of before, then the least used.
    for candidate in sorted(candidates, key=lambda c: (bool(c.movable), c.node.name not in before, c.used)):
        name = candidate.node.name
        reason = _reason_to_keep(candidate, left, threshold)
        if not reason:
            moved = _moved(candidate, board)
            if moved is None:
                reason = NO_PLACE
            else:
                board = moved
                left[candidate.group] -= 1
                unneeded.append(name)
        if reason:
            kept[name] = reason
    return tuple(unneeded), kept


def _reason_to_keep(candidate: Candidate, left: Mapping[str, int], threshold: float) -> str:
    if candidate.used >= threshold:
        return "NotUnderutilized"
    if left.get(candidate.group, 0) <= 0:
        return "NodeGroupMinSizeReached"
    return candidate.blocked


def _moved(candidate: Candidate, board: Mapping[str, NodeView]) -> dict[str, NodeView] | None:
    """Return the other nodes with the candidate's pods on them, or None when one finds no place."""
    others = [node for name, node in board.items() if name != candidate.node.name]
    for pod in candidate.movable:
        if not place_first(pod, others):
            return None
    return {node.name: node for node in others}
