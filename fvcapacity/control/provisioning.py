"""Who buys machines and gives them back: the cluster autoscaler or Karpenter, as the scenario says."""

from __future__ import annotations

from fvcapacity.control import karpenter_disruption, scale_down
from fvcapacity.control.clock import Rank
from fvcapacity.control.cluster import Cluster, Process
from fvcapacity.control.cluster_autoscaler import cluster_autoscaler
from fvcapacity.control.draining import kill
from fvcapacity.control.karpenter import karpenter_pools, notice, provision, settings


def first_due(cluster: Cluster) -> dict[str, int]:
    """Return when the periodic part of it runs first."""
    if settings(cluster) is not None:
        return {"karpenter-disruption": karpenter_disruption.PERIOD_NS}
    return {"cluster-autoscaler": cluster.timings.autoscaler_scan}


def provisioner(cluster: Cluster) -> Process:
    """Return the periodic part of it."""
    if settings(cluster) is not None:
        return karpenter_disruption.karpenter_disruption(cluster)
    return cluster_autoscaler(cluster)


def register(cluster: Cluster) -> None:
    """Say who does which of its work."""
    rank = Rank.CLUSTER_AUTOSCALER
    cluster.handle("drain", rank, drain)
    cluster.handle("kill", Rank.KUBELET, kill)
    cluster.handle("unschedulable", rank, notice)
    cluster.handle("provisioner", rank, provision)
    cluster.handle("disruption", rank, karpenter_disruption.disrupt)
    cluster.handle("retire", rank, karpenter_disruption.retire)


def drain(cluster: Cluster, name: str) -> None:
    """Go on emptying a node that is to go."""
    node = cluster.state.nodes.get(name)
    if node is None or not node.draining:
        return
    if node.pool in karpenter_pools(cluster):
        karpenter_disruption.drain(cluster, node)
    else:
        scale_down.drain(cluster, node)
