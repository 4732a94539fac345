"""What is fetched in one go, and kept, so that an interrupted pull goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.prometheus.client import Answer, PrometheusClient
from fvcapacity.inputs.prometheus.failures import TooMuchError
from fvcapacity.inputs.prometheus.labels import Labels
from fvcapacity.inputs.prometheus.ranges import MOST_HALVINGS, ask_range, labels_of, samples_of

Floats = npt.NDArray[np.float64]
_DAMAGED = (
    OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, MemoryError, RecursionError,
    NotImplementedError, zipfile.BadZipFile,
)  # fmt: skip
"""A piece that cannot be read, whatever is wrong with it, is fetched again."""


class Samples(Frozen):
    """Samples of one series, in the order of time: instants (seconds since 1970) and values."""

    labels: Labels
    times: Floats
    values: Floats


class Piece(Frozen):
    """All series of a query over some time, and the server's warnings."""

    series: tuple[Samples, ...]
    warnings: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Samples of all series."""
        return sum(item.times.size for item in self.series)


class Keeper:
    """Keeps fetched pieces in a directory, each under a hash of the question; without a directory, none."""

    def __init__(self, directory: Path | None, source: str) -> None:
        self.directory = directory
        self._source = source
        self.found = 0
        self.kept = 0

    def get(self, question: str, fetch: Callable[[], Piece]) -> Piece:
        """Return the kept answer to a question, or the one that ``fetch`` gives, which is then kept."""
        if self.directory is None:
            return fetch()
        path = self.directory / f"{hashlib.sha256(f'{self._source} {question}'.encode()).hexdigest()[:32]}.npz"
        piece = _read(path)
        if piece is not None:
            self.found += 1
            return piece
        piece = fetch()
        self._write(path, piece)
        self.kept += 1
        return piece

    def discard(self) -> None:
        """Throw the kept pieces away: they have become a result."""
        if self.directory is None or not self.directory.is_dir():
            return
        for path in self.directory.glob("*.npz"):
            path.unlink(missing_ok=True)
        if not any(self.directory.iterdir()):
            self.directory.rmdir()

    def _write(self, path: Path, piece: Piece) -> None:
        head = json.dumps({"labels": [item.labels for item in piece.series], "warnings": piece.warnings})
        sizes = np.array([item.times.size for item in piece.series], np.int64)
        empty: Floats = np.empty(0)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
                np.savez(
                    file,
                    head=np.frombuffer(head.encode(), np.uint8),
                    sizes=sizes,
                    times=np.concatenate([empty, *(item.times for item in piece.series)]),
                    values=np.concatenate([empty, *(item.values for item in piece.series)]),
                )
            Path(file.name).replace(path)
        except OSError as error:
            message = f"what was fetched cannot be kept: {error.strerror or error}"
            hint = "give a directory that can be written with --out"
            raise InputError(Problem(message, Location(str(path.parent)), "--out", hint)) from None
        finally:
            if "file" in locals() and os.path.exists(file.name):  # noqa: PTH110 - cheap, and the usual case is "gone"
                os.unlink(file.name)  # noqa: PTH108


def _read(path: Path) -> Piece | None:
    """Return a kept piece; None when there is none, or it was cut off."""
    try:
        if not _unpacked(path):
            return None
        with np.load(path, allow_pickle=False) as stored:
            head = json.loads(stored["head"].tobytes())
            sizes = stored["sizes"].astype(np.int64)
            ends = np.cumsum(sizes)[:-1]
            arrays = [stored[name].astype(np.float64, casting="safe") for name in ("times", "values")]
        if sizes.min(initial=0) < 0 or any(array.shape != (sizes.sum(),) for array in arrays):
            return None
        times, values = (np.split(array, ends) for array in arrays)
        series = tuple(
            Samples(tuple((str(name), str(value)) for name, value in labels), at, of)
            for labels, at, of in zip(head["labels"], times, values, strict=bool(head["labels"]))
        )
        return Piece(series, tuple(head["warnings"]))
    except _DAMAGED:
        return None


def _unpacked(path: Path) -> bool:
    """Tell whether an archive is packed nowhere, as ours are: what is packed may unfold without end."""
    with zipfile.ZipFile(path) as archive:
        return all(item.compress_type == zipfile.ZIP_STORED for item in archive.infolist())


def fetch_raw(client: PrometheusClient, selector: str, start_s: int, end_s: int) -> Piece:
    """Return the raw samples of a selector from ``start_s`` to ``end_s``.

    Prometheus 2 takes a sample at ``start_s`` along, Prometheus 3 does not.

    Raises
    ------
    SourceError
        When a request fails, also in its smallest form.
    """
    return _joined(_ask_raw(client, selector, start_s, end_s, MOST_HALVINGS))


def fetch_range(client: PrometheusClient, query: str, start_s: int, points: int, step_s: int) -> Piece:
    """Return a query's points from ``start_s``, ``step_s`` apart.

    Raises
    ------
    SourceError
        When a request fails, also in its smallest form.
    """
    return _joined(answer for _, answer in ask_range(client, query, start_s, points, step_s))


def _ask_raw(client: PrometheusClient, selector: str, start_s: int, end_s: int, depth: int) -> Iterator[Answer]:
    try:
        answer = client.query(f"{selector}[{end_s - start_s}s]", end_s)
    except TooMuchError:
        if end_s - start_s < 2 or depth < 1:
            raise
    else:
        yield answer
        return
    middle = (start_s + end_s) // 2
    yield from _ask_raw(client, selector, start_s, middle, depth - 1)
    yield from _ask_raw(client, selector, middle, end_s, depth - 1)


def _joined(answers: Iterator[Answer]) -> Piece:
    parts: dict[Labels, list[tuple[Floats, Floats]]] = {}
    warnings: dict[str, None] = {}
    for answer in answers:
        warnings.update(dict.fromkeys(answer.warnings))
        for series in answer.result:
            parts.setdefault(labels_of(series), []).append(samples_of(series))
    joined = []
    for labels in sorted(parts):
        times = np.concatenate([part[0] for part in parts[labels]])
        values = np.concatenate([part[1] for part in parts[labels]])
        later = np.concatenate(([True], times[1:] > np.maximum.accumulate(times)[:-1]))  # edges stand in both halves
        joined.append(Samples(labels, times[later], values[later]))
    return Piece(tuple(joined), tuple(warnings))
