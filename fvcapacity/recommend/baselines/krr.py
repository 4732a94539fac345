"""What KRR's ``simple`` strategy says.

Rules of ``robusta_krr/strategies/simple.py``, ``core/runner.py``, ``core/abstract/strategies.py`` and
``core/integrations/prometheus/metrics/cpu.py``, ``memory.py`` (robusta-dev/krr, as of its commit 6cef9fa):

- CPU request: of each pod the percentile (95) of ``rate(container_cpu_usage_seconds_total[step])`` at a step of 75 s
  over the history, then the largest of the pods; no CPU limit.
- Memory request and limit: the largest working set, plus 15 %.
- Fewer than 100 points of all pods together: "Not enough data". With an HPA on the resource: "HPA detected", unless
  ``--allow-hpa``.
- Rounded up to whole millicores and mebibytes; at least 10m and 100Mi.

The percentile is Prometheus' ``quantile_over_time``, which interpolates between ranks.

KRR hands the percentile to Prometheus as ``round(percentile / 100, 2)``, so that 99.9 becomes 1.00, the maximum, and
97.5 becomes 0.97 or 0.98. That slip is not copied: here a percentile is what was asked for. At the default of 95
there is no difference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.recommend.baselines.advice import Advice, Baseline, ContainerKey
from fvcapacity.recommend.baselines.samples import ContainerSeries, PodSeries
from fvcapacity.scenario.model import Scenario
from fvcapacity.units import NS_PER_S

Floats = npt.NDArray[np.float64]

_MIB = 2**20
SOURCE = "robusta-dev/krr, robusta_krr/strategies/simple.py and core/runner.py"


class KrrSettings(Frozen):
    """Options of ``krr simple``, with its defaults."""

    cpu_percentile: float = 95.0
    memory_buffer_percentage: float = 15.0
    points_required: int = 100
    allow_hpa: bool = False
    step_s: float = 75.0
    cpu_min_millicores: int = 10
    memory_min_mebibytes: int = 100


def krr(
    series: Mapping[ContainerKey, ContainerSeries], scenario: Scenario, settings: KrrSettings | None = None
) -> Baseline:
    """Return KRR's advice for every container with samples."""
    options = settings or KrrSettings()
    hpas = {
        f"{hpa.target_kind.lower()}/{hpa.target_name}": {
            m.name for m in hpa.metrics if m.utilization_percent is not None
        }
        for hpa in scenario.cluster.autoscalers
    }
    advice = {key: _advice(one, hpas.get(key[0], set()), options) for key, one in series.items()}
    return Baseline("krr", advice, source=SOURCE)


def _advice(series: ContainerSeries, scaled_on: set[str], options: KrrSettings) -> Advice:
    requests: dict[str, float | None] = {}
    limits: dict[str, float | None] = {}
    why = []
    rates = [_rates(pod, options.step_s) for pod in series.pods]
    points = sum(len(values) for values in rates)
    for name in ("cpu", "memory"):
        if points < options.points_required:
            why.append(f"{name}: not enough data ({points} points of {options.points_required})")
        elif name in scaled_on and not options.allow_hpa:
            why.append(f"{name}: HPA detected")
        elif name == "cpu":
            highest = max(quantile_over_time(values, options.cpu_percentile / 100) for values in rates if len(values))
            milli = max(math.ceil(highest * 1000 - 1e-9), options.cpu_min_millicores)
            requests["cpu"], limits["cpu"] = milli / 1000, None
            why.append(f"cpu: {options.cpu_percentile:g} % percentile, no limit")
        else:
            peak = max(float(pod.memory_bytes.max()) for pod in series.pods if len(pod.memory_bytes))
            mebibytes = math.ceil(peak * (1 + options.memory_buffer_percentage / 100) / _MIB - 1e-9)
            requests["memory"] = limits["memory"] = float(max(mebibytes, options.memory_min_mebibytes) * _MIB)
            why.append(f"memory: max + {options.memory_buffer_percentage:g} %")
    return Advice(requests, limits, "; ".join(why))


def quantile_over_time(values: Floats, share: float) -> float:
    """Return Prometheus' quantile: linear between the two ranks around ``share x (n - 1)`` (``promql/quantile.go``)."""
    return float(np.quantile(values, share, method="linear"))


def _rates(pod: PodSeries, step_s: float) -> Floats:
    """Return the CPU rate over each step, from the counter that the samples add up to.

    As with scrapes much denser than the step: in life a rate needs two scrapes in its window, and some more are lost.
    """
    if not len(pod.time_ns):
        return np.zeros(0)
    ends = (pod.time_ns - pod.time_ns[0]) / NS_PER_S + pod.interval_s[0]
    times = np.concatenate([[0.0], ends])
    counter = np.concatenate([[0.0], np.cumsum(pod.cpu_core_s)])
    steps = np.arange(step_s, ends[-1] + 1e-9, step_s)
    at, before = np.interp(steps, times, counter), np.interp(steps - step_s, times, counter)
    return np.asarray((at - before) / step_s, np.float64)
