"""Reads runs that were measured on a real kernel: ``S*.json`` and the samples beside it, strictly.

What describes a system must be known here, or the file is refused: a field that nobody looked at might change what has
to be replayed. Only numbers that say their unit and name no setting (``host_steal_s``, ``throughput_rps``) are results,
and are passed over when nothing needs them; `Library.ignored` says which.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Json = Mapping[str, Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PERCENTILES = (50, 95, 99)
SAMPLE_MS = 0.01
"""Samples are whole numbers of 10 us."""

_HEAD = {"system", "machine", "units", "samples_file", "runs"}
_MACHINE = {
    "os_kernel", "cpu_model", "host_cpus", "cgroup_version", "kernel_tick_ms", "cfs_bandwidth_slice_ms",
    "cfs_burst_ms", "node_version", "postgres_version",
}  # fmt: skip
_EVERY_RUN = {
    "run_id", "condition_id", "system", "repetition", "trace_seed", "cfs_period_ms", "cpu_affinity", "duration_s",
    "host_busy_cores_all_processes", "n_requests", "n_errors",
}  # fmt: skip
_LOAD = {"client_connection_pool", "arrival_process", "response_time", "cpu_stat"}
_LAW = {"burn_distribution", "cpu_per_request_cv_handler", "cpu_per_request_cv_total", "utilisation_of_limit_target"}
_ONE_SERVER = {
    "server", "worker_threads", "cpu_quota_millicores", "cpu_per_request_ms_mean_total",
    "utilisation_of_limit_measured",
}  # fmt: skip
FIELDS = {
    "S1": _EVERY_RUN | _LOAD | _LAW | _ONE_SERVER,
    "S2": _EVERY_RUN | _LOAD | _LAW | _ONE_SERVER,
    "S3": _EVERY_RUN
    | _LOAD
    | {
        "topology", "cpu_quota_millicores", "db_pool_connections", "demand_nominal", "cpu_per_request_ms_mean_total",
        "cpu_per_request_ms_mean_handler_burn", "utilisation_of_limit_measured", "db_call_wall_ms", "cpuacct_usage_s",
    },
    "S4": _EVERY_RUN | {"cpu_shares", "cpu_request_millicores", "cpu_quota_millicores", "systems"},
}  # fmt: skip
"""Fields that are used, or that say what is seen in the samples anyway, by system."""
SIDE_FIELDS = {
    "server", "burn_distribution", "arrival_process", "response_time", "cpu_per_request_ms_mean_total", "n_requests",
    "n_errors", "trace_start_offset_ms",
}  # fmt: skip
"""The same of each of the two groups of S4."""

_SETTINGS = ("cfs_", "cpu_quota", "cpu_shares", "cpu_weight", "worker_", "db_pool")
_UNIT = re.compile(r"_(ms|s|rps|cores|millicores|bytes|percent|ratio)(_|$)")


class UnknownRecordError(Exception):
    """A record says something that is not known here, or not what its samples say."""


@dataclass(frozen=True)
class Run:
    """One measured run: its record, its samples, and the machine."""

    record: Json
    machine: Json
    samples: Mapping[str, npt.NDArray[np.int32]] = field(repr=False)

    @property
    def id(self) -> str:
        """Name of the run."""
        return str(self.record["run_id"])

    def array(self, name: str) -> npt.NDArray[np.int32]:
        """Return an array of the samples as it is."""
        key = f"{self.id}/{name}"
        if key not in self.samples:
            raise UnknownRecordError(f"{self.id}: there are no samples {name!r}")
        return self.samples[key]

    def ms(self, name: str) -> Floats:
        """Return an array of samples in milliseconds."""
        return self.array(f"{name}_10us") * SAMPLE_MS

    def scheduled_ns(self, prefix: str = "") -> Ints:
        """Return the instants at which requests were to be sent, since the start of the run."""
        return np.cumsum(self.array(f"{prefix}sched_delta_10us"), dtype=np.int64) * 10_000


@dataclass
class Library:
    """All runs of a directory, and which fields nothing was made of."""

    runs: list[Run]
    ignored: set[str]


def load_runs(directory: Path) -> Library:
    """Read every ``S*.json`` of a directory.

    Raises
    ------
    UnknownRecordError
        When there is none, or one of them holds what is not known here.
    """
    library = Library([], set())
    for path in sorted(directory.glob("S*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        _only(document, _HEAD, path.name, library.ignored)
        _check_machine(document["machine"], path.name, library.ignored)
        with np.load(path.with_name(document["samples_file"])) as archive:
            samples = {name: archive[name] for name in archive.files}
        for record in document["runs"]:
            _check_record(record, document["system"], library.ignored)
            library.runs.append(Run(record, document["machine"], samples))
    if not library.runs:
        raise UnknownRecordError(f"{directory} has no S*.json with runs")
    return library


def percentiles_ms(response_time: Json) -> Floats:
    """Return the measured percentiles."""
    return np.array([response_time[f"p{p}_ms"] for p in PERCENTILES], np.float64)


def agree(run: Run, response_time: Json, response_ms: Floats, requests: int) -> None:
    """See to it that samples and record tell of the same run."""
    if len(response_ms) != requests:
        raise UnknownRecordError(f"{run.id}: {requests} requests, but {len(response_ms)} samples")
    told, sampled = percentiles_ms(response_time), np.percentile(response_ms, PERCENTILES)
    if not np.allclose(told, sampled, rtol=0.02, atol=0.05):
        raise UnknownRecordError(f"{run.id}: percentiles {told} are told, but {sampled} sampled")


def _check_machine(machine: Json, where: str, ignored: set[str]) -> None:
    _only(machine, _MACHINE, where, ignored)
    for name, value in (("cfs_bandwidth_slice_ms", 5), ("cfs_burst_ms", 0)):
        if machine[name] != value:
            raise UnknownRecordError(f"{where}: {name} is {machine[name]}; the model knows {value} only")


def _check_record(record: Json, system: str, ignored: set[str]) -> None:
    name = record.get("run_id", "a run without run_id")
    if record.get("system") != system or system not in FIELDS:
        known = ", ".join(FIELDS)
        raise UnknownRecordError(f"{name}: system {record.get('system')!r} in a file of {system!r}; known are {known}")
    _only(record, FIELDS[system], name, ignored)
    for side, given in record.get("systems", {}).items():
        _only(given, SIDE_FIELDS, f"{name}/{side}", ignored)
        if given.get("n_errors", 0):
            raise UnknownRecordError(f"{name}/{side}: {given['n_errors']} requests failed")
    if record["cfs_period_ms"] != 100:
        raise UnknownRecordError(f"{name}: a period of {record['cfs_period_ms']} ms")
    if record.get("n_errors", 0):
        raise UnknownRecordError(f"{name}: {record['n_errors']} requests failed")
    if record.get("client_connection_pool", "fifo") not in ("fifo", "lifo"):
        raise UnknownRecordError(f"{name}: client_connection_pool {record['client_connection_pool']!r}")


def _only(given: Json, known: Iterable[str], where: str, ignored: set[str]) -> None:
    """Refuse fields that are not known, but for numbers that say what they measure."""
    unknown = set(given) - set(known)
    results = {name for name in unknown if _is_result(name, given[name])}
    if strange := unknown - results:
        raise UnknownRecordError(f"{where}: unknown fields {', '.join(sorted(strange))}")
    ignored |= results


def _is_result(name: str, value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    says_what = _UNIT.search(name) is not None or name.startswith("n_")
    return number and says_what and not name.startswith(_SETTINGS)
