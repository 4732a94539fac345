"""The answer of closed forms: tables, a sentence on what is nearest to its end, a card and figures."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fvcapacity.analytic import Analysis
from fvcapacity.display.html import Html, card, chip, joined, line, soft, table
from fvcapacity.display.plots import Plots
from fvcapacity.display.sparkline import sparkline
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths import Value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LABEL: Final = "closed form, no verdict"
PLOTS: Final = {
    "overview": "the two figures below beside each other",
    "latency": "p95 of the slowest route by the hour, today and as asked",
    "utilization": "CPU and throttling of the services nearest to their end, in the busiest minute",
}
_MOST_ROWS = 5
_SPENT = 0.05
"""Share of CFS periods from which on a spent quota is worth a word."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WhatIfAnswer:
    """What closed forms say of a question. A replay may say otherwise, and is what counts.

    Attributes
    ----------
    scenario
        That was asked about.
    traffic
        Times its traffic.
    values
        What was changed, by path.
    today, asked
        The analyses, in arrays by hour.
    """

    scenario: Scenario = field(repr=False)
    traffic: float
    values: Mapping[str, Value]
    today: Analysis = field(repr=False)
    asked: Analysis = field(repr=False)

    @cached_property
    def routes(self) -> pd.DataFrame:
        """p95 of each route in its worst hour, the slowest first.

        Returns
        -------
        pandas.DataFrame
            Columns ``route, requests_rps, p95_today_s, p95_s``, a row for each route; infinite where a station on its
            way cannot keep up.
        """
        columns = {
            "route": self.asked.routes,
            "requests_rps": self.asked.load.rates.peak_rps.max(axis=0),
            "p95_today_s": self.today.route_p95_s.max(axis=0),
            "p95_s": self.asked.route_p95_s.max(axis=0),
        }
        return pd.DataFrame(columns).sort_values("p95_s", ascending=False, kind="stable", ignore_index=True)

    @cached_property
    def services(self) -> pd.DataFrame:
        """Pods, utilization and throttling of each service in its busiest minute, the nearest to its end first.

        Returns
        -------
        pandas.DataFrame
            Columns ``service, pods_today, pods, utilization_today_ratio, utilization_ratio, throttled_today_ratio,
            throttled_ratio``, a row for each service. Utilization is CPU over what the pods may use: 1 and more is not
            served. The last two are shares of all CFS periods.
        """
        sides = {"_today": self.today, "": self.asked}
        columns: dict[str, object] = {"service": self.asked.services}
        columns |= {f"pods{side}": found.replicas.max(axis=0) for side, found in sides.items()}
        columns |= {f"utilization{side}_ratio": found.peak_utilization.max(axis=0) for side, found in sides.items()}
        columns |= {f"throttled{side}_ratio": found.throttled_ratio.max(axis=0) for side, found in sides.items()}
        frame = pd.DataFrame(columns)
        nearness = frame[["utilization_ratio", "throttled_ratio"]].max(axis=1)
        return frame.iloc[nearness.argsort(kind="stable")[::-1]].reset_index(drop=True)

    @cached_property
    def hours(self) -> pd.DataFrame:
        """The route that is slowest in the worst hour, hour by hour.

        Returns
        -------
        pandas.DataFrame
            Columns ``time_utc, requests_rps, p95_today_s, p95_s``: requests of all routes in the busiest minute.
        """
        column = self.asked.routes.index(self.slowest)
        rates = self.asked.load.rates
        return pd.DataFrame(
            {
                "time_utc": pd.to_datetime(rates.start_ns, utc=True),
                "requests_rps": rates.peak_rps.sum(axis=1),
                "p95_today_s": self.today.route_p95_s[:, column],
                "p95_s": self.asked.route_p95_s[:, column],
            }
        )

    @cached_property
    def slowest(self) -> str:
        """The route with the largest p95, today or as asked."""
        worst = np.maximum(self.today.route_p95_s.max(axis=0), self.asked.route_p95_s.max(axis=0))
        return str(self.asked.routes[int(np.argmax(worst))])

    @property
    def bottleneck(self) -> str:
        """What is nearest to its end, in a sentence."""
        first = self.services.iloc[0]
        used = f"{100 * first.utilization_ratio:,.0f} % of the CPU that its {_pods(first.pods)} may use"
        if first.utilization_ratio >= 1:
            return f"{first.service} cannot keep up: it would need {used}."
        if first.throttled_ratio > _SPENT:
            share = f"{100 * first.throttled_ratio:.0f} % of its CFS periods end throttled"
            return f"{first.service} is nearest to its end: {share}, and it uses {used}."
        return f"{first.service} is nearest to its end, with {used}."

    @property
    def plot(self) -> Plots:
        """The figures: ``plot()`` is the overview, ``plot(name)`` one of ``plot.names``.

        Raises
        ------
        InputError
            When it is called with another name, with the list of names.
        """
        return Plots(PLOTS, self._draw)

    def _draw(self, name: str) -> Figure:
        from fvcapacity.plots.what_if import draw_what_if  # matplotlib, only when it is needed

        goal, zone = self.scenario.file.objectives.p95_ms, self.scenario.file.time_zone
        return draw_what_if(name, self.hours, self.services, f"p95 of {self.slowest}: {LABEL}", goal, zone)

    def _repr_html_(self) -> str:
        goal = self.scenario.file.objectives.p95_ms
        return card(
            f"{self.scenario.name}, {self.question}",
            chip(LABEL, "plain"),
            line(self.bottleneck),
            self._line(goal),
            table(("route", "requests/s", "p95 ms today", "p95 ms as asked"), self._route_rows()),
            table(("service", "pods", "CPU used % today", "as asked", "throttled % today", "as asked"), self._rows()),
            soft(
                "Formulas of the busiest minute of each hour, at rest; where a quota is spent most of the time they are"
                " wrong by a factor of two or three. Before anything is believed, it is replayed: ",
                self.replay,
            ),
        )

    @property
    def question(self) -> str:
        """What was asked, in words."""
        words = [f"{self.traffic:g} times the traffic"] if self.traffic != 1 else []
        words += [f"{path} = {'none' if value is None else value}" for path, value in self.values.items()]
        return ", ".join(words) or "as it is"

    @property
    def replay(self) -> str:
        """The lines of Python that have the question replayed."""
        values = dict(self.values)
        if self.traffic != 1:
            values["traffic.scale"] = self.scenario.file.traffic.scale * self.traffic
        return f"fv.compare(scenario, scenario.with_values({values!r}))" if values else "fv.simulate(scenario)"

    def _line(self, goal_ms: float) -> Html:
        hours = self.hours
        lines = [(1e3 * hours[name]).tolist() for name in ("p95_s", "p95_today_s")]
        words = (
            f"p95 of {self.slowest} by the hour, blue as asked, orange today; dashed: the objective of {goal_ms:g} ms"
        )
        return joined([sparkline(lines, words, threshold=goal_ms), soft(words)])

    def _route_rows(self) -> list[tuple[str, ...]]:
        rows = self.routes.head(_MOST_ROWS).to_dict("records")
        return [
            (row["route"], f"{row['requests_rps']:,.1f}", _ms(row["p95_today_s"]), _ms(row["p95_s"])) for row in rows
        ]

    def _rows(self) -> list[tuple[str, ...]]:
        ratios = ("utilization_today_ratio", "utilization_ratio", "throttled_today_ratio", "throttled_ratio")
        rows = self.services.head(_MOST_ROWS).to_dict("records")
        return [(row["service"], _change(row), *(f"{100 * row[name]:,.0f}" for name in ratios)) for row in rows]


def _change(row: Mapping[Hashable, float]) -> str:
    before, after = row["pods_today"], row["pods"]
    return f"{before:.0f}" if before == after else f"{before:.0f} -> {after:.0f}"


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:,.0f}" if math.isfinite(seconds) else "cannot keep up"


def _pods(count: float) -> str:
    return "one pod" if count == 1 else f"{count:.0f} pods"
