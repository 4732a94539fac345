"""How much the demands of requests vary: such that simulated latency meets the measured histograms.

CPU counters tell means; how single requests vary shows in how long they take. A few windows of the measured time,
from quiet to busy, are simulated under their measured traffic with every coefficient of variation times ``k``, for
several ``k``, on common random numbers. Each service takes the ``k`` whose simulated histogram lies nearest to the
measured one, by the largest gap of their shares below the buckets' edges (the distance of Kolmogorov and Smirnov). A
second round looks between the neighbours, now with every service at its own ``k``, because callers wait for those
whom they call.

A ``k`` is taken only when it comes nearer than the old one by more than twice what two seeds differ by, and when the
time of a visit is the service's own: the histogram of one that mostly waits for others is about them. The band is that
of all ``k`` within this noise of the best.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.results.measured import measurements_of
from fvcapacity.run import simulate
from fvcapacity.scenario.demands import expected_demands
from fvcapacity.scenario.model import JUDGED_WINDOW_NS, Scenario
from fvcapacity.scenario.topology import Topology
from fvcapacity.scenario.traffic import Arrivals
from fvcapacity.study.calibrate import tables
from fvcapacity.study.calibrate.factors import Factors
from fvcapacity.study.calibrate.own_time import LEAST_OWN, own_shares
from fvcapacity.study.calibrate.rewrite import rewrite_topology
from fvcapacity.study.grid import Floats, Grid, make_grid
from fvcapacity.study.replay import Stretch, measured_traffic, replay_scenario
from fvcapacity.tabular.frames import conform

FIRST = (0.25, 0.5, 1.0, 1.6, 2.5)
SECOND = (0.7, 0.85, 1.0, 1.2, 1.4)
"""Multipliers of the two rounds; the second on top of what the first found."""
WINDOW = pd.Timedelta(15, "min")
LOADS = (0.3, 0.6, 0.85, 0.97)
"""Quantiles of the load at which windows are taken."""
LEAST_REQUESTS = 300
Shares = Mapping[str, Floats]
"""By service: share of the requests below each edge."""


class _Replay(Frozen):
    grid: Grid
    scenario: Scenario
    topology: Topology
    arrivals: Arrivals
    windows: tuple[Stretch, ...]
    edges: tuple[float, ...]
    count: Callable[[], None]

    def shares(self, multipliers: Mapping[str, float], seed: int) -> Shares:
        """Return what the windows give with these multipliers, all windows together."""
        factors = Factors(variability=dict(multipliers))
        self.count()
        topology = rewrite_topology(self.topology, expected_demands(self.topology), factors, lambda service, routes: "")
        parts = []
        for window in self.windows:
            table, _ = measured_traffic(self.grid, window, self.scenario, self.arrivals, JUDGED_WINDOW_NS)
            future = replay_scenario(
                self.scenario, topology, self.arrivals, table, window, seed=seed, warm_up_ns=JUDGED_WINDOW_NS
            )
            result = simulate(future, replications=1)
            drawn, _ = make_grid(measurements_of(result, future, buckets_s=self.edges), future, least=1)
            if drawn is not None:
                parts.append(drawn.latency)
        counts = _counts(pd.concat(parts), self.edges) if parts else {}
        return {service: _below(values) for service, values in counts.items()}


def fit_variability(
    grid: Grid,
    scenario: Scenario,
    topology: Topology,
    arrivals: Arrivals,
    *,
    seed: int,
    wanted: bool = True,
    tell: Callable[[str], None] | None = None,
) -> tuple[Topology, pd.DataFrame]:
    """Return the topology with fitted coefficients of variation, and the table ``variability``.

    Parameters
    ----------
    topology
        With calibrated demands.
    arrivals
        As they are simulated: their burstiness makes requests wait as well.
    wanted
        False: nothing is simulated, and nothing changed.
    tell
        Told which of the rounds of simulations is being run.
    """
    edges = tuple(sorted({*(float(edge) for edge in grid.latency["le_s"].unique()), float("inf")}))
    windows = find_windows(grid) if wanted and len(edges) > 2 else ()
    seen = _counts(_inside(grid.latency, windows), edges) if windows else {}
    measured = {name: values for name, values in seen.items() if values.sum() >= LEAST_REQUESTS}
    if not measured:
        return topology, conform(tables.VARIABILITY, pd.DataFrame(columns=[c.name for c in tables.VARIABILITY.columns]))
    replay = _Replay(grid, scenario, topology, arrivals, windows, edges, _counted(tell))
    shares = {name: _below(values) for name, values in measured.items()}
    tried = {name: {1.0: 0.0} for name in shares}
    base = replay.shares({}, seed)
    noise = {name: max(_gap(base, replay.shares({}, seed + 1), name), 1e-3) for name in shares if name in base}
    own = own_shares(grid, topology, measured, edges)
    best = _round(replay, shares, dict.fromkeys(noise, 1.0), FIRST, seed, tried)
    best = _round(replay, shares, best, SECOND, seed, tried)
    rows, taken = [], {}
    for name, start in noise.items():
        row = _row(name, tried[name], start, int(measured[name].sum()), own[name])
        rows.append(row)
        if row["basis"] == "measured":
            taken[name] = float(row["multiplier"])
    factors = Factors(variability=taken)
    fitted = rewrite_topology(topology, expected_demands(topology), factors, lambda service, routes: "")
    return fitted, conform(tables.VARIABILITY, pd.DataFrame(rows))


def _counted(tell: Callable[[str], None] | None) -> Callable[[], None]:
    """Return what tells of one round of simulations more each time it is called."""
    rounds = itertools.count(1)
    total = 2 + len(FIRST) + len(SECOND)

    def count() -> None:
        if tell is not None:
            tell(f"fitting the variability of demands: simulation {next(rounds)} of {total}")

    return count


def find_windows(grid: Grid) -> tuple[Stretch, ...]:
    """Return windows of a quarter of an hour at several loads, in which all traffic was measured."""
    total = pd.Series(grid.requests.sum(axis=1), index=grid.times)  # NaN where a route is missing
    per_window = round(WINDOW / pd.Timedelta(grid.interval_s, "s"))
    loads = total.resample(WINDOW).sum(min_count=per_window).dropna()
    heard = grid.latency["time_utc"].dt.floor(WINDOW).unique()
    loads = loads[loads.index.isin(heard)].sort_values(kind="stable")
    if not len(loads):
        return ()
    places = sorted({round(share * (len(loads) - 1)) for share in LOADS})
    starts = sorted(loads.index[place] for place in places)
    return tuple(Stretch(start, start + WINDOW) for start in starts)


def _round(
    replay: _Replay,
    measured: Shares,
    at: Mapping[str, float],
    multipliers: tuple[float, ...],
    seed: int,
    tried: dict[str, dict[float, float]],
) -> dict[str, float]:
    """Try multipliers on top of those at hand, and return each service's best so far."""
    for multiplier in multipliers:
        now = {name: value * multiplier for name, value in at.items()}
        drawn = replay.shares(now, seed)
        for name, value in now.items():
            tried[name][round(value, 6)] = _gap(measured, drawn, name)
    return {name: min(tried[name], key=lambda k, name=name: (tried[name][k], abs(np.log(k)))) for name in at}  # type: ignore[misc]


def _row(name: str, tried: Mapping[float, float], noise: float, requests: int, own: float) -> dict[str, Any]:
    best = min(tried, key=lambda k: (tried[k], abs(np.log(k))))
    near = [k for k, gap in tried.items() if gap <= tried[best] + noise]
    measured = own >= LEAST_OWN and tried[1.0] - tried[best] > 2 * noise
    return {
        "service": name,
        "multiplier": best if measured else 1.0,
        "multiplier_low": min([*near, best if measured else 1.0]),
        "multiplier_high": max([*near, best if measured else 1.0]),
        "distance_before": tried[1.0],
        "distance_after": tried[best] if measured else tried[1.0],
        "noise": noise,
        "requests": requests,
        "own_share": own,
        "basis": "measured" if measured else "assumed",
    }


def _inside(latency: pd.DataFrame, windows: tuple[Stretch, ...]) -> pd.DataFrame:
    kept = np.zeros(len(latency), bool)
    for window in windows:
        kept |= ((latency["time_utc"] >= window.start) & (latency["time_utc"] < window.end)).to_numpy()
    return latency[kept]


def _counts(latency: pd.DataFrame, edges: tuple[float, ...]) -> dict[str, Floats]:
    """Return the counts of each service's buckets."""
    services = latency[latency["subject"].str.startswith("service/")]
    table = services.pivot_table(index="subject", columns="le_s", values="count", aggfunc="sum", fill_value=0.0)
    table = table.reindex(columns=list(edges), fill_value=0.0)
    return {str(name).partition("/")[2]: row.to_numpy(np.float64) for name, row in table.iterrows()}


def _below(counts: Floats) -> Floats:
    return np.asarray(counts.cumsum() / max(float(counts.sum()), 1.0))


def _gap(one: Shares, two: Shares, name: str) -> float:
    """Return the largest difference of two services' shares below an edge; 1 where one has none."""
    if name not in one or name not in two:
        return 1.0
    return float(np.abs(one[name] - two[name]).max())
