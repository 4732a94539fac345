"""New versions: when one is deployed, whether it gets on, when it is in. How it comes in is its controller's matter.

Roll-outs ask no PodDisruptionBudget: those bind evictions alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.shapes import hashed, version_shape
from fvcapacity.control.state import PodRecord, RevisionRecord, RolloutRecord, WorkloadRecord
from fvcapacity.decisions.rollout import DeploymentView, limits, past_deadline
from fvcapacity.scenario.rollouts import NewVersion, Strategy
from fvcapacity.units import NS_PER_S

PROGRESSIVE: tuple[Strategy, ...] = ("canary", "blue-green")
"""Strategies that Argo Rollouts adds to the Deployment controller's own."""


def plan_rollouts(cluster: Cluster) -> None:
    """Put the roll-outs of the scenario into the queue, those of the run's time."""
    start_ns = cluster.scenario.start_ns - cluster.scenario.file.window.warm_up
    for number, version in enumerate(cluster.scenario.versions):
        if version.at_ns >= start_ns:
            cluster.enqueue("rollout-start", str(number), version.at_ns - start_ns)


def begin_rollout(cluster: Cluster, key: str) -> None:
    """Deploy a new version, or let it wait for one that cannot be overtaken."""
    number = int(key)
    version = cluster.scenario.versions[number]
    workload = cluster.state.workloads.get(version.workload.key)
    if workload is None:
        return
    strategy = _strategy(version)
    running = workload.rollout
    if running is not None and not _gives_way(running, strategy):
        workload.waiting.append(number)
        return
    revision = _new_revision(cluster, workload, version)
    stable = running.stable if running is not None else workload.current
    if running is None:
        _annotate(workload)
    workload.rollout = RolloutRecord(
        version=number,
        strategy=strategy,
        target=revision.number,
        stable=stable,
        active=stable if strategy in PROGRESSIVE else None,
        progressed_ns=cluster.now,
    )
    if strategy not in PROGRESSIVE:
        take_over(workload, revision)
    message = f"Rollout updated to revision {revision.number}: {strategy} to {revision.name}"
    cluster.event("Normal", "RolloutUpdated", workload.key, message, workload.key)
    endpoints_changed(cluster, workload)
    cluster.enqueue(workload.spec.kind.lower(), workload.key)


def take_over(workload: WorkloadRecord, revision: RevisionRecord) -> None:
    """Let a version be the one that is wanted."""
    workload.spec, workload.shape, workload.current = revision.spec, revision.shape, revision.number


def finish_rollout(cluster: Cluster, workload: WorkloadRecord) -> None:
    """End a roll-out: one version is left, and the next may come."""
    workload.rollout = None
    workload.revisions = {workload.current: workload.revision}
    cluster.cancel("rollout", workload.key)
    endpoints_changed(cluster, workload)
    if workload.waiting:
        cluster.enqueue("rollout-start", str(workload.waiting.pop(0)))


def sync_rollout(cluster: Cluster, key: str) -> None:
    """Time has come for a roll-out to go on: its controller looks at it."""
    cluster.enqueue(key.partition("/")[0], key)


def wake_up(cluster: Cluster, workload: WorkloadRecord, dues_ns: Iterable[int | None]) -> None:
    """Plan the next look at a roll-out: at the earliest of these times that is still to come."""
    later = [due for due in (*dues_ns, *_availabilities(cluster, workload)) if due is not None and due > cluster.now]
    if later:
        cluster.enqueue("rollout", workload.key, min(later) - cluster.now)
    else:
        cluster.cancel("rollout", workload.key)


def is_available(cluster: Cluster, workload: WorkloadRecord, pod: PodRecord) -> bool:
    """Tell whether a pod has been ready for ``minReadySeconds``."""
    return pod.ready and not pod.deleting and pod.ready_since_ns + _min_ready_ns(workload) <= cluster.now


def available(cluster: Cluster, workload: WorkloadRecord, revision: int) -> int:
    """Return how many pods of a version are available."""
    return sum(1 for pod in workload.pods.values() if pod.revision == revision and is_available(cluster, workload, pod))


def deadline(cluster: Cluster, workload: WorkloadRecord, rollout: RolloutRecord) -> int | None:
    """Say once when a roll-out has made no progress for too long; return when that would be."""
    target = rollout.target
    active = workload.active()
    updated = sum(1 for pod in active if pod.revision == target)
    reached = (updated, updated - len(active), sum(1 for pod in active if is_available(cluster, workload, pod)))
    if any(now > before for now, before in zip(reached, rollout.progress, strict=True)):
        rollout.progressed_ns, rollout.timed_out = cluster.now, False
    rollout.progress = reached
    limit_ns = workload.spec.progress_deadline_s * NS_PER_S
    late, reason = past_deadline(rollout.progressed_ns, cluster.now, limit_ns)
    if late and not rollout.timed_out:
        rollout.timed_out = True
        message = f'ReplicaSet "{workload.revisions[target].name}" has timed out progressing.'
        cluster.event("Warning", reason, workload.key, message, workload.key)
    return None if rollout.timed_out else rollout.progressed_ns + limit_ns


def _strategy(version: NewVersion) -> Strategy:
    given = version.rollout.strategy
    return given or ("recreate" if version.workload.strategy == "Recreate" else "rolling")


def _gives_way(running: RolloutRecord, strategy: Strategy) -> bool:
    """Tell whether a roll-out may be overtaken: each controller knows what to do with a newer version of its own."""
    if running.strategy in PROGRESSIVE:
        return strategy in PROGRESSIVE and running.promoted_ns is None
    return strategy not in PROGRESSIVE


def _new_revision(cluster: Cluster, workload: WorkloadRecord, version: NewVersion) -> RevisionRecord:
    deployment = workload.spec.kind == "Deployment"
    revision = RevisionRecord(
        number=version.revision,
        name=f"{workload.spec.name}-{version.template_hash}",
        spec=hashed(version.workload, version.template_hash),
        shape=version_shape(version, cluster.shape_of(version.workload)),
        created_ns=cluster.now,
        prefix=f"{workload.spec.name}-{version.template_hash}" if deployment else workload.spec.name,
        created=0 if deployment else workload.revision.created,
    )
    workload.revisions[revision.number] = revision
    return revision


def _annotate(workload: WorkloadRecord) -> None:
    """Write on the present set for which size of its Deployment it was scaled last."""
    if workload.spec.kind == "Deployment":
        present = workload.revision
        present.desired_annotation = workload.desired
        present.max_annotation = workload.desired + limits(deployment_view(workload, "rolling")).max_surge


def deployment_view(workload: WorkloadRecord, strategy: Strategy) -> DeploymentView:
    """Return a Deployment as its controller reads it, with the strategy of a roll-out."""
    spec = workload.spec
    recreates = strategy == "recreate"
    plain = not recreates and spec.strategy == "Recreate"  # the manifest has no bounds: the API's defaults
    return DeploymentView(
        replicas=workload.desired,
        strategy="Recreate" if recreates else "RollingUpdate",
        max_surge="25%" if plain else spec.max_surge,
        max_unavailable="25%" if plain else spec.max_unavailable,
        status_replicas=len(workload.active()),
    )


def _min_ready_ns(workload: WorkloadRecord) -> int:
    return workload.spec.min_ready_s * NS_PER_S


def _availabilities(cluster: Cluster, workload: WorkloadRecord) -> list[int]:
    """Return when ready pods will be available."""
    wait = _min_ready_ns(workload)
    return [pod.ready_since_ns + wait for pod in workload.pods.values() if wait and pod.ready and not pod.deleting]


def endpoints_changed(cluster: Cluster, workload: WorkloadRecord) -> None:
    """Let the endpoints of a workload's Service, and a router's weights, be worked out again."""
    if workload.shape.serving is not None:
        cluster.enqueue("endpointslice", str(workload.shape.serving.service))
