"""An exhaustive grid as the oracle of a search: every point is replayed as a whole and billed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import fvcapacity as fv
from fvcapacity.cost.projection import bill_total
from fvcapacity.scenario.stretches import MONTH_DAYS
from fvcapacity.study.peaks import Peak
from fvcapacity.study.trial import try_out


def cheapest_of_grid(scenario: fv.Scenario, grid: Mapping[str, Sequence[str | int]]) -> float:
    """Return USD a month of the cheapest point whose two replications both hold; infinite when none does."""
    best = math.inf
    whole = Peak(0, scenario.file.window.duration, "all")
    for point in itertools.product(*grid.values()):
        values = dict(zip(grid, point, strict=True))
        values |= {path.replace("minimum", "count"): v for path, v in values.items() if path.endswith(".minimum")}
        candidate = scenario.with_values(values)
        trials = [try_out(candidate, whole, number) for number in (0, 1)]
        if all(trial.holds for trial in trials):
            hours = scenario.file.window.duration / 3.6e12
            usd = sum(bill_total(trial.result.tables["bill"]).usd for trial in trials) / 2
            best = min(best, usd / hours * 24 * MONTH_DAYS)
    return best
