"""From the outcomes of a run to its result: tables, verdict, bottleneck, summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from fvcapacity.program.program import Program
from fvcapacity.results.bottleneck import find_bottleneck
from fvcapacity.results.minutes import Minutes
from fvcapacity.results.money_columns import BILL
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.result import Result
from fvcapacity.results.scenario_text import scenario_text
from fvcapacity.results.summarize import summarize
from fvcapacity.results.summary import StoppingPart
from fvcapacity.results.tables import join_histograms, join_tables, tabulate
from fvcapacity.results.verdict import judge
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.frames import conform


def build_result(
    scenario: Scenario,
    program: Program,
    outcomes: Sequence[RunOutcome],
    bill: pd.DataFrame | None = None,
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    histograms: Mapping[str, pd.DataFrame] | None = None,
    stopping: StoppingPart | None = None,
    minutes: Minutes | None = None,
) -> Result:
    """Return the result of one or more replications.

    Parameters
    ----------
    scenario
        As it was run: seed, plane and replications of its file are the ones that were used.
    program
        Names of the routes and services in the order of the arrays.
    outcomes
        One per replication, in any order; an interrupted run hands in what it has.
    bill
        Lines of the bill (see ``columns.BILL``); with a column ``replication`` when it differs between them.
    tables, histograms
        What `join_tables` and `join_histograms` returned (the bill is worked out from it); made here by default.
    stopping
        Why there are as many replications as there are, when their number was not fixed beforehand.
    minutes
        Of a long run, written while ``tables`` were built.

    Raises
    ------
    InvariantError
        When requests were lost.
    """
    ordered = sorted(outcomes, key=lambda outcome: outcome.replication)
    if tables is None or histograms is None:
        replications = [tabulate(scenario, program, outcome) for outcome in ordered]
        tables = join_tables(scenario, program, [one.tables for one in replications])
        histograms = join_histograms(replications)
    every = dict(tables)
    if bill is not None:
        every["bill"] = conform(BILL, bill)
    verdict = judge(every["route_windows"], scenario.file.objectives, scenario.file.time_zone)
    bottleneck = find_bottleneck(every, scenario, verdict.status)
    text = scenario_text(scenario.file)
    summary = summarize(scenario, ordered, every, verdict, bottleneck, stopping, text=text)
    return Result(
        summary=summary.model_dump(mode="json"),
        tables=every,
        histograms=histograms,
        minutes=minutes,
        scenario_yaml=text,
    )
