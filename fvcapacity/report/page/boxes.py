"""What stands in each box of the request path: replicas, CPU against what it may use, throttling, p95."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from fvcapacity.frozen import Frozen
from fvcapacity.report.page.facts import Cause, mean
from fvcapacity.results.result import Result

WINDOW_S = 300.0
THROTTLED_HIGH = 25.0
CPU_HIGH = 85.0


class Box(Frozen):
    """One service.

    Attributes
    ----------
    p95_ms
        Of its visits.
    cpu_mean_percent, cpu_peak_percent
        CPU used by its ready pods, over the window and in the busiest five minutes, of their limits (``of`` is
        ``limit``) or requests; None without either.
    throttled_percent
        CPU periods in which it stood still, in the worst five minutes.
    trouble
        What is wrong with it: ``throttled``, ``killed``, ``restarted``, ``refused``, ``cpu``.
    cause
        Whether it is what holds the system back.
    """

    service: str
    p95_ms: float | None
    cpu_mean_percent: float | None
    cpu_peak_percent: float | None
    of: Literal["limit", "request", ""]
    throttled_percent: float
    replicas: tuple[int, int]
    refused: float
    restarts: int
    oom_kills: int
    trouble: tuple[str, ...]
    cause: bool


def boxes_of(result: Result, cause: Cause | None) -> dict[str, Box]:
    """Return what is to be said of every service of a result."""
    p95 = result.tables["services"].groupby("service", sort=False)["p95_s"].mean()
    containers = result.tables["containers"]
    serving = containers[containers["service"] != ""].drop_duplicates("service").set_index("service")
    made = {}
    for part in result.summary["services"]:
        name = part["service"]
        row = serving.loc[name] if name in serving.index else None
        made[name] = _box(result, part, row, p95.get(name), cause is not None and cause.subject == name)
    return made


def _box(result: Result, part: Mapping[str, Any], container: Any, p95_s: Any, cause: bool) -> Box:
    name = part["service"]
    limit = _number(None if container is None else container["cpu_limit_cores"])
    request = _number(None if container is None else container["cpu_request_cores"])
    of: Literal["limit", "request", ""] = "limit" if limit else "request" if request else ""
    used = _used(result, part["workload"], limit or request)
    throttled = _throttled(result, name)
    refused = mean(part["refused"]) or 0.0
    restarts, kills = int(part["restarts_max"]), int(part["oom_kills_max"])
    trouble = [
        ("throttled", throttled >= THROTTLED_HIGH),
        ("killed", kills > 0),
        ("restarted", restarts > kills),
        ("refused", refused >= 1),
        ("cpu", of == "limit" and used[1] is not None and used[1] >= CPU_HIGH),
    ]
    seconds = _number(p95_s)
    return Box(
        service=name,
        p95_ms=None if seconds is None else 1e3 * seconds,
        cpu_mean_percent=used[0],
        cpu_peak_percent=used[1],
        of=of,
        throttled_percent=throttled,
        replicas=(int(part["replicas_min"]), int(part["replicas_max"])),
        refused=refused,
        restarts=restarts,
        oom_kills=kills,
        trouble=tuple(kind for kind, found in trouble if found),
        cause=cause,
    )


def _used(result: Result, workload: str, each: float | None) -> tuple[float | None, float | None]:
    """Return the CPU of a workload in percent of what its ready pods may use: mean and busiest five minutes."""
    minutes = result.tables["workload_minutes"]
    rows = minutes[minutes["workload"] == workload]
    if not each or rows.empty:
        return None, None
    room = rows["ready"] * each
    bins = rows["replication"].astype("int64") * 1_000_000_000 + (rows["time_s"] // WINDOW_S).astype("int64")
    used, may = rows["cpu_usage_cores"].groupby(bins).sum(), room.groupby(bins).sum()
    share = (used / may.where(may > 0)).dropna()
    if share.empty:
        return None, None
    return 100 * float(used.sum() / max(may.sum(), 1e-9)), 100 * float(share.max())


def _throttled(result: Result, service: str) -> float:
    minutes = result.tables["service_minutes"]
    rows = minutes[(minutes["service"] == service) & (minutes["periods"] > 0)]
    if rows.empty:
        return 0.0
    bins = rows["replication"].astype("int64") * 1_000_000_000 + (rows["time_s"] // WINDOW_S).astype("int64")
    sums = rows.groupby(bins)[["periods", "throttled_periods"]].sum()
    return 100 * float((sums["throttled_periods"] / sums["periods"]).max())


def _number(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
