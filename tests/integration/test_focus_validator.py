"""Our exports before FinOps' own validator (focus-validator 2.2.1), which needs a Python of its own: see ``.ci/focus``.

It exits with status 0 whatever it finds, so that what it prints is read. One failure is expected of every file: InvoiceId
must be null without an invoice (C-004) and must not be null (C-005), and leaving the column out is a failure as well.
"""

import os
import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from fvcapacity.cost.focus import export_focus
from tests.support import billed_days
from tests.support.billed_days import DISK, QUANTITIES, bill_days, result_with

VALIDATOR = os.environ.get("FVCAP_FOCUS_VALIDATOR", "")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not VALIDATOR, reason="no focus-validator: .ci/focus makes its environment and runs this"),
]
CONTRADICTION = {"InvoiceId-C-005-C"}
APPLICABLE = (
    "ACCOUNT_NAMING_SUPPORTED",
    "AVAILABILITY_ZONE_SUPPORTED",
    "BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED",
    "MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED",
    "MULTIPLE_PRICING_CATEGORIES_SUPPORTED",
    "NEGOTIATED_PRICING_SUPPORTED",
    "PRICING_BILLING_CURRENCY_DIFFERENCES_SUPPORTED",
    "PUBLIC_PRICE_LIST_SUPPORTED",
    "REGION_SUPPORTED",
    "RESOURCE_TYPE_ASSIGNMENT_SUPPORTED",
    "TAGGING_SUPPORTED",
    "UNIT_PRICING_SUPPORTED",
    "USAGE_MEASUREMENT_SUPPORTED",
    "VIRTUAL_CURRENCY_SUPPORTED",
)
"""What is checked beyond the mandatory columns. Not: capacity reservations and sub accounts, which have no columns in our
files, and commitments, of which the validator wants a status where there is none (CommitmentDiscountStatus-C-004-C)."""
OTHERS = [
    {"category": "storage", "item": "backups", "unit": "GiB-months", "unit_price_usd": 0.05, "kind": "snapshot"},
    {"category": "storage", "item": "buckets", "unit": "GiB-months", "unit_price_usd": 0.023, "kind": "object_storage"},
    {
        "category": "storage",
        "item": "IOPS (gp3)",
        "unit": "IOPS-months",
        "unit_price_usd": 0.005,
        "kind": "volume_iops",
    },
    {"category": "network", "item": "balancer", "unit": "hours", "unit_price_usd": 0.0225, "kind": "load_balancer"},
    {"category": "logs", "item": "logs in", "unit": "GiB", "unit_price_usd": 0.5, "kind": "logs"},
    {"category": "other", "item": "something", "unit": "things", "unit_price_usd": 1.5, "kind": "unheard-of"},
]
LINES = [*QUANTITIES, *((line, 0.5) for line in OTHERS)]


def verdicts(path):
    """Return the rules that passed, and those that failed."""
    package = subprocess.run(
        [Path(VALIDATOR).parent / "python", "-c", "import focus_validator; print(focus_validator.__path__[0])"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    done = subprocess.run(
        [
            *(VALIDATOR, "--validate-version", "1.2", "--block-download", "--data-file", path.resolve()),
            *("--applicability-criteria", ",".join(APPLICABLE)),
        ],
        cwd=Path(package).parent,  # it opens its list of currencies by a relative path
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = {word: set(re.findall(rf"(\S+): {word}\b", done.stdout)) for word in ("PASS", "FAIL")}
    assert len(found["PASS"]) > 200, done.stdout + done.stderr
    return found["PASS"], found["FAIL"]


@pytest.fixture
def quarter(monkeypatch):
    """Ninety days."""
    days = pd.date_range("2026-01-01", periods=90).strftime("%Y-%m-%d")
    monkeypatch.setattr(billed_days, "DAYS", tuple(days))
    monkeypatch.setattr(billed_days, "START", pd.Timestamp("2026-01-01T03:00:00Z"))


@pytest.mark.parametrize("kind", ["actual", "forecast", "savings"])
def test_a_quarter_passes(tmp_path, quarter, kind):
    lean = [(line, amount) for line, amount in LINES if line is not DISK]
    result = result_with(bill_days(2, lean if kind == "savings" else LINES))
    base = result_with(bill_days(2, LINES)) if kind == "savings" else None
    written = export_focus(result, tmp_path / f"{kind}.csv", kind=kind, base=base)
    assert written.rows > 90 * 9
    passed, failed = verdicts(written.path)
    assert failed == CONTRADICTION
    assert "ListUnitPrice-C-010-C" in passed


def test_what_is_wrong_is_found(tmp_path):
    written = export_focus(result_with(bill_days()), tmp_path / "bad.csv")
    text = written.path.read_text().replace(",Usage,", ",Usages,").replace(",USD,", ",usd,")
    written.path.write_text(text)
    assert {"ChargeCategory-C-003-M", "BillingCurrency-C-003-M"} <= verdicts(written.path)[1] - CONTRADICTION
