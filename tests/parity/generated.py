"""Whole systems drawn at random, with every phenomenon mixed in.

Numbers come from short lists of round ones, so that much happens in the same nanosecond; nodes, quotas, limits and
queues are small against the arrivals, so that there is trouble. What is drawn is plain data (`Drawn`): that is what
Hypothesis prints and shrinks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from fvcapacity.dataplane.plane import (
    Command,
    DrainContainer,
    EventKind,
    LoseContainer,
    PlaneEvent,
    SetBackground,
    SetEndpoints,
    SetLookupDelay,
    SetServicePace,
    StartContainer,
    StopContainer,
)
from fvcapacity.dataplane.source import ClosedUsers
from fvcapacity.dataplane.statistics import Cause, ServiceColumn
from fvcapacity.dataplane.trace import Step
from tests.parity.harness import Play, Reaction, Run
from tests.parity.words import FATAL, probe
from tests.support.tiny import MS, Tiny, program_of

MS_TIMES = (0, 0.3, 1, 2, 5, 10, 25)
MOST_CALLS = 14
"""Of one program: requests fan out, and the reference plane is slow."""
KINDS = ("drain", "drain", "stop", "start", "endpoints", "endpoints", "background", "lose", "lose", "pace", "lookup")
"""What control may do to a system."""

Draw = Any


@dataclass(frozen=True)
class Drawn:
    """A system as plain data. Times are in milliseconds, pods and nodes are counted from 1 and 0."""

    services: dict[str, Any]
    routes: dict[str, Any]
    nodes: list[float]
    pods: list[dict[str, Any]]
    arrivals: list[tuple[int, int]]
    users: tuple[int, int, int, int] | None
    """Number of users, their time to think, when half of them leave (and after as long come back), and the cap's slot."""
    script: list[tuple[int, str, int, Any]]
    looks: list[int]
    restart_ms: int
    seed: int


def maybe(strategy: st.SearchStrategy[Any], otherwise: Any = None) -> st.SearchStrategy[Any]:
    """Draw it every other time."""
    return st.one_of(st.just(otherwise), strategy)


# -- programs ------------------------------------------------------------------------------------------

distributions = st.sampled_from(["constant", "constant", "exponential", "lognormal", "uniform", "recorded"])
thread_groups = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["event_loop", "event_loop", "per_request"]),
        "count": st.integers(1, 3),
        "queue_limit": st.sampled_from([511, 511, 3, 1, 0]),
    }
)


@st.composite
def services(draw: Draw, names: Sequence[str]) -> dict[str, Any]:
    threads = {"main": draw(thread_groups)}
    if draw(st.booleans()):
        threads["work"] = draw(thread_groups)
    return {
        "threads": threads,
        "memory": {
            "base": draw(st.sampled_from([0, 10])),
            "per_open_request": draw(st.sampled_from([0, 10, 20])),
            "growth_per_request": draw(st.sampled_from([0, 0, 1, 5])),
        },
        "startup_cpu_ms": draw(st.sampled_from([0, 3, 30])),
        "balancing": draw(st.sampled_from(["random", "round_robin", "sticky"])),
        "connections_per_client": draw(st.integers(1, 2)),
        "pools": draw(st.dictionaries(st.sampled_from(names), st.integers(1, 3), max_size=2)),
        "disk_iops": draw(st.sampled_from([None, 500, 2000])),
        "disk_latency": draw(st.sampled_from(["0ms", "2ms"])),
        "network_round_trip": draw(st.sampled_from(["0ms", "1ms", "300us"])),
    }


class Programs:
    """Draws the steps of a route."""

    def __init__(self, draw: Draw, services: dict[str, Any]) -> None:
        self.draw, self.services, self.calls = draw, services, 0

    def call(self, depth: int) -> dict[str, Any]:
        self.calls += 1
        draw, service = self.draw, self.draw(st.sampled_from(list(self.services)))
        more: dict[str, Any] = {"request_memory": draw(st.sampled_from([0, 0, 30]))}
        if draw(st.booleans()):
            more["timeout"] = draw(st.sampled_from(["3ms", "10ms", "25ms", "80ms"]))
            more["cancel_on_timeout"] = draw(st.booleans())
        if draw(st.booleans()):
            more["retries"] = draw(st.integers(1, 3))
            more["retry_backoff"] = draw(st.sampled_from(["0ms", "1ms", "10ms"]))
        if draw(st.integers(0, 3)) == 0:
            more["breaker"] = {"failures": draw(st.integers(1, 4)), "open": draw(st.sampled_from(["5ms", "40ms"]))}
        if draw(st.integers(0, 4)) == 0:
            more["optional"] = True
        if draw(st.integers(0, 4)) == 0:
            more |= {"response_bytes": 100, "log_bytes": 10, "written_bytes": 1}
        return {"call": service, "steps": self.steps(service, depth), **more}

    def steps(self, service: str, depth: int, most: int = 3) -> list[dict[str, Any]]:
        return [self.step(service, depth) for _ in range(self.draw(st.integers(1 if depth == 3 else 0, most)))]

    def step(self, service: str, depth: int) -> dict[str, Any]:
        kinds = ["cpu", "cpu", "cpu", "wait", "disk", "branch"]
        if depth > 0 and self.calls < MOST_CALLS:
            kinds += ["call", "call", "call", "parallel", "parallel"]
        draw, kind = self.draw, self.draw(st.sampled_from(kinds))
        if kind == "call":
            return self.call(depth - 1)
        if kind == "parallel":
            return {"parallel": [self.call(depth - 1) for _ in range(draw(st.integers(2, 3)))]}
        if kind == "branch":
            inside = {"then": self.steps(service, depth - 1, 2), "otherwise": self.steps(service, depth - 1, 2)}
            return {"branch": {"probability": draw(st.sampled_from([0.0, 0.3, 0.7, 1.0])), **inside}}
        if kind == "disk":
            return {"disk": {"operations": draw(st.sampled_from([0.5, 1, 4]))}}
        time = {"mean_ms": draw(st.sampled_from(MS_TIMES)), "distribution": draw(distributions)}
        if time["distribution"] == "recorded":
            time["values_ms"] = draw(st.lists(st.sampled_from([0, 1, 2.5, 7]), min_size=1, max_size=4))
        if kind == "cpu":
            time["threads"] = draw(st.sampled_from(list(self.services[service]["threads"])))
        return {kind: time}


# -- pods, arrivals, commands --------------------------------------------------------------------------


@st.composite
def probes(draw: Draw) -> dict[str, Any]:
    queued = draw(st.booleans())
    return {
        "initial_delay_ns": draw(st.sampled_from([0, 30, 100])) * MS,
        "period_ns": draw(st.sampled_from([20, 50, 100])) * MS,
        "timeout_ns": draw(st.sampled_from([5, 20, 60])) * MS,
        "success_threshold": draw(st.integers(1, 2)),
        "failure_threshold": draw(st.integers(1, 3)),
        "queued": queued,
        "cpu_ns": draw(st.sampled_from([0, 1, 4])) * MS,
    }


@st.composite
def pods(draw: Draw, names: Sequence[str], nodes: int) -> dict[str, Any]:
    settings = {
        "service": draw(st.sampled_from(names)),
        "node": draw(st.integers(0, nodes - 1)),
        "cpu_shares": draw(st.sampled_from([2, 102, 512])),
        "cpu_quota_ns": draw(st.sampled_from([0, 0, 4, 11, 30, 80])) * MS,
        "memory_limit_bytes": draw(st.sampled_from([0, 0, 60, 100])),
        "warm": draw(st.sampled_from([True, True, True, False])),
        "demand_milli": draw(st.sampled_from([1000, 1000, 1600, 333])),
        "error_ppm": draw(st.sampled_from([0, 0, 300_000])),
        "watch_ns": draw(st.sampled_from([None, 0, 5 * MS])),
    }
    for kind in ("startup", "readiness", "liveness"):
        settings[kind] = draw(maybe(maybe(probes())))
    return settings


@st.composite
def arrivals(draw: Draw, routes: int) -> list[tuple[int, int]]:
    rows, now = [], 0
    for _ in range(draw(st.integers(3, 14))):
        now += draw(st.sampled_from([0, 1, 3, 10, 40])) * MS + draw(st.sampled_from([0, 0, 0, 123_457]))
        step = draw(st.sampled_from([0, 0, 1, 2, 5])) * MS
        count, route = draw(st.integers(1, 8)), draw(st.integers(0, routes - 1))
        rows += [(now + i * step, route) for i in range(count)]
    return sorted(rows)


@st.composite
def scripts(draw: Draw, pods: int, services: int, nodes: int) -> list[tuple[int, str, int, Any]]:
    times = sorted(draw(st.lists(st.integers(0, 60), max_size=8)))
    script: list[tuple[int, str, int, Any]] = []
    for time in times:
        kind = draw(st.sampled_from(KINDS))
        if kind == "background":
            entry = draw(st.integers(0, nodes - 1)), draw(st.sampled_from([0.0, 0.25, 0.8]))
        elif kind == "pace":
            entry = draw(st.integers(0, services - 1)), draw(st.sampled_from([(1000, 1000), (2500, 1000), (700, 4000)]))
        elif kind == "lookup":
            entry = draw(st.integers(0, services - 1)), draw(st.sampled_from([0, 300_000, 1_000_000]))
        elif kind == "endpoints":
            members = st.lists(st.integers(1, pods), max_size=4, unique=True)
            weight = draw(st.sampled_from([None, None, 0, 30, 100]))
            entry = draw(st.integers(0, services - 1)), (draw(members), draw(members), weight)
        else:
            entry = draw(st.integers(1, pods)), None
        script.append((5 * time, kind, *entry))
    return script


@st.composite
def systems(draw: Draw) -> Drawn:
    """Draw a whole system and what happens to it."""
    names = "abcd"[: draw(st.integers(1, 4))]
    model = {name: draw(services(names)) for name in names}
    routes = {
        f"r{i}": {"steps": [Programs(draw, model).call(3)], "client_timeout": draw(st.sampled_from(["30s", "90ms"]))}
        for i in range(draw(st.integers(1, 2)))
    }
    nodes = draw(st.lists(st.sampled_from([0.5, 1.0, 1.5, 2.0, 4.0]), min_size=1, max_size=3))
    some = draw(st.lists(pods(names, len(nodes)), max_size=4))
    each = [{**draw(pods(names, len(nodes))), "service": name} for name in names]
    return Drawn(
        services=model, routes=routes, nodes=nodes, pods=each + some, arrivals=draw(arrivals(len(routes))),
        users=draw(maybe(st.tuples(st.integers(1, 6), st.sampled_from([5, 20]), st.integers(50, 200), st.sampled_from([0, 10])))),
        script=draw(scripts(len(each + some), len(names), len(nodes))),
        looks=draw(st.lists(st.integers(0, 400), max_size=3)),
        restart_ms=draw(st.sampled_from([1, 30])), seed=draw(st.integers(0, 1000)),
    )  # fmt: skip


# -- from data to a play -------------------------------------------------------------------------------


class Control:
    """A rough kubelet: restarts what died, keeps endpoints in step with readiness, stops what has drained."""

    def __init__(self, starts: dict[int, StartContainer], restart_ms: int) -> None:
        self.starts, self.delay_ns = dict(starts), restart_ms * MS
        self.ready = {uid: command.service for uid, command in starts.items() if command.warm}
        self.restarts: Counter[int] = Counter()

    def __call__(self, event: PlaneEvent) -> list[tuple[int, Sequence[Command]]]:
        uid, command = event.pod, self.starts[event.pod]
        if event.kind in (EventKind.READY, EventKind.STARTED):
            self.ready[uid] = command.service
        else:
            self.ready.pop(uid, None)
        members = tuple(other for other, service in self.ready.items() if service == command.service)
        answers: list[tuple[int, Sequence[Command]]] = [(0, [SetEndpoints(service=command.service, pods=members)])]
        if event.kind == EventKind.DRAINED:
            answers.append((0, [StopContainer(pod=uid)]))
        if event.kind in FATAL:
            self.restarts[uid] += 1
            again = _with(command, warm=False, restart=self.restarts[uid])
            answers.append((self.delay_ns, [StopContainer(pod=uid), again]))
        return answers


def _with(command: StartContainer, **changes: Any) -> StartContainer:
    fields = {name: getattr(command, name) for name in StartContainer.__slots__}
    return StartContainer(**{**fields, **changes})


def play_of(drawn: Drawn) -> Play:
    """Build what the harness runs."""
    program = program_of(deepcopy(drawn.services), deepcopy(drawn.routes))
    own = [
        {**row, **{k: probe(**row[k]) for k in ("startup", "readiness", "liveness") if row[k]}} for row in drawn.pods
    ]
    starts = {
        uid: StartContainer(pod=uid, name=f"pod-{uid}", **{**row, "service": program.services.index(row["service"])})
        for uid, row in enumerate(own, start=1)
    }
    extra = {
        100 + number: _with(starts[who], pod=100 + number, name=f"pod-{100 + number}", warm=False)
        for number, (_, kind, who, _) in enumerate(drawn.script)
        if kind == "start"
    }
    script = [
        (entry[0] * MS, _commands(entry, 100 + number, starts | extra))
        for number, entry in enumerate(_lawful(drawn.script))
    ]
    tiny = Tiny(
        program, drawn.arrivals, own, drawn.nodes, users=_users(drawn), seed=drawn.seed, duration_ns=450 * MS
    )  # fmt: skip
    looks = [time * MS for time in drawn.looks]
    return Play(tiny, script, lambda: _control({**starts, **extra}, drawn.restart_ms), looks)


def _control(starts: dict[int, StartContainer], restart_ms: int) -> Reaction:
    return Control(starts, restart_ms)


def _lawful(script: list[tuple[int, str, int, Any]]) -> list[tuple[int, str, int, Any]]:
    """Let a pod end once only: control forgets a pod that it has stopped."""
    gone: set[int] = set()
    lawful = []
    for time, kind, who, what in script:
        ends = kind in ("drain", "stop")
        lawful.append((time, "nothing" if ends and who in gone else kind, who, what))
        if ends:
            gone.add(who)
    return lawful


def _commands(entry: tuple[int, str, int, Any], uid: int, starts: dict[int, StartContainer]) -> Sequence[Command]:
    _, kind, who, what = entry
    if kind == "drain":
        return [DrainContainer(pod=who)]
    if kind == "stop":
        return [StopContainer(pod=who)]
    if kind == "start":
        return [starts[uid]]
    if kind == "endpoints":
        pods, canaries = (tuple(pod for pod in group if starts[pod].service == who) for group in what[:2])
        return [SetEndpoints(service=who, pods=pods, canaries=canaries if what[2] is not None else (), weight=what[2])]
    if kind == "background":
        return [SetBackground(node=who, background_cores=what)]
    if kind == "lose":
        return [LoseContainer(pod=who)]
    if kind == "pace":
        return [SetServicePace(service=who, cpu_milli=what[0], disk_milli=what[1])]
    if kind == "lookup":
        return [SetLookupDelay(callers=(who,), delay_ns=7 * MS, share_ppm=what)]
    return []


def _users(drawn: Drawn) -> ClosedUsers | None:
    if drawn.users is None:
        return None
    number, think, leave, slot = drawn.users
    journey = tuple(range(len(drawn.routes)))
    stages = ((0, number), (leave * MS, number // 2), (2 * leave * MS, number))
    return ClosedUsers(journey, think * MS, stages, slot * MS)


# -- what happened -------------------------------------------------------------------------------------


def phenomena(run: Run) -> Counter[str]:
    """Count what occurred, so that a test can tell whether the systems drawn are worth anything."""
    told = Counter(event.kind.name for event in run.events)
    ended = Counter(f"ended {record.cause.name}" for record in run.records)
    refused = Counter(f"refused {Cause(line.value).name}" for line in run.lines(Step.REFUSED))
    steps = Counter(f"step {Step(line.step).name}" for line in run.trace)
    columns = Counter({column.name: run.total(column) for column in ServiceColumn})
    seen = [usage for look in run.observations for usage in look.containers.values()]
    answers = Counter(name for usage in seen for name in ("answered", "failed", "slow") if getattr(usage, name))
    cut = Counter(f"left {Cause(line.value).name}" for line in run.lines(Step.LEFT))
    return Counter(
        {name: 1 for name, count in (told + ended + refused + steps + columns + answers + cut).items() if count}
    )


EXPECTED = {
    *(kind.name for kind in EventKind),
    *(f"ended {cause.name}" for cause in Cause),
    *(f"refused {cause.name}" for cause in Cause if cause not in (Cause.SERVED, Cause.TERMINATED, Cause.CIRCUIT_OPEN, Cause.ERROR_RESPONSE)),
    *(f"step {step.name}" for step in Step),
    *(column.name for column in ServiceColumn),
    "left OOM_KILLED", "left TERMINATED", "left TIMEOUT", "left ERROR_RESPONSE",
    "answered", "failed", "slow",
}  # fmt: skip
"""All that must have occurred at least once over the examples of a run."""
