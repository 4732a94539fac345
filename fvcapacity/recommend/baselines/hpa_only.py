"""An HPA-only tuning: requests and limits stay, the replicas' range is fitted to what was seen.

The fewest pods are those that the calm hours need at the target utilization of CPU, the most those that the peak
needs with a margin. It is what is done by hand where resources are left alone; no tool stands behind it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from fvcapacity.recommend.baselines.advice import Baseline
from fvcapacity.scenario.model import Scenario
from fvcapacity.units import NS_PER_S

_MINUTE_NS = 60 * NS_PER_S


def hpa_only(samples: pd.DataFrame, scenario: Scenario, *, target_percent: int = 70, margin: float = 0.2) -> Baseline:
    """Return minimum, maximum and CPU target of every HPA that scales on CPU.

    Parameters
    ----------
    samples
        The ``pod_samples`` of a result.
    target_percent
        Utilization of the CPU requests to aim at.
    margin
        Room above the peak, as a ratio.
    """
    found: dict[str, Mapping[str, int]] = {}
    for hpa in scenario.cluster.autoscalers:
        workload = scenario.cluster.workload(f"{hpa.target_kind.lower()}/{hpa.target_name}")
        on_cpu = any(
            m.type == "Resource" and m.name == "cpu" and m.utilization_percent is not None for m in hpa.metrics
        )
        if workload is None or not on_cpu:
            continue
        running = [c for c in workload.template.containers if c.kind != "init"]
        request = sum(
            (c.cpu_limit_cores or 0.0) if c.cpu_request_cores is None else c.cpu_request_cores for c in running
        )
        cores = _cores(samples, workload.key)
        if request <= 0 or not len(cores):
            continue
        each = request * target_percent / 100
        calm, peak = float(np.quantile(cores, 0.5)), float(cores.max())
        fewest = max(1, math.ceil(calm / each - 1e-9))
        most = max(fewest, math.ceil(peak * (1 + margin) / each - 1e-9))
        found[hpa.name] = {"min": fewest, "max": most, "target.cpu": target_percent}
    return Baseline("hpa-only", {}, found, "requests stay; median and peak of the CPU in use over request x target")


def _cores(samples: pd.DataFrame, workload: str) -> np.ndarray:
    """Return the CPU of all pods together, minute by minute, of the first replication."""
    own = samples[(samples["workload"] == workload) & (samples["replication"] == 0)]
    if own.empty:
        return np.zeros(0)
    minute = own["time_utc"].to_numpy("datetime64[ns]").astype(np.int64) // _MINUTE_NS
    total = own["cpu_core_s"].groupby(minute).sum() / 60.0
    return total.to_numpy(np.float64)
