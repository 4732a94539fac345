"""Who caused the bill: OpenCost's rule on worked examples, and the sums that must always hold."""

from __future__ import annotations

import math
from functools import cache

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvcapacity.cost.allocation import DIMENSIONS, allocate, by_route
from fvcapacity.cost.billing import Saved
from fvcapacity.cost.views import COMPONENTS, rows_by
from fvcapacity.scenario.cluster import ClusterObjects, PodTemplate, Service, VolumeClaim, Workload
from tests.support.bills import GIB, PRICES, Books, Pods

WEB = Pods("deployment/web", "general-1", service="web", team="shop")
DB = Pods("statefulset/db", "general-1", service="db", team="data", containers={"db": (1.0, 4.0)}, used=(0.5, 6.0))
AGENT = Pods("daemonset/agent", "general-1", namespace="kube-system", containers={"agent": (0.1, 0.2)})
LABELS = {"app": "web"}
CLUSTER = ClusterObjects(
    workloads=(
        Workload(kind="Deployment", name="web", namespace="shop", template=PodTemplate(containers=(), labels=LABELS)),
        Workload(
            kind="StatefulSet",
            name="db",
            namespace="shop",
            template=PodTemplate(containers=()),
            claim_templates=(VolumeClaim(name="data", namespace="shop", storage_bytes=10 * GIB),),
        ),
    ),
    claims=(VolumeClaim(name="left", namespace="shop", storage_bytes=5 * GIB),),
    services=(
        Service(name="front", namespace="shop", type="LoadBalancer", selector=LABELS),
        Service(name="old", namespace="shop", type="LoadBalancer", selector={"app": "gone"}),
    ),
)
SAVED = (Saved("daily", "db", "statefulset/db", "shop", 20 * GIB, "snapshot"),)
SHOP = {
    "routes": {"buy": (360, 10**9), "look": (3600, 2 * 10**9)},
    "demands": {("buy", "web"): 0.02, ("look", "web"): 0.01, ("buy", "db"): 0.05},
    "entry": "web",
}


def shop(**changes) -> Books:
    return Books([WEB, DB, AGENT], **{**SHOP, "hours": 22.0, "cluster": CLUSTER, "saved": SAVED, **changes})


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


sizes = st.tuples(st.floats(0, 3), st.floats(0, 8))
pods = st.builds(
    Pods,
    workload=st.sampled_from(["deployment/a", "deployment/b", "statefulset/c"]),
    node=st.sampled_from(["general-1", "general-2", "spot-1"]),
    count=st.integers(1, 3),
    team=st.sampled_from(["", "red"]),
    containers=st.fixed_dictionaries({"main": sizes}),
    used=sizes,
)
NODES = {"general-1": (4.0, 16.0), "general-2": (4.0, 16.0), "spot-1": (2.0, 8.0)}


def alike(found: list[Pods]) -> list[Pods]:
    """Pods of one workload have one template."""
    first: dict[str, Pods] = {}
    for item in found:
        first.setdefault(item.workload, item)
    return [
        Pods(**{**vars(item), "containers": first[item.workload].containers, "team": first[item.workload].team})
        for item in found
    ]


books = st.builds(
    Books,
    pods=st.lists(pods, min_size=1, max_size=5).map(alike),
    nodes=st.just(NODES),
    hours=st.sampled_from([0.5, 3.0, 22.0]),
    cluster=st.just(CLUSTER),
    saved=st.just(SAVED),
)


@settings(max_examples=5, deadline=None)
@given(books, st.sampled_from(DIMENSIONS))
def test_the_parts_of_every_line_add_up_to_it(made, dimension):
    result = made.result()
    table = allocate(result)
    assert table["cost_usd"].notna().all()
    keys = ["day", "item"]
    lines = result.tables["bill_days"].groupby(keys)["cost_usd"].sum()
    parts = table.groupby(keys)["cost_usd"].sum()
    assert (parts - lines).abs().max() < 1e-9
    assert table["cost_usd"].min() > -1e-12
    rows = rows_by(table, result, dimension)[list(COMPONENTS)].to_numpy().sum()
    assert math.isclose(rows, result.tables["bill"]["cost_usd"].sum(), abs_tol=1e-9)


@settings(max_examples=3, deadline=None)
@given(books)
def test_other_names_change_nothing(made):
    other = {"deployment/a": "deployment/zz", "deployment/b": "deployment/a", "statefulset/c": "statefulset/b"}
    renamed = [Pods(**{**vars(item), "workload": other[item.workload]}) for item in made.pods]
    before = allocate(made.result())
    after = allocate(Books(**{**vars(made), "pods": renamed}).result())
    one = before.groupby(before["workload"].replace(other))["cost_usd"].sum().sort_index()
    two = after.groupby("workload")["cost_usd"].sum().sort_index()
    pd.testing.assert_series_equal(one, two, check_names=False, rtol=1e-9)


@settings(max_examples=3, deadline=None)
@given(books, st.integers(0, len(PRICES) - 1))
def test_a_doubled_price_doubles_the_parts_of_its_lines(made, index):
    chosen = PRICES[index]
    twice = tuple(p.model_copy(update={"price": 2 * p.price}) if p is chosen else p for p in PRICES)
    before, after = allocate(made.result()), allocate(Books(**{**vars(made), "prices": twice}).result())
    purchase = "spot" if chosen.purchase == "spot" else ""
    doubled = (before["kind"] == chosen.kind) & (
        (chosen.kind != "instance") | (before["resource"].str.startswith("spot") == bool(purchase))
    )
    expected = before["cost_usd"].where(~doubled, 2 * before["cost_usd"])
    assert (after["cost_usd"] - expected).abs().max() < 1e-9
