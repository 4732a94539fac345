"""The control plane as the run loop sees it."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from fvcapacity.control import backups, eviction_manager, faults, kubelet, node_lifecycle, provisioning
from fvcapacity.control.admission import retry_create
from fvcapacity.control.clock import At, Rank
from fvcapacity.control.cluster import Cluster
from fvcapacity.control.daemonset import sync_daemonset
from fvcapacity.control.deployment import sync_deployment
from fvcapacity.control.endpoints import sync_endpointslice, sync_proxies
from fvcapacity.control.history import History
from fvcapacity.control.hpa import horizontal_pod_autoscaler
from fvcapacity.control.metrics_server import metrics_server
from fvcapacity.control.nodes import node_ready
from fvcapacity.control.rollouts import begin_rollout, sync_rollout
from fvcapacity.control.sampler import sampler, take_last_samples
from fvcapacity.control.schedule import KIND as SCHEDULE
from fvcapacity.control.schedule import apply_change
from fvcapacity.control.scheduler import schedule_pending
from fvcapacity.control.start import start_state
from fvcapacity.control.state import ControlState
from fvcapacity.control.statefulset import sync_statefulset
from fvcapacity.dataplane.plane import Command, Observation, PlaneEvent
from fvcapacity.errors import InvariantError
from fvcapacity.frozen import Frozen
from fvcapacity.program.program import Program
from fvcapacity.scenario.model import Scenario


class ControlCheckpoint(Frozen):
    """The control plane at an instant, in nanoseconds since the start of the run: records alone."""

    now_ns: int
    state: ControlState
    history: History
    commands: list[Command]


class ControlPlane:
    """All controllers of one cluster on one clock.

    The run loop asks for the next event, lets the data plane run up to it, and calls `run_to`; commands for the
    plane are then taken with `take_commands`. The commands of time 0 are there at once.

    Parameters
    ----------
    scenario, program
        What is run.
    seed
        Seed of the control draws (identities that decide ties).
    duration_ns
        Length of the run, warm-up included.

    Attributes
    ----------
    observe
        Set by the run loop: returns the plane's `Observation` at the present instant.
    history
        What happened so far.
    """

    def __init__(self, scenario: Scenario, program: Program, seed: int, duration_ns: int) -> None:
        self.duration_ns = duration_ns
        self._cluster = Cluster(scenario, program, seed)
        self._register()
        start_state(self._cluster)
        timings = self._cluster.timings
        self.state.periodic = {
            "metrics-server": timings.metrics_resolution,
            "hpa": timings.metrics_resolution + timings.hpa_sync // 2,
            **provisioning.first_due(self._cluster),
            "sampler": scenario.file.monitoring.interval,
        }
        faults.plan(self._cluster)
        backups.plan(self._cluster, duration_ns)
        self._start_processes()

    def checkpoint(self) -> ControlCheckpoint:
        """Return all that the controllers know, and the commands that the plane has not had yet."""
        cluster = self._cluster
        return ControlCheckpoint(cluster.now, cluster.state, cluster.history, cluster.commands)

    def cut_history(self) -> History:
        """Return the samples and events so far, and begin anew; life times are kept until they are over."""
        history = self._cluster.history
        cut = ("workloads", "cluster", "hpas", "events", "pod_samples")
        past, blank = History(**{name: getattr(history, name) for name in cut}), History()
        for name in cut:
            setattr(history, name, getattr(blank, name))
        return past

    def resume(self, checkpoint: ControlCheckpoint) -> None:
        """Go on from a checkpoint: processes begin anew, each at what its record says."""
        before = self._cluster
        self._cluster = Cluster(before.scenario, before.program, before.seed, checkpoint.now_ns)
        self._cluster.state, self._cluster.history = checkpoint.state, checkpoint.history
        self._cluster.commands = checkpoint.commands
        self._cluster.observe, self._cluster.running = before.observe, True
        self._register()
        self._cluster.take_up()
        self._start_processes()

    @property
    def history(self) -> History:
        """Samples, life times and events so far."""
        return self._cluster.history

    @property
    def state(self) -> ControlState:
        """The records that all controllers work on."""
        return self._cluster.state

    @property
    def observe(self) -> Callable[[], Observation]:
        """How to look at the plane."""
        return self._cluster.observe

    @observe.setter
    def observe(self, look: Callable[[], Observation]) -> None:
        self._cluster.observe = look

    def next_event_time(self) -> int:
        """Return when control next has something to do, in nanoseconds; the run's end when nothing is due."""
        if self._cluster.commands:  # those of time 0, before the first run_to
            return self._cluster.now
        due = self._cluster.env.peek()
        return self.duration_ns if due == inf else int(due)

    def run_to(self, time_ns: int, event: PlaneEvent | None = None) -> None:
        """Hand over what the plane reports, then run every control event up to and at ``time_ns``."""
        env = self._cluster.env
        if time_ns < env.now:
            raise InvariantError(f"control is at {env.now} ns and was asked to run to {time_ns} ns")
        if event is not None:
            if event.time_ns > time_ns:
                raise InvariantError(f"a plane event of {event.time_ns} ns was handed over at {time_ns} ns")
            At(env, time_ns, Rank.PLANE).callbacks.append(lambda _: kubelet.plane_event(self._cluster, event))
        while env.peek() <= time_ns:
            env.step()

    def take_commands(self) -> list[Command]:
        """Return what the plane must carry out now, in order, and forget it."""
        taken, self._cluster.commands = self._cluster.commands, []
        return taken

    def finish(self, time_ns: int) -> None:
        """Close the history: the last, possibly shorter, minute and interval are sampled."""
        self.run_to(time_ns)
        if self._cluster.now < time_ns:
            At(self._cluster.env, time_ns, Rank.PLANE)
            self.run_to(time_ns)
        take_last_samples(self._cluster)

    def _register(self) -> None:
        """Say who does which work of the queue."""
        handle = self._cluster.handle
        handle("node", Rank.NODE, node_ready)
        handle("pod-worker", Rank.KUBELET, kubelet.sync_pod)
        handle("eviction-manager", Rank.KUBELET, eviction_manager.synchronize)
        handle("endpointslice", Rank.ENDPOINTS, sync_endpointslice)
        handle("kube-proxy", Rank.ENDPOINTS, sync_proxies)
        handle("deployment", Rank.DEPLOYMENT, sync_deployment)
        handle("replicaset", Rank.DEPLOYMENT, sync_deployment)
        handle("statefulset", Rank.DEPLOYMENT, sync_statefulset)
        handle("daemonset", Rank.DEPLOYMENT, sync_daemonset)
        handle("rollout-start", Rank.DEPLOYMENT, begin_rollout)
        handle("rollout", Rank.DEPLOYMENT, sync_rollout)
        handle(SCHEDULE, Rank.SCHEDULE, apply_change)
        handle("pod", Rank.DEPLOYMENT, lambda cluster, key: None)  # nobody recreates a bare pod
        handle("create-retry", Rank.DEPLOYMENT, retry_create)
        handle("scheduler", Rank.SCHEDULER, schedule_pending)
        provisioning.register(self._cluster)
        faults.register(self._cluster)
        backups.register(self._cluster)
        node_lifecycle.register(self._cluster)

    def _start_processes(self) -> None:
        """Start the periodic controllers, each from the due time in its record."""
        cluster = self._cluster
        for process in (metrics_server, horizontal_pod_autoscaler, provisioning.provisioner, sampler):
            cluster.env.process(process(cluster))
        while cluster.env.peek() <= cluster.now:
            cluster.env.step()
