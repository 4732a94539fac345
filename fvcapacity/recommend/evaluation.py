"""Trials of candidates: on common random numbers, each once, kept on disk so that an interrupted search goes on."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from fvcapacity.frozen import Frozen, asdict, replace
from fvcapacity.inputs.canonical import manifests_hash
from fvcapacity.recommend.candidates import Candidates, Values
from fvcapacity.recommend.outcome import Outcome, outcome_of
from fvcapacity.results.scenario_text import scenario_text
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.recommendation import Policy
from fvcapacity.study.peaks import Peak
from fvcapacity.study.trial import try_out

FORMAT = 4
"""Of what is kept on disk; another one is not read."""


class OutOfTimeError(Exception):
    """The time limit is reached: what was found until now is the answer."""


class Place(Frozen):
    """Where a trial takes place: a stretch of the scenario, a part of it, and the number of the replication."""

    stretch: str
    peak: Peak
    replication: int = 0


@dataclass
class Evaluator:
    """Tries candidates out.

    Attributes
    ----------
    candidates
        Of the system.
    jobs
        Processes to spread trials over. What is found does not depend on it.
    cache
        Directory of outcomes; None keeps them in memory alone.
    deadline
        By the monotonic clock; None for no limit.
    trials, recalled
        How many were run, and how many were found on disk.
    """

    candidates: Candidates
    jobs: int = 1
    cache: Path | None = None
    deadline: float | None = None
    tell: Callable[[str], None] = lambda words: None
    trials: int = 0
    recalled: int = 0
    _known: dict[str, Outcome] = field(default_factory=dict)
    _identity: str = ""

    def outcomes(self, values: Values, places: Sequence[Place]) -> list[Outcome]:
        """Return the outcomes of a candidate that can be, up to the first place where it does not hold.

        Raises
        ------
        OutOfTimeError
            When something would have to be run and the time is over.
        """
        found: list[Outcome] = []
        missing = list(places)
        while missing:
            batch = missing[: max(self.jobs, 1)]
            missing = missing[len(batch) :]
            for outcome in self._batch(values, batch):
                found.append(outcome)
                if not outcome.holds:
                    return found
        return found

    def every(self, values: Values, places: Sequence[Place]) -> list[Outcome]:
        """Return the outcomes of a candidate in all places, whether it holds or not."""
        return self._batch(values, places)

    def known(self, values: Values, places: Sequence[Place]) -> list[Outcome]:
        """Return what is known of a candidate in these places without running anything."""
        recalled = [self._recall(self._key(values, place)) for place in places]
        return [outcome for outcome in recalled if outcome is not None]

    def _batch(self, values: Values, places: Sequence[Place]) -> list[Outcome]:
        keys = [self._key(values, place) for place in places]
        todo = [(key, place) for key, place in zip(keys, places, strict=True) if self._recall(key) is None]
        if todo and self.deadline is not None and monotonic() > self.deadline:
            raise OutOfTimeError
        tasks = [(_watched(self.candidates.over(values, place.stretch)), place) for _, place in todo]
        if len(tasks) > 1 and self.jobs > 1:
            from joblib import Parallel, delayed

            outcomes = Parallel(n_jobs=self.jobs)(delayed(_tried)(*task) for task in tasks)
        else:
            outcomes = [_tried(*task) for task in tasks]
        for (key, _), outcome in zip(todo, outcomes, strict=True):
            self.trials += 1
            self._known[key] = outcome
            self._keep(key, outcome)
        return [self._known[key] for key in keys]

    def _key(self, values: Values, place: Place) -> str:
        if not self._identity:
            base = self.candidates.base
            file = base.file.model_copy(update={"recommend": Policy()})  # what is to be chosen changes no replay
            said = [FORMAT, scenario_text(file), sorted(base.input_hashes.items())]
            said.append(manifests_hash(base.cluster))
            self._identity = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        peak = (place.stretch, place.peak.start_ns, place.peak.duration_ns, place.replication)
        text = json.dumps([self._identity, sorted(values.items()), peak])
        return hashlib.sha256(text.encode()).hexdigest()

    def _recall(self, key: str) -> Outcome | None:
        if key not in self._known and self.cache is not None:
            try:
                found = json.loads((self.cache / f"{key}.json").read_text(encoding="utf-8"))
                self._known[key] = Outcome(**found)
                self.recalled += 1
            except (OSError, ValueError, TypeError):
                return None  # not there, or half of it: it is tried again
        return self._known.get(key)

    def _keep(self, key: str, outcome: Outcome) -> None:
        if self.cache is None:
            return
        self.cache.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.cache, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(outcome), file)
        Path(name).replace(self.cache / f"{key}.json")


def whole_places(candidates: Candidates, stretch: str, replications: Iterable[int]) -> list[Place]:
    """Return the whole of a stretch as places, one for each replication."""
    whole = Peak(0, candidates.stretch(stretch).file.window.duration, "the whole window")
    return [Place(stretch, whole, number) for number in replications]


def _watched(scenario: Scenario) -> Scenario:
    """Return a scenario whose pods are written down minute by minute."""
    monitoring = scenario.file.monitoring.model_copy(update={"pods": True})
    file = scenario.file.model_copy(update={"monitoring": monitoring, "replications": 1})
    return replace(scenario, file=file, reader=None)


def _tried(scenario: Scenario, place: Place) -> Outcome:
    return outcome_of(try_out(scenario, place.peak, place.replication))


def worst(outcomes: Sequence[Outcome], field_name: str) -> Mapping[str, float]:
    """Return the greatest figure of each name over outcomes: of ``pods`` or ``memory_bytes``."""
    greatest: dict[str, float] = {}
    for outcome in outcomes:
        for name, value in getattr(outcome, field_name).items():
            greatest[name] = max(greatest.get(name, value), value)
    return greatest
