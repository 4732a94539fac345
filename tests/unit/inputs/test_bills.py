"""Bills of providers, read into lines of one thing each."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fvcapacity.errors import InputError
from fvcapacity.inputs.bills import load_bill, load_bill_map
from fvcapacity.inputs.bills.recognise import Words, plain_name, recognise
from fvcapacity.inputs.bills.values import parse_unit
from tests.support.billed_days import CUR_HEADER, CUR_ROWS, write_cur

WINDOW = {"start": datetime(2026, 2, 13, 3, tzinfo=UTC), "end": datetime(2026, 2, 16, 3, tzinfo=UTC)}
FOCUS_HEADER = (
    "ChargePeriodStart,ChargePeriodEnd,BilledCost,EffectiveCost,ListCost,BillingCurrency,ChargeCategory,ServiceName,"
    "ServiceCategory,ServiceSubcategory,PricingCategory,PricingQuantity,PricingUnit,SkuMeter,SkuPriceDetails"
)
FOCUS_ROWS = (
    '2026-02-14T00:00:00.000Z,2026-02-15 00:00:00,2.30,1.38,2.30,USD,Usage,EC2,Compute,Virtual Machines,Standard,24,Hours,,"{""InstanceType"": ""m5.large""}"',
    "2026-02-14T00:00:00Z,2026-02-15T00:00:00Z,0.84,0.84,0.84,USD,Usage,EC2,Compute,Virtual Machines,Dynamic,24,Hours,BoxUsage:m5.large,",
    "2026-02-14T00:00:00Z,2026-02-15T00:00:00Z,5.28,5.28,5.28,USD,Usage,Storage,Storage,Block Storage,Standard,1,1/Month,P4 LRS Disk,",
    "2026-02-14T00:00:00Z,2026-02-15T00:00:00Z,-1.5,-1.5,0,USD,Credit,Promotion,Other,,,,,,",
)


def write_focus(path, rows=FOCUS_ROWS, header=FOCUS_HEADER):
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def test_a_cost_and_usage_report(tmp_path):
    bill = load_bill(write_cur(tmp_path / "cur.csv"), **WINDOW)
    found = {(line.what.kind, line.what.name, line.what.purchase): line for line in bill.lines}
    assert found["instance", "m5.large", "on_demand"].quantity == 200
    assert found["instance", "m5.large", "committed"].cost == 0
    assert found["volume", "gp3", "on_demand"].unit == "GiB-months"
    assert found["control_plane", "", "on_demand"].cost == Decimal("2.40")
    assert found["egress", "", "on_demand"].quantity == 5
    assert found["other", "", "on_demand"].item == "AmazonRoute53: HostedZone"
    tax = found["tax", "", "on_demand"]
    assert tax.cost == Decimal("0.3")  # three of the 28 days of its month
    assert (bill.format, bill.rows, bill.prorated_rows, bill.outside_rows) == ("AWS CUR", 8, 1, 1)
    assert bill.outside_cost == Decimal("2.30") + Decimal("2.50")
    assert bill.total + bill.outside_cost == sum(
        Decimal(row.split(",")[-6]) for row in CUR_ROWS if '"' not in row
    ) + Decimal("2.40")


@pytest.mark.parametrize(("basis", "cost"), [("billed", "0"), ("effective", "1.38"), ("list", "2.304")])
def test_a_reserved_machine_costs_what_is_asked_for(tmp_path, basis, cost):
    bill = load_bill(write_cur(tmp_path / "cur.csv"), basis=basis, **WINDOW)
    assert next(line.cost for line in bill.lines if line.what.purchase == "committed") == Decimal(cost)


def test_the_older_names_of_the_report(tmp_path):
    names = {
        "line_item_usage_start_date": "lineItem/UsageStartDate",
        "line_item_unblended_cost": "lineItem/UnblendedCost",
    }
    header = CUR_HEADER
    for name, older in names.items():
        header = header.replace(name, older)
    assert load_bill(write_cur(tmp_path / "cur.csv", header=header)).rows == 8


def test_focus_in_the_ways_that_providers_write_it(tmp_path):
    packed = tmp_path / "focus.csv.gz"
    packed.write_bytes(gzip.compress(write_focus(tmp_path / "focus.csv").read_bytes()))
    bill = load_bill(packed)
    assert [(line.what.kind, line.what.name, line.what.purchase) for line in bill.lines] == [
        ("instance", "m5.large", "on_demand"),
        ("instance", "m5.large", "spot"),
        ("volume", "P4", "on_demand"),
        ("credit", "", "on_demand"),
    ]
    assert [line.unit for line in bill.lines] == ["hours", "hours", "months", ""]
    assert bill.total == Decimal("6.92")
    assert load_bill(packed, basis="effective").total == Decimal("6.00")


def test_everything_that_is_wrong_is_said_with_its_line(tmp_path):
    rows = [
        FOCUS_ROWS[1].replace("2026-02-14T00:00:00Z", "yesterday"),
        FOCUS_ROWS[1].replace("0.84", "0,84 USD", 1).replace(",0,84 USD", ',"0,84 USD"'),
        FOCUS_ROWS[1].replace(",USD,", ",dollars,"),
        FOCUS_ROWS[1].replace("2026-02-15", "2026-02-13"),
        FOCUS_ROWS[1] + ",too,many",
    ]
    with pytest.raises(InputError) as caught:
        load_bill(write_focus(tmp_path / "focus.csv", rows))
    assert [(p.location.line, p.field) for p in caught.value.problems] == [
        (2, "ChargePeriodStart"),
        (3, "BilledCost"),
        (4, "BillingCurrency"),
        (5, "ChargePeriodEnd"),
        (6, ""),
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a,b\n1,2\n", "neither FOCUS nor"),
        ("", "no CSV table"),
        ("only one column\n", "no CSV table"),
        ("ChargePeriodStart,BilledCost\n", "has no columns ChargePeriodEnd"),
        (FOCUS_HEADER + "\n", "no rows"),
        (
            "\n".join((FOCUS_HEADER, FOCUS_ROWS[1], FOCUS_ROWS[1].replace("USD", "EUR"))),
            "several currencies: USD .from line 2., EUR .from line 3.",
        ),
        (FOCUS_HEADER + '\n"never closed', "no CSV table"),
    ],
)
def test_what_is_no_bill(tmp_path, text, what):
    path = tmp_path / "bill.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=what):
        load_bill(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_bill(tmp_path / "none.csv")


def test_rules_of_ones_own_come_first(tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "rules:\n"
        '  - where: {line_item_product_code: "^AmazonRoute53$"}\n'
        "    kind: load_balancer\n"
        '  - where: {line_item_usage_type: "Hours:per(?P<name>[A-Z][a-z]+)"}\n'
        "    kind: instance\n"
    )
    bill = load_bill(write_cur(tmp_path / "cur.csv"), mapping=load_bill_map(rules), **WINDOW)
    found = {(line.what.kind, line.what.name) for line in bill.lines}
    assert {("load_balancer", ""), ("instance", "Cluster")} <= found


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('rules: [{where: {A: "("}, kind: other}]', "no regular expression"),
        ("rules: [{where: {A: x}, kind: servers}]", "servers"),
        ("rules: []", "rules"),
    ],
)
def test_rules_that_cannot_be_used(tmp_path, text, what):
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=what):
        load_bill_map(path)


def test_rules_on_columns_that_the_bill_lacks(tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: [{where: {Colour: red}, kind: other}]\n")
    with pytest.raises(InputError, match="has no column Colour"):
        load_bill(write_cur(tmp_path / "cur.csv"), mapping=load_bill_map(rules))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (Words("Usage", "AmazonEC2", "USW2-SpotUsage:c6i.xlarge"), ("instance", "c6i.xlarge", "spot")),
        (Words("Usage", "AmazonEC2", "EBS:SnapshotUsage"), ("snapshot", "", "on_demand")),
        (Words("Usage", "AmazonEC2", "EBS:VolumeP-IOPS.gp3"), ("volume_iops", "gp3", "on_demand")),
        (Words("Usage", "AWSELB", "LoadBalancerUsage"), ("load_balancer", "", "on_demand")),
        (Words("Usage", "AWSELB", "LCUUsage"), ("load_balancer_capacity", "", "on_demand")),
        (Words("Usage", "AmazonS3", "TimedStorage-ByteHrs"), ("object_storage", "", "on_demand")),
        (Words("Usage", "AmazonCloudWatch", "DataProcessing-Bytes"), ("logs", "", "on_demand")),
        (Words("Usage", "Azure Kubernetes Service", "Uptime SLA"), ("control_plane", "", "on_demand")),
        (Words("Usage", "Bandwidth", "Standard Data Transfer Out"), ("egress", "", "on_demand")),
        (Words("Usage", "Domain names", "renewal"), ("other", "", "on_demand")),
        (Words("Tax", "AmazonEC2", "BoxUsage:m5.large"), ("tax", "", "on_demand")),
    ],
)
def test_rows_are_recognised_by_their_words(words, expected):
    found = recognise(words)
    assert (found.kind, found.name, found.purchase) == expected


@pytest.mark.parametrize(
    ("text", "unit", "factor"),
    [
        ("Hrs", "hours", 1),
        ("1 Hour", "hours", 1),
        ("100 Hours", "hours", 100),
        ("GB-Mo", "GiB-months", 1),
        ("GB-Months", "GiB-months", 1),
        ("1/Month", "months", 1),
        ("GB", "GiB", 1),
        ("1 GB/Month", "GiB-months", 1),
        ("Requests", "Requests", 1),
    ],
)
def test_units_are_read_as_providers_write_them(text, unit, factor):
    assert parse_unit(text) == (unit, factor)


def test_names_are_alike_however_they_are_written():
    assert plain_name("Standard_D2s_v5") == plain_name("D2s v5") == "d2sv5"
    assert plain_name("m5.large") != plain_name("m5.xlarge")
