"""The kubelet: carries a bound pod from image pull to running, through restarts, to its end."""

from __future__ import annotations

from fvcapacity.control.cluster import Cluster
from fvcapacity.control.pod_sampler import keep_reading, sample_ended
from fvcapacity.control.state import NodeRecord, PodRecord, Stage
from fvcapacity.control.usage import settle_background, take_last_reading
from fvcapacity.dataplane.plane import (
    DrainContainer,
    EventKind,
    LoseContainer,
    PlaneEvent,
    SetBackground,
    StartContainer,
    StopContainer,
)
from fvcapacity.decisions.pod_lifecycle import next_backoff, restart_delay, time_to_end
from fvcapacity.decisions.scheduler.queue import Change


def admit(cluster: Cluster, pod: PodRecord) -> None:
    """Take in a pod that the scheduler bound: pull what images the node lacks, one after the other."""
    node = cluster.state.nodes[pod.node]
    now = cluster.now
    if node.lost_ns is not None:
        pod.lost = True  # the scheduler does not know yet; nobody is there to take the pod in
        return
    pod.start_ns = pod.ready_since_ns = now
    cluster.workload_of(pod).touch()
    pod.stage = Stage.PULLING
    done = now
    for image in pod.shape.images:
        if image not in node.images:
            node.pull_free_ns = max(now, node.pull_free_ns) + cluster.timings.image_pull
            node.images[image] = node.pull_free_ns
            cluster.pod_event(pod, "Pulling", f'Pulling image "{image}"')
        done = max(done, node.images[image])
    cluster.enqueue("pod-worker", str(pod.uid), done - now)


def sync_pod(cluster: Cluster, key: str) -> None:
    """Do what is due for a pod at its stage."""
    pod = cluster.state.pods.get(int(key))
    if pod is None:
        return
    if pod.stage is Stage.PULLING:
        _report_images(cluster, pod)
        create_container(cluster, pod)
    elif pod.stage is Stage.BACK_OFF:
        create_container(cluster, pod)
    elif pod.stage is Stage.CREATING:
        if pod.initialized < len(pod.shape.init_containers):
            _initialize(cluster, pod)
        else:
            start_container(cluster, pod)
    elif pod.stage is Stage.INITIALIZING:
        pod.initialized += 1
        create_container(cluster, pod)
    elif pod.stage is Stage.RUNNING:
        set_ready(cluster, pod, True)
    elif pod.stage is Stage.RESTARTING:
        container_exited(cluster, pod, stopped=True)
    elif pod.stage is Stage.PRE_STOP:
        if pod.shape.pre_stop_ns > pod.kill_grace_ns:
            cluster.pod_event(pod, "FailedPreStopHook", "PreStopHook failed", "Warning")
        send_sigterm(cluster, pod)
    elif pod.stage is Stage.TERMINATING:
        vanish(cluster, pod)


def _report_images(cluster: Cluster, pod: PodRecord) -> None:
    images = cluster.state.nodes[pod.node].images
    for image in pod.shape.images:
        if images[image] > (pod.start_ns or 0):
            cluster.pod_event(pod, "Pulled", f'Successfully pulled image "{image}"')
        else:
            cluster.pod_event(pod, "Pulled", f'Container image "{image}" already present on machine')


def create_container(cluster: Cluster, pod: PodRecord) -> None:
    """Create the next init container, or the containers when there is none left."""
    pod.stage = Stage.CREATING
    cluster.enqueue("pod-worker", str(pod.uid), cluster.timings.container_create)


def _initialize(cluster: Cluster, pod: PodRecord) -> None:
    """Start the next init container; the one after it waits until it has ended."""
    name, time_ns = pod.shape.init_containers[pod.initialized]
    pod.stage = Stage.INITIALIZING
    cluster.pod_event(pod, "Created", f"Created container {name}")
    cluster.pod_event(pod, "Started", f"Started container {name}")
    cluster.enqueue("pod-worker", str(pod.uid), time_ns)


def start_container(cluster: Cluster, pod: PodRecord, warm: bool = False) -> None:
    """Start the containers; a serving one enters the plane."""
    serving, now = pod.shape.serving, cluster.now
    pod.container_running, pod.container_since_ns = True, now
    pod.ever_started = True
    cluster.workload_of(pod).touch()
    pod.background_since_ns = now
    if pod.life.started_ns is None:
        pod.life.started_ns = now
    node = cluster.state.nodes[pod.node]
    update_background(cluster, node)
    if not warm:
        name = serving.container if serving else next(iter(pod.shape.requests), pod.name)
        cluster.pod_event(pod, "Created", f"Created container {name}")
        cluster.pod_event(pod, "Started", f"Started container {name}")
    if serving is None:
        pod.stage = Stage.RUNNING
        if not warm:
            cluster.enqueue("pod-worker", str(pod.uid), pod.shape.readiness_delay_ns)
        return
    pod.stage = Stage.RUNNING if warm else Stage.STARTING
    cluster.commands.append(
        StartContainer(
            pod=pod.uid,
            name=pod.name,
            service=serving.service,
            node=node.index,
            cpu_shares=serving.cpu_shares,
            cpu_quota_ns=serving.cpu_quota_ns,
            memory_limit_bytes=serving.memory_limit_bytes,
            startup=serving.startup,
            readiness=serving.readiness,
            liveness=serving.liveness,
            restart=pod.life.restarts,
            warm=warm,
            demand_milli=serving.demand_milli,
            error_ppm=serving.error_ppm,
            watch_ns=serving.watch_ns,
        )
    )


def plane_event(cluster: Cluster, event: PlaneEvent) -> None:
    """React to what the plane reports of a container."""
    pod = cluster.state.pods.get(event.pod)
    if pod is None or not pod.container_running:
        return
    kind = event.kind
    if kind is EventKind.STARTED:
        _started(cluster, pod)
    elif kind is EventKind.OOM_KILLED:
        _oom_killed(cluster, pod)
    elif kind is EventKind.READY:
        set_ready(cluster, pod, True)
    elif kind is EventKind.NOT_READY:
        cluster.pod_event(pod, "Unhealthy", "Readiness probe failed", "Warning")
        set_ready(cluster, pod, False)
    elif kind is EventKind.LIVENESS_FAILED:
        _probe_failed(cluster, pod, "Liveness")
    elif kind is EventKind.STARTUP_FAILED:
        _probe_failed(cluster, pod, "Startup")
    elif kind is EventKind.DRAINED:
        if pod.stage is Stage.RESTARTING:
            container_exited(cluster, pod, stopped=True)
        elif pod.stage is Stage.TERMINATING:
            vanish(cluster, pod)


def _started(cluster: Cluster, pod: PodRecord) -> None:
    if pod.stage is not Stage.STARTING:
        return
    pod.stage = Stage.RUNNING
    if pod.shape.serving is not None and pod.shape.serving.readiness is None:
        set_ready(cluster, pod, True)


def _oom_killed(cluster: Cluster, pod: PodRecord) -> None:
    pod.life.oom_kills += 1
    container = pod.shape.serving.container if pod.shape.serving else pod.name
    message = f"Memory cgroup out of memory: killed container {container}"
    cluster.pod_event(pod, "OOMKilling", message, "Warning")
    if pod.deleting:
        vanish(cluster, pod, stopped=True)
    else:
        container_exited(cluster, pod, stopped=False)


def _probe_failed(cluster: Cluster, pod: PodRecord, which: str) -> None:
    """Kill the container as the kubelet does: preStop and SIGTERM, then the end of the grace period."""
    if pod.stage not in (Stage.STARTING, Stage.RUNNING):
        return
    container = pod.shape.serving.container if pod.shape.serving else pod.name
    cluster.pod_event(pod, "Unhealthy", f"{which} probe failed", "Warning")
    message = f"Container {container} failed {which.lower()} probe, will be restarted"
    cluster.pod_event(pod, "Killing", message)
    _kill(cluster, pod, pod.shape.serving.probe_grace_ns.get(which) if pod.shape.serving else None)


def container_exited(cluster: Cluster, pod: PodRecord, *, stopped: bool) -> None:
    """Restart a container that ended, after its back-off. ``stopped`` says that the plane must be told."""
    now = cluster.now
    if stopped:
        keep_reading(cluster, pod)
        cluster.commands.append(StopContainer(pod=pod.uid))
    settle_background(pod, now)
    pod.container_running = False
    pod.life.restarts += 1
    set_ready(cluster, pod, False)
    update_background(cluster, cluster.state.nodes[pod.node])
    delay, reason = restart_delay(pod.backoff, now)
    pod.backoff = next_backoff(pod.backoff, now, now + delay)
    pod.stage = Stage.BACK_OFF
    if reason:
        container = pod.shape.serving.container if pod.shape.serving else pod.name
        message = f"Back-off restarting failed container {container} in pod {pod.name}"
        cluster.pod_event(pod, "BackOff", message, "Warning")
    cluster.enqueue("pod-worker", str(pod.uid), delay)


def set_ready(cluster: Cluster, pod: PodRecord, ready: bool) -> None:
    """Change the Ready condition and tell those who watch it."""
    if pod.ready == ready or (ready and (pod.stage is not Stage.RUNNING or not pod.container_running)):
        return
    pod.ready = ready
    pod.ready_since_ns = cluster.now
    cluster.state.placements += 1  # disruption budgets count ready pods
    if ready and pod.life.ready_ns is None:
        pod.life.ready_ns = cluster.now
    _endpoints_changed(cluster, pod)
    workload = cluster.workload_of(pod)
    workload.touch()
    if workload.rollout is not None or workload.spec.kind == "StatefulSet":
        cluster.enqueue(workload.spec.kind.lower(), pod.workload)


def delete_pod(cluster: Cluster, pod: PodRecord) -> None:
    """Delete a pod: out of the endpoints and SIGTERM (after preStop) at the same time."""
    if pod.deleting:
        return
    pod.deleting = True
    workload = cluster.workload_of(pod)
    workload.touch()
    cluster.state.placements += 1
    if (node := cluster.state.nodes.get(pod.node)) is not None:
        node.touch(cluster.now)
    cluster.enqueue(workload.spec.kind.lower(), pod.workload)
    if pod.lost:
        _endpoints_changed(cluster, pod)
        return  # it stays Terminating until its kubelet is back or its node is known to be gone
    if not pod.container_running:
        vanish(cluster, pod, stopped=True)
        return
    _endpoints_changed(cluster, pod)
    for container in pod.shape.requests:
        cluster.pod_event(pod, "Killing", f"Stopping container {container}")
    if pod.stage is Stage.RESTARTING:
        pod.stage = Stage.TERMINATING  # SIGTERM was sent for a failed probe; its grace period goes on
    elif pod.stage is not Stage.PRE_STOP:
        _kill(cluster, pod)


def _kill(cluster: Cluster, pod: PodRecord, grace_ns: int | None = None) -> None:
    """Begin to end the container, for good or to restart it: the preStop hook, then SIGTERM.

    ``grace_ns`` is that of the probe that ends it; None for the pod's own.
    """
    pod.kill_ns, pod.kill_grace_ns = cluster.now, pod.shape.grace_ns if grace_ns is None else grace_ns
    pre_stop = min(pod.shape.pre_stop_ns, pod.kill_grace_ns)
    if pre_stop:
        pod.stage = Stage.PRE_STOP
        cluster.enqueue("pod-worker", str(pod.uid), pre_stop)
    else:
        send_sigterm(cluster, pod)


def send_sigterm(cluster: Cluster, pod: PodRecord) -> None:
    """Ask the container to end; what serves no route ends at once."""
    if pod.shape.serving is None:
        vanish(cluster, pod)
        return
    pod.stage = Stage.TERMINATING if pod.deleting else Stage.RESTARTING
    cluster.commands.append(DrainContainer(pod=pod.uid))
    left, _ = time_to_end(pod.kill_grace_ns, cluster.now - pod.kill_ns)
    cluster.enqueue("pod-worker", str(pod.uid), left)


def vanish(cluster: Cluster, pod: PodRecord, *, stopped: bool = False) -> None:
    """Let a pod be gone: its room is free, its controller and the scheduler look again."""
    state, now = cluster.state, cluster.now
    workload = cluster.workload_of(pod)
    cluster.cancel("pod-worker", str(pod.uid))
    settle_background(pod, now)
    if pod.ever_started:
        take_last_reading(cluster, workload, pod)
    if cluster.samples_pods:
        sample_ended(cluster, pod, cluster.observe())
    if pod.container_running and pod.shape.serving is not None and not stopped:
        cluster.commands.append(StopContainer(pod=pod.uid))
    elif pod.lost and not stopped:
        leave_plane(cluster, pod)
    in_endpoints = pod.ready
    pod.container_running, pod.ready, pod.deleting = False, False, True
    pod.stage = Stage.GONE
    pod.life.deleted_ns = now
    del state.pods[pod.uid]
    del workload.pods[pod.uid]
    workload.touch()
    state.placements += 1
    if pod.node and (node := state.nodes.get(pod.node)) is not None:
        node.pods.pop(pod.uid, None)
        node.touch(now)
        update_background(cluster, node)
        cluster.tell_scheduler(Change.POD_GONE, node.name, pod.scheduling)
        if node.draining:
            cluster.enqueue("drain", node.name)
    if in_endpoints:
        _endpoints_changed(cluster, pod)
    cluster.enqueue(workload.spec.kind.lower(), workload.key)


def lose(cluster: Cluster, pod: PodRecord) -> None:
    """Let a pod stop with its machine; the API server does not know."""
    cluster.cancel("pod-worker", str(pod.uid))
    settle_background(pod, cluster.now)
    if pod.container_running and pod.shape.serving is not None:
        cluster.commands.append(LoseContainer(pod=pod.uid))
    pod.container_running, pod.lost = False, True


def leave_plane(cluster: Cluster, pod: PodRecord) -> None:
    """Take a lost container off the plane's books: from now on it refuses connections."""
    if pod.shape.serving is not None and pod.ever_started:
        keep_reading(cluster, pod)
        cluster.commands.append(StopContainer(pod=pod.uid))


def take_up_again(cluster: Cluster, pod: PodRecord) -> None:
    """Do what a kubelet does with the pods that it finds when its machine has started again."""
    pod.lost, pod.initialized = False, 0
    leave_plane(cluster, pod)
    if pod.deleting:
        vanish(cluster, pod, stopped=True)
        return
    set_ready(cluster, pod, False)
    if pod.ever_started:
        pod.life.restarts += 1
        create_container(cluster, pod)
    else:
        admit(cluster, pod)


def update_background(cluster: Cluster, node: NodeRecord) -> None:
    """Tell the plane what the node spends besides requests, when that changed."""
    running = [pod for pod in node.pods.values() if pod.container_running]
    cores = sum(pod.shape.background_cores for pod in running)
    for load in cluster.state.backups.values():
        cores += load.cpu_cores * any(pod.workload == load.workload for pod in running)
    cores = round(cores, 9)
    if cores != node.background_cores:
        node.background_cores = cores
        cluster.commands.append(SetBackground(node=node.index, background_cores=cores))


def _endpoints_changed(cluster: Cluster, pod: PodRecord) -> None:
    if pod.shape.serving is not None:
        cluster.enqueue("endpointslice", str(pod.shape.serving.service))
