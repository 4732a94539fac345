"""Long runs: hours in the tables, minutes in files."""

from __future__ import annotations

import gc
from array import array
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from fvcapacity.control.history import PodColumn
from fvcapacity.plots.context import PlotContext
from fvcapacity.plots.replicas import draw_replicas
from fvcapacity.plots.traffic import draw_traffic
from fvcapacity.results import hours
from fvcapacity.results.build import build_result
from fvcapacity.results.minutes import MinuteWriter
from fvcapacity.results.outcome import Part, RunOutcome
from fvcapacity.results.result import Result, load_result
from fvcapacity.results.tables import join_histograms, join_tables, tabulate
from tests.unit.results import synthetic

KEYS = {name: ["replication", *folding.names, "time_s"] for name, folding in hours.FOLDINGS.items()}
DAY_MINUTES = 70
"""A day that ends inside an hour of the window, which begins after ten minutes of warm-up."""


def in_days(outcome: RunOutcome) -> RunOutcome:
    """Return an outcome whose statistics and samples were put away every 70 minutes."""
    edges = [*range(0, len(outcome.statistics.route_counts), DAY_MINUTES), len(outcome.statistics.route_counts)]
    parts = [_part(outcome, begin, end) for begin, end in pairwise(edges)]
    last = parts.pop()
    return replace(
        outcome,
        statistics=last.statistics,
        history=last.history,
        offset_ns=last.offset_ns,
        earlier=tuple(lambda part=part: part for part in parts),
    )


def _part(outcome: RunOutcome, begin: int, end: int) -> Part:
    counted, history, last = outcome.statistics, outcome.history, end == len(outcome.statistics.route_counts)
    windows = slice(begin // 5, -(-end // 5))
    until = float("inf") if last else end * synthetic.MINUTE_NS

    width = len(PodColumn)
    pods = np.array(history.pod_samples, np.int64).reshape(-1, width)
    sampled = pods[(begin * synthetic.MINUTE_NS <= pods[:, 0]) & (pods[:, 0] < until)]

    def within(records: list[Any]) -> list[Any]:
        return [record for record in records if begin * synthetic.MINUTE_NS <= record.time_ns < until]

    return Part(
        begin * synthetic.MINUTE_NS,
        counted._replace(
            route_counts=counted.route_counts[begin:end],
            service_counts=counted.service_counts[begin:end],
            route_histogram=counted.route_histogram[windows],
            service_histogram=counted.service_histogram[windows],
            route_open=counted.route_open * last,
            route_open_histogram=counted.route_open_histogram * last,
        ),
        replace(
            history,
            workloads=within(history.workloads),
            cluster=within(history.cluster),
            hpas=within(history.hpas),
            events=within(history.events),
            pod_samples=array("q", sampled.ravel().tolist()),
            pods=history.pods if last else [],
            nodes=history.nodes if last else [],
        ),
    )


def result_of(outcomes: list[RunOutcome]) -> Result:
    scenario, program = synthetic.make_scenario(), synthetic.make_program()
    writer = MinuteWriter() if hours.is_long(scenario) else None
    daily = writer is not None and any(outcome.earlier for outcome in outcomes)
    replications = [tabulate(scenario, program, outcome, writer, daily=daily) for outcome in outcomes]
    tables = join_tables(scenario, program, [one.tables for one in replications])
    histograms = join_histograms(replications)
    minutes = None if writer is None else writer.close()
    return build_result(scenario, program, outcomes, tables=tables, histograms=histograms, minutes=minutes)


@pytest.fixture(scope="module")
def short() -> Result:
    return result_of([synthetic.make_outcome(0), synthetic.make_outcome(1)])


@pytest.fixture(scope="module")
def long() -> Result:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hours, "LONG_NS", synthetic.DURATION_NS - 1)
        return result_of([in_days(synthetic.make_outcome(0)), in_days(synthetic.make_outcome(1))])


def test_the_minutes_of_a_long_run_are_those_of_a_short_one(short: Result, long: Result) -> None:
    assert short.minutes is None
    assert long.minutes is not None
    for name, key in KEYS.items():
        streamed, whole = (t.sort_values(key, ignore_index=True) for t in (long.minutes.read(name), short.tables[name]))
        pd.testing.assert_frame_equal(streamed, whole, check_exact=True)


def test_all_else_is_the_same_in_days_as_in_one_piece(short: Result, long: Result) -> None:
    same = set(short.tables) - set(KEYS)
    assert same >= {"routes", "route_windows", "services", "workloads", "pools", "hpa", "nodes", "pods", "events"}
    for name in same:
        pd.testing.assert_frame_equal(long.tables[name], short.tables[name])
    for part in ("run", "verdict", "routes", "services", "scaling", "nodes"):
        assert long.summary[part] == short.summary[part], part
    findings = [[f["kind"] for f in r.summary["bottleneck"]["findings"]] for r in (long, short)]
    assert findings[0] == findings[1]


def test_hours_add_counts_up_and_keep_the_worst_sample(short: Result, long: Result) -> None:
    for name in ("route_minutes", "service_minutes"):
        expected = _by_hour(short.tables[name], KEYS[name]).sum(numeric_only=True).reset_index()
        found = long.tables[name].drop(columns="time_utc")
        pd.testing.assert_frame_equal(found, expected[found.columns], check_exact=False, rtol=1e-12)
        assert (long.tables[name]["covered_s"] == 3600).all()
        start = pd.Timestamp(synthetic.START_NS, tz="UTC")
        assert (long.tables[name]["time_utc"] == start + pd.to_timedelta(found["time_s"], unit="s")).all()
    rows = _by_hour(short.tables["workload_minutes"], KEYS["workload_minutes"])
    found = long.tables["workload_minutes"].set_index(KEYS["workload_minutes"])
    for column, expected in {
        "desired": rows["desired"].max(),
        "ready": rows["ready"].min(),
        "memory_peak_bytes": rows["memory_peak_bytes"].max(),
    }.items():
        assert (found[column].sort_index() == expected.sort_index()).all(), column
    used = rows["cpu_usage_cores"].mean().sort_index()
    assert np.allclose(found["cpu_usage_cores"].sort_index(), used, rtol=1e-12)
    varied = short.tables["workload_minutes"].query("workload == 'deployment/order-service'")
    assert varied["ready"].nunique() > 2, "nothing changes within the window"


def _by_hour(table: pd.DataFrame, key: list[str]) -> Any:
    return table.assign(time_s=table["time_s"] // 3600 * 3600).groupby(key, sort=False)


def test_a_long_result_is_read_back_as_it_was_saved(long: Result, tmp_path: Path) -> None:
    loaded = load_result(long.save(tmp_path / "result"))
    assert loaded == long
    assert load_result(loaded.save(tmp_path / "again")) == long
    assert loaded.minutes is not None
    stretch = loaded.minutes.read("route_minutes", from_s=600, until_s=1200)
    assert sorted(stretch["time_s"].unique()) == [60.0 * minute for minute in range(10, 20)]


def test_a_short_result_over_a_long_one_leaves_no_minutes(short: Result, long: Result, tmp_path: Path) -> None:
    long.save(tmp_path / "result")
    assert load_result(short.save(tmp_path / "result")).minutes is None


def test_the_files_go_with_whoever_holds_them() -> None:
    minutes = MinuteWriter().close()
    directory = minutes.directory
    assert directory.is_dir()
    del minutes
    gc.collect()
    assert not directory.exists()


def test_hours_are_drawn_as_minutes_are(long: Result) -> None:
    context = PlotContext.of(long.summary)
    axes = Figure().subplots()
    draw_traffic(axes, long.tables, context)
    title = axes.get_title(loc="left") or axes.get_title()
    peak = (
        long.tables["route_minutes"].groupby(["replication", "time_s"])["requests"].sum().groupby("time_s").mean().max()
    )
    assert f"{peak / 3600:,.0f} requests/s" in title
    samples = Figure().subplots()
    draw_replicas(samples, long.tables, context, "deployment/order-service")
    assert "min at its maximum of 4" in (samples.get_title(loc="left") or samples.get_title())
