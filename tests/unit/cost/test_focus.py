"""FOCUS exports: exact sums, periods in UTC, what is empty, and what our own check and others say of them."""

import csv
import gzip
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fvcapacity.cost.focus import check_focus, export_focus
from fvcapacity.cost.focus.amounts import cost_of, total_of
from fvcapacity.cost.focus.columns import FOCUS_COLUMNS
from fvcapacity.cost.focus.services import PROVIDERS, SERVICES, Provider
from fvcapacity.errors import InputError
from tests.support.billed_days import DISK, LOGS, NODES, QUANTITIES, SPOT, bill_days, result_with


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def total(rows, name):
    return total_of([Decimal(row[name]) for row in rows])


@pytest.fixture
def actual(tmp_path):
    path = tmp_path / "actual.csv"
    return export_focus(result_with(bill_days(2)), path), rows_of(path)


def test_the_sum_is_the_bill_to_the_cent(actual):
    written, rows = actual
    table = bill_days(1)
    assert total(rows, "BilledCost") == written.total
    assert abs(written.total - Decimal(float(table["cost_usd"].sum()))) < Decimal("1e-6")
    for row in rows:  # digit for digit
        assert Decimal(row["BilledCost"]) == cost_of(Decimal(row["ListUnitPrice"]), Decimal(row["PricingQuantity"]))


def test_an_export_conforms(actual):
    written, rows = actual
    found = check_focus(written.path)
    assert found.problems == ()
    assert (found.rows, found.billed) == (len(rows), written.total)


def test_decimals_have_a_point_lest_a_column_is_taken_for_whole_numbers(actual):
    _, rows = actual
    names = [name for name, column in FOCUS_COLUMNS.items() if column.type == "decimal" and rows[0].get(name)]
    assert "PricingQuantity" in names
    assert all("." in row[name] for row in rows for name in names)


def test_rows_are_lines_by_days(actual):
    _, rows = actual
    assert len(rows) == 3 * 5
    nodes = [row for row in rows if row["ChargeDescription"] == NODES["item"]]
    assert [row["ChargePeriodStart"] for row in nodes] == [f"2026-02-{day}T03:00:00Z" for day in (13, 14, 15)]
    assert nodes[0]["ChargePeriodEnd"] == nodes[1]["ChargePeriodStart"]
    assert (nodes[0]["BillingPeriodStart"], nodes[0]["BillingPeriodEnd"]) == (
        "2026-02-01T03:00:00Z",
        "2026-03-01T03:00:00Z",
    )
    assert (nodes[0]["ProviderName"], nodes[0]["ServiceName"]) == ("AWS", "Amazon Elastic Compute Cloud")
    assert nodes[0]["SkuPriceDetails"] == '{"InstanceType": "m5.large"}'
    assert nodes[0]["x_Kind"] == "actual"


@pytest.mark.parametrize(("line", "category"), [(NODES, "Standard"), (SPOT, "Dynamic")])
def test_spot_is_priced_dynamically(actual, line, category):
    _, rows = actual
    assert {row["PricingCategory"] for row in rows if row["ChargeDescription"] == line["item"]} == {category}


@pytest.mark.parametrize("provider", [*PROVIDERS.values(), Provider("another", {})])
def test_a_service_has_one_subcategory(provider):
    found = {(provider.service(kind), service.subcategory) for kind, service in SERVICES.items()}
    assert len(found) == len({name for name, _ in found})


def test_what_has_no_price_has_no_row(actual):
    written, rows = actual
    assert written.unpriced == (LOGS["item"],)
    assert all(row["ChargeDescription"] != LOGS["item"] for row in rows)


def test_a_forecast_is_the_mean_with_intervals(tmp_path):
    path = tmp_path / "forecast.csv"
    written = export_focus(result_with(bill_days(3)), path, kind="forecast")
    rows = rows_of(path)
    assert check_focus(path).problems == ()
    mean = bill_days(3).groupby("replication")["cost_usd"].sum().mean()
    assert abs(written.total - Decimal(repr(float(mean)))) < Decimal("1e-6")
    nodes = next(row for row in rows if row["ChargeDescription"] == NODES["item"])
    assert Decimal(nodes["x_CostLow95"]) < Decimal(nodes["BilledCost"]) < Decimal(nodes["x_CostHigh95"])
    assert nodes["x_Replications"] == "3"


def test_savings_add_up(tmp_path):
    path = tmp_path / "savings.csv"
    without_disk = [(line, amount) for line, amount in QUANTITIES if line is not DISK]
    before, after = result_with(bill_days(2)), result_with(bill_days(2, without_disk, scale=0.5))
    written = export_focus(after, path, kind="savings", base=before)
    rows = rows_of(path)
    assert check_focus(path).conforms
    assert written.baseline is not None
    assert total(rows, "x_BaselineCost") == written.baseline
    assert total(rows, "x_SavedCost") == written.baseline - written.total
    gone = [row for row in rows if row["ChargeDescription"] == DISK["item"]]
    assert {row["BilledCost"] for row in gone} == {"0.0"}


@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=4), st.floats(1e-6, 1e3))
def test_sums_are_exact_whatever_the_figures(tmp_path_factory, amounts, price):
    path = tmp_path_factory.mktemp("focus") / "rows.csv"
    lines = [({**NODES, "item": f"line {n}", "unit_price_usd": price}, amount) for n, amount in enumerate(amounts)]
    written = export_focus(result_with(bill_days(1, lines)), path)
    found = check_focus(path)
    assert found.conforms
    assert total(rows_of(path), "BilledCost") == written.total == found.billed
    exact = Fraction(price) * sum(3 * Fraction(amount) for amount in amounts)
    assert abs(Fraction(written.total) - exact) < Fraction(price) * len(amounts) * Fraction(1, 10**8)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"kind": "savings"}, "savings are against a result"),
        ({"base": result_with(bill_days())}, "only savings have it"),
        ({"kind": "forecast", "replication": 0}, "of all replications"),
        ({"replication": 7}, "there is no replication 7"),
        (
            {"kind": "savings", "base": result_with(bill_days(), duration_s=3600.0)},
            "the windows differ",
        ),
    ],
)
def test_what_cannot_be_exported(tmp_path, options, what):
    with pytest.raises(InputError, match=what):
        export_focus(result_with(bill_days()), tmp_path / "out.csv", **options)
    assert list(tmp_path.iterdir()) == []


def test_without_prices_there_is_no_bill(tmp_path):
    with pytest.raises(InputError, match="no bill by the day"):
        export_focus(result_with(), tmp_path / "out.csv")


def test_only_our_own_files_are_replaced(tmp_path):
    path = tmp_path / "bill.csv"
    path.write_text("the bill of last year\n")
    with pytest.raises(InputError, match="something else"):
        export_focus(result_with(bill_days()), path)
    assert path.read_text() == "the bill of last year\n"
    path.unlink()
    for _ in range(2):
        export_focus(result_with(bill_days()), path)
    assert [item.name for item in tmp_path.iterdir()] == ["bill.csv"]


# What the check finds: one cell or column of a good file is changed.


def changed(tmp_path, **cells):
    path = tmp_path / "good.csv"
    export_focus(result_with(bill_days()), path)
    rows = rows_of(path)
    header = list(rows[0])
    rows[1] |= cells
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, [name for name in header if cells.get(name, "") is not None], extrasaction="ignore"
        )
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    ("cells", "rule", "column"),
    [
        ({"ChargeCategory": "Usages"}, "focus-value", "ChargeCategory"),
        ({"ChargeCategory": "usage"}, "focus-value", "ChargeCategory"),
        ({"BillingCurrency": "usd"}, "focus-currency", "BillingCurrency"),
        ({"ServiceName": ""}, "focus-null", "ServiceName"),
        ({"ProviderName": "N/A"}, "focus-null", "ProviderName"),
        ({"BilledCost": "1,234.50"}, "focus-number", "BilledCost"),
        ({"BilledCost": "1.2e3"}, "focus-number", "BilledCost"),
        ({"BilledCost": "+3"}, "focus-number", "BilledCost"),
        ({"EffectiveCost": "$3"}, "focus-number", "EffectiveCost"),
        ({"ChargePeriodStart": "2026-02-13"}, "focus-datetime", "ChargePeriodStart"),
        ({"ChargePeriodStart": "2026-02-13T03:00:00-03:00"}, "focus-datetime", "ChargePeriodStart"),
        ({"ChargePeriodEnd": "2026-02-13T03:00:00Z"}, "focus-period", "ChargePeriodEnd"),
        ({"ServiceCategory": "Storage"}, "focus-subcategory", "ServiceSubcategory"),
        ({"ListCost": "1"}, "focus-product", "ListCost"),
        ({"PricingQuantity": ""}, "focus-pricing", "PricingQuantity"),
        ({"ChargeCategory": "Tax"}, "focus-pricing", "PricingUnit"),
        ({"ChargeCategory": "Purchase"}, "focus-frequency", "ChargeFrequency"),
        ({"ChargeCategory": "Purchase"}, "focus-consumed", "ConsumedQuantity"),
        ({"ChargeCategory": "Credit"}, "focus-credit", "BilledCost"),
        ({"ResourceId": ""}, "focus-companion", "ResourceName"),
        ({"RegionName": ""}, "focus-companion", "RegionName"),
        ({"Tags": "team=web"}, "focus-json", "Tags"),
        ({"Tags": '{"team": ["web"]}'}, "focus-json", "Tags"),
        ({"ServiceName": " EC2 "}, "focus-string", "ServiceName"),
        ({"ListUnitPrice": "-1"}, "focus-number", "ListUnitPrice"),
        ({"ChargeClass": "Correction "}, "focus-value", "ChargeClass"),
    ],
)
def test_what_is_wrong_is_found_at_its_line(tmp_path, cells, rule, column):
    found = check_focus(changed(tmp_path, **cells))
    places = {(problem.rule, problem.field): problem for problem in found.problems}
    assert (rule, column) in places, found.problems
    assert places[rule, column].location.line == 3
    assert not found.conforms


@pytest.mark.parametrize("name", [name for name, column in FOCUS_COLUMNS.items() if column.level == "mandatory"])
def test_every_mandatory_column_is_missed(tmp_path, name):
    found = check_focus(changed(tmp_path, **{name: None}))
    assert any(problem.field == name and "mandatory" in problem.message for problem in found.problems)
    assert not found.conforms


def test_there_are_21_mandatory_columns():
    levels = [column.level for column in FOCUS_COLUMNS.values()]
    assert (levels.count("mandatory"), levels.count("recommended")) == (21, 4)
    assert list(FOCUS_COLUMNS) == sorted(FOCUS_COLUMNS)


def test_a_recommended_column_is_only_remarked(tmp_path):
    found = check_focus(changed(tmp_path, InvoiceId=None))
    assert [problem.severity for problem in found.problems] == ["warning"]
    assert found.conforms


def test_columns_of_ones_own_are_marked(tmp_path):
    path = changed(tmp_path)
    path.write_text(path.read_text().replace("x_Scenario", "Scenario", 1))
    found = check_focus(path)
    assert [(p.field, p.severity) for p in found.problems] == [("Scenario", "error"), ("ServiceCategory", "note")]
    assert "x_Scenario" in found.problems[0].hint


def test_many_bad_lines_are_counted(tmp_path):
    path = changed(tmp_path)
    path.write_text(path.read_text().replace(",USD,2026", ",usd,2026"))
    messages = [problem.message for problem in check_focus(path).problems]
    assert len(messages) == 6
    assert messages[-1] == "and 10 more lines like these"


def test_gzip_is_read_and_lines_within_quotes_are_counted(tmp_path):
    path = changed(tmp_path, ChargeDescription="two\nlines", BillingCurrency="usd")
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    found = check_focus(packed)
    assert [problem.location.line for problem in found.problems] == [3]


def test_a_row_of_another_width_is_told(tmp_path):
    path = changed(tmp_path)
    path.write_text(path.read_text() + "a,b\n")
    (problem,) = check_focus(path).problems
    assert problem.message.startswith("2 cells where the header has")
    assert problem.location.line == 17
