"""A run whose truth is known: simulated, it is what an export writes and a calibration must find again.

The shipped shop on an ordinary week, written down at short intervals. The result is kept in the user's cache, because
a week of it takes a minute or two: the same run is simulated once for each state of the sources that it depends on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import fvcapacity as fv
from fvcapacity.analytic.demand import demand_of
from fvcapacity.errors import InputError
from fvcapacity.program.compile import compile_program
from fvcapacity.results.result import Result
from fvcapacity.results.scenario_text import scenario_text
from fvcapacity.scenario.model import Scenario
from fvcapacity.semantics.jit import sources_digest, user_cache

SHIPPED = Path(__file__).parents[2] / "scenarios" / "valentines.yaml"
MONDAY = "2026-03-02T00:00:00"
"""A week without events."""
_ROOMS = (
    "control", "cost", "dataplane", "decisions", "inputs", "program", "results", "scenario", "semantics", "tabular",
)  # fmt: skip
"""What a result depends on."""


def closed_loop_scenario(
    duration: str, *, interval: str = "15s", start: str = MONDAY, overrides: Mapping[str, Any] | None = None
) -> Scenario:
    """Return the shipped shop over a stretch of ordinary time.

    Parameters
    ----------
    duration
        Length of the window, like ``2h`` or ``7d``.
    interval
        Of the samples.
    overrides
        Further fields of the scenario file, by their path.
    """
    fields = {
        "name": "closed-loop",
        "window.start": start,
        "window.duration": duration,
        "monitoring.interval": interval,
        "traffic.events": [],
        "replications": 1,
    }
    return fv.load_scenario(SHIPPED, overrides={**fields, **(overrides or {})})


def closed_loop(scenario: Scenario) -> Result:
    """Return the result of a scenario: from the cache, or simulated and put there."""
    inputs = repr(sorted(scenario.input_hashes.items()))
    known = hashlib.sha256("\n".join((sources_digest(_ROOMS), scenario_text(scenario.file), inputs)).encode())
    directory = user_cache() / "closed-loop" / known.hexdigest()[:24]
    try:
        return fv.load_result(directory)
    except (InputError, OSError):  # not there, or damaged
        result = fv.simulate(scenario)
        result.save(directory)
        return result


def true_demands(scenario: Scenario) -> pd.DataFrame:
    """Return what one request of each route costs at each service that it reaches.

    Returns
    -------
    DataFrame
        ``route``, ``service``, ``visits`` a request, and ``cpu_s``: core-seconds a request, expected over the branches.
    """
    program = compile_program(scenario.topology, scenario.cluster)
    demand = demand_of(program)
    rows = [
        (route, service, demand.visits[r, s], demand.cpu_s[r, s])
        for r, route in enumerate(program.routes)
        for s, service in enumerate(program.services)
        if demand.visits[r, s] > 0
    ]
    return pd.DataFrame(rows, columns=["route", "service", "visits", "cpu_s"])
