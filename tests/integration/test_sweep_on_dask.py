"""A sweep on a real Dask cluster: the table of the local run, also when a worker is killed on the way."""

import os
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

import fvcapacity as fv
from fvcapacity.errors import InputError, SourceError
from tests.support.dask_cluster import dask_cluster
from tests.support.shops import write_shop

pytest.importorskip("distributed")
VARY = {"deployment/shop.limits.cpu": ["150m", "400m"], "traffic.scale": [1, 3]}
RUNS = 6


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shop(tmp_path_factory.mktemp("shop"))


def test_a_killed_worker_costs_only_its_own_runs(shop, tmp_path):
    here = fv.sweep(shop, VARY, replications=RUNS)
    with dask_cluster(tmp_path, workers=2) as cluster:
        _wait_for(cluster, 2)
        killed: list[int] = []

        def kill_one_midway(done: int, total: int) -> None:
            if done == total // 3 and not killed:
                killed.append(cluster.workers[0].pid)
                os.kill(killed[0], 9)

        there = fv.sweep(
            shop, VARY, replications=RUNS, scheduler=cluster.address, out=tmp_path / "out", progress=kill_one_midway
        )
        assert killed
        assert cluster.workers[0].wait(timeout=30) == -9
        assert cluster.workers[1].poll() is None
    pd.testing.assert_frame_equal(there.runs, here.runs, check_exact=True)
    pd.testing.assert_frame_equal(there.points, here.points, check_exact=True)
    assert there.to_json() == here.to_json()
    assert pd.read_parquet(tmp_path / "out" / "runs.parquet")["p95_s"].tolist() == here.runs["p95_s"].tolist()


def test_a_worker_with_other_sources_is_refused_by_name(shop, tmp_path):
    other = tmp_path / "other"
    _copy_package(other)
    with dask_cluster(tmp_path, workers=0) as cluster:
        cluster.add_worker(PYTHONPATH=str(other))
        with pytest.raises(InputError) as caught:
            fv.sweep(shop, VARY, replications=1, scheduler=cluster.address)
    assert "jitted sources" in str(caught.value)
    assert "worker tcp://127.0.0.1" in str(caught.value)


def test_a_scheduler_that_is_not_there_is_an_error_of_the_outside_world(shop, monkeypatch):
    monkeypatch.setattr("fvcapacity.study.sweep.cluster.CONNECT_S", 1)
    with pytest.raises(SourceError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        fv.sweep(shop, VARY, replications=1, scheduler="tcp://127.0.0.1:9")


def test_when_the_last_worker_is_gone_it_says_so_and_goes_on_later(shop, tmp_path, monkeypatch):
    monkeypatch.setattr(import_module("fvcapacity.study.sweep.sweep"), "run_on_cluster", _impatient)
    with dask_cluster(tmp_path, workers=1) as cluster:
        _wait_for(cluster, 1)

        def kill_it(done: int, total: int) -> None:
            if done == 2 and cluster.workers[0].poll() is None:
                os.kill(cluster.workers[0].pid, 9)

        with pytest.raises(SourceError, match="has had no worker for"):
            fv.sweep(shop, VARY, replications=RUNS, scheduler=cluster.address, out=tmp_path / "out", progress=kill_it)
    again = fv.sweep(shop, VARY, replications=RUNS, out=tmp_path / "out")
    assert again.recalled >= 2
    assert again.to_json() == fv.sweep(shop, VARY, replications=RUNS, jobs=1).to_json()


def _impatient(tasks, address):
    from fvcapacity.study.sweep.cluster import run_on_cluster

    return run_on_cluster(tasks, address, patience_s=5.0)


def _wait_for(cluster, workers: int) -> None:
    from distributed import Client

    with Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=90)


def _copy_package(target: Path) -> None:
    """Make a copy of the package with one comment more in the compiled rules."""
    import shutil

    home = Path(fv.__file__).parent
    shutil.copytree(home, target / "fvcapacity", ignore=shutil.ignore_patterns("__pycache__"))
    rule = target / "fvcapacity" / "semantics" / "memory.py"
    rule.write_text(rule.read_text() + "\n# another release\n")
