"""A loader and a runner that answer at once, so that the command line is tested and nothing else."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import fvcapacity.inputs
from fvcapacity.results.build import build_result
from fvcapacity.results.outcome import ProgressUpdate
from fvcapacity.results.result import Result
from tests.unit.results import synthetic


@dataclass
class FakeRun:
    """What the commands asked for, and what they get."""

    result: Result | None = None
    error: BaseException | None = None
    load_error: BaseException | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    compiling: str = ""
    """What the plane says while it is compiled."""

    def load(self, path: Any, *, overrides: Any = None) -> Any:
        self.calls.append({"path": path, "overrides": overrides})
        if self.load_error is not None:
            raise self.load_error
        return synthetic.make_scenario()

    def prepare_plane(self, scenario: Any, tell: Callable[[str], None], *, plane: str | None = None) -> None:
        if self.compiling:
            tell(self.compiling)

    def simulate(self, scenario: Any, **options: Any) -> Result:
        self.calls.append(options)
        progress = options.get("progress")
        if progress is not None:
            progress(ProgressUpdate(0, 60 * 10**9, 120 * 10**9, 1234))
            progress(ProgressUpdate(0, 120 * 10**9, 120 * 10**9, 2468))
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result


def install(monkeypatch: pytest.MonkeyPatch, fake: FakeRun) -> FakeRun:
    """Put a fake in the place of the loader and of the runner."""
    module = types.ModuleType("fvcapacity.run")
    module.simulate = fake.simulate  # type: ignore[attr-defined]
    module.prepare_plane = fake.prepare_plane  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fvcapacity.run", module)
    monkeypatch.setitem(vars(fvcapacity.inputs), "load_scenario", fake.load)  # it is imported lazily
    return fake


@contextmanager
def no_plots(tables: Any, summary: Any, directory: Path, jobs: int) -> Iterator[None]:
    """Stand in for ``writing_plots``, which takes longer than all the rest of a command on a made-up result."""
    directory.mkdir()
    yield


def result_of(*stops: int | None, calm: bool = False, **file: Any) -> Result:
    """Return a result of one replication per argument, stopped at its minute.

    It is built once, and every caller gets a copy.
    """
    built = _built(*stops, calm=calm) if not file else _build(stops, calm, file)
    tables, histograms = (
        {name: table.copy() for name, table in tables.items()} for tables in (built.tables, built.histograms)
    )
    return replace(built, summary=deepcopy(built.summary), tables=tables, histograms=histograms)


@cache
def _built(*stops: int | None, calm: bool) -> Result:
    return _build(stops, calm, {})


def _build(stops: tuple[int | None, ...], calm: bool, file: dict[str, Any]) -> Result:
    outcomes = [synthetic.make_outcome(i, stop_minute=stop, calm=calm) for i, stop in enumerate(stops)]
    scenario = synthetic.make_scenario(**{"replications": len(stops), **file})
    return build_result(scenario, synthetic.make_program(), outcomes, synthetic.make_bill(len(stops)))
