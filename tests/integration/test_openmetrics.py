"""A simulated shop behind a real Prometheus: what was simulated is what it answers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

import fvcapacity as fv
from fvcapacity.errors import InputError
from fvcapacity.report.openmetrics.check import bucket_problems, check_openmetrics
from fvcapacity.report.openmetrics.export import export_openmetrics
from fvcapacity.report.openmetrics.serving import Served, served
from fvcapacity.results.result import Result
from tests.support.prometheus import needs_prometheus
from tests.support.shops import write_shop


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return fv.simulate(fv.load_scenario(write_shop(tmp_path_factory.mktemp("shop"))))


@pytest.fixture(scope="module")
def simulated(result: Result):
    with served(result) as found:
        yield found


def _value(simulated: Served, query: str) -> float:
    answer = requests.post(
        f"{simulated.server.url}/api/v1/query",
        data={"query": query, "time": simulated.export.end_ms / 1000},
        timeout=10,
    ).json()
    assert answer["status"] == "success", answer
    rows = answer["data"]["result"]
    assert len(rows) == 1, (query, rows)
    return float(rows[0]["value"][1])


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
