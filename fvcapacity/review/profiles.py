"""How the requests of a day spread over its hours, and those of an hour over the routes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.errors import InputError, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.traffic import route_labels, shares
from fvcapacity.inputs.traffic_history import TrafficHistory
from fvcapacity.review.special_days import occurrences
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.special_days import SpecialDay

Floats = npt.NDArray[np.float64]


class Profiles(Frozen):
    """How the requests of a day spread over its hours, as shares.

    ``weekly`` has shape (7, 24), Monday first; ``special`` those of special days that the history has seen.
    """

    weekly: Floats
    special: dict[tuple[str, int], Floats]
    notes: tuple[str, ...] = ()


def day_profiles(history: TrafficHistory, special_days: Sequence[SpecialDay]) -> Profiles:
    """Return the median share of each hour by day of the week, and those of special days."""
    if history.hourly is None:
        note = "the history has no hours: the requests of a day are spread evenly over it"
        return Profiles(np.full((7, 24), 1 / 24), {}, (note,))
    share = history.hourly / history.hourly.sum(axis=1, keepdims=True)
    known = np.isfinite(share).all(axis=1)
    days = history.days
    seen: dict[tuple[str, int], list[int]] = {}
    for item in occurrences(special_days, history.first, (days[-1] + pd.Timedelta(1, "D")).date()):
        at = (pd.Timestamp(item.day) - days[0]).days
        if known[at]:
            seen.setdefault(item.key, []).append(at)
    ordinary = known.copy()
    ordinary[[at for found in seen.values() for at in found]] = False
    weekly = np.zeros((7, 24))
    for weekday in range(7):
        rows = ordinary & (days.day_of_week.to_numpy() == weekday)
        weekly[weekday] = np.median(share[rows if rows.any() else known], axis=0)
    weekly /= weekly.sum(axis=1, keepdims=True)
    return Profiles(weekly, {key: share[rows].mean(axis=0) for key, rows in seen.items()})


def route_split(scenario: Scenario, history: TrafficHistory, local: pd.DatetimeIndex) -> tuple[Floats, list[str]]:
    """Return the share of each route in every hour, shape (hours, routes), and remarks.

    Parameters
    ----------
    local
        The hours on the local clock.

    Raises
    ------
    InputError
        When the history knows none of the scenario's routes.
    """
    routes = scenario.topology.routes
    if history.route_shares is None:
        return np.tile(shares(routes), (len(local), 1)), []
    known = route_labels(routes)
    by_hour = np.zeros((168, len(routes)))
    strange = [label for label in history.routes if label.strip() not in known]
    for column, label in enumerate(history.routes):
        if label not in strange:
            by_hour[:, list(routes).index(known[label.strip()])] += history.route_shares[:, column]
    left = by_hour.sum(axis=1, keepdims=True)
    if not (left > 0).all():
        message = f"no route of {history.source} is one of the scenario's: {', '.join(history.routes[:5])}"
        raise InputError(Problem(message, hint=f"known routes: {', '.join(routes)}"))
    notes = []
    if strange:
        lost = 1 - float(left.mean())
        notes.append(f"routes that the topology does not know carry {100 * lost:.1f} % of the requests; the others "
                     "are taken to carry them")  # fmt: skip
    slots = local.day_of_week.to_numpy() * 24 + local.hour.to_numpy()
    return np.asarray((by_hour / left)[slots], np.float64), notes
