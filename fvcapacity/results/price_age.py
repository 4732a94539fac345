"""Lines of a bill whose prices are too old to be believed unseen."""

from __future__ import annotations

from datetime import date

import pandas as pd

from fvcapacity.scenario.prices import is_stale


def stale_items(bill: pd.DataFrame | None, on: date) -> list[str]:
    """Return the items of a bill whose prices are older than a year on a day, or of no known day."""
    if bill is None or "as_of" not in bill:
        return []
    old = bill[[is_stale(as_of, on) for as_of in bill["as_of"]]]
    return list(dict.fromkeys(old["item"]))


def stale_note(items: list[str]) -> list[str]:
    """Return what a reader must know of such items, as a note; none when there are none."""
    return [f"Prices without a day, or more than a year older than the run: {', '.join(items)}."] if items else []
