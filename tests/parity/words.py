"""The vocabulary in which parity cases are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fvcapacity.dataplane.plane import (
    Command,
    EventKind,
    PlaneEvent,
    ProbeSpec,
    SetEndpoints,
    StartContainer,
    StopContainer,
)
from fvcapacity.program.program import Program
from tests.parity.harness import Reaction
from tests.support.tiny import MS, SECOND, program_of

FATAL = (EventKind.OOM_KILLED, EventKind.LIVENESS_FAILED, EventKind.STARTUP_FAILED)


def at(*times_ms: float, route: int = 0) -> list[tuple[int, int]]:
    """Arrivals at these milliseconds."""
    return [(int(t * MS), route) for t in times_ms]


def every(step_ms: float, until_ms: float, begin_ms: float = 0.0) -> list[tuple[int, int]]:
    """Arrivals at equal distances."""
    return at(*(begin_ms + i * step_ms for i in range(int((until_ms - begin_ms) / step_ms))))


def one(*steps: Any, **service: Any) -> Program:
    """One service ``s`` that does these steps for the one route."""
    return program_of({"s": service}, {"r": {"steps": [call("s", *steps)]}})


def call(service: str, *steps: Any, **more: Any) -> dict[str, Any]:
    """A call step."""
    return {"call": service, "steps": list(steps), **more}


def both(*calls: Any) -> dict[str, Any]:
    """Calls made at once."""
    return {"parallel": list(calls)}


def wait(mean_ms: float, distribution: str = "constant") -> dict[str, Any]:
    """A wait step."""
    return {"wait": {"mean_ms": mean_ms, "distribution": distribution}}


def program(entry: dict[str, Any], client_timeout: str = "30s", **services: dict[str, Any]) -> Program:
    """One route that begins with ``entry``, over services by name."""
    return program_of(dict(services), {"r": {"steps": [entry], "client_timeout": client_timeout}})


def threads(count: int = 1, kind: str = "event_loop", limit: int = 511, **groups: int) -> dict[str, Any]:
    """Thread groups of a service: the main one and others by name and count."""
    others = {name: {"count": number} for name, number in groups.items()}
    return {"threads": {"main": {"kind": kind, "count": count, "queue_limit": limit}, **others}}


def pod(service: str | int, quota_ms: float = 0, memory: int = 0, shares: int = 102, **more: Any) -> dict[str, Any]:
    """The settings of a pod of a tiny system."""
    settings = {"service": service, "cpu_quota_ns": int(quota_ms * MS), "memory_limit_bytes": memory}
    return {**settings, "cpu_shares": shares, **more}


def start(uid: int, service: int = 0, quota_ms: float = 0, memory: int = 0, **more: Any) -> StartContainer:
    """Start a pod's container, cold unless told otherwise."""
    settings = {"cpu_shares": 102, "node": 0, **more}
    return StartContainer(
        pod=uid, name=f"pod-{uid}", service=service, cpu_quota_ns=int(quota_ms * MS), memory_limit_bytes=memory,
        **settings,
    )  # fmt: skip


def probe(**more: Any) -> ProbeSpec:
    """A probe of every five seconds."""
    settings = {
        "initial_delay_ns": 5 * SECOND, "period_ns": 5 * SECOND, "timeout_ns": SECOND, "success_threshold": 1,
        "failure_threshold": 3, "queued": True, "cpu_ns": MS, **more,
    }  # fmt: skip
    return ProbeSpec(**settings)


def restarting(
    after_ms: float, begin: Callable[..., StartContainer], service: int, *pods: int
) -> Callable[[], Reaction]:
    """Start killed and failed containers again after a while; they are endpoints again once they have started.

    ``begin(uid, restart=n)`` is the command that starts a pod of the service.
    """

    def control() -> Reaction:
        restarts: dict[int, int] = {}

        def react(event: PlaneEvent) -> list[tuple[int, Sequence[Command]]]:
            if event.kind == EventKind.STARTED:
                return [(0, [SetEndpoints(service=service, pods=pods)])]
            if event.kind not in FATAL:
                return []
            restarts[event.pod] = restarts.get(event.pod, 0) + 1
            again = begin(event.pod, restart=restarts[event.pod])
            return [(int(after_ms * MS), [StopContainer(pod=event.pod), again])]

        return react

    return control
