"""The kubelet's probes (see ``reference/probes.py``): requests that wait behind the others, with consequences."""

from __future__ import annotations

from fvcapacity.dataplane.fast.container import DEAD, DRAINING, LISTENING, full, submit
from fvcapacity.dataplane.fast.cpu import start
from fvcapacity.dataplane.fast.heap import push
from fvcapacity.dataplane.fast.layout import NONE, PROBE_TICKS
from fvcapacity.dataplane.fast.memory import (
    State,
    attempt_at,
    container_at,
    heap_at,
    line_at,
    service_minute,
    thread_at,
    worker_at,
)
from fvcapacity.dataplane.fast.rows import NO_BURST, PROBE, note, notice, take_row
from fvcapacity.dataplane.fast.timeouts import begin_timeout
from fvcapacity.dataplane.plane import EventKind
from fvcapacity.dataplane.trace import Step
from fvcapacity.semantics.draw import mix
from fvcapacity.semantics.jit import part
from fvcapacity.semantics.probes import LIVENESS, READINESS, STARTUP, next_tick

_FAILED, _GOOD, _PENDING = range(3)
_STEP_PROBED = int(Step.PROBED)
_READY, _NOT_READY, _LIVENESS_FAILED, _STARTUP_FAILED = (
    int(EventKind.READY), int(EventKind.NOT_READY), int(EventKind.LIVENESS_FAILED), int(EventKind.STARTUP_FAILED),
)  # fmt: skip


@part
def probe(s: State, worker: int) -> None:
    """A worker's tick."""
    w = worker_at(s, worker)
    c = container_at(s, w.container)
    if c.state == DEAD or c.state == DRAINING:
        _dismiss(s, worker)
        return
    if w.kind != STARTUP and not c.startup_done:
        _plan_next(s, worker)
        return
    result = _begin(s, worker)
    if result != _PENDING:
        take_result(s, worker, result)


@part
def take_result(s: State, worker: int, good: int) -> None:
    """A probe succeeded, failed or took too long: count it, tell control at a threshold, go on."""
    w = worker_at(s, worker)
    c = container_at(s, w.container)
    if c.state == DEAD or c.state == DRAINING:
        _dismiss(s, worker)
        return
    service_minute(s, c.service).probes += 1
    service_minute(s, c.service).probe_failures += 1 - good
    if s.tracing:
        note(s, _STEP_PROBED, mix(w.identity, w.number), c.pod, good)
    if good:
        w.successes, w.failures = w.successes + 1, 0
    else:
        w.successes, w.failures = 0, w.failures + 1
    if good and not w.good and w.successes >= w.success_threshold:
        w.good = 1
        if w.kind == STARTUP:
            c.startup_done = 1
        elif w.kind == READINESS:
            notice(s, _READY, w.container)
    elif w.failures >= w.failure_threshold and (w.good or w.kind == STARTUP):
        w.good, w.failures = 0, 0
        failed = _STARTUP_FAILED if w.kind == STARTUP else _NOT_READY if w.kind == READINESS else _LIVENESS_FAILED
        notice(s, failed, w.container)
    if (w.kind == STARTUP and c.startup_done) or (w.kind == LIVENESS and not w.good):
        _dismiss(s, worker)  # its work is done; control decides about the container
        return
    _plan_next(s, worker)


@part
def _plan_next(s: State, worker: int) -> None:
    w = worker_at(s, worker)
    w.number += 1
    w.tick_ns = next_tick(w.tick_ns, w.period_ns, s.now_ns)
    push(heap_at(s, PROBE_TICKS), w.tick_ns, mix(w.identity, w.number), worker)


@part
def _dismiss(s: State, worker: int) -> None:
    w = worker_at(s, worker)
    container_at(s, w.container).refs -= 1
    w.container = NONE


@part
def _begin(s: State, worker: int) -> int:
    """Send a probe; return its result when that is clear at once."""
    w = worker_at(s, worker)
    c = container_at(s, w.container)
    if c.state != LISTENING:
        return _FAILED
    if not w.queued and w.cpu_ns == 0:
        return _GOOD
    queued = w.queued and not line_at(s, c.first_line).per_request
    if queued and full(s, w.container):
        return _FAILED
    row = take_row(s)
    a = attempt_at(s, row)
    a.kind, a.refs, a.live, a.identity = PROBE, 1, 1, mix(w.identity, w.number)
    a.caller, a.home, a.container = worker, w.container, w.container
    a.burst, a.demand_ns, a.queued_ns, a.timeout_class = NO_BURST, max(1, w.cpu_ns), s.now_ns, NONE
    a.own_thread = NONE
    c.refs += 1
    begin_timeout(s, row, w.timeout_class)
    beside = c.first_thread + c.threads - 1
    if queued:
        a.refs += 1
        submit(s, w.container, row, 0)
    elif thread_at(s, beside).attempt < 0:
        a.refs += 1
        start(s, beside, row)
    return _PENDING
