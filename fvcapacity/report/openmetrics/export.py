"""Put a result into OpenMetrics files, one a day, and into a database of Prometheus."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from fvcapacity.errors import InputError, InvariantError
from fvcapacity.frozen import Frozen
from fvcapacity.report.openmetrics.containers import add_containers
from fvcapacity.report.openmetrics.exporters import add_exporters, add_target
from fvcapacity.report.openmetrics.objects import add_hpas, add_nodes, add_pod, add_workloads
from fvcapacity.report.openmetrics.pods import pods_of
from fvcapacity.report.openmetrics.requests import add_requests
from fvcapacity.report.openmetrics.series import Collected, Ints, Series
from fvcapacity.report.openmetrics.text import write_text
from fvcapacity.results.result import Result
from fvcapacity.tabular.directory import check_replaceable, write_directory

EXPORT_SCHEMA: Final = "fvcapacity/openmetrics/1"
DOCUMENT = "export.json"
DAY_MS = 86_400_000
_SPLIT = (
    "The result has no samples of single pods: what a workload used is shared evenly by its pods (simulate again with "
    "monitoring: {pods: true})."
)


class Export(Frozen):
    """What was written.

    Attributes
    ----------
    directory
        Holds the files and ``export.json``.
    files
        One a day (UTC), in the order of their days.
    samples
        In all files together.
    labels
        That every series carries: ``scenario`` and ``run_id``.
    start_ms, end_ms
        First and last instant, milliseconds since 1970.
    interval_s
        Between two samples of a series.
    """

    directory: Path
    files: tuple[Path, ...]
    samples: int
    labels: Mapping[str, str]
    start_ms: int
    end_ms: int
    interval_s: float


def export_openmetrics(
    result: Result, directory: str | Path, *, replication: int = 0, tell: Callable[[str], None] | None = None
) -> Export:
    """Write one replication of a result as metrics.

    Parameters
    ----------
    directory
        Replaced when it holds an export of ours; anything else stops the export.
    replication
        Which one.
    tell
        Told which day is being written.
    result
        A run, from ``simulate`` or ``load_result``.

    Returns
    -------
    Export
        The files of the days, number of samples, labels, and first and last instant (milliseconds since 1970, UTC).

    Raises
    ------
    InputError
        When there is no such replication, or something else stands in the directory.
    """
    check_export_replaceable(directory)
    days = DayFiles(result, replication)

    def write(work: Path) -> None:
        for path in days.write(work):
            if tell is not None:
                tell(path.name)
        document = {
            "schema_version": EXPORT_SCHEMA,
            "labels": days.labels,
            "samples": days.samples,
            "remark": days.remark,
        }
        (work / DOCUMENT).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

    return days.export(write_directory(Path(directory), write))


class DayFiles:
    """The files of one replication, one a day (UTC), written one after the other.

    Attributes
    ----------
    labels
        That every series carries.
    remark
        What a reader has to know; empty when there is nothing.
    samples
        Of the files that are written, by their names.
    """

    def __init__(self, result: Result, replication: int = 0) -> None:
        self._collected = collect(result, replication)
        self._interval_s = interval_s(result)
        self.labels = {"scenario": str(result.summary["scenario"]["name"]), "run_id": run_id(result, replication)}
        self.remark = "" if "pod_samples" in result.tables else _SPLIT
        self.samples: dict[str, int] = {}

    def write(self, directory: Path) -> Iterator[Path]:
        """Write the files into a directory; each is yielded when it is complete."""
        for day in _days(self._collected):
            path = directory / f"{pd.Timestamp(day, unit='ms', tz='UTC'):%Y-%m-%d}.om"
            part = _between(self._collected, day, day + DAY_MS)
            with path.open("w", encoding="utf-8", newline="\n") as out:
                self.samples[path.name] = write_text(part, self.labels, out, head=self.remark)
            yield path

    def export(self, directory: Path) -> Export:
        """Return what was written into a directory."""
        times = [series.times_ms for some in self._collected.series.values() for series in some]
        return Export(
            directory,
            tuple(directory / name for name in self.samples),
            sum(self.samples.values()),
            self.labels,
            min(int(one[0]) for one in times),
            max(int(one[-1]) for one in times),
            self._interval_s,
        )


def check_export_replaceable(directory: str | Path) -> None:
    """Check that an export may be written here: nothing, an empty directory, or an export of ours.

    Raises
    ------
    InputError
        When something else stands there.
    """
    check_replaceable(Path(directory), DOCUMENT, EXPORT_SCHEMA, "set of metrics")


def run_id(result: Result, replication: int) -> str:
    """Return what tells this run from others: of the scenario's hash and the seed, and the replication."""
    scenario, run = result.summary["scenario"], result.summary["run"]
    return f"{scenario['sha256'][:8]}-{run['seed']}-{replication}"


def collect(result: Result, replication: int = 0) -> Collected:
    """Return every series of one replication.

    Raises
    ------
    InputError
        When there is no such replication, or nothing of it was simulated.
    """
    tables, histograms = _of_replication(result, replication)
    if tables["route_minutes"].empty:
        raise InputError("nothing was simulated: there are no metrics", hint="let the run go on")
    start = pd.Timestamp(result.summary["scenario"]["start_utc"])
    start_ms = start.value // 1_000_000
    containers = tables["containers"]
    by_workload = dict(list(containers.groupby("workload", sort=False)))
    namespaces = {str(key): str(rows["namespace"].iloc[0]) for key, rows in by_workload.items()}
    collected = Collected()
    add_requests(collected, tables, histograms, start_ms)
    for pod in pods_of(tables, start_ms):
        own = by_workload.get(pod.workload)
        if own is None:
            raise InvariantError(f"the result has a pod of {pod.workload}, and no containers of it")
        add_containers(collected, pod, own)
        add_target(collected, pod, own)
        add_exporters(collected, pod, own)
        add_pod(collected, pod, own, namespaces[pod.workload])
    add_workloads(collected, tables, namespaces, start_ms)
    add_hpas(collected, tables, result.summary, namespaces, start_ms)
    end_s = float((tables["route_minutes"]["time_s"] + tables["route_minutes"]["covered_s"]).max())
    add_nodes(collected, tables, start_ms, end_s)
    return collected


def _of_replication(result: Result, replication: int) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    known = sorted(int(number) for number in result.tables["routes"]["replication"].unique())
    if replication not in known:
        shown = f"{known[0]} to {known[-1]}" if len(known) > 1 else f"{known[0]} alone"
        raise InputError(f"the result has no replication {replication}", hint=f"it has {shown}")
    tables = dict(result.tables)
    if result.minutes is not None:  # of a long run the tables hold hours
        tables |= {name: result.minutes.read(name) for name in result.minutes.names}
    picked = [
        {
            name: table[table["replication"] == replication] if "replication" in table else table
            for name, table in some.items()
        }
        for some in (tables, result.histograms)
    ]
    return picked[0], picked[1]


def _days(collected: Collected) -> list[int]:
    """Return the starts of the days (UTC) that have samples, in milliseconds since 1970."""
    days: set[int] = set()
    for some in collected.series.values():
        for series in some:
            first, last = int(series.times_ms[0]) // DAY_MS, int(series.times_ms[-1]) // DAY_MS
            days.update(range(first, last + 1))
    return [day * DAY_MS for day in sorted(days)]


def _between(collected: Collected, start_ms: int, end_ms: int) -> Collected:
    """Return the samples of ``[start_ms, end_ms)``; series that share their instants share them afterwards."""
    part, cut = Collected(), dict[int, tuple[slice, Ints]]()
    for family, some in collected.series.items():
        kept = []
        for series in some:
            found = cut.get(id(series.times_ms))
            if found is None:
                first, last = np.searchsorted(series.times_ms, [start_ms, end_ms])
                found = slice(int(first), int(last)), series.times_ms[int(first) : int(last)]
                cut[id(series.times_ms)] = found
            inside, times = found
            if len(times):
                kept.append(Series(family, series.labels, times, series.values[inside], series.suffix))
        if kept:
            part.series[family] = kept
    return part


def interval_s(result: Result) -> float:
    """Return the time between two samples of a series."""
    samples = result.tables.get("pod_samples")
    return 60.0 if samples is None or samples.empty else float(samples["interval_s"].max())
