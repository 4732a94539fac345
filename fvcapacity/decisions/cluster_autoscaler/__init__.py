"""Which nodes the cluster autoscaler orders and which it gives back, as pure functions.

``scale_up`` packs pending pods on new nodes, ``expanders`` choose among node groups, ``utilization`` measures a node,
``scale_down`` says which nodes could go, and ``health`` when to hold back.
"""

from fvcapacity.decisions.cluster_autoscaler.expanders import Choice, Option, choose, waste
from fvcapacity.decisions.cluster_autoscaler.scale_down import Candidate, unneeded_nodes
from fvcapacity.decisions.cluster_autoscaler.scale_up import NodeGroup, ScaleUp, scale_up
from fvcapacity.decisions.cluster_autoscaler.utilization import HeldPod, Utilization, node_utilization

__all__ = [
    "Candidate",
    "Choice",
    "HeldPod",
    "NodeGroup",
    "Option",
    "ScaleUp",
    "Utilization",
    "choose",
    "node_utilization",
    "scale_up",
    "unneeded_nodes",
    "waste",
]
