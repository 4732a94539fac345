"""What stands for samples of single pods in a result without them."""

import pandas as pd
import pytest

from fvcapacity.report.openmetrics.pods import split_over_pods

NAN = float("nan")
TIMES = [60.0, 120.0, 180.0]


def _tables() -> dict[str, pd.DataFrame]:
    return {
        "workload_minutes": pd.DataFrame(
            {
                "workload": "deployment/shop",
                "time_s": TIMES,
                "cpu_usage_cores": [0.2, 0.4, 0.3],
                "memory_bytes": [100, 300, 200],
            }
        ),
        "pods": pd.DataFrame(
            {
                "uid": [1, 2],
                "pod": ["shop-1", "shop-2"],
                "workload": "deployment/shop",
                "node": "one",
                "started_s": [-5.0, 90.0],
                "ready_s": [-1.0, 130.0],
                "deleted_s": [NAN, 170.0],
                "restarts": [2, 0],
                "oom_kills": [1, 0],
            }
        ),
        "events": pd.DataFrame(
            {
                "object": ["pod/shop-1", "pod/shop-1", "pod/shop-2"],
                "reason": ["OOMKilling", "Started", "Started"],
                "time_s": [100.0, 101.0, 90.0],
            }
        ),
        "services": pd.DataFrame({"service": ["shop"], "workload": ["deployment/shop"]}),
        "service_minutes": pd.DataFrame(
            {
                "service": "shop",
                "time_s": [0.0, 60.0, 120.0],
                "periods": [600, 600, 600],
                "throttled_periods": [0, 60, 30],
            }
        ),
    }


def test_what_a_workload_used_is_shared_by_the_pods_that_live():
    found = split_over_pods(_tables()).set_index(["uid", "time_s"])
    assert sorted(found.index) == [(1, 60.0), (1, 120.0), (1, 180.0), (2, 120.0)]
    assert found["cpu_core_s"].groupby("time_s").sum().tolist() == pytest.approx([12.0, 24.0, 18.0])
    assert found["memory_bytes"].groupby("time_s").sum().tolist() == [100, 300, 200]
    assert found["throttled_periods"].groupby("time_s").sum().tolist() == [0, 60, 30]


def test_a_pod_is_ready_from_its_first_readiness_on():
    found = split_over_pods(_tables()).set_index(["uid", "time_s"])
    assert found["ready"].to_dict() == {(1, 60.0): True, (1, 120.0): True, (1, 180.0): True, (2, 120.0): False}


def test_restarts_are_told_from_their_events_on():
    found = split_over_pods(_tables()).set_index(["uid", "time_s"])
    assert found.loc[1, "restarts"].tolist() == [1, 2, 2]  # one was before the window, and has no event
    assert found.loc[1, "oom_kills"].tolist() == [0, 1, 1]
    assert found.loc[2, "restarts"].tolist() == [0]
