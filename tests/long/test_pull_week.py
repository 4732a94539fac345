"""A week of twelve services, pulled in little time beyond the server's own, in little memory.

``pytest -n 0 -s -m long tests/long/test_pull_week.py`` prints the table of docs/how-to/pull-from-prometheus.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fvcapacity.inputs.prometheus.backfill import backfill
from fvcapacity.inputs.prometheus.server import LocalPrometheus
from tests.long.pull_once import DAYS, START
from tests.support.backfilled import Family, Written, openmetrics
from tests.support.prometheus import needs_prometheus

pytestmark = [pytest.mark.long, needs_prometheus]
SERVICES, PODS, SCRAPE = 12, 5, 15


def _day(first: int, last: int) -> Family:
    times = np.arange(first, last, SCRAPE, dtype=float)
    series = []
    for service in range(SERVICES):
        for pod in range(PODS):
            rate = 2 + 0.3 * service + 0.1 * pod
            labels = {"namespace": "shop", "service": f"service-{service:02d}", "pod": f"service-{service:02d}-{pod}"}
            series.append(Written(labels, times, np.floor(rate * (times - START + 86_400))))
    return Family("http_requests_total", "counter", series)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    work = tmp_path_factory.mktemp("week")
    days = [(START - 600, START), *((START + d * 86_400, START + (d + 1) * 86_400) for d in range(DAYS))]
    days.append((START + DAYS * 86_400, START + DAYS * 86_400 + 600))
    files = []
    for number, (first, last) in enumerate(days):
        files.append(work / f"{number}.om")
        with files[-1].open("w") as file:
            file.writelines(openmetrics([_day(first, last)]))
    backfill(files, work / "data")
    with LocalPrometheus(work / "data") as server:
        yield server.url


def _measured(url: str, who: str, step: int, counts: str, out: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.long.pull_once", url, who, str(step), counts, str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    beyond = found["total_s"] - found["server_s"]
    print(
        f"{who:10s} {step:3d} s {counts:8s} {found['points']:9,.0f} points  {found['total_s']:6.2f} s in all, "
        f"{beyond:5.2f} s beyond the server's {found['server_s']:6.2f} s  {found['peak_mb']:4.0f} MB"
    )
    return found | {"beyond_s": beyond}


@pytest.mark.parametrize(("step", "most_s"), [(60, 1.0), (15, 3.5)])
def test_a_week_of_twelve_services(url, tmp_path, step, most_s):
    _measured(url, "plain", step, "increase", tmp_path / "out")  # the server is warm from here on
    plain = _measured(url, "plain", step, "increase", tmp_path / "out")
    ours = _measured(url, "fvcapacity", step, "increase", tmp_path / "out")
    assert ours["points"] == plain["points"] == SERVICES * DAYS * 86_400 // step
    assert ours["beyond_s"] < most_s
    assert ours["peak_mb"] < 150


def test_raw_counters_of_a_week(url, tmp_path):
    found = _measured(url, "fvcapacity", 60, "raw", tmp_path / "out")
    assert found["points"] == SERVICES * DAYS * 86_400 // 60
    assert found["peak_mb"] < 150
