"""What the control plane makes of a machine that no longer answers, and when.

Sources: ``pkg/controller/nodelifecycle/node_lifecycle_controller.go``, ``pkg/controller/tainteviction``,
``plugin/pkg/admission/defaulttolerationseconds``, ``pkg/controller/podgc/gc_controller.go`` and
``staging/src/k8s.io/cloud-provider/controllers/nodelifecycle`` (Kubernetes 1.32 and later).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

LEASE_RENEWAL_NS = 10 * 10**9
"""The kubelet renews its lease after a quarter of ``nodeLeaseDurationSeconds`` (40 s)."""
MONITOR_PERIOD_NS = 5 * 10**9
"""``--node-monitor-period``: so often leases are looked at; the cloud is asked as often."""
MONITOR_GRACE_NS = 50 * 10**9
"""``--node-monitor-grace-period``: 40 s until 1.31, 50 s since 1.32."""
DEFAULT_TOLERATION_S = 300
"""``--default-not-ready-toleration-seconds`` and ``--default-unreachable-toleration-seconds``."""
UNREACHABLE = "node.kubernetes.io/unreachable"
NODES_PER_TAINT_NS = 10 * 10**9
"""``--node-eviction-rate`` 0.1: one node of a zone in ten seconds is given the taint that evicts."""
UNHEALTHY_ZONE_THRESHOLD = 0.55
LARGE_CLUSTER_NODES = 50
"""``--large-cluster-size-threshold``: in a smaller one nobody is evicted from a zone that is mostly unhealthy."""
SLOW_NODES_PER_TAINT_NS = 100 * 10**9
"""``--secondary-node-eviction-rate`` 0.01."""
POD_GC_PERIOD_NS = 20 * 10**9
ORPHAN_QUARANTINE_NS = 40 * 10**9
"""A node that is gone is asked for once more after this; then its pods are deleted by force."""

ZoneState = Literal["Normal", "PartialDisruption", "FullDisruption"]


def noticed(lost_ns: int, phase_ns: int) -> tuple[int, str]:
    """Return when the node controller finds a machine unresponsive, and why then.

    Parameters
    ----------
    lost_ns
        When it stopped.
    phase_ns
        It renewed its lease at this time and every ten seconds before and after.
    """
    last = lost_ns - (lost_ns - phase_ns) % LEASE_RENEWAL_NS
    return ((last + MONITOR_GRACE_NS) // MONITOR_PERIOD_NS + 1) * MONITOR_PERIOD_NS, "NodeStatusUnknown"


def zone_state(ready: int, not_ready: int) -> tuple[ZoneState, str]:
    """Return how disrupted a zone is, from its nodes (``ComputeZoneState``)."""
    if not ready and not_ready:
        return "FullDisruption", "NoNodeReady"
    if not_ready > 2 and not_ready / (ready + not_ready) >= UNHEALTHY_ZONE_THRESHOLD:
        return "PartialDisruption", "MostNodesNotReady"
    return "Normal", "FewNodesNotReady"


def taint_interval(own: ZoneState, zones: Sequence[ZoneState], nodes: int) -> tuple[int | None, str]:
    """Return how long lies between two nodes of a zone that are given the taint; None when none is.

    Parameters
    ----------
    own
        State of the zone.
    zones
        States of all zones. When nothing anywhere is ready, the fault is taken to be the control plane's own.
    nodes
        Nodes of the zone.
    """
    if all(state == "FullDisruption" for state in zones):
        return None, "AllZonesFullyDisrupted"
    if own == "PartialDisruption":
        if nodes > LARGE_CLUSTER_NODES:
            return SLOW_NODES_PER_TAINT_NS, "SecondaryNodeEvictionRate"
        return None, "ZoneMostlyUnhealthy"
    return NODES_PER_TAINT_NS, "NodeEvictionRate"


def toleration_ns(tolerations: Sequence[Mapping[str, Any]], taint: str = UNREACHABLE) -> tuple[int | None, str]:
    """Return how long a pod stays on a node with a NoExecute taint, None for ever, and why.

    A pod whose template says nothing of the taint is given 300 s by admission.
    """
    own = [t for t in tolerations if _covers(t, taint)]
    if not own:
        return DEFAULT_TOLERATION_S * 10**9, "DefaultTolerationSeconds"
    limited = [float(t["tolerationSeconds"]) for t in own if t.get("tolerationSeconds") is not None]
    if not limited:
        return None, "ToleratedForEver"
    return max(0, round(min(limited) * 1e9)), "TolerationSeconds"


def _covers(toleration: Mapping[str, Any], taint: str) -> bool:
    if (toleration.get("effect") or "NoExecute") != "NoExecute":
        return False
    key, operator = toleration.get("key") or "", toleration.get("operator") or "Equal"
    if not key:
        return operator == "Exists"
    return key == taint and (operator == "Exists" or not toleration.get("value"))


def orphans_deleted(node_deleted_ns: int) -> tuple[int, str]:
    """Return when the pods of a node whose object is gone are deleted by force, and why then."""
    found = -(-node_deleted_ns // POD_GC_PERIOD_NS) * POD_GC_PERIOD_NS
    return found + ORPHAN_QUARANTINE_NS, "DeletionByPodGC"
