"""Real traffic in a real Prometheus, pulled and compared count by count."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fvcapacity.inputs.measurements import Measurements
from fvcapacity.inputs.prometheus.pull import pull
from tests.support.backfilled import Family, Written, backfill, need_prometheus, prometheus_server

NASA = Path(__file__).resolve().parents[3] / "shared/data/traffic/nasa_http_1995_07_03_07_16_per_second_sparse.csv.gz"
START = 805_644_000  # 13 July 1995 14:00 UTC, the day of a launch
HOURS = 3
ROUTES = ("GET /", "GET /history", "POST /search")
GAP = (START + 5400, START + 7200)
RESTART, ROLLOUT = START + 3600, START + 8400
SCRAPE = 15
PODS = ("web-7d4b9c6f5-aaaaa", "web-7d4b9c6f5-bbbbb", "web-5c6b7d8f9-ccccc")


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


def _past(phase: float = 0.0) -> Past:
    counts = _counts()
    rng = np.random.default_rng(20260214)
    split = np.stack([rng.multinomial(count, [0.25, 0.35, 0.15, 0.15, 0.05, 0.05]) for count in counts])
    by_second = np.zeros((counts.size, len(ROUTES), len(PODS)), np.int64)
    by_second[:, :, :2] = split.reshape(-1, 3, 2)
    switch = ROLLOUT - START
    by_second[switch:, :, 2], by_second[switch:, :, 1] = by_second[switch:, :, 1].copy(), 0
    scrapes = np.arange(START - 300, START + counts.size + 121, SCRAPE) + phase
    scrapes = scrapes[(scrapes <= GAP[0]) | (scrapes >= GAP[1])]
    series = []
    for number, pod in enumerate(PODS):
        there = scrapes <= ROLLOUT + phase if number == 1 else scrapes > ROLLOUT + phase if number == 2 else scrapes > 0
        for route, name in enumerate(ROUTES):
            total = np.concatenate(([0], np.cumsum(by_second[:, route, number])))
            at = scrapes[there]
            values = _at(total, at)
            if number == 0:  # its process begins again just after a scrape
                values = np.where(at > RESTART, values - _at(total, np.array([RESTART + phase]))[0], values + 1000)
            method, _, path = name.partition(" ")
            labels = {
                "namespace": "shop",
                "pod": pod,
                "method": method,
                "path": path,
                "status_code": "200",
                "job": "web",
            }
            series.append(Written(labels, at, values.astype(float)))
    owner = [_owner(pod, scrapes) for pod in PODS]
    replicasets = [
        Written(
            {"namespace": "shop", "replicaset": name, "owner_kind": "Deployment", "owner_name": "web"},
            scrapes,
            np.ones(scrapes.size),
        )
        for name in ("web-7d4b9c6f5", "web-5c6b7d8f9")
    ]
    families = [
        Family("http_requests_total", "counter", series),
        Family("kube_pod_owner", "gauge", owner),
        Family("kube_replicaset_owner", "gauge", replicasets),
    ]
    return Past(by_second, families)


def _at(total: np.ndarray, at: np.ndarray) -> np.ndarray:
    return total[np.clip(np.floor(at - START), 0, total.size - 1).astype(int)]


def _owner(pod: str, scrapes: np.ndarray) -> Written:
    labels = {"namespace": "shop", "pod": pod, "owner_kind": "ReplicaSet", "owner_name": pod.rsplit("-", 1)[0]}
    return Written(labels, scrapes, np.ones(scrapes.size))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Past]]:
    need_prometheus()
    past = _past()
    data = tmp_path_factory.mktemp("prometheus") / "data"
    backfill(past.families, data)
    with prometheus_server(data) as url:
        yield url, past


def _pull(url: str, **options) -> Measurements:
    start, end = (datetime.fromtimestamp(instant, UTC) for instant in (START, START + HOURS * 3600))
    return pull(url, start=start, end=end, **({"profiles": ["prom-client"], "min_coverage": 0.5} | options))


def _route(measured: Measurements, route: str) -> np.ndarray:
    return measured.traffic[measured.traffic["route"] == route]["requests"].to_numpy()


def test_counts_come_back_one_by_one(server):
    url, past = server
    measured = _pull(url)
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
    service = measured.usage[(measured.usage["measure"] == "requests") & (measured.usage["service"] == "web")]
    assert service["value"].sum() == np.nansum([_route(measured, route) for route in ROUTES])
    rules = {remark.rule for remark in measured.provenance.remarks}
    assert {"gap", "counter-resets", "births"} <= rules
    assert "owner-by-name" not in rules
