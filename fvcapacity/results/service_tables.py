"""The tables of the services: where the CPU went, and where the time of a visit goes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.dataplane.histogram import percentiles_s
from fvcapacity.dataplane.statistics import ServiceColumn
from fvcapacity.program.program import Program
from fvcapacity.results import columns
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.route_tables import PERCENTS, ratio
from fvcapacity.results.span import bins_of, instants
from fvcapacity.results.totals import Totals
from fvcapacity.scenario.cluster import Container
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.columns import TableSpec
from fvcapacity.tabular.frames import conform

Counts = npt.NDArray[np.int64]


def serving_container(scenario: Scenario, program: Program, service: int) -> Container | None:
    """Return the container of the manifests that serves a service."""
    workload = scenario.cluster.workload(program.workloads[service])
    if workload is None:
        return None
    name = program.containers[service]
    return next((item for item in workload.template.containers if item.name == name), None)


def service_table(
    outcome: RunOutcome, totals: Totals, program: Program, scenario: Scenario, pods: pd.DataFrame
) -> pd.DataFrame:
    """Return the table ``services`` of one replication.

    Parameters
    ----------
    pods
        The table ``pods`` of the same replication, for restarts.
    """
    counts, timed = totals.services, totals.service_histogram
    percentiles = percentiles_s(timed, PERCENTS)
    lives = pods.groupby("workload")[["restarts", "oom_kills"]].sum().reindex(program.workloads, fill_value=0)
    return conform(
        columns.SERVICES,
        {
            "replication": np.full(len(counts), outcome.replication),
            "service": list(program.services),
            "workload": list(program.workloads),
            **_calls(counts),
            **_periods(counts),
            "throttled_periods_ratio": ratio(
                counts[:, ServiceColumn.THROTTLED_PERIODS], counts[:, ServiceColumn.PERIODS]
            ),
            **_where_time_goes(counts),
            **{f"p{percent:.0f}_s": percentiles[:, i] for i, percent in enumerate(PERCENTS)},
            "restarts": lives["restarts"].to_numpy(),
            "oom_kills": lives["oom_kills"].to_numpy(),
            "memory_peak_bytes": [
                totals.workloads[workload].memory_peak_bytes if workload in totals.workloads else 0
                for workload in program.workloads
            ],
            **_resources(scenario, program),
            **_probes_and_bytes(counts),
        },
    )


def service_counts(
    outcome: RunOutcome, program: Program, scenario: Scenario, spec: TableSpec = columns.SERVICE_MINUTES
) -> pd.DataFrame:
    """Return the table of the services by the bin: ``service_minutes`` of one replication, or ``service_samples``."""
    span = bins_of(outcome)
    names = program.services
    counts = outcome.statistics.service_counts[span.first : span.stop]
    flat = counts.transpose(1, 0, 2).reshape(-1, len(ServiceColumn))
    return conform(
        spec,
        {
            "replication": np.full(len(flat), outcome.replication),
            "service": np.repeat(np.array(names, dtype=object), len(span)),
            **instants(scenario.start_ns, np.tile(span.starts_ns, len(names))),
            "covered_s": np.tile(span.covered_s, len(names)),
            **_calls(flat),
            "queue_wait_s": flat[:, ServiceColumn.QUEUE_WAIT_NS] / 1e9,
            "throttled_wait_s": flat[:, ServiceColumn.THROTTLED_WAIT_NS] / 1e9,
            "burst_s": flat[:, ServiceColumn.BURST_NS] / 1e9,
            "elapsed_s": flat[:, ServiceColumn.ELAPSED_NS] / 1e9,
            **_periods(flat),
            **_probes_and_bytes(flat),
        },
    )


def _calls(counts: Counts) -> dict[str, Any]:
    return {
        "visits": counts[:, ServiceColumn.VISITS],
        "failed": counts[:, ServiceColumn.FAILED],
        "refused": counts[:, ServiceColumn.REFUSED],
        "retries": counts[:, ServiceColumn.RETRIES],
        "cpu_core_s": counts[:, ServiceColumn.CPU_NS] / 1e9,
    }


def _periods(counts: Counts) -> dict[str, Any]:
    return {
        "periods": counts[:, ServiceColumn.PERIODS],
        "throttled_periods": counts[:, ServiceColumn.THROTTLED_PERIODS],
    }


def _probes_and_bytes(counts: Counts) -> dict[str, Any]:
    return {
        "probes": counts[:, ServiceColumn.PROBES],
        "probe_failures": counts[:, ServiceColumn.PROBE_FAILURES],
        "log_bytes": counts[:, ServiceColumn.LOG_BYTES],
        "written_bytes": counts[:, ServiceColumn.WRITTEN_BYTES],
        "response_bytes": counts[:, ServiceColumn.RESPONSE_BYTES],
    }


def _where_time_goes(counts: Counts) -> dict[str, npt.NDArray[np.float64]]:
    """Split the wall time of visits into queue, running, throttled and the rest.

    Parallel branches and visits that are still open can make the parts exceed the whole; the whole is
    then their sum, so that the shares always add up to one.
    """
    visits = counts[:, ServiceColumn.VISITS]
    queue = counts[:, ServiceColumn.QUEUE_WAIT_NS]
    throttled = counts[:, ServiceColumn.THROTTLED_WAIT_NS]
    running = np.maximum(counts[:, ServiceColumn.BURST_NS] - throttled, 0)
    elapsed = counts[:, ServiceColumn.ELAPSED_NS]
    whole = np.maximum(elapsed, queue + throttled + running)
    return {
        "elapsed_mean_s": ratio(elapsed, visits) / 1e9,
        "queue_wait_mean_s": ratio(queue, visits) / 1e9,
        "throttled_wait_mean_s": ratio(throttled, visits) / 1e9,
        "queue_share": ratio(queue, whole),
        "cpu_share": ratio(running, whole),
        "throttled_share": ratio(throttled, whole),
        "others_share": ratio(whole - queue - throttled - running, whole),
    }


def _resources(scenario: Scenario, program: Program) -> dict[str, list[float]]:
    containers = [serving_container(scenario, program, i) for i in range(len(program.services))]
    return {
        name: [_number(getattr(container, name, None)) for container in containers]
        for name in ("cpu_request_cores", "cpu_limit_cores", "memory_limit_bytes")
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
