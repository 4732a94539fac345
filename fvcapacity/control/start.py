"""The state at time 0: a system that already runs, with every pod Ready where there is room."""

from __future__ import annotations

from fvcapacity.control import kubelet
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.daemonset import admits, create_on
from fvcapacity.control.endpoints import endpoints
from fvcapacity.control.hpa import hpa_record
from fvcapacity.control.karpenter import existing_nodes, new_machine, pools, settings
from fvcapacity.control.nodes import join, order_node
from fvcapacity.control.pods import try_create_pod, try_create_pods
from fvcapacity.control.rollouts import plan_rollouts
from fvcapacity.control.schedule import hpa_at_start, plan_schedule, pool_at_start, values_at_start
from fvcapacity.control.scheduler import place
from fvcapacity.control.shapes import hashed
from fvcapacity.control.state import PodRecord, PoolRecord, RevisionRecord, Stage, WorkloadRecord
from fvcapacity.dataplane.plane import AddNode, Command, SetBackground
from fvcapacity.decisions.karpenter import pack
from fvcapacity.scenario.cluster import Workload

_KEPT_RUNNING = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Pod")
"""Jobs and CronJobs take no room: they come and go."""


def start_state(cluster: Cluster) -> None:
    """Build records and the first commands: nodes, then containers, then endpoints."""
    scenario, state, scheduled = cluster.scenario, cluster.state, values_at_start(cluster)
    for hpa in scenario.cluster.autoscalers:
        record = hpa_at_start(hpa_record(hpa), scheduled)
        state.hpas[record.key] = record
    for workload in scenario.cluster.workloads:
        if workload.kind in _KEPT_RUNNING:
            state.workloads[workload.key] = _record(cluster, workload)
    for name, spec in scenario.file.nodes.items():
        pool = state.pools[name] = PoolRecord(name, pool_at_start(name, spec, scheduled))
        for _ in range(pool.spec.count):
            join(cluster, order_node(cluster, pool))
    _place_pods(cluster)
    for service in range(len(cluster.program.services)):
        if cluster.program.workloads[service] in state.workloads:
            state.endpoint_slices[service] = endpoints(cluster, service)
            cluster.commands.append(state.endpoint_slices[service])
    _fold_background(cluster)
    plan_rollouts(cluster)
    plan_schedule(cluster)
    cluster.running = True


def _record(cluster: Cluster, workload: Workload) -> WorkloadRecord:
    shape = cluster.shape_of(workload)
    spec, desired = hashed(workload, "1"), _first_replicas(cluster, workload)
    first = RevisionRecord(1, workload.name, workload.name, spec, shape, replicas=desired)
    return WorkloadRecord(workload.key, spec, shape, desired, revisions={1: first})


def _first_replicas(cluster: Cluster, workload: Workload) -> int:
    if workload.kind == "DaemonSet":
        return 0
    written = 1 if workload.replicas is None else workload.replicas
    if written == 0:
        return 0
    targeting = [r.spec.minimum for r in cluster.state.hpas.values() if r.target == workload.key]
    return max([written, *targeting])


def _place_pods(cluster: Cluster) -> None:
    """DaemonSets first (they were there when the other pods came), then the rest by priority."""
    state = cluster.state
    workloads = list(state.workloads.values())
    pods: list[PodRecord] = []
    for workload in workloads:
        if workload.spec.kind == "DaemonSet":
            nodes = [n for n in cluster.ready_nodes() if admits(workload, n.view)]
            created = [create_on(cluster, workload, node) for node in nodes]
            pods += [pod for pod in created if pod is not None]
    others = [w for w in workloads if w.spec.kind != "DaemonSet"]
    for workload in sorted(others, key=lambda w: -w.spec.template.priority):
        pods += _created(cluster, workload)
    for pod in pods:
        if place(cluster, pod):
            _run_warm(cluster, pod)
    if settings(cluster) is not None:
        _furnish(cluster, [pod for pod in pods if not pod.node])
    cluster.enqueue("scheduler")  # takes up those that found no place


def _furnish(cluster: Cluster, homeless: list[PodRecord]) -> None:
    """Let Karpenter have bought machines for the pods that the other nodes have no room for."""
    packing = pack([pod.scheduling for pod in homeless], existing_nodes(cluster), pools(cluster))
    nodes = [new_machine(cluster, claim) for claim in packing.claims]
    for node in nodes:
        join(cluster, node)
    daemons = [w for w in cluster.state.workloads.values() if w.spec.kind == "DaemonSet"]
    late = [create_on(cluster, w, node) for w in daemons for node in nodes if admits(w, node.view)]
    for pod in (*late, *homeless):
        if pod is not None and place(cluster, pod):
            _run_warm(cluster, pod)


def _created(cluster: Cluster, workload: WorkloadRecord) -> list[PodRecord]:
    """Create the pods of a workload; what a quota refuses, its controller goes on trying when the run begins."""
    if workload.spec.kind != "StatefulSet":
        return try_create_pods(cluster, workload, workload.revision, workload.desired)
    pods = []
    for ordinal in range(workload.desired):
        pod = try_create_pod(cluster, workload, workload.key, ordinal)
        if pod is None:
            break
        pods.append(pod)
    return pods


def _run_warm(cluster: Cluster, pod: PodRecord) -> None:
    """Make a pod one that has been running for long: image cached, ready."""
    node = cluster.state.nodes[pod.node]
    for image in pod.shape.images:
        node.images[image] = 0
    pod.start_ns = pod.ready_since_ns = 0
    kubelet.start_container(cluster, pod, warm=True)
    pod.stage = Stage.RUNNING
    pod.ready = True
    pod.life.ready_ns = 0


def _fold_background(cluster: Cluster) -> None:
    """Let each node join with its background load instead of setting it after every container."""
    load = {node.index: node.background_cores for node in cluster.state.nodes.values()}
    folded: list[Command] = []
    for command in cluster.commands:
        if isinstance(command, AddNode):
            cores = load[command.node]
            folded.append(
                AddNode(
                    node=command.node,
                    name=command.name,
                    cpu_cores=command.cpu_cores,
                    background_cores=cores,
                )
            )
        elif not isinstance(command, SetBackground):
            folded.append(command)
    cluster.commands[:] = folded
