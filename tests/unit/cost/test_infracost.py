"""A month of single resources costs what infracost's golden files say (us-east-1, 730 hours)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fvcapacity.control.history import NodeLife
from fvcapacity.cost.billing import Saved, Stretch, bill_table, lines_of
from fvcapacity.cost.calendar import HOUR_NS
from fvcapacity.cost.ledger import Ledger
from fvcapacity.cost.prices import MONTH_HOURS
from fvcapacity.inputs.prices import load_price_list
from fvcapacity.scenario.cluster import ClusterObjects, Service, VolumeClaim
from fvcapacity.scenario.costs import CostSettings

SHIPPED = Path(__file__).parents[3] / "data" / "prices"
GIB = 2**30
MONTH_NS = MONTH_HOURS * HOUR_NS


def month(provider: str, region: str, cluster=None, nodes=(), settings=None, **happened) -> dict[str, float]:
    """The lines of a month, in cents."""
    ledger = Ledger(load_price_list(SHIPPED / f"{provider}.yaml"), region, date(2026, 2, 1))
    cost = CostSettings(prices="p", region=region, **(settings or {}))
    stretch = Stretch(0, MONTH_NS, **happened)
    table = bill_table(lines_of(ledger, cost, nodes, cluster or ClusterObjects(), stretch))
    return {str(item): float(usd) for item, usd in zip(table["item"], table["cost_usd"], strict=True)}


def disk(gib: float, storage_class: str) -> ClusterObjects:
    claim = VolumeClaim(name="d", namespace="n", storage_bytes=round(gib * GIB), storage_class=storage_class)
    return ClusterObjects(claims=(claim,))


@pytest.mark.parametrize(
    ("gib", "storage_class", "use", "expected"),
    [
        (40, "gp3", {}, {"volume d": 3.20}),
        (
            40,
            "gp3",
            {"iops": 4000, "throughput_mbps": 130},
            {"volume d": 3.20, "operations of volume d": 5.00, "throughput of volume d": 0.20},
        ),
        (40, "gp3", {"iops": 3000}, {"volume d": 3.20, "operations of volume d": 0.0}),
        (10, "gp2", {}, {"volume d": 1.00}),
        (30, "io1", {"iops": 300}, {"volume d": 3.75, "operations of volume d": 19.50}),
        (30, "io2", {"iops": 300}, {"volume d": 3.75, "operations of volume d": 19.50}),
        (40, "st1", {}, {"volume d": 1.80}),
        (50, "sc1", {}, {"volume d": 0.75}),
    ],
)
def test_disks(gib, storage_class, use, expected):
    found = month("aws", "us-east-1", disk(gib, storage_class), settings={"volumes": {"d": use}})
    assert {item: usd for item, usd in found.items() if "volume" in item} == pytest.approx(expected)


def test_the_control_plane():
    assert month("aws", "us-east-1")["control plane"] == pytest.approx(73.00)
    assert month("gcp", "us-central1")["control plane"] == pytest.approx(73.00)
    assert month("azure", "eastus")["control plane"] == pytest.approx(73.00)


def test_a_machine():
    life = NodeLife(name="n", pool="p", instance_type="t3.medium", zone="z", spot=False, created_ns=0)
    assert round(month("aws", "us-east-1", nodes=[life])["nodes p (t3.medium)"], 2) == 30.37


@pytest.mark.parametrize(("purchase", "usd"), [("reserved_1y", 19.05), ("reserved_3y", 13.14)])
def test_a_reserved_machine(purchase, usd):
    price = load_price_list(SHIPPED / "aws.yaml").instance("t3.medium", "us-east-1", purchase=purchase)
    assert price.usd_per_hour * MONTH_HOURS == pytest.approx(usd)


@pytest.mark.parametrize(("name", "units_usd"), [("ALB", 8.00), ("NLB", 6.00)])
def test_a_load_balancer_and_what_goes_through_it(name, units_usd):
    cluster = ClusterObjects(services=(Service(name="front", namespace="n", type="LoadBalancer"),))
    found = month("aws", "us-east-1", cluster, settings={"load_balancer": name}, balanced_bytes={"n/front": 1000 * GIB})
    assert found["load balancer front"] == pytest.approx(16.425)  # 16.42 or 16.43, by the way of rounding
    assert found["capacity units of load balancer front"] == pytest.approx(units_usd)


def test_data_through_a_load_balancer_of_azure():
    cluster = ClusterObjects(services=(Service(name="front", namespace="n", type="LoadBalancer"),))
    found = month("azure", "eastus", cluster, balanced_bytes={"n/front": 100 * GIB})
    assert found["data through load balancer front"] == pytest.approx(0.50)
    assert found["load balancer front"] != found["load balancer front"]  # its hours have no price: no cost, not zero


@pytest.mark.parametrize(
    ("region", "gib", "expected"),
    [
        ("us-east-1", 10_240, [921.60]),
        ("us-east-1", 57_000, [921.60, 3481.60, 406.00]),
        ("us-west-9", 1, [float("nan")]),
        ("sa-east-1", 157_000, [1536.00, 5652.48, 12902.40, 387.60]),
    ],
)
def test_traffic_to_the_internet_by_the_amounts_of_a_month(region, gib, expected):
    found = month("aws", region, egress_bytes=gib * GIB)
    assert [usd for item, usd in found.items() if "egress" in item] == pytest.approx(expected, nan_ok=True)


def test_what_went_out_before_in_the_month_counts():
    found = month("aws", "us-east-1", egress_bytes=2000 * GIB, egress_before_bytes=9240 * GIB)
    assert found["internet egress"] == pytest.approx(1000 * 0.09)
    assert found["internet egress beyond 10240 GiB"] == pytest.approx(1000 * 0.085)


@pytest.mark.parametrize(
    ("provider", "region", "method", "usd"),
    [
        ("aws", "us-east-1", "snapshot", 0.05 * 20),
        ("gcp", "us-central1", "snapshot", 0.52),
        ("azure", "chilecentral", "snapshot", float("nan")),
        ("aws", "us-east-1", "file-system", float("nan")),
    ],
)
def test_backups(provider, region, method, usd):
    found = month(provider, region, saved=[Saved("daily", "db", "", "n", 20 * GIB, method)])
    kind = "snapshots" if method == "snapshot" else "copies"
    assert found[f"{kind} daily of db"] == pytest.approx(usd, nan_ok=True)


@pytest.mark.parametrize(("who", "lines"), [("cluster", 0), ("managed", 1)])
def test_logs_are_paid_by_gib_where_a_service_keeps_them(who, lines):
    found = month("aws", "us-east-1", settings={"logs": who}, log_bytes=GIB)
    assert sum(item == "log lines" for item in found) == lines
