"""The commands about bills: exports, checks, and real bills against the model."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import fvcapacity.results.result
from fvcapacity.cli.main import app
from tests.support.billed_days import LOGS, bill_days, result_with, write_cur

runner = CliRunner()


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    scales = {"now": 1.0, "proposal": 0.5}
    monkeypatch.setattr(
        fvcapacity.results.result, "load_result", lambda path: result_with(bill_days(2, scale=scales[str(path)]))
    )
    return tmp_path


def run(*arguments):
    return runner.invoke(app, [str(argument) for argument in arguments])


def test_an_export_says_what_it_wrote_and_what_has_no_price(home):
    done = run("export", "focus", "now", "--out", "bill.csv")
    assert done.exit_code == 0, done.output
    assert done.stdout == "15 rows, 29.90 USD: bill.csv\n"
    assert done.stderr == f"No price, no row: {LOGS['item']}\n"
    checked = run("focus", "check", "bill.csv")
    assert (checked.exit_code, checked.stdout) == (0, "0 errors, 0 warnings, 0 notes.\n15 rows, BilledCost 29.90.\n")


def test_savings_tell_both_bills(home):
    done = run("export", "focus", "proposal", "--kind", "savings", "--base", "now", "--out", "s.csv", "--quiet")
    assert done.stdout == "15 rows, 15.49 USD, before 30.97 USD: s.csv\n"
    assert done.stderr == ""


def test_the_provider_and_the_account_can_be_named(home):
    run("export", "focus", "now", "--out", "bill.csv", "--account", "1234", "--provider", "Acme")
    assert ",1234,1234," in Path("bill.csv").read_text()
    assert ",Acme,Acme," in Path("bill.csv").read_text()


def test_a_bad_file_fails_the_check_with_its_lines(home):
    run("export", "focus", "now", "--out", "bill.csv")
    text = Path("bill.csv").read_text().replace(",Usage,", ",Used,", 1)
    Path("bad.csv").write_text(text)
    done = run("focus", "check", "bad.csv")
    assert done.exit_code == 1
    assert "bad.csv:2: error: ChargeCategory: 'Used' is not among its values [focus-value]" in done.stdout
    assert json.loads(run("focus", "check", "bad.csv", "--format", "json").stdout)[0]["line"] == 2
    sarif = json.loads(run("focus", "check", "bad.csv", "--format", "sarif").stdout)
    assert sarif["runs"][0]["results"][0]["ruleId"] == "focus-value"


def test_a_file_that_is_no_table(home):
    Path("x.csv").write_text("nothing")
    done = run("focus", "check", "x.csv")
    assert done.exit_code == 2
    assert "no CSV table" in done.stderr


def test_a_bill_against_the_model(home):
    write_cur(home / "cur.csv")
    done = run("reconcile", "now", "cur.csv", "--replication", "0")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("cur.csv: 23.97 USD, the model 29.90 USD; not explained: ")
    assert "1 row lies outside the window" in done.stdout
    document = json.loads(run("reconcile", "now", "cur.csv", "--replication", "0", "--format", "json").stdout)
    assert document["bridge"]["bill_usd"] == "23.97"
    markdown = run("reconcile", "now", "cur.csv", "--format", "markdown").stdout
    assert "| nodes general (m5.large) | matched | hours |" in markdown


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--usd-rate", "-1"), "above zero"),
        (("--usd-rate", "much"), "no number"),
        (("--cost", "free"), "free"),
    ],
)
def test_options_that_cannot_be(home, arguments, what):
    write_cur(home / "cur.csv")
    done = run("reconcile", "now", "cur.csv", *arguments)
    assert done.exit_code == 2
    assert what in done.output


@pytest.mark.parametrize("text", ["five", "-5%", "inf", "nan"])
def test_an_increase_is_a_percentage(text):
    done = run("gate", "scenario.yaml", "--base", "main", f"--max-cost-increase={text}")
    assert done.exit_code == 2
    assert "write it like 5%" in done.output
