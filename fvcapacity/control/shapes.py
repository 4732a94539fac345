"""What control needs to know of a pod template, worked out once per workload."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from fvcapacity.dataplane.plane import ProbeSpec
from fvcapacity.decisions.pod_resources import pod_total
from fvcapacity.decisions.pod_spec import PodSpec, with_api_defaults
from fvcapacity.decisions.qos import QosClass, qos_class
from fvcapacity.decisions.scheduler import HostPort
from fvcapacity.decisions.scheduler.image_locality import full_name
from fvcapacity.decisions.scheduler.resources import DEFAULT_CPU_MILLI, DEFAULT_MEMORY_BYTES
from fvcapacity.frozen import Frozen, replace
from fvcapacity.program.program import Program
from fvcapacity.scenario.admission import pod_spec
from fvcapacity.scenario.cluster import Container, Probe, Workload
from fvcapacity.scenario.rollouts import NewVersion
from fvcapacity.scenario.serving import probe_cpu_ns, steady_loads
from fvcapacity.scenario.topology import ServiceModel, Topology
from fvcapacity.semantics.cfs_quota import quota_of
from fvcapacity.semantics.cpu import shares
from fvcapacity.semantics.versions import AS_DESCRIBED
from fvcapacity.units import NS_PER_MS, NS_PER_S, millicores

_NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""Label that the API server gives to every namespace."""
UNLIMITED = 1 << 60
"""Bytes that no machine has."""


class Serving(Frozen, kw_only=True):
    """The container that carries requests, as the plane wants it."""

    service: int
    container: str
    cpu_shares: int
    cpu_quota_ns: int
    memory_limit_bytes: int
    startup: ProbeSpec | None
    readiness: ProbeSpec | None
    liveness: ProbeSpec | None
    readiness_delay_ns: int
    probe_grace_ns: Mapping[str, int]
    """Grace period of a container that a probe ends, by ``Startup`` and ``Liveness``, where it is not the pod's."""
    demand_milli: int = AS_DESCRIBED
    error_ppm: int = 0
    watch_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodShape:
    """One workload's pods.

    Attributes
    ----------
    serving
        None for pods that serve no route and never enter the plane.
    requests
        Container to resource to thousandths (init containers left out), as the HPA reads them.
    background
        Container to (cores, bytes) that it uses besides requests.
    background_bytes
        Memory of all containers besides requests.
    spec
        As admission sees them.
    qos
        Their QoS class.
    """

    serving: Serving | None
    cpu_milli: int
    memory_bytes: int
    scoring_cpu_milli: int
    scoring_memory_bytes: int
    others: Mapping[str, int]
    """Requests of every further resource."""
    host_ports: tuple[HostPort, ...]
    container_images: tuple[str, ...]
    """One for each container, in full."""
    namespace_labels: Mapping[str, str]
    requests: Mapping[str, Mapping[str, int]]
    images: tuple[str, ...]
    init_containers: tuple[tuple[str, int], ...]
    """Name and time of each, in nanoseconds, in the order in which they run."""
    background: Mapping[str, tuple[float, int]]
    pre_stop_ns: int
    grace_ns: int
    spec: PodSpec
    qos: QosClass
    readiness_delay_ns: int
    """Until a pod that never enters the plane counts as ready (its probe's initial delay)."""

    background_cores: float = field(init=False)
    """CPU of all containers besides requests."""
    background_ns_per_s: int = field(init=False)
    """The same, whole core-nanoseconds in a second."""
    background_bytes: int = field(init=False)
    """Memory of all containers besides what the plane models."""
    steady: Mapping[str, tuple[int, int]] = field(init=False)
    """``background`` as metrics-server tells it, in millicores and bytes."""
    steady_total: tuple[int, int] = field(init=False)
    """The same of all containers together."""
    serving_steady: tuple[float, int] = field(init=False)
    """Cores that the serving container uses besides requests, and as metrics-server tells them."""

    def __post_init__(self) -> None:
        """Add up once what is asked for every few seconds."""
        loads = self.background.values()
        object.__setattr__(self, "background_cores", sum(cores for cores, _ in loads))
        object.__setattr__(self, "background_ns_per_s", round(self.background_cores * NS_PER_S))
        object.__setattr__(self, "background_bytes", sum(memory for _, memory in loads))
        steady = {name: (reported_milli(cores), memory) for name, (cores, memory) in self.background.items()}
        object.__setattr__(self, "steady", steady)
        total = sum(milli for milli, _ in steady.values()), sum(memory for _, memory in steady.values())
        object.__setattr__(self, "steady_total", total)
        name = "" if self.serving is None else self.serving.container
        own = (self.background[name][0], steady[name][0]) if name else (0.0, 0)
        object.__setattr__(self, "serving_steady", own)

    @property
    def memory_ceiling_bytes(self) -> int:
        """What a pod can use at most; at least `UNLIMITED` when no limit holds the container that carries requests."""
        limit = 0 if self.serving is None else self.serving.memory_limit_bytes or UNLIMITED
        return self.background_bytes + limit


def reported_milli(cores: float) -> int:
    """Return CPU as who reads millicores gets it of metrics-server: the API hands out nanocores, rounded up then."""
    return math.ceil(round(cores * 1e9) / 1e6)


def pod_shape(
    workload: Workload,
    topology: Topology,
    program: Program,
    namespaces: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    init_ns: int = 0,
) -> PodShape:
    """Return the shape of a workload's pods, the API's defaulting applied (a missing request is the limit).

    ``namespaces`` are those that the manifests define, with their labels; ``init_ns`` is how long an init container
    runs of which the topology says nothing.
    """
    containers = workload.template.containers
    running = [c for c in containers if c.kind != "init"]
    cpu = [(c.kind, _cpu_request(c)) for c in containers]
    memory = [(c.kind, _memory_request(c)) for c in containers]
    serving = _serving(workload, topology, program)
    service = None if serving is None else program.services[serving.service]
    background = steady_loads(workload, topology, service, None if serving is None else serving.container)
    spec = with_api_defaults(pod_spec(workload.template))
    readiness = [c.readiness.initial_delay_s for c in running if c.readiness]
    return PodShape(
        serving=serving,
        cpu_milli=pod_total(cpu),
        memory_bytes=pod_total(memory),
        scoring_cpu_milli=pod_total(cpu, DEFAULT_CPU_MILLI),
        scoring_memory_bytes=pod_total(memory, DEFAULT_MEMORY_BYTES),
        others=_other_requests(containers),
        host_ports=tuple(port for c in containers for port in c.host_ports),
        container_images=tuple(full_name(c.image or c.name) for c in containers),
        namespace_labels=namespaces.get(workload.namespace) or {_NAMESPACE_NAME: workload.namespace},
        requests={c.name: _hpa_requests(c) for c in running},
        images=tuple(dict.fromkeys(c.image or c.name for c in containers)),
        init_containers=tuple(
            (c.name, topology.init.get(f"{workload.key}/{c.name}", init_ns)) for c in containers if c.kind == "init"
        ),
        background=background,
        spec=spec,
        qos=qos_class(spec)[0],
        pre_stop_ns=round(max((c.pre_stop_s for c in running), default=0.0) * NS_PER_S),
        grace_ns=workload.template.termination_grace_s * NS_PER_S,
        readiness_delay_ns=max(readiness, default=0) * NS_PER_S,
    )


def version_shape(version: NewVersion, shape: PodShape) -> PodShape:
    """Return the shape of a new version's pods: what they burn, fail and tell of themselves included."""
    rollout = version.rollout
    if shape.serving is None:
        return shape
    abort = rollout.canary.abort if rollout.canary is not None else None
    watch_ns = None if abort is None else round((abort.p95_ms or 0) * NS_PER_MS)
    serving = replace(
        shape.serving,
        demand_milli=round(rollout.demand * AS_DESCRIBED),
        error_ppm=round(rollout.error_percent * 10_000),
        watch_ns=watch_ns,
    )
    return replace(shape, serving=serving)


def hashed(workload: Workload, template_hash: str) -> Workload:
    """Return a Deployment with the label that its controller gives to the pods of a version (``matchLabelKeys``)."""
    if workload.kind != "Deployment":
        return workload
    labels = {**workload.template.labels, "pod-template-hash": template_hash}
    return replace(workload, template=replace(workload.template, labels=labels))


def _cpu_request(container: Container) -> int | None:
    cores = container.cpu_request_cores
    cores = container.cpu_limit_cores if cores is None else cores
    return None if cores is None else millicores(cores)


def _memory_request(container: Container) -> int | None:
    given = container.memory_request_bytes
    return container.memory_limit_bytes if given is None else given


def _other_requests(containers: Sequence[Container]) -> dict[str, int]:
    names = dict.fromkeys(name for c in containers for name in c.other_requests)
    return {name: pod_total([(c.kind, c.other_requests.get(name)) for c in containers]) for name in names}


def _hpa_requests(container: Container) -> dict[str, int]:
    found = {}
    if (cpu := _cpu_request(container)) is not None:
        found["cpu"] = cpu
    if (memory := _memory_request(container)) is not None:
        found["memory"] = memory * 1000
    return found


def _serving(workload: Workload, topology: Topology, program: Program) -> Serving | None:
    service = program.service_of_workload(workload.key)
    if service is None:
        return None
    name = program.containers[service]
    container = next(c for c in workload.template.containers if c.name == name)
    model = topology.services[program.services[service]]
    return Serving(
        service=service,
        container=name,
        cpu_shares=shares(_cpu_request(container) or 0),
        cpu_quota_ns=quota_of(millicores(container.cpu_limit_cores or 0)),
        memory_limit_bytes=container.memory_limit_bytes or 0,
        startup=_probe(container.startup, model),
        readiness=_probe(container.readiness, model),
        liveness=_probe(container.liveness, model),
        readiness_delay_ns=container.readiness.initial_delay_s * NS_PER_S if container.readiness else 0,
        probe_grace_ns={
            name: probe.termination_grace_s * NS_PER_S
            for name, probe in (("Startup", container.startup), ("Liveness", container.liveness))
            if probe is not None and probe.termination_grace_s is not None
        },
    )


def _probe(probe: Probe | None, service: ServiceModel) -> ProbeSpec | None:
    """Return a probe as the plane runs it: HTTP and gRPC queue with traffic, exec burns CPU beside it."""
    if probe is None:
        return None
    return ProbeSpec(
        initial_delay_ns=probe.initial_delay_s * NS_PER_S,
        period_ns=probe.period_s * NS_PER_S,
        timeout_ns=probe.timeout_s * NS_PER_S,
        success_threshold=probe.success_threshold,
        failure_threshold=probe.failure_threshold,
        queued=probe.handler in ("http", "grpc"),
        cpu_ns=probe_cpu_ns(probe, service),
    )
