"""EndpointSlice controller and kube-proxy: who gets requests, and when the proxies know."""

from __future__ import annotations

from fvcapacity.control.cluster import Cluster
from fvcapacity.dataplane.plane import SetEndpoints
from fvcapacity.frozen import replace
from fvcapacity.scenario.faults import FailOver


def endpoints(cluster: Cluster, service: int) -> SetEndpoints:
    """Return the pods of a service that are ready and not being deleted, oldest first; nobody while it fails over.

    A canary or blue/green roll-out tells versions apart: the Service selects one of them, and a router may send a share
    of the requests to the new one.
    """
    if service in failing_over(cluster):
        return SetEndpoints(service=service, pods=())
    workload = cluster.state.workloads[cluster.program.workloads[service]]
    ready = [pod for pod in workload.pods.values() if pod.ready and not pod.deleting]
    rollout = workload.rollout
    if rollout is None or rollout.active is None:
        return SetEndpoints(service=service, pods=tuple(pod.uid for pod in ready))
    pods = tuple(pod.uid for pod in ready if pod.revision == rollout.active)
    if not rollout.weight:
        return SetEndpoints(service=service, pods=pods)
    canaries = tuple(pod.uid for pod in ready if pod.revision == rollout.target)
    return SetEndpoints(service=service, pods=pods, canaries=canaries, weight=rollout.weight)


def failing_over(cluster: Cluster) -> set[int]:
    """Return the services whose place nobody holds at present."""
    faults = (cluster.scenario.file.faults[number] for number in cluster.state.faults.lasting.values())
    return {cluster.program.services.index(f.service) for f in faults if isinstance(f, FailOver)}


def sync_endpointslice(cluster: Cluster, key: str) -> None:
    """Write the slice of a service when it changed; the proxies learn of it later."""
    service = int(key)
    pods = endpoints(cluster, service)
    if pods == cluster.state.endpoint_slices.get(service):
        return
    cluster.state.endpoint_slices[service] = pods
    delay = cluster.timings.endpoint_propagation
    update = f"{service}@{cluster.now + delay}"
    cluster.state.endpoint_updates[update] = pods
    cluster.enqueue("kube-proxy", update, delay)


def sync_proxies(cluster: Cluster, key: str) -> None:
    """Every proxy now has the slice. Pods that are gone meanwhile are left out: the plane knows them no more."""
    told = cluster.state.endpoint_updates.pop(key)
    pods, canaries = (tuple(uid for uid in group if uid in cluster.state.pods) for group in (told.pods, told.canaries))
    cluster.commands.append(replace(told, pods=pods, canaries=canaries))
