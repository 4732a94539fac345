"""Who caused the bill: OpenCost's rule on worked examples, and the sums that must always hold."""

from __future__ import annotations

from functools import cache

import pytest

from fvcapacity.cost.allocation import DIMENSIONS, allocate, by_route
from fvcapacity.cost.views import rows_by
from tests.support.allocation_laws import DB, WEB, laws_hold, shop
from tests.support.bills import PRICES, Books, Pods


@cache
def shop_told_apart():
    """The shop's result, and its allocation."""
    result = shop().result()
    return result, allocate(result)


def costs(books: Books, *names: str) -> dict:
    table = allocate(books.result())
    return table.groupby([*names])["cost_usd"].sum().to_dict()


def test_a_machine_is_told_apart_as_opencost_does():
    """4 cores and 16 GiB for 0.192 an hour: with r = 0.031611 / 0.004237, memory costs 0.192 / (4 r + 16) a GiB-hour.

    web asks for 0.5 cores and 1 GiB and uses less; db asks for 1 core and 4 GiB and uses 6 GiB: 6 count.
    """
    memory_gib_h = 0.192 / (4 * 0.031611 / 0.004237 + 16)
    cpu_core_h = memory_gib_h * 0.031611 / 0.004237
    assert 4 * cpu_core_h + 16 * memory_gib_h == pytest.approx(0.192)
    found = costs(Books([WEB, DB], hours=10, prices=PRICES[:1]), "workload", "component")
    assert found["deployment/web", "cpu"] == pytest.approx(10 * 0.5 * cpu_core_h)
    assert found["deployment/web", "memory"] == pytest.approx(10 * 1 * memory_gib_h)
    assert found["statefulset/db", "cpu"] == pytest.approx(10 * 1 * cpu_core_h)
    assert found["statefulset/db", "memory"] == pytest.approx(10 * 6 * memory_gib_h)
    assert found["", "cpu"] == pytest.approx(10 * 2.5 * cpu_core_h)
    assert found["", "memory"] == pytest.approx(10 * 9 * memory_gib_h)


def test_the_greater_of_request_and_use_counts_for_each_container():
    """The exporter asks for 0.2 and uses 0.05; the database asks for 0.3 and uses the other 0.95 of the pod's core."""
    pod = Pods(
        "statefulset/db",
        "general-1",
        service="db",
        containers={"db": (0.3, 1.0), "exporter": (0.2, 0.1)},
        used=(1.0, 1.0),
        steady={"exporter": (0.05, 0.02)},
    )
    table = allocate(Books([pod], hours=1, prices=PRICES[:1]).result())
    cpu = table[table["component"] == "cpu"].set_index("container")
    whole = cpu["cost_usd"].sum()
    assert cpu.loc["db", "cost_usd"] / whole == pytest.approx(0.95 / 4)
    assert cpu.loc["exporter", "cost_usd"] / whole == pytest.approx(0.2 / 4)
    assert cpu.loc["db", "used_ratio"] == pytest.approx(1.0)
    assert cpu.loc["exporter", "used_ratio"] == pytest.approx(0.25)


def test_what_is_charged_for_never_exceeds_the_machine():
    """One asks for all of it and uses nothing; another asks for nothing and uses half: 4 + 2 cores of 4."""
    asks = Pods("deployment/asks", "general-1", containers={"main": (4.0, 1.0)}, used=(0.0, 0.0))
    uses = Pods("deployment/uses", "general-1", containers={"main": (0.0, 0.0)}, used=(2.0, 0.0))
    found = costs(Books([asks, uses], hours=5, prices=PRICES[:1]), "component", "workload")
    whole = sum(cost for (component, _), cost in found.items() if component == "cpu")
    assert found["cpu", "deployment/asks"] == pytest.approx(whole * 4 / 6)
    assert found["cpu", "deployment/uses"] == pytest.approx(whole * 2 / 6)
    assert found["cpu", ""] == pytest.approx(0, abs=1e-12)


def test_pods_pay_for_the_machines_that_they_are_on():
    cheap = Pods("deployment/cheap", "spot-1")
    dear = Pods("deployment/dear", "general-1")
    books = Books([cheap, dear], nodes={"general-1": (4.0, 16.0), "spot-1": (4.0, 16.0)}, hours=24, prices=PRICES[:2])
    found = costs(books, "workload", "item")
    ratio = found["deployment/cheap", "nodes spot (m1, spot)"] / found["deployment/dear", "nodes general (m1)"]
    assert ratio == pytest.approx(0.06 / 0.192)
    assert ("deployment/cheap", "nodes general (m1)") not in found


@pytest.mark.parametrize(
    ("item", "share", "workload"),
    [
        ("volume data of db", "allocated", "statefulset/db"),
        ("snapshots daily of db", "allocated", "statefulset/db"),
        ("load balancer front", "allocated", "deployment/web"),
        ("load balancer old", "unallocated", ""),
        ("volume left", "unallocated", ""),
        ("control plane", "shared", ""),
        ("internet egress", "allocated", "deployment/web"),
    ],
)
def test_whose_what_is(item, share, workload):
    table = shop_told_apart()[1]
    rows = table[table["item"] == item]
    assert set(rows["share"]) == {share}
    assert set(rows["workload"]) == {workload}


def test_namespaces_that_work_for_all_are_shared():
    table = shop_told_apart()[1]
    assert set(table.loc[table["workload"] == "daemonset/agent", "share"]) == {"shared"}
    own = allocate(shop(settings={"shared_namespaces": ()}).result())
    assert set(own.loc[own["workload"] == "daemonset/agent", "share"]) == {"allocated"}


def test_traffic_out_goes_to_the_routes_that_sent_it():
    found = shop_told_apart()[1].groupby(["kind", "route"])["cost_usd"].sum()
    assert found["egress", "look"] == pytest.approx(2 * found["egress", "buy"])


def test_routes_share_a_workload_by_the_cpu_that_they_take_there():
    """360 purchases of 0.02 s and 3,600 looks of 0.01 s at web: 7.2 to 36; at db purchases alone."""
    result, whole = shop_told_apart()
    table = by_route(whole, result)
    web = table[(table["workload"] == "deployment/web") & (table["component"] == "cpu")].groupby("route")["cost_usd"]
    assert web.sum()["look"] / web.sum()["buy"] == pytest.approx(5.0)
    assert set(table.loc[table["workload"] == "statefulset/db", "route"]) == {"buy"}
    assert set(table.loc[table["share"] == "allocated", "route"]) == {"buy", "look"}


def test_the_rows_have_the_names_that_a_reader_expects():
    result, table = shop_told_apart()
    rows = {dimension: rows_by(table, result, dimension) for dimension in DIMENSIONS}
    names = {dimension: set(zip(found["share"], found["name"], strict=True)) for dimension, found in rows.items()}
    rest = {("shared", "kube-system"), ("shared", "control plane"), ("idle", "idle"), ("unallocated", "unallocated")}
    assert names["service"] == {("allocated", "web"), ("allocated", "db"), *rest}
    assert names["team"] == {("allocated", "shop"), ("allocated", "data"), *rest}
    assert names["namespace"] == {("allocated", "shop"), *rest}
    assert names["route"] == {("allocated", "buy"), ("allocated", "look"), ("shared", "without requests"), *rest} - {
        ("shared", "kube-system")
    }


def test_who_has_no_team_stands_apart():
    result = Books([Pods("deployment/web", "general-1")], hours=3).result()
    rows = rows_by(allocate(result), result, "team")
    assert ("unallocated", "no team") in set(zip(rows["share"], rows["name"], strict=True))


def test_what_has_no_price_is_in_no_part():
    result = shop(prices=tuple(price for price in PRICES if price.kind != "volume")).result()
    table = allocate(result)
    assert not table["kind"].eq("volume").any()
    assert table["cost_usd"].notna().all()


def test_the_laws_hold_for_bills_that_nobody_chose():
    """Parts add up to lines, names do not matter, a doubled price doubles its parts: 120 such in tests/long."""
    laws_hold(3, derandomize=True)
