"""The kubelet's probes of one container: requests that wait behind the others, with consequences.

A worker probes at the ticks of its period (``pkg/kubelet/prober/worker.go``), not before the initial delay; liveness
and readiness are held back until a startup probe has succeeded. Before the first result readiness counts as failed,
liveness as well.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import simpy

from fvcapacity.dataplane.plane import EventKind, ProbeSpec, StartContainer
from fvcapacity.dataplane.reference.clock import At
from fvcapacity.dataplane.reference.container import DEAD, DRAINING, LISTENING, Container
from fvcapacity.dataplane.reference.node import Burst
from fvcapacity.dataplane.statistics import ServiceColumn
from fvcapacity.dataplane.trace import Step
from fvcapacity.semantics import events
from fvcapacity.semantics.draw import mix
from fvcapacity.semantics.probes import LIVENESS, READINESS, STARTUP, first_tick, next_tick, worker_identity

if TYPE_CHECKING:
    from fvcapacity.dataplane.reference.plane import ReferencePlane


class Startup:
    """Whether the startup probe (if there is one) has succeeded."""

    __slots__ = ("done",)

    def __init__(self, done: bool) -> None:
        self.done = done


def start_probes(plane: ReferencePlane, container: Container, command: StartContainer) -> None:
    """Start a worker for each probe of a container that begins now."""
    startup = Startup(done=command.startup is None or command.warm)
    if command.startup is not None and not command.warm:
        plane.env.process(_worker(plane, container, STARTUP, command.startup, startup, warm=False))
    if command.readiness is not None:
        plane.env.process(_worker(plane, container, READINESS, command.readiness, startup, command.warm))
    if command.liveness is not None:
        plane.env.process(_worker(plane, container, LIVENESS, command.liveness, startup, command.warm))


def _worker(
    plane: ReferencePlane, container: Container, kind: int, spec: ProbeSpec, startup: Startup, warm: bool
) -> Generator[simpy.Event, bool, None]:
    identity = worker_identity(container.identity, kind)
    tick = plane.now + first_tick(spec.initial_delay_ns, spec.period_ns, identity, warm)
    good = warm if kind == READINESS else kind == LIVENESS
    successes = failures = number = 0
    while True:
        yield At(plane.env, tick, events.PROBE, mix(identity, number))
        if container.state in (DEAD, DRAINING):
            return
        if kind == STARTUP or startup.done:
            success = yield from _probe(plane, container, spec, mix(identity, number))
            if container.state in (DEAD, DRAINING):
                return
            row = plane.tally.services[container.service]
            row[ServiceColumn.PROBES] += 1
            row[ServiceColumn.PROBE_FAILURES] += not success
            plane.tally.note(plane.now, Step.PROBED, mix(identity, number), container.pod, int(success))
            successes, failures = (successes + 1, 0) if success else (0, failures + 1)
            if success and not good and successes >= spec.success_threshold:
                good, startup.done = True, startup.done or kind == STARTUP
                if kind == READINESS:
                    plane.report(EventKind.READY, container)
            elif failures >= spec.failure_threshold and (good or kind == STARTUP):
                good, failures = False, 0
                plane.report(_FAILED[kind], container)
            if (kind == STARTUP and startup.done) or (kind == LIVENESS and not good):
                return  # its work is done; control decides about the container
        number += 1
        tick = next_tick(tick, spec.period_ns, plane.now)


_FAILED = {
    STARTUP: EventKind.STARTUP_FAILED,
    READINESS: EventKind.NOT_READY,
    LIVENESS: EventKind.LIVENESS_FAILED,
}


def _probe(
    plane: ReferencePlane, container: Container, spec: ProbeSpec, identity: int
) -> Generator[simpy.Event, bool, bool]:
    if container.state != LISTENING:
        return False
    if not spec.queued and spec.cpu_ns == 0:
        return True
    main = container.groups[0]
    queued = spec.queued and not main.per_request
    if queued and main.full:
        return False
    burst = Burst(identity, max(1, spec.cpu_ns), plane.env.event(), plane.now)
    timer = At(plane.env, plane.now + spec.timeout_ns, events.TIMEOUT, identity)

    def give_up(_: simpy.Event) -> None:
        if not burst.done.triggered:
            burst.done.succeed(False)

    timer.callbacks.append(give_up)
    if queued:
        container.submit(burst, 0)
    elif container.beside.burst is None:
        container.node.start(container.beside, burst)
    return (yield burst.done)
