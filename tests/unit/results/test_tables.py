import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fvcapacity.dataplane.statistics import RouteColumn
from fvcapacity.errors import InvariantError
from fvcapacity.results.columns import HISTOGRAMS, OPTIONAL, TABLES
from fvcapacity.results.conservation import check_conservation
from fvcapacity.results.span import bins_of, windows_of
from fvcapacity.results.tables import build_tables, join_histograms, tabulate
from fvcapacity.tabular.columns import Column, TableSpec
from fvcapacity.tabular.frames import conform
from tests.unit.results import synthetic


@pytest.fixture(scope="module")
def outcomes():
    return [synthetic.make_outcome(0), synthetic.make_outcome(1)]


@pytest.fixture(scope="module")
def tables(outcomes):
    return build_tables(synthetic.make_scenario(), synthetic.make_program(), outcomes)


def test_every_described_table_is_built_with_its_columns(tables):
    assert set(tables) == set(TABLES) - set(OPTIONAL) | {"pod_samples", "route_calls"}
    for name, table in tables.items():
        assert list(table.columns) == [column.name for column in TABLES[name].columns]
        assert len(table), name


@pytest.mark.parametrize("only", [("routes",), ("route_windows", "nodes"), ("services",)])
def test_only_the_wanted_tables_are_built_and_they_are_the_same(tables, outcomes, only):
    some = build_tables(synthetic.make_scenario(), synthetic.make_program(), outcomes, only=only)
    assert set(some) == {*only, *(["pods"] if "services" in only else [])}
    for name in some:
        pd.testing.assert_frame_equal(some[name], tables[name], check_exact=True)


def test_column_names_carry_the_unit():
    suffix = {"s": "_s", "bytes": "_bytes", "cores": "_cores", "core s": "_core_s", "USD": "_usd"}
    for spec in (*TABLES.values(), *HISTOGRAMS.values()):
        for column in spec.columns:
            if column.unit in suffix:
                assert column.name.endswith(suffix[column.unit]), (spec.name, column.name)
        assert len({column.name for column in spec.columns}) == len(spec.columns)
        assert all(column.meaning.endswith(".") for column in spec.columns)


def test_routes_balance_over_the_boundary_of_the_warm_up(tables):
    routes = tables["routes"]
    left = routes["requests"] + routes["open_at_start"]
    right = routes["served"] + routes["failed"] + routes["open_at_end"]
    assert (left == right).all()
    causes = routes[["timeout", "queue_full", "no_endpoint", "connection_refused", "oom_killed", "terminated"]]
    assert (causes.sum(axis=1) + routes["circuit_open"] + routes["error_response"] == routes["failed"]).all()


def test_the_warm_up_is_left_out(tables, outcomes):
    warm_up_minutes = synthetic.WARM_UP_NS // synthetic.MINUTE_NS
    for outcome in outcomes:
        arrived = outcome.statistics.route_counts[warm_up_minutes:, :, RouteColumn.ARRIVED].sum()
        rows = tables["routes"].query("replication == @outcome.replication and route != 'all'")
        assert rows["requests"].sum() == arrived
    for name in ("route_minutes", "service_minutes", "route_windows", "workload_minutes", "events"):
        assert tables[name]["time_s"].min() >= 0


def test_the_row_all_is_the_user_routes_alone(tables):
    routes = tables["routes"].query("replication == 0").set_index("route")
    users = routes[routes["user"] & (routes.index != "all")]
    assert not routes.loc["health", "user"]
    assert routes.loc["all", "requests"] == users["requests"].sum()


def test_minutes_windows_and_totals_agree(tables):
    by_minute = tables["route_minutes"].groupby(["replication", "route"])[["served", "failed"]].sum()
    totals = tables["routes"].query("route != 'all'").set_index(["replication", "route"])[["served", "failed"]]
    pd.testing.assert_frame_equal(by_minute.sort_index(), totals.sort_index())
    ended = tables["route_windows"].groupby(["replication", "route"])[["requests", "failed"]].sum()
    whole = tables["routes"].set_index(["replication", "route"]).sort_index()
    assert (ended["requests"] == (whole["served"] + whole["failed"] + whole["open_at_end"])).all()
    assert (ended["failed"] == whole["failed"]).all()


def test_time_of_a_row_is_utc_and_counted_from_the_window(tables):
    row = tables["route_minutes"].iloc[61]
    assert str(row["time_utc"]) == "2026-02-14 21:01:00+00:00"
    assert row["time_s"] == 3660.0


def test_open_requests_count_with_their_age_in_the_last_window_only(outcomes):
    scenario, program = synthetic.make_scenario(), synthetic.make_program()
    outcome = outcomes[0]
    histogram = outcome.statistics.route_open_histogram.copy()
    histogram[:] = 0
    histogram[0, -2] = 3
    histogram[1:, 0] = 3
    slow = replace(outcome, statistics=outcome.statistics._replace(route_open_histogram=histogram))
    before = build_tables(scenario, program, [outcome])["route_windows"].query("route == 'front-page'")
    after = build_tables(scenario, program, [slow])["route_windows"].query("route == 'front-page'")
    assert (before["p99_s"].iloc[:-1].to_numpy() == after["p99_s"].iloc[:-1].to_numpy()).all()
    assert after["requests"].iloc[-1] == before["requests"].iloc[-1]


@pytest.mark.parametrize(
    ("served", "open_", "times", "message"),
    [
        (1, 0, 0, "arrived, .* ended"),  # one more served than arrived
        (0, 1, 0, "open"),  # one more open
        (0, 0, 1, "response times"),  # a response time too many
    ],
)
def test_a_lost_request_is_an_invariant_error(served, open_, times, message):
    outcome = synthetic.make_outcome()
    outcome.statistics.route_counts[12, 0, RouteColumn.SERVED] += served
    outcome.statistics.route_open[0] += open_
    outcome.statistics.route_histogram[3, 0, 5] += times
    with pytest.raises(InvariantError, match=message) as error:
        check_conservation(outcome.statistics, synthetic.make_program().routes)
    assert "front-page" in str(error.value)


def test_a_request_lost_in_the_warm_up_is_found_too():
    outcome = synthetic.make_outcome()
    outcome.statistics.route_counts[0, 2, RouteColumn.ARRIVED] += 1
    with pytest.raises(InvariantError, match="product-page"):
        build_tables(synthetic.make_scenario(), synthetic.make_program(), [outcome])


@pytest.mark.parametrize(
    ("warm_up_min", "duration_min", "until_min", "minutes", "windows", "complete"),
    [
        (10, 180, 190, 180, 36, [True] * 36),
        (10, 7, 17, 7, 2, [True, True]),  # the last window is cut by the end of the run, not by an interruption
        (10, 180, 73, 63, 13, [True] * 12 + [False]),  # interrupted in the 13th window
        (10, 180, 5, 0, 0, []),  # interrupted in the warm-up
        (3, 12, 15, 12, 2, [True, True]),  # windows that the warm-up touches are left out
        (0, 5, 5, 5, 1, [True]),
    ],
)
def test_which_bins_count(warm_up_min, duration_min, until_min, minutes, windows, complete):
    minute = synthetic.MINUTE_NS
    outcome = replace(
        synthetic.make_outcome(),
        warm_up_ns=warm_up_min * minute,
        duration_ns=duration_min * minute,
        complete_until_ns=until_min * minute,
    )
    assert len(bins_of(outcome)) == minutes
    assert len(windows_of(outcome)) == windows
    assert list(windows_of(outcome).complete) == complete


def test_services_say_where_the_time_goes(tables):
    services = tables["services"]
    shares = services[["queue_share", "cpu_share", "throttled_share", "others_share"]]
    assert np.allclose(shares.sum(axis=1), 1)
    order = services.query("service == 'order-service' and replication == 0").iloc[0]
    assert order["cpu_limit_cores"] == 0.2
    assert order["throttled_periods_ratio"] == pytest.approx((100 * 366 + 80 * 12) / (180 * 600))
    assert (order["restarts"], order["oom_kills"]) == (3, 2)
    assert order["memory_peak_bytes"] == 92 << 20


def test_a_node_is_paid_inside_the_window_only(tables):
    paid = tables["nodes"].query("replication == 0").set_index("node")["paid_s"]
    assert paid["general-1"] == 180 * 60
    assert paid["general-3"] == (190 - 95) * 60


def test_histograms_hold_every_request(tables, outcomes):
    scenario, program = synthetic.make_scenario(), synthetic.make_program()
    frames = join_histograms([tabulate(scenario, program, outcome) for outcome in outcomes])
    timed = frames["route_histogram"].groupby(["replication", "route"])["count"].sum()
    routes = tables["routes"].query("route != 'all'").set_index(["replication", "route"]).sort_index()
    assert (timed == routes["served"] + routes["failed"]).all()
    assert frames["route_open_histogram"]["count"].sum() == routes["open_at_end"].sum()


def test_tables_are_held_to_their_description():
    spec = TableSpec("t", "a row", (Column("a_s", "s", "float64", "A."),))
    assert conform(spec, {"a_s": [1, 2]})["a_s"].dtype == "float64"
    with pytest.raises(InvariantError, match=re.escape("missing ['a_s']")):
        conform(spec, {"b": [1]})
    with pytest.raises(InvariantError, match="not described"):
        conform(spec, {"a_s": [1], "b": [1]})
