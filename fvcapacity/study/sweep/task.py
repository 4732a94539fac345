"""The runs of a sweep as tasks that any process can take: plain bytes in, rows out, the same bits everywhere."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import platform
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any

import pandas as pd

from fvcapacity.cost.of_run import BILLED_FROM, bill_of_run
from fvcapacity.frozen import Frozen
from fvcapacity.program.compile import compile_program
from fvcapacity.program.program import Program
from fvcapacity.results.measures import MEASURES, route_figure
from fvcapacity.results.scenario_text import scenario_text
from fvcapacity.results.summarize import package_version
from fvcapacity.results.tables import build_tables
from fvcapacity.results.verdict import Verdict, judge
from fvcapacity.run import checkpoints_of, run_replication
from fvcapacity.scenario.model import Scenario
from fvcapacity.semantics.jit import JITTED, add_sources

Row = dict[str, Any]
"""One row of the table `FINISHED`."""
Facts = Mapping[str, str]

_PACKAGES = ("numba", "numpy", "pandas", "scipy", "simpy")
"""Whose versions can change a figure."""
_TABLES = ("routes", "route_windows", "nodes", *BILLED_FROM)
"""Of a run, what a row is made of."""


class Packed:
    """The scenario of a point, pickled when it is first sent somewhere, and unpickled once where it comes to.

    Parameters
    ----------
    identity
        Hash of all that makes its runs what they are, but their numbers.
    scenario
        From `as_run`, of one replication.
    """

    def __init__(self, identity: str, scenario: Scenario) -> None:
        self.identity, self._scenario = identity, scenario

    @cached_property
    def blob(self) -> bytes:
        """The pickled scenario."""
        return pickle.dumps(self._scenario, protocol=5)

    def opened(self) -> Scenario:
        """Return the scenario."""
        scenario: Scenario = self._scenario if "_scenario" in vars(self) else pickle.loads(self.blob)
        return scenario

    def __getstate__(self) -> dict[str, Any]:
        """Send bytes alone: pickled once, however often they are sent."""
        return {"identity": self.identity, "blob": self.blob}

    def __eq__(self, other: object) -> bool:
        """Tell whether both are of the same scenario, wherever they were packed."""
        return isinstance(other, Packed) and other.identity == self.identity

    def __hash__(self) -> int:
        return hash(self.identity)


@dataclass(frozen=True, slots=True)
class Task:
    """A replication of a point.

    Attributes
    ----------
    key
        Hash of everything that makes its row what it is.
    point
        Its point in words, for messages.
    packed
        The point's scenario.
    """

    key: str
    point: str = field(compare=False)
    packed: Packed = field(compare=False)
    replication: int

    def __str__(self) -> str:
        """Return which run it is, for messages."""
        return f"replication {self.replication} at {self.point}"


class Batch(Frozen):
    """Runs of one point that one process takes together.

    Attributes
    ----------
    runs
        Key and number of each replication.
    facts
        What the process that runs it has to have in common with the one that asks.
    """

    packed: Packed
    runs: tuple[tuple[str, int], ...]
    facts: Facts


class Rows(Frozen):
    """What a process answers: a row of each run, and how long one of them took it."""

    rows: tuple[Row, ...]
    seconds: float


class Refused(Frozen):
    """What a process answers that would not give the same figures: who it is, and what it has."""

    who: str
    facts: Facts


@cache
def facts() -> Facts:
    """Return what this process works with: versions, processor, and hashes of the package's sources."""
    return {
        "fvcapacity": package_version("fvcapacity"),
        "python": platform.python_version(),
        **{name: package_version(name) for name in _PACKAGES},
        "machine": platform.machine(),
        "jitted sources": _digest(JITTED),
        "sources": _digest((".",)),
    }


def who() -> str:
    """Return the name of this process for messages."""
    return f"{socket.gethostname()}, process {os.getpid()}"


def differences(mine: Facts, theirs: Facts) -> list[str]:
    """Return in which facts another process differs: ``numba 0.61.2 instead of 0.62.0``."""
    found = [name for name in mine if theirs.get(name) != mine[name]]
    if "jitted sources" in found and "sources" in found:
        found.remove("sources")  # which hold the others
    return [f"{name} {theirs.get(name, 'unknown')} instead of {mine[name]}" for name in found]


def tasks_of(scenario: Scenario, replications: Sequence[int], point: str) -> Iterator[Task]:
    """Yield the runs of a point.

    Parameters
    ----------
    scenario
        From `as_run`, of one replication.
    point
        Its point in words.
    """
    digest = hashlib.sha256(json.dumps(dict(facts()), sort_keys=True).encode())
    digest.update(json.dumps([scenario_text(scenario.file), sorted(scenario.input_hashes.items())]).encode())
    digest.update(scenario.topology.model_dump_json().encode())  # a change of it stands in no file
    packed = Packed(digest.hexdigest(), scenario)
    for number in replications:
        key = hashlib.sha256(f"{packed.identity} {number}".encode()).hexdigest()[:32]
        yield Task(key, point, packed, number)


def batch_of(tasks: Sequence[Task]) -> Batch:
    """Return runs of one point as one piece of work."""
    return Batch(tasks[0].packed, tuple((task.key, task.replication) for task in tasks), facts())


def run_batch(batch: Batch) -> Rows | Refused:
    """Run the replications of a batch and return their rows; refused where the figures might be others.

    Raises
    ------
    KeyboardInterrupt
        When it was interrupted.
    """
    if differences(batch.facts, facts()):
        return Refused(who(), dict(facts()))
    began = time.perf_counter()
    rows = tuple(_run(batch.packed, key, number) for key, number in batch.runs)
    return Rows(rows, (time.perf_counter() - began) / len(rows))


def _run(packed: Packed, key: str, number: int) -> Row:
    scenario, program = _opened(packed)
    outcome = run_replication(scenario, program, number)
    if not outcome.complete:
        raise KeyboardInterrupt
    tables = build_tables(scenario, program, [outcome], only=_TABLES)
    tables |= bill_of_run(scenario, [outcome], tables)
    row = _row(key, number, scenario, outcome.seed, tables)
    if (checkpoints := checkpoints_of(scenario)) is not None:
        checkpoints.forget_replication(outcome.replication, outcome.seed)
    return row


@lru_cache(maxsize=8)
def _opened(packed: Packed) -> tuple[Scenario, Program]:
    scenario = packed.opened()
    return scenario, compile_program(scenario.topology, scenario.cluster)


def _row(key: str, number: int, scenario: Scenario, seed: int, tables: Mapping[str, pd.DataFrame]) -> Row:
    verdict = judge(tables["route_windows"], scenario.file.objectives, scenario.file.time_zone)
    return {
        "replication": number,
        "seed": seed,
        "status": verdict.status,
        "requests": int(route_figure(tables, "requests").iloc[0]),
        **{f"{name}_s": float(route_figure(tables, f"{name}_s").iloc[0]) for name in ("p50", "p95", "p99")},
        "worst_p95_s": float(MEASURES["worst_p95"].of(tables).iloc[0]),
        "error_ratio": float(MEASURES["errors"].of(tables).iloc[0]),
        "cost_usd": float(MEASURES["cost"].of(tables).iloc[0]),
        "node_hours": float(MEASURES["node_hours"].of(tables).iloc[0]),
        "windows": json.dumps(_windows(verdict), ensure_ascii=False),
        "key": key,
    }


def _windows(verdict: Verdict) -> dict[str, dict[str, list[Any]]]:
    return {
        objective.measure.name: {
            scope.scope: [scope.judged_windows, scope.failing_windows, scope.worst_value] for scope in objective.scopes
        }
        for objective in verdict.objectives
    }


def _digest(rooms: Sequence[str]) -> str:
    digest = hashlib.sha256()
    add_sources(digest, rooms)
    return digest.hexdigest()[:12]
