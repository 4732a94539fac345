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

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.frozen import Frozen, field
from fvcapacity.inputs.documents import read_document
from fvcapacity.inputs.measured_files import (
    LATENCY,
    TRAFFIC,
    USAGE,
    check_measurements_replaceable,
    read_traffic,
    save_measured,
    write_csv_parts,
)
from fvcapacity.inputs.provenance import SCHEMA_VERSION, Coverage, Gap, Measure, Provenance, Remark
from fvcapacity.tabular.arrow import Part
from fvcapacity.tabular.columns import TableSpec
from fvcapacity.tabular.frames import conform
from fvcapacity.tabular.storage import read_parquet

__all__ = [
    "LATENCY",
    "SCHEMA_VERSION",
    "TRAFFIC",
    "USAGE",
    "Coverage",
    "Gap",
    "Measure",
    "Measurements",
    "Provenance",
    "Remark",
    "check_measurements_replaceable",
    "empty",
    "joined",
    "load_measurements",
    "write_measurements",
]

_PART_ROWS = 32_768


class Measurements(Frozen, eq=False):
    """What was measured; the three tables are described by `TRAFFIC`, `USAGE` and `LATENCY`.

    Attributes
    ----------
    provenance
        Where they come from, when, and how complete they are.
    traffic, usage, latency
        Tables by interval, with their units in the names of the columns.
    """

    provenance: Provenance
    traffic: pd.DataFrame
    usage: pd.DataFrame = field(default_factory=lambda: empty(USAGE))
    latency: pd.DataFrame = field(default_factory=lambda: empty(LATENCY))

    def save(self, directory: str | Path) -> Path:
        """Write the measurements as a directory, all of it or nothing.

        Parameters
        ----------
        directory
            Where to. One of ours that stands there is replaced.

        Returns
        -------
        Path
            The directory that was written.

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

    def rows() -> Iterator[Part]:
        for table in traffic:
            yield from _parts(TRAFFIC, table)

    return save_measured(directory, provenance, rows(), _parts(USAGE, usage), _parts(LATENCY, latency))


def write_traffic(traffic: pd.DataFrame, path: Path) -> None:
    """Write traffic as compressed CSV that a scenario reads, the same to the byte in every repetition."""
    write_csv_parts(_parts(TRAFFIC, traffic), TRAFFIC, path)


def load_measurements(directory: str | Path) -> Measurements:
    """Read a directory of measurements.

    Parameters
    ----------
    directory
        What ``fvcap pull`` or `Measurements.save` wrote.

    Returns
    -------
    Measurements
        As they were saved.

    Raises
    ------
    InputError
        When it holds none, damaged ones, or ones of a version that this release does not read.
    """
    root = Path(directory)
    place = root / "measurements.json"
    document = read_document(place, hint="a directory of measurements is what fvcap pull writes")
    try:
        provenance = Provenance.model_validate(document)
        if provenance.schema_version != SCHEMA_VERSION:
            raise ValueError(f"schema_version is {provenance.schema_version!r}; this release reads {SCHEMA_VERSION!r}")
        traffic = read_traffic(root / "traffic.csv.gz")
        return Measurements(
            provenance,
            traffic,
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


def _parts(spec: TableSpec, table: pd.DataFrame) -> Iterator[Part]:
    """Yield the table in parts, each held to its description: a whole one would stand in memory several times."""
    for first in range(0, len(table), _PART_ROWS):
        part = conform(spec, table.iloc[first : first + _PART_ROWS])
        part["time_utc"] = part["time_utc"].dt.tz_localize(None)
        yield {column.name: part[column.name].to_numpy() for column in spec.columns}
