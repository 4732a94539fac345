"""How kube-scheduler picks a node, as pure functions.

``nodes`` holds what the scheduler sees, ``selectors`` label rules, ``resources`` fit and resource scores,
``placement`` taints, node affinity, ports and zones, ``spread`` topology spread, ``pod_affinity`` rules between pods,
``image_locality`` images; ``cycle`` filters, and ``schedule`` is the whole cycle: filter, score, normalise, pick.
``preemption`` makes room for a pod that found none, ``queue`` says when it is tried again.
"""

from fvcapacity.decisions.scheduler.cycle import Cycle, Nominated, Refusal, begin
from fvcapacity.decisions.scheduler.nodes import (
    HOSTNAME,
    ZONE,
    HostPort,
    NodeView,
    PlacedPod,
    SchedulingPod,
    Snapshot,
    Taint,
)
from fvcapacity.decisions.scheduler.schedule import Placement, schedule

__all__ = [
    "HOSTNAME",
    "ZONE",
    "Cycle",
    "HostPort",
    "NodeView",
    "Nominated",
    "PlacedPod",
    "Placement",
    "Refusal",
    "SchedulingPod",
    "Snapshot",
    "Taint",
    "begin",
    "schedule",
]
