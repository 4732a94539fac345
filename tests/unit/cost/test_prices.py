"""Price lists: the shipped ones, the lookups, and what is refused with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fvcapacity.cost.prices import Price, PriceList, caveats, is_stale
from fvcapacity.errors import PriceError
from fvcapacity.inputs.prices import load_price_list

SHIPPED = Path(__file__).parents[3] / "data" / "prices"
HEAD = "name: test\ncurrency: USD\n"
MACHINE = "kind: instance, name: m1, region: r1, unit: per_hour, price: 1.5, source: test, as_of: 2026-01-01"


def price(**changes) -> Price:
    row = {"kind": "instance", "name": "m1", "region": "r1", "unit": "per_hour", "price": 1.5}
    return Price(**{**row, "source": "test", "as_of": "2026-01-01", **changes})


def disk(size_gib: float | None, usd: float, **changes) -> Price:
    unit = "per_gib_month" if size_gib is None else "per_month"
    return price(kind="volume", name="ssd", unit=unit, price=usd, size_gib=size_gib, **changes)


def price_list(*prices: Price, **changes) -> PriceList:
    return PriceList(name="test", currency="USD", prices=prices, **changes)


def usd(found: Price | None) -> float | None:
    return None if found is None else found.price


@pytest.mark.parametrize(
    ("provider", "instance_type", "region", "spot", "expected"),
    [
        ("azure", "Standard_D2s_v5", "chilecentral", False, 0.134),
        ("azure", "Standard_D2s_v5", "brazilsouth", False, 0.153),
        ("azure", "Standard_D2s_v5", "eastus", False, 0.096),
        ("azure", "Standard_E4s_v5", "brazilsouth", False, 0.402),
        ("azure", "Standard_D2ps_v5", "eastus", False, 0.077),
        ("azure", "Standard_D2ps_v5", "chilecentral", False, None),
        ("azure", "Standard_D2s_v5", "chilecentral", True, None),
        ("aws", "m6i.large", "us-east-1", False, 0.096),
        ("aws", "r7g.xlarge", "us-east-1", False, 0.2142),
        ("aws", "m5.large", "sa-east-1", False, None),
        ("gcp", "e2-standard-4", "us-central1", False, 0.13402),
        ("gcp", "e2-standard-4", "us-central1", True, 0.04021),
        ("gcp", "e2-standard-2", "us-central1", True, None),
        ("gcp", "e2-standard-4", "southamerica-west1", False, None),
        ("custom", "anything", None, False, None),
    ],
)
def test_shipped_machines(provider, instance_type, region, spot, expected):
    prices = load_price_list(SHIPPED / f"{provider}.yaml")
    assert usd(prices.instance(instance_type, region, spot=spot)) == expected


@pytest.mark.parametrize(
    ("provider", "lookup", "region", "expected"),
    [
        ("azure", "egress", "chilecentral", None),
        ("azure", "load_balancer", "eastus", None),
        ("azure", "snapshot", "eastus", None),
        ("azure", "control_plane", "chilecentral", 0.10),
        ("aws", "egress", "us-east-1", 0.09),
        ("aws", "egress", "sa-east-1", 0.15),
        ("aws", "load_balancer", "us-east-1", 0.0225),
        ("aws", "load_balancer", "sa-east-1", None),
        ("aws", "snapshot", "us-east-1", 0.05),
        ("aws", "control_plane", "sa-east-1", 0.10),
        ("gcp", "control_plane", "us-central1", 0.10),
        ("gcp", "load_balancer", "us-central1", None),
        ("gcp", "snapshot", "us-central1", 0.026),
        ("gcp", "logs", "us-central1", None),
        ("custom", "control_plane", None, None),
    ],
)
def test_shipped_services(provider, lookup, region, expected):
    assert usd(getattr(load_price_list(SHIPPED / f"{provider}.yaml"), lookup)(region)) == expected


@pytest.mark.parametrize(
    ("size_gib", "expected"),
    [(1, 0.60), (4, 0.60), (5, None), (16, None), (17, 5.28), (32, 5.28), (33, None), (65, 19.71), (40_000, None)],
)
def test_azure_disks_have_fixed_sizes(size_gib, expected):
    prices = load_price_list(SHIPPED / "azure.yaml")
    assert usd(prices.volume("Premium_LRS", "eastus", size_gib)) == expected
    assert prices.volume("Premium_LRS", "chilecentral", size_gib) is None


def test_a_free_control_plane_is_a_price():
    assert usd(load_price_list(SHIPPED / "azure.yaml").control_plane("chilecentral", "AKS Free")) == 0.0


def test_the_region_itself_comes_before_a_stand_in_and_that_before_any():
    own, other = price(price=1), price(region="r2", price=2, stand_in_for=("r1", "r3"))
    anywhere = price(region="any", price=3)
    prices = price_list(anywhere, other, own)
    found = [usd(prices.instance("m1", region)) for region in ("r1", "r2", "r3", "r4", None)]
    assert found == [1, 2, 2, 3, 3]


def test_no_other_region_is_used_unasked():
    assert price_list(price()).instance("m1", "r2") is None
    assert price_list(price()).instance("m1", None) is None


def test_of_several_names_none_is_guessed():
    two = [price(kind="load_balancer", name=name, price=cost) for name, cost in (("a", 1), ("b", 2))]
    assert price_list(*two).load_balancer("r1") is None
    assert usd(price_list(*two, defaults={"load_balancer": "b"}).load_balancer("r1")) == 2


@pytest.mark.parametrize(("size_gib", "expected"), [(3, 1.0), (10, 1.0), (11, 2.0), (50, 2.0), (51, None)])
def test_without_a_list_of_sizes_the_priced_ones_are_all(size_gib, expected):
    assert usd(price_list(disk(50, 2.0), disk(10, 1.0)).volume("ssd", "r1", size_gib)) == expected


def test_a_disk_by_the_gib_takes_any_size():
    assert usd(price_list(disk(None, 0.1)).volume("ssd", "r1", 7.5)) == 0.1


@pytest.mark.parametrize(
    ("changes", "region", "expected"),
    [
        ({}, "r1", []),
        ({"as_of": "2025-03-02"}, "r1", []),
        ({"as_of": "2025-02-28"}, "r1", ["2025-02-28"]),
        ({"as_of": "unknown"}, "r1", ["no date"]),
        ({"stand_in_for": ("r9",)}, "r9", ["region r1 stands in for r9"]),
        ({"region": "any"}, "r9", []),
        ({"note": "hours alone"}, "r1", ["hours alone"]),
    ],
)
def test_caveats(changes, region, expected):
    found = caveats(price(**changes), region, date(2026, 3, 1))
    assert len(found) == len(expected)
    assert all(part in text for part, text in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("prices:\n  - {" + MACHINE.replace("1.5", "-1") + "}\n", 4, "-1 is out of range"),
        (
            "prices:\n  - {" + MACHINE.replace("per_hour", "per_gib") + "}\n",
            4,
            "instance is priced per_hour or per_month",
        ),
        ("prices:\n  - {" + MACHINE.replace(", source: test", "") + "}\n", 4, "'source' is missing"),
        ("prices:\n  - {" + MACHINE.replace("2026-01-01", "lately") + "}\n", 4, "lately"),
        ("prices:\n  - {" + MACHINE + "}\n  - {" + MACHINE + "}\n", 5, "second price"),
        ("prices:\n  - {" + MACHINE + ", size_gib: 4}\n", 4, "size_gib belongs to a volume"),
        ("defaults:\n  volume: gp4\n", 4, "no volume named 'gp4'"),
        ("storage_classes: {fast: gp4}\n", 3, "no volume named 'gp4'"),
        ("price:\n  - {" + MACHINE + "}\n", 3, "unknown key 'price'"),
    ],
)
def test_a_bad_list_is_refused_with_its_line(tmp_path, text, line, message):
    path = tmp_path / "prices.yaml"
    path.write_text(HEAD + text)
    with pytest.raises(PriceError) as caught:
        load_price_list(path)
    assert message in str(caught.value)
    assert {problem.location.line for problem in caught.value.problems} == {line}


def test_a_disk_that_is_not_sold_is_refused(tmp_path):
    row = "kind: volume, name: ssd, region: r1, unit: per_month, size_gib: 5, price: 1, source: test, as_of: unknown"
    path = tmp_path / "prices.yaml"
    path.write_text(HEAD + "disk_sizes: {ssd: [4, 8]}\nprices:\n  - {" + row + "}\n")
    with pytest.raises(PriceError, match="5 GiB is not among the disk_sizes of 'ssd'"):
        load_price_list(path)


def test_other_currencies_are_refused(tmp_path):
    path = tmp_path / "prices.yaml"
    path.write_text("name: test\ncurrency: CLP\n")
    with pytest.raises(PriceError, match="'CLP' is not one of 'USD'"):
        load_price_list(path)


def test_all_problems_are_told_together(tmp_path):
    path = tmp_path / "prices.yaml"
    path.write_text(HEAD + "prices:\n  - {" + MACHINE.replace("1.5", "-1") + "}\n  - {kind: disc}\n")
    with pytest.raises(PriceError) as caught:
        load_price_list(path)
    assert {problem.location.line for problem in caught.value.problems} == {4, 5}


@pytest.mark.parametrize(
    ("as_of", "on", "stale"),
    [
        ("2026-01-01", date(2026, 1, 1), False),
        ("2026-01-01", date(2027, 1, 1), False),
        ("2026-01-01", date(2027, 1, 2), True),
        ("2026-01-01", date(2025, 1, 1), False),
        ("unknown", date(2026, 1, 1), True),
        ("", date(2026, 1, 1), False),
    ],
)
def test_what_is_too_old(as_of, on, stale):
    assert is_stale(as_of, on) == stale
