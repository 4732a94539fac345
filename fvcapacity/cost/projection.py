"""What a bill comes to, and what a month at the same pace would."""

from __future__ import annotations

import math

import pandas as pd

from fvcapacity.cost.prices import MONTH_HOURS
from fvcapacity.frozen import Frozen


class Total(Frozen):
    """Sum of a bill.

    Attributes
    ----------
    usd
        Sum of the lines that have a price; NaN when none has.
    unpriced
        Items without a price: the sum leaves them out.
    """

    usd: float
    unpriced: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every line has a price."""
        return not self.unpriced


def bill_total(bill: pd.DataFrame) -> Total:
    """Return the sum of one replication's bill, and what it leaves out."""
    missing = bill.loc[bill["cost_usd"].isna(), "item"]
    return Total(float(bill["cost_usd"].sum(min_count=1)), tuple(dict.fromkeys(missing)))


def monthly_projection(bill: pd.DataFrame, window_hours: float) -> pd.DataFrame:
    """Return the bill of a month in which every hour is as an hour of the window.

    Quantities and costs are scaled to `MONTH_HOURS`; prices stay, and so does what has none. What is paid by the
    month comes out as one month. A price that holds up to some amount is carried on beyond it (its note says up to
    where). A window of a busy evening gives a month of busy evenings: a bound from above, not a forecast.

    Parameters
    ----------
    bill
        What `bill_run` returned.
    window_hours
        Length of the window that the bill is of.

    Raises
    ------
    ValueError
        When the window has no length.
    """
    if not (window_hours > 0 and math.isfinite(window_hours)):
        raise ValueError(f"a window of {window_hours} hours cannot be projected")
    factor = MONTH_HOURS / window_hours
    return bill.assign(quantity=bill["quantity"] * factor, cost_usd=bill["cost_usd"] * factor)
