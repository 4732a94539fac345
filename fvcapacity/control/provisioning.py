"""Who empties a node: the cluster autoscaler, or Karpenter where the node is one of its own."""

from __future__ import annotations

from fvcapacity.control import scale_down
from fvcapacity.control.cluster import Cluster


def drain(cluster: Cluster, name: str) -> None:
    """Go on emptying a node that is to go."""
    node = cluster.state.nodes.get(name)
    if node is not None and node.draining:
        scale_down.drain(cluster, node)
