"""What the data do not bear is a verdict with its reason, and the nearest thing that can be had."""

from __future__ import annotations

from pathlib import Path

import pytest

import fvcapacity as fv
from fvcapacity.inputs import load_scenario
from fvcapacity.recommend.askable import refusal, unsized
from fvcapacity.recommend.candidates import Candidates
from fvcapacity.recommend.missing_data import MissingData, missing_data, widened, widening_words
from fvcapacity.scenario.recommendation import Policy
from tests.support.small_systems import small_system

NOW = "{least_history: 5m}"


def refused(scenario: fv.Scenario):
    candidates = Candidates(scenario)
    return refusal(candidates, missing_data(candidates))


def edited(directory: Path, old: str, new: str, file: str = "scenario.yaml") -> fv.Scenario:
    path = directory / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return load_scenario(directory / "scenario.yaml")


def test_enough_is_enough(tmp_path: Path):
    assert refused(small_system(tmp_path, recommend=NOW)) is None


def test_too_little_history(tmp_path: Path):
    found = refused(small_system(tmp_path, recommend="{}"))
    assert found is not None
    assert "too little history: 5m" in found.why
    assert "1h are asked for" in found.why
    assert "recommend.least_history" in found.nearest


def test_too_few_requests_are_no_history(tmp_path: Path):
    found = refused(small_system(tmp_path, per_minute=10, recommend=NOW))
    assert found is not None
    assert "too little history: 0s" in found.why


def test_no_traffic(tmp_path: Path):
    small_system(tmp_path, recommend=NOW)
    found = refused(edited(tmp_path, "  file: counts.csv", "  file: counts.csv\n  scale: 0"))
    assert found is not None
    assert "no user request is expected" in found.why
    assert "traffic.scale" in found.nearest


def test_a_system_without_any_request(tmp_path: Path):
    small_system(tmp_path, recommend=NOW)
    path = tmp_path / "manifests" / "shop.yaml"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "resources:" not in line))
    path.write_text(path.read_text().replace("ports: [{port: 80", "ports: [{port: 80"))
    found = refused(load_scenario(tmp_path / "scenario.yaml"))
    assert found is not None
    assert "deployment/shop/shop" in found.why
    assert "write requests first" in found.nearest


def test_containers_that_leave_something_open(tmp_path: Path):
    small_system(tmp_path, recommend=NOW)
    scenario = edited(tmp_path, "requests: {cpu: 10m, memory: 16Mi}", "requests: {memory: 16Mi}", "manifests/shop.yaml")
    assert unsized(scenario) == [("deployment/shop/exporter", "cpu")]
    assert refused(scenario) is None


def with_gaps(directory: Path, share: float, policy: str = NOW) -> fv.Scenario:
    """Return a system whose traffic has no figure in a share of its minutes: the first of every ten."""
    small_system(directory, recommend=policy)
    path = directory / "counts.csv"
    head, *rows = path.read_text().splitlines()
    rows = [row.rpartition(",")[0] + "," if number % 10 < 10 * share else row for number, row in enumerate(rows)]
    path.write_text("\n".join([head, *rows]) + "\n")
    return edited(directory, "  file: counts.csv", "  file: counts.csv\n  fill_gaps: interpolate")


def test_thirty_percent_missing_is_counted_and_widens_the_margins(tmp_path: Path):
    scenario = with_gaps(tmp_path, 0.3)
    missing = missing_data(Candidates(scenario))
    assert missing == MissingData(10, 3, 180.0)  # five minutes of warm-up and five of window
    assert refused(scenario) is None
    before = scenario.file.recommend
    after = widened(before, missing)
    assert after.cover_percent == pytest.approx(96.5)
    assert after.memory_margin_percent == pytest.approx(15 / 0.7)
    assert after.quota_margin_percent == pytest.approx(10 / 0.7)
    words = widening_words(missing, before, after)
    assert "30.0 % of the history's traffic (3 of 10 intervals)" in words
    assert "longest gap lasts 3m" in words
    assert "96.5 %" in words
    assert "21.4 %" in words


def test_too_much_missing_is_refused(tmp_path: Path):
    found = refused(with_gaps(tmp_path, 0.3, "{least_history: 5m, most_missing_percent: 20}"))
    assert found is not None
    assert "at most 20 % may be missing" in found.why
    assert "most_missing_percent" in found.nearest


@pytest.mark.parametrize("missing", [MissingData(), MissingData(10, 0), MissingData(10, 10)])
def test_nothing_or_everything_missing_widens_nothing(missing: MissingData):
    assert widened(Policy(), missing) == Policy()


def test_nothing_missing_says_nothing():
    assert widening_words(MissingData(10, 0), Policy(), Policy()) == ""
