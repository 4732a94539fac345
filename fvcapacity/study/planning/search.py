"""The search for one wave: which minimums, and how long before its rise, tried on the same customers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fvcapacity.frozen import Frozen, replace
from fvcapacity.results.estimators import Estimate, estimate_paired
from fvcapacity.scenario.model import Scenario
from fvcapacity.study.peaks import Peak
from fvcapacity.study.planning.calendar import Raise, schedule_of, scheduled
from fvcapacity.study.planning.candidates import Candidate, candidates, present_minimums
from fvcapacity.study.planning.figures import Outcome, outcome_of
from fvcapacity.study.planning.waves import Wave
from fvcapacity.study.trial import try_out
from fvcapacity.units import format_duration

Tell = Callable[[str], None]


class Attempt(Frozen):
    """Minimums that were tried with one lead, in every replication.

    Attributes
    ----------
    words
        Which minimums.
    lead_ns
        How long before the rise.
    """

    words: str
    values: Mapping[str, int]
    lead_ns: int
    outcomes: tuple[Outcome, ...]

    @property
    def ready_s(self) -> float:
        """How long it took at most until everything was there and ready; infinite when that was not seen."""
        return max(outcome.ready_s for outcome in self.outcomes)

    @property
    def in_time(self) -> bool:
        """Whether everything was ready before the rise, in every replication."""
        return self.ready_s * 1e9 <= self.lead_ns

    @property
    def failing(self) -> float:
        """Failing windows of the rise, the mean over the replications."""
        return sum(outcome.rise.failing for outcome in self.outcomes) / len(self.outcomes)

    @property
    def holds(self) -> bool:
        """Whether no window of the rise failed in any replication."""
        return self.failing == 0

    @property
    def price(self) -> float:
        """What the stretch cost: USD, or node-hours where nothing has a price; the mean over the replications."""
        usd = sum(outcome.usd for outcome in self.outcomes) / len(self.outcomes)
        return usd if not math.isnan(usd) else sum(o.node_hours for o in self.outcomes) / len(self.outcomes)


class WaveSearch(Frozen):
    """What was tried for one wave.

    Attributes
    ----------
    alone
        Left to the HPA.
    attempts
        In the order in which they were tried; of each set of minimums the last is the latest that was in time.
    best
        The attempt that may be proven; None when none is better than the HPA alone.
    """

    wave: Wave
    stretch: Peak
    alone: Attempt
    attempts: tuple[Attempt, ...]
    best: Attempt | None

    def more(self, attempt: Attempt, of: Callable[[Outcome], float]) -> Estimate:
        """Return how much more (or less) of something there is than with the HPA alone, on the same customers."""
        before, after = ([of(outcome) for outcome in item.outcomes] for item in (self.alone, attempt))
        return estimate_paired(before, after).difference


@dataclass
class Searcher:
    """Searches wave by wave; others are left to the HPA meanwhile.

    Attributes
    ----------
    scenario
        Without a schedule.
    leads_ns
        Leads to try.
    numbers
        Replications to search on.
    """

    scenario: Scenario
    leads_ns: Sequence[int]
    numbers: Sequence[int]
    jobs: int
    tell: Tell

    def search(self, wave: Wave) -> WaveSearch:
        """Try minimums for one wave: each with the shortest lead, then longer ones until it is ready in time."""
        duration = self.scenario.file.window.duration
        leads = sorted({lead for lead in self.leads_ns if lead <= wave.begin_ns})
        stretch = wave.stretch(leads[-1], duration)
        self.tell(f"{wave.name}: left to the HPA")
        alone = self._attempt(wave, stretch, Candidate("left to the HPA", {}), 0)
        attempts: list[Attempt] = []
        for candidate in candidates(self.scenario, alone.outcomes):
            attempts += self._with_leads(wave, stretch, candidate, leads)
        return WaveSearch(wave, stretch, alone, tuple(attempts), _best(alone, attempts))

    def _with_leads(self, wave: Wave, stretch: Peak, candidate: Candidate, leads: Sequence[int]) -> list[Attempt]:
        done: list[Attempt] = []
        needed = 0.0
        for lead in leads:
            if lead < needed and lead != leads[-1]:
                continue  # a replay has shown that this is too late
            self.tell(f"{wave.name}: {candidate.words}, {format_duration(lead)} before the rise")
            attempt = self._attempt(wave, stretch, candidate, lead)
            done.append(attempt)
            if attempt.in_time:
                break
            needed = attempt.ready_s * 1e9
        return done

    def _attempt(self, wave: Wave, stretch: Peak, candidate: Candidate, lead: int) -> Attempt:
        raised = Raise(wave, lead, candidate.values)
        changes = schedule_of(self.scenario, [raised], present_minimums(self.scenario)) if candidate.values else ()
        system = replace(scheduled(self.scenario, changes), patcher=None, reader=None)
        tasks = [(system, wave, stretch, raised, number) for number in self.numbers]
        if self.jobs == 1:
            outcomes = [_tried(*task) for task in tasks]
        else:
            from joblib import Parallel, delayed

            outcomes = Parallel(n_jobs=self.jobs)(delayed(_tried)(*task) for task in tasks)
        return Attempt(candidate.words, candidate.values, lead, tuple(outcomes))


def _tried(scenario: Scenario, wave: Wave, stretch: Peak, raised: Raise, number: int) -> Outcome:
    trial = try_out(scenario, stretch, number)
    return outcome_of(scenario, trial.result, wave, stretch.start_ns, raised.values, raised.from_ns)


def _best(alone: Attempt, attempts: Sequence[Attempt]) -> Attempt | None:
    """Return the cheapest attempt that holds, or else the one with the fewest failing windows, if fewer than alone.

    At the same price fewer fields are better, and then more pods: what costs nothing may be kept in hand.
    """
    ready = [attempt for attempt in attempts if attempt.in_time]
    holding = [attempt for attempt in ready if attempt.holds]
    if holding:
        return min(holding, key=_dearness)
    better = [attempt for attempt in ready if attempt.failing < alone.failing]
    return min(better, key=lambda item: (item.failing, *_dearness(item)), default=None)


def _dearness(attempt: Attempt) -> tuple[float, int, int]:
    return round(attempt.price, 6), len(attempt.values), -sum(attempt.values.values())
