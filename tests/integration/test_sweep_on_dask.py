"""A sweep on a real Dask cluster: the table of the local run, also when a worker is killed on the way."""

import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

import fvcapacity as fv
from fvcapacity.errors import InputError, SourceError
from tests.support.dask_cluster import DaskCluster, dask_cluster
from tests.support.shops import write_shop

pytest.importorskip("distributed")
pytestmark = pytest.mark.apart
VARY = {"deployment/shop.limits.cpu": ["150m", "400m"], "traffic.scale": [1, 3]}
RUNS = 3


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def here(shop: Path) -> fv.Sweep:
    """The table of the local run."""
    return fv.sweep(shop, VARY, replications=RUNS, jobs=1)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """A scheduler for all tests of this file; each asks it for workers."""
    with dask_cluster(tmp_path_factory.mktemp("cluster"), workers=0) as cluster:
        yield cluster


@pytest.fixture
def one_worker(started: DaskCluster) -> DaskCluster:
    return _with_workers(started, 1)


@pytest.fixture
def two_workers(started: DaskCluster) -> DaskCluster:
    return _with_workers(started, 2)


def test_a_killed_worker_costs_only_its_own_runs(shop, here, two_workers, tmp_path):
    killed, other = two_workers.workers
    kills: list[int] = []

    def kill_one_midway(done: int, total: int) -> None:
        if done >= total // 3 and not kills:
            kills.append(done)
            killed.kill()

    there = fv.sweep(
        shop, VARY, replications=RUNS, scheduler=two_workers.address, out=tmp_path / "out", progress=kill_one_midway
    )
    assert kills
    assert killed.wait(timeout=30) == -9
    assert other.poll() is None
    pd.testing.assert_frame_equal(there.runs, here.runs, check_exact=True)
    pd.testing.assert_frame_equal(there.points, here.points, check_exact=True)
    assert there.to_json() == here.to_json()
    assert pd.read_parquet(tmp_path / "out" / "runs.parquet")["p95_s"].tolist() == here.runs["p95_s"].tolist()


def test_a_worker_with_other_sources_is_refused_by_name(shop, one_worker, tmp_path):
    other = tmp_path / "other"
    _copy_package(other)
    stranger = one_worker.add_worker(PYTHONPATH=str(other))
    _wait_for(one_worker, 2)
    try:
        with pytest.raises(InputError) as caught:
            fv.sweep(shop, VARY, replications=1, scheduler=one_worker.address)
    finally:
        stranger.kill()
        stranger.wait(timeout=30)
    assert len(caught.value.problems) == 1
    assert "jitted sources" in str(caught.value)
    assert "worker tcp://127.0.0.1" in str(caught.value)


def test_a_scheduler_that_is_not_there_is_an_error_of_the_outside_world(shop, monkeypatch):
    monkeypatch.setattr("fvcapacity.study.sweep.cluster.CONNECT_S", 1)
    with pytest.raises(SourceError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        fv.sweep(shop, VARY, replications=1, scheduler="tcp://127.0.0.1:9")


def test_when_the_last_worker_is_gone_it_says_so_and_goes_on_later(shop, here, one_worker, tmp_path, monkeypatch):
    monkeypatch.setattr(import_module("fvcapacity.study.sweep.sweep"), "run_on_cluster", _impatient)
    (worker,) = one_worker.workers

    def kill_it(done: int, total: int) -> None:
        if done >= 2:
            worker.kill()

    with pytest.raises(SourceError, match="has had no worker for"):
        fv.sweep(shop, VARY, replications=RUNS, scheduler=one_worker.address, out=tmp_path / "out", progress=kill_it)
    again = fv.sweep(shop, VARY, replications=RUNS, out=tmp_path / "out")
    assert again.recalled >= 2
    assert again.to_json() == here.to_json()


def _impatient(tasks, address):
    from fvcapacity.study.sweep.cluster import run_on_cluster

    return run_on_cluster(tasks, address, patience_s=3.0)


def _with_workers(cluster: DaskCluster, count: int) -> DaskCluster:
    """Forget the workers that are dead, and start others until there are so many."""
    cluster.workers[:] = [worker for worker in cluster.workers if worker.poll() is None]
    while len(cluster.workers) > count:
        worker = cluster.workers.pop()
        worker.kill()
        worker.wait(timeout=30)
    while len(cluster.workers) < count:
        cluster.add_worker()
    _wait_for(cluster, count)
    return cluster


def _wait_for(cluster: DaskCluster, workers: int) -> None:
    """Wait until the scheduler knows so many workers, and no dead one any more."""
    from distributed import Client

    deadline = time.monotonic() + 90
    with Client(cluster.address, set_as_default=False) as client:
        while len(client.nthreads()) != workers:
            assert time.monotonic() < deadline, f"the scheduler knows {client.nthreads()}"
            time.sleep(0.05)


def _copy_package(target: Path) -> None:
    """Make a copy of the package with one comment more in the compiled rules."""
    import shutil

    home = Path(fv.__file__).parent
    shutil.copytree(home, target / "fvcapacity", ignore=shutil.ignore_patterns("__pycache__"))
    rule = target / "fvcapacity" / "semantics" / "memory.py"
    rule.write_text(rule.read_text() + "\n# another release\n")
