"""The table of a sweep: what is in it, and that it is the same whatever runs it and however often it was stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import fvcapacity as fv
from fvcapacity.errors import InputError, SourceError
from fvcapacity.results.verdict import judge
from fvcapacity.study.sweep import local
from fvcapacity.study.sweep.cluster import refuse_strangers
from fvcapacity.study.sweep.journal import EVERY_S, Journal
from fvcapacity.study.sweep.task import Refused, Task, facts, run_task
from tests.support.dask_cluster import ROOT
from tests.support.shops import write_shop

VARY = ["deployment/shop.limits.cpu=150m,400m", "traffic.scale=1,2"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def found(shop: Path) -> fv.Sweep:
    return fv.sweep(shop, VARY, replications=2)


def test_a_point_is_what_simulate_gives(shop, found):
    scenario = fv.load_scenario(shop).with_values({"deployment/shop.limits.cpu": "150m", "traffic.scale": 2})
    result = fv.simulate(scenario, replications=2)
    point = found.summary["points"][1]
    assert point["values"] == {"deployment/shop.limits.cpu": "150m", "traffic.scale": 2.0}
    whole = next(route for route in result.summary["routes"] if route["route"] == "all")
    assert point["p95_s"] == whole["p95_s"]
    verdict = judge(result.tables["route_windows"], scenario.file.objectives, scenario.file.time_zone)
    assert (point["status"], point["runs"]) == (verdict.status, 2)
    rows = found.runs[found.runs["point"] == 1]
    assert rows["replication"].tolist() == [0, 1]
    assert rows["seed"].nunique() == 2


def test_every_point_has_the_same_seeds_and_a_sentence_says_which_is_best(found):
    assert found.runs.groupby("replication")["seed"].nunique().tolist() == [1, 1]
    assert found.points["deployment/shop.limits.cpu"].tolist() == ["150m", "150m", "400m", "400m"]
    assert found.points["traffic.scale"].tolist() == [1.0, 2.0, 1.0, 2.0]
    best = found.summary["points"][found.summary["best"]]
    assert best["status"] == "holds"
    assert "deployment/shop.limits.cpu = 400m" in found.summary["sentence"]


def test_processes_do_not_change_the_table(shop, found):
    two = fv.sweep(shop, VARY, replications=2, jobs=2)
    pd.testing.assert_frame_equal(two.runs, found.runs, check_exact=True)
    assert two.to_json() == found.to_json()


def test_a_directory_holds_all_of_it_and_is_gone_on_from(shop, found, tmp_path):
    first = fv.sweep(shop, VARY, replications=1, out=tmp_path / "out")
    assert first.recalled == 0
    again = fv.sweep(shop, VARY, replications=2, out=tmp_path / "out")
    assert again.recalled == 4  # the first replication of each point
    assert again.to_json() == found.to_json()
    pd.testing.assert_frame_equal(again.runs, found.runs, check_exact=True)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"sweep.json", "runs.parquet", "runs.csv", "points.parquet", "points.csv"}
    read = pd.read_parquet(tmp_path / "out" / "runs.parquet")
    assert read["p95_s"].tolist() == found.runs["p95_s"].tolist()
    assert json.loads((tmp_path / "out" / "sweep.json").read_text()) == found.summary


def test_another_scenario_takes_nothing_from_it(shop, tmp_path):
    fv.sweep(shop, ["traffic.scale=1"], replications=1, out=tmp_path / "out")
    other = fv.sweep(shop, ["traffic.scale=1"], replications=1, seed=99, out=tmp_path / "out")
    assert other.recalled == 0


def test_something_else_is_left_as_it_is(shop, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="something else than a sweep"):
        fv.sweep(shop, VARY, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_two_sweeps_do_not_share_a_directory(tmp_path):
    journal = Journal(tmp_path)
    with pytest.raises(InputError, match="another sweep is at work"):
        Journal(tmp_path)
    journal.close()
    Journal(tmp_path).close()


def test_damaged_parts_and_leftovers_cost_only_themselves(shop, found, tmp_path):
    out = tmp_path / "out"
    fv.sweep(shop, VARY, replications=1, out=out)
    (out / "parts").mkdir()
    (out / "parts" / "00000007.parquet").write_bytes(b"half of a")
    (out / "parts" / ".00000008.parquet.x1").write_bytes(b"")
    again = fv.sweep(shop, VARY, replications=2, out=out)
    assert again.recalled == 4
    assert again.to_json() == found.to_json()


def test_a_killed_sweep_goes_on_where_it_was(shop, found, tmp_path):
    out = tmp_path / "out"
    code = (
        "import fvcapacity as fv, sys, time\n"
        "from fvcapacity.study.sweep import journal\n"
        "journal.EVERY_S = 0\n"
        f"fv.sweep(sys.argv[1], {VARY!r}, replications=2, out=sys.argv[2],\n"
        "    progress=lambda done, total: time.sleep(60) if done == 3 else None)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", code, str(shop), str(out)], env=environment)
    deadline = time.monotonic() + 90
    while len(list(out.glob("parts/*.parquet"))) < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    assert not (out / "sweep.json").exists()
    told: list[tuple[int, int]] = []
    again = fv.sweep(shop, VARY, replications=2, out=out, progress=lambda done, total: told.append((done, total)))
    assert again.recalled == 3
    assert told[0] == (3, 8)
    assert told[-1] == (8, 8)
    pd.testing.assert_frame_equal(again.runs, found.runs, check_exact=True)
    assert again.to_json() == found.to_json()


def test_quick_runs_share_a_file(tmp_path, found):
    assert EVERY_S > 0
    journal = Journal(tmp_path)
    for row in found.runs.drop(columns=["point", *found.summary["points"][0]["values"]]).to_dict("records"):
        journal.keep(row)
    journal.close()
    assert len(list(tmp_path.glob("parts/*.parquet"))) <= 2
    assert set(Journal(tmp_path).known()) == set(found.runs["key"])


def test_processes_that_die_again_and_again_are_an_error(monkeypatch):
    from concurrent.futures.process import BrokenProcessPool

    calls = []

    def broken(tasks, jobs):
        calls.append(len(tasks))
        raise BrokenProcessPool("a process died")
        yield

    monkeypatch.setattr(local, "_spread", broken)
    tasks = [Task(str(number), b"", number, facts()) for number in range(3)]
    with pytest.raises(SourceError, match="3 times in a row"):
        list(local.run_here(tasks, 2))
    assert calls == [3, 3, 3]


def test_what_a_dead_process_was_at_is_run_again(monkeypatch):
    from concurrent.futures.process import BrokenProcessPool

    def breaking(tasks, jobs):
        yield {"key": tasks[0].key}
        if len(tasks) > 1:
            raise BrokenProcessPool("a process died")

    monkeypatch.setattr(local, "_spread", breaking)
    tasks = [Task(str(number), b"", number, facts()) for number in range(3)]
    assert [row["key"] for row in local.run_here(tasks, 2)] == ["0", "1", "2"]


def test_other_versions_refuse_a_task():
    answer = run_task(Task("key", b"", 0, {**facts(), "numba": "0.1"}))
    assert isinstance(answer, Refused)
    assert answer.facts == facts()


def test_every_strange_worker_is_named_with_what_differs():
    mine = dict(facts())
    answers = {
        "tcp://a": mine,
        "tcp://b": {**mine, "numba": "0.1", "jitted sources": "x", "sources": "y"},
        "tcp://c": ModuleNotFoundError("No module named 'fvcapacity'"),
    }
    with pytest.raises(InputError) as caught:
        refuse_strangers(answers)
    texts = [str(problem) for problem in caught.value.problems]
    assert len(texts) == 2
    assert f"numba 0.1 instead of {mine['numba']}, jitted sources x instead of" in texts[0]
    assert "not installed there" in texts[1]
