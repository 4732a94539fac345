"""The command: exit status, what is printed, and how it is interrupted; the search is another's test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import fvcapacity as fv
import fvcapacity.recommend.answer as answers
import fvcapacity.run
from fvcapacity.cli.main import app
from fvcapacity.recommend.answer import Answer
from fvcapacity.recommend.document import DOCUMENT, document_json, recommendation_document
from fvcapacity.recommend.missing_data import MissingData
from tests.support.answers import answer_of
from tests.support.small_systems import small_system, without_secret

runner = CliRunner()


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fvcapacity.run, "prepare_plane", lambda scenario, tell, **options: None)
    small_system(tmp_path)
    without_secret(tmp_path)
    return tmp_path


def install(monkeypatch: pytest.MonkeyPatch, answer: Answer | BaseException) -> list[dict]:
    calls: list[dict] = []

    def fake(scenario: fv.Scenario, **options: object) -> Answer:
        calls.append({"seed": scenario.file.seed, **options})
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(answers, "recommend_with_evidence", fake)
    return calls


def refused(scenario: fv.Scenario, verdict: str = "refused") -> Answer:
    return Answer(scenario, verdict, "Nothing can be recommended: too little.", MissingData(), nearest="more of it")


def recommend(*arguments: str):
    return runner.invoke(app, ["recommend", *arguments])


def test_a_recommendation_is_printed_and_explained(home: Path, monkeypatch: pytest.MonkeyPatch):
    answer = answer_of(fv.load_scenario("scenario.yaml"), replayed=False)
    calls = install(monkeypatch, answer)
    done = recommend("scenario.yaml", "--seed", "7", "--time-limit", "5m", "--pin", "nodes/*", "--jobs", "1")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] == "RECOMMENDED  small"
    assert "Money: 73.00 ±0.50 USD a month (-66.7 %), 219.00 ±0.50 USD a month today" in done.stdout
    assert calls[0]["seed"] == 7
    assert calls[0]["time_limit_s"] == 300
    assert list(calls[0]["pins"]) == ["nodes/*"]
    done = recommend("scenario.yaml", "--explain", "deployment/shop")
    assert "deployment/shop.replicas" in done.stdout
    assert "deployment/shop/shop uses 52m of CPU" in done.stdout
    assert "nodes/general" not in done.stdout
    done = recommend("scenario.yaml", "--explain", "deployment/shpo")
    assert done.exit_code == 2
    assert "did you mean 'deployment/shop'?" in done.output


def test_a_written_document_is_explained_without_a_search(home: Path, monkeypatch: pytest.MonkeyPatch):
    install(monkeypatch, AssertionError("it searched again"))
    document = recommendation_document(answer_of(fv.load_scenario("scenario.yaml"), replayed=False))
    Path("out").mkdir()
    Path("out", DOCUMENT).write_text(document_json(document))
    for given in ("out", f"out/{DOCUMENT}"):
        done = recommend(given, "--explain", "nodes/general", "--format", "json")
        assert done.exit_code == 0, done.output
        fields = json.loads(done.stdout)["fields"]
        assert fields[0]["path"] == "nodes/general.minimum"
        assert fields[0]["changes"]


@pytest.mark.parametrize(
    ("verdict", "status", "word"),
    [
        ("refused", 1, "NOTHING CAN BE RECOMMENDED"),
        ("no configuration", 1, "NO CONFIGURATION HOLDS"),
        ("unfinished", 1, "UNFINISHED"),
        ("left alone", 0, "LEFT ALONE"),
    ],
)
def test_every_verdict_has_its_exit_status(home: Path, monkeypatch: pytest.MonkeyPatch, verdict, status, word):
    install(monkeypatch, refused(fv.load_scenario("scenario.yaml"), verdict))
    done = recommend("scenario.yaml", "--out", "out")
    assert done.exit_code == status, done.output
    assert done.stdout.startswith(word)
    assert "Nearest: more of it." in done.stdout
    assert json.loads(Path("out", DOCUMENT).read_text())["verdict"] == verdict
    assert "No overlay" in done.stderr


def test_an_interrupted_search_says_how_to_go_on(home: Path, monkeypatch: pytest.MonkeyPatch):
    install(monkeypatch, KeyboardInterrupt())
    done = recommend("scenario.yaml")
    assert done.exit_code == 130
    assert "the same command goes on" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--time-limit", "soon"), "--time-limit"),
        (("--bound", "deployment/shop.replicas"), "is no bound"),
        (("--replications", "1"), "--replications"),
        (("--out", "manifests"), "something else than"),
        (("--pin", "deployment/shpo*", "--bound", "deployment/shop.replicas=3:2"), "2 problems"),
    ],
)
def test_what_is_asked_wrongly(home: Path, arguments, words):
    done = recommend("scenario.yaml", *arguments)
    assert done.exit_code == 2
    assert words in done.output
