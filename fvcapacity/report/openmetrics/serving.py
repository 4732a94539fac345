"""A result behind a Prometheus of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.inputs.prometheus.backfill import backfill, prepare_data
from fvcapacity.inputs.prometheus.programs import find_program
from fvcapacity.inputs.prometheus.server import LocalPrometheus
from fvcapacity.report.openmetrics.export import DayFiles, Export, interval_s
from fvcapacity.results.result import Result

SEEN_AFTER = 1.5
"""For how many intervals a sample is seen after its instant. A series that has ended cannot say so in a file: with the
usual five minutes a pod that is gone would still be counted, and its successor as well."""


class Served(Frozen):
    """A server and what it serves."""

    server: LocalPrometheus
    export: Export

    @property
    def start_utc(self) -> str:
        """First instant."""
        return _utc(self.export.start_ms)

    @property
    def end_utc(self) -> str:
        """Last instant."""
        return _utc(self.export.end_ms)


@contextmanager
def served(
    result: Result,
    data: Path | None = None,
    *,
    port: int = 0,
    rules: Sequence[Path] = (),
    replication: int = 0,
    tell: Callable[[str], None] | None = None,
) -> Iterator[Served]:
    """Export a result, backfill a database with it, and serve that on loopback as long as the block lasts.

    Parameters
    ----------
    data
        Directory of the database, new or one that was made so; None for one that is gone afterwards. Runs are told
        apart by their label ``run_id``; one that is there already is not written again.
    port, rules
        As `LocalPrometheus` takes them.
    tell
        Told what is being done.

    Raises
    ------
    InputError
        When the directory holds something else, or there is no such replication.
    SourceError
        When Prometheus is missing or does not come up.
    """
    find_program("promtool")
    with tempfile.TemporaryDirectory(prefix="fvcap-metrics-") as work:
        database = Path(work) / "data" if data is None else data
        server = LocalPrometheus(database, port=port, rules=rules, lookback_s=SEEN_AFTER * interval_s(result))
        server.check()  # before anything is written
        prepare_data(database)
        export = _add_run(database, DayFiles(result, replication), Path(work), tell)
        with server:
            yield Served(server, export)


def _add_run(database: Path, days: DayFiles, work: Path, tell: Callable[[str], None] | None) -> Export:
    """Put a run into a database, unless it is there.

    promtool reads a day while the next one is written. The blocks are made in a directory within the database, which
    Prometheus does not look into, and moved out when all samples are found in them. What an interrupted move has left
    is taken away first: the blocks of a run stand on a list.
    """
    name = days.labels["run_id"]
    done, moving, aside = (database / f"{kind}-{name}" for kind in ("run", "moving", "aside"))
    if done.exists():
        return days.export(work)
    if moving.exists():
        for block in moving.read_text(encoding="utf-8").split():
            shutil.rmtree(database / block, ignore_errors=True)
    shutil.rmtree(aside, ignore_errors=True)
    found = backfill(days.write(work), aside, expected_samples=lambda: sum(days.samples.values()), tell=tell)
    blocks = [block.name for block in found]
    moving.write_text("\n".join(blocks), encoding="utf-8")
    for block in blocks:
        (aside / block).rename(database / block)
    moving.rename(done)
    shutil.rmtree(aside, ignore_errors=True)
    return days.export(work)


def _utc(time_ms: int) -> str:
    return f"{pd.Timestamp(time_ms, unit='ms', tz='UTC'):%Y-%m-%dT%H:%M:%SZ}"
