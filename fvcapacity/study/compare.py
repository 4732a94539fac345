"""Compare two scenarios on common random numbers: the same customers walk through both.

Replication n of A and replication n of B draw from the same seed, so that chance is common to both and cancels in their
difference, as far as the two systems react alike (Law, *Simulation Modeling and Analysis*, 5th ed. 2015, section 11.2).
How much that narrowed each interval is measured and told, also when it is nothing: autoscalers whose paths part ways
undo it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from fvcapacity.frozen import replace
from fvcapacity.results.estimators import PairedEstimate, estimate_mean, estimate_paired
from fvcapacity.results.measures import MEASURES, MeasureName, Tables, route_figure
from fvcapacity.results.outcome import ProgressUpdate
from fvcapacity.results.price_age import stale_items, stale_note
from fvcapacity.results.result import Result
from fvcapacity.results.route_tables import ALL
from fvcapacity.results.stopping import (
    BATCH,
    MAX_REPLICATIONS,
    Decision,
    StoppingMeasure,
    StoppingRule,
    decide,
    stopping_part,
)
from fvcapacity.results.summarize_tables import figure
from fvcapacity.results.summary import Figure, StoppingPart
from fvcapacity.run import Progress, Replications, as_run, stopping_rule
from fvcapacity.scenario.model import Scenario
from fvcapacity.study.comparison import (
    COMPARISON_SCHEMA,
    Comparison,
    ComparisonSummary,
    DifferencePart,
    PairedRunPart,
    Reading,
    SidePart,
)
from fvcapacity.study.pairing import check_windows, pairing_notes
from fvcapacity.study.sentence import comparison_sentence

PAIR_COLUMNS = ("measure", "route", "unit", "replication", "first", "second", "difference")
_ROUTE_COLUMNS: dict[MeasureName, str] = {"p95": "p95_s", "errors": "error_ratio"}


def compare(
    first: Scenario,
    second: Scenario,
    *,
    replications: int | None = None,
    jobs: int = 1,
    seed: int | None = None,
    plane: str | None = None,
    precision: float | None = None,
    measure: StoppingMeasure = "p95",
    max_replications: int = MAX_REPLICATIONS,
    progress: Progress | None = None,
) -> Comparison:
    """Replay two scenarios on common random numbers, and estimate their differences (second minus first).

    Parameters
    ----------
    first, second
        A and B: two scenarios of one window, such as ``a`` and ``a.with_patch(...)``.
    replications
        Pairs of runs; default: the larger of what the scenarios say, and at least 5. One pair gives differences without
        intervals.
    jobs
        Processes to spread them over. The comparison does not depend on it.
    seed
        First seed of both; default: that of ``first``.
    plane
        Data plane of both; default: that of ``first``.
    precision
        Instead of ``replications``: go on until the half-width of the 95 % interval of the difference is at most this
        share of the mean of ``first`` (0.05 is 5 %).
    measure
        What has to be that precise: ``p95`` over all user requests, ``errors`` (their ratio) or ``cost``.
    max_replications
        Most pairs for a precision.
    progress
        Told now and then how far each run is; the runs of the two scenarios are numbered in turns.

    Returns
    -------
    Comparison
        The document (``docs/reference/comparison.schema.json``: seconds, ratios, US dollars), every pair of
        figures, and both results.

    Raises
    ------
    ScenarioError
        When the windows differ, the plane is not known, or the precision cannot be aimed at.
    InvariantError
        When a request was lost: a bug of ours.
    """
    check_windows(first, second)
    notes = [*pairing_notes(first, second), *_overruled(first, second, seed, plane)]
    seed = first.file.seed if seed is None else seed
    plane = plane or first.file.plane
    one = Replications(as_run(first, seed=seed, plane=plane), jobs, _turns(progress, 0))
    two = Replications(as_run(second, seed=seed, plane=plane), jobs, _turns(progress, 1))
    if precision is None:
        count = pairs_of_runs(first, second, replications)
        _run_fixed(one, two, count)
        return comparison_of(one, two, count, notes, None)
    for scenario in (second, first):
        rule = stopping_rule(scenario, precision, measure, max_replications, replications)
    stopping = _run_until(one, two, rule)
    return comparison_of(one, two, max(one.asked, two.asked), notes, stopping)


def pairs_of_runs(first: Scenario, second: Scenario, replications: int | None) -> int:
    """Return how many pairs of runs a comparison takes, when no precision is asked for."""
    return replications or max(first.file.replications, second.file.replications, BATCH)


def _run_fixed(one: Replications, two: Replications, count: int) -> None:
    """Run both in turns, batch by batch, so that an interruption leaves pairs."""
    batch = max(BATCH, one.jobs)
    while two.asked < count:
        target = min(two.asked + batch, count)
        if not (one.extend(target) and two.extend(target)):
            return


def _run_until(one: Replications, two: Replications, rule: StoppingRule) -> StoppingPart:
    decision = Decision(None, None)
    while decision.reason is None and one.extend(rule.after(one.asked)) and two.extend(rule.after(two.asked)):
        before, after = one.figures(rule.measure), two.figures(rule.measure)
        paired = estimate_paired(before, after)
        decision = decide(rule, two.asked, paired.difference, scale=estimate_mean(before).mean)
    words = f"the difference of {MEASURES[rule.measure].words}"
    return stopping_part(rule, decision, len(_pairs(one, two)), words, of="the mean of A")


def _pairs(one: Replications, two: Replications) -> list[int]:
    """Return the numbers of the replications that both have finished."""
    finished = [{run.replication for run in runs.outcomes if run.complete} for runs in (one, two)]
    return sorted(finished[0] & finished[1])


def comparison_of(
    one: Replications, two: Replications, asked: int, notes: Sequence[str], stopping: StoppingPart | None
) -> Comparison:
    """Return the comparison of what two runs have finished.

    Parameters
    ----------
    one, two
        The replications of A and of B.
    asked
        Pairs that were asked for.
    notes
        What a reader has to know besides.
    stopping
        Why there are as many pairs as there are, when their number was not fixed.

    Raises
    ------
    KeyboardInterrupt
        When no pair was finished.
    """
    pairs = _pairs(one, two)
    if not pairs:
        raise KeyboardInterrupt  # interrupted before there was anything to compare
    first, second = one.result(), two.result()
    routes, only_first, only_second = _routes(first, second)
    frame = pair_table(first.tables, second.tables, pairs, routes)
    parts = [_difference_part(key, rows) for key, rows in frame.groupby(["measure", "route", "unit"], sort=False)]
    whole = [part for part in parts if part.route == ALL]
    complete = one.complete and two.complete and len(pairs) == asked
    summary = ComparisonSummary(
        schema_version=COMPARISON_SCHEMA,
        first=_side(one.scenario, first),
        second=_side(two.scenario, second),
        run=_run_part(first, pairs, asked, complete, stopping),
        sentence=comparison_sentence(whole),
        differences=whole,
        routes=[part for part in parts if part.route != ALL],
        only_first=only_first,
        only_second=only_second,
        notes=[
            *_notes(pairs, asked, complete, stopping),
            *_route_notes(only_first, only_second),
            *notes,
            *_new_findings(first, second),
            *_stale_prices(one.scenario, first, second),
        ],
    )
    return Comparison(summary.model_dump(mode="json"), frame, first, second)


def _stale_prices(scenario: Scenario, first: Result, second: Result) -> list[str]:
    day = pd.Timestamp(scenario.start_ns, tz="UTC").date()
    items = [item for result in (first, second) for item in stale_items(result.tables.get("bill"), day)]
    return stale_note(list(dict.fromkeys(items)))


def pair_table(first: Tables, second: Tables, pairs: Sequence[int], routes: Sequence[str]) -> pd.DataFrame:
    """Return every figure of every pair of replications, one row each.

    Parameters
    ----------
    first, second
        Tables of the two results.
    pairs
        Numbers of the replications that both have.
    routes
        Names of the routes that both have.

    Returns
    -------
    pandas.DataFrame
        Columns `PAIR_COLUMNS`; NaN where one of the two has nothing to measure. Measures that neither has (cost without
        prices) are left out.
    """
    frames = []
    for measure, route, unit, before, after in _figures(first, second, routes):
        one, two = (figures.reindex(list(pairs)).to_numpy(float) for figures in (before, after))
        data = {"measure": measure, "route": route, "unit": unit, "replication": pairs, "first": one, "second": two}
        frames.append(pd.DataFrame({**data, "difference": two - one}))
    return pd.concat(frames, ignore_index=True)


def _figures(
    first: Tables, second: Tables, routes: Sequence[str]
) -> Iterator[tuple[MeasureName, str, str, pd.Series[Any], pd.Series[Any]]]:
    priced = "bill" in first and "bill" in second
    for name, measure in MEASURES.items():
        if name != "cost" or priced:
            yield name, ALL, measure.unit, measure.of(first), measure.of(second)
    for route in routes:
        for name, column in _ROUTE_COLUMNS.items():
            unit = MEASURES[name].unit
            yield name, route, unit, route_figure(first, column, route), route_figure(second, column, route)


def _difference_part(key: Any, rows: pd.DataFrame) -> DifferencePart:
    measure, route, unit = key
    known = rows.dropna(subset="difference")
    paired = estimate_paired(known["first"].tolist(), known["second"].tolist())
    before, after = figure(known["first"]), figure(known["second"])
    mean = None if math.isnan(paired.difference.mean) else paired.difference.mean
    return DifferencePart(
        measure=measure,
        route=route,
        unit=unit,
        first=before,
        second=after,
        difference=Figure(mean=mean, low_95=paired.difference.low, high_95=paired.difference.high),
        relative_percent=100 * mean / before.mean if mean is not None and before.mean else None,
        narrowing=paired.narrowing,
        pairs=len(known),
        reading=read_difference(paired),
    )


def read_difference(paired: PairedEstimate) -> Reading:
    """Return what an interval says of the second of two: lower, higher, or nothing."""
    low, high = paired.difference.low, paired.difference.high
    if paired.difference.samples == 0:
        return "nothing to measure"
    if low is None or high is None:
        return "no interval"
    if low == high == 0:
        return "same"
    return "higher" if low > 0 else "lower" if high < 0 else "not told apart"


def _side(scenario: Scenario, result: Result) -> SidePart:
    verdict = result.summary["verdict"]
    return SidePart(
        name=scenario.name,
        changes=list(scenario.changes),
        sha256=result.summary["scenario"]["sha256"],
        status=verdict["status"],
        reason=verdict["reason"],
    )


def _run_part(
    first: Result, pairs: Sequence[int], asked: int, complete: bool, stopping: StoppingPart | None
) -> PairedRunPart:
    scenario: Mapping[str, Any] = first.summary["scenario"]
    run: Mapping[str, Any] = first.summary["run"]
    return PairedRunPart(
        **{name: scenario[name] for name in ("start_utc", "time_zone", "duration_s")},
        **{name: run[name] for name in ("plane", "seed", "kubernetes", "versions")},
        replications=len(pairs),
        asked_replications=asked,
        complete=complete,
        stopping=stopping,
    )


def _routes(first: Result, second: Result) -> tuple[list[str], list[str], list[str]]:
    """Return the routes of both, and those of either alone, in the order of the topology."""
    one, two = ([route["route"] for route in result.summary["routes"]] for result in (first, second))
    both = [name for name in one if name in two and name != ALL]
    return both, [name for name in one if name not in two], [name for name in two if name not in one]


def _route_notes(only_first: Sequence[str], only_second: Sequence[str]) -> Iterator[str]:
    for side, names in (("A", only_first), ("B", only_second)):
        if names:
            yield f"Only {side} has {'the route' if len(names) == 1 else 'the routes'} {', '.join(names)}."
    if only_first or only_second:
        yield "Routes are compared where both have them; what is over all user requests is not over the same routes."


def _new_findings(first: Result, second: Result) -> Iterator[str]:
    """Yield what was remarked when B was loaded or patched, and not of A."""
    known = first.summary["scenario"]["findings"]
    for finding in second.summary["scenario"]["findings"]:
        if finding not in known:
            yield f"B: {finding.rstrip('.')}."


def _overruled(first: Scenario, second: Scenario, seed: int | None, plane: str | None) -> Iterator[str]:
    if seed is None and first.file.seed != second.file.seed:
        yield f"Both draw from the seed of A, {first.file.seed}; that of B, {second.file.seed}, is passed over."
    if plane is None and first.file.plane != second.file.plane:
        yield f"Both run on the plane of A, {first.file.plane}; that of B, {second.file.plane}, is passed over."


def _notes(pairs: Sequence[int], asked: int, complete: bool, stopping: StoppingPart | None) -> Iterator[str]:
    if stopping is not None:
        yield stopping.sentence
    if len(pairs) == 1:
        yield "One replication: the differences carry no interval, and may be chance."
    if not complete:
        yield f"Interrupted: {len(pairs)} of {asked} pairs of replications were finished; the differences are theirs."


def _turns(progress: Progress | None, side: int) -> Progress | None:
    """Return a callback that numbers the runs of the two scenarios in turns: A 0, B 0, A 1, B 1."""
    if progress is None:
        return None

    def tell(update: ProgressUpdate) -> None:
        progress(replace(update, replication=2 * update.replication + side))

    return tell
