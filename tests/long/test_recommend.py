"""Searches over small systems: an exhaustive grid is the oracle, and pins, bounds, time and jobs are kept to."""

import itertools
import math
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import fvcapacity as fv
from fvcapacity.errors import ScenarioError
from fvcapacity.recommend.bounds import amount
from fvcapacity.recommend.candidates import Candidates
from fvcapacity.recommend.recommend import recommend
from fvcapacity.study.peaks import Peak
from fvcapacity.study.trial import try_out
from tests.support.grids import cheapest_of_grid
from tests.support.small_systems import small_system

pytestmark = pytest.mark.long

CPU = "deployment/shop/shop.requests.cpu"
MEMORY = "deployment/shop/shop.requests.memory"
REPLICAS = "deployment/shop.replicas"
NODES = "nodes/general.minimum"


@pytest.fixture(scope="module")
def oversized(tmp_path_factory: pytest.TempPathFactory):
    return small_system(tmp_path_factory.mktemp("oversized"))


@pytest.fixture(scope="module")
def found(oversized):
    return recommend(oversized)


def test_what_is_too_large_is_made_smaller(found):
    assert found.verdict == "recommended"
    assert found.values[NODES] == 1
    assert found.usd == pytest.approx(found.today_usd / 3, rel=1e-6)
    assert all(item.why for item in found.changes)
    assert "in 95 % of a month" in next(item.why for item in found.changes if item.path == CPU)


def test_what_is_recommended_holds_with_other_customers(oversized, found):
    candidate = Candidates(oversized).made(found.values)
    whole = Peak(0, oversized.file.window.duration, "all")
    assert all(try_out(candidate, whole, replication).holds for replication in (7, 8))


SYSTEMS = {
    "far too large": {},
    "many machines": {"per_minute": 3000, "mean_ms": 20, "cpu": "800m", "replicas": 4, "nodes": 4},
    "memory binds": {"memory": "3Gi", "memory_limit": "3Gi", "replicas": 4, "nodes": 3},
    "requests that fit no second pod": {"cpu": "1100m", "limit": "1500m", "replicas": 3, "nodes": 3},
    "a busy thread": {"per_minute": 6000, "mean_ms": 8, "replicas": 2, "nodes": 2},
    "two busy threads": {"per_minute": 9000, "mean_ms": 8, "cpu": "700m", "replicas": 4, "nodes": 3},
    "long requests": {"per_minute": 300, "mean_ms": 90, "cpu": "600m", "replicas": 4, "nodes": 3},
    "one machine too many": {"per_minute": 1200, "mean_ms": 10, "cpu": "400m", "replicas": 4, "nodes": 2},
    "one machine is enough already": {"per_minute": 1200, "mean_ms": 10, "cpu": "300m", "replicas": 3, "nodes": 1},
    "hardly any traffic": {"per_minute": 30, "mean_ms": 5, "cpu": "1", "replicas": 3, "nodes": 6},
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_no_point_of_a_grid_is_cheaper_by_more_than_three_per_cent(tmp_path: Path, name):
    scenario = small_system(tmp_path, **SYSTEMS[name])
    cpu, memory, nodes = scenario.value(CPU), scenario.value(MEMORY), scenario.value(NODES)
    grid = {
        REPLICAS: (1, 2, 3, 4),
        CPU: ("60m", "250m", "600m", cpu),
        MEMORY: dict.fromkeys(("64Mi", memory)),
        NODES: range(1, nodes + 1),
    }
    best, allowed = cheapest_of_grid(scenario, {path: tuple(dict.fromkeys(steps)) for path, steps in grid.items()})
    assert allowed > 1
    found = recommend(scenario)
    usd = found.usd if found.verdict == "recommended" else found.today_usd
    assert usd <= 1.03 * best


def test_the_best_is_left_alone(tmp_path: Path):
    found = recommend(small_system(tmp_path, cpu="60m", memory="64Mi", replicas=1, nodes=1))
    assert found.verdict == "left alone"
    assert not found.changes


def test_what_no_configuration_saves_is_told_so(tmp_path: Path):
    found = recommend(small_system(tmp_path, mean_ms=900, per_minute=60, replicas=1, nodes=1))
    assert found.verdict == "no configuration"
    assert not found.changes
    assert found.nearest is not None
    assert found.nearest.excess > 1


def test_too_tight_a_limit_is_mended_by_as_much_as_it_takes(tmp_path: Path):
    found = recommend(small_system(tmp_path, limit="20m", cpu="20m", replicas=1))
    change = next(item for item in found.changes if item.path.endswith("limits.cpu"))
    assert amount(change.after) > 0.02
    assert "P95" in change.why
    assert "throttled" in change.why


@pytest.mark.parametrize(
    "policy",
    [
        f'pins: ["{REPLICAS}"], bounds: {{"{CPU}": {{minimum: 200m}}}}',
        f'pins: ["nodes/*"], bounds: {{"{MEMORY}": {{minimum: 256Mi, maximum: 300Mi}}}}',
        f'bounds: {{"{REPLICAS}": {{minimum: 2}}, "{NODES}": {{minimum: 2}}}}',
        f'pins: ["deployment/*"], bounds: {{"{NODES}": {{maximum: 2}}}}',
    ],
)
def test_no_pin_and_no_bound_is_ever_violated(tmp_path: Path, policy):
    scenario = small_system(tmp_path, recommend=f"{{headroom: none, surge: false, {policy}}}")
    found = recommend(scenario)
    rules = scenario.file.recommend
    shown = [found.values, *(point.values for point in found.front)]
    for values, pin in itertools.product(shown, rules.pins):
        assert not any(fnmatchcase(path, pin) for path in values)
    for path, bound in rules.bounds.items():
        value = found.values.get(path, scenario.value(path))
        assert bound.minimum is None or amount(value) >= amount(bound.minimum)
        assert bound.maximum is None or amount(value) <= amount(bound.maximum)


def test_jobs_change_nothing(oversized, found):
    parallel = recommend(oversized, jobs=2)
    assert (parallel.changes, parallel.front) == (found.changes, found.front)


def test_an_interrupted_search_goes_on(oversized, found, tmp_path: Path):
    def stop(words: str) -> None:
        if words.startswith("down: deployment/shop.replicas"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recommend(oversized, cache=tmp_path, tell=stop)
    kept = len(list(tmp_path.glob("*.json")))
    assert kept > 1
    again = recommend(oversized, cache=tmp_path)
    assert again.changes == found.changes
    assert again.recalled == kept
    assert again.trials + kept == found.trials
    assert recommend(oversized, cache=tmp_path).trials == 0


def test_half_a_file_is_tried_again(oversized, found, tmp_path: Path):
    recommend(oversized, cache=tmp_path)
    for path in tmp_path.glob("*.json"):
        path.write_text(path.read_text()[:40])
    assert recommend(oversized, cache=tmp_path).changes == found.changes


def test_no_time_is_told(oversized):
    found = recommend(oversized, time_limit_s=0.0)
    assert found.verdict == "unfinished"
    assert not found.complete
    assert math.isnan(found.usd)


def test_without_prices_nothing_is_cheaper(tmp_path: Path):
    small_system(tmp_path)
    text = (tmp_path / "scenario.yaml").read_text().replace("cost: {prices: prices.yaml, region: any}\n", "")
    (tmp_path / "scenario.yaml").write_text(text)
    with pytest.raises(ScenarioError, match="no prices"):
        recommend(fv.load_scenario(tmp_path / "scenario.yaml"))
