"""What holds the system back, in one sentence with figures, and everything else that was found.

Each service is told by the one mechanism that explains its waiting; what costs users the most time comes first. An HPA
at its maximum or pods without a node do not cost time themselves: they say why the loss goes on, and are told with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen, replace
from fvcapacity.results.finding import Finding
from fvcapacity.results.lost_time import LostTime, TimeSpan, lost_time, span_of
from fvcapacity.results.route_tables import ALL
from fvcapacity.results.scaling_findings import scaling_findings
from fvcapacity.results.verdict import Status
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.groups import Rows, rows_by
from fvcapacity.units import format_bytes, format_cpu

THROTTLING_HIGH = 0.25
"""From this share of throttled periods on, throttling explains the waiting (the threshold of the kubernetes-mixin's
alert CPUThrottlingHigh)."""
CONTENTION_HIGH = 0.25
"""From this share of a burst's wall time on, the node explains it."""
WORTH_TELLING = 0.05
"""Share of the latency objective that the mean request must lose before a system that holds has a bottleneck."""

_TOO_LITTLE_TO_SAY_S = 5e-5
"""What rounds to no tenth of a millisecond."""
_FIVE_S = 300
_MUCH_WORSE = 1.5

_OF_SERVICES = ("cpu_limit_cores", "memory_limit_bytes", "oom_kills", "restarts", "probe_failures")
_OF_MINUTES = ("time_s", "periods", "throttled_periods", "burst_s", "queue_wait_s", "visits", "refused")

SMALLEST_SHARE_PERCENT = 1.0
"""Share of the lost time below which a cause is not told; kills and restarts always are."""
ALWAYS_TOLD = ("oom_kills", "restarts")


class Bottleneck(Frozen):
    """One sentence, and the findings behind it, the costliest first."""

    sentence: str
    findings: tuple[Finding, ...]


def find_bottleneck(tables: Mapping[str, pd.DataFrame], scenario: Scenario, status: Status) -> Bottleneck:
    """Find what costs users the most time.

    Parameters
    ----------
    tables
        Tables of the result.
    scenario
        Gives limits, time-outs and the time zone.
    status
        Of the verdict: a system that holds and loses next to nothing has no bottleneck.
    """
    if not len(tables["service_minutes"]):
        return Bottleneck("Nothing was simulated after the warm-up.", ())
    lost = lost_time(tables, scenario)
    replications = max(tables["services"]["replication"].nunique(), 1)
    by_minute = dict(rows_by(tables["service_minutes"], "service", _OF_MINUTES))
    costs = [
        finding
        for name, rows in rows_by(tables["services"], "service", _OF_SERVICES)
        if name in lost
        for finding in _service_findings(name, lost[name], rows, by_minute[name], tables, scenario)
    ]
    total = sum(finding.lost_s for finding in costs)
    shared = [
        replace(f, lost_s=f.lost_s / replications, share_percent=100 * f.lost_s / total if total else 0.0)
        for f in costs
    ]
    told = [f for f in shared if f.share_percent >= SMALLEST_SHARE_PERCENT or f.kind in ALWAYS_TOLD]
    causes = sorted(told, key=lambda finding: -finding.lost_s)
    scaling = tuple(scaling_findings(tables, scenario))
    routes = tables["routes"]
    arrived = routes.loc[routes["route"] != ALL, "requests"].sum()
    per_request_s = total / arrived if arrived else 0.0
    if not total or (status != "missed" and per_request_s < _TOO_LITTLE_TO_SAY_S):
        return Bottleneck(_nothing_waits(tables, status), (*causes, *scaling))
    if status != "missed" and per_request_s < WORTH_TELLING * scenario.file.objectives.p95_ms / 1e3:
        sentence = f"Nothing holds the system back: a request loses {_milliseconds(per_request_s)} on average"
        return Bottleneck(f"{sentence}, most of it at {causes[0].subject}.", (*causes, *scaling))
    return Bottleneck(_sentence(causes[0], scaling), (*causes, *scaling))


def _sentence(cause: Finding, scaling: tuple[Finding, ...]) -> str:
    reasons = [finding.because for finding in scaling if finding.subject == cause.subject and finding.because]
    return cause.sentence + "".join(f", and {reason}" for reason in reasons) + "."


def _nothing_waits(tables: Mapping[str, pd.DataFrame], status: Status) -> str:
    services = tables["services"].groupby("service", sort=False)[["cpu_core_s", "visits"]].sum()
    if status != "missed" or not services["visits"].sum():
        return "Nothing holds the system back: no request waits for a thread, a quota or a pod."
    busiest = services.index[int(services["cpu_core_s"].to_numpy().argmax())]
    each = float(services["cpu_core_s"][busiest]) / max(float(services["visits"][busiest]), 1.0)
    return (
        "No queue, throttling, kill or refusal explains the time: requests spend it in their own work and waits "
        f"(the most CPU goes to {busiest}, {_milliseconds(each)} a visit)."
    )


def _service_findings(
    name: str, lost: LostTime, rows: Rows, by_minute: Rows, tables: Mapping[str, pd.DataFrame], scenario: Scenario
) -> Iterator[Finding]:
    if lost.waiting_s > 0:
        start = pd.Timestamp(scenario.start_ns, tz="UTC")
        span = span_of(lost.by_minute, start, ZoneInfo(scenario.file.time_zone))
        limit = float(rows["cpu_limit_cores"][0])
        kind, sentence = _waiting(name, lost, span.select(by_minute), span, limit, tables)
        yield Finding(kind, name, sentence, lost_s=lost.waiting_s)
    kills = int(rows["oom_kills"].sum())
    stops = int(rows["restarts"].sum()) - kills
    if kills > 0:
        sentence = f"{name} was OOM-killed {_times(kills, rows)}: its memory limit of {_memory(rows)} is spent"
        yield Finding("oom_kills", name, sentence, lost_s=lost.oom_s)
    if stops > 0:
        failures = int(rows["probe_failures"].sum())
        sentence = f"containers of {name} were restarted {_times(stops, rows)} ({failures:,} probes failed)"
        yield Finding("restarts", name, sentence, lost_s=lost.terminated_s)


def lost_nodes(events: pd.DataFrame) -> str:
    """Return the names of nodes that a fault of the scenario took away; empty when there are none."""
    begun = events[(events["reason"] == "FaultBegan") & events["object"].str.startswith("node/")]
    return " and ".join(f"node {name.removeprefix('node/')}" for name in begun["object"].unique())


def _waiting(
    name: str,
    lost: LostTime,
    minutes: Rows,
    span: TimeSpan,
    cpu_limit_cores: float,
    tables: Mapping[str, pd.DataFrame],
) -> tuple[str, str]:
    """Name the mechanism that explains the waiting at a service, and say it with its figure."""
    sums = {column: float(values.sum()) for column, values in minutes.items()}
    throttled = sums["throttled_periods"] / sums["periods"] if sums["periods"] else 0.0
    others = max(lost.queue_s, lost.contention_s, lost.refused_s)
    if throttled >= THROTTLING_HIGH or lost.throttled_s > others:
        limit = f"its limit of {format_cpu(cpu_limit_cores)} is spent"
        figure = f"in {100 * throttled:.0f} % of its periods {span.words}{_worst_throttling(minutes, throttled, span)}"
        return "throttling", f"{name} is throttled {figure}: {limit}"
    if lost.refused_s > lost.queue_s + lost.contention_s:
        routes = tables["routes"][tables["routes"]["route"] != ALL]
        nobody = routes[["no_endpoint", "connection_refused"]].to_numpy().sum() > routes["queue_full"].sum()
        gone = lost_nodes(tables["events"])
        if nobody and gone:
            return "refusals", f"{name} did not take {sums['refused']:,.0f} calls {span.words}: {gone} was lost"
        why = "no pod was ready to listen" if nobody else "its listen queues were full"
        return "refusals", f"{name} refused {sums['refused']:,.0f} calls {span.words}: {why}"
    if lost.contention_s > CONTENTION_HIGH * max(sums["burst_s"], lost.queue_s):
        stretch = sums["burst_s"] / max(sums["burst_s"] - lost.contention_s, 1e-9)
        figure = f"take {stretch:.1f} times their CPU time {span.words}"
        return "contention", f"CPU bursts of {name} {figure}: its nodes are short of CPU"
    wait = sums["queue_wait_s"] / max(sums["visits"], 1)
    figure = f"{_milliseconds(wait)} on average {span.words}"
    return "queueing", f"calls of {name} wait {figure} for a free thread: all threads of its pods are busy"


def _worst_throttling(minutes: Rows, throttled: float, span: TimeSpan) -> str:
    """Return when it was worst, if that says more than the whole stretch."""
    fives, places = np.unique(minutes["time_s"] // _FIVE_S * _FIVE_S, return_inverse=True)
    periods, spent = (np.bincount(places, minutes[name]) for name in ("periods", "throttled_periods"))
    shares = spent / np.where(periods > 0, periods, np.inf)
    worst = int(shares.argmax())
    if shares[worst] < _MUCH_WORSE * throttled:
        return ""
    return f", {100 * shares[worst]:.0f} % {span.at(float(fives[worst]))}"


def _times(count: int, rows: Rows) -> str:
    """Return how often, over the replications that ``rows`` has."""
    text, runs = "once" if count == 1 else f"{count:,} times", len(rows["restarts"])
    return text if runs == 1 else f"{text} in {runs} replications"


def _milliseconds(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds >= 10 else f"{1e3 * seconds:,.{0 if seconds >= 0.01 else 1}f} ms"


def _memory(rows: Rows) -> str:
    limit = rows["memory_limit_bytes"][0]
    return "unknown size" if pd.isna(limit) else format_bytes(int(limit))
