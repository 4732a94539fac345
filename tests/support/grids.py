"""An exhaustive grid as the oracle of a search: every point is replayed as a whole, held to the rules, and billed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import fvcapacity as fv
from fvcapacity.cost.projection import bill_total
from fvcapacity.recommend.outcome import Outcome, outcome_of
from fvcapacity.recommend.usage import covering_cores
from fvcapacity.scenario.stretches import MONTH_DAYS
from fvcapacity.study.peaks import Peak
from fvcapacity.study.trial import try_out
from fvcapacity.units import parse_bytes, parse_cpu_cores

OWNER = "deployment/shop/shop"


def cheapest_of_grid(scenario: fv.Scenario, grid: Mapping[str, Sequence[str | int]]) -> tuple[float, int]:
    """Return USD a month of the cheapest point that holds twice and covers what is used, and how many points do."""
    best, allowed = math.inf, 0
    whole = Peak(0, scenario.file.window.duration, "all")
    for point in itertools.product(*grid.values()):
        values = dict(zip(grid, point, strict=True))
        values |= {path.replace("minimum", "count"): v for path, v in values.items() if path.endswith(".minimum")}
        candidate = scenario.with_values(values)
        trials = [try_out(candidate, whole, number) for number in (0, 1)]
        outcomes = [outcome_of(trial) for trial in trials]
        if not all(outcome.holds and not outcome.oom_kills and covers(candidate, outcome) for outcome in outcomes):
            continue
        hours = scenario.file.window.duration / 3.6e12
        usd = sum(bill_total(trial.result.tables["bill"]).usd for trial in trials) / 2
        best, allowed = min(best, usd / hours * 24 * MONTH_DAYS), allowed + 1
    return best, allowed


def covers(candidate: fv.Scenario, outcome: Outcome) -> bool:
    """Tell whether the requests of the one container cover what it used, as the policy asks."""
    policy = candidate.file.recommend
    cpu = parse_cpu_cores(str(candidate.value(f"{OWNER}.requests.cpu")))
    memory = parse_bytes(str(candidate.value(f"{OWNER}.requests.memory")))
    used = covering_cores(outcome.cpu_use[OWNER], policy.cover_percent / 100)
    held = outcome.memory_bytes[OWNER] * (1 + policy.memory_margin_percent / 100)
    return cpu >= used and memory >= held
