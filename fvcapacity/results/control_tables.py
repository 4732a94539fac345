"""The tables of the control plane: replicas, nodes, HPA syncs, life times and events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd

from fvcapacity.results import columns
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.span import instants
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.columns import TableSpec
from fvcapacity.tabular.frames import conform


def control_tables(outcome: RunOutcome, scenario: Scenario) -> dict[str, Callable[[], pd.DataFrame]]:
    """Return how the control plane's tables of one replication are made, by their names."""
    history = outcome.history
    return {
        "workload_minutes": lambda: _samples(columns.WORKLOAD_MINUTES, history.workloads, outcome, scenario),
        "node_minutes": lambda: _samples(columns.NODE_MINUTES, history.cluster, outcome, scenario),
        "hpa": lambda: _hpa(outcome, scenario),
        "hpa_metrics": lambda: _hpa_metrics(outcome, scenario),
        "pods": lambda: _pods(outcome, scenario),
        "nodes": lambda: _nodes(outcome, scenario),
        "events": lambda: _samples(columns.EVENTS, history.events, outcome, scenario),
    }


def _in_window(records: Iterable[Any], outcome: RunOutcome) -> list[Any]:
    end = outcome.warm_up_ns + outcome.duration_ns
    return [record for record in records if outcome.warm_up_ns <= record.time_ns <= end]


def _times(records: Sequence[Any], outcome: RunOutcome, scenario: Scenario) -> dict[str, Any]:
    offsets = np.array([record.time_ns for record in records], dtype=np.int64) - outcome.warm_up_ns
    return {
        "replication": np.full(len(records), outcome.replication),
        **instants(scenario.start_ns, offsets),
    }


def _samples(spec: TableSpec, records: Iterable[Any], outcome: RunOutcome, scenario: Scenario) -> pd.DataFrame:
    """Return records whose field names are the column names."""
    kept = _in_window(records, outcome)
    data = _times(kept, outcome, scenario)
    for column in spec.columns:
        if column.name not in data:
            data[column.name] = list(map(attrgetter(column.name), kept))
    return conform(spec, data)


def _hpa(outcome: RunOutcome, scenario: Scenario) -> pd.DataFrame:
    kept = _in_window(outcome.history.hpas, outcome)
    return conform(
        columns.HPA,
        {
            **_times(kept, outcome, scenario),
            "hpa": [sample.hpa for sample in kept],
            "current": [sample.current for sample in kept],
            "desired": [sample.desired for sample in kept],
            "minimum": [sample.minimum for sample in kept],
            "reasons": [";".join(sample.reasons) for sample in kept],
        },
    )


def _hpa_metrics(outcome: RunOutcome, scenario: Scenario) -> pd.DataFrame:
    kept = _in_window(outcome.history.hpas, outcome)
    rows = [(sample, name, value) for sample in kept for name, value in sample.metrics]
    return conform(
        columns.HPA_METRICS,
        {
            **_times([sample for sample, _, _ in rows], outcome, scenario),
            "hpa": [sample.hpa for sample, _, _ in rows],
            "metric": [name for _, name, _ in rows],
            "value": [float("nan") if value is None else float(value) for _, _, value in rows],
        },
    )


def _lived(records: Iterable[Any], outcome: RunOutcome) -> list[Any]:
    """Keep what existed inside the window: not gone before it, not created after it."""
    end = outcome.warm_up_ns + outcome.duration_ns
    return [
        record
        for record in records
        if record.created_ns < end and (record.deleted_ns is None or record.deleted_ns > outcome.warm_up_ns)
    ]


def _life_times(
    records: Sequence[Any], names: Sequence[str], outcome: RunOutcome, scenario: Scenario
) -> dict[str, Any]:
    created = np.array([record.created_ns for record in records], dtype=np.int64) - outcome.warm_up_ns
    data: dict[str, Any] = {
        "replication": np.full(len(records), outcome.replication),
        "created_utc": instants(scenario.start_ns, created)["time_utc"],
    }
    for name in names:
        instants_ns = [getattr(record, f"{name}_ns") for record in records]
        data[f"{name}_s"] = [float("nan") if at is None else (at - outcome.warm_up_ns) / 1e9 for at in instants_ns]
    return data


def _pods(outcome: RunOutcome, scenario: Scenario) -> pd.DataFrame:
    kept = _lived(outcome.history.pods, outcome)
    return conform(
        columns.PODS,
        {
            **_life_times(kept, ("created", "scheduled", "started", "ready", "deleted"), outcome, scenario),
            "pod": [pod.name for pod in kept],
            **{
                name: [getattr(pod, name) for pod in kept]
                for name in ("uid", "workload", "revision", "node", "restarts", "oom_kills")
            },
        },
    )


def _nodes(outcome: RunOutcome, scenario: Scenario) -> pd.DataFrame:
    kept = _lived(outcome.history.nodes, outcome)
    until = min(outcome.complete_until_ns, outcome.warm_up_ns + outcome.duration_ns)
    paid = [
        max(min(node.deleted_ns or until, until) - max(node.created_ns, outcome.warm_up_ns), 0) / 1e9 for node in kept
    ]
    return conform(
        columns.NODES,
        {
            **_life_times(kept, ("created", "ready", "deleted"), outcome, scenario),
            "node": [node.name for node in kept],
            **{name: [getattr(node, name) for node in kept] for name in ("pool", "instance_type", "zone", "spot")},
            "paid_s": paid,
        },
    )
