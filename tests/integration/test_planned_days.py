"""Planned days of a tiny shop: a wave that comes too fast for the HPA, and one that it bears."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import fvcapacity as fv
from fvcapacity.cli.main import app
from fvcapacity.cli.render_plan import render_plan_markdown, render_plan_table
from fvcapacity.errors import InputError, ScenarioError
from fvcapacity.study.planning import DayPlan, plan_days
from fvcapacity.study.planning.summary import plan_summary
from tests.support.shops import HPA, MANIFESTS, SCENARIO, write_shop

MINUTE_NS = 60 * 10**9
EVENT = "  events:\n    - {{name: {name}, start: 2026-02-14T18:10:00, duration: 6m, multiply: {multiply}}}\n"
FAST = SCENARIO.replace("plane: simpy", "plane: fast").replace("duration: 5m", "duration: 20m")
LEADS = (MINUTE_NS, 2 * MINUTE_NS)
BARE = MANIFESTS.partition("---\napiVersion: v1\nkind: Secret")[0]
"""A file with a Secret cannot be copied beside patches."""
SHOP = BARE.replace("limits: {cpu: 150m", "limits: {cpu: 300m") + HPA


def shop(home: Path, *, events: str = "", manifests: str = SHOP, scenario: str = FAST) -> fv.Scenario:
    text = scenario.replace("window:\n", f"{events}window:\n", 1)
    path = write_shop(home, scenario=text)
    (home / "manifests" / "shop.yaml").write_text(manifests)
    return fv.load_scenario(path)


def event(name: str, multiply: float) -> str:
    return EVENT.format(name=name, multiply=multiply)


@pytest.fixture(scope="module")
def steep(tmp_path_factory: pytest.TempPathFactory) -> fv.Scenario:
    """One pod of 300m serves the quiet traffic (40m); twenty times as much takes three of them and more, at once."""
    return shop(tmp_path_factory.mktemp("steep"), events=event("rush", 20))


@pytest.fixture(scope="module")
def plan(steep: fv.Scenario) -> DayPlan:
    return plan_days(steep, leads_ns=LEADS, replications=2, searched=2)


def test_a_wave_that_is_too_fast_for_the_hpa_gets_a_schedule_that_holds(plan: DayPlan) -> None:
    (wave,) = plan.waves
    assert wave.verdict == "schedule"
    assert wave.proof.failing() > 0
    assert wave.proof.failing(planned=True) == 0
    up, down = plan.schedule
    assert set(up.values) == {"hpa/shop.min"}
    assert up.values["hpa/shop.min"] > 1
    assert down.values == {"hpa/shop.min": 1}
    assert (up.at.isoformat(), down.at.isoformat()) == ("2026-02-14T18:09:00-03:00", "2026-02-14T18:16:00-03:00")


def test_what_is_printed_was_replayed(plan: DayPlan, steep: fv.Scenario) -> None:
    assert plan.proof.planned is not None
    events = plan.proof.planned.tables["events"]
    changed = events[(events["reason"] == "ScheduledChange") & (events["replication"] == 0)]
    assert list(changed["time_s"]) == [540.0, 960.0]
    assert plan.proof.alone.summary["run"]["seed"] != steep.file.seed  # the search has not seen these customers


def test_the_lead_is_the_shortest_that_was_ready_in_time(plan: DayPlan) -> None:
    search = plan.waves[0].search
    for attempt in search.attempts:
        assert attempt.in_time == (attempt.ready_s <= attempt.lead_ns / 1e9)
        if attempt.words == "pods":
            assert (
                0 < attempt.ready_s < 20
            )  # the HPA's next sync, and 0.8 s to create them: images are there, nothing to start
    assert search.best is not None
    assert search.best.holds


@pytest.mark.long
def test_the_plan_does_not_depend_on_the_jobs(plan: DayPlan, steep: fv.Scenario) -> None:
    again = plan_days(steep, leads_ns=LEADS, replications=2, searched=2, jobs=2)
    assert plan_summary(again) == plan_summary(plan)


def test_a_wave_that_the_hpa_bears_is_left_to_it(tmp_path: Path) -> None:
    found = plan_days(shop(tmp_path, events=event("drizzle", 3)), leads_ns=LEADS, replications=1, searched=1)
    summary = plan_summary(found)
    assert [wave.verdict for wave in found.waves] == ["leave it to the HPA"]
    assert not found.schedule
    assert summary["sentence"].startswith("Leave it to the HPA")
    assert summary["waves"][0]["tried"]  # and what a schedule would have cost was tried


@pytest.mark.long
def test_a_system_that_no_minimum_helps_is_told_so(tmp_path: Path) -> None:
    manifests = SHOP.replace("maxReplicas: 6", "maxReplicas: 1")
    found = plan_days(shop(tmp_path, events=event("rush", 20), manifests=manifests), leads_ns=LEADS, replications=2)
    assert [wave.verdict for wave in found.waves] == ["no schedule helps"]
    assert "the HPA wants no more than its minimum" in plan_summary(found)["waves"][0]["sentence"]


@pytest.mark.parametrize(
    ("events", "names", "said"),
    [
        ("", None, "the traffic has no events"),
        (event("rush", 8), ["rusch"], "did you mean 'rush'?"),
        (event("lull", 0.5), None, "it does not raise the traffic"),
        (event("late", 8).replace("18:10", "19:10"), ["late"], "begins after the window has ended"),
        (event("early", 8).replace("18:10", "18:00"), ["early"], "the window begins less than 1m before its rise"),
    ],
    ids=["none", "misspelt", "a lull", "late", "early"],
)
def test_what_cannot_be_planned_is_refused(tmp_path: Path, events: str, names: list[str] | None, said: str) -> None:
    with pytest.raises(ScenarioError) as error:
        plan_days(shop(tmp_path, events=events), events=names, leads_ns=LEADS)
    assert said in str(error.value)


def test_without_an_hpa_or_a_pool_that_grows_there_is_no_minimum_to_raise(tmp_path: Path) -> None:
    machine = "{name: D2s_v5, cpu: 2, memory: 8Gi, allocatable_cpu: 1900m, allocatable_memory: 6Gi, usd_per_hour: 0.1}"
    karpenter = f"provisioner: karpenter\nkarpenter: {{node_pools: {{default: {{instance_types: [{machine}]}}}}}}\n"
    without = shop(tmp_path, events=event("rush", 8), manifests=MANIFESTS, scenario=FAST + karpenter)
    with pytest.raises(ScenarioError, match="no HPA"):
        plan_days(without, leads_ns=LEADS)


def test_patches_by_date_are_written_and_what_takes_them_back(
    plan: DayPlan, steep: fv.Scenario, tmp_path: Path
) -> None:
    out = fv.write_plan(plan, steep, tmp_path / "plan", kubectl=None)
    before, after = "2026-02-14T1809-before-rush", "2026-02-14T1816-after-rush"
    assert sorted(path.name for path in out.iterdir()) == [before, after, "README.md", "plan.json", "schedule.yaml"]
    minimum = plan.schedule[0].values["hpa/shop.min"]
    patch = (out / before / "patches" / "horizontalpodautoscaler-shop.yaml").read_text()
    assert f"minReplicas: {minimum}" in patch
    assert [path.name for path in (out / after / "patches").iterdir()] == ["deployment-shop.yaml"]  # drops replicas
    text = (out / "README.md").read_text()
    assert text.index(before) < text.index(after)
    assert "Sat 14 Feb 2026 18:09" in text
    assert "2026-02-14T21:09:00Z" in text
    assert f"""kubectl patch hpa shop -n flowers --type merge -p '{{"spec":{{"minReplicas":{minimum}}}}}'""" in text
    assert json.loads((out / "plan.json").read_text())["schema_version"] == "fvcapacity/plan/1"


def test_the_written_schedule_replays_the_plan(plan: DayPlan, steep: fv.Scenario, tmp_path: Path) -> None:
    out = fv.write_plan(plan, steep, tmp_path / "plan", kubectl=None)
    schedule = yaml.safe_load((out / "schedule.yaml").read_text())["schedule"]
    again = shop(tmp_path / "again", events=event("rush", 8), scenario=FAST + yaml.safe_dump({"schedule": schedule}))
    assert again.file.schedule == plan.schedule


def test_nothing_of_others_is_overwritten(plan: DayPlan, steep: fv.Scenario, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="something else than a plan"):
        fv.write_plan(plan, steep, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_plan_is_printed_with_its_evidence(plan: DayPlan) -> None:
    summary = plan_summary(plan)
    table, markdown = render_plan_table(summary, width=140, color=False), render_plan_markdown(summary)
    for text in (table, markdown):
        assert "2 changes for rush. Being early costs 0.00" in text
        assert "At Sat 14 Feb 18:09, 1m before its rise, set hpa/shop.min 1 -> " in text
        assert "left to the HPA" in text
        assert "chosen" in text
    assert "| Wave | Tried | Lead |" in markdown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--lead", "5"], "5"),
        (["--lead", "0s"], "longer than nothing"),
        (["--event", "rusch"], "did you mean 'rush'?"),
    ],
)
def test_options_that_cannot_be_are_refused(tmp_path: Path, options: list[str], said: str) -> None:
    shop(tmp_path, events=event("rush", 8))
    done = CliRunner().invoke(app, ["plan", str(tmp_path / "scenario.yaml"), "--quiet", *options])
    assert done.exit_code == 2
    assert said in done.output
