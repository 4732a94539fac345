"""From the outcomes of a run to its result: tables, verdict, bottleneck, summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from fvcapacity.program.program import Program
from fvcapacity.results.bottleneck import find_bottleneck
from fvcapacity.results.hours import is_long
from fvcapacity.results.minutes import Minutes
from fvcapacity.results.money_columns import BILL
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.result import Result
from fvcapacity.results.scenario_text import scenario_text
from fvcapacity.results.summarize import summarize
from fvcapacity.results.summary import StoppingPart
from fvcapacity.results.tables import build_histograms, build_tables
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
    tables
        What `build_tables` returned, when it was called before (the bill is worked out from it).
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
    every = dict(tables) if tables is not None else build_tables(scenario, program, ordered)
    if bill is not None:
        every["bill"] = conform(BILL, bill)
    verdict = judge(every["route_windows"], scenario.file.objectives, scenario.file.time_zone)
    bottleneck = find_bottleneck(every, scenario, verdict.status)
    summary = summarize(scenario, ordered, every, verdict, bottleneck, stopping)
    return Result(
        summary=summary.model_dump(mode="json"),
        tables=every,
        histograms=build_histograms(program, ordered, daily=is_long(scenario) and any(o.earlier for o in ordered)),
        minutes=minutes,
        scenario_yaml=scenario_text(scenario.file),
    )
