"""Long runs: their days are put away one by one, and survive a kill.

At the end of every simulated day a replication puts away what was counted and sampled in it, and keeps both planes as
they are. Memory then does not grow with the days, and whoever starts the same run again goes on from the last one.

Checkpoints lie in the user's cache directory under a name that is a hash of everything that makes the run what it is
(inputs, settings, seed, and the sources of this package), so that a run never goes on from another one's. They are
pickles, and are read only from there: never from a directory that somebody else may have filled (one that others can
write to, or that is not ours, holds none). Files are written aside and renamed; a kill at any moment leaves the last
whole one.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import pickle
import shutil
import tempfile
from pathlib import Path
from typing import Any, Literal, cast

from fvcapacity.frozen import Frozen
from fvcapacity.results.outcome import Part, RunOutcome
from fvcapacity.results.scenario_text import scenario_text
from fvcapacity.scenario.model import Scenario
from fvcapacity.semantics.jit import ours_alone, sources_digest, user_cache

INTERVAL_NS = 24 * 3600 * 10**9
"""Simulated time between two checkpoints; shorter runs have none."""

_DAMAGED = (OSError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, KeyError, IndexError, ValueError)


class Kept(Frozen):
    """What a file holds: a finished replication, or the two planes in the middle of one."""

    kind: Literal["finished", "running"]
    content: Any


class StoredPart(Frozen):
    """A day that was put away; calling it loads it."""

    path: Path

    def __call__(self) -> Part:
        """Return what was counted and sampled in it."""
        return cast(Part, _read(self.path))


class Checkpoints:
    """The checkpoints of one run.

    Parameters
    ----------
    scenario
        As it is run.
    """

    def __init__(self, scenario: Scenario) -> None:
        digest = hashlib.sha256(sources_digest().encode())
        digest.update(repr((sorted(scenario.input_hashes.items()), scenario_text(_alone(scenario)))).encode())
        digest.update(
            pickle.dumps((scenario.cluster, scenario.topology, scenario.start_ns, scenario.versions))
        )  # patched or not
        self.directory = user_cache() / "checkpoints" / digest.hexdigest()[:24]

    def load(self, replication: int, seed: int) -> Kept | None:
        """Return what is kept of a replication; None when nothing is, or a file of it is damaged or not ours alone."""
        if not ours_alone(self.directory):  # what lies in it is unpickled
            return None
        try:
            kept = _read(self._path(replication, seed))
            if not isinstance(kept, Kept):
                return None
            for part in kept.content.earlier:
                part()  # a damaged day is no use either
        except _DAMAGED:
            return None
        return kept

    def put_away(self, replication: int, seed: int, part: Part) -> StoredPart:
        """Keep a day of a replication."""
        path = self._path(replication, seed, f"-at-{part.offset_ns}")
        _write(path, part)
        return StoredPart(path)

    def keep_running(self, replication: int, seed: int, content: Any) -> None:
        """Keep both planes of a replication."""
        _write(self._path(replication, seed), Kept("running", content))

    def keep_finished(self, outcome: RunOutcome) -> None:
        """Keep a finished replication, which need not be run again when others were interrupted."""
        _write(self._path(outcome.replication, outcome.seed), Kept("finished", outcome))

    def forget(self) -> None:
        """Remove all of the run: its result is there."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def forget_replication(self, replication: int, seed: int) -> None:
        """Remove what is kept of one replication: its figures are put away elsewhere."""
        for path in self.directory.glob(f"{self._path(replication, seed).name.removesuffix('.pickle.gz')}*"):
            path.unlink(missing_ok=True)

    def _path(self, replication: int, seed: int, what: str = "") -> Path:
        return self.directory / f"{replication:05d}-{seed & (2**64 - 1):016x}{what}.pickle.gz"


def _read(path: Path) -> Any:
    with gzip.open(path) as file:
        return pickle.load(file)


def _write(path: Path, content: Any) -> None:
    """Write aside, and rename."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as raw, gzip.open(raw, "wb", compresslevel=1) as file:
            pickle.dump(content, file, protocol=pickle.HIGHEST_PROTOCOL)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _alone(scenario: Scenario) -> Any:
    """Return the scenario's file as one replication sees it: how many others there are does not matter."""
    return scenario.file.model_copy(update={"replications": 1})
