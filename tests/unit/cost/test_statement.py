"""What `fvcap cost` says: it adds up in every way of telling it apart, in every currency."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import replace
from datetime import date
from functools import cache

import jsonschema
import pytest
import yaml

from fvcapacity.cli.render_cost import render_cost_csv, render_cost_markdown, render_cost_table
from fvcapacity.cost.cost_summary import cost_schema
from fvcapacity.cost.statement import Cost, cost_of, cost_settings
from fvcapacity.errors import InputError, PriceError
from fvcapacity.results.result import Result
from fvcapacity.scenario.costs import Rate
from tests.support.allocation_laws import shop
from tests.support.bills import PRICES, price

PESOS = Rate(currency="CLP", per_usd=900.0, as_of=date(2026, 2, 1), source="a bank")


@cache
def result() -> Result:
    return shop(hours=48.0, settings={"orders": "buy"}).result()


@cache
def told(by: str = "service", currency: str | None = None) -> Cost:
    return cost_of(result(), by=by, currency=currency, rates=(PESOS,))


def mean(parts: list[dict]) -> float:
    return sum(part["cost"]["mean"] or 0.0 for part in parts)


@pytest.mark.parametrize("by", ["service", "route"])
def test_everything_adds_up(by):
    summary = told(by).summary
    jsonschema.validate(summary, cost_schema())
    total = summary["total"]["mean"]
    assert total == pytest.approx(result().tables["bill"]["cost_usd"].sum())
    assert sum(row["total"]["mean"] for row in summary["allocation"]) == pytest.approx(total, abs=1e-9)
    assert sum(row["percent"] for row in summary["allocation"]) == pytest.approx(100)
    assert mean(summary["lines"]) == pytest.approx(total)
    assert mean(summary["days"]) == pytest.approx(total)
    assert mean(summary["months"]) == pytest.approx(total)
    assert summary["month"]["mean"] == pytest.approx(total * 730 / 48)
    for row in summary["allocation"]:
        parts = (row[name] for name in ("cpu", "memory", "storage", "network", "other"))
        assert sum(parts) == pytest.approx(row["total"]["mean"])


def test_the_days_are_local():
    assert [(day["name"], day["hours"]) for day in told().summary["days"]] == [("2026-02-13", 24), ("2026-02-14", 24)]


def test_requests_and_orders():
    summary = told("route").summary
    total = summary["total"]["mean"]
    assert summary["per_thousand_served"]["mean"] == pytest.approx(1000 * total / (48 * 3960))
    assert summary["orders"]["per_order"]["mean"] == pytest.approx(total / (48 * 360))
    buy = next(row for row in summary["allocation"] if row["name"] == "buy")
    assert buy["per_thousand"] == pytest.approx(1000 * buy["total"]["mean"] / (48 * 360))


def test_a_bill_without_any_price_is_in_no_sum():
    priced = result()
    bare = {
        name: priced.tables[name].assign(unit_price_usd=math.nan, cost_usd=math.nan) for name in ("bill", "bill_days")
    }
    found = cost_of(replace(priced, tables={**priced.tables, **bare}))
    assert found.summary["total"]["mean"] is None
    assert found.allocation.empty
    assert len(found.summary["unpriced"]) == len(found.summary["lines"])


def test_pesos_are_dollars_times_the_rate():
    dollars, pesos = told().summary, told(currency="CLP").summary
    assert (pesos["currency"], pesos["digits"], pesos["rate"]["per_usd"]) == ("CLP", 0, 900.0)
    assert pesos["total"]["mean"] == pytest.approx(900 * dollars["total"]["mean"])
    assert pesos["waste"][0]["month"] == pytest.approx(900 * dollars["waste"][0]["month"])
    assert pesos["lines"][0]["unit_price_usd"] == dollars["lines"][0]["unit_price_usd"]
    assert any("1 USD = 900 CLP, 2026-02-01 (a bank)" in note for note in pesos["notes"])


def test_no_rate_is_invented():
    with pytest.raises(PriceError, match="there is no rate for EUR") as raised:
        cost_of(result(), currency="EUR", rates=(PESOS,))
    assert "--rates" in raised.value.hint
    with pytest.raises(PriceError, match="'GBP' is no currency"):
        cost_of(result(), currency="GBP")


def test_the_scenarios_own_currency_and_rate_are_the_default():
    settings = {"currency": "CLP", "rates": [PESOS.model_dump(mode="json")], "orders": "buy"}
    own = replace(result(), scenario_yaml=yaml.safe_dump({"cost": {"prices": "p", **settings}}))
    found = cost_settings(own)
    assert (found.currency, found.rates) == ("CLP", (PESOS,))
    assert cost_of(own).summary == told(currency="CLP").summary


def test_old_prices_are_flagged_by_the_day_of_quoting():
    """Those of 1 January 2026 on 2 January 2027; that a year to the day is not yet old is told by `is_stale`."""
    summary = cost_of(result(), on=date(2027, 1, 2)).summary
    assert all(line["stale"] for line in summary["lines"])
    assert any("more than a year older" in note for note in summary["notes"])
    assert not any(line["stale"] for line in told().summary["lines"])
    assert not any("more than a year older" in note for note in told().summary["notes"])


def test_undated_and_missing_prices_are_named():
    """What has no day is flagged always; what has no price is in no sum."""
    some = [p for p in PRICES if p.kind not in ("load_balancer", "snapshot")]
    undated = tuple(p.model_copy(update={"as_of": "unknown"}) if p.kind == "egress" else p for p in some)
    summary = cost_of(shop(hours=2.0, prices=undated).result()).summary
    assert [line["item"] for line in summary["lines"] if line["stale"]] == ["internet egress"]
    assert summary["unpriced"] == ["snapshots daily of db", "load balancer front", "load balancer old"]
    assert sum(row["total"]["mean"] for row in summary["allocation"]) == pytest.approx(summary["total"]["mean"])
    assert any("3 of 8 lines have no price" in note for note in summary["notes"])


def test_a_result_without_prices_has_no_cost():
    bare = Result({}, {}, {}, "")
    with pytest.raises(InputError, match="no bill"):
        cost_of(bare)
    with pytest.raises(InputError, match="'colour' is nothing"):
        cost_of(result(), by="colour")


@pytest.mark.parametrize(
    ("by", "currency"),
    [("service", "USD"), ("service", "CLP"), ("route", "USD"), ("team", "USD")],
)
def test_printed_amounts_add_up_to_the_printed_bill(by, currency):
    """In the markdown: the column of totals, without its last row, is the last row to the smallest unit."""
    text = render_cost_markdown(told(by, currency).summary)
    rows = [re.split(r" *\| *", line.strip("| ")) for line in text.splitlines() if line.startswith("|")]
    head = rows.index(next(row for row in rows if row[0] == by.capitalize()))
    column = rows[head].index(currency)
    end = next(number for number, row in enumerate(rows) if row[0] == "the bill")
    amounts = [round(float(row[column].replace(",", "")) * 100) for row in rows[head + 2 : end + 1]]
    assert sum(amounts[:-1]) == amounts[-1]


def test_the_csv_is_the_allocation():
    summary = told("team").summary
    rows = list(csv.DictReader(io.StringIO(render_cost_csv(summary))))
    assert [row["team"] for row in rows] == [row["name"] for row in summary["allocation"]]
    assert sum(float(row["total"]) for row in rows) == pytest.approx(summary["total"]["mean"])


def test_a_hostile_name_stays_text():
    dear = (*PRICES[:1], price("egress", "internet", "per_gib", 1.0))
    books = shop(hours=2.0, prices=dear, routes={"a|b*[red]": (10, 10**9)}, demands={("a|b*[red]", "web"): 0.1})
    summary = cost_of(books.result(), by="route").summary
    assert "a|b*[red]" in render_cost_table(summary, width=140, color=False)
    assert "a\\|b\\*[red]" in render_cost_markdown(summary)
