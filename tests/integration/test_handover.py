"""What is handed over is what was tried: the overlay, read again and replayed, gives the very same figures."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

import fvcapacity as fv
from fvcapacity.errors import InputError, ScenarioError
from fvcapacity.inputs.kubectl import find_kubectl
from fvcapacity.recommend.answer import Answer
from fvcapacity.recommend.document import DOCUMENT, load_recommendation
from fvcapacity.report.handover import check_recommendation_replaceable, write_recommendation
from tests.support.answers import answer_of
from tests.support.small_systems import small_system, without_secret


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    home = tmp_path_factory.mktemp("shop")
    small_system(home)
    without_secret(home)
    return answer_of(fv.load_scenario(home / "scenario.yaml"))


@pytest.fixture(scope="module")
def written(answer: Answer, tmp_path_factory: pytest.TempPathFactory):
    return write_recommendation(answer, tmp_path_factory.mktemp("out") / "shop", helm=True, kubectl=find_kubectl())


def test_every_check_of_the_overlay_holds(written):
    assert written.verification is not None
    assert written.verification.ok
    names = [check.name for check in written.verification.passed]
    assert names[-2:] == ["no pod of it is refused", "replayed, it gives what was promised"]


def test_the_directory_tells_all_of_it(written):
    files = {path.name for path in written.directory.iterdir()}
    assert {"kustomization.yaml", "README.md", "pull-request.md", DOCUMENT, "plots", "patches", "objects"} <= files
    readme = (written.directory / "README.md").read_text()
    assert "| recommended | history | 2 of 2 | 73.00 ± 0.50 |" in readme
    assert "| deployment/shop/shop | 60m | 52m | 64Mi | 50Mi |" in readme
    assert "resourcequota/flowers" in readme
    assert "replayed, it gives what was promised" in readme
    assert {path.name for path in (written.directory / "plots").iterdir()} == {"front.png", "front.svg"}


def test_the_document_can_be_read_again(written, answer: Answer):
    document = load_recommendation(written.directory)
    assert document["verdict"] == "recommended"
    assert document["money"]["proven_usd"]["mean"] == 73.0
    assert {item["kind"] for item in document["objects"]} == {"ResourceQuota", "LimitRange", "PodDisruptionBudget"}
    text = json.dumps(document)
    assert str(Path.cwd()) not in text
    assert "/tmp" not in text


def test_a_promise_that_is_broken_hands_nothing_over(answer: Answer, tmp_path: Path):
    assert answer.promise is not None
    outcome = dataclasses.replace(answer.promise.outcome, requests=1, p95_s=0.0, cost_usd=float("nan"))
    other = dataclasses.replace(answer, promise=dataclasses.replace(answer.promise, outcome=outcome))
    with pytest.raises(ScenarioError) as caught:
        write_recommendation(other, tmp_path / "out", kubectl=None, plots=False)
    said = [problem.message for problem in caught.value.problems]
    assert [text.partition(" is ")[0] for text in said] == ["requests", "p95_s", "cost_usd"]
    assert "1 was promised" in said[0]
    assert not (tmp_path / "out").exists()


@pytest.mark.long
def test_json_patches_keep_the_promise_too(answer: Answer, tmp_path: Path):
    written = write_recommendation(answer, tmp_path / "out", patch_format="json6902", kubectl=None, plots=False)
    assert written.verification is not None
    assert written.verification.ok


def test_without_a_recommendation_there_is_no_overlay(answer: Answer, tmp_path: Path):
    other = dataclasses.replace(
        answer,
        verdict="no configuration",
        sentence="Nothing is recommended.",
        nearest="less traffic",
        handover=None,
        promise=None,
        fields=(),
    )
    target = tmp_path / "out"
    write_recommendation(answer, target, kubectl=None, plots=False)
    written = write_recommendation(other, target, plots=False)
    assert written.verification is None
    assert {path.name for path in target.iterdir()} == {DOCUMENT, "README.md"}
    readme = (target / "README.md").read_text()
    assert "The nearest thing that can be had: less traffic" in readme
    assert "CPU limit of shop 100m -> 150m" in readme
    assert "| krr | history | 1 of 2 |" in readme
    write_recommendation(answer, target, kubectl=None, plots=False)  # and the other way round
    assert (target / "kustomization.yaml").exists()


def test_nothing_of_somebody_elses_is_replaced(answer: Answer, tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="something else than"):
        check_recommendation_replaceable(answer.scenario, tmp_path)
    (tmp_path / DOCUMENT).write_text("{}")
    with pytest.raises(InputError, match="something else than"):
        write_recommendation(answer, tmp_path, kubectl=None, plots=False)


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "no recommendation of this version"), ('{"schema_version": "fvcapacity/overlay/1"}', "schema_version")],
)
def test_what_is_no_document_of_ours(tmp_path: Path, text, words):
    (tmp_path / DOCUMENT).write_text(text)
    with pytest.raises(InputError, match=words):
        load_recommendation(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        load_recommendation(tmp_path / "nowhere.json")
