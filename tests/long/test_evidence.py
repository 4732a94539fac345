"""The proof of a recommendation: fresh seeds, a holdout that the search never saw, and other tools beside it."""

from pathlib import Path

import pytest

import fvcapacity as fv
from fvcapacity.recommend.candidates import Candidates
from fvcapacity.recommend.evaluation import Evaluator
from fvcapacity.recommend.evidence import COLUMNS, by_name, prove, rows_of, settled
from fvcapacity.recommend.recommend import recommend
from tests.support.small_systems import small_system

pytestmark = pytest.mark.long

STRETCHES = """\
history: [{name: before, start: 2026-02-14T18:00:00, duration: 5m}]
holdout: [{name: after, start: 2026-02-14T18:40:00, duration: 5m}]
"""


def _with_holdout(directory: Path, per_minute: int) -> fv.Scenario:
    """Return a system whose traffic after 18:30 is another one."""
    small_system(directory)
    path = directory / "scenario.yaml"
    path.write_text(path.read_text() + STRETCHES)
    counts = "timestamp,requests\n" + "".join(
        f"2026-02-14T{h}:{m:02d}:00,{per_minute if h == 18 and m > 25 else 600}\n" for h in (17, 18) for m in range(60)
    )
    (directory / "counts.csv").write_text(counts)
    return fv.load_scenario(path)


def _proven(scenario: fv.Scenario):
    found = recommend(scenario)
    evidence = prove(found, Evaluator(Candidates(scenario)), replications=2)
    return found, evidence, settled(found, evidence)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory):
    return _proven(_with_holdout(tmp_path_factory.mktemp("held"), 700))


def test_what_holds_out_of_sample_stays_recommended(held):
    found, evidence, after = held
    assert evidence.holds
    assert after is found
    assert "history and holdout" in evidence.sentence


def test_today_and_four_tools_stand_beside_it(held):
    _, evidence, _ = held
    systems = by_name(evidence)
    assert list(systems) == ["recommended", "today", "krr", "vpa", "goldilocks", "hpa-only"]
    assert systems["recommended"].usd.mean == pytest.approx(systems["today"].usd.mean / 3)
    assert "today" in evidence.cheaper_than
    assert not evidence.beaten_by
    for row in rows_of(evidence):
        assert len(row) == len(COLUMNS)


def test_what_does_not_hold_out_of_sample_is_not_recommended(tmp_path: Path):
    # one container of one thread and 5 ms a request is full at 12,000 requests a minute
    found, evidence, after = _proven(_with_holdout(tmp_path, 14_000))
    assert found.verdict == "recommended"
    assert not evidence.holds
    assert after.verdict == "no configuration"
    assert not after.values
    assert "does not hold with fresh seeds on the holdout" in after.sentence
