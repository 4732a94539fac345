"""What-if questions: the same as closed forms over the changed scenario, labelled as no verdict, refused with reasons."""

from __future__ import annotations

import dataclasses
import math
import sys
from pathlib import Path

import numpy as np
import pytest

import fvcapacity as fv
from fvcapacity.analytic import analyse
from fvcapacity.interactive.model import busiest_day
from tests.support.shops import COUNTS, HPA, SCENARIO, write_shop
from tests.unit.display.test_html import Seen

LIMIT = "deployment/shop/shop.limits.cpu"
REPLICAS = "deployment/shop.replicas"


def shop_in(directory: Path, **files: str) -> fv.Scenario:
    return fv.load_scenario(write_shop(directory, **files))


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> fv.Scenario:
    return shop_in(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def model(shop) -> fv.WhatIf:
    return fv.what_if(shop)


@pytest.mark.parametrize(
    ("traffic", "values"),
    [
        (1.0, {}),
        (2.0, {}),
        (0.5, {LIMIT: "600m"}),
        (3.0, {LIMIT: None, REPLICAS: 3}),
        (1.0, {"traffic.scale": 2.0}),
    ],
)
def test_it_is_what_closed_forms_make_of_the_changed_scenario(shop, model, traffic, values):
    asked = model.ask(traffic, values).asked
    changed = shop.with_values({"traffic.scale": traffic, **values})
    expected = analyse(changed)
    for name in ("replicas", "peak_utilization", "throttled_ratio", "route_p95_s", "cpu_cores"):
        np.testing.assert_allclose(getattr(asked, name), getattr(expected, name), rtol=1e-9, err_msg=name)


def test_today_stays_today(model):
    answer = model.ask(4.0, {LIMIT: "1"})
    same = model.ask()
    assert (answer.routes.set_index("route")["p95_today_s"] == same.routes.set_index("route")["p95_s"]).all()
    assert answer.today is model.today


def test_units_stand_in_the_names_of_the_columns(model):
    answer = model.ask(2.0)
    assert list(answer.routes) == ["route", "requests_rps", "p95_today_s", "p95_s"]
    assert list(answer.hours) == ["time_utc", "requests_rps", "p95_today_s", "p95_s"]
    assert list(answer.services) == [
        "service", "pods_today", "pods", "utilization_today_ratio", "utilization_ratio",
        "throttled_today_ratio", "throttled_ratio",
    ]  # fmt: skip


def test_more_than_it_can_serve_is_said(model):
    answer = model.ask(20.0)
    assert answer.bottleneck.startswith("shop cannot keep up: it would need ")
    assert math.isinf(answer.routes["p95_s"].iloc[0])
    assert "cannot keep up" in answer._repr_html_()


def test_it_never_speaks_of_a_verdict(model):
    for answer in (model.ask(), model.ask(20.0), model.ask(1.0, {LIMIT: "2"})):
        html = answer._repr_html_()
        assert "closed form, no verdict" in html
        for word in ("missed", "holds", "recommended"):
            assert word not in html
        assert not Seen(html).open


def test_the_question_can_be_replayed_as_it_stands(shop, model):
    answer = model.ask(1.5, {LIMIT: "600m", REPLICAS: 2})
    scenario = shop  # the name in the line
    assert (
        eval(answer.replay.removeprefix("fv.compare(scenario, ")[:-1]).changes
        == shop.with_values({LIMIT: "600m", REPLICAS: 2, "traffic.scale": 1.5}).changes
    )
    assert scenario is shop
    assert model.ask().replay == "fv.simulate(scenario)"


@pytest.mark.parametrize("traffic", [0.0, -1.0, math.nan, math.inf])
def test_what_is_no_multiple(model, traffic):
    with pytest.raises(fv.ScenarioError, match="no multiple of traffic"):
        model.ask(traffic)


def test_everything_that_is_wrong_is_said_at_once(model):
    with pytest.raises(fv.ScenarioError) as raised:
        model.ask(1.0, {"deployment/shopp.limits.cpu": "1", LIMIT: "quite a lot"})
    assert len(raised.value.problems) == 2


def test_plots(model):
    answer = model.ask(2.0, {LIMIT: "600m"})
    assert answer.plot.names == ("overview", "latency", "utilization")
    for name in answer.plot.names:
        assert answer.plot(name).axes
    assert model.ask(20.0).plot("latency").axes  # nothing but infinity


def test_a_long_window_is_asked_over_its_busiest_day(model):
    hours = 24 * 14
    rates = model.load.rates
    peak = np.ones((hours, rates.peak_rps.shape[1]))
    peak[200] = 5.0
    peak[190:210] += 1.0
    many = dataclasses.replace(
        rates, start_ns=np.arange(hours), covered_s=np.full(hours, 3600.0), mean_rps=peak, peak_rps=peak
    )
    kept = busiest_day(dataclasses.replace(model.load, rates=many)).rates.start_ns
    assert len(kept) == 24
    assert set(range(190, 210)) <= set(kept.tolist())


def test_users_of_a_closed_loop_have_no_multiple(tmp_path):
    users = "users: {journey: [list], think: 1s, stages: [{at: 0, users: 5}]}"
    text = SCENARIO.replace("file: counts.csv\n  arrivals: {kind: poisson}", users)
    model = fv.what_if(shop_in(tmp_path, scenario=text))
    assert model.ask().routes["requests_rps"].sum() > 0
    with pytest.raises(fv.ScenarioError, match="no multiple"):
        model.ask(2.0)


# --- sliders, without a browser


@pytest.fixture
def desk(model):
    pytest.importorskip("ipywidgets")
    return model.sliders()


def test_a_moved_slider_is_answered(model, desk):
    before = desk.answer.value
    assert before == model.ask()._repr_html_()
    desk.traffic.value = 2.0
    desk.knobs[LIMIT].value = "600m"
    assert desk.values == {LIMIT: "600m"}
    assert desk.answer.value == model.ask(2.0, {LIMIT: "600m"})._repr_html_()


def test_back_to_today(model, desk):
    desk.traffic.value = 4.0
    desk.knobs[REPLICAS].value = 5
    desk.knobs[REPLICAS].value = 1
    assert desk.values == {}
    desk.knobs[LIMIT].value = "none"
    assert desk.values == {LIMIT: None}
    desk.reset.click()
    assert desk.values == {}
    assert desk.traffic.value == 1.0
    assert desk.knobs[LIMIT].value == "150m"
    assert desk.answer.value == model.ask()._repr_html_()


def test_what_cannot_be_is_said_in_the_place_of_the_answer(desk):
    desk.knobs["deployment/shop/shop.requests.cpu"].value = "1"
    assert "150m" in desk.answer.value
    assert "<svg" not in desk.answer.value
    assert not Seen(desk.answer.value).open


def test_an_hpa_is_moved_by_its_bounds(tmp_path):
    pytest.importorskip("ipywidgets")
    path = write_shop(tmp_path)
    manifests = tmp_path / "manifests/shop.yaml"
    manifests.write_text(manifests.read_text() + HPA)
    desk = fv.what_if(fv.load_scenario(path)).sliders()
    desk.traffic.value = 8.0
    desk.knobs["hpa/shop.max"].value = 2
    assert desk.values == {"hpa/shop.max": 2}
    assert REPLICAS not in desk.knobs


def test_an_unknown_workload_is_refused_with_the_nearest(model):
    pytest.importorskip("ipywidgets")
    with pytest.raises(fv.InputError, match=r"no service of workload 'deployment/shoop'(.|\n)*deployment/shop"):
        model.sliders("deployment/shoop")


def test_a_notebook_gets_sliders_and_a_page_that_runs_nothing_gets_a_card(model):
    pytest.importorskip("ipywidgets")
    bundle = model._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "closed form, no verdict" in bundle["text/html"]


def test_without_ipywidgets_there_is_the_card_and_the_remedy(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    bundle = model._repr_mimebundle_()
    assert "pip install 'fvcapacity[notebooks]'" in bundle["text/plain"]
    assert "closed form, no verdict" in bundle["text/html"]
    with pytest.raises(fv.InputError, match="ipywidgets"):
        model.sliders()


def test_counts_are_those_of_the_shop(model):
    # 90 requests in each minute, three of four are lists
    assert COUNTS.count(",90\n") == 120
    assert model.ask().routes.set_index("route")["requests_rps"].to_dict() == pytest.approx(
        {"list": 1.125, "buy": 0.375}
    )
