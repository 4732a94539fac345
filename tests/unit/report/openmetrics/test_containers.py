"""A pod whose container is restarted, as cAdvisor and kube-state-metrics tell of it."""

import numpy as np
import pandas as pd

from fvcapacity.report.openmetrics.containers import (
    CPU,
    MEMORY,
    MEMORY_LIMIT,
    OOM_EVENTS,
    PERIODS,
    QUOTA,
    add_containers,
)
from fvcapacity.report.openmetrics.exporters import UP, add_exporters, add_target
from fvcapacity.report.openmetrics.pods import Pod
from fvcapacity.report.openmetrics.series import Collected

START_MS = 1_771_000_000_000
NAN = float("nan")
SAMPLES = pd.DataFrame(
    {
        "time_s": [60.0, 120.0, 180.0, 240.0],
        "interval_s": [60.0] * 4,
        "cpu_core_s": [3.0, 4.0, 2.0, 5.0],
        "serving_cpu_core_s": [2.0, 3.0, 1.0, 4.0],
        "periods": [10, 10, 20, 20],
        "throttled_periods": [0, 5, 0, 0],
        "memory_bytes": [100, 110, 60, 80],
        "node": ["", "one", "one", "one"],
        "running": [False, True, False, True],
        "ready": [True, True, False, True],
        "restarts": [0, 0, 1, 1],
        "oom_kills": [0, 0, 1, 1],
    }
)
CONTAINERS = pd.DataFrame(
    {
        "namespace": "shop",
        "container": ["db", "side"],
        "image": ["postgres:16.4", "quay.io/prometheuscommunity/postgres-exporter:v0.15.0"],
        "service": ["db", ""],
        "cpu_limit_cores": [0.5, NAN],
        "memory_limit_bytes": [200.0, NAN],
        "steady_cpu_cores": [0.0, 0.1],
        "steady_memory_bytes": [0, 10],
    }
)


def _pod() -> Pod:
    return Pod(pd.Series({"pod": "db-0", "uid": 7, "node": "one", "workload": "statefulset/db"}), SAMPLES, START_MS)


def _collected() -> Collected:
    collected = Collected()
    add_containers(collected, _pod(), CONTAINERS)
    add_target(collected, _pod(), CONTAINERS)
    add_exporters(collected, _pod(), CONTAINERS)
    return collected


def _told(collected: Collected, family) -> dict[str, tuple[list[float], list[float]]]:
    return {
        series.labels["id"]: (((series.times_ms - START_MS) / 1000).tolist(), series.values.tolist())
        for series in collected.series[family]
    }


def test_a_restarted_container_is_another_series_that_begins_at_zero():
    told = _told(_collected(), CPU)
    assert told == {
        "/kubepods/pod7/db-0": ([0.0, 60.0, 120.0], [0.0, 2.0, 5.0]),
        "/kubepods/pod7/db-1": ([120.0, 180.0, 240.0], [0.0, 1.0, 5.0]),
        "/kubepods/pod7/side-0": ([0.0, 60.0, 120.0, 180.0, 240.0], [0.0, 1.0, 2.0, 3.0, 4.0]),
    }
    assert sum(values[-1] for _, values in told.values()) == SAMPLES["cpu_core_s"].sum()


def test_memory_is_told_of_the_container_that_lives():
    told = _told(_collected(), MEMORY)
    assert told["/kubepods/pod7/db-0"] == ([60.0, 120.0], [90, 100])
    assert told["/kubepods/pod7/db-1"] == ([180.0, 240.0], [50, 70])
    assert told["/kubepods/pod7/side-0"][1] == [10] * 4


def test_periods_are_told_of_containers_with_a_limit():
    assert _told(_collected(), PERIODS) == {
        "/kubepods/pod7/db-0": ([0.0, 60.0, 120.0], [0, 10, 20]),
        "/kubepods/pod7/db-1": ([120.0, 180.0, 240.0], [0, 20, 40]),
    }


def test_a_database_is_up_when_its_pod_is_ready():
    up = [(family.name, some) for family, some in _collected().series.items() if family.name.endswith("_up")]
    assert [name for name, _ in up] == ["pg_up"]
    assert up[0][1][0].values.tolist() == [1, 1, 0, 1]
    assert up[0][1][0].values.dtype == np.int64


def test_a_target_is_up_while_its_containers_run_and_no_target_before_it_has_a_node():
    (up,) = _collected().series[UP]
    assert up.labels["job"] == "db"
    assert ((up.times_ms - START_MS) / 1000).tolist() == [120.0, 180.0, 240.0]
    assert up.values.tolist() == [1, 0, 1]


def test_limits_and_kills_are_told_of_the_container_that_has_them():
    series = _collected().series
    assert [one.values.tolist() for one in series[MEMORY_LIMIT]] == [[200] * 4]
    assert [one.values.tolist() for one in series[QUOTA]] == [[50_000] * 4]
    (kills,) = series[OOM_EVENTS]
    assert kills.labels["container"] == "db"
    assert kills.values.tolist() == [0, 0, 0, 1, 1]
