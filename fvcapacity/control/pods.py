"""Making pods of a workload and putting them on nodes: the two steps all workload controllers share."""

from __future__ import annotations

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.history import PodLife
from fvcapacity.control.shapes import PodShape
from fvcapacity.control.state import NodeRecord, PodRecord, RevisionRecord, WorkloadRecord
from fvcapacity.decisions.scheduler import PlacedPod, SchedulingPod
from fvcapacity.scenario.cluster import Workload


def create_pod(
    cluster: Cluster, workload: WorkloadRecord, ordinal: int | None = None, revision: RevisionRecord | None = None
) -> PodRecord:
    """Create a pod's record; it is not bound yet. A StatefulSet says the ordinal.

    It is of the version that is wanted now, unless another one is given.
    """
    state, now = cluster.state, cluster.now
    revision = revision or workload.revision
    state.last_uid += 1
    revision.created += 1
    number = revision.created if ordinal is None else ordinal
    name = f"{revision.prefix}-{number}"
    claims = _read_write_once_claims(cluster, workload, name)
    zones = tuple(sorted({state.volume_zones[c] for c in claims if c in state.volume_zones}))
    scheduling = scheduling_pod(revision.spec, revision.shape, name, zones)
    life = PodLife(uid=state.last_uid, name=name, workload=workload.key, revision=revision.number, created_ns=now)
    pod = PodRecord(
        uid=state.last_uid,
        name=name,
        workload=workload.key,
        shape=revision.shape,
        scheduling=scheduling,
        life=life,
        placed=PlacedPod(scheduling),
        identity=cluster.identity(name, state.last_uid),
        revision=revision.number,
        ready_since_ns=now,
        claims=claims,
        ordinal=number,
    )
    state.pods[pod.uid] = pod
    workload.pods[pod.uid] = pod
    cluster.history.pods.append(life)
    return pod


def scheduling_pod(spec: Workload, shape: PodShape, name: str, volume_zones: tuple[str, ...]) -> SchedulingPod:
    """Return a pod of a version of a workload as the scheduler sees it."""
    template = spec.template
    return SchedulingPod(
        name=name,
        namespace=spec.namespace,
        labels=template.labels,
        cpu_milli=shape.cpu_milli,
        memory_bytes=shape.memory_bytes,
        scoring_cpu_milli=shape.scoring_cpu_milli,
        scoring_memory_bytes=shape.scoring_memory_bytes,
        node_selector=template.node_selector,
        affinity=template.affinity,
        tolerations=template.tolerations,
        topology_spread=template.topology_spread,
        selector=spec.selector.get("matchLabels") or template.labels,
        volume_zones=volume_zones,
        priority=template.priority,
    )


def bind(cluster: Cluster, pod: PodRecord, node: NodeRecord) -> None:
    """Give a pod its node. The zone of the first node binds its ReadWriteOnce volumes for good."""
    pod.node = node.name
    pod.life.node = node.name
    pod.life.scheduled_ns = cluster.now
    node.pods[pod.uid] = pod
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
