"""Where the time of requests goes, per service and per route: in queues, running, standing still, waiting for others.

What a service as a whole spends is measured, and so is the mean of a route. How a route's part of a service looks is
estimated (see `_Spent`). What is left of the measured mean is outside: APIs, connection pools, disks, the network.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.results.result import Result
from fvcapacity.results.route_tables import ALL

Call = tuple[str, str, str]
_ROUNDS = 20


class Own(Frozen):
    """Seconds that a service spends itself."""

    queue_s: float = 0.0
    running_s: float = 0.0
    throttled_s: float = 0.0

    @property
    def total_s(self) -> float:
        """All of it."""
        return self.queue_s + self.running_s + self.throttled_s

    def __add__(self, other: Own) -> Own:
        return Own(
            self.queue_s + other.queue_s, self.running_s + other.running_s, self.throttled_s + other.throttled_s
        )  # fmt: skip

    def times(self, factor: float) -> Own:
        """Return it so many times."""
        return Own(self.queue_s * factor, self.running_s * factor, self.throttled_s * factor)


class ServiceTime(Frozen):
    """The mean visit of a service: measured.

    ``waits`` is for whom it waits, the longest first, estimated from the calls; ``""`` is outside.
    """

    service: str
    visits: float
    elapsed_s: float
    own: Own
    waits: tuple[tuple[str, float], ...]


class RouteTime(Frozen):
    """The mean request of a route: ``mean_s`` is measured, its parts are estimated.

    ``services`` is what each service spends on it itself, the most first.
    """

    route: str
    requests: float
    mean_s: float
    own: Own
    outside_s: float
    services: tuple[tuple[str, float], ...]


class Flow(Frozen):
    """Who calls whom how often, and where time goes.

    Attributes
    ----------
    calls
        Calls per second from a service to another, mean over the window.
    """

    services: tuple[ServiceTime, ...]
    routes: tuple[RouteTime, ...]
    calls: Mapping[tuple[str, str], float]


def flow_of(result: Result) -> Flow | None:
    """Return the flow of a result; None when it does not know who calls whom (made by an older release)."""
    table = result.tables.get("route_calls")
    if table is None or table.empty:
        return None
    calls = {
        (str(route), str(caller), str(service)): (float(count), float(cpu), float(wait))
        for route, caller, service, count, cpu, wait in table.itertuples(index=False, name=None)
    }
    requests = _requests(result)
    measured = _measured(result)
    means = _route_means(result)
    spent = _Spent(calls, requests, measured, means)
    duration = float(result.summary["scenario"]["duration_s"])
    rates: dict[tuple[str, str], float] = defaultdict(float)
    for (route, caller, service), (count, _, _) in calls.items():
        rates[caller, service] += requests.get(route, 0.0) * count / duration
    routes = tuple(spent.route(name, means[name]) for name in requests if name in means and requests[name])
    services = tuple(spent.service(name) for name in measured)
    return Flow(services, routes, dict(rates))


def _requests(result: Result) -> dict[str, float]:
    routes = result.tables["routes"]
    means = routes[routes["route"] != ALL].groupby("route", sort=False)["requests"].mean()
    return {str(name): float(value) for name, value in means.items()}


class _Measured(Frozen):
    visits: float
    elapsed_s: float
    queue_s: float
    running_s: float
    throttled_s: float
    others_s: float


def _measured(result: Result) -> dict[str, _Measured]:
    """Return sums of a service's visits, mean over the replications."""
    services = result.tables["services"].copy()
    total = services["visits"] * services["elapsed_mean_s"].fillna(0.0)
    sums = pd.DataFrame(
        {
            "service": services["service"],
            "visits": services["visits"].astype(float),
            "elapsed_s": total,
            "queue_s": total * services["queue_share"].fillna(0.0),
            "running_s": total * services["cpu_share"].fillna(0.0),
            "throttled_s": total * services["throttled_share"].fillna(0.0),
            "others_s": total * services["others_share"].fillna(0.0),
        }
    )
    means = sums.groupby("service", sort=False).mean()
    return {str(name): _Measured(*(float(value) for value in row)) for name, row in zip(
        means.index, means.to_numpy(), strict=True
    )}  # fmt: skip


def _route_means(result: Result) -> dict[str, float]:
    """Return the mean response time of each route: of the histogram's bins, at the middles of them."""
    bins = result.histograms["route_histogram"]
    lower = np.unique(bins["from_s"].to_numpy())
    if len(lower) == 0:
        return {}
    ratio = 1.0 + float(result.summary["percentile_relative_error"])
    seconds = bins["from_s"].to_numpy() * ratio * bins["count"].to_numpy()
    sums = pd.DataFrame({"route": bins["route"], "s": seconds, "count": bins["count"]}).groupby("route").sum()
    return {str(name): float(row["s"] / row["count"]) for name, row in sums.iterrows() if row["count"]}


class _Spent:
    """What calls spend, estimated from what their service as a whole has spent, and from the means of the routes.

    Waiting at a service is first given to its calls by their CPU (standing still) and their number (queues). Routes
    whose parts then add up to more than their measured mean have been given too much; it goes to the others that come
    to the same service and have room, round after round, so that a service's parts go on adding up to what it measured.
    """

    def __init__(
        self, calls: Mapping[Call, tuple[float, float, float]], requests: Mapping[str, float],
        measured: Mapping[str, _Measured], means: Mapping[str, float],
    ) -> None:  # fmt: skip
        self._calls, self._requests, self._measured = calls, requests, measured
        self._cpu: dict[str, float] = defaultdict(float)
        self._count: dict[tuple[str, str], float] = defaultdict(float)
        for (route, _, service), (count, cpu, _) in calls.items():
            self._cpu[service] += requests.get(route, 0.0) * cpu
            self._count[route, service] += count
        self._inner: dict[tuple[str, str], list[Call]] = defaultdict(list)
        for call in calls:
            self._inner[call[0], call[1]].append(call)
        self._below: dict[tuple[Call, int], float] = {}
        self._own = {call: self._first_guess(call) for call in calls}
        self._wanted = self._waiting()
        for _ in range(_ROUNDS):
            self._settle(means)

    def own(self, call: Call) -> Own:
        """Return what the called service spends itself on a route's calls, per request of the route."""
        return self._own[call]

    def _first_guess(self, call: Call) -> Own:
        count, cpu, _ = self._calls[call]
        known = self._measured.get(call[2])
        if known is None:
            return Own()
        share = cpu / self._cpu[call[2]] if self._cpu[call[2]] else 0.0
        queue = count * known.queue_s / known.visits if known.visits else 0.0
        return Own(queue, share * known.running_s, share * known.throttled_s)

    def _waiting(self) -> dict[str, tuple[float, float]]:
        """Return the queues and the standing still that every service's calls have to add up to."""
        sums: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        for call, own in self._own.items():
            number, (queue, throttled) = self._requests.get(call[0], 0.0), sums[call[2]]
            sums[call[2]] = (queue + number * own.queue_s, throttled + number * own.throttled_s)
        return sums

    def _settle(self, means: Mapping[str, float]) -> None:
        """Take from routes what exceeds their mean, and give it to those with room."""
        fixed: dict[str, float] = defaultdict(float)
        waits: dict[str, float] = defaultdict(float)
        for call, own in self._own.items():
            fixed[call[0]] += own.running_s + self._calls[call][2]
            waits[call[0]] += own.queue_s + own.throttled_s
        room = {route: max(means.get(route, 0.0) - fixed[route], 0.0) for route in fixed}
        for call, own in self._own.items():
            if waits[call[0]] > room[call[0]]:
                factor = room[call[0]] / waits[call[0]]
                self._own[call] = Own(own.queue_s * factor, own.running_s, own.throttled_s * factor)
        left = {route: max(room[route] - waits[route], 0.0) for route in room}
        now = self._waiting()
        weights: dict[str, float] = defaultdict(float)
        for call, (_, cpu, _) in self._calls.items():
            weights[call[2]] += self._requests.get(call[0], 0.0) * cpu * left[call[0]]
        for call, (_, cpu, _) in self._calls.items():
            if weights[call[2]]:
                share = cpu * left[call[0]] / weights[call[2]]
                queue, throttled = (
                    max(wanted - have, 0.0) * share
                    for wanted, have in zip(self._wanted[call[2]], now[call[2]], strict=True)
                )
                self._own[call] += Own(queue, 0.0, throttled)

    def below(self, call: Call, depth: int = 0) -> float:
        """Return how long the caller waits for a call: the called service's own time, and that of whom it calls."""
        if (call, depth) not in self._below:  # ways join again: without this every way would be gone by itself
            self._below[call, depth] = self._below_of(call, depth)
        return self._below[call, depth]

    def _below_of(self, call: Call, depth: int) -> float:
        route, _, service = call
        seconds = self.own(call).total_s + self._calls[call][2]
        part = self._calls[call][0] / self._count[route, service] if self._count[route, service] else 0.0
        if depth < 20:  # a topology has no circles; this only keeps a damaged table from going on for ever
            seconds += part * sum(self.below(key, depth + 1) for key in self._inner.get((route, service), ()))
        return seconds

    def route(self, name: str, mean_s: float) -> RouteTime:
        """Return where the mean request of a route spends its time."""
        calls = [call for call in self._calls if call[0] == name]
        each: dict[str, float] = defaultdict(float)
        whole = Own()
        for call in calls:
            own = self.own(call)
            whole += own
            each[call[2]] += own.total_s
        # Calls beside each other take no longer than the longest of them, so that parts may exceed the whole.
        factor = min(1.0, mean_s / whole.total_s) if whole.total_s else 1.0
        services = sorted(((service, factor * s) for service, s in each.items()), key=lambda item: -item[1])
        outside = max(mean_s - factor * whole.total_s, 0.0)
        return RouteTime(name, self._requests[name], mean_s, whole.times(factor), outside, tuple(services))

    def service(self, name: str) -> ServiceTime:
        """Return where the mean visit of a service spends its time."""
        known = self._measured[name]
        visits = known.visits or 1.0
        own = Own(known.queue_s, known.running_s, known.throttled_s).times(1 / visits)
        waits: dict[str, float] = defaultdict(float)
        for call in self._calls:
            if call[1] == name:
                waits[call[2]] += self._requests.get(call[0], 0.0) * self.below(call)
        told, total = known.others_s, sum(waits.values())
        factor = min(1.0, told / total) if total else 1.0
        parts = [(callee, factor * seconds / visits) for callee, seconds in waits.items()]
        parts.append(("", max(told - factor * total, 0.0) / visits))
        longest = sorted((item for item in parts if item[1] > 0), key=lambda item: -item[1])
        return ServiceTime(name, known.visits, known.elapsed_s / visits, own, tuple(longest))


def layers_of(calls: Mapping[tuple[str, str], Any]) -> list[list[str]]:
    """Return services in columns from left to right: each stands right of everyone who calls it.

    Parameters
    ----------
    calls
        By (caller, service); the caller ``""`` is the client. Services that call nobody, and stand in the last
        columns' reach of several callers (databases), are put into the last column.
    """
    services = list(dict.fromkeys(service for _, service in calls))
    depth = dict.fromkeys(services, 0)
    for _ in services:  # longest paths; as many rounds as there are services are enough without circles
        before = dict(depth)
        for caller, service in calls:
            if caller in depth and caller != service:
                depth[service] = min(max(depth[service], depth[caller] + 1), len(services))
        if depth == before:
            break
    callers: dict[str, set[str]] = defaultdict(set)
    for caller, service in calls:
        callers[service].add(caller)
    deepest = max(depth.values(), default=0)
    outgoing = {caller for caller, _ in calls}
    for service in services:
        if service not in outgoing and len(callers[service]) > 1:
            depth[service] = deepest
    columns = [[name for name in services if depth[name] == level] for level in range(deepest + 1)]
    return _untangled([column for column in columns if column], calls)


def _untangled(columns: list[list[str]], calls: Mapping[tuple[str, str], Any]) -> list[list[str]]:
    """Order each column by where those stand who call, or are called: arrows cross less."""
    for sweep in range(4):
        forward = sweep % 2 == 0
        order = range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1)
        for number in order:
            beside = columns[number - 1] if forward else columns[number + 1]
            place = {name: row / max(len(beside) - 1, 1) for row, name in enumerate(beside)}
            columns[number].sort(key=lambda name: _center(name, place, calls))
    return columns


def _center(name: str, place: Mapping[str, float], calls: Mapping[tuple[str, str], Any]) -> float:
    near = [
        place[other] for a, b in calls for other in ((a,) if b == name else (b,) if a == name else ()) if other in place
    ]
    return sum(near) / len(near) if near else 0.5
