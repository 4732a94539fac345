"""Comparisons of a small shop, run for real: a few minutes of two requests a second."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import jsonschema
import numpy as np
import pandas as pd
import pytest

import fvcapacity as fv
from fvcapacity.cli.schema import Document, document_text
from fvcapacity.errors import InputError, ScenarioError
from fvcapacity.results.estimators import estimate_mean, estimate_paired
from fvcapacity.run import Replications
from fvcapacity.study import compare as module
from fvcapacity.study.compare import compare, read_difference
from tests.support.shops import PATCH, SCENARIO, TOPOLOGY, write_shop

PRICES = """\
name: test
currency: USD
prices:
  - {kind: instance, name: D2s_v5, region: here, unit: per_hour, price: 0.12, source: a test, as_of: 2026-01-01}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return fv.load_scenario(write_shop(tmp_path_factory.mktemp("shop")))


@pytest.fixture(scope="module")
def faster(shop):
    return shop.with_patch(PATCH)


@pytest.fixture(scope="module")
def comparison(shop, faster):
    return compare(shop, faster)


def load(tmp_path, *changes, topology=TOPOLOGY, **overrides):
    text = SCENARIO
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = write_shop(tmp_path, scenario=text, topology=topology)
    return fv.load_scenario(path, overrides={key.replace("__", "."): value for key, value in overrides.items()})


def part(comparison, measure, route="all"):
    parts = comparison.summary["differences" if route == "all" else "routes"]
    (found,) = [item for item in parts if (item["measure"], item["route"]) == (measure, route)]
    return found


def test_at_least_five_pairs_and_both_results_whole(comparison, shop, faster):
    assert comparison.summary["run"]["replications"] == 5
    assert comparison.complete
    assert comparison.first == fv.simulate(shop, replications=5)
    assert comparison.second == fv.simulate(faster, replications=5)
    assert comparison.status == comparison.second.status == "holds"


def test_the_same_customers_walk_through_both(comparison):
    counts = [result.tables["routes"]["requests"].tolist() for result in (comparison.first, comparison.second)]
    assert counts[0] == counts[1]
    assert len(set(counts[0])) > 5  # but other ones in every replication


def test_the_differences_are_those_of_the_pairs(comparison):
    tables = [
        result.tables["routes"].query("route == 'buy'")["p95_s"].to_numpy()
        for result in (comparison.first, comparison.second)
    ]
    difference = tables[1] - tables[0]
    found = part(comparison, "p95", "buy")
    expected = estimate_mean(difference.tolist())
    assert found["difference"] == {"mean": expected.mean, "low_95": expected.low, "high_95": expected.high}
    assert found["first"]["mean"] == pytest.approx(tables[0].mean())
    assert found["relative_percent"] == pytest.approx(100 * difference.mean() / tables[0].mean())
    assert found["narrowing"] == estimate_paired(tables[0].tolist(), tables[1].tolist()).narrowing
    assert found["reading"] == "lower"
    rows = comparison.pairs.query("measure == 'p95' and route == 'buy'")
    assert rows["difference"].tolist() == difference.tolist()


def test_more_cpu_lowers_latency_and_changes_no_nodes(comparison):
    assert part(comparison, "p95")["relative_percent"] < -50
    assert part(comparison, "worst_p95")["reading"] == "lower"
    hours = part(comparison, "node_hours")
    assert (hours["reading"], hours["first"]["mean"]) == ("same", pytest.approx(5 / 60))
    assert hours["narrowing"] is None
    assert comparison.summary["sentence"].startswith("P95 over all user requests falls from ")
    assert "cost" not in {item["measure"] for item in comparison.summary["differences"]}


def test_the_cost_of_another_machine(tmp_path):
    (tmp_path / "prices.yaml").write_text(PRICES)
    priced = ("seed: 4", "cost: {prices: prices.yaml, region: here}")
    one = load(tmp_path, priced)
    two = load(tmp_path, priced, ("count: 1", "count: 2\n    minimum: 2"))
    asked = {"precision": 0.05, "measure": "cost"}
    comparison = compare(one, two, **asked)
    cost, hours = part(comparison, "cost"), part(comparison, "node_hours")
    assert hours["difference"]["mean"] == pytest.approx(5 / 60)
    assert cost["difference"]["mean"] == pytest.approx(0.12 * 5 / 60)
    assert (cost["relative_percent"], cost["reading"]) == (pytest.approx(100), "higher")
    stopping = comparison.summary["run"]["stopping"]
    assert (stopping["measure"], stopping["reason"], stopping["replications"]) == ("cost", "constant", 5)
    unpriced = compare(load(tmp_path), two, replications=1)
    assert "Only B has prices: no cost is compared." in unpriced.summary["notes"]
    assert "cost" not in {item["measure"] for item in unpriced.summary["differences"]}


def test_pairing_narrows_a_small_change(shop):
    """A change that alters little moves every pair alike: the intervals without pairing would be many times wider."""
    changed = shop.with_patch(PATCH.replace("600m", "140m"))
    assert part(compare(shop, changed), "p95", "list")["narrowing"] > 2


def test_a_scenario_against_itself_is_the_same(shop):
    comparison = compare(shop, shop, replications=2)
    assert {item["reading"] for item in comparison.summary["differences"]} == {"same"}
    assert "A and B are the same" in comparison.summary["notes"][0]


def test_what_is_remarkable_about_b_alone_is_said(shop):
    idle = shop.with_patch("apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: new}\n")
    notes = compare(shop, idle, replications=1).summary["notes"]
    assert "B: secret/db changes nothing that capacity depends on." in notes
    assert not any("America/Santiago" in note for note in notes)  # a finding of both


def test_one_replication_has_differences_and_no_intervals(shop, faster):
    comparison = compare(shop, faster, replications=1)
    found = part(comparison, "p95")
    assert found["difference"]["mean"] < 0
    assert (found["difference"]["low_95"], found["narrowing"], found["reading"]) == (None, None, "no interval")
    assert comparison.summary["notes"][0] == "One replication: the differences carry no interval, and may be chance."


def test_the_document_fits_its_schema(comparison):
    jsonschema.validate(json.loads(comparison.to_json()), json.loads(document_text(Document.COMPARISON)))


@pytest.mark.long
def test_jobs_do_not_change_a_byte_of_a_precise_comparison(shop, faster):
    asked = {"precision": 0.05, "max_replications": 10}
    one, two = (compare(shop, faster, jobs=jobs, **asked) for jobs in (1, 2))
    assert one.to_json() == two.to_json()
    assert one.summary["run"]["stopping"]["replications"] == 10  # five were not enough: a decision was made


PRECISE = {"precision": 0.08, "max_replications": 20}


@pytest.fixture(scope="module")
def precise(shop):
    return fv.simulate(shop, jobs=1, **PRECISE)


def test_jobs_do_not_change_a_byte_of_a_precise_simulation(shop, precise):
    one, two = precise, fv.simulate(shop, jobs=2, **PRECISE)
    assert one.to_json() == two.to_json()
    run = one.summary["run"]
    assert run["stopping"]["reason"] == "precise"
    assert 5 < run["replications"] < 20
    assert run["replications"] % 5 == 0
    whole = one.summary["routes"][-1]["p95_s"]
    half = (whole["high_95"] - whole["low_95"]) / 2
    assert run["stopping"]["reached_percent"] == pytest.approx(100 * half / whole["mean"])
    assert half <= 0.08 * whole["mean"]
    assert run["stopping"]["sentence"] in one.summary["notes"]
    assert one.complete


def test_the_first_batch_that_is_precise_enough_ends_the_run(shop, precise):
    fixed = fv.simulate(shop, replications=precise.summary["run"]["replications"] - 5).summary["routes"][-1]["p95_s"]
    assert (fixed["high_95"] - fixed["low_95"]) / 2 > 0.08 * fixed["mean"]


def test_the_maximum_is_kept_and_said(shop):
    run = fv.simulate(shop, precision=0.0001, max_replications=7).summary["run"]
    assert (run["replications"], run["asked_replications"], run["stopping"]["reason"]) == (7, 7, "maximum")
    assert "0.01 % asked" in run["stopping"]["sentence"]


def test_what_never_changes_needs_no_more_than_a_batch(shop):
    run = fv.simulate(shop, precision=0.05, measure="errors").summary["run"]
    assert (run["replications"], run["stopping"]["reason"]) == (5, "constant")


def test_a_fixed_number_has_no_stopping(shop):
    assert fv.simulate(shop, replications=2).summary["run"]["stopping"] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": 0.05, "replications": 5}, "both given"),
        ({"precision": 5.0}, "share between 0 and 1"),
        ({"precision": 0.05, "max_replications": 4}, "less than the first batch"),
        ({"precision": 0.05, "measure": "cost"}, "has no prices"),
        ({"plane": "warp"}, "plane"),
    ],
)
def test_what_cannot_be_asked_for(shop, options, message):
    for ask in (lambda: compare(shop, shop, **options), lambda: fv.simulate(shop, **options)):
        with pytest.raises((ScenarioError, ValueError), match=message):
            ask()


def test_different_windows_are_an_error(shop, tmp_path):
    with pytest.raises(ScenarioError, match=r"the windows differ: A is 5m from 2026-02-14 18:00, B is 5m from .*18:05"):
        compare(shop, load(tmp_path, ("18:00:00", "18:05:00")))
    with pytest.raises(ScenarioError, match="windows differ"):
        compare(shop, load(tmp_path, ("duration: 5m", "duration: 6m")))


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ([("seed: 4", "seed: 5")], "Both draw from the seed of A, 4; that of B, 5, is passed over."),
        ([("plane: simpy", "plane: fast")], "Both run on the plane of A, simpy; that of B, fast, is passed over."),
        ([("warm_up: 0s", "warm_up: 5m")], "The warm-ups differ (A 0s, B 5m)"),
        ([("kind: poisson", "kind: cluster")], "The traffic differs"),
        ([("arrivals:", "scale: 2\n  arrivals:")], "The scale or the events of the traffic differ"),
        ([("seed: 4", "objectives: {p95_ms: 100}")], "The objectives differ"),
        ([("file: counts.csv\n  arrivals: {kind: poisson}", "users: {journey: [list], stages: [{at: 0s, users: 2}]}")],
         "Only one of A and B has virtual users"),
    ],
)  # fmt: skip
def test_what_differs_besides_the_system_is_said(shop, tmp_path, changes, note):
    notes = compare(shop, load(tmp_path, *changes), replications=1).summary["notes"]
    assert any(line.startswith(note) for line in notes), notes


def test_other_counts_are_other_customers(shop, tmp_path):
    other = load(tmp_path)
    assert other.traffic is not None
    other = replace(other, traffic=replace(other.traffic, rps=other.traffic.rps * 1.5))
    notes = compare(shop, other, replications=1).summary["notes"]
    assert any(line.startswith("The traffic differs") for line in notes)


def test_common_routes_are_compared_and_the_others_named(shop, tmp_path):
    topology = TOPOLOGY.replace("  buy: {path: /buy, share: 1", "  order: {path: /order, share: 1")
    summary = compare(shop, load(tmp_path, topology=topology), replications=1).summary
    assert {item["route"] for item in summary["routes"]} == {"list"}
    assert (summary["only_first"], summary["only_second"]) == (["buy"], ["order"])
    assert "Only A has the route buy." in summary["notes"]
    assert "Only B has the route order." in summary["notes"]


def test_an_interruption_keeps_the_finished_pairs(shop, faster, monkeypatch):
    extend = Replications.extend

    def interrupted(self, count):
        if count > 5 and self.scenario.changes:  # B, in its second batch
            self.asked = count
            return False
        return extend(self, count)

    monkeypatch.setattr(Replications, "extend", interrupted)
    comparison = compare(shop, faster, replications=8)
    run = comparison.summary["run"]
    assert (run["replications"], run["asked_replications"], run["complete"]) == (5, 8, False)
    assert "Interrupted: 5 of 8 pairs" in comparison.summary["notes"][0]
    assert len(comparison.pairs.query("measure == 'p95' and route == 'all'")) == 5


def test_an_interruption_before_the_first_pair_is_passed_on(shop, faster, monkeypatch):
    def interrupted(self, count):
        raise KeyboardInterrupt

    monkeypatch.setattr(Replications, "extend", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compare(shop, faster)


def test_saved_whole_and_read_back(comparison, tmp_path):
    comparison.save(tmp_path / "c")
    comparison.save(tmp_path / "c")  # over one of ours
    assert (tmp_path / "c" / "comparison.json").read_text() == comparison.to_json()
    assert fv.load_result(tmp_path / "c" / "second") == comparison.second
    pairs = pd.read_csv(tmp_path / "c" / "pairs.csv")
    np.testing.assert_allclose(pairs["difference"], comparison.pairs["difference"])
    with pytest.raises(InputError, match="something else than a comparison"):
        comparison.save(tmp_path / "c" / "second")


@pytest.mark.parametrize(
    ("first", "second", "reading"),
    [
        ([2, 3, 4], [1.1, 2, 2.9], "lower"),
        ([1.1, 2, 2.9], [2, 3, 4], "higher"),
        ([1, 2, 3], [3, 2, 1], "not told apart"),
        ([1, 2, 3], [1, 2, 3], "same"),
        ([1, 2, 3], [2, 3, 4], "higher"),  # by the same in every pair
        ([1], [2], "no interval"),
        ([math.nan, 1], [2, math.nan], "nothing to measure"),
    ],
)
def test_readings(first, second, reading):
    assert read_difference(estimate_paired(first, second)) == reading


def test_progress_numbers_the_runs_in_turns(shop, faster):
    seen = set()
    compare(shop, faster, replications=2, progress=lambda update: seen.add(update.replication))
    assert seen == {0, 1, 2, 3}


def test_the_public_name_is_the_function():
    assert fv.compare is module.compare
