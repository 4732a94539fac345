"""Real traffic in a real Prometheus, pulled and compared count by count."""

from __future__ import annotations

import dataclasses
import functools
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from fvcapacity.errors import SourceError
from fvcapacity.inputs.measurements import Measurements, load_measurements
from fvcapacity.inputs.prometheus import client, plan
from fvcapacity.inputs.prometheus.pull import pull
from fvcapacity.inputs.prometheus.server import LocalPrometheus
from tests.support.backfilled import Family, Written, write_past
from tests.support.fake_prometheus import Reply, fake_prometheus, forwarded, page
from tests.support.prometheus import needs_prometheus

pytestmark = needs_prometheus

NASA = Path(__file__).resolve().parents[3] / "shared/data/traffic/nasa_http_1995_07_03_07_16_per_second_sparse.csv.gz"
START = 805_644_000  # 13 July 1995 14:00 UTC, the day of a launch
HOURS = 3
ROUTES = ("GET /", "GET /history", "POST /search")
GAP = (START + 5400, START + 7200)
RESTART, ROLLOUT = START + 3600, START + 8400
SCRAPE = 15
PODS = ("web-7d4b9c6f5-bbbbb", "web-7d4b9c6f5-ccccc", "web-5c6b7d8f9-ddddd")


@dataclass
class Past:
    """What was true, and the families that a Prometheus saw of it."""

    by_second: np.ndarray  # (seconds, routes, pods)
    families: list[Family]

    def per_minute(self, route: int) -> np.ndarray:
        return self.by_second[:, route].sum(axis=1).reshape(-1, 60).sum(axis=1)


def _counts() -> np.ndarray:
    if not NASA.exists():
        pytest.skip("the real traffic (../shared/data/traffic) is not here")
    with gzip.open(NASA, "rt") as file:
        table = pd.read_csv(file)
    counts = np.zeros(HOURS * 3600, np.int64)
    inside = table[(table.epoch_s >= START) & (table.epoch_s < START + counts.size)]
    counts[inside.epoch_s.to_numpy() - START] = inside.requests
    return counts


def _past() -> Past:
    counts = _counts()
    rng = np.random.default_rng(20260214)
    split = np.stack([rng.multinomial(count, [0.25, 0.35, 0.15, 0.15, 0.05, 0.05]) for count in counts])
    by_second = np.zeros((counts.size, len(ROUTES), len(PODS)), np.int64)
    by_second[:, :, :2] = split.reshape(-1, 3, 2)
    switch = ROLLOUT - START
    by_second[switch:, :, 2], by_second[switch:, :, 1] = by_second[switch:, :, 1].copy(), 0
    scrapes = _scrapes()
    aligned = scrapes[(scrapes <= GAP[0]) | (scrapes >= GAP[1])]
    first = scrapes[(scrapes <= START + 1800) | (scrapes >= START + 2400)]  # this replica was away for ten minutes
    series = [
        *_counters(by_second, aligned, {"namespace": "shop"}),
        *_counters(by_second, _scrapes(7.3), {"namespace": "off"}, 7.3),
        *_counters(by_second, first, {"namespace": "twice", "prometheus_replica": "a"}),
        *_counters(by_second, _scrapes(6.0), {"namespace": "twice", "prometheus_replica": "b"}, 6.0),
    ]
    replicasets = [
        Written(
            {"namespace": "shop", "replicaset": name, "owner_kind": "Deployment", "owner_name": "web"},
            aligned,
            np.ones(aligned.size),
        )
        for name in ("web-7d4b9c6f5", "web-5c6b7d8f9")
    ]
    families = [
        Family("http_requests_total", "counter", series),
        Family("kube_pod_owner", "gauge", [_owner(pod, aligned) for pod in PODS]),
        Family("kube_replicaset_owner", "gauge", replicasets),
        *_cluster(scrapes),
        _latency(scrapes),
    ]
    return Past(by_second, families)


def _scrapes(phase: float = 0.0) -> np.ndarray:
    return np.arange(START - 300, START + HOURS * 3600 + 121, SCRAPE) + phase


def _counters(by_second: np.ndarray, scrapes: np.ndarray, more: dict[str, str], phase: float = 0.0) -> list[Written]:
    """What a scraper reads of every pod and route: one restarts in place, one is replaced by another."""
    series = []
    for number, pod in enumerate(PODS):
        there = scrapes <= ROLLOUT + phase if number == 1 else scrapes > ROLLOUT + phase if number == 2 else scrapes > 0
        for route, name in enumerate(ROUTES):
            total = np.concatenate(([0], np.cumsum(by_second[:, route, number])))
            at = scrapes[there]
            values = _at(total, at)
            if number == 0:  # its process begins again just after a scrape
                values = np.where(
                    at > RESTART + phase, values - _at(total, np.array([RESTART + phase]))[0], values + 1000
                )
            method, _, path = name.partition(" ")
            labels = {"pod": pod, "method": method, "path": path, "status_code": "200", "job": "web", **more}
            series.append(Written(labels, at, values.astype(float)))
    return series


def _cluster(scrapes: np.ndarray) -> list[Family]:
    """One pod of a database, whose container is replaced within the pod, read by two scrapers; and its replicas."""
    cpu, memory = [], []
    pod = {"namespace": "usage", "pod": "mongo-0", "container": "mongo"}
    for job in ("cadvisor", "kubelet"):
        for number, there in enumerate((scrapes <= RESTART, scrapes > RESTART)):
            at = scrapes[there]
            born = START - 86_400 if number == 0 else RESTART
            labels = {**pod, "job": job, "id": f"/kubepods/{number}"}
            cpu.append(Written(labels, at, (at - born) * 0.25))
            memory.append(Written(labels, at, np.full(at.size, 1e8 * (number + 1))))
        cpu.append(
            Written({**pod, "container": "", "job": job, "id": "/kubepods"}, scrapes, (scrapes - START + 86_400) * 0.5)
        )
    replicas = [
        Written({"namespace": "usage", "statefulset": "mongo", "job": job}, scrapes, np.full(scrapes.size, 3.0))
        for job in ("kube-state-metrics", "opencost")
    ]
    return [
        Family("container_cpu_usage_seconds_total", "counter", cpu),
        Family("container_memory_working_set_bytes", "gauge", memory),
        Family("kube_statefulset_replicas", "gauge", replicas),
    ]


def _latency(scrapes: np.ndarray) -> Family:
    """A histogram of one request a second: 60 % within 0.1 s, 95 % within 1 s, and it ends there."""
    passed = np.floor(scrapes - START + 300)
    series = []
    for share, edge in ((0.6, "0.1"), (0.95, "1.0"), (1.0, "+Inf")):
        labels = {"namespace": "lat", "service": "cart", "method": "GET", "path": "/cart", "job": "cart"}
        series.append(Written({"suffix": "_bucket", **labels, "le": edge}, scrapes, np.floor(passed * share)))
    series += [
        Written({"suffix": suffix, **labels, "status_code": "200"}, scrapes, passed) for suffix in ("_count", "_sum")
    ]
    return Family("http_request_duration_seconds", "histogram", series)


def _at(total: np.ndarray, at: np.ndarray) -> np.ndarray:
    return total[np.clip(np.floor(at - START), 0, total.size - 1).astype(int)]


def _owner(pod: str, scrapes: np.ndarray) -> Written:
    labels = {"namespace": "shop", "pod": pod, "owner_kind": "ReplicaSet", "owner_name": pod.rsplit("-", 1)[0]}
    return Written(labels, scrapes, np.ones(scrapes.size))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Past]]:
    past = _past()
    data = tmp_path_factory.mktemp("prometheus") / "data"
    write_past(past.families, data)
    with LocalPrometheus(data) as local:
        yield local.url, past


def _pull(url: str, **options) -> Measurements:
    start, end = (datetime.fromtimestamp(instant, UTC) for instant in (START, START + HOURS * 3600))
    usual = {"start": start, "end": end, "profiles": ["prom-client"], "min_coverage": 0.5}
    return pull(url, **(usual | options)).measurements()


def _route(measured: Measurements, route: str) -> np.ndarray:
    return measured.traffic[measured.traffic["route"] == route]["requests"].to_numpy()


def test_counts_come_back_one_by_one(server):
    url, past = server
    measured = _pull(url, namespaces=["shop"])
    assert measured.provenance.counts_from == "raw counters"
    assert measured.provenance.scrape_interval_s == 15
    gap = slice((GAP[0] - START) // 60, (GAP[1] - START) // 60)
    for number, route in enumerate(ROUTES):
        truth = past.per_minute(number).astype(float)
        truth[gap] = np.nan
        np.testing.assert_array_equal(_route(measured, route), truth)
    assert measured.traffic["failed"].dropna().eq(0).all()
    (found,) = measured.provenance.gaps
    lost = sum(past.per_minute(number)[gap].sum() for number in range(3))
    assert (found.start.timestamp(), found.end.timestamp(), found.counted) == (*GAP, lost)
    assert lost > 0
    web = _measure(measured, "requests")
    assert np.nansum(web) == np.nansum([_route(measured, route) for route in ROUTES])
    (coverage,) = measured.provenance.coverage
    assert (coverage.samples, coverage.expected) == (150, 180)
    rules = _rules(measured)
    assert {"gap", "counter-resets", "births"} <= rules
    assert "owner-by-name" not in rules


def test_scrapes_off_the_grid_lose_nothing(server):
    url, past = server
    measured = _pull(url, namespaces=["off"])
    assert "owner-by-name" in _rules(measured)
    for number, route in enumerate(ROUTES):
        found, truth = _route(measured, route), past.per_minute(number)
        edge = truth[:1].sum() + truth[-1:].sum()
        assert abs(found.sum() - truth.sum()) <= edge
        assert np.abs(found - truth).mean() < 0.15 * truth.mean()


def test_what_two_replicas_tell_is_counted_once(server):
    url, past = server
    measured = _pull(url, namespaces=["twice"])
    assert "duplicates" in _rules(measured)
    assert not measured.provenance.gaps
    whole = sum(past.per_minute(number) for number in range(3))
    found = _measure(measured, "requests")
    away = slice(30, 40)
    np.testing.assert_array_equal(np.delete(found, range(29, 41)), np.delete(whole, range(29, 41)))
    assert abs(found[away].sum() - whole[away].sum()) < 0.05 * whole[away].sum()


def test_the_server_adds_up_where_raw_counters_would_be_too_many(server):
    url, past = server
    measured = _pull(url, namespaces=["twice"], counts="increase")
    assert measured.provenance.counts_from == "increase over 60s"
    assert "increase" in _rules(measured)
    whole = sum(past.per_minute(number) for number in range(3))
    assert abs(_measure(measured, "requests").sum() / whole.sum() - 1) < 0.02


def test_usage_of_a_container_that_came_back_read_by_two(server):
    url, _ = server
    measured = _pull(url, namespaces=["usage"], profiles=["cadvisor", "kube-state-metrics"])
    cpu = _measure(measured, "cpu_core_s")
    np.testing.assert_allclose(cpu, 15.0, atol=1e-6)
    memory = _measure(measured, "memory_bytes")
    assert set(np.delete(memory, 60)) == {1e8, 2e8}
    assert _measure(measured, "memory_peak_bytes").max() == 2e8
    assert set(_measure(measured, "desired")) == {3.0}
    assert set(measured.usage["service"]) == {"mongo"}


def test_buckets_stand_alone(server):
    url, _ = server
    measured = _pull(url, namespaces=["lat"])
    assert set(measured.latency["subject"]) == {"service/cart", "route/GET /cart"}
    of_service = measured.latency[measured.latency["subject"] == "service/cart"]
    sums = of_service.groupby("le_s")["count"].sum() / (HOURS * 3600)
    np.testing.assert_allclose(sums.loc[[0.1, 1.0, np.inf]], [0.6, 0.35, 0.05], atol=1e-3)
    assert "saturated-histogram" in _rules(measured)
    assert _route(measured, "GET /cart").tolist() == [60.0] * (HOURS * 60)


def test_a_range_that_the_server_does_not_reach(server):
    url, _ = server
    start = datetime.fromtimestamp(START - 10 * 3600, UTC)
    with pytest.raises(SourceError, match="too little is known") as caught:
        _pull(url, namespaces=["off"], start=start, min_coverage=0.8)
    assert "--min-coverage" in caught.value.hint
    measured = _pull(url, namespaces=["off"], start=start, min_coverage=0.0)
    assert "begins-late" in _rules(measured)
    assert np.isnan(_route(measured, "GET /")[: 9 * 60]).all()


def test_a_metric_that_is_not_there_is_told_with_its_neighbours(server, tmp_path):
    url, _ = server
    own = tmp_path / "own.yaml"
    own.write_text(
        "profile: own\nqueries:\n  - {name: a, metric: http_request_total, kind: counter, measure: requests, route: '{path}'}\n"
    )
    with pytest.raises(SourceError, match="has no metric http_request_total") as caught:
        _pull(url, profiles=[str(own)])
    assert "http_requests_total" in caught.value.hint
    assert caught.value.query == "http_request_total"
    with pytest.raises(SourceError, match="no series that match in the range") as caught:
        _pull(url, namespaces=["nowhere"])
    assert "--namespace" in caught.value.hint


FAULTS = {
    "down": page(503, "Service Unavailable"),
    "login page": page(200, "<html><title>Sign in</title></html>"),
    "truncated": Reply(body=b'{"status":"success","data":{"resul'),
    "unauthorised": page(401, "token expired"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_that_was_fetched_is_lost(server, tmp_path, monkeypatch, fault):
    """The server fails midway; the same call goes on, asks less, and gives what an undisturbed one gives."""
    monkeypatch.setattr(plan, "PIECE_SAMPLES", 800)
    url, _ = server
    broken = {"after": 7}

    def script(asked):
        pieces = [
            item
            for item in proxy.asked
            if item.params.get("query", "").endswith("s]") and "topk" not in item.params["query"]
        ]
        return FAULTS[fault] if broken["after"] and len(pieces) > broken["after"] else forwarded(url, asked)

    with fake_prometheus(script) as proxy:
        options = {"namespaces": ["shop"], "out": tmp_path / "out"}
        monkeypatch.setattr(client, "Backoff", functools.partial(client.Backoff, first_wait_s=0.0))
        with pytest.raises(SourceError):
            _pull(proxy.url, **options)
        assert not (tmp_path / "out").exists()
        kept = len(list((tmp_path / ".out.fetched").glob("*.npz")))
        assert kept >= 3
        broken["after"], before = 0, len(proxy.asked)
        second = _pull(proxy.url, **options)
        asked_again = len(proxy.asked) - before
        before = len(proxy.asked)
        whole = _pull(proxy.url, namespaces=["shop"])
        assert len(proxy.asked) - before - asked_again == kept
    assert second.traffic.equals(whole.traffic)
    assert second.usage.equals(whole.usage)
    assert load_measurements(tmp_path / "out").traffic.equals(whole.traffic)
    assert not (tmp_path / ".out.fetched").exists()


def test_an_interruption_keeps_what_was_fetched(server, tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "PIECE_SAMPLES", 800)
    url, _ = server

    def interrupt(update):
        if update.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _pull(url, namespaces=["shop"], out=tmp_path / "out", progress=interrupt)
    assert 2 <= len(list((tmp_path / ".out.fetched").glob("*.npz"))) <= 5
    assert not (tmp_path / "out").exists()


def test_no_secret_is_written_or_printed(server, tmp_path):
    url, _ = server
    secret = "s3cr3t-t0ken-of-the-test"
    (tmp_path / "token").write_text(secret)
    (tmp_path / "auth.yaml").write_text("bearer: {file: token}\nheaders: {X-Scope-OrgID: {env: FVCAP_TEST_TENANT}}\n")
    texts = []

    def script(asked):
        if (
            asked.headers.get("Authorization") != f"Bearer {secret}"
            or asked.headers.get("X-Scope-OrgID") != "t3nant-of-the-test"
        ):
            return page(401, "who are you?")
        reply = forwarded(url, asked)
        return dataclasses.replace(reply, body=reply.body[:-1] + b',"warnings":["seen: ' + secret.encode() + b'"]}')

    with fake_prometheus(script) as proxy:
        for more in (["--auth", str(tmp_path / "auth.yaml")], ["--bearer-file", str(tmp_path / "token")]):
            command = [
                "pull", proxy.url, "--debug", "--out", str(tmp_path / "out"), "--namespace", "off",
                "--start", "1995-07-13T14:00:00Z", "--end", "1995-07-13T15:00:00Z", *more,
            ]  # fmt: skip
            done = CliRunner().invoke(app, command, env={"FVCAP_TEST_TENANT": "t3nant-of-the-test"})
            texts.append((done.exit_code, done.stdout + done.stderr))
    assert [code for code, _ in texts] == [0, 3]
    assert "prom-client: requests" in texts[0][1]
    assert "100.0%" in texts[0][1]
    assert "who are you?" in texts[1][1]
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "token"]
    assert len(written) >= 5
    for shown in (*(text.encode() for _, text in texts), *written):
        for hidden in (secret, "t3nant-of-the-test"):
            assert hidden.encode() not in shown
    assert b"seen: ***" in (tmp_path / "out" / "measurements.json").read_bytes()


def _measure(measured: Measurements, measure: str) -> np.ndarray:
    return measured.usage[measured.usage["measure"] == measure]["value"].to_numpy()


def _rules(measured: Measurements) -> set[str]:
    return {remark.rule for remark in measured.provenance.remarks}
