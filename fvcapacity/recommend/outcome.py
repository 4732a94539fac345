"""What a search keeps of a trial: whether it holds, why not, what was used, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.cost.projection import bill_total
from fvcapacity.frozen import Frozen
from fvcapacity.recommend.baselines.samples import container_series
from fvcapacity.recommend.usage import Use, use_of
from fvcapacity.results.route_tables import ALL
from fvcapacity.scenario.paths.values import Value
from fvcapacity.study.mending import mends
from fvcapacity.study.trial import Trial, failing_window, user_requests

_CALM = 0.5
"""Excess up to which nothing needs to be mended, whatever margin is asked for."""

Floats = npt.NDArray[np.float64]


class Outcome(Frozen):
    """One trial in figures.

    Attributes
    ----------
    holds, excess
        Whether the objectives are kept, and the worst of what they limit over its threshold.
    reason, at_utc, bottleneck
        Of one that does not hold: what failed, when first, and what holds the system back; else empty.
    requests, p95_s, error_ratio
        Over all user requests of the stretch.
    worst_p95_s
        The highest of the windows and routes that are judged.
    oom_kills, throttled_ratio
        Over all services; the ratio is that of the service with the most, in CFS periods.
    pods
        Workload to the most pods that were wanted.
    cpu_use
        Container (``deployment/shop/shop``) to how long it used how much: see `fvcapacity.recommend.usage`.
    memory_bytes
        Container to its largest working set.
    written_bytes
        Service to what it wrote to its volumes.
    hours, cost_usd
        Length of the stretch, and its bill; NaN when nothing has a price.
    mends
        Of one that does not hold, or hardly: values that may help, and in words, the costliest cause first.
    """

    holds: bool
    excess: float
    reason: str
    at_utc: str
    bottleneck: str
    requests: int
    p95_s: float
    worst_p95_s: float
    error_ratio: float
    oom_kills: int
    throttled_ratio: float
    pods: Mapping[str, int]
    cpu_use: Mapping[str, Use]
    memory_bytes: Mapping[str, float]
    written_bytes: Mapping[str, int]
    hours: float
    cost_usd: float
    mends: Sequence[tuple[Mapping[str, Value], str]] = ()


def outcome_of(trial: Trial) -> Outcome:
    """Return the figures of a trial."""
    tables, failed = trial.result.tables, failing_window(trial)
    routes = tables["routes"]
    whole = routes[routes["route"] == ALL].iloc[0]
    windows = tables["route_windows"]
    services, workloads = tables["services"], tables["workloads"]
    cpu, memory = _usage(trial)
    bill = tables.get("bill")
    throttled = services["throttled_periods_ratio"].max()
    return Outcome(
        holds=trial.holds,
        excess=trial.excess,
        reason="" if failed is None else failed[0],
        at_utc="" if failed is None or pd.isna(failed[1]) else failed[1].isoformat(),
        bottleneck="" if failed is None else str(trial.result.summary["bottleneck"]["sentence"]),
        requests=user_requests(trial.result),
        p95_s=float(whole["p95_s"]),
        worst_p95_s=float(windows.loc[windows["judged"], "p95_s"].max()),
        error_ratio=float(whole["error_ratio"]),
        oom_kills=int(services["oom_kills"].sum()),
        throttled_ratio=0.0 if pd.isna(throttled) else float(throttled),
        pods={str(name): int(pods) for name, pods in workloads.set_index("workload")["desired_max"].items()},
        cpu_use=cpu,
        memory_bytes=memory,
        written_bytes={
            str(name): int(count) for name, count in zip(services["service"], services["written_bytes"], strict=True)
        },
        hours=trial.scenario.file.window.duration / 3.6e12,
        cost_usd=math.nan if bill is None else bill_total(bill[bill["replication"] == 0]).usd,
        mends=_mends(trial),
    )


def _usage(trial: Trial) -> tuple[dict[str, Use], dict[str, float]]:
    samples = trial.result.tables.get("pod_samples")
    if samples is None or samples.empty:
        return {}, {}
    cpu: dict[str, Use] = {}
    memory: dict[str, float] = {}
    for key, series in container_series(samples, trial.scenario).items():
        used: Floats = np.concatenate([pod.cpu_cores for pod in series.pods])
        if not used.size:
            continue
        name = "/".join(key)
        cpu[name] = use_of(used, np.concatenate([pod.interval_s for pod in series.pods]))
        memory[name] = float(max(pod.memory_bytes.max() for pod in series.pods if pod.memory_bytes.size))
    return cpu, memory


def _mends(trial: Trial) -> list[tuple[Mapping[str, Value], str]]:
    kills = trial.result.tables["services"]["oom_kills"].sum()
    if (trial.excess <= _CALM and not kills) or trial.scenario.patcher is None:
        return []
    return [(dict(mend.values), mend.words) for mend in mends(trial.scenario, trial.result)]
