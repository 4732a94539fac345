"""The interface of a data plane: what control may ask of it, tell it, and hear from it.

A plane carries requests through containers from one control event to the next. Times are integer
nanoseconds since the start of the run (warm-up included). A *pod* is known by its uid, a positive
integer that is never used twice; it serves one service with one container. Whatever else runs in the
pod (sidecars, exporters) is background load of its node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from fvcapacity.dataplane.statistics import Statistics
from fvcapacity.frozen import Frozen, field
from fvcapacity.semantics.faults import AS_IT_IS
from fvcapacity.semantics.versions import AS_DESCRIBED


class EventKind(IntEnum):
    """Why ``advance`` came back early."""

    STARTED = 1
    """The container finished its start-up work and listens."""
    OOM_KILLED = 2
    """The kernel killed the container at its memory limit; its open requests have failed."""
    READY = 3
    """The readiness probe reached its success threshold."""
    NOT_READY = 4
    """The readiness probe reached its failure threshold."""
    LIVENESS_FAILED = 5
    """The liveness probe reached its failure threshold; the container still runs."""
    STARTUP_FAILED = 6
    """The startup probe reached its failure threshold; the container still runs."""
    DRAINED = 7
    """A draining container has no open request left."""


class PlaneEvent(Frozen):
    """Something that only the control plane can decide about."""

    time_ns: int
    kind: EventKind
    pod: int


class ProbeSpec(Frozen, kw_only=True):
    """A probe as the plane runs it: times in nanoseconds, with its cost inside the container.

    ``queued`` probes (HTTP, gRPC) wait in the container's main queue like any request; ``exec`` ones burn
    CPU beside it; TCP ones succeed when the container listens.
    """

    initial_delay_ns: int
    period_ns: int
    timeout_ns: int
    success_threshold: int
    failure_threshold: int
    queued: bool
    cpu_ns: int


class AddNode(Frozen, kw_only=True):
    """A machine joins. ``background_cores`` are spent by agents and by containers that serve no route."""

    node: int
    name: str
    cpu_cores: float
    background_cores: float = 0.0


class SetBackground(Frozen, kw_only=True):
    """The background CPU of a node changed (a pod without requests of its own came or went)."""

    node: int
    background_cores: float


class RemoveNode(Frozen, kw_only=True):
    """A machine leaves; its containers must have been stopped."""

    node: int


class StartContainer(Frozen, kw_only=True):
    """The serving container of a pod starts: it burns its start-up CPU, then listens.

    ``cpu_shares`` is the cgroup weight (``fvcapacity.semantics.cpu.shares``); ``cpu_quota_ns`` the CPU a period
    of 100 ms, 0 for no limit; ``memory_limit_bytes`` 0 for none. ``warm`` skips the start-up work (pods that ran
    before the run began): the container listens at once and no STARTED is sent.
    A pod that restarts sends the same uid again with ``restart`` one higher.

    A new version may differ from what the topology says of its service: ``demand_milli`` is its CPU for a request in
    thousandths of that, ``error_ppm`` the share of its answers that are errors, in millionths. With ``watch_ns`` its
    answers are counted (`ContainerUsage`), apart those that took longer than that.
    """

    pod: int
    name: str
    service: int
    node: int
    cpu_shares: int
    cpu_quota_ns: int
    memory_limit_bytes: int
    startup: ProbeSpec | None = None
    readiness: ProbeSpec | None = None
    liveness: ProbeSpec | None = None
    restart: int = 0
    warm: bool = False
    demand_milli: int = AS_DESCRIBED
    error_ppm: int = 0
    watch_ns: int | None = None


class DrainContainer(Frozen, kw_only=True):
    """SIGTERM: the container refuses new requests and finishes the open ones; DRAINED follows."""

    pod: int


class StopContainer(Frozen, kw_only=True):
    """The container is gone at once; its open requests fail as ``terminated``."""

    pod: int


class SetEndpoints(Frozen, kw_only=True):
    """From now on calls of a service go to these pods (in this order).

    With a ``weight`` a router that looks at every request stands before them: it sends so many percent of the attempts
    to the ``canaries`` and the rest to ``pods``, whoever is there, at random within each group. Connections that are
    kept alive, and turns, do not count then.
    """

    service: int
    pods: tuple[int, ...]
    canaries: tuple[int, ...] = ()
    weight: int | None = None


class LoseContainer(Frozen, kw_only=True):
    """The machine of a container is gone without a word: its work stops, and nobody is told.

    Who waits for an answer from it, or still sends it requests because it is among the endpoints, gets neither answer
    nor refusal, and gives up after its time-out (``semantics.faults``). No event is sent for the pod any more.
    ``StopContainer`` takes it off the books; from then on it refuses connections, as any container that is gone does.
    """

    pod: int


class SetServicePace(Frozen, kw_only=True):
    """From now on operations of a service that begin need so many thousandths of their time.

    ``cpu_milli`` is of the CPU demand, ``disk_milli`` of the time that an operation keeps the volume busy.
    """

    service: int
    cpu_milli: int = AS_IT_IS
    disk_milli: int = AS_IT_IS


class SetLookupDelay(Frozen, kw_only=True):
    """From now on a share of the calls that these services make is sent later: the lookup of a name is slow."""

    callers: tuple[int, ...]
    delay_ns: int = 0
    share_ppm: int = 0


Command = (
    AddNode
    | SetBackground
    | RemoveNode
    | StartContainer
    | DrainContainer
    | StopContainer
    | SetEndpoints
    | LoseContainer
    | SetServicePace
    | SetLookupDelay
)


class ContainerUsage(NamedTuple):
    """What a serving container has used since it first started, and holds now.

    Of a watched one (``StartContainer.watch_ns``) also how many attempts it answered, let fall or refused; how many of
    these came to nothing (an error, or a caller that had given up); and how many took too long.

    ``periods`` are the CFS periods that the kernel counts of a container with a quota (``nr_periods``), and
    ``throttled_periods`` those in which it stood still (``nr_throttled``), as far as the node's events have told them.
    """

    cpu_ns: int
    memory_bytes: int
    open_requests: int
    queued: int
    answered: int = 0
    failed: int = 0
    slow: int = 0
    periods: int = 0
    throttled_periods: int = 0


class Observation(Frozen):
    """What metrics-server and the custom metrics can see of the plane at one instant.

    ``served`` counts requests that ended well, by route, since the start.
    """

    time_ns: int
    containers: Mapping[int, ContainerUsage] = field(default_factory=dict)
    served: tuple[int, ...] = ()
    arrived: tuple[int, ...] = ()


class Plane(Protocol):
    """A data plane. ``advance`` runs [now, until): what happens at ``until`` itself belongs to the next call."""

    statistics: Statistics

    @property
    def now(self) -> int:
        """The present instant, in nanoseconds since the start of the run."""

    def advance(self, until: int) -> PlaneEvent | None:
        """Run to ``until`` and return None, or stop earlier at an event that control must decide."""

    def apply(self, commands: Sequence[Command]) -> None:
        """Carry out control's commands at the present instant, in order."""

    def observe(self) -> Observation:
        """Return usage and counts at the present instant."""

    def finish(self) -> None:
        """Settle all progress at the present instant and account for what is still open."""

    def record_table(self) -> npt.NDArray[np.int64]:
        """Return a row for each request that was to be written down and has ended (columns of `RequestRecord`)."""
