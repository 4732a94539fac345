"""Files of exchange rates: what is read, and where a mistake stands."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fvcapacity.errors import PriceError
from fvcapacity.inputs.rates import load_rates

RATE = "rates:\n  - {currency: CLP, per_usd: 900, as_of: 2026-02-01, source: a bank}\n"


def test_a_rate_is_read(tmp_path):
    (tmp_path / "rates.yaml").write_text(RATE)
    (rate,) = load_rates(tmp_path / "rates.yaml")
    assert (rate.currency, rate.per_usd, rate.as_of, rate.source) == ("CLP", 900.0, date(2026, 2, 1), "a bank")


def test_the_shipped_file_invents_none():
    assert load_rates(Path(__file__).parents[3] / "data" / "prices" / "rates.yaml") == ()


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        (RATE.replace("900", "-1"), 2, "rates[0].per_usd"),
        (RATE.replace("2026-02-01", "yesterday"), 2, "rates[0].as_of"),
        (RATE.replace(", source: a bank", ""), 2, "rates[0].source"),
        (RATE + RATE.splitlines()[1] + "\n", 1, "rates"),
        (RATE + "  - {currency: XYZ, per_usd: 1, as_of: 2026-02-01, source: x}\n", 3, "rates[1].currency"),
    ],
)
def test_mistakes_have_their_place(tmp_path, text, line, field):
    path = tmp_path / "rates.yaml"
    path.write_text(text)
    with pytest.raises(PriceError) as raised:
        load_rates(path)
    (problem,) = raised.value.problems
    assert problem.location is not None
    assert problem.field == field
    assert problem.location.line in (line, line + 1)
