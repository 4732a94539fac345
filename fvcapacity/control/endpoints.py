"""EndpointSlice controller and kube-proxy: who gets requests, and when the proxies know."""

from __future__ import annotations

from fvcapacity.control.cluster import Cluster
from fvcapacity.dataplane.plane import SetEndpoints
from fvcapacity.scenario.faults import FailOver


def ready_pods(cluster: Cluster, service: int) -> tuple[int, ...]:
    """Return the pods of a service that are ready and not being deleted, oldest first; nobody while it fails over."""
    if service in failing_over(cluster):
        return ()
    workload = cluster.state.workloads[cluster.program.workloads[service]]
    return tuple(uid for uid, pod in workload.pods.items() if pod.ready and not pod.deleting)


def failing_over(cluster: Cluster) -> set[int]:
    """Return the services whose place nobody holds at present."""
    faults = (cluster.scenario.file.faults[number] for number in cluster.state.faults.lasting.values())
    return {cluster.program.services.index(f.service) for f in faults if isinstance(f, FailOver)}


def sync_endpointslice(cluster: Cluster, key: str) -> None:
    """Write the slice of a service when it changed; the proxies learn of it later."""
    service = int(key)
    pods = ready_pods(cluster, service)
    if pods == cluster.state.endpoint_slices.get(service):
        return
    cluster.state.endpoint_slices[service] = pods
    delay = cluster.timings.endpoint_propagation
    update = f"{service}@{cluster.now + delay}"
    cluster.state.endpoint_updates[update] = pods
    cluster.enqueue("kube-proxy", update, delay)


def sync_proxies(cluster: Cluster, key: str) -> None:
    """Every proxy now has the slice. Pods that are gone meanwhile are left out: the plane knows them no more."""
    pods = cluster.state.endpoint_updates.pop(key)
    known = tuple(uid for uid in pods if uid in cluster.state.pods)
    cluster.commands.append(SetEndpoints(service=int(key.split("@")[0]), pods=known))
