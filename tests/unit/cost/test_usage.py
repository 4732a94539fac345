"""What containers reserve and use by the hour, from minutes in a table or in the file of a long run."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from fvcapacity.cost.usage import HOURS, container_days
from fvcapacity.results.columns import TABLES
from fvcapacity.results.minutes import Minutes
from fvcapacity.tabular.storage import write_parquet
from tests.support.bills import GIB, ZONE, Books, Pods

POD = Pods(
    "deployment/web",
    "general-1",
    count=2,
    service="web",
    containers={"web": (0.5, 1.0), "agent": (0.1, 0.5)},
    used=(0.4, 2.0),
    steady={"agent": (0.15, 0.25)},
)


def days_of(**changes) -> pd.DataFrame:
    result = Books([POD], hours=30.0, **changes).result()
    return container_days(result, ZONE)


def test_hours_are_told_apart_by_container_and_day():
    found = days_of().set_index(["day", "container"])
    web, agent = found.loc["2026-02-13", "web"], found.loc["2026-02-13", "agent"]
    assert web["pod_h"] == pytest.approx(48)
    assert web["cpu_request_core_h"] == pytest.approx(48 * 0.5)
    assert web["cpu_used_core_h"] == pytest.approx(48 * 0.25)
    assert web["cpu_charged_core_h"] == pytest.approx(48 * 0.5)
    assert agent["cpu_charged_core_h"] == pytest.approx(48 * 0.15)
    assert web["memory_charged_byte_h"] == pytest.approx(48 * 1.75 * GIB)
    assert agent["memory_charged_byte_h"] == pytest.approx(48 * 0.5 * GIB)
    assert found.loc["2026-02-14", "web"]["pod_h"] == pytest.approx(12)


def test_each_hour_is_judged_alone():
    """Half an hour at 2 cores and half an hour at none is 1 core in that hour; an hour each is 2 and 0.5."""
    result = Books([Pods("deployment/web", "general-1")], hours=2.0).result()
    minutes = result.tables["workload_minutes"]
    for until, expected in ((1800, 1.0 + 0.5), (3600, 2.0 + 0.5)):
        used = minutes.assign(cpu_usage_cores=[2.0 if at <= until else 0.0 for at in minutes["time_s"]])
        changed = replace(result, tables={**result.tables, "workload_minutes": used})
        assert container_days(changed, ZONE)["cpu_charged_core_h"].sum() == pytest.approx(expected)


def test_pods_without_a_node_reserve_nothing():
    result = Books([POD], hours=2.0).result()
    minutes = result.tables["workload_minutes"].assign(pending=1)
    found = container_days(replace(result, tables={**result.tables, "workload_minutes": minutes}), ZONE)
    assert found.loc[found["container"] == "web", "cpu_request_core_h"].sum() == pytest.approx(2 * 0.5)


def test_the_minutes_of_a_long_run_are_read_from_their_file(tmp_path):
    result = Books([POD], hours=50.0).result()
    write_parquet(result.tables["workload_minutes"], TABLES["workload_minutes"], tmp_path / "workload_minutes.parquet")
    long = replace(result, minutes=Minutes(tmp_path), tables={**result.tables, "workload_minutes": pd.DataFrame()})
    keys = ["replication", "day", "workload", "container"]
    from_table, from_file = (container_days(item, ZONE).sort_values(keys) for item in (result, long))
    pd.testing.assert_frame_equal(from_table[[*keys, *HOURS]], from_file[[*keys, *HOURS]], rtol=1e-12)
