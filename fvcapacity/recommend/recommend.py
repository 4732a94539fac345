"""A recommendation: the search's answer as a verdict, with a reason for every number and what was given up for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Literal

from fvcapacity.display.plots import Plots
from fvcapacity.frozen import Frozen
from fvcapacity.recommend.bounds import Bounds
from fvcapacity.recommend.candidates import Candidates, Values
from fvcapacity.recommend.costing import Costing, offers_in
from fvcapacity.recommend.evaluation import Evaluator, OutOfTimeError, Place, whole_places
from fvcapacity.recommend.floors import month_use
from fvcapacity.recommend.reasons import Reasoned, Reasons
from fvcapacity.recommend.search import CONFIRMED_WITH, NODE_FIELDS, Search
from fvcapacity.recommend.shown import RECOMMENDATION_PLOTS, front_document, recommendation_html
from fvcapacity.recommend.slack import Slack, slack_of
from fvcapacity.recommend.states import States
from fvcapacity.recommend.tried import Tried, front_of
from fvcapacity.recommend.variables import limits_of, variables_of
from fvcapacity.scenario.model import NodePool, Scenario
from fvcapacity.scenario.paths.values import Value
from fvcapacity.study.headroom import bisect

if TYPE_CHECKING:
    from matplotlib.figure import Figure


VerdictName = Literal["recommended", "left alone", "no configuration", "unfinished"]
_COARSE = 1.1
"""Ratio at which the bisection of the traffic that the nearest system would bear stops."""


class FrontPoint(Frozen):
    """A candidate that holds, and than which none that was tried is both cheaper and faster.

    ``machines_usd`` and ``requests_usd`` are what the search reckons of a month, not a bill; ``p95_s`` is that of the
    slowest route in the worst window at the peaks.
    """

    values: Values
    machines_usd: float
    requests_usd: float
    p95_s: float


class Nearest(Frozen):
    """What comes nearest, where nothing holds.

    Attributes
    ----------
    values
        Of the candidate with the smallest excess.
    excess
        Its worst figure over its threshold.
    why_not
        What it breaks.
    bears
        Largest multiple of the traffic that was seen to hold with it; NaN when it was not looked for.
    """

    values: Values
    excess: float
    why_not: str
    bears: float


@dataclass(frozen=True)
class Recommendation:
    """What was found.

    Attributes
    ----------
    verdict, sentence
        The answer, and in words. ``unfinished``: the time was over before anything was found that holds; a search that
        ran out of time with something that holds says so in the sentence, and ``complete`` is False.
    changes
        Fields that change, each with its reason; empty unless recommended.
    today_usd, usd
        A month by the calendar, from the bills of replays; NaN when it was not confirmed.
    front
        Cost against p95, the cheapest first.
    slack
        CPU that is requested and not used, over a month; None when nothing was found.
    machines
        Choices of node pools by their name, as values of `MACHINES` name them.
    tried
        Every candidate that was tried on all peaks, in its order.
    """

    scenario: Scenario = field(repr=False)
    verdict: VerdictName
    sentence: str
    changes: tuple[Reasoned, ...] = ()
    today_usd: float = math.nan
    usd: float = math.nan
    front: tuple[FrontPoint, ...] = ()
    slack: Slack | None = None
    machines: Mapping[str, Mapping[str, NodePool | None]] = field(default_factory=dict)
    nearest: Nearest | None = None
    mended: tuple[str, ...] = ()
    stretches: tuple[Place, ...] = ()
    trials: int = 0
    recalled: int = 0
    complete: bool = True
    tried: tuple[Tried, ...] = field(default=(), repr=False)

    @property
    def values(self) -> dict[str, Value]:
        """New values by path, as a candidate has them: machines of other types stand as one value of ``nodes``."""
        return {item.path: item.after for item in self.changes}

    @property
    def pools(self) -> Mapping[str, NodePool | None]:
        """Node pools that come, and None for those that go; empty where only numbers of machines change."""
        return Candidates(self.scenario, dict(self.machines)).pools(self.values)

    @property
    def plot(self) -> Plots:
        """The figures: ``plot()`` is the overview, ``plot(name)`` one of ``plot.names``.

        Raises
        ------
        InputError
            When it is called with another name, with the list of names.
        """
        return Plots(RECOMMENDATION_PLOTS, self._draw)

    def _draw(self, name: str) -> Figure:
        from fvcapacity.plots.front import draw_front  # matplotlib, only when it is needed

        return draw_front(front_document(self.front))

    def _repr_html_(self) -> str:
        return recommendation_html(self)


def recommend(
    scenario: Scenario,
    *,
    jobs: int = 1,
    time_limit_s: float | None = None,
    cache: Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> Recommendation:
    """Search for the cheapest configuration that keeps the objectives, by the policy of the scenario.

    Parameters
    ----------
    scenario
        With prices, and as it was loaded.
    jobs
        Processes to spread trials over. What is found does not depend on it.
    time_limit_s
        After so long no further trial begins, and the best that was found until then is the answer, which says so.
        Only without a limit is the answer the same on every machine.
    cache
        Directory where trials are kept: a search that was interrupted goes on from there.
    tell
        Told in a few words what is being done.

    Raises
    ------
    ScenarioError
        When a pool has no price, or pins and bounds are wrong.
    """
    offers_in(scenario)
    bounds = bounds_of(scenario)
    deadline = None if time_limit_s is None else monotonic() + time_limit_s
    candidates = Candidates(scenario)
    evaluator = Evaluator(candidates, jobs, cache, deadline, tell or (lambda words: None))
    search = Search(States(evaluator, Costing(candidates), bounds))
    return _Verdict(search).of(search.run())


def bounds_of(scenario: Scenario) -> Bounds:
    """Return the pins and bounds of a scenario's policy, checked.

    Raises
    ------
    ScenarioError
        When they name fields that there are not, or contradict each other.
    """
    firsts = {
        item.key: next(c.name for c in item.template.containers if c.kind != "init")
        for item in scenario.cluster.workloads
        if any(c.kind != "init" for c in item.template.containers)
    }
    policy = scenario.file.recommend
    bounds = Bounds(policy, firsts)
    free = Bounds(policy.model_copy(update={"pins": (), "bounds": {}}), firsts)
    known = [item.path for item in variables_of(scenario, free)] + [path for path, _ in limits_of(scenario, policy)]
    for hpa in scenario.cluster.autoscalers:
        known.append(f"hpa/{hpa.name}.max")
    for name in scenario.file.nodes:
        known += [f"nodes/{name}.{field}" for field in NODE_FIELDS]
    bounds.check(known)
    return bounds


class _Verdict:
    """Makes a recommendation of a search that is over."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.states = search.states
        self.evaluator = search.states.evaluator

    def of(self, complete: bool) -> Recommendation:
        search = self.search
        if search.best is None:
            return self._nothing(complete)
        values = self.states.complete(search.best)
        today, before = self._today()
        if not values:
            sentence = "The system is left alone: it holds, and nothing that was tried is cheaper and holds."
            return self._made("left alone", self._timed(sentence, complete), (), complete=complete)
        try:
            usd, today_usd = self.month(values), self.month({})
        except OutOfTimeError:
            usd = today_usd = math.nan
            complete = False
        if today and not _less(usd, today_usd):
            sentence = (
                f"The system is left alone: it holds at {today_usd:.2f} USD a month, and the cheapest requests that"
                f" hold come to {usd:.2f} USD for machines all the same."
            )
            return self._made("left alone", self._timed(sentence, complete), (), today_usd, usd, complete=complete)
        money = (
            f": {usd:.2f} USD a month, against {today_usd:.2f} USD today"
            if not math.isnan(usd)
            else " of today's system"
        )
        sentence = f"{len(values)} fields change{money}, {before}."
        changes, explained = Reasons(self.states, search.chosen).of(values)
        complete = complete and explained
        return self._made("recommended", self._timed(sentence, complete), changes, today_usd, usd, complete=complete)

    def month(self, values: Values) -> float:
        """Return USD a month by the calendar, from bills of whole stretches."""
        total = 0.0
        for name, days in self.evaluator.candidates.month.items():
            places = whole_places(self.evaluator.candidates, name, CONFIRMED_WITH)
            bills = [outcome.cost_usd / outcome.hours for outcome in self.evaluator.every(values, places)]
            total += days * 24 * sum(bills) / len(bills)
        return total

    def _slack(self) -> Slack | None:
        """Return the slack of what was found, from the replays that confirmed it."""
        search, candidates = self.search, self.evaluator.candidates
        assert search.best is not None
        values = self.states.complete(search.best)
        places = [place for place in self.states.whole(CONFIRMED_WITH[:1]) if place.stretch in candidates.seen_days]
        outcomes = self.evaluator.known(values, places)
        made = candidates.made(values)
        if len(outcomes) < len(places) or isinstance(made, str):
            return None
        use = month_use((candidates.seen_days[p.stretch], o) for p, o in zip(places, outcomes, strict=True))
        price = min(offer.usd_per_hour / offer.pool.allocatable_cpu for offer in offers_in(made))
        return slack_of(made, use, self.states.floors, price)

    def _today(self) -> tuple[bool, str]:
        """Return whether the system as it is does, and in words how it stands."""
        try:
            outcomes = self.evaluator.outcomes({}, self.states.places)
            why = self.states.try_out({}).why_not
        except OutOfTimeError:
            return False, "of which too little is known"
        if not outcomes[-1].holds:
            return False, "which does not hold"
        if why:
            return False, f"which holds, but {why}"
        if self.states.start():
            return False, "which holds, but not within pins, bounds and policy"
        return True, "which holds too"

    def _timed(self, sentence: str, complete: bool) -> str:
        return sentence if complete else f"{sentence} The time was over before the search was: it may not be the best."

    def _made(
        self,
        verdict: VerdictName,
        sentence: str,
        changes: Iterable[Reasoned],
        today_usd: float = math.nan,
        usd: float = math.nan,
        nearest: Nearest | None = None,
        complete: bool = True,
    ) -> Recommendation:
        search, changes = self.search, tuple(changes)
        return Recommendation(
            scenario=self.states.base,
            verdict=verdict,
            sentence=sentence,
            changes=changes,
            today_usd=today_usd,
            usd=usd,
            front=front(self.states.tried.values()),
            slack=self._slack() if search.best is not None else None,
            machines=dict(self.evaluator.candidates.machines),
            nearest=nearest,
            mended=tuple(search.mended),
            stretches=tuple(self.states.places),
            trials=self.evaluator.trials,
            recalled=self.evaluator.recalled,
            complete=complete,
            tried=tuple(self.states.tried.values()),
        )

    def _nothing(self, complete: bool) -> Recommendation:
        search = self.search
        tried = [item for item in self.states.tried.values() if item.cost is not None]
        if not complete:
            return self._made(
                "unfinished", "The time was over before anything was found that holds.", (), complete=False
            )
        nearest = min(tried, key=lambda item: item.excess, default=None)
        if nearest is None:
            return self._made("no configuration", f"No configuration can be tried: {search.stuck}.", ())
        bears, stuck = self._bears(nearest), search.stuck.rstrip(".")
        words = f"{bears:.2f} times the traffic" if bears > 0 else "no multiple of the traffic"
        sentence = f"No configuration holds within pins and bounds: {stuck}. The nearest bears {words}."
        found = Nearest(nearest.values, nearest.excess, nearest.why_not, bears)
        return self._made("no configuration", sentence, (), nearest=found)

    def _bears(self, nearest: Tried) -> float:
        candidates = self.evaluator.candidates
        least = math.inf
        for name in dict.fromkeys(place.stretch for place in self.states.places):
            part = candidates.over(nearest.values, name)
            if part.traffic is None:
                return math.nan
            parts = [place.peak for place in self.states.places if place.stretch == name]
            least = min(least, bisect(part, parts, 0, _COARSE)[0].holds)
        return least


def front(tried: Iterable[Tried]) -> tuple[FrontPoint, ...]:
    """Return the candidates that hold and that none beats in both cost and p95, the cheapest first."""
    return tuple(FrontPoint(item.values, *item.cost, item.p95_s) for item in front_of(tried) if item.cost is not None)


def _less(usd: float, than: float) -> bool:
    """Tell whether a bill is smaller by more than a cent in a hundred dollars; what is not known is."""
    return math.isnan(usd) or math.isnan(than) or usd < than * (1 - 1e-4)
