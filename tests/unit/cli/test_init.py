"""The command: a directory that runs, from manifests, from a pipe, from a Prometheus, or the shipped shop."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from fvcapacity.inputs import load_scenario
from fvcapacity.report.starter import shipped

SHOP = Path("data/flores-victoria/overlays/cloud")
SMALL = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx, resources: {requests: {cpu: 100m, memory: 64Mi}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {password: hunter2secret}
"""


def init(*arguments, **more):
    return CliRunner().invoke(app, ["init", *map(str, arguments)], **more)


@pytest.fixture
def k8s(tmp_path):
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "web.yaml").write_text(SMALL)
    return tmp_path / "k8s"


def test_the_shop_gives_a_scenario_that_runs_a_minute(tmp_path):
    done = init("--from", SHOP, "--out", tmp_path / "mine", "--cloud", "azure", "--start", "2026-02-14T00:00:00")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"14 services, 9 routes, traffic assumed: {tmp_path / 'mine'}\n"
    assert f"fvcap simulate {tmp_path / 'mine' / 'scenario.yaml'}" in done.stderr
    text = (tmp_path / "mine" / "scenario.yaml").read_text()
    assert "ASSUMED" in text
    assert "ASSUMED" in (tmp_path / "mine" / "topology.yaml").read_text()
    assert (tmp_path / "mine" / "traffic.yaml").read_text().startswith("# ASSUMED")
    command = ["simulate", str(tmp_path / "mine" / "scenario.yaml"), "--plane", "simpy", "--duration", "1m", "--quiet"]
    command += ["--start", "2026-02-14T12:00:00", "--replications", "1", "--out", str(tmp_path / "result")]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 0, ran.output
    assert "USD for the window" in ran.stdout


LOST_HPA = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: wbe}
  minReplicas: 1
  maxReplicas: 6
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
"""


def test_what_does_nothing_in_a_cluster_is_told(k8s, tmp_path):
    (k8s / "hpa.yaml").write_text(LOST_HPA)
    done = init("--from", k8s, "--out", tmp_path / "mine")
    assert done.exit_code == 0, done.output
    assert f"{k8s / 'hpa.yaml'}:5" in done.stderr
    assert "[hpa-target-missing]" in done.stderr
    assert f"fvcap check {k8s}" in done.stderr


def test_the_name_of_a_file_is_no_directory(k8s, tmp_path):
    done = init("--from", k8s, "--out", tmp_path / "scenario.yaml")
    assert done.exit_code == 2
    assert f"write --out {tmp_path / 'scenario'}" in done.stderr
    assert not (tmp_path / "scenario.yaml").exists()


def test_a_pipe_is_kept_without_the_values_of_secrets(tmp_path):
    done = init("--from", "-", "--out", tmp_path / "mine", input=SMALL)
    assert done.exit_code == 0, done.output
    assert "hunter2secret" not in "".join(path.read_text() for path in (tmp_path / "mine").rglob("*.yaml"))
    scenario = load_scenario(tmp_path / "mine" / "scenario.yaml")
    assert scenario.file.manifests == ("manifests.yaml",)
    assert [workload.key for workload in scenario.cluster.workloads] == ["deployment/web"]
    assert scenario.file.name == "mine"


def test_what_stands_there_is_left_as_it_is(tmp_path, k8s):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "scenario.yaml").write_text("dear")
    for how in (["--from", k8s], ["--example"]):
        done = init(*how, "--out", tmp_path / "mine")
        assert done.exit_code == 2
        assert "something stands here already" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["scenario.yaml"]


def test_all_problems_of_the_manifests_at_once_and_nothing_written(tmp_path, k8s):
    (k8s / "bad.yaml").write_text(SMALL.replace("cpu: 100m", "cpu: 100 m").replace("name: web}", "name: bad}"))
    (k8s / "worse.yaml").write_text("a: [")
    done = init("--from", k8s, "--out", tmp_path / "mine")
    assert done.exit_code == 2
    assert "bad.yaml:8" in done.stderr
    assert "worse.yaml:" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["k8s"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--name", "My Shop"], "small letters"),
        (["--time-zone", "Chile"], "America/Santiago"),
        (["--cloud", "azure", "--region", "moon"], "brazilsouth"),
        (["--start", "soon"], "2026-02-09T00:00:00Z"),
    ],
)
def test_what_is_refused(tmp_path, k8s, more, says):
    done = init("--from", k8s, "--out", tmp_path / "mine", *more)
    assert done.exit_code == 2
    assert says in done.stderr
    assert not (tmp_path / "mine").exists()


def test_without_anything_it_says_what_to_give():
    done = init()
    assert done.exit_code == 2
    assert "--example" in done.stderr


def test_manifests_without_a_service(tmp_path):
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
    done = init("--from", tmp_path / "a.yaml", "--out", tmp_path / "mine")
    assert done.exit_code == 2
    assert "0 workloads and 0 Services" in done.stderr


def test_the_example_is_the_shop_and_loads(tmp_path):
    done = init("--example", "--out", tmp_path / "shop", "--quiet")
    assert (done.exit_code, done.stderr) == (0, "")
    assert load_scenario(tmp_path / "shop/scenarios/valentines.yaml").name == "valentines"


def test_a_wheel_carries_what_is_copied():
    """Without a clone the data lies inside of the package: the build puts there what `shipped` looks for."""
    import tomllib

    build = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert build["force-include"] == {part: f"fvcapacity/shipped/{part}" for part in shipped.PARTS}
    assert sum(path.stat().st_size for part in shipped.PARTS for path in Path(part).rglob("*")) < 2**20


def test_questions_are_asked_for_what_is_not_given(tmp_path, k8s):
    answers = f"{k8s}\n\n25\n300\naws\n{tmp_path / 'mine'}\n"
    done = init("--ask", input=answers)
    assert done.exit_code == 0, done.output
    assert "Mean requests a second [10.0]" in done.stderr
    scenario = load_scenario(tmp_path / "mine" / "scenario.yaml")
    assert scenario.file.traffic.weekly is not None
    assert (scenario.file.traffic.weekly.mean_rps, scenario.file.objectives.p95_ms) == (25, 300)
    assert scenario.prices is not None


def test_names_that_mean_something_to_yaml_stay_names(tmp_path):
    """Names come from somebody's file: they are data, whatever they look like."""
    evil = SMALL.replace("image: nginx", 'image: "nginx\\n  evil: {threads: {}}\\n#"').replace("web", "no")
    (tmp_path / "k8s.yaml").write_text(re.sub(r"\bno\b", '"no"', evil))
    done = init("--from", tmp_path / "k8s.yaml", "--out", tmp_path / "mine")
    assert done.exit_code == 0, done.output
    assert list(yaml.safe_load((tmp_path / "mine/topology.yaml").read_text())["services"]) == ["no"]


def test_it_asks_nobody_when_there_is_no_terminal(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert init("--out", tmp_path / "x").exit_code == 2
