"""What is paid for and not used."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pandas as pd
import pytest

from fvcapacity.cost.allocation import allocate
from fvcapacity.cost.machines import cpu_part
from fvcapacity.cost.waste import waste_of
from tests.support.allocation_laws import shop
from tests.support.bills import GIB, PRICES, Books, Pods
from tests.unit.cost.test_allocation import shop_told_apart

CPU = cpu_part(4, 16 * GIB) * 0.192 / 4  # a core-hour
MEMORY = (0.192 - 4 * CPU) / 16  # a GiB-hour


@cache
def shops_waste() -> pd.DataFrame:
    result, parts = shop_told_apart()
    return waste_of(result, parts).set_index("subject")


@pytest.mark.parametrize(
    ("subject", "kind", "month"),
    [
        # requests 0.5 cores and 1 GiB, uses 0.25 and 0.5
        ("deployment/web/main", "container", 730 * (0.25 * CPU + 0.5 * MEMORY)),
        # requests 1 core and uses half of it; uses more memory than it asks for
        ("statefulset/db/db", "container", 730 * 0.5 * CPU),
        # 1.6 cores of 4 and 7.2 GiB of 16 are charged for
        ("general/m1", "machines", 730 * (2.25 * CPU + 8.5 * MEMORY)),
        ("shop/left", "volume", 5 * 0.1),
        ("shop/old", "load balancer", 730 * 0.025),
    ],
)
def test_what_it_comes_to_a_month(subject, kind, month):
    found = shops_waste().loc[subject]
    assert found["kind"] == kind
    assert found["month_usd"] == pytest.approx(month, rel=1e-6)


def test_the_dearest_comes_first():
    months = shops_waste()["month_usd"]
    assert months.is_monotonic_decreasing
    assert "shop/front" not in months  # routes come in by it
    assert "shop/db/data" not in months  # how full it is, nobody said


def test_reasons_are_in_words():
    why = shops_waste()["why"]
    assert why["deployment/web/main"] == "uses 50 % of its CPU and 50 % of its memory"
    assert why["shop/left"] == "no workload mounts it"
    assert why["shop/old"] == "no route of the topology comes in by it"


def test_what_has_no_price_comes_last_and_is_not_zero():
    result = shop(hours=2.0, prices=tuple(p for p in PRICES if p.kind != "load_balancer")).result()
    found = waste_of(result, allocate(result))
    assert found.iloc[-1]["subject"] == "shop/old"
    assert pd.isna(found.iloc[-1]["month_usd"])


def test_a_system_that_uses_all_wastes_nothing():
    full = Pods("deployment/web", "general-1", containers={"main": (4.0, 16.0)}, used=(4.0, 16.0))
    result = Books([full], hours=2.0, prices=PRICES[:1]).result()
    assert waste_of(result, allocate(result)).empty


@pytest.mark.parametrize(("used", "month"), [(0.2, 0.75 * 1.0), (0.4, 0.5), (0.8, None), (0.9, None)])
def test_a_volume_wastes_the_room_that_it_needs_not(used, month):
    whole, parts = shop_told_apart()
    days = whole.tables["bill_days"].copy()
    days.loc[days["item"] == "volume data of db", "used_ratio"] = used
    result = replace(whole, tables={**whole.tables, "bill_days": days})
    found = waste_of(result, parts).set_index("subject")["month_usd"]
    if month is None:
        assert "shop/db/data" not in found
    else:
        assert found["shop/db/data"] == pytest.approx(10 * 0.1 * (1 - used / 0.8))
        assert month == pytest.approx(1 - used / 0.8)
