"""A bill held against the model: pairs, effects, and the sum that always comes out."""

from decimal import Decimal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fvcapacity.cost.focus import export_focus
from fvcapacity.cost.reconcile import reconcile
from fvcapacity.errors import InputError
from tests.support.billed_days import CUR_HEADER, EGRESS, NODES, PLANE, bill_days, result_with, write_cur


def adds_up(found):
    bridge = found.bridge
    parts = bridge.quantity_usd + bridge.price_usd + bridge.no_price_usd + bridge.fees_usd
    parts += bridge.units_usd + bridge.bill_only_usd - bridge.model_only_usd
    assert bridge.model_usd + parts == bridge.bill_usd
    assert sum(line.bill_usd or 0 for line in found.lines) == bridge.bill_usd
    assert sum(line.model_usd or 0 for line in found.lines) == bridge.model_usd
    return found


def by_kind(found):
    return {(line.kind, line.purchase): line for line in found.lines}


def test_its_own_export_is_the_model(tmp_path):
    result = result_with(bill_days())
    written = export_focus(result, tmp_path / "own.csv")
    found = adds_up(reconcile(result, written.path))
    assert found.bridge.bill_usd == found.bridge.model_usd == written.total
    assert {line.status for line in found.lines if line.kind != "logs"} == {"matched"}
    assert all(line.difference_usd == 0 for line in found.lines)
    assert found.bridge.unexplained_usd == 0


def test_line_by_line(tmp_path):
    found = adds_up(reconcile(result_with(bill_days()), write_cur(tmp_path / "cur.csv")))
    lines = by_kind(found)
    machines = lines["instance", "on_demand"]
    assert (machines.status, machines.model_quantity, machines.bill_quantity) == ("matched", 216, 200)
    assert machines.quantity_usd == (200 - 216) * Decimal("0.096")
    assert machines.price_usd == 20 - 200 * Decimal("0.096")
    assert machines.bill_line == 2
    assert lines["egress", "on_demand"].status == lines["volume", "on_demand"].status == "matched"
    assert lines["other", "on_demand"].status == "bill only"
    assert lines["tax", "on_demand"].bill_usd == found.bridge.fees_usd == Decimal("0.3")
    assert found.bill.outside_rows == 1
    assert lines["instance", "committed"].status == "matched"  # with the spot machines: the same type
    assert any("only in the model" in note for note in found.notes)


def test_what_has_no_price_gets_that_of_the_bill(tmp_path):
    row = "2026-02-14T03:00:00Z,2026-02-15T03:00:00Z,Usage,AmazonCloudWatch,DataProcessing-Bytes,3,GB,1.50,USD,,logs,,"
    found = adds_up(reconcile(result_with(bill_days()), write_cur(tmp_path / "cur.csv", [row])))
    assert found.bridge.no_price_usd == Decimal("1.50")
    assert by_kind(found)["logs", "on_demand"].model_usd is None


def test_units_that_differ_are_no_explanation(tmp_path):
    row = "2026-02-14T03:00:00Z,2026-02-15T03:00:00Z,Usage,AmazonEKS,perCluster,1,Clusters,73,USD,,EKS,,"
    found = adds_up(reconcile(result_with(bill_days(1, [(PLANE, 24.0)])), write_cur(tmp_path / "cur.csv", [row])))
    assert found.bridge.units_usd == found.bridge.unexplained_usd == 73 - Decimal("7.2")
    assert found.lines[0].unit == ""


def test_machines_of_another_type_are_another_thing(tmp_path):
    row = "2026-02-14T03:00:00Z,2026-02-15T03:00:00Z,Usage,AmazonEC2,BoxUsage:m6i.large,24,Hrs,2.30,USD,m6i.large,x,,"
    found = adds_up(reconcile(result_with(bill_days(1, [(NODES, 24.0)])), write_cur(tmp_path / "cur.csv", [row])))
    assert sorted(line.status for line in found.lines) == ["bill only", "model only"]


def test_another_currency_needs_a_rate(tmp_path):
    rows = ["2026-02-14T03:00:00Z,2026-02-15T03:00:00Z,Usage,AmazonEKS,perCluster,24,Hrs,2280,CLP,,EKS,,"]
    result, path = result_with(bill_days(1, [(PLANE, 8.0)])), write_cur(tmp_path / "cur.csv", rows)
    with pytest.raises(InputError, match="the bill is in CLP") as caught:
        reconcile(result, path)
    assert "--usd-rate" in caught.value.problems[0].hint
    found = adds_up(reconcile(result, path, usd_rate=Decimal(950)))
    assert found.bridge.bill_usd == Decimal("2.4")
    assert found.bridge.quantity_usd == found.bridge.price_usd == 0


def test_a_bill_of_another_time_says_which(tmp_path):
    rows = ["2025-02-14T03:00:00Z,2025-02-15T03:00:00Z,Usage,AmazonEKS,perCluster,24,Hrs,2.4,USD,,EKS,,"]
    with pytest.raises(InputError, match="no row lies in the window") as caught:
        reconcile(result_with(bill_days()), write_cur(tmp_path / "cur.csv", rows))
    assert "2025-02-14" in caught.value.problems[0].hint


AMOUNTS = st.decimals(0, 10_000, places=4)
USAGES = st.sampled_from(
    ["BoxUsage:m5.large", "BoxUsage:t3.large", "EBS:VolumeUsage.gp3", "DataTransfer-Out-Bytes", "Zone"]
)


@settings(max_examples=20, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(st.lists(st.tuples(USAGES, AMOUNTS, AMOUNTS, st.sampled_from(["Hrs", "GB", ""])), min_size=1, max_size=10))
def test_the_sum_comes_out_whatever_the_bill(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("bill") / "cur.csv"
    texts = [
        f"2026-02-14T03:00:00Z,2026-02-20T03:00:00Z,Usage,AmazonEC2,{usage},{amount},{unit},{cost},USD,,x,,"
        for usage, amount, cost, unit in rows
    ]
    adds_up(reconcile(result_with(bill_days()), write_cur(path, texts, CUR_HEADER), usd_rate=None))


def test_a_document_has_all_digits(tmp_path):
    found = reconcile(result_with(bill_days(1, [(EGRESS, 1 / 3)])), write_cur(tmp_path / "cur.csv"))
    assert found.model_dump(mode="json")["bridge"]["model_usd"] == "0.08999999991"
