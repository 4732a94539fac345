"""The recorded answers of the real Deployment controller, and proof that the runner can fail."""

from __future__ import annotations

import copy
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.truth.kubernetes.rollout import expand
from tests.truth.kubernetes.runner import run_document

VECTORS = Path(__file__).parent / "vectors" / "rollout.json.gz"


def load() -> dict[str, Any]:
    return json.loads(gzip.decompress(VECTORS.read_bytes()))


def test_every_recorded_answer_and_every_step_of_the_traces_come_out_exactly() -> None:
    outcomes = list(run_document(load(), "rollout"))
    assert [f"{o.id}: {o.detail}" for o in outcomes if not o.ok] == []
    assert len(outcomes) == 378 + 18 * 20


def test_every_function_is_asked_as_often_as_it_was_recorded() -> None:
    assert Counter(case["input"]["fn"] for case in expand(load())) == {
        "reconcile_old": 85,
        "fenceposts": 80,
        "proportional_scale": 70,
        "new_rs_new_replicas": 45,
        "reconcile_new": 38,
        "limits": 30,
        "cleanup_unhealthy": 30,
        "sync": 360,
    }


def of(function: str, number: int = 0) -> dict[str, Any]:
    return [case for case in expand(load()) if case["input"]["fn"] == function][number]


def verdict(case: dict[str, Any]) -> list[bool]:
    return [
        outcome.ok for outcome in run_document({"meta": load()["meta"] | {"traces": []}, "cases": [case]}, "rollout")
    ]


@pytest.mark.parametrize(
    ("function", "change"),
    [
        ("fenceposts", lambda case: case["expected"].update(surge=99)),
        ("reconcile_old", lambda case: case["expected"]["replicas"].update(rs0=99)),
        ("proportional_scale", lambda case: case["expected"]["updated_annotations"].update(rs9={})),
        ("sync", lambda case: case["expected"].update(action="none")),
        ("limits", lambda case: case["expected"].update(surprise=1)),
        ("limits", lambda case: case["input"].update(surprise=1)),
        ("limits", lambda case: case["input"]["deployment"].update(surprise=1)),
        ("reconcile_new", lambda case: case["input"]["new_rs"].update(surprise=1)),
        ("limits", lambda case: case["input"].update(fn="surprise")),
        ("limits", lambda case: case.update(surprise=1)),
    ],
    ids=[
        "wrong answer", "wrong size", "one set too many", "wrong action", "unknown expectation", "unknown input",
        "unknown field of the deployment", "unknown field of a set", "unknown function", "unknown part",
    ],
)  # fmt: skip
def test_the_runner_fails_on_what_it_cannot_confirm(function: str, change: Any) -> None:
    case = copy.deepcopy(of(function))
    assert verdict(case) == [True]
    change(case)
    assert verdict(case) == [False]


def test_an_unknown_part_of_the_file_is_a_failure() -> None:
    assert [
        o.ok for o in run_document({"meta": load()["meta"] | {"traces": []}, "cases": [], "more": 1}, "rollout")
    ] == [False]
