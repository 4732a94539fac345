"""Our states of alerts against ``promtool test rules``: the same at every evaluation, pending and firing."""

from __future__ import annotations

import json
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fvcapacity.decisions.alerts import Alert, AlertRule, Labels, next_alerts
from fvcapacity.inputs.prometheus.programs import find_program
from tests.support.prometheus import needs_prometheus

pytestmark = needs_prometheus
S = 10**9
STEP_S = 30
EVALUATIONS = 60
PODS = 6
DURATIONS_S = (0, 10, 30, 45, 60, 90, 300)


@dataclass(frozen=True)
class Generated:
    """Series of 0 and 1 by pod, and rules with ``for`` and ``keep_firing_for`` of all kinds."""

    series: dict[str, list[int]]
    rules: dict[str, AlertRule]


def generated(seed: int) -> Generated:
    draw = random.Random(seed)
    series = {}
    for pod in range(PODS):
        values, value = [], 0
        while len(values) < EVALUATIONS:
            values += [value] * draw.choice((1, 1, 1, 2, 3, 4, 12))
            value = 1 - value
        series[f"pod-{pod}"] = values[:EVALUATIONS]
    pairs = [(hold, keep) for hold in DURATIONS_S for keep in DURATIONS_S]
    rules = {f"Hold{hold}Keep{keep}": AlertRule(hold * S, keep * S) for hold, keep in pairs}
    return Generated(series, rules)


def expected_samples(case: Generated, name: str) -> list[list[dict[str, Any]]]:
    """Return the samples of ALERTS that our states mean, evaluation by evaluation."""
    active: dict[Labels, Alert] = {}
    found = []
    for number in range(EVALUATIONS):
        vector: dict[Labels, float] = {
            (("alertname", name), ("pod", pod), ("severity", "page")): 1.0
            for pod, values in case.series.items()
            if values[number]
        }
        active, _ = next_alerts(active, vector, number * STEP_S * S, case.rules[name])
        found.append([{"state": alert.state, **dict(labels)} for labels, alert in active.items()])
    return found


def run_promtool(case: Generated, samples: dict[str, list[list[dict[str, Any]]]], directory: Path) -> str:
    rules = [
        {
            "alert": name,
            "expr": "busy == 1",
            "for": f"{rule.hold_ns // S}s",
            "keep_firing_for": f"{rule.keep_firing_ns // S}s",
            "labels": {"severity": "page"},
        }
        for name, rule in case.rules.items()
    ]
    groups = {"groups": [{"name": "generated", "interval": f"{STEP_S}s", "rules": rules}]}
    checks = [
        {
            "expr": f'ALERTS{{alertname="{name}"}}',
            "eval_time": f"{number * STEP_S}s",
            "exp_samples": [
                {
                    "labels": f'ALERTS{{alertname="{name}",alertstate="{s["state"]}",pod="{s["pod"]}",severity="page"}}',
                    "value": 1,
                }
                for s in found
            ],
        }
        for name, steps in samples.items()
        for number, found in enumerate(steps)
    ]
    inputs = [
        {"series": f'busy{{pod="{pod}"}}', "values": " ".join(map(str, values))} for pod, values in case.series.items()
    ]
    tests = [{"interval": f"{STEP_S}s", "input_series": inputs, "promql_expr_test": checks}]
    (directory / "rules.yaml").write_text(json.dumps(groups))
    whole = {"rule_files": ["rules.yaml"], "evaluation_interval": f"{STEP_S}s", "tests": tests}
    (directory / "test.yaml").write_text(json.dumps(whole))
    done = subprocess.run(
        [find_program("promtool"), "test", "rules", "test.yaml"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("seed", range(1))
def test_the_same_states_at_every_evaluation(seed: int, tmp_path: Path) -> None:
    case = generated(seed)
    samples = {name: expected_samples(case, name) for name in case.rules}
    points = [sample["state"] for steps in samples.values() for found in steps for sample in found]
    assert points.count("pending") > 500
    assert points.count("firing") > 500
    assert run_promtool(case, samples, tmp_path) == ""


def test_promtool_sees_a_single_wrong_state(tmp_path: Path) -> None:
    case = generated(0)
    name = "Hold60Keep0"
    samples = {name: expected_samples(case, name)}
    number = next(i for i, found in enumerate(samples[name]) if any(s["state"] == "pending" for s in found))
    wrong = next(s for s in samples[name][number] if s["state"] == "pending")
    wrong["state"] = "firing"
    said = run_promtool(case, samples, tmp_path)
    assert "FAILED" in said
    assert said.count("exp:") == 1
