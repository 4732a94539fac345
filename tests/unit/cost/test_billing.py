"""The bill of a window: proration, what has no price, sums, and what the summary makes of it."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest

from fvcapacity.control.history import NodeLife
from fvcapacity.cost.billing import GIB, HOUR_NS, IDENTITY, MONTH_HOURS, PROVENANCE, bill_run
from fvcapacity.cost.prices import Price, PriceList
from fvcapacity.results.money_columns import BILL
from fvcapacity.results.summarize_tables import cost_part
from fvcapacity.scenario.cluster import ClusterObjects, PodTemplate, Service, VolumeClaim, Workload

RUN_DATE = date(2026, 2, 14)
START, END = 1 * HOUR_NS, 11 * HOUR_NS


def row(kind: str, name: str, unit: str, usd: float, **changes) -> Price:
    fields = {"kind": kind, "name": name, "region": "r1", "unit": unit, "price": usd, "source": "test"}
    return Price(**{**fields, "as_of": "2026-01-01", **changes})


PRICES = (
    row("instance", "m1", "per_hour", 0.5),
    row("instance", "m1", "per_hour", 0.1, purchase="spot"),
    row("instance", "rack", "per_month", 73.0),
    row("volume", "ssd", "per_gib_month", 0.2),
    row("volume", "fixed", "per_month", 3.0, size_gib=4, tier="P1"),
    row("volume", "fixed", "per_month", 9.0, size_gib=32, tier="P4"),
    row("load_balancer", "lb", "per_hour", 0.025),
    row("control_plane", "managed", "per_hour", 0.1),
    row("egress", "internet", "per_gib", 0.09, up_to_gib=100),
)


def prices(*rows: Price) -> PriceList:
    named = {row.name for row in rows if row.kind == "volume"}
    classes = {"fixed": "fixed"} if "fixed" in named else {}
    defaults = {"volume": "ssd"} if "ssd" in named else {}
    return PriceList(name="test", currency="USD", prices=rows, defaults=defaults, storage_classes=classes)


def node(created_h: float, deleted_h: float | None = None, instance_type: str = "m1", spot: bool = False) -> NodeLife:
    return NodeLife(
        name="n",
        pool="spot" if spot else "general",
        instance_type=instance_type,
        zone="z",
        spot=spot,
        created_ns=round(created_h * HOUR_NS),
        deleted_ns=None if deleted_h is None else round(deleted_h * HOUR_NS),
    )


def claim(name: str, gib: float | None, storage_class: str = "") -> VolumeClaim:
    size = None if gib is None else round(gib * GIB)
    return VolumeClaim(name=name, namespace="shop", storage_bytes=size, storage_class=storage_class)


def stateful(replicas: int | None) -> Workload:
    return Workload(
        kind="StatefulSet",
        name="db",
        namespace="shop",
        template=PodTemplate(containers=()),
        replicas=replicas,
        claim_templates=(claim("data", 10),),
    )


EMPTY = ClusterObjects()
CLUSTER = ClusterObjects(
    claims=(claim("mail", 5),),
    workloads=(stateful(3),),
    services=(
        Service(name="front", namespace="shop", type="LoadBalancer"),
        Service(name="api", namespace="shop", type="NodePort"),
    ),
)


def bill(listed: PriceList, nodes=(), cluster=EMPTY, egress_gib=0.0, region="r1", end=END) -> pd.DataFrame:
    return bill_run(
        listed,
        region,
        nodes,
        cluster,
        window_start_ns=START,
        window_end_ns=end,
        egress_bytes=round(egress_gib * GIB),
        run_date=RUN_DATE,
    )


def line(table: pd.DataFrame, item: str) -> pd.Series:
    found = table[table["item"].str.startswith(item)]
    assert len(found) == 1, f"{item}: {list(table['item'])}"
    return found.iloc[0]


def whole() -> pd.DataFrame:
    return bill(prices(*PRICES), [node(0), node(3, 5, spot=True)], CLUSTER, 12.0)


@pytest.mark.parametrize(
    ("lives", "hours"),
    [
        ([(0, None)], 10.0),  # older than the window, outlives it
        ([(1, 11)], 10.0),
        ([(0, 20)], 10.0),
        ([(0, 2)], 1.0),
        ([(10.5, None)], 0.5),
        ([(3, 4.25)], 1.25),
        ([(0, 6), (4, None), (2, 3)], 5.0 + 7.0 + 1.0),
        ([(0, 1), (3, 4)], 1.0),  # gone as the window starts
        ([(11, None), (3, 4)], 1.0),  # ordered as it ends
    ],
)
def test_node_hours_are_clipped_to_the_window(lives, hours):
    found = line(bill(prices(*PRICES), [node(*life) for life in lives]), "nodes general (m1)")
    assert found["quantity"] == pytest.approx(hours)
    assert found["unit"] == "hours"
    assert found["cost_usd"] == pytest.approx(hours * 0.5)


def test_machines_outside_the_window_are_no_line():
    assert not bill(prices(*PRICES), [node(0, 1), node(11)])["item"].str.startswith("nodes").any()


def test_a_spot_pool_pays_its_own_price():
    table = bill(prices(*PRICES), [node(1), node(1, 3, spot=True)])
    assert line(table, "nodes spot (m1, spot)")["cost_usd"] == pytest.approx(2 * 0.1)
    assert line(table, "nodes general (m1)")["cost_usd"] == pytest.approx(10 * 0.5)


def test_a_machine_paid_by_the_month_is_prorated():
    found = line(bill(prices(*PRICES), [node(1, instance_type="rack")]), "nodes")
    assert (found["unit"], found["quantity"]) == ("months", pytest.approx(10 / MONTH_HOURS))
    assert found["cost_usd"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("item", "quantity", "cost"),
    [
        ("volume mail", 5 * 10 / 730, 5 * 10 / 730 * 0.2),
        ("volume data of db", 3 * 10 * 10 / 730, 3 * 10 * 10 / 730 * 0.2),
        ("load balancer front", 10.0, 0.25),
        ("control plane", 10.0, 1.0),
        ("internet egress", 12.0, 1.08),
    ],
)
def test_what_is_not_a_machine(item, quantity, cost):
    found = line(whole(), item)
    assert found["quantity"] == pytest.approx(quantity)
    assert found["cost_usd"] == pytest.approx(cost)
    assert found["note"] == ("the price holds for the first 100 GiB of a month" if "egress" in item else "")


@pytest.mark.parametrize(("replicas", "count"), [(None, 1), (1, 1), (4, 4)])
def test_claim_templates_count_replicas(replicas, count):
    table = bill(prices(*PRICES), cluster=ClusterObjects(workloads=(stateful(replicas),)))
    assert line(table, "volume data")["quantity"] == pytest.approx(count * 100 / 730)


def test_no_replicas_no_volumes():
    assert "storage" not in set(bill(prices(*PRICES), cluster=ClusterObjects(workloads=(stateful(0),)))["category"])


@pytest.mark.parametrize(("gib", "tier", "usd"), [(1, "P1", 3.0), (4, "P1", 3.0), (5, "P4", 9.0), (32, "P4", 9.0)])
def test_fixed_disks_cost_their_size_whatever_is_used(gib, tier, usd):
    cluster = ClusterObjects(claims=(claim("db", gib, "fixed"),))
    found = line(bill(prices(*PRICES), cluster=cluster), f"volume db ({tier})")
    assert found["unit_price_usd"] == usd
    assert found["cost_usd"] == pytest.approx(usd * 10 / 730)


@pytest.mark.parametrize("gib", [33, None])
def test_a_disk_of_no_known_size_has_no_cost(gib):
    found = line(bill(prices(*PRICES), cluster=ClusterObjects(claims=(claim("db", gib, "fixed"),))), "volume db")
    assert math.isnan(found["cost_usd"])
    assert "left out of the total" in found["note"]


def test_egress_beyond_the_priced_amount_is_a_line_without_cost():
    table = bill(prices(*PRICES), egress_gib=130)
    assert table[table["item"] == "internet egress"]["cost_usd"].tolist() == pytest.approx([9.0])
    beyond = line(table, "internet egress beyond 100 GiB")
    assert beyond["quantity"] == pytest.approx(30)
    assert math.isnan(beyond["cost_usd"])


@pytest.mark.parametrize("index", range(len(PRICES)))
def test_doubling_a_price_doubles_its_lines_and_no_other(index):
    changed = PRICES[index]
    doubled = [p.model_copy(update={"price": 2 * p.price}) if p is changed else p for p in PRICES]
    cluster = ClusterObjects(
        claims=(claim("mail", 5), claim("small", 4, "fixed"), claim("large", 20, "fixed")),
        services=CLUSTER.services,
    )
    nodes = [node(1), node(1, spot=True), node(1, instance_type="rack")]
    before, after = (bill(prices(*rows), nodes, cluster, 12.0)["cost_usd"] for rows in (PRICES, doubled))
    ratio = (after / before).tolist()
    assert sorted(ratio) == pytest.approx([1.0] * (len(ratio) - 1) + [2.0])


@pytest.mark.parametrize("kind", ["instance", "volume", "load_balancer", "control_plane", "egress"])
def test_a_missing_price_is_never_zero(kind):
    full = whole()
    table = bill(prices(*(p for p in PRICES if p.kind != kind)), [node(0), node(3, 5, spot=True)], CLUSTER, 12.0)
    missing = table[table["cost_usd"].isna()]
    assert len(missing) == {"instance": 2, "volume": 2}.get(kind, 1)
    assert missing["unit_price_usd"].isna().all()
    assert set(missing["basis"]) == {"no price"}
    assert set(missing["source"]) | set(missing["as_of"]) == {""}
    assert missing["note"].str.startswith("no price for ").all()
    assert missing["note"].str.contains("in region r1: left out of the total").all()
    assert not (table["cost_usd"] == 0).any()
    left = full[~full["item"].isin(missing["item"])]
    assert table["cost_usd"].sum() == pytest.approx(left["cost_usd"].sum())


def test_another_region_has_no_prices():
    table = bill(prices(*PRICES), [node(0)], CLUSTER, 12.0, region="r2")
    assert table["cost_usd"].isna().all()


def test_old_undated_and_borrowed_prices_are_noted():
    listed = prices(
        row("instance", "m1", "per_hour", 1, as_of="2025-02-13"),
        row("control_plane", "managed", "per_hour", 1, as_of="unknown"),
        row("egress", "internet", "per_gib", 1, region="r2", stand_in_for=("r1",)),
    )
    table = bill(listed, [node(0)], egress_gib=1)
    assert "of 2025-02-13, more than a year" in line(table, "nodes")["note"]
    assert "no date" in line(table, "control plane")["note"]
    assert "region r2 stands in for r1" in line(table, "internet egress")["note"]
    assert table["basis"].tolist() == ["list price", "list price", "stand-in"]
    assert table["as_of"].tolist() == ["2025-02-13", "unknown", "2026-01-01"]
    assert set(table["source"]) == {"test"}


def test_the_table_is_the_one_that_is_described():
    assert list(whole().columns) == [*(column.name for column in BILL.columns), *PROVENANCE, *IDENTITY]
    assert (whole()["quantity"] * whole()["unit_price_usd"]).tolist() == pytest.approx(whole()["cost_usd"].tolist())


def test_two_halves_cost_the_whole():
    half = (START + END) // 2
    first = bill(prices(*PRICES), [node(0), node(3, 8)], CLUSTER, end=half)
    second = bill_run(
        prices(*PRICES),
        "r1",
        [node(0), node(3, 8)],
        CLUSTER,
        window_start_ns=half,
        window_end_ns=END,
        egress_bytes=0,
        run_date=RUN_DATE,
    )
    both = first["cost_usd"].sum() + second["cost_usd"].sum()
    assert both == pytest.approx(bill(prices(*PRICES), [node(0), node(3, 8)], CLUSTER)["cost_usd"].sum())


def test_a_run_that_never_reached_its_window_costs_nothing():
    table = bill(prices(*PRICES), [node(0)], CLUSTER, end=START - 1)
    assert table["cost_usd"].sum() == 0
    assert (table["quantity"] == 0).all()


def summary_of(table: pd.DataFrame):
    routes = pd.DataFrame({"replication": [0, 0], "route": ["front", "all"], "served": [2000, 2000]})
    part = cost_part({"bill": table, "routes": routes}, "USD")
    assert part is not None
    return part


def test_the_summary_adds_up_and_names_what_has_no_price():
    table = bill(prices(*(p for p in PRICES if p.kind != "load_balancer")), [node(0)], CLUSTER, 12.0)
    part = summary_of(table)
    total = 10 * 0.5 + 10 * 0.1 + 35 * 10 / 730 * 0.2 + 12 * 0.09
    assert part.total_usd.mean == pytest.approx(total)
    assert sum(figure.mean for figure in part.by_category_usd.values()) == pytest.approx(total)
    assert part.per_thousand_served_usd.mean == pytest.approx(total / 2)
    assert part.unpriced == ["load balancer front"]


def test_with_all_prices_nothing_is_named():
    assert summary_of(whole()).unpriced == []


def test_a_category_without_any_price_is_no_figure():
    table = bill(prices(*(p for p in PRICES if p.kind != "volume")), [node(0)], CLUSTER, 12.0)
    part = summary_of(table)
    assert part.by_category_usd["storage"].mean is None
    assert part.total_usd.mean is not None
    nothing = summary_of(bill(prices(), [node(0)], CLUSTER, 12.0))
    assert nothing.total_usd.mean is None
    assert nothing.per_thousand_served_usd.mean is None


def test_an_unpriced_disk_says_what_was_asked_for():
    table = bill(prices(*PRICES), cluster=ClusterObjects(claims=(claim("db", 5),)), region="r2")
    assert line(table, "volume db")["note"].endswith("left out of the total; 5 GiB of ssd")
