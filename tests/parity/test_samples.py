"""A run written down at short intervals: both planes write the same, nothing is lost, and looking changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest

import fvcapacity as fv
from fvcapacity.results.result import Result
from tests.support.shops import COUNTS, MANIFESTS, SCENARIO, TOPOLOGY, write_shop

PROBES = """\
        - name: shop
          readinessProbe: {httpGet: {path: /, port: 3000}, initialDelaySeconds: 2, periodSeconds: 5}
          livenessProbe: {httpGet: {path: /, port: 3000}, periodSeconds: 5, failureThreshold: 2}
"""
LIMITS = "limits: {cpu: 150m, memory: 128Mi}"


@dataclass(frozen=True)
class Shop:
    """A small shop: what it is made of, and what must have happened in it."""

    shows: Callable[[Result], bool]
    scenario: str = ""
    limits: str = LIMITS
    service: str = ""
    work: int = 1
    requests: int = 180

    def run(self, plane: str, monitoring: str) -> Result:
        """Simulate it for five and a half minutes, after five of warm-up."""
        manifests = MANIFESTS.replace("replicas: 1", "replicas: 3").replace("        - name: shop\n", PROBES)
        topology = TOPOLOGY.replace("container: shop\n", f"container: shop\n    background_cpu: 3m\n{self.service}")
        topology = topology.replace("mean_ms: 20", f"mean_ms: {20 * self.work}")
        text = SCENARIO.replace("warm_up: 0s", "warm_up: 5m").replace("duration: 5m", "duration: 330s")
        with TemporaryDirectory() as home:
            path = write_shop(
                Path(home),
                scenario=f"{text.replace('count: 1', 'count: 2')}monitoring: {{{monitoring}}}\n{self.scenario}",
                topology=topology,
                counts=COUNTS.replace(",90", f",{self.requests}"),
            )
            (Path(home) / "manifests" / "shop.yaml").write_text(manifests.replace(LIMITS, self.limits))
            return fv.simulate(fv.load_scenario(path), plane=plane)


def restarts(result: Result) -> int:
    return int(result.tables["pods"]["restarts"].sum())


def revisions(result: Result) -> set[int]:
    return set(result.tables["pods"]["revision"])


def waited_for_cpus(result: Result) -> float:
    """Seconds that bursts lasted longer than their CPU because other containers ran."""
    minutes = result.tables["service_minutes"]
    return float((minutes["burst_s"] - minutes["throttled_wait_s"] - minutes["cpu_core_s"]).sum())


ROLLED = "rollouts: [{deploy: deployment/shop, at: 2026-02-14T18:02:07, demand: 1.1}]\n"
KILLED = "faults: [{kind: pod-kill, workload: deployment/shop, at: 2026-02-14T18:00:51}]\n"
SHOPS = {
    "pods are killed and rolled": Shop(lambda r: revisions(r) == {1, 2} and len(r.tables["pods"]) > 6, ROLLED + KILLED),
    "memory runs out": Shop(
        lambda r: r.tables["pods"]["oom_kills"].sum() > 3,
        ROLLED,
        limits="limits: {cpu: 400m, memory: 80Mi}",
        service="    memory: {base: 50Mi, per_open_request: 1Mi, growth_per_request: 200Ki}\n    startup_cpu_ms: 300\n",
    ),
    "the quota is so tight that probes fail, and pods are rolled in their back-off": Shop(
        lambda r: restarts(r) > 3 and revisions(r) == {1, 2},
        ROLLED,
        limits="limits: {cpu: 30m, memory: 128Mi}",
    ),
    "the nodes are short of CPU": Shop(
        lambda r: waited_for_cpus(r) > 20,
        limits="limits: {cpu: 1900m, memory: 128Mi}",
        service="    threads: {main: {kind: per_request, count: 6}}\n",
        work=30,
    ),
}


@cache
def run(name: str, plane: str = "fast", monitoring: str = "interval: 15s") -> Result:
    return SHOPS[name].run(plane, monitoring)


@pytest.fixture(params=list(SHOPS))
def shop(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_both_planes_write_the_same(shop: str) -> None:
    reference, fast = run(shop, "simpy"), run(shop)
    assert SHOPS[shop].shows(fast)
    for name, table in reference.tables.items():
        pd.testing.assert_frame_equal(table, fast.tables[name], check_exact=True, obj=name)


def test_samples_of_pods_add_up_to_what_the_service_used(shop: str) -> None:
    result = run(shop)
    pods, minutes = result.tables["pod_samples"], result.tables["service_minutes"]
    assert nanoseconds(pods["serving_cpu_core_s"]) == nanoseconds(minutes["cpu_core_s"]) > 10**9
    for column in ("periods", "throttled_periods"):
        assert pods[column].sum() == minutes[column].sum()
    by_time = pods.groupby("time_s")["serving_cpu_core_s"].sum()
    assert by_time.sum() == pytest.approx(result.tables["service_samples"]["cpu_core_s"].sum())


def nanoseconds(seconds: pd.Series) -> int:
    return int(np.round(seconds * 1e9).astype("int64").sum())


def test_samples_of_a_pod_tell_of_its_whole_life(shop: str) -> None:
    result = run(shop)
    lives = result.tables["pods"].set_index("uid")
    for uid, rows in result.tables["pod_samples"].groupby("uid"):
        life = lives.loc[uid]
        end = min(330.0, life["deleted_s"]) if life["deleted_s"] == life["deleted_s"] else 330.0
        assert rows["interval_s"].sum() == pytest.approx(end - max(0.0, life["created_s"]))
        assert rows["time_s"].iloc[-1] == pytest.approx(end)
        assert rows["time_s"].is_monotonic_increasing
        assert rows["time_s"].is_unique
        assert (rows["restarts"].iloc[-1], rows["oom_kills"].iloc[-1]) == (life["restarts"], life["oom_kills"])
        steady = rows["cpu_core_s"] - rows["serving_cpu_core_s"]
        assert (steady <= 0.003 * rows["interval_s"] + 2e-9).all()
        gone = rows[rows["time_s"] == life["deleted_s"]]
        assert not gone[["running", "ready"]].to_numpy().any()
        assert not gone[["memory_bytes", "open_requests"]].to_numpy().any()


SAMPLES = {"pod_samples", "route_samples", "service_samples"}


@pytest.mark.parametrize(
    ("monitoring", "written"),
    [
        ("interval: 60s", {"pod_samples"}),
        ("interval: 1s, pods: false", {"route_samples", "service_samples"}),
    ],
)
def test_how_it_is_written_down_changes_nothing(shop: str, monitoring: str, written: set[str]) -> None:
    usual, other = run(shop), run(shop, monitoring=monitoring)
    for name in usual.tables.keys() - SAMPLES:
        pd.testing.assert_frame_equal(usual.tables[name], other.tables[name], check_exact=True, obj=name)
    assert {**usual.summary, "scenario": 0} == {**other.summary, "scenario": 0}
    assert other.tables.keys() & SAMPLES == written
    if "pod_samples" in written:
        used, again = (nanoseconds(r.tables["pod_samples"]["serving_cpu_core_s"]) for r in (usual, other))
        assert used == again


@pytest.mark.parametrize("kind", ["route", "service"])
def test_samples_add_up_to_minutes(shop: str, kind: str) -> None:
    result = run(shop)
    samples, minutes = (result.tables[f"{kind}_{name}"].copy() for name in ("samples", "minutes"))
    samples["minute"] = samples["time_s"] // 60 * 60
    counted = [column for column in minutes if minutes[column].dtype == "int64" and column != "replication"]
    sums = samples.groupby([kind, "minute"], sort=False)[[*counted, "covered_s"]].sum().reset_index()
    assert (sums[[*counted, "covered_s"]] == minutes[[*counted, "covered_s"]]).all(axis=None)
    assert len(samples) > 3 * len(minutes)


def test_samples_are_read_back_as_they_were(tmp_path: Path) -> None:
    result = run("pods are killed and rolled")
    result.save(tmp_path / "result")
    assert fv.load_result(tmp_path / "result") == result
