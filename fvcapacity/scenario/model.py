"""A scenario: what the user wrote (`ScenarioFile`), and the whole it stands for (`Scenario`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from fvcapacity.errors import ScenarioError
from fvcapacity.frozen import Frozen, replace
from fvcapacity.scenario.autoscaling import Autoscaler, Scheduler
from fvcapacity.scenario.backups import Backup
from fvcapacity.scenario.base import LONGEST_WINDOW_NS, MOST_NODES, Basis, Bytes, Cores, DurationNs, Model
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.costs import CostSettings
from fvcapacity.scenario.faults import Fault
from fvcapacity.scenario.instances import InstanceList
from fvcapacity.scenario.karpenter import Karpenter
from fvcapacity.scenario.monitoring import Monitoring
from fvcapacity.scenario.patch import Change, Patcher
from fvcapacity.scenario.prices import PriceList
from fvcapacity.scenario.recommendation import Policy
from fvcapacity.scenario.rollouts import NewVersion, Rollout
from fvcapacity.scenario.schedule import ScheduledChange
from fvcapacity.scenario.special_days import SpecialDay
from fvcapacity.scenario.stretches import WINDOW, CalendarPart, Stretch
from fvcapacity.scenario.topology import Topology
from fvcapacity.scenario.traffic import Traffic

if TYPE_CHECKING:
    from fvcapacity.scenario.paths.values import Value

KUBERNETES_RELEASE = "1.36"
"""The release whose rules are emulated. Stated here and nowhere else."""


JUDGED_WINDOW_NS = 300_000_000_000
"""The objective is judged per window of five minutes."""


class Window(Model):
    """The stretch of time that is simulated and judged.

    ``warm_up`` is simulated before ``start`` and left out of every table and verdict.
    """

    start: datetime
    """Local time of the scenario's time zone, unless it carries an offset."""
    duration: DurationNs = Field(gt=0, le=LONGEST_WINDOW_NS)
    """How long, in simulated time."""
    warm_up: DurationNs = Field(default=600_000_000_000, ge=0, le=LONGEST_WINDOW_NS // 100)
    """Rounded up to whole windows of five minutes, so that the judged windows begin at ``start``."""

    @field_validator("warm_up")
    @classmethod
    def _whole_windows(cls, warm_up: int) -> int:
        return -(-warm_up // JUDGED_WINDOW_NS) * JUDGED_WINDOW_NS


class Objectives(Model):
    """What the system must keep, judged per 5-minute window over user requests."""

    p95_ms: float = Field(default=500.0, gt=0)
    """A window fails when more than 5 % of its user requests took longer."""
    error_percent: float = Field(default=1.0, ge=0, le=100)
    """A window fails when more of its user requests ended in an error."""
    failing_windows_percent: float = Field(default=1.0, ge=0, le=100)
    """Share of windows that may fail."""
    minimum_requests: int = Field(default=60, ge=1)
    """Windows of a route with fewer requests are not judged alone (they count in the whole)."""


class NodePool(Model):
    """Machines of one type that the cluster autoscaler may add and remove."""

    instance_type: str
    """As the price list names it."""
    cpu: Cores = Field(gt=0)
    """Of one machine."""
    memory: Bytes = Field(gt=0)
    """Of one machine."""
    allocatable_cpu: Cores = Field(gt=0)
    """What the kubelet leaves to pods."""
    allocatable_memory: Bytes = Field(gt=0)
    """What the kubelet leaves to pods."""
    allocatable_others: dict[str, Bytes] = Field(default_factory=dict)
    """Further resources by name, such as ``nvidia.com/gpu: 1``. Without ``ephemeral-storage`` there is enough of it."""
    max_pods: int = Field(default=110, ge=1)
    """Pods that one machine takes."""
    count: int = Field(ge=0, le=MOST_NODES)
    """Machines at the start."""
    minimum: int = Field(default=0, ge=0, le=MOST_NODES)
    """Fewest machines."""
    maximum: int = Field(ge=0, le=MOST_NODES)
    """Most machines; the same as the minimum: no autoscaling."""
    zones: tuple[str, ...] = ("zone-1",)
    """Machines are spread over them."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Of every machine, besides the well-known ones."""
    taints: tuple[dict[str, str], ...] = ()
    """Of every machine: ``{key, value, effect}``."""
    spot: bool = False
    """Billed at the spot price."""
    boot: DurationNs = 90_000_000_000
    """From the autoscaler's decision to a Ready node."""
    basis: Basis | None = None
    source: str = ""


class ClusterTimings(Model):
    """How long the cluster's own work takes. Each is an assumption unless the source says otherwise."""

    image_pull: DurationNs = 8_000_000_000
    """First pull of an image on a node; later ones are cached."""
    image_size: Bytes = 300 * 2**20
    """Of every image on a node's disk; the scheduler prefers nodes that hold a pod's images, the larger the more."""
    container_create: DurationNs = 800_000_000
    """From an image on the node to a started container."""
    init_container: DurationNs = 2_000_000_000
    """How long an init container runs of which the topology says nothing (``init``). They run one after the other."""
    endpoint_propagation: DurationNs = 500_000_000
    """From a pod's change of readiness to every proxy knowing it."""
    metrics_resolution: DurationNs = 15_000_000_000
    """metrics-server's ``--metric-resolution``."""
    hpa_sync: DurationNs = 15_000_000_000
    """``--horizontal-pod-autoscaler-sync-period``."""
    autoscaler_scan: DurationNs = 10_000_000_000
    """The cluster autoscaler's ``--scan-interval``."""
    scale_down_unneeded: DurationNs = 600_000_000_000
    """``--scale-down-unneeded-time``."""
    scale_down_utilization: float = Field(default=0.5, ge=0, le=1)
    """``--scale-down-utilization-threshold``."""
    scale_down_delay_after_add: DurationNs = 600_000_000_000
    """``--scale-down-delay-after-add``."""
    autoscaler: Autoscaler = Autoscaler()
    """Its other flags."""
    scheduler: Scheduler = Scheduler()
    """How nodes are scored."""


class RequestLog(Model):
    """A stretch of time in which every single request is written down, as a table of the result."""

    start: datetime
    """Local time of the scenario's time zone, unless it carries an offset. Requests that arrive from then on."""
    duration: DurationNs = Field(gt=0)
    """How long."""


class ScenarioFile(Model):
    """The YAML that the user writes. Paths are relative to the file."""

    name: str = Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)
    """Of the scenario and its results: small letters, digits and hyphens."""
    description: str = ""
    """One sentence for those who read the report."""
    manifests: tuple[str, ...] = Field(min_length=1)
    """Kubernetes YAML: files, directories or a kustomization: what is said of requests, limits, probes and HPAs."""
    topology: str
    """File that says which routes there are, whom they call, and what that costs."""
    traffic: Traffic
    """How many requests come, when, and how bunched."""
    window: Window
    """What is simulated and judged."""
    time_zone: str = "America/Santiago"
    """Of all local times (IANA name)."""
    nodes: dict[str, NodePool] = Field(min_length=1)
    """Pools of machines, by name."""
    provisioner: Literal["cluster-autoscaler", "karpenter"] = "cluster-autoscaler"
    """Who buys machines and gives them back. With Karpenter the pools of ``nodes`` keep their count."""
    karpenter: Karpenter | None = None
    """Its NodePools; only with ``provisioner: karpenter``."""
    cluster: ClusterTimings = ClusterTimings()
    """How long the cluster's own work takes."""
    faults: tuple[Fault, ...] = ()
    """What breaks meanwhile, at set times or at random."""
    backups: tuple[Backup, ...] = ()
    """Of the databases' volumes; what one can come back to (RPO), and after how long (RTO), is in the summary."""
    objectives: Objectives = Objectives()
    """What has to be kept."""
    history: tuple[Stretch, ...] = ()
    """What a search for a better configuration may see; without any, the window itself."""
    holdout: tuple[Stretch, ...] = ()
    """What only the proof sees: other days, another shape of the peak."""
    calendar: tuple[CalendarPart, ...] = ()
    """What a month is made of, for what is said of a month; without any, every day is as those of the window."""
    special_days: tuple[SpecialDay, ...] = ()
    """Days that come back every year; a forecast moves their events to where they fall in its quarter."""
    cost: CostSettings | None = None
    """Prices and what else a bill needs; without it the run has no money."""
    recommend: Policy = Policy()
    """How `fvcap recommend` is to choose."""
    seed: int = Field(default=1, ge=0, lt=2**63)
    """Of every random number: the same seed, the same run to the last bit."""
    replications: int = Field(default=1, ge=1, le=10_000)
    """How often the window is run, each time with other customers."""
    plane: Literal["fast", "simpy"] = "fast"
    """Which data plane carries the requests: the compiled one, or the readable one."""
    rollouts: tuple[Rollout, ...] = ()
    """New versions that come in while the traffic goes on."""
    schedule: tuple[ScheduledChange, ...] = ()
    """Other minimums of HPAs and node pools from set times on: planned days."""
    requests: RequestLog | None = None
    """None: no request is written down; tables and histograms say what there is to say of all of them."""
    monitoring: Monitoring = Monitoring()
    """How closely the run is written down, for export to a monitoring system and for calibration."""


class TrafficTable(Frozen):
    """Base rates of the run: what the source says, before scale and events.

    Attributes
    ----------
    interval_ns
        Length of an interval.
    start_ns
        Epoch nanoseconds (UTC) of the first interval; it covers warm-up and window.
    routes
        Names of the columns.
    rps
        float64, shape (intervals, routes): requests a second.
    counts
        True when ``rps`` come from counts of requests, so that totals mean something.
    """

    interval_ns: int
    start_ns: int
    routes: tuple[str, ...]
    rps: npt.NDArray[np.float64]
    source: str = ""
    notes: tuple[str, ...] = ()
    filled: int = 0
    """Intervals that had no figure, and were filled in."""
    longest_gap: int = 0
    """Of these, how many stand in a row at most."""


class TrafficSource(Protocol):
    """What a loaded scenario keeps of its traffic, to be able to run over other stretches of time."""

    def during(self, scenario: Scenario, stretch: Stretch) -> Scenario:
        """Return the scenario over a stretch."""
        ...


@dataclass(frozen=True)
class Scenario:
    """Everything that a run needs, loaded and checked. Made by ``fvcapacity.inputs.load_scenario``."""

    file: ScenarioFile
    """What the user wrote."""
    cluster: ClusterObjects
    """What the manifests say."""
    topology: Topology
    """Routes and services: who calls whom, and what it costs there."""
    traffic: TrafficTable | None
    """None for a closed loop of users."""
    start_ns: int
    """Epoch nanoseconds (UTC) of the window's start."""
    input_hashes: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every file that was read, by its path relative to the scenario."""
    findings: tuple[str, ...] = ()
    """What was remarked when it was loaded, and did not stop it."""
    prices: PriceList | None = None
    """None when the scenario names no prices: it is then run without money."""
    instances: InstanceList | None = None
    """Machines that a recommendation may choose from; None: the pools' own types alone."""
    staging: ClusterObjects | None = None
    """What runs in the second environment that is paid for; None without one."""
    changes: tuple[str, ...] = ()
    """What its manifests were patched with, in a few words each."""
    versions: tuple[NewVersion, ...] = ()
    """What the roll-outs of the file come to, in the order of their times."""
    patcher: Patcher | None = field(default=None, repr=False, compare=False)
    """Changes the manifests; None when they are not at hand."""
    reader: TrafficSource | None = field(default=None, repr=False, compare=False)
    """Reads the traffic of other stretches; None when the files are not at hand."""

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.file.name

    def _repr_html_(self) -> str:
        from fvcapacity.scenario.shown import scenario_html

        return scenario_html(self)

    def during(self, name: str) -> Scenario:
        """Return the scenario over another stretch of time.

        Parameters
        ----------
        name
            Of a stretch of ``history`` or ``holdout``, or ``window`` for the scenario as it is.

        Returns
        -------
        Scenario
            The same system under the traffic of that stretch.

        Raises
        ------
        ScenarioError
            When there is no such stretch, or the scenario was not loaded from files.
        """
        if name == WINDOW:
            return self
        stretch = next((item for item in (*self.file.history, *self.file.holdout) if item.name == name), None)
        if stretch is None:
            raise ScenarioError(f"the scenario has no stretch {name!r}", hint="see `history` and `holdout` of its file")
        if self.reader is None:
            raise ScenarioError("the traffic files are not at hand", hint="ask what load_scenario returned")
        return self.reader.during(self, stretch)

    def with_patch(self, *patches: Change) -> Scenario:
        """Return the scenario with patched manifests: a candidate, or a what-if.

        Parameters
        ----------
        patches
            Applied in their order. Each is a strategic-merge patch as a kustomization takes it (a ``Patch``, its body,
            or YAML text), a path to a file of such patches, or a path to a directory with a ``kustomization.yaml``: a
            Component changes the manifests, an overlay takes their place.

        Returns
        -------
        Scenario
            A new one; this one stays as it is.

        Raises
        ------
        ManifestError
            When a patch names an object, a container or a field that is not there, or cannot be read.
        ScenarioError
            When the patched manifests do not fit the topology, or the scenario was not loaded from files.
        """
        if self.patcher is None:
            raise ScenarioError("the manifests are not at hand", hint="patch what load_scenario returned")
        return self.patcher.patched(self, patches)

    def value(self, path: str) -> Value:
        """Return the present value of a field by its path, such as ``deployment/order-service.limits.cpu``.

        Parameters
        ----------
        path
            Of the field (``docs/reference/paths.md``).

        Returns
        -------
        Value
            Canonical (``250m``, ``384Mi``, 70); None when the field is not written, and Kubernetes' default holds.

        Raises
        ------
        ScenarioError
            When the path leads nowhere, with the nearest name.
        """
        from fvcapacity.scenario.paths.change import read_value

        return read_value(self, path)

    def with_values(
        self,
        values: Mapping[str, Value],
        *,
        pools: Mapping[str, NodePool | None] | None = None,
        objects: Sequence[Mapping[str, Any]] = (),
    ) -> Scenario:
        """Return the scenario with other values in some fields: a candidate, or a what-if.

        Fields of manifests become one strategic-merge patch for each object, which goes through `with_patch`; what no
        manifest holds (node pools, the topology's pools, traffic) changes in the scenario's file.

        Parameters
        ----------
        values
            New value of each field by its path; None takes the field out.
        pools
            Node pools to add or to put in the place of one; None takes a pool away.
        objects
            New objects as mappings of the API: a ResourceQuota, a LimitRange, a PodDisruptionBudget.

        Returns
        -------
        Scenario
            A new one; this one stays as it is.

        Raises
        ------
        ScenarioError
            With everything that is wrong: paths that lead nowhere, values that cannot be, a request above its limit.
        ManifestError
            When the changed manifests cannot be read.
        """
        from fvcapacity.scenario.paths.change import plan_change

        plan = plan_change(self, values, pools)
        changed = replace(self, file=plan.file, topology=plan.topology)
        if self.patcher is None and not objects:
            return changed
        if self.patcher is None:
            raise ScenarioError("the manifests are not at hand", hint="change what load_scenario returned")
        words = [f"{item.path} = {'null' if item.after is None else item.after}" for item in plan.changes]
        words += [f"nodes/{name}{' taken away' if pool is None else ''}" for name, pool in (pools or {}).items()]
        words += [f"new {str(item.get('kind')).lower()}/{item.get('metadata', {}).get('name')}" for item in objects]
        return replace(self.patcher.patched(changed, plan.patches, objects), changes=(*self.changes, *words))
