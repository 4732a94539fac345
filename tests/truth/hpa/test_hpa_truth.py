"""The recorded answers of the real controller, and proof that the runner can fail."""

from __future__ import annotations

import copy
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.truth.hpa.__main__ import main
from tests.truth.hpa.runner import run_document
from tests.truth.vectors import run_directory

VECTORS = Path(__file__).parent / "vectors"
FILES = ("behavior_cases", "replica_cases", "single_syncs", "traces")


def load(name: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((VECTORS / f"{name}.json.gz").read_bytes()))


@pytest.mark.parametrize(("name", "count"), list(zip(FILES, (1749, 1961, 108, 16004), strict=True)))
def test_every_recorded_answer_comes_out_exactly(name: str, count: int) -> None:
    outcomes = list(run_document(load(name), name))
    assert [f"{o.id}: {o.detail}" for o in outcomes if not o.ok] == []
    assert len(outcomes) == count


@cache
def replica_case() -> dict[str, Any]:
    return load("replica_cases")["cases"][35]


def altered(change: Any) -> list[bool]:
    case = copy.deepcopy(replica_case())
    change(case)
    return [outcome.ok for outcome in run_document({"meta": {}, "cases": [case]}, "altered")]


@pytest.mark.parametrize(
    "change",
    [
        lambda case: case["expected"].update(replicas=case["expected"]["replicas"] + 1),
        lambda case: case["expected"].update(surprise=1),
        lambda case: case["input"].update(surprise=1),
        lambda case: case["input"].update(fn="surprise"),
        lambda case: case.update(surprise=1),
    ],
    ids=["wrong answer", "unknown expectation", "unknown input", "unknown function", "unknown part"],
)
def test_the_runner_fails_on_what_it_cannot_confirm(change: Any) -> None:
    assert altered(lambda case: None) == [True]
    assert altered(change) == [False]


def test_an_empty_directory_is_a_failure(tmp_path: Path) -> None:
    assert [outcome.ok for outcome in run_directory(tmp_path, run_document)] == [False]


def test_the_command_ends_with_the_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = replica_case()
    wrong = copy.deepcopy(case)
    wrong["expected"]["replicas"] = 99
    path = tmp_path / "v.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"meta": {}, "cases": [case]}).encode()))
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("1 passed, 0 failed\n")
    path.write_bytes(gzip.compress(json.dumps({"meta": {}, "cases": [case, wrong]}).encode()))
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.endswith("1 passed, 1 failed\n")
