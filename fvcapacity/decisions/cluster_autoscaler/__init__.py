"""Which nodes the cluster autoscaler orders and which it gives back, as pure functions.

``scale_up`` packs pending pods on new nodes, ``expanders`` choose among node groups, ``utilization`` measures a node,
and ``scale_down`` says which nodes could go.
"""

from fvcapacity.decisions.cluster_autoscaler.expanders import waste
from fvcapacity.decisions.cluster_autoscaler.scale_down import Candidate, unneeded_nodes
from fvcapacity.decisions.cluster_autoscaler.scale_up import NodeGroup, ScaleUp, scale_up
from fvcapacity.decisions.cluster_autoscaler.utilization import HeldPod, Utilization, node_utilization

__all__ = [
    "Candidate",
    "HeldPod",
    "NodeGroup",
    "ScaleUp",
    "Utilization",
    "node_utilization",
    "scale_up",
    "unneeded_nodes",
    "waste",
]
