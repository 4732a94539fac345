"""Making pods of a workload and putting them on nodes: the two steps all workload controllers share."""

from __future__ import annotations

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.history import PodLife
from fvcapacity.control.state import NodeRecord, PodRecord, WorkloadRecord
from fvcapacity.decisions.scheduler import SchedulingPod
from fvcapacity.decisions.scheduler.queue import Change


def create_pod(cluster: Cluster, workload: WorkloadRecord, ordinal: int | None = None) -> PodRecord:
    """Create a pod's record; it is not bound yet. A StatefulSet says the ordinal."""
    state, now = cluster.state, cluster.now
    state.last_uid += 1
    workload.created += 1
    number = workload.created if ordinal is None else ordinal
    name = f"{workload.spec.name}-{number}"
    claims = _read_write_once_claims(cluster, workload, name)
    zones = tuple(sorted({state.volume_zones[c] for c in claims if c in state.volume_zones}))
    scheduling = scheduling_pod(workload, name, zones)
    life = PodLife(uid=state.last_uid, name=name, workload=workload.key, created_ns=now)
    pod = PodRecord(
        uid=state.last_uid,
        name=name,
        workload=workload.key,
        shape=workload.shape,
        scheduling=scheduling,
        life=life,
        identity=cluster.identity(name, state.last_uid),
        ready_since_ns=now,
        claims=claims,
        ordinal=number,
    )
    state.pods[pod.uid] = pod
    workload.pods[pod.uid] = pod
    cluster.history.pods.append(life)
    return pod


def scheduling_pod(workload: WorkloadRecord, name: str, volume_zones: tuple[str, ...]) -> SchedulingPod:
    """Return a pod of a workload as the scheduler sees it."""
    template, shape = workload.spec.template, workload.shape
    return SchedulingPod(
        name=name,
        namespace=workload.spec.namespace,
        labels=template.labels,
        namespace_labels=shape.namespace_labels,
        cpu_milli=shape.cpu_milli,
        memory_bytes=shape.memory_bytes,
        scoring_cpu_milli=shape.scoring_cpu_milli,
        scoring_memory_bytes=shape.scoring_memory_bytes,
        others=shape.others,
        node_selector=template.node_selector,
        affinity=template.affinity,
        tolerations=template.tolerations,
        topology_spread=template.topology_spread,
        selector=workload.spec.selector.get("matchLabels") or template.labels,
        volume_zones=volume_zones,
        host_ports=shape.host_ports,
        images=shape.container_images,
        priority=template.priority,
        preempts=template.preempts,
    )


def bind(cluster: Cluster, pod: PodRecord, node: NodeRecord) -> None:
    """Give a pod its node. The zone of the first node binds its ReadWriteOnce volumes for good."""
    pod.node = node.name
    pod.life.node = node.name
    pod.life.scheduled_ns = cluster.now
    node.pods[pod.uid] = pod
    node.touch(cluster.now)
    cluster.tell_scheduler(Change.POD_PLACED, node.name, pod.scheduling)
    cluster.state.placements += 1
    for claim in pod.claims:
        cluster.state.volume_zones.setdefault(claim, node.zone)


def _read_write_once_claims(cluster: Cluster, workload: WorkloadRecord, pod: str) -> tuple[str, ...]:
    single = {"ReadWriteOnce", "ReadWriteOncePod"}
    templates = {claim.name: claim for claim in workload.spec.claim_templates}
    shared = {
        claim.name: claim for claim in cluster.scenario.cluster.claims if claim.namespace == workload.spec.namespace
    }
    found = []
    names = dict.fromkeys((*workload.spec.template.volume_claims, *templates))
    for name in names:
        if name in templates and single & set(templates[name].access_modes):
            found.append(f"{name}-{pod}")
        elif name in shared and single & set(shared[name].access_modes):
            found.append(name)
    return tuple(found)
