"""One run of a sweep as a task that any process can take: plain bytes in, one row out, the same bits everywhere."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import platform
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import pandas as pd

from fvcapacity.cost.of_run import money_of_run
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


@dataclass(frozen=True, slots=True)
class Task:
    """A replication of a point.

    Attributes
    ----------
    key
        Hash of everything that makes its row what it is.
    blob
        The pickled scenario.
    facts
        What the process that runs it has to have in common with the one that asks.
    """

    key: str
    blob: bytes
    replication: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class Refused:
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


def tasks_of(scenario: Scenario, replications: Sequence[int]) -> Iterator[Task]:
    """Yield the runs of a point.

    Parameters
    ----------
    scenario
        From `as_run`, of one replication.
    """
    digest = hashlib.sha256(json.dumps(dict(facts()), sort_keys=True).encode())
    digest.update(json.dumps([scenario_text(scenario.file), sorted(scenario.input_hashes.items())]).encode())
    digest.update(scenario.topology.model_dump_json().encode())  # a change of it stands in no file
    identity = digest.hexdigest()
    blob = pickle.dumps(scenario, protocol=5)
    for number in replications:
        key = hashlib.sha256(f"{identity} {number}".encode()).hexdigest()[:32]
        yield Task(key, blob, number, facts())


def run_task(task: Task) -> Row | Refused:
    """Run a replication and return its row; refused where the figures might be others.

    Raises
    ------
    KeyboardInterrupt
        When it was interrupted.
    """
    if differences(task.facts, facts()):
        return Refused(who(), dict(facts()))
    scenario, program = _loaded(task.blob)
    outcome = run_replication(scenario, program, task.replication)
    if not outcome.complete:
        raise KeyboardInterrupt
    tables = build_tables(scenario, program, [outcome])
    tables |= money_of_run(scenario, program, [outcome], tables)
    row = _row(task, scenario, outcome.seed, tables)
    if (checkpoints := checkpoints_of(scenario)) is not None:
        checkpoints.forget_replication(outcome.replication, outcome.seed)
    return row


@lru_cache(maxsize=8)
def _loaded(blob: bytes) -> tuple[Scenario, Program]:
    scenario: Scenario = pickle.loads(blob)
    return scenario, compile_program(scenario.topology, scenario.cluster)


def _row(task: Task, scenario: Scenario, seed: int, tables: Mapping[str, pd.DataFrame]) -> Row:
    verdict = judge(tables["route_windows"], scenario.file.objectives, scenario.file.time_zone)
    return {
        "replication": task.replication,
        "seed": seed,
        "status": verdict.status,
        "requests": int(route_figure(tables, "requests").iloc[0]),
        **{f"{name}_s": float(route_figure(tables, f"{name}_s").iloc[0]) for name in ("p50", "p95", "p99")},
        "worst_p95_s": float(MEASURES["worst_p95"].of(tables).iloc[0]),
        "error_ratio": float(MEASURES["errors"].of(tables).iloc[0]),
        "cost_usd": float(MEASURES["cost"].of(tables).iloc[0]),
        "node_hours": float(MEASURES["node_hours"].of(tables).iloc[0]),
        "windows": json.dumps(_windows(verdict), ensure_ascii=False),
        "key": task.key,
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
