"""What a replay says of the rise of a wave: windows that fail, pods that wait, and when minimums were reached."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.results.measures import MEASURES
from fvcapacity.results.result import Result
from fvcapacity.results.route_tables import ALL
from fvcapacity.scenario.model import Objectives, Scenario
from fvcapacity.scenario.paths.grammar import parse_path, quoted
from fvcapacity.study.planning.waves import Wave
from fvcapacity.study.trial import failing_rows
from fvcapacity.units import NS_PER_S


class Rise(Frozen):
    """The rise of one wave in one replication.

    Attributes
    ----------
    failing, judged
        Judged windows of five minutes of all routes, and those of them that miss an objective.
    worst_p95_s
        The largest p95 over all user requests of such a window, seconds; NaN when there is none.
    requests, failed
        User requests that ended in the rise, and those that ended in an error.
    pending_s
        Time of pods in the phase Pending within the rise, summed, seconds.
    """

    failing: int
    judged: int
    worst_p95_s: float
    requests: int
    failed: int
    pending_s: float

    @property
    def error_ratio(self) -> float:
        """Failed requests over all; NaN without requests."""
        return self.failed / self.requests if self.requests else math.nan


class Outcome(Frozen):
    """One replay in figures.

    Attributes
    ----------
    ready_s
        From the change until every raised minimum was there and ready, seconds; infinite when that was not seen, 0 when
        nothing was changed.
    usd, node_hours
        Bill of the stretch (NaN without prices), and the hours of its machines.
    wanted, machines
        Most pods that each HPA wanted in the rise, and most machines of each pool that grew in it, by the paths of
        their minimums.
    bottleneck
        What holds the system back, in a sentence.
    """

    rise: Rise
    ready_s: float
    usd: float
    node_hours: float
    wanted: Mapping[str, int]
    machines: Mapping[str, int]
    bottleneck: str


def outcome_of(
    scenario: Scenario, result: Result, wave: Wave, offset_ns: int, values: Mapping[str, int], changed_ns: int
) -> Outcome:
    """Return the figures of a replay of one replication.

    Parameters
    ----------
    offset_ns
        Start of the replay's window, from the start of the scenario's.
    values, changed_ns
        Minimums by their paths that were set, and when (from the start of the scenario's window).
    """
    tables = result.tables
    cost, hours = (MEASURES[name].of(tables) for name in ("cost", "node_hours"))
    begin_s, risen_s = ((at - offset_ns) / NS_PER_S for at in (wave.begin_ns, wave.risen_ns))
    syncs, minutes = _within(tables["hpa"], begin_s, risen_s), tables["node_minutes"]
    return Outcome(
        rise=rise_of(tables, 0, wave, offset_ns, scenario.file.objectives),
        ready_s=ready_after(scenario, tables, 0, values, (changed_ns - offset_ns) / NS_PER_S),
        usd=float(cost.iloc[0]),
        node_hours=float(hours.iloc[0]),
        wanted={minimum_of(str(key)): int(most) for key, most in syncs.groupby("hpa")["desired"].max().items()},
        machines={
            minimum_of(f"nodes/{name}"): int(rows["nodes"].max())
            for name, rows in minutes[minutes["time_s"] < risen_s].groupby("pool")
            if rows["nodes"].max() > rows.loc[rows["time_s"] < begin_s, "nodes"].max()
        },
        bottleneck=str(result.summary["bottleneck"]["sentence"]),
    )


def rise_of(
    tables: Mapping[str, pd.DataFrame], replication: int, wave: Wave, offset_ns: int, objectives: Objectives
) -> Rise:
    """Return the figures of a wave's rise in one replication of a replay."""
    first_s, begin_s, risen_s = (
        (at - offset_ns) / NS_PER_S for at in (wave.judged_from_ns, wave.begin_ns, wave.risen_ns)
    )
    windows = _within(_of(tables["route_windows"], replication), first_s, risen_s)
    whole = windows[windows["route"] == ALL]
    return Rise(
        failing=len(failing_rows(windows, objectives)),
        judged=int(windows["judged"].sum()),
        worst_p95_s=float(whole["p95_s"].max()),
        requests=int(whole["requests"].sum()),
        failed=int(whole["failed"].sum()),
        pending_s=_pending_s(_of(tables["pods"], replication), begin_s, risen_s),
    )


def ready_after(
    scenario: Scenario,
    tables: Mapping[str, pd.DataFrame],
    replication: int,
    values: Mapping[str, int],
    changed_s: float,
) -> float:
    """Return how long after a change every minimum was there and ready, seconds; infinite when that was not seen."""
    targets = {f"hpa/{h.name}": f"{h.target_kind.lower()}/{h.target_name}" for h in scenario.cluster.autoscalers}
    latest = 0.0
    for written, minimum in values.items():
        path = parse_path(written)
        name, column = ("pool", path.name) if path.owner == "nodes" else ("workload", targets[f"hpa/{path.name}"])
        table = _of(tables["nodes" if path.owner == "nodes" else "pods"], replication)
        latest = max(latest, _reached_s(table[table[name] == column], minimum, changed_s) - changed_s)
    return latest


def minimum_of(key: str) -> str:
    """Return the path of the minimum of an HPA or a pool: ``hpa/shop`` to ``hpa/shop.min``."""
    owner, _, name = key.partition("/")
    return f"{owner}/{quoted(name)}.{'min' if owner == 'hpa' else 'minimum'}"


def most_of(outcomes: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Return by path the upper median of what the replications say."""
    paths = dict.fromkeys(path for outcome in outcomes for path in outcome)
    ordered = {path: sorted(outcome.get(path, 0) for outcome in outcomes) for path in paths}
    return {path: values[len(values) // 2] for path, values in ordered.items()}


def _reached_s(table: pd.DataFrame, count: int, since_s: float) -> float:
    """Return when at least ``count`` of pods or machines were ready, at ``since_s`` or later; infinite when never."""
    comes, goes = table["ready_s"].dropna().to_numpy(float), table["deleted_s"].dropna().to_numpy(float)
    for at in sorted({since_s, *(float(time) for time in comes if time > since_s)}):
        if np.count_nonzero(comes <= at) - np.count_nonzero(goes <= at) >= count:
            return float(at)
    return math.inf


def _pending_s(pods: pd.DataFrame, begin_s: float, end_s: float) -> float:
    begins = pods["created_s"].clip(lower=begin_s)
    ends = pods["started_s"].fillna(math.inf).combine(pods["deleted_s"].fillna(math.inf), min).clip(upper=end_s)
    return float((ends - begins).clip(lower=0.0).sum())


def _within(table: pd.DataFrame, begin_s: float, end_s: float) -> pd.DataFrame:
    return table[(table["time_s"] >= begin_s) & (table["time_s"] < end_s)]


def _of(table: pd.DataFrame, replication: int) -> pd.DataFrame:
    return table[table["replication"] == replication]
