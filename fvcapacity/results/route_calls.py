"""The table of who calls whom: the arrows of a system's picture."""

from __future__ import annotations

import pandas as pd

from fvcapacity.results import columns
from fvcapacity.scenario.demands import expected_demands
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.frames import conform


def route_calls(scenario: Scenario) -> pd.DataFrame:
    """Return the table ``route_calls``; it is the same in every replication."""
    demands = expected_demands(scenario.topology)
    rows = [
        (*call, count, demands.call_cpu_s.get(call, 0.0), demands.call_wait_s.get(call, 0.0))
        for call, count in demands.calls.items()
        if count
    ]
    names = [column.name for column in columns.ROUTE_CALLS.columns]
    return conform(columns.ROUTE_CALLS, {name: [row[number] for row in rows] for number, name in enumerate(names)})
