"""The table of single requests."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fvcapacity.dataplane.statistics import Cause
from fvcapacity.program.program import Program
from fvcapacity.results import columns
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.results.span import instants
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.frames import conform

_CAUSES = np.array([cause.name.lower() for cause in Cause], dtype=object)


def request_table(outcome: RunOutcome, program: Program, scenario: Scenario) -> pd.DataFrame:
    """Return the table ``requests`` of one replication, in the order of arrival."""
    assert outcome.requests is not None
    rows = outcome.requests[np.lexsort((outcome.requests[:, 0], outcome.requests[:, 2]))]
    _, routes, arrived, response, causes = rows.T
    return conform(
        columns.REQUESTS,
        {
            "replication": np.full(len(rows), outcome.replication),
            "route": np.array(program.routes, dtype=object)[routes],
            **instants(scenario.start_ns, arrived - outcome.warm_up_ns),
            "response_time_s": response / 1e9,
            "cause": _CAUSES[causes],
        },
    )
