"""The proof: the whole window replayed with fresh seeds, left to the HPA and with the schedule, in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fvcapacity.frozen import Frozen, replace
from fvcapacity.results.estimators import Estimate, estimate_paired
from fvcapacity.results.measures import MEASURES, MeasureName
from fvcapacity.results.result import Result
from fvcapacity.run import Replications, as_run, replication_seed
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.schedule import ScheduledChange
from fvcapacity.study.planning.calendar import Raise, schedule_of, scheduled
from fvcapacity.study.planning.candidates import present_minimums
from fvcapacity.study.planning.figures import Rise, ready_after, rise_of
from fvcapacity.study.planning.waves import Wave
from fvcapacity.units import NS_PER_S

FRESH = 2000
"""First number of the replications of a proof: no search comes so far."""


class WaveProof(Frozen):
    """One wave in all replays of a proof.

    Attributes
    ----------
    alone, planned
        Left to the HPA, and with the schedule; None where there is none.
    ready_s
        How long after its change what was raised for this wave was ready, seconds; empty when nothing was.
    """

    alone: tuple[Rise, ...]
    planned: tuple[Rise, ...] | None
    ready_s: tuple[float, ...] = ()

    def failing(self, planned: bool = False) -> int:
        """Return how many windows of the rise failed, over all replications."""
        return sum(rise.failing for rise in (self.planned or () if planned else self.alone))

    def held(self, planned: bool = False) -> int:
        """Return in how many replications no window of the rise failed."""
        return sum(rise.failing == 0 for rise in (self.planned or () if planned else self.alone))


@dataclass(frozen=True)
class Proof:
    """Both systems over the whole window.

    Attributes
    ----------
    planned
        With the schedule; None when there is none.
    waves
        In the order that was asked for.
    """

    schedule: tuple[ScheduledChange, ...]
    alone: Result = field(repr=False)
    planned: Result | None = field(repr=False)
    waves: tuple[WaveProof, ...]

    def figures(self, name: MeasureName, planned: bool = False) -> list[float]:
        """Return a measure of every replication."""
        result = self.planned if planned and self.planned is not None else self.alone
        return [float(value) for value in MEASURES[name].of(result.tables)]

    def difference(self, name: MeasureName) -> Estimate:
        """Return the paired difference of a measure: with the schedule minus without."""
        return estimate_paired(self.figures(name), self.figures(name, planned=True)).difference


class Prover:
    """Replays the whole window; the system without a schedule once."""

    def __init__(self, scenario: Scenario, waves: Sequence[Wave], replications: int, jobs: int) -> None:
        seed = int(replication_seed(scenario.file.seed, FRESH)) & (2**63 - 1)
        file = scenario.file.model_copy(update={"seed": seed})
        self.scenario = replace(scenario, file=file)
        self.waves, self.replications, self.jobs = tuple(waves), replications, jobs
        self._alone: Result | None = None

    def prove(self, raises: Sequence[Raise]) -> Proof:
        """Replay the window left to the HPA, and with what is raised for some waves.

        Raises
        ------
        KeyboardInterrupt
            When it was interrupted: half a proof is none.
        """
        if self._alone is None:
            self._alone = self._result(())
        schedule = schedule_of(self.scenario, raises, present_minimums(self.scenario))
        planned = self._result(schedule) if schedule else None
        by_wave = {item.wave.number: item for item in raises}
        waves = [self._wave(wave, planned, by_wave.get(wave.number)) for wave in self.waves]
        return Proof(schedule, self._alone, planned, tuple(waves))

    def _wave(self, wave: Wave, planned: Result | None, raised: Raise | None) -> WaveProof:
        assert self._alone is not None, "it was replayed before"
        alone = self._rises(self._alone, wave)
        if planned is None:
            return WaveProof(alone, None)
        ready: tuple[float, ...] = ()
        if raised is not None:
            since_s = raised.from_ns / NS_PER_S
            numbers = range(self.replications)
            ready = tuple(ready_after(self.scenario, planned.tables, n, raised.values, since_s) for n in numbers)
        return WaveProof(alone, self._rises(planned, wave), ready)

    def _result(self, schedule: tuple[ScheduledChange, ...]) -> Result:
        runs = Replications(as_run(scheduled(self.scenario, schedule), seed=None, plane=None), self.jobs)
        if not runs.extend(self.replications):
            raise KeyboardInterrupt
        return runs.result()

    def _rises(self, result: Result, wave: Wave) -> tuple[Rise, ...]:
        numbers = range(self.replications)
        return tuple(rise_of(result.tables, n, wave, 0, self.scenario.file.objectives) for n in numbers)
