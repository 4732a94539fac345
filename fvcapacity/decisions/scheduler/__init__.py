"""How kube-scheduler picks a node, as pure functions.

``nodes`` holds what the scheduler sees, ``resources`` fit and resource scores, ``placement`` taints, affinities and
zones, ``spread`` topology spread, and ``schedule`` the whole cycle: filter, score, normalise, pick.
"""

from fvcapacity.decisions.scheduler.nodes import (
    HOSTNAME,
    ZONE,
    NodeView,
    PlacedPod,
    SchedulingPod,
    Taint,
)
from fvcapacity.decisions.scheduler.schedule import Placement, filter_node, schedule

__all__ = [
    "HOSTNAME",
    "ZONE",
    "NodeView",
    "PlacedPod",
    "Placement",
    "SchedulingPod",
    "Taint",
    "filter_node",
    "schedule",
]
