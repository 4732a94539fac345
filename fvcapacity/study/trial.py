"""One trial: a scenario on one stretch with one seed, and whether it keeps the objectives.

Trials of different systems with the same seed are of the same customers, so that the smaller of two differences than
chance would make can be seen, and a search does not chase luck.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.results.result import Result
from fvcapacity.results.route_tables import ALL
from fvcapacity.run import replication_seed, simulate
from fvcapacity.scenario.model import Objectives, Scenario
from fvcapacity.study.peaks import Peak, at_peak


class Trial(Frozen):
    """What one trial gave.

    Attributes
    ----------
    scenario
        As it was run, over the stretch alone.
    result
        The whole of what it left.
    excess
        The worst of what the objectives limit, over its threshold: at most 1 in a trial that holds.
    """

    scenario: Scenario
    result: Result
    excess: float

    @property
    def holds(self) -> bool:
        """Whether the objectives are kept, or there was nothing to judge them by."""
        return self.result.status != "missed"


def try_out(scenario: Scenario, peak: Peak, replication: int = 0) -> Trial:
    """Run a scenario on one stretch of its window, with the seed of one replication."""
    part = at_peak(scenario, peak)
    result = simulate(part, replications=1, seed=replication_seed(scenario.file.seed, replication))
    return Trial(part, result, worst_excess(result.tables["route_windows"], scenario.file.objectives))


def try_all(scenario: Scenario, stretches: Sequence[Peak], replication: int = 0) -> Iterator[Trial]:
    """Yield a trial of each stretch in turn; stop after the first that does not hold."""
    for peak in stretches:
        trial = try_out(scenario, peak, replication)
        yield trial
        if not trial.holds:
            return


def worst_excess(windows: pd.DataFrame, objectives: Objectives) -> float:
    """Return how far the judged windows come to their limits at worst, as a multiple of them.

    Of each objective and route the share of windows that may fail is left out, as the verdict does; NaN when nothing is
    judged. An error limit of 0 gives infinity at the first error.
    """
    judged = windows[windows["judged"]]
    worst = math.nan
    for _, rows in judged.groupby("route", sort=False):
        allowed = int(len(rows) * objectives.failing_windows_percent / 100)
        for column, limit in (("p95_s", objectives.p95_ms / 1e3), ("error_ratio", objectives.error_percent / 100)):
            values = rows[column].dropna().sort_values(ascending=False)
            if len(values) <= allowed:
                continue
            value = float(values.iloc[allowed])
            excess = value / limit if limit > 0 else (math.inf if value > 0 else 0.0)
            worst = excess if math.isnan(worst) else max(worst, excess)
    return worst


def failing_window(trial: Trial) -> tuple[str, pd.Timestamp] | None:
    """Return the reason of a missed objective, and the instant of its first failing window; None when it holds."""
    if trial.holds:
        return None
    verdict = trial.result.summary["verdict"]
    failing = failing_rows(trial.result.tables["route_windows"], trial.scenario.file.objectives)
    return str(verdict["reason"]), failing["time_utc"].min()


def failing_rows(windows: pd.DataFrame, objectives: Objectives) -> pd.DataFrame:
    """Return the judged rows of ``route_windows`` that miss an objective."""
    judged = windows[windows["judged"]]
    failing = (judged["p95_s"] >= objectives.p95_ms / 1e3) | (judged["error_ratio"] >= objectives.error_percent / 100)
    return judged[failing]


def user_requests(result: Result) -> int:
    """Return how many user requests a result carried."""
    routes = result.tables["routes"]
    return int(routes.loc[routes["route"] == ALL, "requests"].sum())
