"""A scenario's analysis: against the fast plane where it claims figures, and at its ends."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import fvcapacity as fv
from fvcapacity.analytic import Analysis, analyse, evaluate, load_of, needed_limit_cores, needed_replicas, sizing_of
from fvcapacity.analytic.needs import longest_bursts_s
from tests.support.shops import SCENARIO, write_shop

TOPOLOGY = """\
services:
  shop:
    container: shop
    memory: {base: 20Mi, per_open_request: 1Mi, growth_per_request: 10}
    background_cpu: 5m
    operations:
      list: {steps: [{cpu: {mean_ms: 2}}]}
      buy: {steps: [{cpu: {mean_ms: 6, distribution: exponential}}, {wait: {mean_ms: 20}}]}
routes:
  list: {path: /, share: 3, steps: [{call: shop.list}]}
  buy: {path: /buy, share: 1, steps: [{call: shop.buy}]}
"""
COUNTS = "timestamp,requests\n" + "".join(f"2026-02-14T18:{m:02d}:00,1800\n" for m in range(10))


def scenario_of(directory: Path, limit: str = "400m") -> fv.Scenario:
    text = SCENARIO.replace("plane: simpy", "plane: fast")
    path = write_shop(directory, scenario=text, topology=TOPOLOGY, counts=COUNTS)
    manifests = directory / "manifests/shop.yaml"
    manifests.write_text(manifests.read_text().replace("cpu: 150m", f"cpu: {limit}"))
    return fv.load_scenario(path)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> fv.Scenario:
    return scenario_of(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def analysis(scenario: fv.Scenario) -> Analysis:
    return analyse(scenario)


def test_against_the_fast_plane(scenario: fv.Scenario, analysis: Analysis) -> None:
    result = fv.simulate(scenario)
    service = result.tables["services"].iloc[0]
    routes = result.tables["routes"].set_index("route")
    assert service.cpu_core_s / 300 == pytest.approx(analysis.cpu_cores[0, 0], rel=0.02)
    assert service.throttled_periods / 3000 == pytest.approx(analysis.throttled_ratio[0, 0], abs=0.03)
    for column, route in enumerate(analysis.routes):
        assert analysis.route_p95_s[0, column] == pytest.approx(routes.loc[route].p95_s, rel=0.35)
    assert analysis.memory_bytes[0, 0] >= service.memory_peak_bytes


def test_utilization_law(analysis: Analysis) -> None:
    cores = 30 * (3 * 0.002 + 0.006) / 4
    assert analysis.visits_rps[0, 0] == pytest.approx(30.0)
    assert analysis.cpu_cores[0, 0] == pytest.approx(cores)
    assert analysis.utilization[0, 0] == pytest.approx(cores / 0.4)
    assert analysis.workload_cpu_cores[0, 0] == pytest.approx(cores + 0.005)
    assert list(analysis.replicas[0]) == [1.0]


def test_more_limit_waits_less_and_too_little_is_infinite(analysis: Analysis) -> None:
    p95 = []
    for limit in (0.05, 0.12, 0.2, 0.4, 1.0, math.inf):
        sizing = replace(analysis.sizing, cpu_limit_cores=np.array([limit]))
        p95.append(evaluate(analysis.load, sizing).route_p95_s[0, 0])
    assert p95[0] == math.inf
    assert all(after <= before for before, after in pairwise(p95))


def test_what_is_needed_is_enough_and_a_little_less_is_not(analysis: Analysis) -> None:
    load, sizing = analysis.load, analysis.sizing
    limit = needed_limit_cores(load, sizing, analysis.replicas, 0.02)
    assert evaluate(load, replace(sizing, cpu_limit_cores=limit)).throttled_ratio.max() <= 0.02
    assert evaluate(load, replace(sizing, cpu_limit_cores=limit - 0.001)).throttled_ratio.max() > 0.02
    small = replace(sizing, cpu_limit_cores=np.array([0.06]))
    pods = needed_replicas(load, small, 0.7).max(axis=0)
    assert pods == [3.0]
    several = replace(small, minimum=pods.astype(np.int64), maximum=pods.astype(np.int64))
    assert evaluate(load, several).peak_utilization.max() <= 0.7
    fewer = replace(several, minimum=several.minimum - 1, maximum=several.maximum - 1)
    assert evaluate(load, fewer).peak_utilization.max() > 0.7


@pytest.mark.parametrize("share", [0.0, -1.0, 2.0])
def test_no_share_of_periods(analysis: Analysis, share: float) -> None:
    with pytest.raises(ValueError, match="is no share"):
        needed_limit_cores(analysis.load, analysis.sizing, analysis.replicas, share)


def test_the_longest_burst(analysis: Analysis) -> None:
    assert longest_bursts_s(analysis.load) == pytest.approx([0.006])


def test_an_hpa_follows_the_load(analysis: Analysis) -> None:
    sizing = replace(
        analysis.sizing,
        cpu_target=np.array([0.5]),
        cpu_request_cores=np.array([0.05]),
        minimum=np.array([1]),
        maximum=np.array([10]),
    )
    found = evaluate(analysis.load, sizing)
    assert found.replicas[0, 0] == math.ceil(30 * 0.003 / (0.025 - 0.005))
    assert found.replicas_low[0, 0] <= found.replicas[0, 0] <= found.replicas_high[0, 0]


def test_a_closed_loop_is_bounded_by_its_users(tmp_path: Path) -> None:
    users = "  users: {journey: [list, buy], think: 1s, stages: [{at: 0s, users: 20}]}\n"
    text = SCENARIO.replace("  file: counts.csv\n  arrivals: {kind: poisson}\n", users)
    found = load_of(fv.load_scenario(write_shop(tmp_path, scenario=text, topology=TOPOLOGY)))
    total = found.rates.mean_rps.sum()
    assert 20 / 1.02 < total < 20
    assert found.rates.mean_rps[0, 0] == pytest.approx(found.rates.mean_rps[0, 1])


def test_zero_replicas_serve_nothing(analysis: Analysis) -> None:
    none = replace(analysis.sizing, minimum=np.array([0]), maximum=np.array([0]))
    found = evaluate(analysis.load, none)
    assert found.utilization[0, 0] == math.inf
    assert found.route_p95_s[0, 0] == math.inf


def test_the_sizing_is_that_of_the_manifests(scenario: fv.Scenario, analysis: Analysis) -> None:
    sizing = sizing_of(scenario, analysis.load.program)
    assert sizing.cpu_limit_cores == [0.4]
    assert sizing.cpu_request_cores == pytest.approx([0.11])  # the exporter's request counts as well
    assert sizing.memory_request_bytes == [80 * 2**20]
    assert sizing.gauges == ((),)
