"""The custom metrics adapter: gauges that routes open and time closes.

A gauge is worked out from the requests that ended well: those of the last ``lifetime`` are still open. Counts are
kept at every scrape of metrics-server and interpolated in between; whoever asks gets the gauge of the last scrape.
"""

from __future__ import annotations

from bisect import bisect_right
from math import inf

from fvcapacity.control.cluster import Cluster
from fvcapacity.dataplane.plane import Observation
from fvcapacity.scenario.topology import Gauge

WINDOW_NS = 60 * 10**9
"""Window of custom metrics that name none (``podautoscaler/metrics/client.go``)."""


def keep_served(cluster: Cluster, seen: Observation) -> None:
    """Remember the counts, as far back as the longest gauge looks, and read every gauge."""
    gauges, state, now = cluster.scenario.topology.gauges, cluster.state, cluster.now
    if not gauges:
        return
    served = state.served
    served.append((now, seen.served))
    oldest = now - max([gauge.lifetime for gauge in gauges.values()])
    drop = bisect_right(served, _just_after(oldest)) - 1  # one older entry stays, to interpolate from
    if drop > 0:
        del served[:drop]
    state.gauges = {name: _gauge_milli(cluster, gauge, now) for name, gauge in gauges.items()}


def gauge_milli(cluster: Cluster, name: str) -> tuple[int, int] | None:
    """Return (thousandths of things open, time of the scrape), or None without such a gauge or a scrape."""
    milli = cluster.state.gauges.get(name)
    return None if milli is None else (milli, cluster.state.served[-1][0])


def _gauge_milli(cluster: Cluster, gauge: Gauge, now_ns: int) -> int:
    routes = [cluster.program.routes.index(route) for route in gauge.opened_by]
    _, served = cluster.state.served[-1]
    opened = _of(served, routes) - _served_at(cluster, routes, now_ns - gauge.lifetime)
    return round(opened * (gauge.per_request * 1000))


def _served_at(cluster: Cluster, routes: list[int], time_ns: int) -> float:
    """Return requests served until a time; nothing had been served when the run began."""
    served = cluster.state.served
    after = bisect_right(served, _just_after(time_ns))
    t0, before = served[after - 1] if after else (0, ())
    low = _of(before, routes)
    if after == len(served) or time_ns <= t0:
        return low
    t1, later = served[after]
    return low + (_of(later, routes) - low) * (time_ns - t0) / (t1 - t0)


def _of(served: tuple[int, ...], routes: list[int]) -> float:
    """Return requests served on some routes; a plane that counts none has served none."""
    return float(sum([served[route] for route in routes])) if served else 0.0


def _just_after(time_ns: int) -> tuple[int, tuple[float, ...]]:
    """Return what sorts behind every entry of an instant, whatever was counted."""
    return time_ns, (inf,)
