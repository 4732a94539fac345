"""The table of a sweep: what is in it, and that it is the same whatever runs it and however often it was stopped."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import fvcapacity as fv
from fvcapacity.errors import InputError, SourceError
from fvcapacity.results.verdict import judge
from fvcapacity.run import as_run
from fvcapacity.study.sweep import local
from fvcapacity.study.sweep.batches import BATCH_S, Batches
from fvcapacity.study.sweep.cluster import refuse_strangers
from fvcapacity.study.sweep.journal import EVERY_S, Journal
from fvcapacity.study.sweep.local import run_here
from fvcapacity.study.sweep.points import Source, grid
from fvcapacity.study.sweep.task import Batch, Packed, Refused, facts, run_batch, tasks_of
from tests.support.dask_cluster import ROOT
from tests.support.deadly import Deadly, kill_a_process
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


def test_a_process_that_dies_once_costs_only_time(shop, found, tmp_path):
    """The system kills a process in the midst of it: what was under way is run again, to the same table."""
    killed: list[int] = []

    def kill_one(done: int, total: int) -> None:
        if done == 2 and not killed:
            killed.append(kill_a_process())

    two = fv.sweep(shop, VARY, replications=2, jobs=2, progress=kill_one)
    assert killed
    assert two.to_json() == found.to_json()


def test_a_run_that_kills_its_process_each_time_is_named_and_the_others_are_finished(shop):
    _, _, points = grid(Source(shop), ["traffic.scale=1,2"], seed=None, plane=None)
    tasks = [task for point in points for task in tasks_of(point.scenario, range(3), "another point")]
    poison = replace(tasks[1], packed=Packed("poison", Deadly()), point="traffic.scale = 1")
    rows: list[str] = []
    answers = run_here([tasks[0], poison, *tasks[2:]], 2)
    with pytest.raises(
        SourceError, match=r"kills its process each time.*: replication 1 at traffic\.scale = 1 "
    ) as told:
        rows.extend(row["key"] for row in answers)
    assert sorted(rows) == sorted(task.key for task in tasks if task.key != poison.key)
    assert "all others are finished" in told.value.hint


def test_three_deadly_runs_end_it(shop, monkeypatch):
    rounds = []

    def dies(batches, out, jobs, ahead):
        taken = batches.take()
        rounds.append((taken[0].replication, ahead))
        out.update((task.key, task) for task in taken)
        raise BrokenProcessPool("a process died")
        yield

    monkeypatch.setattr(local, "_spread", dies)
    tasks = list(tasks_of(fv.load_scenario(shop), range(5), "here"))
    with pytest.raises(SourceError, match="replication 0 at here; replication 1 at here; replication 2 at here"):
        list(run_here(tasks, 2))
    assert rounds == [(number, ahead) for number in range(3) for ahead in (4, 2, 1)]


def test_short_runs_go_out_together_and_never_those_of_two_points(shop):
    scenario = fv.load_scenario(shop)
    tasks = [*tasks_of(scenario, range(40), "a"), *tasks_of(as_run(scenario, seed=5, plane=None), range(3), "b")]
    batches, sizes = Batches(tasks, 2), []
    while taken := batches.take():
        assert len({task.point for task in taken}) == 1
        sizes.append(len(taken))
        batches.took(BATCH_S / 5)
    assert sizes[:4] == [1, 5, 5, 5]  # of the first nobody knows how long it takes
    assert sizes[-3:] == [1, 1, 1]  # at the end every process has something
    assert sum(sizes) == 43
    batches = Batches(tasks, 2)
    batches.took(10 * BATCH_S)
    assert len(batches.take()) == 1


def test_a_scenario_is_sent_as_bytes_that_are_made_once(shop):
    packed = next(tasks_of(fv.load_scenario(shop), range(1), "")).packed
    sent = pickle.loads(pickle.dumps(packed))
    assert sent == packed
    assert sent.blob is sent.blob
    assert sent.opened().file == packed.opened().file
    assert "_scenario" not in vars(sent)


def test_other_versions_refuse_a_task():
    answer = run_batch(Batch(Packed("", None), (("key", 0),), {**facts(), "numba": "0.1"}))
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
