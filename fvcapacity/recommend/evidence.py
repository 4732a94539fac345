"""The proof of a recommendation: replayed with fresh seeds over history and holdout, next to today and other tools.

The seeds were never used in the search. The holdout is another day with another shape of peak; it is the first time
that anything sees it. What does not hold there is not recommended.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from fvcapacity.frozen import Frozen, replace
from fvcapacity.recommend.baselines import as_changes, container_series, goldilocks, hpa_only, krr, vpa
from fvcapacity.recommend.baselines.samples import ContainerSeries
from fvcapacity.recommend.candidates import Candidates, Values
from fvcapacity.recommend.evaluation import Evaluator, whole_places
from fvcapacity.recommend.floors import Floors
from fvcapacity.recommend.outcome import Outcome
from fvcapacity.recommend.recommend import Recommendation
from fvcapacity.recommend.slack import slack_of
from fvcapacity.results.estimators import Estimate, estimate_mean
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths.values import Value
from fvcapacity.study.peaks import Peak
from fvcapacity.study.trial import try_out

FRESH = 1000
"""Number of the first replication of the proof; a search uses those from 0 on."""

Part = Literal["history", "holdout"]
RECOMMENDED, TODAY = "recommended", "today"


class Proof(Frozen):
    """One system over one part of the time.

    Attributes
    ----------
    trials, held
        Replays of whole stretches, and how many of them keep the objectives without a container killed for memory.
    p95_s, error_ratio
        Over all user requests; of the worst stretch, the mean over its replications.
    oom_kills
        In all.
    throttled_ratio
        Of the service with the most, at most.
    slack_ratio
        CPU requested and not used, over what is requested, of the containers that are sized; the mean.
    first_failure
        Why the first replay that does not hold does not; else empty.
    """

    part: Part
    trials: int
    held: int
    p95_s: Estimate
    error_ratio: Estimate
    oom_kills: int
    throttled_ratio: float
    slack_ratio: float
    first_failure: str

    @property
    def holds(self) -> bool:
        """Whether every replay does."""
        return self.held == self.trials


class ProvenSystem(Frozen):
    """A system in the proof.

    Attributes
    ----------
    usd
        A month by the calendar, the mean over replications with its interval; None when it could not be replayed.
    proofs
        Of history and holdout.
    why_not
        Why it could not be replayed at all; else empty.
    """

    name: str
    values: Values
    usd: Estimate | None = None
    proofs: tuple[Proof, ...] = ()
    why_not: str = ""

    @property
    def holds(self) -> bool:
        """Whether it holds everywhere."""
        return bool(self.proofs) and all(proof.holds for proof in self.proofs)


class Evidence(Frozen):
    """All systems of a proof, and what it says of the recommendation.

    Attributes
    ----------
    holds
        Whether the recommendation holds everywhere.
    cheaper_than
        Systems that hold too and cost more.
    beaten_by
        Systems that hold too and cost less.
    """

    systems: tuple[ProvenSystem, ...]
    sentence: str
    holds: bool
    cheaper_than: tuple[str, ...]
    beaten_by: tuple[str, ...]


def prove(
    recommendation: Recommendation,
    evaluator: Evaluator,
    *,
    replications: int = 4,
    whole: tuple[Values, Evaluator] | None = None,
) -> Evidence:
    """Replay a recommendation, today's system and what other tools would say, with seeds that no search has seen.

    Parameters
    ----------
    evaluator
        That of the search, or one like it; its time limit counts.
    replications
        Of each stretch; two at least, else there is no interval.
    whole
        All values that are handed over, and an evaluator over the system with its new objects; default: what was
        searched alone.

    Raises
    ------
    OutOfTimeError
        When the evaluator's time is over.
    """
    systems: dict[str, Values] = {TODAY: {}}
    if recommendation.values:
        systems = {RECOMMENDED: recommendation.values, **systems}
    systems |= baselines(evaluator.candidates)
    proven = []
    for name, values in systems.items():
        evaluator.tell(f"proof: {name}")
        own = whole if name == RECOMMENDED and whole is not None else (values, evaluator)
        proven.append(_proven(name, *own, replications))
    return _judged(proven, evaluator.candidates)


def settled(recommendation: Recommendation, evidence: Evidence) -> Recommendation:
    """Return a recommendation after its proof: what does not hold out of sample is none, and nothing changes."""
    if recommendation.verdict != "recommended" or evidence.holds:
        return recommendation
    sentence = f"Nothing is recommended. {evidence.sentence}"
    return replace(recommendation, verdict="no configuration", sentence=sentence, changes=())


def baselines(candidates: Candidates) -> dict[str, dict[str, Value]]:
    """Return what KRR, VPA, Goldilocks and a tuning of HPAs alone would say from today's replay of the history."""
    samples = _samples(candidates)
    base = candidates.base
    series: dict[tuple[str, str], ContainerSeries] = container_series(samples, base)
    said = (krr(series, base), vpa(series, base), goldilocks(series, base), hpa_only(samples, base))
    found = {}
    for baseline in said:
        changes = as_changes(baseline, base)
        found[baseline.name] = {path: value for path, value in changes.items() if value != base.value(path)}
    return found


def _samples(candidates: Candidates) -> pd.DataFrame:
    frames = []
    for number, name in enumerate(candidates.history):
        scenario = candidates.stretch(name)
        monitoring = scenario.file.monitoring.model_copy(update={"pods": True})
        scenario = replace(scenario, file=scenario.file.model_copy(update={"monitoring": monitoring}))
        trial = try_out(scenario, Peak(0, scenario.file.window.duration, "the whole window"))
        frame = trial.result.tables["pod_samples"]
        frames.append(frame.assign(uid=frame["uid"] + number * 10**9))  # pods of two stretches are not the same pod
    return pd.concat(frames, ignore_index=True)


def _proven(name: str, values: Values, evaluator: Evaluator, replications: int) -> ProvenSystem:
    candidates = evaluator.candidates
    made = candidates.made(values)
    if isinstance(made, str):
        return ProvenSystem(name, values, why_not=made)
    numbers = range(FRESH, FRESH + replications)
    parts: dict[Part, tuple[str, ...]] = {"history": candidates.history, "holdout": candidates.holdout}
    proofs = []
    for part, stretches in parts.items():
        if stretches:
            by_stretch = [evaluator.every(values, whole_places(candidates, stretch, numbers)) for stretch in stretches]
            proofs.append(_proof(part, by_stretch, made))
    usd = []
    bills = fresh_bills(values, evaluator, replications)
    for number in range(replications):
        usd.append(
            sum(
                days * 24 * bills[stretch][number].cost_usd / bills[stretch][number].hours
                for stretch, days in candidates.month.items()
            )
        )
    return ProvenSystem(name, values, estimate_mean(usd), tuple(proofs))


def fresh_bills(values: Values, evaluator: Evaluator, replications: int) -> dict[str, list[Outcome]]:
    """Return the outcomes of each stretch that a month is made of, with the seeds of a proof."""
    candidates, numbers = evaluator.candidates, range(FRESH, FRESH + replications)
    return {name: evaluator.every(values, whole_places(candidates, name, numbers)) for name in candidates.month}


def _proof(part: Part, by_stretch: Sequence[Sequence[Outcome]], made: Scenario) -> Proof:
    outcomes = [outcome for stretch in by_stretch for outcome in stretch]
    failed = [outcome for outcome in outcomes if not outcome.holds or outcome.oom_kills]
    ratios = [slack_of(made, outcome.cpu_use, Floors(made.file.recommend), 0.0).ratio for outcome in outcomes]
    slack = [ratio for ratio in ratios if not math.isnan(ratio)]
    return Proof(
        part=part,
        trials=len(outcomes),
        held=len(outcomes) - len(failed),
        p95_s=max((estimate_mean([o.p95_s for o in stretch]) for stretch in by_stretch), key=lambda e: e.mean),
        error_ratio=max(
            (estimate_mean([o.error_ratio for o in stretch]) for stretch in by_stretch), key=lambda e: e.mean
        ),
        oom_kills=sum(outcome.oom_kills for outcome in outcomes),
        throttled_ratio=max(outcome.throttled_ratio for outcome in outcomes),
        slack_ratio=sum(slack) / len(slack) if slack else math.nan,
        first_failure=_failure(failed[0]) if failed else "",
    )


def _failure(outcome: Outcome) -> str:
    if outcome.holds:
        return f"{outcome.oom_kills} containers are killed for want of memory"
    return outcome.reason.rstrip(".")


def _judged(systems: Sequence[ProvenSystem], candidates: Candidates) -> Evidence:
    by_name = {system.name: system for system in systems}
    own = by_name.get(RECOMMENDED)
    if own is None or own.usd is None:
        why = "There is no recommendation to prove." if own is None else f"It cannot be replayed: {own.why_not}."
        return Evidence(tuple(systems), why, False, (), ())
    others = [s for s in systems if s is not own and s.holds and s.usd is not None]
    cheaper = tuple(s.name for s in others if s.usd is not None and own.usd.mean < s.usd.mean)
    beaten = tuple(s.name for s in others if s.usd is not None and s.usd.mean < own.usd.mean)
    where = "history and holdout" if candidates.holdout else "the history (there is no holdout: other seeds alone)"
    if own.holds:
        sentence = f"It holds in every replay with fresh seeds, on {where}."
        if beaten:
            sentence += f" {' and '.join(beaten)} holds for less."
    else:
        failed = next(proof for proof in own.proofs if not proof.holds)
        sentence = (
            f"What was found on the history does not hold with fresh seeds on the {failed.part}:"
            f" {failed.trials - failed.held} of {failed.trials} replays fail. {failed.first_failure}."
        )
    return Evidence(tuple(systems), sentence, own.holds, cheaper, beaten)


COLUMNS = ("System", "Part", "Holds", "USD a month", "p95 ms", "Errors %", "OOM kills", "Throttled %", "CPU slack %")


def rows_of(evidence: Evidence) -> list[list[str]]:
    """Return the table of a proof as text, by `COLUMNS`: a row for each system and part of the time."""
    rows = []
    for system in evidence.systems:
        if system.why_not:
            rows.append([system.name, "", f"cannot be: {system.why_not}", *[""] * 6])
        for proof in system.proofs:
            rows.append(
                [
                    system.name,
                    proof.part,
                    f"{proof.held} of {proof.trials}",
                    _with_interval(system.usd, 1, 2),
                    _with_interval(proof.p95_s, 1e3, 0),
                    _with_interval(proof.error_ratio, 100, 2),
                    str(proof.oom_kills),
                    f"{100 * proof.throttled_ratio:.1f}",
                    "" if math.isnan(proof.slack_ratio) else f"{100 * proof.slack_ratio:.0f}",
                ]
            )
    return rows


def _with_interval(estimate: Estimate | None, factor: float, digits: int) -> str:
    if estimate is None:
        return ""
    text = f"{factor * estimate.mean:.{digits}f}"
    half: float | None = estimate.half_width
    return text if half is None else f"{text} ± {factor * half:.{digits}f}"


def by_name(evidence: Evidence) -> Mapping[str, ProvenSystem]:
    """Return the systems of a proof by their names."""
    return {system.name: system for system in evidence.systems}
