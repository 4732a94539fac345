"""The sum of a bill, and a month at the same pace."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest

from fvcapacity.control.history import NodeLife
from fvcapacity.cost.billing import HOUR_NS, MONTH_HOURS, bill_run
from fvcapacity.cost.prices import Price, PriceList
from fvcapacity.cost.projection import bill_total, monthly_projection
from fvcapacity.scenario.cluster import ClusterObjects, Service, VolumeClaim


def row(kind: str, name: str, unit: str, usd: float) -> Price:
    fields = {"kind": kind, "name": name, "unit": unit, "price": usd}
    return Price(**fields, region="any", source="test", as_of="2026-01-01")


MACHINE = row("instance", "m1", "per_hour", 0.1)
DISK = row("volume", "ssd", "per_gib_month", 0.2)
CONTROL = row("control_plane", "managed", "per_month", 73.0)
EGRESS = row("egress", "internet", "per_gib", 0.09)
BALANCER = row("load_balancer", "lb", "per_hour", 0.02)


def bill(hours: float, *rows: Price) -> pd.DataFrame:
    node = NodeLife(name="n", pool="general", instance_type="m1", zone="z", spot=False, created_ns=0)
    cluster = ClusterObjects(
        claims=(VolumeClaim(name="data", namespace="shop", storage_bytes=10 * 2**30),),
        services=(Service(name="front", namespace="shop", type="LoadBalancer"),),
    )
    return bill_run(
        PriceList(name="test", currency="USD", prices=rows, defaults={"volume": "ssd"} if DISK in rows else {}),
        None,
        [node, node],
        cluster,
        window_start_ns=0,
        window_end_ns=round(hours * HOUR_NS),
        egress_bytes=round(hours * 2**30),
        run_date=date(2026, 2, 14),
    )


ALL = (MACHINE, DISK, CONTROL, EGRESS, BALANCER)
MONTH = {
    "nodes general (m1)": 2 * 730 * 0.1,
    "control plane": 73.0,
    "volume data": 10 * 0.2,
    "load balancer front": 730 * 0.02,
    "internet egress": 730 * 0.09,
}


@pytest.mark.parametrize("hours", [0.25, 1, 48, 730, 2000])
def test_a_month_at_the_same_pace_does_not_depend_on_the_window(hours):
    month = monthly_projection(bill(hours, *ALL), hours)
    assert dict(zip(month["item"], month["cost_usd"], strict=True)) == pytest.approx(MONTH, rel=1e-6)
    assert (month["quantity"] * month["unit_price_usd"]).tolist() == pytest.approx(month["cost_usd"].tolist())


def test_only_quantities_and_costs_change():
    before = bill(2, *ALL)
    kept = before.copy()
    after = monthly_projection(before, 2)
    pd.testing.assert_frame_equal(before, kept)
    same = [name for name in before.columns if name not in ("quantity", "cost_usd")]
    pd.testing.assert_frame_equal(before[same], after[same])
    assert (after["quantity"] / before["quantity"]).tolist() == pytest.approx([MONTH_HOURS / 2] * len(before))


def test_what_has_no_price_stays_without_cost():
    month = monthly_projection(bill(2, MACHINE, CONTROL), 2)
    total = bill_total(month)
    assert total.usd == pytest.approx(2 * 730 * 0.1 + 73)
    assert not total.complete
    assert total.unpriced == ("volume data", "load balancer front", "internet egress")


def test_a_full_bill_is_complete():
    total = bill_total(bill(10, *ALL))
    assert total.complete
    assert total.usd == pytest.approx(sum(MONTH.values()) * 10 / 730)


def test_a_bill_without_any_price_has_no_sum():
    assert math.isnan(bill_total(bill(1)).usd)


@pytest.mark.parametrize("hours", [0, -1, math.nan, math.inf])
def test_a_window_without_length_is_refused(hours):
    with pytest.raises(ValueError, match="cannot be projected"):
        monthly_projection(bill(1, *ALL), hours)
