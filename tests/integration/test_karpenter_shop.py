"""A scenario with Karpenter, from files to tables: what is bought, what it is called, and where a mistake stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import fvcapacity as fv
from fvcapacity.errors import ScenarioError
from tests.support.shops import SCENARIO, write_shop

KARPENTER = """\
provisioner: karpenter
karpenter:
  node_pools:
    flexible:
      boot: 20s
      instance_types:
        - name: D2s_v5
          cpu: 2
          memory: 8Gi
          allocatable_cpu: 1900m
          allocatable_memory: 6Gi
          usd_per_hour: 0.1
        - name: D8s_v5
          cpu: 8
          memory: 32Gi
          allocatable_cpu: 7800m
          allocatable_memory: 28Gi
          usd_per_hour: 0.4
"""
AUTOSCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: flowers}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 2
  maxReplicas: 40
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
"""
COUNTS = "timestamp,requests\n" + "".join(
    f"2026-02-14T{hour}:{minute:02d}:00,{90 if (hour, minute) < (18, 1) else 2400}\n"
    for hour in (17, 18)
    for minute in range(60)
)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = write_shop(tmp_path_factory.mktemp("shop"), scenario=SCENARIO + KARPENTER, counts=COUNTS)
    (path.parent / "manifests" / "autoscaler.yaml").write_text(AUTOSCALER)
    return fv.load_scenario(path)


def test_pods_without_a_place_bring_machines_on_both_planes_alike(scenario: Any) -> None:
    slow, fast = (fv.simulate(scenario, plane=plane) for plane in ("simpy", "fast"))
    bought = slow.tables["nodes"]
    bought = bought[bought["pool"] == "flexible"]
    assert set(bought["instance_type"]) <= {"D2s_v5", "D8s_v5"}
    assert len(bought) >= 1
    events = slow.tables["events"]
    assert set(events["reason"]) >= {"FailedScheduling", "Launched", "Nominated", "NodeReady", "Scheduled"}
    assert "TriggeredScaleUp" not in set(events["reason"])
    for name in ("events", "nodes", "pods", "node_minutes", "workload_minutes"):
        assert slow.tables[name].equals(fast.tables[name]), name
    minutes = slow.tables["node_minutes"]
    assert set(minutes["pool"]) == {"general", "flexible"}


def test_a_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    broken = KARPENTER.replace("usd_per_hour: 0.4", "labels: {}").replace(
        "allocatable_cpu: 1900m", "allocatable_cpu: 3"
    )
    with pytest.raises(ScenarioError) as caught:
        fv.load_scenario(write_shop(tmp_path, scenario=SCENARIO + broken))
    lines = SCENARIO.count("\n")
    told = str(caught.value)
    assert f"scenario.yaml:{lines + 10}:28: karpenter.node_pools.flexible.instance_types[0].allocatable_cpu: " in told
    assert f"scenario.yaml:{lines + 13}:11: karpenter.node_pools.flexible.instance_types[1]: D8s_v5 has no" in told
