"""One run: the only place that picks a plane and wires it to the control plane."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from zoneinfo import ZoneInfo

import pandas as pd

from fvcapacity.checkpoint import INTERVAL_NS as CHECKPOINT_INTERVAL_NS
from fvcapacity.checkpoint import Checkpoints, StoredPart
from fvcapacity.control.control_plane import ControlCheckpoint, ControlPlane
from fvcapacity.cost.of_run import money_of_run
from fvcapacity.dataplane.plane import Plane
from fvcapacity.dataplane.source import ArrivalSource, ClosedUsers
from fvcapacity.dataplane.statistics import RouteColumn, Statistics
from fvcapacity.dataplane.trace import NO_RECORDS
from fvcapacity.errors import InputError, ScenarioError
from fvcapacity.frozen import Frozen, replace
from fvcapacity.program.arrivals import ArrivalStream
from fvcapacity.program.compile import compile_program
from fvcapacity.program.multiplier import compile_multiplier
from fvcapacity.program.program import Program
from fvcapacity.progress_board import told_from_elsewhere
from fvcapacity.results.build import build_result
from fvcapacity.results.estimators import estimate_mean
from fvcapacity.results.hours import is_long
from fvcapacity.results.measures import MEASURES, MeasureName
from fvcapacity.results.minutes import MinuteWriter
from fvcapacity.results.outcome import Part, ProgressUpdate, RunOutcome, Tabulated
from fvcapacity.results.result import Result
from fvcapacity.results.stopping import (
    MAX_REPLICATIONS,
    Decision,
    StoppingMeasure,
    StoppingRule,
    decide,
    stopping_part,
)
from fvcapacity.results.summary import StoppingPart
from fvcapacity.results.tables import join_histograms, join_tables, tabulate
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.model import Scenario, ScenarioFile
from fvcapacity.semantics.draw import mix
from fvcapacity.units import NS_PER_S, format_duration

Progress = Callable[[ProgressUpdate], None]

_PROGRESS_STEP_NS = 5 * NS_PER_S
"""Simulated time between two progress updates, at least."""


def simulate(
    scenario: Scenario,
    *,
    replications: int | None = None,
    jobs: int = 1,
    seed: int | None = None,
    plane: str | None = None,
    precision: float | None = None,
    measure: StoppingMeasure = "p95",
    max_replications: int = MAX_REPLICATIONS,
    progress: Progress | None = None,
) -> Result:
    """Replay a scenario's traffic through its cluster, and judge what happened.

    Parameters
    ----------
    scenario
        From ``load_scenario``.
    replications
        How many independent runs; default: what the scenario says.
    jobs
        Processes to spread them over. The result does not depend on it.
    seed
        First seed; default: the scenario's.
    plane
        Data plane: ``simpy`` or ``fast``; default: the scenario's.
    precision
        Instead of ``replications``: go on until the half-width of the 95 % interval is at most this share of the mean
        (0.05 is 5 %). The summary says how many runs it took, and why it stopped.
    measure
        What has to be that precise: ``p95`` over all user requests, ``errors`` (their ratio) or ``cost``.
    max_replications
        Most runs for a precision.
    progress
        Told now and then how far each replication is.

    Returns
    -------
    Result
        Incomplete (and saying so) when the run was interrupted from the keyboard. An interruption before there is
        anything to show is passed on.

    Raises
    ------
    ScenarioError
        When the plane is not known, or the precision cannot be aimed at.
    InvariantError
        When a request was lost: a bug of ours.
    """
    if precision is None:
        runs = Replications(as_run(scenario, seed=seed, plane=plane), jobs, progress)
        runs.extend(replications or scenario.file.replications)
        return runs.result()
    rule = stopping_rule(scenario, precision, measure, max_replications, replications)
    runs = Replications(as_run(scenario, seed=seed, plane=plane), jobs, progress)
    decision = Decision(None, None)
    while decision.reason is None and runs.extend(rule.after(runs.asked)):
        decision = decide(rule, runs.asked, estimate_mean(runs.figures(measure)))
    return runs.result(stopping_part(rule, decision, len(runs.outcomes), MEASURES[measure].words))


def prepare_plane(scenario: Scenario, tell: Callable[[str], None], *, plane: str | None = None) -> None:
    """Compile the scenario's data plane if this machine has not done so yet, and say so.

    Whoever runs scenarios does it by itself, in silence; this is for those who show people why they wait.

    Parameters
    ----------
    tell
        Told in a sentence what is happening, when it takes long.
    plane
        Instead of the scenario's.
    """
    program = compile_program(scenario.topology, scenario.cluster)
    _prepare(plane or scenario.file.plane, program, tell)


def _prepare(plane: str, program: Program, tell: Callable[[str], None] | None) -> None:
    if plane == "fast":
        from fvcapacity.dataplane.fast.prepare import prepare

        prepare(program, tell)


def as_run(scenario: Scenario, *, seed: int | None, plane: str | None, replications: int | None = None) -> Scenario:
    """Return a scenario with the options of a run in its file.

    Raises
    ------
    ScenarioError
        When the plane is not known.
    """
    overrides = {"replications": replications, "seed": seed, "plane": plane}
    given = {name: value for name, value in overrides.items() if value is not None}
    file = ScenarioFile.model_validate(scenario.file.model_copy(update=given))
    if file.plane not in _PLANES:
        raise ScenarioError(f"plane {file.plane!r} is not available", hint=f"use one of {', '.join(_PLANES)}")
    return replace(scenario, file=file, patcher=None, reader=None)  # other processes need not be sent the manifests


def stopping_rule(
    scenario: Scenario, precision: float, measure: StoppingMeasure, maximum: int, replications: int | None
) -> StoppingRule:
    """Return the rule of a run that goes on until it is precise.

    Raises
    ------
    ScenarioError
        When there is no such rule, or the scenario has nothing to measure it on.
    """
    if replications is not None:
        hint = "leave one of them out; --max-replications bounds what a precision may take"
        raise ScenarioError("replications and precision are both given", hint=hint)
    if measure == "cost" and (scenario.file.cost is None or scenario.prices is None):
        raise ScenarioError(
            "the scenario has no prices, so that its cost is no measure", hint="add `cost: {prices: ...}`"
        )
    try:
        return StoppingRule(precision, measure, maximum)
    except ValueError as error:
        raise ScenarioError(str(error)) from None


@dataclass
class Replications:
    """The replications of one scenario, run batch after batch.

    What they give depends neither on the batches nor on the jobs: each has its number, and its seed from that.

    Attributes
    ----------
    scenario
        With the seed and the plane that are used (see `as_run`).
    jobs, progress
        As for `simulate`.
    outcomes
        What is finished, in the order of the replications; the last may have been interrupted.
    asked
        Replications that were asked for so far.
    """

    scenario: Scenario
    jobs: int = 1
    progress: Progress | None = None
    outcomes: list[RunOutcome] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        """Compile what all replications share."""
        self._program = compile_program(self.scenario.topology, self.scenario.cluster)
        _prepare(self.scenario.file.plane, self._program, None)

    def extend(self, count: int) -> bool:
        """Run up to so many replications in all; False when that was interrupted."""
        numbers = range(self.asked, count)
        self.asked = count
        self.outcomes += _in_order(self.scenario, self._program, numbers, self.jobs, self.progress)
        if not self.outcomes:
            raise KeyboardInterrupt  # interrupted before any replication had something to show
        return self.complete

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for has been run to its end."""
        return len(self.outcomes) == self.asked and all(outcome.complete for outcome in self.outcomes)

    def figures(self, measure: MeasureName) -> list[float]:
        """Return a measure of every replication, in their order; NaN where there was nothing to measure."""
        return [float(value) for value in MEASURES[measure].of(self._tables(self._tabulated()))]

    def result(self, stopping: StoppingPart | None = None) -> Result:
        """Return the result of what is finished."""
        scenario = as_run(self.scenario, seed=None, plane=None, replications=self.asked)
        writer = MinuteWriter() if is_long(scenario) else None
        replications = self._tabulated(writer)
        tables = self._tables(replications)
        minutes = None if writer is None else writer.close()
        result = build_result(
            scenario,
            self._program,
            self.outcomes,
            tables=tables,
            histograms=join_histograms(replications),
            stopping=stopping,
            minutes=minutes,
        )
        if self.complete and (checkpoints := checkpoints_of(self.scenario)) is not None:
            checkpoints.forget()
        return result

    def _tabulated(self, writer: MinuteWriter | None = None) -> list[Tabulated]:
        """Return what each replication was made into; long ones are gone through now, for their minutes go to a file.

        (See `fvcapacity.results.hours`.)
        """
        daily = is_long(self.scenario) and any(outcome.earlier for outcome in self.outcomes)
        return [
            outcome.tabulated or tabulate(self.scenario, self._program, outcome, writer, daily=daily)
            for outcome in self.outcomes
        ]

    def _tables(self, replications: Sequence[Tabulated]) -> dict[str, pd.DataFrame]:
        tables = join_tables(self.scenario, self._program, [one.tables for one in replications])
        return tables | money_of_run(self.scenario, self._program, self.outcomes, tables)


def replication_seed(seed: int, replication: int) -> int:
    """Return the seed of a replication: the scenario's own for the first one."""
    return seed if replication == 0 else mix(seed, replication)


def _tabulated(scenario: Scenario, program: Program, number: int, progress: Progress | None = None) -> RunOutcome:
    """Run one replication and make its tables, in the same process: most of a result is made beside each other so.

    The minutes of a long run (see `fvcapacity.results.hours`) go to one file, whose writer makes its tables.
    """
    outcome = run_replication(scenario, program, number, progress)
    if progress is not None and outcome.complete:  # also one that was finished before, of which nothing was told
        end_ns = outcome.warm_up_ns + outcome.duration_ns
        progress(ProgressUpdate(number, end_ns, end_ns, outcome.arrived))
    return outcome if is_long(scenario) else outcome.become(tabulate(scenario, program, outcome))


def run_replication(scenario: Scenario, program: Program, number: int, progress: Progress | None = None) -> RunOutcome:
    """Run one replication from the start of its warm-up to the end of its window.

    A long one on the fast plane puts its days away one by one, with a checkpoint, and goes on from the last one.
    """
    seed = replication_seed(scenario.file.seed, number)
    checkpoints = checkpoints_of(scenario)
    kept = checkpoints.load(number, seed) if checkpoints is not None else None
    if kept is not None and kept.kind == "finished":
        return cast(RunOutcome, kept.content)
    run = _Replication(scenario, program, number, seed, checkpoints)
    if kept is not None:
        run.resume(kept.content)
    outcome = run.to_the_end(progress)
    if checkpoints is not None and outcome.complete:
        checkpoints.keep_finished(outcome)
    return outcome


class _Unfinished(Frozen):
    """A replication at the end of a simulated day."""

    plane: Any
    control: ControlCheckpoint
    earlier: tuple[StoredPart, ...]
    arrived: int


class _Replication:
    """Both planes of one replication, and its days that were put away."""

    def __init__(
        self, scenario: Scenario, program: Program, number: int, seed: int, checkpoints: Checkpoints | None
    ) -> None:
        window = scenario.file.window
        self.scenario, self.number, self.seed, self.checkpoints = scenario, number, seed, checkpoints
        self.end = window.warm_up + window.duration
        self.log = _request_log(scenario)
        first = self.end if checkpoints is None else min(self.end, CHECKPOINT_INTERVAL_NS)
        source = _source(scenario, program, seed)
        self.bin_ns = scenario.file.monitoring.interval
        self.plane = _PLANES[scenario.file.plane](program, source, seed, first, self.log, self.bin_ns)
        self.control = ControlPlane(scenario, program, seed, self.end)
        self.control.observe = self.plane.observe
        self.earlier: tuple[StoredPart, ...] = ()
        self.offset = self.arrived = 0

    def to_the_end(self, progress: Progress | None) -> RunOutcome:
        """Run to the end, or to an interruption from the keyboard."""
        reached = self.end
        try:
            for now in _drive(self.plane, self.control, self.end):
                if progress is not None:
                    arrived = self.arrived + _arrived(self.plane.statistics)
                    progress(ProgressUpdate(self.number, now, self.end, arrived))
                if self.checkpoints is not None and self.offset + CHECKPOINT_INTERVAL_NS <= now < self.end:
                    self._put_day_away(self.checkpoints, now)
        except KeyboardInterrupt:
            reached = self.plane.now
        self.plane.finish()
        self.control.finish(reached)
        window = self.scenario.file.window
        return RunOutcome(
            replication=self.number,
            seed=self.seed,
            statistics=self.plane.statistics,
            history=self.control.history,
            duration_ns=window.duration,
            warm_up_ns=window.warm_up,
            complete_until_ns=reached,
            requests=None if self.log == NO_RECORDS else self.plane.record_table(),
            offset_ns=self.offset,
            bin_ns=self.bin_ns,
            earlier=self.earlier,
            arrived=self.arrived + _arrived(self.plane.statistics),
        )

    def resume(self, kept: _Unfinished) -> None:
        """Go on from the end of a day."""
        cast(Any, self.plane).resume(kept.plane)
        self.control.resume(kept.control)
        self.control.observe = self.plane.observe
        self.earlier, self.offset, self.arrived = kept.earlier, kept.control.now_ns, kept.arrived

    def _put_day_away(self, checkpoints: Checkpoints, now: int) -> None:
        plane = cast(Any, self.plane)
        counted = plane.cut(min(CHECKPOINT_INTERVAL_NS, self.end - now))
        self.arrived += _arrived(counted)
        part = Part(self.offset, counted, self.control.cut_history())
        self.earlier = (*self.earlier, checkpoints.put_away(self.number, self.seed, part))
        self.offset = now
        kept = _Unfinished(plane.checkpoint(), self.control.checkpoint(), self.earlier, self.arrived)
        checkpoints.keep_running(self.number, self.seed, kept)


def checkpoints_of(scenario: Scenario) -> Checkpoints | None:
    """Return where a run keeps its checkpoints; None for a short one, and for a plane that can keep none."""
    window = scenario.file.window
    if scenario.file.plane != "fast" or window.warm_up + window.duration <= CHECKPOINT_INTERVAL_NS:
        return None
    try:
        return Checkpoints(scenario)
    except OSError as error:
        raise InputError(
            f"there is no place to keep the days of a long run: {error}",
            hint="set XDG_CACHE_HOME to a directory that can be written to",
        ) from None


def _arrived(statistics: Statistics) -> int:
    return int(statistics.route_counts[:, :, RouteColumn.ARRIVED].sum())


def _drive(plane: Plane, control: ControlPlane, end_ns: int) -> Iterator[int]:
    """Alternate the two planes to the end; yields the simulated time now and then, and at the end of every day.

    At that moment control's commands of the instant are not carried out yet.
    """
    step = max(_PROGRESS_STEP_NS, end_ns // 1000)
    told = plane.now
    while True:
        plane.apply(control.take_commands())
        if plane.now >= end_ns:
            return
        until = min(control.next_event_time(), end_ns)
        event = plane.advance(until)
        now = event.time_ns if event else until
        if event is not None or now < end_ns:
            control.run_to(now, event)
        if now - told >= step or now >= end_ns or now // CHECKPOINT_INTERVAL_NS > told // CHECKPOINT_INTERVAL_NS:
            told = now
            yield now


def _request_log(scenario: Scenario) -> tuple[int, int]:
    """Return in which stretch of the run requests are written down, from its start (warm-up included)."""
    log, window = scenario.file.requests, scenario.file.window
    if log is None:
        return NO_RECORDS
    start = epoch_ns(log.start, ZoneInfo(scenario.file.time_zone)) - scenario.start_ns + window.warm_up
    clipped = max(start, window.warm_up), min(start + log.duration, window.warm_up + window.duration)
    if clipped[0] >= clipped[1]:
        raise ScenarioError(
            "requests: nothing of this stretch of time lies in the window, so that there is no request to write down",
            hint=f"the window begins at {window.start} and lasts {format_duration(window.duration)}",
        )
    return clipped


def _reference(
    program: Program, source: ArrivalSource, seed: int, duration_ns: int, log: tuple[int, int], bin_ns: int
) -> Plane:
    from fvcapacity.dataplane.reference.plane import ReferencePlane

    return ReferencePlane(program, source, seed, duration_ns, records=log, bin_ns=bin_ns)


def _fast(
    program: Program, source: ArrivalSource, seed: int, duration_ns: int, log: tuple[int, int], bin_ns: int
) -> Plane:
    from fvcapacity.dataplane.fast.plane import FastPlane  # loads Numba's machinery, which the other does not need

    return FastPlane(program, source, seed, duration_ns, records=log, bin_ns=bin_ns)


_PLANES: dict[str, Callable[[Program, ArrivalSource, int, int, tuple[int, int], int], Plane]] = {
    "fast": _fast,
    "simpy": _reference,
}


def _source(scenario: Scenario, program: Program, seed: int) -> ArrivalSource:
    window, traffic = scenario.file.window, scenario.file.traffic
    if traffic.users is not None:
        users = traffic.users
        return ArrivalSource(
            users=ClosedUsers(
                journey=tuple(program.routes.index(route) for route in users.journey),
                think_ns=users.think,
                stages=tuple(sorted((stage.at, stage.users) for stage in users.stages)),
                slot_ns=round(NS_PER_S / users.max_rps) if users.max_rps else 0,
            )
        )
    table = scenario.traffic
    assert table is not None, "a scenario without users has a traffic table"
    assert table.routes == program.routes, "the loader orders the table's columns as the topology's routes"
    multiplier = compile_multiplier(traffic, table.routes, ZoneInfo(scenario.file.time_zone))
    start = scenario.start_ns - window.warm_up
    duration = window.warm_up + window.duration
    return ArrivalSource(ArrivalStream(table, traffic.arrivals, multiplier, seed, start, duration))


def _in_order(
    scenario: Scenario, program: Program, numbers: range, jobs: int, progress: Progress | None
) -> list[RunOutcome]:
    """Run the replications of these numbers; an interruption keeps what is finished."""
    if jobs == 1 or len(numbers) == 1:
        outcomes: list[RunOutcome] = []
        for number in numbers:
            outcomes.append(_tabulated(scenario, program, number, progress))
            if not outcomes[-1].complete:
                break
        return outcomes
    return sorted(_parallel(scenario, program, numbers, jobs, progress), key=lambda outcome: outcome.replication)


def _parallel(
    scenario: Scenario, program: Program, numbers: range, jobs: int, progress: Progress | None
) -> Iterator[RunOutcome]:
    from joblib import Parallel, delayed

    pool = Parallel(n_jobs=jobs, return_as="generator_unordered")
    window = scenario.file.window
    try:
        with told_from_elsewhere(progress, numbers, window.warm_up + window.duration) as board:
            yield from pool(delayed(_tabulated)(scenario, program, number, board) for number in numbers)
    except KeyboardInterrupt:
        return
