"""The lives of pods, and which sample of each is of when: what containers and objects are told by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.report.openmetrics.series import Floats, Ints

_COUNTED = ("cpu_core_s", "serving_cpu_core_s", "periods", "throttled_periods")


class Pod(Frozen, dict=True):
    """One pod and its samples.

    Attributes
    ----------
    life
        Its row of the table ``pods``.
    samples
        Its rows of ``pod_samples`` in the order of their times, or stand-ins for them.
    start_ms
        Start of the window, milliseconds since 1970.
    """

    life: pd.Series[Any]
    samples: pd.DataFrame
    start_ms: int

    @property
    def name(self) -> str:
        """Name of the pod."""
        return str(self.life["pod"])

    @property
    def workload(self) -> str:
        """``deployment/order-service``."""
        return str(self.life["workload"])

    @cached_property
    def times_ms(self) -> Ints:
        """Instants of its samples."""
        return np.asarray(self.start_ms + np.rint(self.samples["time_s"].to_numpy(float) * 1000), np.int64)

    @cached_property
    def counter_times_ms(self) -> Ints:
        """The same with the start of the first interval before them, where its counters stood at 0."""
        first = round(float(self.samples["interval_s"].iloc[0]) * 1000)
        return np.concatenate([self.times_ms[:1] - max(first, 1), self.times_ms])

    def column(self, name: str) -> Floats:
        """Return a column of its samples."""
        return self.samples[name].to_numpy(float)


def pods_of(tables: Mapping[str, pd.DataFrame], start_ms: int) -> Iterator[Pod]:
    """Yield the pods of one replication that were sampled at least once.

    Without the table ``pod_samples`` the figures of a workload are split evenly over the pods that live in the minute.
    """
    lives = {int(life["uid"]): life for _, life in tables["pods"].iterrows()}
    samples = tables.get("pod_samples")
    if samples is None:
        samples = split_over_pods(tables)
    for uid, rows in samples.groupby("uid", sort=True):
        life = lives.get(int(str(uid)))
        if life is not None:
            yield Pod(life, rows.sort_values("time_s", kind="stable"), start_ms)


def split_over_pods(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return stand-ins for samples of pods: what a workload used, shared evenly by the pods that live at the minute."""
    minutes = tables["workload_minutes"].sort_values("time_s", kind="stable")
    periods = _periods(tables)
    parts = []
    for workload, rows in minutes.groupby("workload", sort=False):
        lives = tables["pods"][tables["pods"]["workload"] == workload]
        times = rows["time_s"].to_numpy(float)
        begun, over = lives["started_s"].to_numpy(float), lives["deleted_s"].to_numpy(float)
        alive = (begun[None, :] <= times[:, None]) & ~(over[None, :] <= times[:, None])
        count = np.maximum(alive.sum(axis=1), 1)
        interval = np.diff(times, prepend=times[0] - 60.0)
        per_pod = pd.DataFrame(
            {
                "time_s": times,
                "interval_s": interval,
                "cpu_core_s": rows["cpu_usage_cores"].to_numpy(float) * interval / count,
                "memory_bytes": rows["memory_bytes"].to_numpy(float) / count,
            }
        )
        for name in ("periods", "throttled_periods"):
            by_time = periods.get((str(workload), name), pd.Series(dtype=float))
            per_pod[name] = by_time.reindex(times - interval, fill_value=0.0).to_numpy() / count
        per_pod["serving_cpu_core_s"] = per_pod["cpu_core_s"]
        for position, (_, life) in enumerate(lives.iterrows()):
            own = per_pod[alive[:, position] & (times > 0)].assign(uid=life["uid"], node=life["node"], running=True)
            ready = float(life["ready_s"]) if not pd.isna(life["ready_s"]) else np.inf
            own["ready"] = own["time_s"] >= ready
            for name, reason in (("restarts", "Started"), ("oom_kills", "OOMKilling")):
                own[name] = _counted_by_events(tables["events"], life, reason, name, own["time_s"].to_numpy(float))
            parts.append(own)
    return pd.concat(parts, ignore_index=True)


def _counted_by_events(events: pd.DataFrame, life: pd.Series[Any], reason: str, name: str, times_s: Floats) -> Ints:
    """Return a counter of a pod at some instants, from its events; what it had before them it had from the start."""
    own = events[(events["object"] == f"pod/{life['pod']}") & (events["reason"] == reason)]["time_s"].to_numpy(float)
    over = np.inf if pd.isna(life["deleted_s"]) else float(life["deleted_s"])  # names of StatefulSets come back
    later = np.sort(own[(own > float(life["started_s"]) + 1e-6) & (own <= over)])[: int(life[name])]
    return np.asarray(int(life[name]) - len(later) + np.searchsorted(later, times_s, side="right"), np.int64)


def _periods(tables: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], pd.Series[Any]]:
    workload_of = dict(zip(tables["services"]["service"], tables["services"]["workload"], strict=True))
    found = {}
    for service, rows in tables["service_minutes"].groupby("service", sort=False):
        by_time = rows.set_index("time_s")
        for name in ("periods", "throttled_periods"):
            found[(workload_of[service], name)] = by_time[name].astype(float)
    return found
