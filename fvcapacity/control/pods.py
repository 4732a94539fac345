"""Making pods of a workload and putting them on nodes: the two steps all workload controllers share."""

from __future__ import annotations

from fvcapacity.control.admission import admit_pod, keep_trying
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.history import PodLife
from fvcapacity.control.shapes import PodShape
from fvcapacity.control.state import NodeRecord, PodRecord, RevisionRecord, WorkloadRecord
from fvcapacity.decisions.eviction import MEMORY_PRESSURE_TAINT
from fvcapacity.decisions.scheduler import SchedulingPod
from fvcapacity.decisions.scheduler.queue import Change
from fvcapacity.scenario.cluster import Workload


def try_create_pod(
    cluster: Cluster,
    workload: WorkloadRecord,
    owner: str,
    ordinal: int | None = None,
    revision: RevisionRecord | None = None,
) -> PodRecord | None:
    """Create a pod if the API server admits it, with the event of its controller; None when it is refused.

    A refused controller comes back by itself (`admission.keep_trying`).

    Parameters
    ----------
    owner
        The object that makes the pod, as events name it: ``replicaset/web``, ``statefulset/db``.
    ordinal
        Of a StatefulSet's pod.
    revision
        The version that it is of; None: the one that is wanted now.
    """
    revision = revision or workload.revision
    refusal = admit_pod(cluster, workload, revision.shape)
    if refusal:
        name = next_name(revision, ordinal)
        error = f'pods "{name}" is forbidden: {refusal}'
        cluster.event("Warning", "FailedCreate", owner, _creation(workload, name, error), workload.key)
        keep_trying(cluster, workload, owner)
        return None
    pod = create_pod(cluster, workload, ordinal, revision)
    if cluster.running:
        cluster.event("Normal", "SuccessfulCreate", owner, _creation(workload, pod.name), workload.key)
    return pod


def _creation(workload: WorkloadRecord, pod: str, error: str = "") -> str:
    """Return how a controller tells of a creation, or of its failure."""
    if workload.spec.kind == "StatefulSet":
        outcome = f"failed error: {error}" if error else "successful"
        return f"create Pod {pod} in StatefulSet {workload.spec.name} {outcome}"
    return f"Error creating: {error}" if error else f"Created pod: {pod}"


def try_create_pods(
    cluster: Cluster, workload: WorkloadRecord, revision: RevisionRecord, count: int
) -> list[PodRecord]:
    """Create pods of a version in batches of 1, 2, 4, ... and no further batch after one with a refusal.

    So does ``slowStartBatch`` of ``pkg/controller/replicaset``, that a quota be not asked in vain a thousand times.
    """
    created: list[PodRecord] = []
    size, left, owner = 1, count, owner_of(workload, revision)
    while left > 0:
        batch = [try_create_pod(cluster, workload, owner, revision=revision) for _ in range(min(size, left))]
        created += [pod for pod in batch if pod is not None]
        if None in batch:
            break
        size, left = 2 * size, left - len(batch)
    return created


def owner_of(workload: WorkloadRecord, revision: RevisionRecord) -> str:
    """Return the object that makes the pods of a version of a workload, as events name it."""
    return f"replicaset/{revision.name}" if workload.spec.kind == "Deployment" else workload.key


def next_name(revision: RevisionRecord, ordinal: int | None = None) -> str:
    """Return the name of the next pod of a version."""
    return f"{revision.prefix}-{revision.created + 1 if ordinal is None else ordinal}"


def create_pod(
    cluster: Cluster, workload: WorkloadRecord, ordinal: int | None = None, revision: RevisionRecord | None = None
) -> PodRecord:
    """Create a pod's record; it is not bound yet. A StatefulSet says the ordinal.

    It is of the version that is wanted now, unless another one is given.
    """
    state, now = cluster.state, cluster.now
    revision = revision or workload.revision
    name = next_name(revision, ordinal)
    state.last_uid += 1
    revision.created += 1
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
        identity=cluster.identity(name, state.last_uid),
        revision=revision.number,
        ready_since_ns=now,
        claims=claims,
        ordinal=revision.created if ordinal is None else ordinal,
    )
    state.pods[pod.uid] = pod
    workload.pods[pod.uid] = pod
    workload.touch()
    cluster.history.pods.append(life)
    return pod


def scheduling_pod(spec: Workload, shape: PodShape, name: str, volume_zones: tuple[str, ...]) -> SchedulingPod:
    """Return a pod of a version of a workload as the scheduler sees it."""
    template = spec.template
    return SchedulingPod(
        name=name,
        namespace=spec.namespace,
        labels=template.labels,
        namespace_labels=shape.namespace_labels,
        cpu_milli=shape.cpu_milli,
        memory_bytes=shape.memory_bytes,
        scoring_cpu_milli=shape.scoring_cpu_milli,
        scoring_memory_bytes=shape.scoring_memory_bytes,
        others=shape.others,
        node_selector=template.node_selector,
        affinity=template.affinity,
        tolerations=(*template.tolerations, *_tolerated_pressure(spec, shape)),
        topology_spread=template.topology_spread,
        selector=spec.selector.get("matchLabels") or template.labels,
        volume_zones=volume_zones,
        host_ports=shape.host_ports,
        images=shape.container_images,
        priority=template.priority,
        preempts=template.preempts,
    )


def _tolerated_pressure(spec: Workload, shape: PodShape) -> tuple[dict[str, str], ...]:
    """Return what admission lets all pods but BestEffort ones tolerate; a DaemonSet's bear it by their controller."""
    if shape.qos == "BestEffort" or spec.kind == "DaemonSet":
        return ()
    return ({"key": MEMORY_PRESSURE_TAINT, "operator": "Exists", "effect": "NoSchedule"},)


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
