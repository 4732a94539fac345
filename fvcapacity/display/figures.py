"""Figures as text, the same in every card: a mean with half its interval, empty where there is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def with_interval(figure: Mapping[str, Any] | None, factor: float = 1.0, digits: int = 1) -> str:
    """Return ``12.3 ± 0.4`` of a mean and the bounds of its 95 % interval, each times a factor.

    Parameters
    ----------
    figure
        ``mean``, ``low_95`` and ``high_95``, as summaries have them; None for none.
    factor
        From the unit of the document to the one that is shown.
    digits
        Behind the point.

    Returns
    -------
    str
        Without ± when there is no interval; empty without a mean.
    """
    if figure is None or figure["mean"] is None:
        return ""
    text = f"{round(factor * figure['mean'], digits) + 0.0:,.{digits}f}"  # + 0.0: no figure is -0.00
    if figure["low_95"] is None or figure["high_95"] is None:
        return text
    return f"{text} ± {abs(factor) * (figure['high_95'] - figure['low_95']) / 2:,.{digits}f}"
