"""What the kubelet and the ReplicaSet controller decide about single pods."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from fvcapacity.frozen import Frozen

INITIAL_BACKOFF_NS = 10 * 10**9
MAX_BACKOFF_NS = 300 * 10**9


MINIMUM_GRACE_NS = 2 * 10**9


def time_to_end(grace_ns: int, elapsed_ns: int) -> tuple[int, str]:
    """Return how long after SIGTERM a container is killed, and why.

    ``preStop`` hooks count against the grace period, but two seconds are left in any case (``killContainer`` of
    ``pkg/kubelet/kuberuntime/kuberuntime_container.go``).
    """
    left = grace_ns - elapsed_ns
    return (left, "GracePeriod") if left >= MINIMUM_GRACE_NS else (MINIMUM_GRACE_NS, "MinimumGracePeriod")


class BackOff(Frozen):
    """The kubelet's memory of a container that keeps exiting (``client-go/util/flowcontrol/backoff.go``)."""

    delay_ns: int
    updated_ns: int


def restart_delay(memory: BackOff | None, exit_ns: int) -> tuple[int, str]:
    """Return how long after its exit a container restarts, and the reason for waiting ("" for at once).

    The first restart is at once; then 10 s, doubling to 300 s. What lies more than 10 min back is forgotten.
    """
    if memory is None or _forgotten(memory, exit_ns):
        return 0, ""
    return memory.delay_ns, "CrashLoopBackOff"


def next_backoff(memory: BackOff | None, exit_ns: int, restart_ns: int) -> BackOff:
    """Return the memory after a restart at ``restart_ns``."""
    if memory is None or _forgotten(memory, exit_ns):
        return BackOff(INITIAL_BACKOFF_NS, restart_ns)
    return BackOff(min(2 * memory.delay_ns, MAX_BACKOFF_NS), restart_ns)


def _forgotten(memory: BackOff, exit_ns: int) -> bool:
    return exit_ns - memory.updated_ns > 2 * MAX_BACKOFF_NS


class VictimCandidate(Frozen, kw_only=True):
    """A pod as the ReplicaSet controller weighs it.

    ``identity`` stands for the pod's UID, which Kubernetes compares when ages are alike.
    """

    name: str
    node: str
    running: bool
    ready: bool
    ready_since_ns: int = 0
    created_ns: int = 0
    restarts: int = 0
    deletion_cost: int = 0
    identity: int = 0


def deletion_order(pods: Sequence[VictimCandidate], now_ns: int, related: Sequence[str] | None = None) -> list[str]:
    """Return pod names, the first to be deleted first (``ActivePodsWithRanks`` of ``controller_utils.go``).

    ``related`` are the nodes of all pods of the same owner, those of its other ReplicaSets included (None: these pods).
    """
    doubled: dict[str, int] = {}
    for node in (pod.node for pod in pods) if related is None else related:
        doubled[node] = doubled.get(node, 0) + 1

    def compare(a: VictimCandidate, b: VictimCandidate) -> int:
        steps = (
            (a.node != "") - (b.node != ""),
            a.running - b.running,
            a.ready - b.ready,
            a.deletion_cost - b.deletion_cost,
            doubled[b.node] - doubled[a.node],
        )
        for step in steps:
            if step:
                return step
        if a.ready and a.ready_since_ns != b.ready_since_ns:
            return _by_age(a, b, a.ready_since_ns, b.ready_since_ns, now_ns)
        if a.restarts != b.restarts:
            return b.restarts - a.restarts
        if a.created_ns != b.created_ns:
            return _by_age(a, b, a.created_ns, b.created_ns, now_ns)
        return 0

    return [pod.name for pod in sorted(pods, key=functools.cmp_to_key(compare))]


def _by_age(a: VictimCandidate, b: VictimCandidate, since_a: int, since_b: int, now_ns: int) -> int:
    """Younger first, ages taken as powers of two; within one power the UIDs decide."""
    difference = _age_rank(now_ns - since_a) - _age_rank(now_ns - since_b)
    return difference or (1 if a.identity > b.identity else -1)


def _age_rank(age_ns: int) -> int:
    return int(math.log2(age_ns)) if age_ns > 0 else -1
