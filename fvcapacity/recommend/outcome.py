"""What a search keeps of a trial: whether it holds, why not, what was used, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.cost.projection import bill_total
from fvcapacity.recommend.baselines.samples import container_series
from fvcapacity.results.route_tables import ALL
from fvcapacity.scenario.paths.values import Value
from fvcapacity.study.mending import mends
from fvcapacity.study.trial import Trial, failing_window, user_requests

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """One trial in figures.

    Attributes
    ----------
    holds, excess
        Whether the objectives are kept, and the worst of what they limit over its threshold.
    reason, at_utc, bottleneck
        Of one that does not hold: what failed, when first, and what holds the system back; else empty.
    requests, p95_s, error_ratio
        Over all user requests of the stretch.
    oom_kills, throttled_ratio
        Over all services; the ratio is that of the service with the most, in CFS periods.
    pods
        Workload to the most pods that were wanted.
    cpu_cores
        Container (``deployment/shop/shop``) to what it uses at most in the policy's share of the container-minutes.
    memory_bytes
        Container to its largest working set.
    slack_ratio
        CPU requested and not used, over what is requested, summed over container-minutes.
    written_bytes
        Service to what it wrote to its volumes.
    hours, cost_usd
        Length of the stretch, and its bill; NaN when nothing has a price.
    mends
        Of one that does not hold: values that may help, and in words, the costliest cause first.
    """

    holds: bool
    excess: float
    reason: str
    at_utc: str
    bottleneck: str
    requests: int
    p95_s: float
    error_ratio: float
    oom_kills: int
    throttled_ratio: float
    pods: Mapping[str, int]
    cpu_cores: Mapping[str, float]
    memory_bytes: Mapping[str, float]
    slack_ratio: float
    written_bytes: Mapping[str, int]
    hours: float
    cost_usd: float
    mends: Sequence[tuple[Mapping[str, Value], str]] = ()


def outcome_of(trial: Trial, cover_percent: float) -> Outcome:
    """Return the figures of a trial; ``cover_percent`` is the share of container-minutes that CPU use is told for."""
    tables, failed = trial.result.tables, failing_window(trial)
    routes = tables["routes"]
    whole = routes[routes["route"] == ALL].iloc[0]
    services, workloads = tables["services"], tables["workloads"]
    cpu, memory, slack = _usage(trial, cover_percent)
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
        error_ratio=float(whole["error_ratio"]),
        oom_kills=int(services["oom_kills"].sum()),
        throttled_ratio=0.0 if pd.isna(throttled) else float(throttled),
        pods={str(name): int(pods) for name, pods in workloads.set_index("workload")["desired_max"].items()},
        cpu_cores=cpu,
        memory_bytes=memory,
        slack_ratio=slack,
        written_bytes={
            str(name): int(count) for name, count in zip(services["service"], services["written_bytes"], strict=True)
        },
        hours=trial.scenario.file.window.duration / 3.6e12,
        cost_usd=math.nan if bill is None else bill_total(bill[bill["replication"] == 0]).usd,
        mends=_mends(trial),
    )


def _usage(trial: Trial, cover_percent: float) -> tuple[dict[str, float], dict[str, float], float]:
    samples = trial.result.tables.get("pod_samples")
    if samples is None or samples.empty:
        return {}, {}, math.nan
    requested = {
        (item.key, container.name): container.cpu_request_cores
        for item in trial.scenario.cluster.workloads
        for container in item.template.containers
    }
    cpu, memory, idle, asked = {}, {}, 0.0, 0.0
    for key, series in container_series(samples, trial.scenario).items():
        used: Floats = np.concatenate([pod.cpu_cores for pod in series.pods])
        if not used.size:
            continue
        name = "/".join(key)
        cpu[name] = float(np.quantile(used, cover_percent / 100, method="inverted_cdf"))
        memory[name] = float(max(pod.memory_bytes.max() for pod in series.pods if pod.memory_bytes.size))
        lengths: Floats = np.concatenate([pod.interval_s for pod in series.pods])
        request = requested.get(key) or 0.0
        idle += float((np.maximum(request - used, 0) * lengths).sum())
        asked += float(request * lengths.sum())
    return cpu, memory, idle / asked if asked else math.nan


def _mends(trial: Trial) -> list[tuple[Mapping[str, Value], str]]:
    if (trial.holds and not trial.result.tables["services"]["oom_kills"].sum()) or trial.scenario.patcher is None:
        return []
    return [(dict(mend.values), mend.words) for mend in mends(trial.scenario, trial.result)]
