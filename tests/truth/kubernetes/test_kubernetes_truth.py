"""Recorded answers of Kubernetes' own code, and proof that the runner can fail."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.truth.kubernetes.__main__ import main
from tests.truth.kubernetes.runner import run_document
from tests.truth.vectors import run_directory

VECTORS = Path(__file__).parent / "vectors"
COUNTS = {
    "cluster_autoscaler": 148,
    "limitrange_quota": 190,
    "qos_eviction": 253,
    "quantities": 370,
    "rollout": 378 + 18 * 20,
    "scheduler_scores": 1140,
    "vpa_recommender": 210,
}
"""Outcomes of each file of recorded answers."""


def load(name: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((VECTORS / f"{name}.json.gz").read_bytes()))


def test_every_file_is_run() -> None:
    assert sorted(path.name.partition(".")[0] for path in VECTORS.iterdir()) == sorted(COUNTS)


@pytest.mark.parametrize("name", COUNTS)
def test_every_recorded_answer_comes_out(name: str) -> None:
    outcomes = list(run_document(load(name), name))
    assert [f"{o.id}: {o.detail}" for o in outcomes if not o.ok] == []
    assert len(outcomes) == COUNTS[name]


def answers(name: str, change: Callable[[dict[str, Any]], object]) -> list[bool]:
    """Return whether the first case of a file is confirmed after a change."""
    document = load(name)
    case = copy.deepcopy(document["cases"][0])
    change(case)
    outcomes = run_document({**document, "cases": [case]}, name)
    return [outcome.ok for outcome in outcomes if outcome.id == case["id"]]


def ask_what_nobody_knows(case: dict[str, Any]) -> None:
    """Rename the operation, wherever a file says which one it is."""
    places = [(place, key) for place in (case, case["input"]) for key in ("kind", "op", "fn") if key in place]
    assert places
    for place, key in places:
        place[key] = "surprise"


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize(
    "change",
    [
        lambda case: case.update(surprise=1),
        lambda case: case["input"].update(surprise=1),
        lambda case: case["expected"].update(surprise=1),
        lambda case: case["expected"].update(dict.fromkeys(case["expected"], "wrong")),
        lambda case: case["expected"].clear(),
        lambda case: ask_what_nobody_knows(case),
    ],
    ids=[
        "unknown part",
        "unknown input",
        "unknown expectation",
        "wrong answer",
        "no answer",
        "unknown operation",
    ],
)
def test_the_runner_fails_on_what_it_cannot_confirm(name: str, change: Callable[[dict[str, Any]], object]) -> None:
    assert answers(name, lambda case: None) == [True]
    assert answers(name, change) == [False]


@pytest.mark.parametrize("name", COUNTS)
def test_every_expected_field_counts(name: str) -> None:
    for field in load(name)["cases"][0]["expected"]:
        assert answers(name, lambda case, field=field: case["expected"].update({field: "wrong"})) == [False], field


def test_a_file_of_another_name_is_a_failure() -> None:
    assert [outcome.ok for outcome in run_document(load("quantities"), "surprises")] == [False]


def test_an_unknown_part_of_a_file_is_a_failure() -> None:
    outcomes = run_document({**load("quantities"), "surprise": 1}, "quantities")
    assert not next(outcomes).ok


def test_an_empty_directory_is_a_failure(tmp_path: Path) -> None:
    assert [outcome.ok for outcome in run_directory(tmp_path, run_document)] == [False]


def test_the_command_ends_with_the_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = load("quantities")["cases"][0]
    wrong = copy.deepcopy(case)
    wrong["expected"]["canonical"] = "99"
    path = tmp_path / "quantities.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"meta": {}, "cases": [case]}).encode()))
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("1 passed, 0 failed\n")
    path.write_bytes(gzip.compress(json.dumps({"meta": {}, "cases": [case, wrong]}).encode()))
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.endswith("1 passed, 1 failed\n")
