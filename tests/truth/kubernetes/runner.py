"""Runs recorded answers of Kubernetes' own code against ``fvcapacity.decisions`` and ``fvcapacity.units``.

One module a vector file. Each has ``answer(case) -> dict``: what the package says to the case's input, compared
field by field with ``expected``; and, where equality is not what is asked, ``agrees(got, want, case) -> bool``.
A file, function or field that is not known here is a failure, never skipped.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import ModuleType

from tests.truth.vectors import Json, Outcome, only

FILES = (
    "cluster_autoscaler",
    "limitrange_quota",
    "qos_eviction",
    "quantities",
    "rollout",
    "scheduler_scores",
    "vpa_recommender",
)


def run_document(document: Json, name: str) -> Iterator[Outcome]:
    """Run one parsed vector file; ``name`` is its name without endings."""
    if name not in FILES:
        yield Outcome(name, False, f"no runner for a file of this name; there are {', '.join(FILES)}")
        return
    module = importlib.import_module(f"tests.truth.kubernetes.{name}")
    try:
        only(document, {"meta", "cases"})
    except ValueError as error:
        yield Outcome(name, False, str(error))
    expand = getattr(module, "expand", _as_they_are)
    for case in expand(document):
        yield _compared(case, module)


def _as_they_are(document: Json) -> Iterator[Json]:
    yield from document.get("cases", ())


def _compared(case: Json, module: ModuleType) -> Outcome:
    """Ask the package and compare; a crash is one failed case, not the end of the run."""
    name = str(case.get("id", "a case without id"))
    try:
        only(case, {"id", "kind", "origin", "tags", "input", "expected"})
        got, want = module.answer(case), case["expected"]
        agrees = getattr(module, "agrees", None)
        same = got == want if agrees is None else agrees(got, want, case)
    except Exception as error:
        return Outcome(name, False, f"{type(error).__name__}: {error}")
    return Outcome(name, same, "" if same else f"got {got}, expected {want}")
