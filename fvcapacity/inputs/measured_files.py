"""The files of measurements: their tables, and how they are written, part by part and without a data frame."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fvcapacity.inputs.provenance import SCHEMA_VERSION, Provenance
from fvcapacity.tabular.arrow import Part, rows_of, write_parquet_parts
from fvcapacity.tabular.columns import Column, TableSpec
from fvcapacity.tabular.directory import check_replaceable, write_directory
from fvcapacity.tabular.frames import conform

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


UNPACKED_PER_BYTE = 200
"""Of packed traffic; what is written has ten at most."""
FREE_BYTES = 64 * 2**20


def read_traffic(path: Path) -> pd.DataFrame:
    """Read packed traffic as `write_csv_parts` wrote it.

    Raises
    ------
    ValueError
        When it is no such table, or unfolds to more than its size allows.
    OSError, EOFError
        When it cannot be read, or was cut off.
    """
    most = UNPACKED_PER_BYTE * path.stat().st_size + FREE_BYTES
    try:
        with gzip.open(path) as file:
            unpacked = 0
            while block := file.read(2**20):
                unpacked += len(block)
                if unpacked > most:
                    raise ValueError(f"{path.name} unfolds to more than {most:,} bytes")
    except zlib.error as error:
        raise ValueError(f"{path.name} is damaged: {error}") from None
    names = [column.name for column in TRAFFIC.columns]
    table = pd.read_csv(path, usecols=names, dtype={"route": str}, keep_default_na=False, na_values=[""])
    return conform(TRAFFIC, table)


def save_measured(
    directory: str | Path,
    provenance: Provenance,
    traffic: Iterable[Part],
    usage: Iterable[Part],
    latency: Iterable[Part],
) -> Path:
    """Write a directory of measurements, all of it or nothing.

    Raises
    ------
    InputError
        When something that is not ours stands there, or it cannot be written.
    """

    def write(work: Path) -> None:
        (work / "measurements.json").write_text(provenance.model_dump_json(indent=2) + "\n", encoding="utf-8")
        write_csv_parts(traffic, TRAFFIC, work / "traffic.csv.gz")
        write_parquet_parts(usage, USAGE, work / "usage.parquet")
        write_parquet_parts(latency, LATENCY, work / "latency.parquet")

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


def write_csv_parts(parts: Iterable[Part], spec: TableSpec, path: Path) -> None:
    """Write a table as compressed CSV, the same to the byte in every repetition."""
    with (
        path.open("wb") as file,
        gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="", compresslevel=6) as packed,
    ):
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(column.name for column in spec.columns)
        for part in parts:
            writer.writerows(zip(*(_cells(part, column) for column in spec.columns), strict=True))
        text.detach()


def _cells(part: Part, column: Column) -> Iterator[Any]:
    """Yield the cells of a column as text; what is missing is empty."""
    values = part[column.name]
    if isinstance(values, str):
        return repeat(values, rows_of(part))
    if column.dtype == "utc":
        return iter(np.char.add(np.datetime_as_string(np.asarray(values, "datetime64[s]")), "Z").tolist())
    if column.dtype == "float64":
        return ("" if value != value else value for value in np.asarray(values, np.float64).tolist())
    return iter(values.tolist())
