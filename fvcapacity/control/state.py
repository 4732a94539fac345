"""What the control plane knows, as plain records. Processes keep nothing of it to themselves.

Whoever has these records can start every process again: periodic controllers from their next due time, all other
work from ``ControlState.queue``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fvcapacity.control.history import NodeLife, PodLife
from fvcapacity.control.shapes import PodShape
from fvcapacity.dataplane.plane import ContainerUsage, SetEndpoints
from fvcapacity.decisions.cluster_autoscaler.health import GroupBackoff
from fvcapacity.decisions.hpa import HpaSpec, HpaState, PodList, Sampling
from fvcapacity.decisions.karpenter import Command
from fvcapacity.decisions.pod_lifecycle import BackOff
from fvcapacity.decisions.rollout import NO_ANSWERS, Answers
from fvcapacity.decisions.scheduler import NodeView, SchedulingPod
from fvcapacity.decisions.scheduler.queue import Change
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.cluster import Workload
from fvcapacity.scenario.model import NodePool
from fvcapacity.scenario.rollouts import Strategy


class Stage(StrEnum):
    """Where a pod is on its way from creation to deletion."""

    PENDING = "pending"
    """Waits for a node."""
    PULLING = "pulling"
    CREATING = "creating"
    INITIALIZING = "initializing"
    """An init container runs."""
    STARTING = "starting"
    """The container burns its start-up CPU."""
    RUNNING = "running"
    RESTARTING = "restarting"
    """SIGTERM for a failed probe: finishes its open requests until the grace period ends."""
    BACK_OFF = "back-off"
    PRE_STOP = "pre-stop"
    TERMINATING = "terminating"
    GONE = "gone"


@dataclass(slots=True)
class PodRecord:
    """One pod. ``node`` is "" until it is bound."""

    uid: int
    name: str
    workload: str
    shape: PodShape
    scheduling: SchedulingPod
    life: PodLife
    identity: int
    """Stands for the UID where Kubernetes compares UIDs."""
    revision: int = 1
    """Version of its workload that it was made from."""
    node: str = ""
    stage: Stage = Stage.PENDING
    deleting: bool = False
    ready: bool = False
    ready_since_ns: int = 0
    """Last change of the Ready condition."""
    start_ns: int | None = None
    """The kubelet took the pod in (``status.startTime``)."""
    container_running: bool = False
    container_since_ns: int = 0
    initialized: int = 0
    """Init containers that have done their work; they do it once for a sandbox."""
    ever_started: bool = False
    backoff: BackOff | None = None
    kill_ns: int = 0
    """The end of the container began (preStop or SIGTERM); the grace period counts from here."""
    kill_grace_ns: int = 0
    """The grace period of this end."""
    evicted: bool = False
    lost: bool = False
    """Its machine no longer answers, or is gone; only the API server still knows the pod."""
    scheduling_message: str = ""
    refused_by: tuple[str, ...] = ()
    """Plugins that kept the pod from every node at the last try; () when it is to be tried."""
    nominated_node: str = ""
    """Where it preempted others and waits for them to leave."""
    preempted: bool = False
    """It has to leave for a pod of higher priority."""
    reported_scale_up: str = ""
    claims: tuple[str, ...] = ()
    ordinal: int = 0
    usage: tuple[int, int] | None = None
    """Thousandths of cores and of bytes that metrics-server holds of it, all containers together."""
    scraped_cpu_ns: int = 0
    sampled_cpu_ns: int = 0
    background_core_ns: float = 0.0
    """Background CPU of the current minute so far."""
    background_since_ns: int = 0
    ran_ns: int = 0
    """How long its containers have run, up to ``background_since_ns``."""
    last_usage: ContainerUsage | None = None
    """Of its serving container, when that was last taken off the plane."""
    memory_bytes: int = 0
    """Of the serving container, at the last observation."""
    answers: Answers = NO_ANSWERS
    """Of a watched container, at the last look."""

    @property
    def phase(self) -> str:
        """Pod phase as the API shows it."""
        if self.evicted:
            return "Failed"
        return "Running" if self.ever_started else "Pending"

    @property
    def bound(self) -> bool:
        """Tell whether the pod holds room on a node."""
        return self.node != "" and self.stage is not Stage.GONE


@dataclass(slots=True)
class NodeRecord:
    """One machine."""

    index: int
    name: str
    pool: str
    zone: str
    labels: Mapping[str, str]
    life: NodeLife
    view: NodeView
    """As the scheduler sees it when empty."""
    cpu_cores: float
    """Of the whole machine."""
    memory_bytes: int
    """Of the whole machine."""
    ready: bool = False
    lost_ns: int | None = None
    """When the machine stopped; ``ready`` follows when the node controller has noticed."""
    returns_ns: int | None = None
    """When a lost machine is back; None when it never is."""
    lost_with_zone: bool = False
    """The cloud still knows the machine, which is without power."""
    replaced: bool = False
    """The pool orders another machine when this one is known to be gone."""
    draining: bool = False
    drain_since_ns: int = 0
    """When pods were first asked to leave."""
    deleted: bool = False
    pods: dict[int, PodRecord] = field(default_factory=dict)
    seen: NodeView | None = None
    """With its pods, as the scheduler saw it last; None when something has changed since."""
    seen_until_ns: int = 0
    """Until then ``seen`` holds: an image is on the node then."""
    images: dict[str, int] = field(default_factory=dict)
    """Image to the time at which it is on the node."""
    pull_free_ns: int = 0
    background_cores: float = 0.0
    short_of_memory_ns: int | None = None
    """When the eviction threshold was last met; None unless the node has the condition MemoryPressure."""
    unneeded_since_ns: int | None = None
    unremovable_until_ns: int = 0
    """The autoscaler found no other place for its pods, and does not look again before."""
    pods_changed_ns: int = 0
    """When a pod last came, or left or was asked to."""
    expected_until_ns: int = 0
    """Until then Karpenter keeps the node for pods that it expects there."""
    disrupted: bool = False
    """Karpenter lets no more pods onto it: it will go when its replacement, if any, is there."""
    replaces: tuple[str, ...] = ()
    """Nodes that go when this one has joined."""

    def touch(self, now_ns: int) -> None:
        """Note that a pod came, left, or was asked to leave."""
        self.seen, self.pods_changed_ns = None, now_ns

    @property
    def unready(self) -> bool:
        """Tell whether the node was ready once and is no longer."""
        return not self.ready and self.life.ready_ns is not None


@dataclass(slots=True)
class PoolRecord:
    """A node pool and how many machines it has ever had."""

    name: str
    spec: NodePool
    created: int = 0
    backoff: GroupBackoff | None = None
    """Of orders that failed."""


@dataclass(slots=True)
class KarpenterRecord:
    """What Karpenter remembers between its rounds."""

    created: dict[str, int] = field(default_factory=dict)
    """NodePool to how many machines it has ever had."""
    batch_ns: int | None = None
    """When the present batch of pods began."""
    noticed: dict[int, None] = field(default_factory=dict)
    """Pods of the present batch."""
    command: Command | None = None
    """What was found to be worth doing, and is looked at once more before it is done."""
    consolidated: int = -1
    """Value of ``placements`` for which there was nothing to do."""
    consolidated_ns: int = 0


@dataclass(slots=True)
class RevisionRecord:
    """One version of a workload's template: of a Deployment its ReplicaSet, of others a ControllerRevision.

    ``replicas`` and the annotations are a ReplicaSet's (see ``decisions.rollout.ReplicaSetView``).
    """

    number: int
    name: str
    prefix: str
    """Of the names of its pods: the workload's name, with a hash in later versions of a Deployment."""
    spec: Workload
    shape: PodShape
    created_ns: int = 0
    replicas: int = 0
    desired_annotation: int | None = None
    max_annotation: int | None = None
    created: int = 0
    """Pods made so far; their names count on."""


@dataclass(slots=True)
class RolloutRecord:
    """A new version on its way in.

    Attributes
    ----------
    version
        Its place in ``Scenario.versions``.
    target, stable
        Numbers of the new version and of the one that it replaces.
    active
        Version that the Service selects; None: pods of all versions.
    weight
        Percent of the requests that a router sends to the new version.
    progressed_ns, progress
        When the roll-out last got on, and how far it was then.
    step, since_ns
        Where a canary stands (see ``decisions.rollout.CanaryPlan``).
    weighted_ns, counted
        Since when the present weight holds, and what the new version had answered by then.
    look_ns, failures
        Next look at a canary, and how many have failed.
    ready_since_ns, promoted_ns, aborted_ns
        Since when a blue/green set is whole; when the new version won, or lost.
    """

    version: int
    strategy: Strategy
    target: int
    stable: int
    active: int | None = None
    weight: int = 0
    progressed_ns: int = 0
    progress: tuple[int, int, int] = (0, 0, 0)
    timed_out: bool = False
    step: int = 0
    since_ns: int | None = None
    weighted_ns: int | None = None
    counted: Answers = NO_ANSWERS
    gone: Answers = NO_ANSWERS
    """Answers of pods of the new version that are gone."""
    look_ns: int | None = None
    failures: int = 0
    ready_since_ns: int | None = None
    promoted_ns: int | None = None
    aborted_ns: int | None = None


@dataclass(slots=True)
class WorkloadRecord:
    """A workload and its pods, those being deleted included.

    ``spec`` and ``shape`` are those of the version that is wanted now (``current``); a canary's is wanted from its
    promotion on.
    """

    key: str
    spec: Workload
    shape: PodShape
    desired: int
    pods: dict[int, PodRecord] = field(default_factory=dict)
    seen: PodList | None = None
    """Its pods, as the HPA saw them last; None when one has changed since."""
    failed: int = 0
    """Evicted pods: nobody deletes those of a ReplicaSet, and they still are objects of their namespace."""
    revisions: dict[int, RevisionRecord] = field(default_factory=dict)
    """Versions that have or may get pods, by number."""
    current: int = 1
    rollout: RolloutRecord | None = None
    waiting: list[int] = field(default_factory=list)
    """Versions that come when the present roll-out is over."""
    gone_cpu_core_ns: float = 0.0
    """CPU of this minute by pods that are gone by now."""

    def touch(self) -> None:
        """Note that a pod came or left, or that its phase, its readiness or its deletion changed."""
        self.seen = None

    def active(self) -> list[PodRecord]:
        """Return the pods that are not being deleted, oldest first."""
        return [pod for pod in self.pods.values() if not pod.deleting]

    @property
    def revision(self) -> RevisionRecord:
        """The version that is wanted now."""
        return self.revisions[self.current]


@dataclass(slots=True)
class HpaRecord:
    """An HPA, its target and what its controller remembers."""

    key: str
    target: str
    spec: HpaSpec
    metric_names: tuple[str, ...]
    state: HpaState = field(default_factory=HpaState)
    sampled_minute: int = -1
    reported: tuple[str, ...] = ()


class CreateBackOff(Frozen):
    """How often in a row the API server has refused a controller's pods, and when it did so last."""

    failures: int
    refused_ns: int


@dataclass(slots=True)
class SchedulerRecord:
    """What the scheduler remembers between its runs."""

    events: list[tuple[Change, str, SchedulingPod | None]] = field(default_factory=list)
    """What happened since, on which node, and to which pod."""
    waiting: dict[int, PodRecord] = field(default_factory=dict)
    """Pods without a node."""
    last_uid: int = 0
    """Up to it pods were looked at."""
    next_node: int = 0
    """Where the search for nodes begins."""
    kinds: dict[str, SchedulingPod] = field(default_factory=dict)
    """Every kind of pod that ever stood on a node."""


@dataclass(slots=True)
class FaultsRecord:
    """What is broken."""

    strikes: dict[int, int] = field(default_factory=dict)
    """How often each fault of the scenario has struck."""
    lasting: dict[str, int] = field(default_factory=dict)
    """Those that last: ``fault.strike`` to the number of the fault in the scenario."""
    lost_zones: dict[str, int | None] = field(default_factory=dict)
    """Zones without power, and until when."""
    next_taint_ns: dict[str, int] = field(default_factory=dict)
    """By zone, when the next node may be given the taint that evicts."""


@dataclass(slots=True)
class BackupLoad:
    """A backup that runs: which volume it reads, and what that costs."""

    begun_ns: int
    volume: int = 0
    """Volumes that were begun."""
    service: str = ""
    """Whose volume is read beside its work; "" for none."""
    workload: str = ""
    cpu_cores: float = 0.0
    """Of each node with a pod of the workload."""
    iops_percent: float = 0.0


@dataclass(slots=True)
class ControlState:
    """Everything."""

    pods: dict[int, PodRecord] = field(default_factory=dict)
    nodes: dict[str, NodeRecord] = field(default_factory=dict)
    pools: dict[str, PoolRecord] = field(default_factory=dict)
    workloads: dict[str, WorkloadRecord] = field(default_factory=dict)
    hpas: dict[str, HpaRecord] = field(default_factory=dict)
    queue: dict[tuple[str, str], int] = field(default_factory=dict)
    """Work that is due: (kind, key) to its time."""
    periodic: dict[str, int] = field(default_factory=dict)
    """Next run of each periodic controller."""
    endpoint_slices: dict[int, SetEndpoints] = field(default_factory=dict)
    """Per service what the EndpointSlice says (and the router, while there are weights)."""
    endpoint_updates: dict[str, SetEndpoints] = field(default_factory=dict)
    """What proxies will learn, by key of the queue."""
    create_backoffs: dict[str, CreateBackOff] = field(default_factory=dict)
    """By ``workload@owner``: whose pods were refused at the last sync."""
    volume_zones: dict[str, str] = field(default_factory=dict)
    scheduler: SchedulerRecord = field(default_factory=SchedulerRecord)
    karpenter: KarpenterRecord = field(default_factory=KarpenterRecord)
    faults: FaultsRecord = field(default_factory=FaultsRecord)
    backups: dict[str, BackupLoad] = field(default_factory=dict)
    """Those that run, by number of the schedule and of the run."""
    served: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    """Requests served by route at the last scrapes of custom metrics."""
    gauges: dict[str, int] = field(default_factory=dict)
    """Thousandths of what custom metrics count, by name, at the last scrape."""
    last_uid: int = 0
    last_node: int = 0
    placements: int = 0
    """Grows with every change of who is where, and ready."""
    watched_for_memory: tuple[str, ...] = ()
    """Nodes whose pods can use so much memory that some would be evicted..."""
    watched_placements: int = -1
    """... when ``placements`` had this value."""
    last_scrape: Sampling = field(default_factory=lambda: Sampling(0, 0))
    """Of metrics-server, and of custom metrics with it."""
    last_sample_ns: int = -1
    last_scale_up_ns: int | None = None
    last_scale_down_ns: int | None = None
    last_scale_down_failure_ns: int | None = None
    scale_ups: int = 0
    scale_down_seen: int = -1
    """Value of ``placements`` for which ``unneeded`` was worked out."""
    scale_down_recheck_ns: int = 0
    """Then nodes that could not go are looked at again."""
    unneeded: tuple[str, ...] = ()
