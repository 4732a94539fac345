"""A quarter of a small shop: from counts or an assumed week to machines and money, and what if."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

import fvcapacity as fv
from fvcapacity.review.forecast_summary import ForecastSummary
from tests.support.shops import HPA, SCENARIO, write_shop

pytest.importorskip("statsmodels", reason="statsmodels is not installed (it belongs to the extra review)")

PRICES = """\
name: small
currency: USD
defaults: {egress: internet}
prices:
  - &here {kind: instance, name: D2s_v5, region: r1, unit: per_hour, price: 0.1, source: test, as_of: 2026-01-01}
  - {<<: *here, purchase: spot, price: 0.04}
  - {<<: *here, purchase: reserved_1y, price: 0.06}
  - {kind: control_plane, name: managed, region: r1, unit: per_hour, price: 0.1, source: test, as_of: 2026-01-01}
  - {kind: egress, name: internet, region: r1, unit: per_gib, price: 0.09, source: test, as_of: 2026-01-01}
"""
TRAFFIC = """\
traffic:
  weekly: {file: WEEK, mean_rps: 30.0}
  arrivals: {kind: poisson}
  events:
    - {name: the day, start: 2026-02-14T08:00:00, duration: 12h, multiply: 3}
special_days:
  - {name: valentines, rule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=14"}
cost: {prices: prices.yaml, region: r1}
"""
HPA_WIDE = HPA.replace("maxReplicas: 6", "maxReplicas: 40")
CHEAP = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: flowers}
spec:
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 90}}}]
"""


def shop(directory: Path) -> fv.Scenario:
    week = Path("data/traffic/weekly-shape.yaml").resolve()
    text = SCENARIO.replace(
        "traffic:\n  file: counts.csv\n  arrivals: {kind: poisson}\n", TRAFFIC.replace("WEEK", str(week))
    )
    text = text.replace("maximum: 2", "maximum: 30\n    minimum: 1")
    path = write_shop(directory, scenario=text)
    (directory / "prices.yaml").write_text(PRICES)
    (directory / "manifests" / "hpa.yaml").write_text(HPA_WIDE)
    (directory / "cheap.yaml").write_text(CHEAP)
    return fv.load_scenario(path)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def scenario(directory):
    return shop(directory)


@pytest.fixture(scope="module")
def summary(scenario, directory):
    options = fv.ForecastOptions(
        draws=200,
        replays=False,
        budget_usd=500.0,
        spot=0.4,
        reserve="1y",
        patches={"cheap": [directory / "cheap.yaml"]},
    )
    return fv.forecast(scenario, "2027Q1", options).summary


def test_the_document_is_one(summary):
    assert ForecastSummary.model_validate(summary).model_dump(mode="json") == summary
    with pytest.raises(ValidationError):
        ForecastSummary.model_validate({**summary, "quarter": None})


def test_months_add_up_to_the_quarter(summary):
    assert sum(month["requests"]["mean"] for month in summary["months"]) == pytest.approx(summary["requests"]["mean"])
    usd = summary["money"]["total_usd"]["mean"]
    assert sum(month["usd"]["mean"] for month in summary["months"]) == pytest.approx(usd)
    assert sum(part["mean"] for part in summary["money"]["by_category_usd"].values()) == pytest.approx(usd)


def test_the_special_day_of_another_year_brings_its_event(summary):
    (special,) = summary["special_days"]
    assert (special["day"], special["name"], special["basis"]) == ("2027-02-14", "valentines", "assumed")
    days = {day["day"]: day["median"] for day in summary["days"]}
    assert days["2027-02-14"] / days["2027-02-07"] == pytest.approx(2.4, abs=0.4)  # 3 times from 8 to 20


def test_spreads_are_in_order(summary):
    for part in (summary["requests"], summary["money"]["total_usd"]):
        order = [part[name] for name in ("low_95", "low_80", "median", "high_80", "high_95")]
        assert order == sorted(order)
        assert order[0] < order[-1]


def test_the_budget_is_told_with_its_risk(summary):
    budget = summary["money"]["budget"]
    needed = [budget["needed_usd"][risk] for risk in ("50", "20", "10", "5")]
    assert needed == sorted(needed)
    assert needed[0] == pytest.approx(summary["money"]["total_usd"]["median"])
    assert 0 <= budget["overrun_probability"] <= 1


def test_what_if_lines_are_of_the_same_draws(summary):
    patch, spot, reservation = summary["money"]["what_if"]
    total = summary["money"]["total_usd"]["mean"]
    for line in (patch, spot, reservation):
        assert line["usd"]["mean"] + line["saving_usd"]["mean"] == pytest.approx(total)
    assert patch["saving_usd"]["low_95"] >= 0 < patch["saving_usd"]["median"]  # fuller pods are fewer
    assert spot["saving_usd"]["median"] >= 0
    assert reservation["break_even"] == pytest.approx(0.6)
    assert reservation["machines"] == sum(usage > 0.6 for usage in reservation["usage"])
    assert reservation["machines"] >= 1


@pytest.mark.long
def test_other_seeds_are_other_draws_and_the_same_seed_the_same(scenario):
    options = [fv.ForecastOptions(draws=100, replays=False, seed=seed) for seed in (1, 1, 2)]
    one, again, other = (fv.forecast(scenario, "2026Q3", option).summary for option in options)
    assert one == again
    assert one["requests"]["median"] != other["requests"]["median"]


def test_growth_that_is_given_counts_from_the_scenarios_day(scenario):
    flat, grown = (
        fv.forecast(scenario, "2027Q1", fv.ForecastOptions(draws=100, replays=False, growth=g)).summary
        for g in (0.0, 0.5)
    )
    assert grown["requests"]["median"] / flat["requests"]["median"] == pytest.approx(1.5, rel=0.05)
    assert grown["source"]["growth_basis"] == "given"


@pytest.fixture(scope="module")
def counts(tmp_path_factory):
    """Eight weeks of counts by hour to 10 February 2026; nights are quiet."""
    times = pd.date_range("2025-12-16", "2026-02-11", freq="h", tz="America/Santiago", inclusive="left")
    rng = np.random.default_rng(5)
    hours = np.where((times.hour >= 8) & (times.hour < 20), 9000, 900)
    path = tmp_path_factory.mktemp("counts") / "counts.csv"
    frame = pd.DataFrame({"timestamp": times.tz_convert("UTC"), "requests": rng.poisson(hours)})
    frame.to_csv(path, index=False)
    return path


@pytest.mark.long
def test_a_history_that_reaches_into_the_quarter_is_known_there(scenario, counts):
    options = fv.ForecastOptions(draws=200, replays=False, history=counts, back_cast=False)
    summary = fv.forecast(scenario, "2026Q1", options).summary
    known = [day for day in summary["days"] if day["known"]]
    assert [known[0]["day"], known[-1]["day"], len(known)] == ["2026-01-01", "2026-02-10", 41]
    assert all(day["low_95"] == day["high_95"] for day in known)
    days = {day["day"]: day["median"] for day in summary["days"]}
    assert days["2026-02-12"] == pytest.approx(12 * 9900, rel=0.1)
    # the history never saw the special day: its event stands on top of what it says, 3 times in the busy hours
    assert days["2026-02-14"] / days["2026-02-12"] == pytest.approx((3 * 9000 + 900) / 9900, rel=0.1)
    assert summary["source"]["kind"] == "history"


@pytest.mark.long
def test_traffic_alone(counts):
    found = fv.forecast_traffic(counts, "2026Q1", options=fv.ForecastOptions(draws=200))
    assert found.summary["money"] is None
    coverage = found.summary["coverage"]
    assert coverage["horizon_days"] == 14
    assert coverage["day_coverage_95"] >= 0.8


@pytest.mark.parametrize(
    ("quarter", "words"),
    [("2025Q4", "after 2025Q4"), ("2028Q1", "days before 2028Q1 ends"), ("spring", "no quarter")],
)
def test_quarters_that_cannot_be_forecast(counts, quarter, words):
    with pytest.raises(fv.InputError, match=words):
        fv.forecast_traffic(counts, quarter, options=fv.ForecastOptions(draws=100))


def test_karpenter_chooses_machines_that_no_closed_form_counts(scenario):
    changed = scenario.file.model_copy(update={"provisioner": "karpenter"})
    from dataclasses import replace

    with pytest.raises(fv.ScenarioError, match="Karpenter"):
        fv.forecast(replace(scenario, file=changed), "2026Q2", fv.ForecastOptions(draws=100, replays=False))
