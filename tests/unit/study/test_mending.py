"""What is tried where pods come too late: first the rules of scaling up, then more pods from the start."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import fvcapacity as fv
from fvcapacity.study.mending import FASTEST, mends
from tests.support.small_systems import small_system

HPA = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: flowers}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 2
  maxReplicas: 6
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
  behavior: BEHAVIOR
"""
OWNER = "hpa/shop.behavior.scaleUp"


def too_late(directory: Path, behavior: str) -> dict[str, object]:
    """Return what is tried first where requests queue at the shop."""
    small_system(directory)
    path = directory / "manifests" / "shop.yaml"
    path.write_text(path.read_text() + HPA.replace("BEHAVIOR", behavior))
    scenario = fv.load_scenario(directory / "scenario.yaml")
    findings = [{"kind": "queueing", "subject": "shop"}]
    services = pd.DataFrame({"service": ["shop"], "workload": ["deployment/shop"]})
    result = SimpleNamespace(summary={"bottleneck": {"findings": findings}}, tables={"services": services})
    return dict(next(mends(scenario, result)).values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("behavior", "values"),
    [
        ("{scaleUp: {stabilizationWindowSeconds: 120}}", {f"{OWNER}.stabilizationWindowSeconds": 0}),
        ("{scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}", {f"{OWNER}.policies": FASTEST}),
        ("{scaleUp: {selectPolicy: Disabled}}", {f"{OWNER}.selectPolicy": "Max"}),
        ("{scaleUp: {policies: [{type: Percent, value: 200, periodSeconds: 15}]}}", {"hpa/shop.min": 3}),
        ("{scaleDown: {stabilizationWindowSeconds: 600}}", {"hpa/shop.min": 3}),
    ],
)
def test_an_hpa_that_comes_too_late(tmp_path: Path, behavior, values):
    assert too_late(tmp_path, behavior) == values


def test_a_mend_can_be_tried(tmp_path: Path):
    values = too_late(tmp_path, "{scaleUp: {stabilizationWindowSeconds: 60, selectPolicy: Min}}")
    changed = fv.load_scenario(tmp_path / "scenario.yaml").with_values(values)
    assert not too_late_rules(changed)


def too_late_rules(scenario: fv.Scenario) -> bool:
    """Tell whether the HPA still waits or takes the slowest policy."""
    rules = scenario.cluster.autoscalers[0].scale_up
    return rules is not None and bool(rules.stabilization_window_s or rules.select_policy == "Min")
