"""What the manifests cannot say: the routes, who calls whom, and what a request costs where.

A topology has *services* (how a container serves: its threads, memory, pools) and *routes* (a program
of steps). A step is exactly one of ``cpu``, ``call``, ``parallel``, ``branch``, ``wait``, ``disk``. An
*operation* is a named program of a service, so that routes can share it (``auth-service.verify``).
"""

from __future__ import annotations

from statistics import fmean
from typing import Any, Literal, Self

from pydantic import Field, NonNegativeFloat, model_validator

from fvcapacity.scenario.base import Basis, Bytes, Cores, DurationNs, Model

DistributionKind = Literal["constant", "exponential", "lognormal", "uniform", "recorded"]
Balancing = Literal["random", "round_robin", "sticky"]


class Distribution(Model):
    """A non-negative random time.

    ``cv`` is the coefficient of variation (lognormal only). A uniform one runs from 0 to twice its mean. A recorded
    one replays ``values_ms``, scaled to ``mean_ms`` when that is given: a recorded request takes the value of its own
    number, any other request one at random (the same place in every record of equal length).
    """

    mean_ms: float = Field(ge=0)
    """Mean."""
    distribution: DistributionKind = "lognormal"
    """Its kind."""
    cv: float = Field(default=0.5, ge=0, le=20)
    """Standard deviation over mean (lognormal only)."""
    values_ms: tuple[NonNegativeFloat, ...] = Field(default=(), repr=False)
    """What was recorded (``distribution: recorded`` only)."""
    basis: Basis | None = None
    source: str = ""

    @model_validator(mode="before")
    @classmethod
    def _mean_of_values(cls, given: Any) -> Any:
        """Let a record that says no mean have its own."""
        if not isinstance(given, dict) or "mean_ms" in given or not given.get("values_ms"):
            return given
        try:
            return {**given, "mean_ms": fmean(given["values_ms"])}
        except TypeError:
            return given  # the values themselves are refused

    @model_validator(mode="after")
    def _values_of_a_record(self) -> Self:
        if (self.distribution == "recorded") != bool(self.values_ms):
            raise ValueError("values_ms and distribution: recorded belong together")
        return self


class CpuStep(Distribution):
    """CPU work at the service itself, in CPU-milliseconds; ``threads`` names the thread group."""

    threads: str = "main"
    """Group of threads that does it."""


class Branch(Model):
    """Take ``then`` with a probability, else ``otherwise`` (a cache hit, a coupon)."""

    probability: float = Field(ge=0, le=1)
    """Of ``then``."""
    then: tuple[Step, ...] = ()
    """Steps of the one way."""
    otherwise: tuple[Step, ...] = ()
    """Steps of the other; none: nothing is done."""
    basis: Basis | None = None
    source: str = ""


class Disk(Model):
    """Input and output on the volume of the service: ``operations`` of at most ``bytes`` each."""

    operations: float = Field(gt=0)
    """Operations on the volume."""
    basis: Basis | None = None
    source: str = ""


class Breaker(Model):
    """A circuit breaker of the caller: after ``failures`` in a row it refuses to call for ``open``."""

    failures: int = Field(default=5, ge=1)
    """Failures in a row that open it."""
    open: DurationNs = 10_000_000_000
    """How long it refuses."""
    basis: Basis | None = None
    source: str = ""


class Step(Model):
    """One step of a program. Exactly one of the six kinds is given; the rest describes a call.

    ``call`` names a service (with inline ``steps``) or an operation (``auth-service.verify``).
    """

    cpu: CpuStep | None = None
    """Work of this service's own CPU."""
    call: str | None = None
    """Another service (with ``steps``), or an operation of one."""
    parallel: tuple[Step, ...] | None = None
    """Calls at the same time; the step is over with the last."""
    branch: Branch | None = None
    """One of two ways, at random."""
    wait: Distribution | None = None
    """Time that costs no CPU: an external API."""
    disk: Disk | None = None
    """Input and output on the service's volume."""

    steps: tuple[Step, ...] | None = None
    """Of a call: what the called service does."""
    timeout: DurationNs | None = None
    """Of a call: when the caller gives up. None: never."""
    retries: int = Field(default=0, ge=0, le=10)
    """Of a call: attempts after the first that failed."""
    retry_backoff: DurationNs = 0
    """Of a call: pause before an attempt."""
    cancel_on_timeout: bool = False
    """Of a call: whether work that nobody waits for is given up downstream."""
    breaker: Breaker | None = None
    """Of a call: a circuit breaker of the caller."""
    optional: bool = False
    """A failed optional call does not fail its caller (reviews on a product page)."""
    request_memory: Bytes | None = None
    """Of a call: what it holds at the called service while it is open, on top of ``memory.per_open_request``."""
    response_bytes: Bytes | None = None
    """Of a call: size of the answer."""
    log_bytes: Bytes | None = None
    """Of a call: written to the log."""
    written_bytes: Bytes | None = None
    """Of a call: written to the called service's volume."""
    basis: Basis | None = None
    source: str = ""

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> Step:
        kinds = ("cpu", "call", "parallel", "branch", "wait", "disk")
        given = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"a step is exactly one of {', '.join(kinds)}; this one has {given or 'none'}")
        only_calls = {"steps", "timeout", "retries", "retry_backoff", "cancel_on_timeout", "optional"}
        only_calls |= {"breaker", "request_memory", "response_bytes", "log_bytes", "written_bytes"}
        if self.call is None and (extra := only_calls & self.model_fields_set):
            raise ValueError(f"{', '.join(sorted(extra))} belong to a call, not to a {given[0]} step")
        if any(step.call is None for step in self.parallel or ()):
            raise ValueError("parallel takes calls only; put other steps before it or into the called service")
        return self


class Operation(Model):
    """A named program of a service; the byte counts are defaults of the calls that use it."""

    steps: tuple[Step, ...]
    """What is done, in order."""
    request_memory: Bytes | None = None
    """What an open request holds, on top of ``memory.per_open_request``."""
    response_bytes: Bytes | None = None
    """Size of the answer."""
    log_bytes: Bytes | None = None
    """Written to the log."""
    written_bytes: Bytes | None = None
    """Written to the service's volume."""
    basis: Basis | None = None
    source: str = ""


class ThreadGroup(Model):
    """A queue and the threads that serve it.

    ``event_loop``: a thread is held for one CPU burst only (Node.js, Redis, nginx).
    ``per_request``: a thread is held from a request's start to its end (PostgreSQL's process per connection).
    """

    kind: Literal["event_loop", "per_request"] = "event_loop"
    """When a thread is free again."""
    count: int = Field(default=1, ge=1, le=10_000)
    """Threads."""
    queue_limit: int = Field(default=511, ge=0)
    """Requests that may wait; one more is refused. 511 is Node.js' listen backlog."""


class MemoryModel(Model):
    """Working set of a container: base + what open requests hold + what grows with each request served."""

    base: Bytes = 0
    """Of an idle container."""
    per_open_request: Bytes = 0
    """What an open request holds."""
    growth_per_request: Bytes = 0
    """What each served request leaves behind (a leak, a cache)."""
    basis: Basis | None = None
    source: str = ""


class ServiceModel(Model):
    """How the container behind a Kubernetes Service serves requests."""

    container: str | None = None
    """Container that serves; default: the first app container."""
    threads: dict[str, ThreadGroup] = Field(default_factory=lambda: {"main": ThreadGroup()})
    """Groups of threads that share the container's quota, by name; work is done by ``main`` unless it names another."""
    memory: MemoryModel = MemoryModel()
    """The container's working set."""
    startup_cpu_ms: float = Field(default=0, ge=0)
    """CPU that the container burns before it listens."""
    probe_cpu_ms: float = Field(default=0.5, ge=0)
    """CPU that answering a probe takes."""
    background_cpu: Cores = 0.0
    """Steady CPU besides requests (scrapes, garbage collection of an idle process)."""
    balancing: Balancing = "random"
    """How callers choose a pod: ``random`` (iptables mode), ``round_robin`` (IPVS), ``sticky`` per connection."""
    connections_per_client: int = Field(default=8, ge=1)
    """Keep-alive connections that each client pod holds (sticky balancing only)."""
    pools: dict[str, int] = Field(default_factory=dict)
    """Connection pool per called service: at most so many open calls from one pod."""
    disk_iops: float | None = None
    """Operations a second of the volume behind the service; None: not limited."""
    disk_latency: DurationNs = 0
    """Of each operation, when the volume is idle."""
    network_round_trip: DurationNs = 300_000
    """Added to every call of this service (both directions together)."""
    operations: dict[str, Operation] = Field(default_factory=dict)
    """Named programs that calls can ask for."""
    basis: Basis | None = None
    source: str = ""


class Route(Model):
    """A route as Prometheus labels it: method and path, its share of the traffic, and its program."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = "GET"
    """HTTP method."""
    path: str
    """As Prometheus labels it: ``/api/products/:id``."""
    share: float = Field(default=0.0, ge=0)
    """Weight among the routes, for traffic that is not told by route."""
    steps: tuple[Step, ...]
    """Exactly one call: the entry of the request into the cluster."""
    client_timeout: DurationNs = 30_000_000_000
    """When the customer gives up."""
    user: bool = True
    """False for machine traffic that the objectives leave out."""
    basis: Basis | None = None
    source: str = ""


class Gauge(Model):
    """A custom metric for HPAs: how many things opened by a route are still open.

    A request of ``opened_by`` that succeeds opens ``per_request`` things; each closes after ``lifetime``.
    """

    opened_by: tuple[str, ...]
    """Routes whose success opens things."""
    per_request: float = Field(default=1.0, gt=0)
    """Things that one request opens."""
    lifetime: DurationNs
    """How long each stays open."""
    basis: Basis | None = None
    source: str = ""


class BackgroundLoad(Model):
    """A workload that serves no route but takes CPU and memory (Prometheus, Kibana, an exporter)."""

    cpu: Cores = 0.0
    """Steady use."""
    memory: Bytes = 0
    """Working set."""
    basis: Basis | None = None
    source: str = ""


class Topology(Model):
    """Routes, services, gauges and background loads of one system."""

    basis: Basis = "assumed"
    """Default for every number that does not say otherwise."""
    services: dict[str, ServiceModel]
    """By the name of their Kubernetes Service."""
    routes: dict[str, Route]
    """By a short name."""
    gauges: dict[str, Gauge] = Field(default_factory=dict)
    """Custom metrics, by their names."""
    background: dict[str, BackgroundLoad] = Field(default_factory=dict)
    """Keyed by ``kind/name`` or, for one container of a pod, ``kind/name/container``."""
    init: dict[str, DurationNs] = Field(default_factory=dict)
    """How long init containers run, by ``kind/name/container``; others as long as ``cluster.init_container`` says."""
