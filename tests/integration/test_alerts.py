"""Rules against a real Prometheus: recorded, evaluated, and in the states that promtool would give."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import fvcapacity as fv
from fvcapacity.cli.main import app
from fvcapacity.decisions.alerts import AlertRule, next_alerts
from fvcapacity.inputs.prometheus.backfill import backfill
from fvcapacity.inputs.prometheus.client import PrometheusClient
from fvcapacity.inputs.prometheus.evaluate import evaluate
from fvcapacity.inputs.prometheus.programs import find_program
from fvcapacity.inputs.prometheus.recording import record
from fvcapacity.inputs.prometheus.rules import load_rules
from fvcapacity.inputs.prometheus.server import LocalPrometheus
from fvcapacity.study.alerts import evaluate_alerts
from tests.support.prometheus import needs_prometheus
from tests.support.shops import write_shop

pytestmark = needs_prometheus
START = 1_771_102_800
STEP = 15
POINTS = 60
RULES = """\
groups:
  - name: alerts-come-first
    interval: 15s
    rules:
      - {alert: Busy, expr: "shop:busy:max > 2", for: 45s, keep_firing_for: 30s, labels: {severity: page, team: "{{ $labels.shop }}"}}
      - {alert: Absent, expr: absent(no_such_metric)}
      - {alert: Twice, expr: busy_pods > 0, labels: {pod: all}}
  - name: records
    interval: 15s
    rules:
      - {record: "shop:busy:max", expr: "shop:busy:sum + 0"}
      - {record: "shop:busy:sum", expr: "sum by (shop) (busy_pods)"}
"""  # fmt: skip


def level(pod: str, number: int) -> int:
    return (number // (5 if pod == "a" else 8)) % 3


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory):
    work = tmp_path_factory.mktemp("alerts")
    lines = "".join(
        f'busy_pods{{shop="one",pod="{pod}"}} {level(pod, n)} {START + STEP * n}\n'
        for pod in "ab"
        for n in range(POINTS)
    )
    (work / "day.om").write_text(f"# TYPE busy_pods gauge\n{lines}# EOF\n")
    (work / "rules.yaml").write_text(RULES)
    backfill([work / "day.om"], work / "data", expected_samples=2 * POINTS)
    groups = load_rules([work / "rules.yaml"])
    end = START + STEP * (POINTS - 1)
    assert record(groups, work / "data", START, end, lookback_s=22) == []
    with LocalPrometheus(work / "data", lookback_s=22) as server, PrometheusClient(server.url) as client:
        busy = evaluate(client, groups[0], groups[0].rules[0], START, end)
        reports = evaluate_alerts(client, groups, START, end, frozenset(client.metric_names()))
    return work, busy, {item.rule.name: item for item in reports}


def test_recorded_in_rounds_and_the_same_states_as_promtool(evaluated) -> None:
    work, busy, reports = evaluated
    assert all(vector is not None for _, vector in busy.vectors)
    rule, active, checks, states = AlertRule(45 * 10**9, 30 * 10**9), {}, [], []
    for number, (time, vector) in enumerate(busy.vectors):
        active, _ = next_alerts(active, vector, time, rule)
        samples = [
            {
                "labels": "ALERTS"
                + "{"
                + ",".join(f'{k}="{v}"' for k, v in (*labels, ("alertstate", alert.state)))
                + "}",
                "value": 1,
            }
            for labels, alert in active.items()
        ]
        states += [alert.state for alert in active.values()]
        checks.append({"expr": 'ALERTS{alertname="Busy"}', "eval_time": f"{number * STEP}s", "exp_samples": samples})
    assert {state: states.count(state) > 3 for state in ("pending", "firing")} == {"pending": True, "firing": True}
    series = [
        {
            "series": f'busy_pods{{shop="one",pod="{pod}"}}',
            "values": " ".join(str(level(pod, n)) for n in range(POINTS)),
        }
        for pod in "ab"
    ]
    rules = yaml.safe_load(RULES)
    del rules["groups"][0]["rules"][1:]
    rules["groups"][1]["rules"].reverse()  # in one group, and after what they read: so is every one evaluated at once
    rules["groups"] = [
        {"name": "all", "interval": "15s", "rules": [*rules["groups"][1]["rules"], *rules["groups"][0]["rules"]]}
    ]
    (work / "all.yaml").write_text(yaml.safe_dump(rules))
    test = {
        "rule_files": ["all.yaml"],
        "evaluation_interval": "15s",
        "tests": [{"interval": "15s", "input_series": series, "promql_expr_test": checks}],
    }
    (work / "test.yaml").write_text(yaml.safe_dump(test))
    done = subprocess.run(
        [find_program("promtool"), "test", "rules", "test.yaml"], cwd=work, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert reports["Busy"].status == "fired"
    assert reports["Busy"].metrics == ("busy_pods",)


def test_absence_of_what_is_not_simulated_is_no_alert(evaluated) -> None:
    absent = evaluated[2]["Absent"]
    assert absent.status == "cannot fire"
    assert "not among the simulated metrics: no_such_metric" in absent.complaints[0]


def test_elements_with_the_same_labels_fail_as_in_prometheus(evaluated) -> None:
    twice = evaluated[2]["Twice"]
    assert any("several elements have the same labels" in text for text in twice.complaints)


def test_the_command_over_a_simulated_shop(tmp_path: Path) -> None:
    result = fv.simulate(fv.load_scenario(write_shop(tmp_path / "shop")))
    result.save(tmp_path / "result")
    (tmp_path / "rules.yaml").write_text(
        "groups: [{name: g, interval: 30s, rules: [{alert: Serving, expr: kube_deployment_status_replicas > 0, for: 1m},"
        " {alert: Typo, expr: kube_deployment_status_replica > 0}]}]\n"
    )
    done = CliRunner().invoke(
        app,
        ["alerts", str(tmp_path / "rules.yaml"), str(tmp_path / "result"), "--plot", str(tmp_path / "plot"), "--quiet"],
    )
    assert done.exit_code == 0, done.output
    assert "1 of 2 alerting rules fired." in done.output
    assert "Typo: not among the simulated metrics: kube_deployment_status_replica (the nearest is" in " ".join(
        done.output.split()
    )
    assert (tmp_path / "plot" / "alerts.png").stat().st_size > 1000
