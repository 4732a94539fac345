"""A scenario under measured traffic, with calibrated numbers."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen, replace
from fvcapacity.scenario.model import JUDGED_WINDOW_NS, Scenario, TrafficTable
from fvcapacity.scenario.monitoring import Monitoring
from fvcapacity.scenario.topology import Topology
from fvcapacity.scenario.traffic import Arrivals, Traffic
from fvcapacity.study.grid import Floats, Grid
from fvcapacity.study.rates import NEARBY_MINUTES, index_of, rates_without_noise

RATE_S = 60.0
"""Rates are taken by the minute: what is finer is left to the arrival process, whose burstiness was fitted within
it."""
WARM_UP_NS = 6 * JUDGED_WINDOW_NS


class Stretch(Frozen):
    """A stretch of time, in UTC: ``[start, end)``."""

    start: pd.Timestamp
    end: pd.Timestamp

    def text(self, zone: ZoneInfo) -> str:
        """Return the stretch as local times."""
        first, last = (moment.tz_convert(zone) for moment in (self.start, self.end))
        return f"{first:%Y-%m-%dT%H:%M} to {last:%Y-%m-%dT%H:%M} ({zone.key})"


def counts_by_minute(grid: Grid, begin: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return the requests of every route by the minute (or interval, where that is longer); NaN where they lack."""
    step = max(RATE_S, grid.interval_s)
    starts = pd.date_range(begin, end, freq=pd.Timedelta(step, "s"), inclusive="left")
    table = pd.DataFrame(grid.requests, index=grid.times, columns=list(grid.routes))
    binned = table.resample(pd.Timedelta(step, "s"), origin=begin).sum(min_count=round(step / grid.interval_s))
    return binned.reindex(starts)


def measured_traffic(
    grid: Grid, stretch: Stretch, scenario: Scenario, arrivals: Arrivals, warm_up_ns: int = WARM_UP_NS
) -> tuple[TrafficTable, int]:
    """Return the rates of a measured stretch and its warm-up, and how many of its intervals had to be filled in.

    The chance that ``arrivals`` will add is taken off (`fvcapacity.study.rates`). Before the first measured interval
    its rates hold; gaps are filled along a line, and are not compared afterwards.
    """
    begin = stretch.start - pd.Timedelta(warm_up_ns, "ns")
    step = max(RATE_S, grid.interval_s)
    near = pd.Timedelta(NEARBY_MINUTES * step, "s")
    counts = counts_by_minute(grid, begin - near, stretch.end + near)
    smooth = rates_without_noise(counts.to_numpy(np.float64), index_of(arrivals, step))
    rates = pd.DataFrame(smooth, index=counts.index, columns=counts.columns) / step
    rates = rates[(rates.index >= begin) & (rates.index < stretch.end)]
    filled = int(rates[rates.index >= stretch.start].isna().any(axis=1).sum())
    rates = rates.interpolate(limit_direction="both").fillna(0.0)
    rps = np.zeros((len(rates), len(scenario.topology.routes)))
    names = list(scenario.topology.routes)
    rps[:, [names.index(name) for name in grid.routes]] = rates.to_numpy(np.float64)
    return TrafficTable(round(step * 1e9), _epoch_ns(begin), tuple(names), rps, "measured"), filled


def replay_scenario(
    scenario: Scenario,
    topology: Topology,
    arrivals: Arrivals,
    table: TrafficTable,
    stretch: Stretch,
    *,
    seed: int | None = None,
    warm_up_ns: int = WARM_UP_NS,
) -> Scenario:
    """Return the scenario with calibrated numbers, in a measured stretch under its traffic.

    Its own traffic, events, roll-outs and faults are left out: what happened is in the measured counts.
    """
    duration = _epoch_ns(stretch.end) - _epoch_ns(stretch.start)
    window = scenario.file.window.model_copy(
        update={"start": stretch.start.to_pydatetime(), "duration": duration, "warm_up": warm_up_ns}
    )
    file = scenario.file.model_copy(
        update={
            "window": window,
            "traffic": Traffic(file="measured", arrivals=arrivals),
            "monitoring": Monitoring(pods=True),
            "rollouts": (),
            "faults": (),
            "requests": None,
            "seed": scenario.file.seed if seed is None else seed,
        }
    )
    return replace(
        scenario,
        file=file,
        topology=topology,
        traffic=table,
        start_ns=_epoch_ns(stretch.start),
        versions=(),
        patcher=None,
    )


def _epoch_ns(moment: pd.Timestamp) -> int:
    return int(moment.as_unit("ns").value)


def known_bins(grid: Grid, starts: pd.DatetimeIndex, step_s: float) -> Floats:
    """Return for each bin the share of its intervals in which the traffic of every route was measured."""
    known = pd.Series((~np.isnan(grid.requests).any(axis=1)).astype(float), index=grid.times)
    whole = known.resample(pd.Timedelta(step_s, "s"), origin=starts[0]).sum() * grid.interval_s / step_s
    return np.asarray(whole.reindex(starts).fillna(0.0), np.float64)
