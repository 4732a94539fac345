"""What other tools say, on frames made by hand and on the samples of a small run."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fvcapacity as fv
from fvcapacity.decisions.vpa import Recommender
from fvcapacity.recommend.baselines import (
    KrrSettings,
    as_changes,
    container_series,
    goldilocks,
    hpa_only,
    krr,
    vpa,
)
from fvcapacity.results.columns import POD_SAMPLES
from fvcapacity.units import parse_bytes, parse_cpu_cores
from tests.support.shops import MANIFESTS, write_shop

MIB = 2**20
START = pd.Timestamp("2026-02-14T18:00:00Z")
WEB, EXPORTER = ("deployment/shop", "shop"), ("deployment/shop", "exporter")
HPA = """\
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: flowers}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 1
  maxReplicas: 4
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}
"""


def frame(
    cores: list[list[float]], memory_mib: list[list[float]], kills: dict[tuple[int, int], int] | None = None
) -> pd.DataFrame:
    """Samples of one minute: a list for each pod. The exporter takes 10 MiB and 2 millicores of it."""
    rows = []
    for uid, (cpu, memory) in enumerate(zip(cores, memory_mib, strict=True), start=1):
        killed = 0
        for minute, (use, held) in enumerate(zip(cpu, memory, strict=True), start=1):
            killed += (kills or {}).get((uid, minute), 0)
            rows.append(
                {
                    "replication": 0,
                    "uid": uid,
                    "pod": f"shop-{uid}",
                    "workload": "deployment/shop",
                    "node": "general-1",
                    "time_utc": START + pd.Timedelta(minutes=minute),
                    "time_s": 60.0 * minute,
                    "interval_s": 60.0,
                    "cpu_core_s": 60 * (use + 0.002),
                    "serving_cpu_core_s": 60 * use,
                    "periods": 0,
                    "throttled_periods": 0,
                    "memory_bytes": int((held + 10) * MIB),
                    "open_requests": 0,
                    "running": True,
                    "ready": True,
                    "restarts": killed,
                    "oom_kills": killed,
                }
            )
    made = pd.DataFrame(rows)
    assert list(made.columns) == [column.name for column in POD_SAMPLES.columns]
    return made


def shop_of(directory: Path, hpa: bool = False) -> fv.Scenario:
    background = "background:\n  deployment/shop/exporter: {cpu: 2m, memory: 10Mi}\n"
    from tests.support.shops import TOPOLOGY

    path = write_shop(directory, topology=TOPOLOGY + background)
    if hpa:
        (directory / "manifests/shop.yaml").write_text(MANIFESTS + HPA)
    return fv.load_scenario(path)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> fv.Scenario:
    return shop_of(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def scaled_shop(tmp_path_factory: pytest.TempPathFactory) -> fv.Scenario:
    return shop_of(tmp_path_factory.mktemp("scaled"), hpa=True)


def test_a_pod_is_told_apart_by_its_containers(shop: fv.Scenario) -> None:
    series = container_series(frame([[0.1, 0.3]], [[50, 60]]), shop)
    assert set(series) == {WEB, EXPORTER}
    assert list(series[WEB].pods[0].cpu_cores) == pytest.approx([0.1, 0.3])
    assert list(series[WEB].pods[0].memory_bytes) == [50 * MIB, 60 * MIB]
    assert list(series[EXPORTER].pods[0].cpu_cores) == pytest.approx([0.002, 0.002])
    assert list(series[EXPORTER].pods[0].memory_bytes) == [10 * MIB, 10 * MIB]


def test_pods_that_do_not_run_and_other_replications_do_not_count(shop: fv.Scenario) -> None:
    samples = frame([[0.1] * 3, [0.9] * 3], [[50] * 3, [90] * 3])
    samples.loc[samples["uid"] == 2, "running"] = False
    other = samples.assign(replication=1, cpu_core_s=600.0)
    series = container_series(pd.concat([samples, other]), shop)
    assert [pod.pod for pod in series[WEB].pods] == ["shop-1"]


def test_krr(shop: fv.Scenario) -> None:
    """Of two pods the one with the higher percentile counts; memory is the largest of all, and 15 %."""
    ramp = list(np.linspace(0.05, 0.15, 200))
    said = krr(container_series(frame([ramp, [0.01] * 200], [[100] * 200, [120] * 200]), shop), shop)
    advice = said.containers[WEB]
    assert advice.requests["cpu"] == pytest.approx(0.145, abs=0.0011)
    assert advice.limits["cpu"] is None
    assert advice.requests["memory"] == advice.limits["memory"] == math.ceil(120 * 1.15) * MIB
    small = said.containers[EXPORTER]
    assert small.requests == {"cpu": 0.010, "memory": 100 * MIB}  # its floors


def test_krr_takes_the_percentile_that_was_asked_for(shop: fv.Scenario) -> None:
    """KRR rounds 99.9 to the maximum on its way to Prometheus; here one minute in a thousand does not decide."""
    calm = [0.1] * 2000
    calm[1000] = 1.0
    series = container_series(frame([calm], [[50] * 2000]), shop)
    assert krr(series, shop, KrrSettings(cpu_percentile=99.0)).containers[WEB].requests["cpu"] == pytest.approx(0.1)
    assert krr(series, shop, KrrSettings(cpu_percentile=99.8)).containers[WEB].requests["cpu"] < 0.9
    assert krr(series, shop, KrrSettings(cpu_percentile=100.0)).containers[WEB].requests["cpu"] > 0.7


def test_krr_says_nothing_of_what_it_cannot_know(shop: fv.Scenario, scaled_shop: fv.Scenario) -> None:
    short = krr(container_series(frame([[0.1] * 20], [[50] * 20]), shop), shop).containers[WEB]
    assert short.requests == {}
    assert "not enough data (16 points of 100)" in short.why
    long = container_series(frame([[0.1] * 200], [[50] * 200]), scaled_shop)
    advice = krr(long, scaled_shop).containers[WEB]
    assert set(advice.requests) == {"memory"}
    assert "cpu: HPA detected" in advice.why
    assert krr(long, scaled_shop, KrrSettings(allow_hpa=True)).containers[WEB].requests["cpu"] == pytest.approx(0.1)


def test_vpa_is_the_recommender_fed_by_hand(shop: fv.Scenario) -> None:
    rng = np.random.default_rng(3)
    cores, memory = list(rng.uniform(0.05, 0.2, 300)), list(rng.uniform(60, 90, 300))
    advice = vpa(container_series(frame([cores], [memory]), shop), shop).containers[WEB]
    recommender = Recommender()
    for minute, (use, held) in enumerate(zip(cores, memory, strict=True), start=1):
        time_ns = START.value + minute * 60 * 10**9
        recommender.add_cpu("shop-1", "shop", time_ns, round(use * 1000))
        recommender.add_memory("shop-1", "shop", time_ns, int((held + 10) * MIB) - 10 * MIB)
        recommender.add_cpu("shop-1", "exporter", time_ns, 2)
        recommender.add_memory("shop-1", "exporter", time_ns, 10 * MIB)
    target = recommender.recommend()["shop"].target
    assert advice.requests == {"cpu": target["cpu"] / 1000, "memory": float(target["memory"])}
    assert advice.limits["cpu"] == pytest.approx(1.5 * target["cpu"] / 1000)  # 150m over 100m, as before
    assert advice.limits["memory"] == pytest.approx(2.0 * target["memory"])


def test_vpa_raises_memory_after_a_kill(shop: fv.Scenario) -> None:
    calm = frame([[0.1] * 200], [[300] * 200])
    killed = frame([[0.1] * 200], [[300] * 200], kills={(1, 100): 1})
    before, after = (
        vpa(container_series(one, shop), shop).containers[WEB].requests["memory"] for one in (calm, killed)
    )
    assert before is not None
    assert after is not None
    assert after > before + 90 * MIB


def test_a_container_without_limits_gets_none_from_vpa(shop: fv.Scenario) -> None:
    advice = vpa(container_series(frame([[0.1] * 200], [[50] * 200]), shop), shop).containers[EXPORTER]
    assert advice.limits == {}


def test_goldilocks_is_guaranteed(shop: fv.Scenario) -> None:
    series = container_series(frame([[0.1] * 200], [[300] * 200]), shop)
    advice = goldilocks(series, shop).containers[WEB]
    assert advice.requests == advice.limits == vpa(series, shop).containers[WEB].requests


def test_hpa_only_fits_the_range_to_what_was_seen(scaled_shop: fv.Scenario) -> None:
    """Request of the pod: 100m + 10m; at 70 % a pod is good for 77 millicores."""
    calm, peak = [0.098] * 90, [0.398] * 10
    said = hpa_only(frame([calm + peak], [[50] * 100]), scaled_shop)
    assert said.containers == {}
    assert said.autoscalers == {"shop": {"min": 2, "max": 7, "target.cpu": 70}}
    assert hpa_only(frame([[0.1]], [[1]]).iloc[:0], scaled_shop).autoscalers == {}


def test_changes_are_paths_with_canonical_values(scaled_shop: fv.Scenario) -> None:
    samples = frame([[0.0981] * 200], [[50] * 200])
    series = container_series(samples, scaled_shop)
    changes = as_changes(krr(series, scaled_shop, KrrSettings(allow_hpa=True)), scaled_shop)
    assert changes["deployment/shop/shop.requests.cpu"] == "99m"
    assert changes["deployment/shop/shop.limits.cpu"] is None
    assert changes["deployment/shop/shop.limits.memory"] == "100Mi"
    changed = scaled_shop.with_values(changes)
    container = changed.cluster.workload("deployment/shop").template.containers[0]  # type: ignore[union-attr]
    assert container.cpu_limit_cores is None
    assert container.cpu_request_cores == 0.099
    tuned = as_changes(hpa_only(samples, scaled_shop), scaled_shop)
    assert set(tuned) == {"hpa/shop.min", "hpa/shop.max", "hpa/shop.target.cpu"}
    assert scaled_shop.with_values(tuned).cluster.autoscalers[0].max_replicas == tuned["hpa/shop.max"]


def test_what_the_scenario_does_not_have_is_left_out(shop: fv.Scenario, scaled_shop: fv.Scenario) -> None:
    samples = frame([[0.1] * 200], [[50] * 200])
    said = hpa_only(samples, scaled_shop)
    assert as_changes(said, shop) == {}


def test_the_samples_of_a_run(shop: fv.Scenario) -> None:
    result = fv.simulate(shop)
    series = container_series(result.tables["pod_samples"], shop)
    services = result.tables["services"].iloc[0]
    spent = sum(float(pod.cpu_core_s.sum()) for pod in series[WEB].pods)
    assert spent == pytest.approx(services.cpu_core_s, rel=0.05)
    for said in (vpa(series, shop), goldilocks(series, shop), krr(series, shop, KrrSettings(points_required=1))):
        changes = as_changes(said, shop)
        assert parse_cpu_cores(str(changes["deployment/shop/shop.requests.cpu"])) > 0
        assert parse_bytes(str(changes["deployment/shop/shop.requests.memory"])) > 0
        assert shop.with_values(changes).changes
