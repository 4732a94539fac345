"""A what-if that answers while a slider moves: closed forms over the busiest day of a scenario."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fvcapacity.analytic import Analysis, Load, Sizing, evaluate, load_of, sizing_of
from fvcapacity.analytic.rates import HourlyRates
from fvcapacity.errors import ScenarioError
from fvcapacity.frozen import replace
from fvcapacity.interactive.answer import WhatIfAnswer
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths import Value

if TYPE_CHECKING:
    from fvcapacity.interactive.sliders import Sliders

_MOST_HOURS = 24
_KEPT = 64
"""Sizings that are remembered: a slider that goes back is answered faster."""


@dataclass(frozen=True)
class WhatIf:
    """A scenario's closed forms, to be asked again and again. Made by `what_if`; a notebook shows it as sliders.

    Attributes
    ----------
    scenario
        As it was given: today.
    load
        What comes, in the 24 hours around the busiest one (all hours of a shorter window).
    today
        What closed forms make of it as it is.
    """

    scenario: Scenario = field(repr=False)
    load: Load = field(repr=False)
    today: Analysis = field(repr=False)
    _made: dict[tuple[tuple[str, Value], ...], tuple[Load, Sizing]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def ask(self, traffic: float = 1.0, values: Mapping[str, Value] | None = None) -> WhatIfAnswer:
        """Return what closed forms make of other traffic and other values; tens of milliseconds.

        Parameters
        ----------
        traffic
            Times the scenario's traffic, above 0; of a closed loop of users 1 alone.
        values
            New value of fields by their path, as `Scenario.with_values` takes them:
            ``{"deployment/auth-service.limits.cpu": "500m", "hpa/cart-service.max": 8}``.

        Returns
        -------
        WhatIfAnswer
            Tables of routes (seconds) and services (pods, ratios), today and as asked. It is no verdict.

        Raises
        ------
        ScenarioError
            When the multiple is none, or with everything that is wrong with paths and values.
        """
        self._check(traffic)
        load, sizing = self._sizing(dict(values or {}))
        asked = evaluate(_times(load, traffic), sizing)
        return WhatIfAnswer(self.scenario, traffic, dict(values or {}), self.today, asked)

    def sliders(self, workload: str | None = None) -> Sliders:
        """Return sliders for the traffic and for what one workload is given.

        Parameters
        ----------
        workload
            ``kind/name`` of the one to begin with; default: the one of the service nearest to its end.

        Returns
        -------
        Sliders
            A notebook shows it; ``answer`` holds what is shown, ``values`` what was moved.

        Raises
        ------
        InputError
            When ipywidgets is not installed, which the extra ``notebooks`` brings, or no service of that workload is
            called.
        """
        from fvcapacity.interactive.sliders import Sliders  # ipywidgets, only when it is needed

        return Sliders(self, workload)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Show sliders where there are any, and beside them a card for pages that run nothing."""
        from fvcapacity.interactive.sliders import widget_bundle

        return {**widget_bundle(self), "text/html": self.ask()._repr_html_()}

    def _check(self, traffic: float) -> None:
        if not (math.isfinite(traffic) and traffic > 0):
            raise ScenarioError(f"{traffic} is no multiple of traffic", hint="give a number above 0, such as 1.5")
        if self.scenario.traffic is None and traffic != 1:
            hint = "give traffic as rates (weekly or a file); for users, vary their number"
            raise ScenarioError("a closed loop of users has no multiple of its traffic", hint=hint)

    def _sizing(self, values: dict[str, Value]) -> tuple[Load, Sizing]:
        key = tuple(sorted(values.items()))
        if key not in self._made:
            if len(self._made) >= _KEPT:
                self._made.pop(next(iter(self._made)))
            changed = self.scenario.with_values(values) if values else self.scenario
            same = changed.topology == self.scenario.topology and changed.file.traffic == self.scenario.file.traffic
            load = self.load if same else busiest_day(load_of(changed))
            self._made[key] = load, sizing_of(changed, load.program)
        return self._made[key]


def what_if(scenario: Scenario) -> WhatIf:
    """Return closed forms over a scenario that answer what-if questions in tens of milliseconds, never with a verdict.

    In a notebook it shows sliders (with the extra ``notebooks``): traffic, and CPU request, CPU limit and replicas of a
    workload. `WhatIf.ask` is the same without them. How far closed forms can be trusted stands in
    ``docs/explanation/analytic.md``; what is to be believed is replayed (`simulate`, `compare`).

    Parameters
    ----------
    scenario
        As ``load_scenario`` returned it.

    Returns
    -------
    WhatIf
        To be asked.
    """
    load = busiest_day(load_of(scenario))
    return WhatIf(scenario, load, evaluate(load, sizing_of(scenario, load.program)))


def busiest_day(load: Load) -> Load:
    """Return a load over the 24 hours with the most traffic among those that hold the busiest hour."""
    totals = load.rates.peak_rps.sum(axis=1)
    if len(totals) <= _MOST_HOURS:
        return load
    busiest = int(np.argmax(totals))
    starts = range(max(0, busiest - _MOST_HOURS + 1), min(busiest, len(totals) - _MOST_HOURS) + 1)
    first = max(starts, key=lambda start: float(totals[start : start + _MOST_HOURS].sum()))
    hours, rates = slice(first, first + _MOST_HOURS), load.rates
    kept = HourlyRates(rates.start_ns[hours], rates.covered_s[hours], rates.mean_rps[hours], rates.peak_rps[hours])
    return replace(load, rates=kept)


def _times(load: Load, traffic: float) -> Load:
    rates = load.rates
    scaled = replace(rates, mean_rps=rates.mean_rps * traffic, peak_rps=rates.peak_rps * traffic)
    return replace(load, rates=scaled)
