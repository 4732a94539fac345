"""Every kind of answer shows itself, draws its figures by one grammar, and lets no hostile name through."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import fvcapacity as fv
from fvcapacity.errors import InputError
from fvcapacity.recommend.recommend import Recommendation
from fvcapacity.results.estimators import Estimate
from fvcapacity.study.headroom import Bisection, Break, Headroom, Stage
from fvcapacity.study.peaks import Peak
from tests.support.answers import answer_of
from tests.support.shops import PATCH, write_shop
from tests.support.small_systems import small_system
from tests.unit.cli.fakes import result_of
from tests.unit.display.test_html import HOSTILE, Seen


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> fv.Scenario:
    return fv.load_scenario(write_shop(tmp_path_factory.mktemp("shop")))


@pytest.fixture(scope="module")
def comparison(shop) -> fv.Comparison:
    return fv.compare(shop, shop.with_patch(PATCH), replications=2)


@pytest.fixture(scope="module")
def answer(tmp_path_factory) -> fv.Answer:
    return answer_of(small_system(tmp_path_factory.mktemp("system")), replayed=False)


@pytest.fixture(scope="module")
def found(shop) -> Headroom:
    broken = Break(1.25, Peak(0, 1, HOSTILE), pd.Timestamp("2026-02-14T21:05:00Z"), HOSTILE, HOSTILE)
    bisections = (Bisection(0, 1.2, 1.25, broken, "found"), Bisection(1, 1.3, 1.35, None, "found"))
    empty: Any = None
    first = Stage((), bisections, Estimate(1.27, 1.1, 1.4, 2))
    none = Stage(
        (HOSTILE,), (Bisection(0, 64.0, float("inf"), None, "never breaks"),), Estimate(float("nan"), None, None, 0)
    )
    return Headroom(shop, (first, none), (), None, empty, HOSTILE)


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> fv.Sweep:
    vary = {"deployment/shop.limits.cpu": ["150m", None], "traffic.scale": [1, 2]}
    return fv.sweep(write_shop(tmp_path_factory.mktemp("swept")), vary, replications=1)


def hostile(document: Any) -> Any:
    """Return a copy in which every text that is not a word of ours is markup."""
    if isinstance(document, dict):
        return {key: hostile(value) for key, value in document.items()}
    if isinstance(document, list):
        return [hostile(value) for value in document]
    kept = (isinstance(document, str) and document[:4].isdigit()) or document in (
        "America/Santiago",
        "all",
        "p95",
        "errors",
    )
    return HOSTILE if isinstance(document, str) and not kept else document


def check(html: str, *words: str) -> None:
    seen = Seen(html)
    assert not seen.open
    assert "img" not in seen.tags
    assert "script" not in seen.tags
    for word in words:
        assert word in html


def test_a_result_shows_its_verdict_routes_and_line():
    result = result_of(None, None)
    check(
        result._repr_html_(),
        ">missed</span>",
        "slowest routes",
        "checkout",
        "<svg",
        "p95 ms",
        "of 72 windows",
        ".plot(",
    )


def test_a_result_with_hostile_names():
    result = result_of(None)
    tables = {name: table.copy() for name, table in result.tables.items()}
    windows = tables["route_windows"]
    windows["route"] = windows["route"].where(windows["route"] == "all", HOSTILE)
    bad = fv.Result(hostile(json.loads(result.to_json())), tables, result.histograms, "")
    check(bad._repr_html_(), "&lt;img")


def test_a_result_in_which_nothing_was_judged():
    result = result_of(None)
    tables = {**result.tables, "route_windows": result.tables["route_windows"].iloc[:0]}
    check(fv.Result(result.summary, tables, result.histograms, "")._repr_html_(), "slowest routes")


@pytest.mark.parametrize("kind", ["comparison", "answer", "found", "swept"])
def test_every_answer_draws_all_that_it_lists(kind, request):
    shown = request.getfixturevalue(kind)
    assert shown.plot.names[0] == "overview"
    for name in shown.plot.names:
        assert shown.plot(name).axes
    with pytest.raises(InputError, match="there is no plot 'nonsense'"):
        shown.plot("nonsense")


def test_a_result_draws_by_name():
    result = result_of(None)
    assert result.plot.names == ("overview", "traffic", "latency", "errors", "replicas", "throttling", "cost")
    assert "p95" in result.plot("latency").axes[0].get_title(loc="left")


def test_the_names_are_those_that_are_written():
    from fvcapacity.plots import _FIGURES
    from fvcapacity.results.shown import PLOTS

    assert list(PLOTS) == list(_FIGURES)


def test_a_scenario_shows_what_it_asks(shop):
    assert str(Path.cwd().anchor) + "tmp" not in shop._repr_html_()
    check(shop._repr_html_(), "not run yet", "deployment/shop", "150m", "p95 below 500 ms", "pool general", "<svg")
    patched = shop.with_patch(PATCH)
    check(dataclasses.replace(patched, findings=(HOSTILE,))._repr_html_(), "600m", "changed: ", "finding: &lt;img")


def test_a_comparison_shows_both_sides(comparison):
    check(
        comparison._repr_html_(),
        ">A missed</span>",
        "p95 of all user requests, ms",
        "p95 of buy",
        "A, orange: at most 5",
        "<svg",
    )
    bad = dataclasses.replace(comparison, summary=hostile(comparison.summary))
    check(bad._repr_html_(), "&lt;img")


def test_an_answer_shows_changes_and_proof(answer):
    check(
        answer._repr_html_(),
        ">recommended</span>",
        "requests.cpu",
        "60m",
        "krr",
        "1 of 2",
        "cannot be: a request above",
    )
    check(dataclasses.replace(answer, sentence=HOSTILE, nearest=HOSTILE)._repr_html_(), "&lt;img")


def test_a_search_says_that_it_is_not_proven(answer):
    found: Recommendation = answer.search
    check(found._repr_html_(), "not proven", "60m")
    assert found.plot().axes


def test_a_headroom_shows_each_stage(found):
    check(found._repr_html_(), "bears 1.27 times the traffic", "never breaks", "&lt;img")


def test_a_sweep_shows_its_points(swept):
    check(swept._repr_html_(), "of 4 points hold", "deployment/shop.limits.cpu", "none", "holds, best", "missed")
    bad = {**hostile(swept.summary), "axes": swept.summary["axes"]}  # the paths are keys of the points too
    check(dataclasses.replace(swept, summary=bad)._repr_html_(), "&lt;img")


def test_hostile_scenario_names_are_refused_at_the_door(tmp_path: Path):
    path = write_shop(tmp_path)
    path.write_text(path.read_text().replace("name: small", f"name: {json.dumps(HOSTILE)}"))
    with pytest.raises(fv.ScenarioError, match="name"):
        fv.load_scenario(path)
