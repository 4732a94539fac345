"""A scenario over a coming quarter: what is expected of every hour, and draws of how its days may differ."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.analytic.analysis import Load, load_of
from fvcapacity.analytic.rates import HOUR_NS
from fvcapacity.errors import ScenarioError
from fvcapacity.frozen import Frozen, replace
from fvcapacity.inputs.traffic_history import TrafficHistory
from fvcapacity.review.profiles import day_profiles, route_split
from fvcapacity.review.quarters import Quarter
from fvcapacity.review.special_days import events_in, occurrences
from fvcapacity.review.traffic import DailyDraws, draw_around, draw_from_history
from fvcapacity.scenario.instants import local_time
from fvcapacity.scenario.model import Scenario, TrafficTable
from fvcapacity.scenario.stretches import Stretch
from fvcapacity.scenario.traffic import Traffic, TrafficEvent
from fvcapacity.scenario.weekly import DailyScatter
from fvcapacity.units import NS_PER_S, format_duration

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Expected(Frozen):
    """A quarter that has not been yet.

    Attributes
    ----------
    quarter
        Which.
    scenario
        The system over the quarter, under what is expected of each hour.
    load
        The same as rates of every hour.
    day_of_hour
        int64, shape (hours,): number of the day that an hour belongs to.
    base
        float64, shape (days,): requests of each day under ``scenario``.
    draws
        Requests of each day as they may come.
    """

    quarter: Quarter
    scenario: Scenario
    load: Load
    day_of_hour: Ints
    base: Floats
    draws: DailyDraws

    @property
    def multipliers(self) -> Floats:
        """What a draw makes of a day's rates, float64, shape (draws, days)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            found = self.draws.requests / self.base
        return np.asarray(np.where(self.base > 0, found, 1.0), np.float64)


def expect(
    scenario: Scenario,
    quarter: Quarter,
    history: TrafficHistory | None,
    *,
    draws: int,
    seed: int,
    growth: float | None = None,
    scatter: DailyScatter | None = None,
) -> Expected:
    """Return what comes in a quarter.

    Parameters
    ----------
    scenario
        The system. Its events, moved to where its special days fall, and the week's shape hold without a history.
    history
        Counts of the past; None takes the scenario's assumed week.
    draws, seed, growth
        See `draw_from_history`.
    scatter
        How days scatter around an assumed week.

    Raises
    ------
    ScenarioError
        When there is neither a history nor a week to go by.
    """
    if history is not None:
        return _from_history(scenario, quarter, history, draws, seed, growth)
    if scenario.file.traffic.weekly is None:
        message = "neither a history of requests nor the shape of a week says what a quarter brings"
        raise ScenarioError(message, hint="give the past with --history COUNTS.csv, or traffic.weekly in the scenario")
    events = events_in(scenario.file, quarter.first, quarter.end)
    over = _over(scenario, quarter, scenario.file.traffic.model_copy(update={"events": events}))
    load, day_of_hour, base = _rates(over, quarter)
    eventful = np.isin(np.array(quarter.days), np.array([event.start.date() for event in events]))
    found = draw_around(
        base, quarter, scenario.file.special_days, scatter, since=scenario.file.window.start.date(),
        eventful=eventful, draws=draws, seed=seed, growth=growth,
    )  # fmt: skip
    return Expected(quarter, over, load, day_of_hour, base, found)


def _from_history(
    scenario: Scenario, quarter: Quarter, history: TrafficHistory, draws: int, seed: int, growth: float | None
) -> Expected:
    file = scenario.file
    found = draw_from_history(history, file.special_days, quarter, draws=draws, seed=seed, growth=growth)
    events = tuple(_known_event(event, found) for event in events_in(file, quarter.first, quarter.end))
    middle = np.median(found.requests, axis=0)
    traffic = Traffic(file=history.source, arrivals=file.traffic.arrivals, events=events)
    start, end = quarter.span_ns(ZoneInfo(file.time_zone))
    table, notes = _table(scenario, history, quarter, middle, start - file.window.warm_up, end)
    window = file.window.model_copy(
        update={"start": local_time(start, ZoneInfo(file.time_zone)), "duration": end - start}
    )
    changed = {"window": window, "traffic": traffic, "rollouts": (), "faults": (), "requests": None}
    over = replace(scenario, file=file.model_copy(update=changed), traffic=table, start_ns=start, versions=())
    load, day_of_hour, base = _rates(over, quarter)
    # events that the history never saw come on top of what it says of those days
    on_top = np.where(found.known, 1.0, base / np.maximum(middle, 1e-9))
    told = found.told | {event.start.date() for event in events if event.multiply != 1.0}
    known = replace(found, requests=found.requests * on_top, told=told, notes=(*found.notes, *notes))
    return Expected(quarter, over, load, day_of_hour, base, known)


def _known_event(event: TrafficEvent, found: DailyDraws) -> TrafficEvent:
    """Return an event without its factor when the history tells how much its day brings; shares of routes stay."""
    day = event.start.date()
    seen = any(item.day == day and item.key in found.seen for item in found.special)
    past = day in found.days and bool(found.known[found.days.index(day)])
    return event.model_copy(update={"multiply": 1.0}) if seen or past else event


def _over(scenario: Scenario, quarter: Quarter, traffic: Traffic) -> Scenario:
    """Return the scenario over a quarter under a week's shape."""
    if scenario.reader is None:
        raise ScenarioError("the traffic files are not at hand", hint="ask what load_scenario returned")
    zone = ZoneInfo(scenario.file.time_zone)
    start, end = quarter.span_ns(zone)
    stretch = Stretch(
        name=str(quarter).lower(),
        start=local_time(start, zone),
        duration=format_duration(end - start),  # type: ignore[arg-type]  # written as in a file
        traffic=traffic,
    )
    return scenario.reader.during(scenario, stretch)


def _rates(over: Scenario, quarter: Quarter) -> tuple[Load, Ints, Floats]:
    """Return the rates of every hour, the day that each belongs to, and the requests of each day."""
    load = load_of(over)
    zone = ZoneInfo(over.file.time_zone)
    starts = pd.DatetimeIndex(load.rates.start_ns.view("datetime64[ns]")).tz_localize("UTC").tz_convert(zone)
    local = starts.tz_localize(None).normalize()
    day_of_hour = (local - pd.Timestamp(quarter.first)).days.to_numpy(np.int64)
    requests = load.rates.mean_rps.sum(axis=1) * load.rates.covered_s
    base = np.bincount(day_of_hour, weights=requests, minlength=len(quarter.days))
    return load, day_of_hour, np.asarray(base, np.float64)


def _table(
    scenario: Scenario, history: TrafficHistory, quarter: Quarter, requests: Floats, start_ns: int, end_ns: int
) -> tuple[TrafficTable, list[str]]:
    """Return the rates of every hour: a day's requests spread as the history spreads them."""
    profiles = day_profiles(history, scenario.file.special_days)
    first = start_ns // HOUR_NS * HOUR_NS
    starts = np.arange(first, end_ns, HOUR_NS, dtype=np.int64)
    zone = ZoneInfo(scenario.file.time_zone)
    local = pd.DatetimeIndex(starts.view("datetime64[ns]")).tz_localize("UTC").tz_convert(zone)
    day = (local.tz_localize(None).normalize() - pd.Timestamp(quarter.first)).days.to_numpy()
    day = np.clip(day, 0, len(requests) - 1)  # the warm-up before the quarter is as its first day
    special = {item.day: item.key for item in occurrences(scenario.file.special_days, quarter.first, quarter.end)}
    weight = np.array(
        [
            profiles.special.get(special.get(quarter.days[number], ("", 0)), profiles.weekly[moment.day_of_week])[hour]
            for number, moment, hour in zip(day.tolist(), local, local.hour.tolist(), strict=True)
        ]
    )
    inside = starts >= start_ns + scenario.file.window.warm_up
    sums = np.bincount(day[inside], weights=weight[inside], minlength=len(requests))
    rps = weight / np.maximum(sums[day], 1e-12) * requests[day] / (HOUR_NS / NS_PER_S)
    split, notes = route_split(scenario, history, local)
    table = TrafficTable(HOUR_NS, int(first), tuple(scenario.topology.routes), rps[:, None] * split, history.source)
    return table, [*notes, *profiles.notes]
