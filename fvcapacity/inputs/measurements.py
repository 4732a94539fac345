"""What was measured on a running system: counts by route, usage and latency by service, and how well they are known.

::

    MEASURED/
      measurements.json   where they come from, interval, coverage of every query, findings
      traffic.csv.gz      requests by route and interval; a scenario reads it as ``traffic.file``
      usage.parquet       CPU, memory, pods, visits and so on, by service and interval
      latency.parquet     response times by service or route and interval, in buckets

`fvcap pull` writes such a directory from Prometheus, access logs give its traffic, `fvcap calibrate` and
`fvcap backtest` read it. A figure that is missing is empty (NaN), never zero.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import ValidationError

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.scenario.base import Model
from fvcapacity.tabular.columns import Column, TableSpec
from fvcapacity.tabular.directory import check_replaceable, write_directory
from fvcapacity.tabular.frames import conform
from fvcapacity.tabular.storage import read_parquet, write_parquet

SCHEMA_VERSION = "fvcapacity.measurements/1"

_TIME = Column("time_utc", "", "utc", "Start of the interval.")
_SERVICE = Column("service", "", "string", "Name of the Kubernetes workload, or of the Service before it.")

TRAFFIC = TableSpec(
    "traffic",
    "One route in one interval.",
    (
        _TIME,
        Column("route", "", "string", "Method and path, as the source labels them."),
        Column("requests", "requests", "float64", "Requests that came in; empty where the figure is missing."),
        Column("failed", "requests", "float64", "Of these, the ones answered with 5xx; empty where it is missing."),
    ),
)

Measure = Literal[
    "cpu_core_s",
    "memory_bytes",
    "memory_peak_bytes",
    "pods",
    "ready",
    "desired",
    "periods",
    "throttled_periods",
    "requests",
    "failed",
    "open_requests",
    "restarts",
    "oom_kills",
]
"""Measures of a service, all of its pods together.

``cpu_core_s``, ``periods``, ``throttled_periods``, ``requests``, ``failed``, ``restarts`` and ``oom_kills`` are sums
over the interval; ``memory_bytes``, ``pods``, ``ready``, ``desired`` and ``open_requests`` are means of its samples,
summed over pods; ``memory_peak_bytes`` is the largest pod. CPU and memory are those of the serving container where it
is known.
"""

USAGE = TableSpec(
    "usage",
    "One measure of one service in one interval.",
    (
        _TIME,
        _SERVICE,
        Column("measure", "", "string", "Which of the measures."),
        Column("value", "by measure", "float64", "Its value; empty where it is missing."),
    ),
)

LATENCY = TableSpec(
    "latency",
    "One bucket of one histogram in one interval.",
    (
        _TIME,
        Column("subject", "", "string", "`service/NAME` or `route/METHOD PATH`."),
        Column("le_s", "s", "float64", "Upper edge of the bucket; infinite for the last."),
        Column("count", "requests", "float64", "Requests in this bucket alone (not cumulative)."),
    ),
)


class Coverage(Model):
    """How much of what was asked for one query gave."""

    query: str
    name: str
    series: int
    samples: int
    expected: int

    @property
    def ratio(self) -> float:
        """Samples per expected sample; 0 when none was expected."""
        return self.samples / self.expected if self.expected else 0.0


class Remark(Model):
    """Something about the figures that a reader has to know."""

    severity: Literal["error", "warning", "note"] = "note"
    rule: str
    message: str
    hint: str = ""


class Provenance(Model):
    """Where measurements come from, and how good they are."""

    schema_version: str = SCHEMA_VERSION
    source: str
    """Address or file, without any credential."""
    start: datetime
    end: datetime
    interval_s: float
    scrape_interval_s: float | None = None
    counts_from: str = ""
    """``raw counters``, or the query function and window that stood in for them."""
    coverage: tuple[Coverage, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, eq=False)
class Measurements:
    """What was measured; the three tables are described by `TRAFFIC`, `USAGE` and `LATENCY`."""

    provenance: Provenance
    traffic: pd.DataFrame
    usage: pd.DataFrame = field(default_factory=lambda: empty(USAGE))
    latency: pd.DataFrame = field(default_factory=lambda: empty(LATENCY))

    def save(self, directory: str | Path) -> Path:
        """Write the measurements as a directory, all of it or nothing.

        Raises
        ------
        InputError
            When something that is not ours stands there, or it cannot be written.
        """
        return write_measurements(directory, self.provenance, (self.traffic,), self.usage, self.latency)


def write_measurements(
    directory: str | Path,
    provenance: Provenance,
    traffic: Iterable[pd.DataFrame],
    usage: pd.DataFrame,
    latency: pd.DataFrame,
) -> Path:
    """Write measurements as a directory, the traffic piece by piece, so that not all of it need be in memory.

    Raises
    ------
    InputError
        When something that is not ours stands there, or it cannot be written.
    """

    def write(work: Path) -> None:
        (work / "measurements.json").write_text(provenance.model_dump_json(indent=2) + "\n", encoding="utf-8")
        write_traffic(traffic, work / "traffic.csv.gz")
        write_parquet(conform(USAGE, usage), USAGE, work / "usage.parquet")
        write_parquet(conform(LATENCY, latency), LATENCY, work / "latency.parquet")

    check_measurements_replaceable(directory)
    return write_directory(Path(directory), write)


def check_measurements_replaceable(directory: str | Path) -> None:
    """Check that measurements may be written here; callers check before long work, not after it.

    Raises
    ------
    InputError
        When something that is not ours stands there.
    """
    check_replaceable(Path(directory), "measurements.json", SCHEMA_VERSION, "measurement")


def load_measurements(directory: str | Path) -> Measurements:
    """Read a directory of measurements.

    Raises
    ------
    InputError
        When it holds none, damaged ones, or ones of a version that this release does not read.
    """
    root = Path(directory)
    place = root / "measurements.json"
    try:
        document = json.loads(place.read_text(encoding="utf-8"))
        provenance = Provenance.model_validate(document)
        if provenance.schema_version != SCHEMA_VERSION:
            raise ValueError(f"schema_version is {provenance.schema_version!r}; this release reads {SCHEMA_VERSION!r}")
        traffic = pd.read_csv(root / "traffic.csv.gz", dtype={"route": str}, keep_default_na=False, na_values=[""])
        return Measurements(
            provenance,
            conform(TRAFFIC, traffic),
            read_parquet(root / "usage.parquet", USAGE),
            read_parquet(root / "latency.parquet", LATENCY),
        )
    except (OSError, EOFError, ValueError, ValidationError) as error:
        message = f"no measurements can be read: {getattr(error, 'strerror', None) or error}"
        hint = "a directory of measurements is what fvcap pull writes"
        raise InputError(Problem(message, location=Location(str(place)), hint=hint)) from None


def empty(spec: TableSpec) -> pd.DataFrame:
    """Return the table without rows."""
    return conform(spec, {column.name: [] for column in spec.columns})


def joined(spec: TableSpec, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the parts below each other, as the table that ``spec`` describes."""
    return conform(spec, pd.concat(parts, ignore_index=True)) if parts else empty(spec)


def write_traffic(parts: Iterable[pd.DataFrame], path: Path) -> None:
    """Write tables of traffic below each other as compressed CSV, the same to the byte in every repetition."""
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="", compresslevel=6) as packed:
        packed.write((",".join(column.name for column in TRAFFIC.columns) + "\n").encode())
        for part in parts:
            table = conform(TRAFFIC, part)
            shown = table.assign(time_utc=table["time_utc"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
            packed.write(shown.to_csv(index=False, header=False, lineterminator="\n").encode())
