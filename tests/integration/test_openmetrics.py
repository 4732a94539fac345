"""A simulated shop behind a real Prometheus: what was simulated is what it answers."""

import math
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

import fvcapacity as fv
from fvcapacity.errors import InputError
from fvcapacity.inputs.prometheus.backfill import list_blocks
from fvcapacity.report.grafana.dashboard import expressions
from fvcapacity.report.grafana.panels import PANELS
from fvcapacity.report.openmetrics.check import bucket_problems, check_openmetrics
from fvcapacity.report.openmetrics.export import export_openmetrics
from fvcapacity.report.openmetrics.serving import Served, served
from fvcapacity.results.result import Result
from tests.support.prometheus import needs_prometheus
from tests.support.shops import write_shop

AUTOSCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: flowers}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 1
  maxReplicas: 2
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 900}}}]
"""
"""It never scales: the figures of the tests are of one pod."""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    scenario = write_shop(tmp_path_factory.mktemp("shop"))
    (scenario.parent / "manifests/hpa.yaml").write_text(AUTOSCALER)
    return fv.simulate(fv.load_scenario(scenario))


@pytest.fixture(scope="module")
def simulated(result: Result):
    with served(result) as found:
        yield found


def _value(simulated: Served, query: str) -> float:
    rows = _rows(simulated, query)
    assert len(rows) == 1, (query, rows)
    return float(rows[0]["value"][1])


def _rows(simulated: Served, query: str) -> list[dict]:
    answer = requests.post(
        f"{simulated.server.url}/api/v1/query",
        data={"query": query, "time": simulated.export.end_ms / 1000},
        timeout=10,
    ).json()
    assert answer["status"] == "success", answer
    return answer["data"]["result"]


def test_every_file_passes_our_own_check(result: Result, tmp_path: Path):
    export = export_openmetrics(result, tmp_path / "out")
    found = [check_openmetrics(path) for path in export.files]
    assert [problems for _, problems in found] == [[] for _ in found]
    assert sum(samples for samples, _ in found) == export.samples
    for path in export.files:
        assert list(bucket_problems(path.read_text().splitlines())) == []


def test_the_same_result_gives_the_same_bytes(result: Result, tmp_path: Path):
    first, second = (export_openmetrics(result, tmp_path / name).files for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_replication_that_is_not_there_is_refused(result: Result, tmp_path: Path):
    with pytest.raises(InputError, match="no replication 3"):
        export_openmetrics(result, tmp_path / "out", replication=3)


@needs_prometheus
def test_requests_are_counted_to_the_last(result: Result, simulated: Served):
    routes = result.tables["routes"]
    ended = int(routes.loc[routes["route"] == "all", ["served", "failed"]].sum().sum())
    assert _value(simulated, 'sum(increase(http_requests_total{service="shop"}[5m]))') == pytest.approx(ended, rel=0.25)
    assert _value(simulated, 'sum(http_requests_total{service="shop"})') == ended
    assert _value(simulated, 'sum(http_request_duration_seconds_bucket{service="shop",le="+Inf"})') == ended
    assert _value(simulated, 'sum(http_request_duration_seconds_count{path="/buy",service="shop"})') == int(
        routes.loc[routes["route"] == "buy", ["served", "failed"]].sum().sum()
    )


@needs_prometheus
def test_cpu_memory_and_throttling_are_those_of_the_tables(result: Result, simulated: Served):
    samples = result.tables["pod_samples"]
    serving = 'container_cpu_usage_seconds_total{container="shop",namespace="flowers"}'
    assert _value(simulated, f"sum({serving})") == pytest.approx(samples["serving_cpu_core_s"].sum(), abs=1e-6)
    assert _value(simulated, "sum(container_cpu_usage_seconds_total)") == pytest.approx(
        samples["cpu_core_s"].sum(), abs=1e-6
    )
    assert _value(simulated, "sum(container_cpu_cfs_throttled_periods_total)") == samples["throttled_periods"].sum() > 0
    assert _value(simulated, "sum(container_memory_working_set_bytes)") == samples["memory_bytes"].iloc[-1]


@needs_prometheus
def test_queries_of_the_field_have_an_answer(simulated: Served):
    owner = 'kube_pod_owner{owner_kind="ReplicaSet"} * on(owner_name) group_left(deployment) '
    joined = 'label_replace(kube_replicaset_owner, "owner_name", "$1", "replicaset", "(.*)")'
    for query, wanted in [
        ('sum(kube_pod_container_resource_requests{resource="cpu",container="shop"})', 0.1),
        ('sum(kube_pod_container_resource_limits{resource="memory",container="shop"})', 128 * 2**20),
        ('sum(kube_deployment_status_replicas_ready{deployment="shop"})', 1),
        ('sum(kube_pod_status_phase{phase="Running"})', 1),
        ('count(kube_node_info)', 1),
        ('kube_horizontalpodautoscaler_spec_max_replicas{horizontalpodautoscaler="shop"}', 2),
        ('sum(kube_node_status_allocatable{resource="cpu"})', 1.9),
        (f"count({owner}{joined})", 1),
    ]:  # fmt: skip
        assert _value(simulated, query) == pytest.approx(wanted), query


@needs_prometheus
def test_every_series_says_which_run_it_is_of(result: Result, simulated: Served):
    answer = requests.get(f"{simulated.server.url}/api/v1/label/run_id/values", timeout=10).json()
    assert answer["data"] == [simulated.export.labels["run_id"]]
    bare = requests.post(
        f"{simulated.server.url}/api/v1/query",
        data={"query": 'count({__name__=~".+",run_id=""})', "time": simulated.export.end_ms / 1000},
        timeout=10,
    )
    assert bare.json()["data"]["result"] == []


@needs_prometheus
def test_a_database_is_filled_once(result: Result, tmp_path: Path):
    for _ in range(2):
        with served(result, tmp_path / "data") as found:
            assert _value(found, "count(kube_node_info)") == 1


@needs_prometheus
def test_a_pull_gives_back_what_was_simulated(result: Result, simulated: Served):
    start, end = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (simulated.export.start_ms, simulated.export.end_ms))
    measured = fv.pull(simulated.server.url, start=start, end=end, min_coverage=0.5).measurements()
    routes = result.tables["routes"].set_index("route")
    requests = measured.traffic.groupby("route")["requests"].sum()
    assert requests.to_dict() == {"GET /": routes.loc["list", "served"], "GET /buy": routes.loc["buy", "served"]}
    assert measured.traffic["failed"].tolist() == [0.0] * len(measured.traffic)
    usage = measured.usage.groupby(["service", "measure"])["value"].sum()["shop"]
    assert usage["requests"] == routes.loc["all", "served"]
    assert usage["cpu_core_s"] == pytest.approx(result.tables["pod_samples"]["cpu_core_s"].sum())
    latency = measured.latency.groupby("subject")["count"].sum()
    assert latency["service/shop"] == routes.loc["all", "served"]
    assert latency["route/GET /buy"] == routes.loc["buy", "served"]


@needs_prometheus
@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_every_query_of_the_dashboard_has_an_answer(simulated: Served, panel):
    values = {"namespace": "flowers", "service": ".*", "run": simulated.export.labels["run_id"]}
    for query in expressions(panel, simulated=True, values=values):
        rows = _rows(simulated, query)
        assert rows, query
        assert all(math.isfinite(float(row["value"][1])) for row in rows), (query, rows)
    # A real cluster's series carry no run: its queries are understood, and find nothing of the simulated one.
    for query in expressions(panel, simulated=False, values={**values, "shift": "52w"}):
        assert _rows(simulated, query) == [], query


@needs_prometheus
def test_a_query_of_the_dashboard_tells_what_was_simulated(result: Result, simulated: Served):
    values = {"namespace": "flowers", "service": ".*", "run": ".*"}
    panels = {panel.title: expressions(panel, simulated=True, values=values)[0] for panel in PANELS}
    samples = result.tables["pod_samples"]
    mean_cores = samples["serving_cpu_core_s"].sum() / 300
    cpu = {row["metric"]["container"]: float(row["value"][1]) for row in _rows(simulated, panels["CPU"])}
    assert cpu["shop"] == pytest.approx(mean_cores, rel=0.25)  # rate() extrapolates at the edges of the window
    largest = float(_rows(simulated, panels["Memory of the largest pod by its limit"])[0]["value"][1])
    assert largest == pytest.approx(samples["memory_bytes"].iloc[-1] / 128 / 2**20, rel=0.01)


@needs_prometheus
def test_a_database_that_was_left_half_filled_is_filled_again(result: Result, tmp_path: Path):
    data = tmp_path / "data"
    with served(result, data) as found:
        name, whole = found.export.labels["run_id"], _value(found, "count({run_id!=''})")
    (data / f"run-{name}").rename(data / f"moving-{name}")  # as if it had ended before its last step
    (data / f"aside-{name}").mkdir()
    with served(result, data) as found:
        assert _value(found, "count({run_id!=''})") == whole
    assert sum(block.samples for block in list_blocks(data)) == found.export.samples
    assert sorted(path.name for path in data.glob("*-*")) == ["fvcapacity-prometheus", f"run-{name}"]


@needs_prometheus
def test_the_command_serves_until_it_is_ended_and_leaves_no_server(result: Result, tmp_path: Path):
    result.save(tmp_path / "result")
    command = [sys.executable, "-m", "fvcapacity", "serve-prometheus", tmp_path / "result", "--port", "0", "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        lines = [process.stdout.readline() for _ in range(3)]
        url = lines[0].removeprefix("Prometheus: ").strip()
        assert lines[1] == "Time range: 2026-02-14T21:00:00Z to 2026-02-14T21:05:00Z\n"
        assert requests.get(f"{url}/-/ready", timeout=10).status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=60)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/-/ready", timeout=10)
