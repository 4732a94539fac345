"""Planned days: for events on the calendar, minimums of HPAs and node pools that are ready before the wave.

For each wave minimums are searched on its rise (`search`), with the HPA alone next to them. What was found for all
waves becomes one schedule, which is replayed over the whole window with fresh seeds (`proof`). A wave that the HPA
bears there by itself gets no schedule, unless it costs less; what is handed over is what was replayed last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from fvcapacity.errors import ScenarioError
from fvcapacity.frozen import Frozen
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.schedule import ScheduledChange
from fvcapacity.study.planning.calendar import Raise, scheduled
from fvcapacity.study.planning.candidates import present_minimums
from fvcapacity.study.planning.proof import Proof, Prover, WaveProof
from fvcapacity.study.planning.search import Searcher, WaveSearch
from fvcapacity.study.planning.waves import waves_of

LEADS_NS: tuple[int, ...] = tuple(minutes * 60 * 10**9 for minutes in (2, 3, 5, 10, 15, 20, 30))
"""Leads that are tried unless others are given."""
SEARCHED = 3
"""Replays of a rise in the search, and the fewest of a proof unless it is said."""

Verdict = Literal["schedule", "helps", "leave it to the HPA", "no schedule helps"]
Tell = Callable[[str], None]


class WavePlan(Frozen):
    """What is to be done for one wave.

    Attributes
    ----------
    verdict
        ``schedule``: with it every window of the rise holds; ``helps``: fewer fail, but not none; ``leave it to the
        HPA``: it holds by itself; ``no schedule helps``: none that was tried is better.
    raised
        Minimums and lead; None without a schedule.
    """

    verdict: Verdict
    search: WaveSearch
    proof: WaveProof
    raised: Raise | None


@dataclass(frozen=True, eq=False)
class DayPlan:
    """A plan for the waves of a window.

    Attributes
    ----------
    scenario
        As it was loaded, without a schedule.
    waves
        In order of time.
    proof
        The replays of the whole window, whose schedule is the one that is handed over.
    notes
        What a reader has to know besides.
    """

    scenario: Scenario = field(repr=False)
    waves: tuple[WavePlan, ...]
    proof: Proof
    notes: tuple[str, ...] = ()

    @property
    def schedule(self) -> tuple[ScheduledChange, ...]:
        """The changes to make, in order of time; empty when all is left to the HPA."""
        return self.proof.schedule


def plan_days(
    scenario: Scenario,
    *,
    events: Sequence[str] | None = None,
    leads_ns: Sequence[int] | None = None,
    replications: int | None = None,
    searched: int = SEARCHED,
    jobs: int = 1,
    tell: Tell | None = None,
) -> DayPlan:
    """Find the schedule of minimums that has pods ready before the waves on the calendar, and prove it.

    Parameters
    ----------
    scenario
        With open arrivals and `traffic.events`.
    events
        Names of the events to plan for; default: all that raise the traffic within the window.
    leads_ns
        How long before a rise a change may be made, nanoseconds; default: `LEADS_NS`.
    replications
        Replays of the proof, on seeds that the search has not seen; default: what the scenario says, at least 3.
    searched
        Replays of a wave's rise for each set of minimums and each lead.
    jobs
        Processes to spread replications over. The plan does not depend on it.
    tell
        Told in a few words what is being done.

    Returns
    -------
    DayPlan
        Waves with the minimums to raise and when, and their proof beside leaving it to the HPA.

    Raises
    ------
    ScenarioError
        When there is nothing to plan for, or nothing whose minimum could be raised.
    """
    leads = tuple(sorted(set(leads_ns or LEADS_NS)))
    waves, remarks = waves_of(scenario, events, leads[0])
    present = present_minimums(scenario)
    if not present:
        hint = "write a HorizontalPodAutoscaler, or set replicas by hand"
        raise ScenarioError("the manifests have no HPA, so that there is no minimum to raise", hint=hint)
    system = scheduled(scenario, ())
    say = tell or (lambda words: None)
    searcher = Searcher(system, leads, range(searched), jobs, say)
    searches = [searcher.search(wave) for wave in waves]
    prover = Prover(system, waves, replications or max(scenario.file.replications, SEARCHED), jobs)
    chosen = {number for number, search in enumerate(searches) if search.best is not None and not search.alone.holds}
    proof = _proven(prover, searches, chosen, say)
    notes = list(remarks)
    if scenario.file.schedule:
        notes.append("The scenario's own schedule is left out: the plan is one from scratch.")
    if any(wave.end_ns >= scenario.file.window.duration for wave in waves):
        notes.append("A wave outlasts the window: what comes after the window was not replayed.")
    plans = tuple(
        WavePlan(_verdict(proof.waves[n], n in chosen), search, proof.waves[n], _raise(search) if n in chosen else None)
        for n, search in enumerate(searches)
    )
    return DayPlan(system, plans, proof, tuple(notes))


def _proven(prover: Prover, searches: Sequence[WaveSearch], chosen: set[int], say: Tell) -> Proof:
    """Replay the whole window until nothing that fresh seeds say changes which waves get a schedule (``chosen``)."""
    added = set(chosen)
    while True:
        say("the whole window, with fresh seeds")
        proof = prover.prove([_raise(searches[number]) for number in sorted(chosen)])
        idle = {number for number in chosen if _is_idle(proof, proof.waves[number])}
        missing = {
            number
            for number, search in enumerate(searches)
            if number not in added and search.best is not None and proof.waves[number].failing() > 0
        }
        if not idle and not missing:
            return proof
        added |= missing
        chosen -= idle
        chosen |= missing


def _is_idle(proof: Proof, wave: WaveProof) -> bool:
    """Tell whether a wave needs no schedule on fresh seeds: it holds without, at no greater cost, or not with it."""
    if wave.failing() > 0:
        return wave.failing(planned=True) >= wave.failing()
    cost = proof.difference("cost")
    return cost.high is None or cost.high >= 0


def _raise(search: WaveSearch) -> Raise:
    assert search.best is not None, "only what was tried is scheduled"
    return Raise(search.wave, search.best.lead_ns, search.best.values)


def _verdict(proof: WaveProof, is_chosen: bool) -> Verdict:
    if is_chosen:
        return "schedule" if proof.failing(planned=True) == 0 else "helps"
    return "leave it to the HPA" if proof.failing() == 0 else "no schedule helps"
