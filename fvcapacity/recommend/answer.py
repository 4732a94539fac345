"""The whole answer: searched, with what goes along, proven out of sample, and explained field by field."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fvcapacity.display.plots import Plots
from fvcapacity.frozen import Frozen, replace
from fvcapacity.recommend.askable import check_askable, is_short, refusal
from fvcapacity.recommend.candidates import Candidates, Values
from fvcapacity.recommend.companions import Handover, alone_words, handover_of, refused_pods
from fvcapacity.recommend.container_use import ContainerUse, container_uses, unsized_remarks
from fvcapacity.recommend.evaluation import Evaluator, Place, worst
from fvcapacity.recommend.evidence import TODAY, Evidence, by_name, prove, settled
from fvcapacity.recommend.explanation import DecidedField, explained, owner_of
from fvcapacity.recommend.missing_data import MissingData, missing_data, widened, widening_words
from fvcapacity.recommend.outcome import Outcome
from fvcapacity.recommend.overrides import with_overrides
from fvcapacity.recommend.recommend import Recommendation, VerdictName, recommend
from fvcapacity.recommend.remarks import connection_remarks, volume_remarks
from fvcapacity.recommend.shown import ANSWER_PLOTS, answer_html
from fvcapacity.scenario.model import NodePool, Scenario
from fvcapacity.scenario.recommendation import Bound

if TYPE_CHECKING:
    from matplotlib.figure import Figure


AnswerVerdict = VerdictName | Literal["refused"]


class Promise(Frozen):
    """What the search's first peak gave with everything that is handed over: to be had again from what is written."""

    place: Place
    outcome: Outcome


@dataclass(frozen=True)
class Answer:
    """What `fvcap recommend` has to say.

    Attributes
    ----------
    scenario
        As it was loaded, with the policy that was kept to.
    verdict, sentence
        The answer. ``refused``: the data do not bear one. What does not hold out of sample is no recommendation.
    nearest
        The nearest thing that can be had, in words; empty when there is a recommendation.
    search
        What the search found, before its proof; None when it was refused.
    evidence
        The proof; None when there was nothing to prove.
    handover, promise
        What is handed over; None unless recommended.
    fields
        Every field that was decided, also those that stay.
    missing
        How much of the history's traffic had to be filled in.
    containers
        What each sized container asks for and uses, in cores and bytes.
    notes
        What a reader has to know besides.
    """

    scenario: Scenario = field(repr=False)
    verdict: AnswerVerdict
    sentence: str
    missing: MissingData
    nearest: str = ""
    search: Recommendation | None = None
    evidence: Evidence | None = None
    handover: Handover | None = None
    promise: Promise | None = None
    fields: tuple[DecidedField, ...] = ()
    containers: tuple[ContainerUse, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def plot(self) -> Plots:
        """The figures: ``plot()`` is the overview, ``plot(name)`` one of ``plot.names``.

        Raises
        ------
        InputError
            When it is called with another name, with the list of names.
        """
        return Plots(ANSWER_PLOTS, self._draw)

    def _draw(self, name: str) -> Figure:
        from fvcapacity.plots.front import draw_front  # matplotlib, only when it is needed

        return draw_front(self._document())

    def _repr_html_(self) -> str:
        return answer_html(self._document())

    def _document(self) -> dict[str, Any]:
        from fvcapacity.recommend.document import recommendation_document  # it is made of what stands here

        return recommendation_document(self)


def recommend_with_evidence(
    scenario: Scenario,
    *,
    pins: Sequence[str] = (),
    bounds: Mapping[str, Bound] | None = None,
    replications: int = 4,
    jobs: int = 1,
    time_limit_s: float | None = None,
    cache: Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> Answer:
    """Search for the cheapest configuration that keeps the objectives, prove it out of sample, and explain it.

    Parameters
    ----------
    scenario
        With prices, and as it was loaded.
    pins, bounds
        Besides those of its policy; bounds take the place of those of the same path or pattern.
    replications
        Of every stretch in the proof, with seeds that the search has not seen; two at least, else there is no interval.
    jobs
        Processes to spread trials over. The answer does not depend on it.
    time_limit_s
        Of the search; the proof comes on top, because without it nothing is recommended.
    cache
        Directory where trials are kept: what was interrupted goes on from there. None: nothing is kept.
    tell
        Told in a few words what is being done.

    Returns
    -------
    Answer
        The verdict with its sentence, every field that was decided with its reason, and the proof; money in US
        dollars a month.

    Raises
    ------
    ScenarioError
        With everything that is wrong with prices, pins and bounds.
    """
    given = with_overrides(scenario, pins, bounds)
    check_askable(given)
    candidates = Candidates(given)
    missing = missing_data(candidates)
    refused = refusal(candidates, missing)
    if refused is not None:
        sentence = f"Nothing can be recommended: {refused.why}."
        return Answer(given, "refused", sentence, missing, nearest=refused.nearest)
    before = given.file.recommend
    policy = widened(before, missing)
    base = replace(given, file=given.file.model_copy(update={"recommend": policy}))
    notes = [widening_words(missing, before, policy)] if missing.filled else []
    with _kept(cache) as directory:
        asked = _Asked(base, missing, directory, jobs, replications, tell or (lambda words: None), notes)
        return asked.answer(time_limit_s)


@contextmanager
def _kept(cache: Path | None) -> Iterator[Path]:
    """Yield the directory of the trials; the search and the proof share it."""
    if cache is not None:
        yield cache
        return
    with tempfile.TemporaryDirectory(prefix="fvcapacity-") as name:
        yield Path(name)


@dataclass
class _Asked:
    scenario: Scenario
    missing: MissingData
    cache: Path
    jobs: int
    replications: int
    tell: Callable[[str], None]
    notes: list[str]
    machines: dict[str, Mapping[str, NodePool | None]] = field(default_factory=dict)

    def answer(self, time_limit_s: float | None) -> Answer:
        found = recommend(self.scenario, jobs=self.jobs, time_limit_s=time_limit_s, cache=self.cache, tell=self.tell)
        self.machines |= found.machines
        evaluator = self._evaluator(self.scenario)
        if found.verdict == "recommended":
            return self._proven(found, evaluator)
        if found.verdict == "left alone":
            return self._left_alone(found, evaluator)
        return self._made(found, found.sentence, nearest=_nearest(found))

    def _evaluator(self, base: Scenario) -> Evaluator:
        return Evaluator(Candidates(base, self.machines), self.jobs, self.cache, None, self.tell)

    def _proven(self, found: Recommendation, evaluator: Evaluator) -> Answer:
        self.tell("what goes along with it")
        outcomes = evaluator.outcomes(found.values, found.stretches)
        peaks = {name: int(pods) for name, pods in worst(outcomes, "pods").items()}
        reasons = {item.path: item.why for item in found.changes}
        handover = handover_of(self.scenario, found.values, reasons, peaks, pools=found.pools)
        own = self._evaluator(
            self.scenario.with_values({}, objects=handover.objects) if handover.objects else self.scenario
        )
        self.notes += [words for words in (alone_words(handover),) if words]
        self.notes += connection_remarks(handover, own, found.stretches, peaks)
        system = own.candidates.made(handover.candidate)
        if isinstance(system, str) or (said := refused_pods(system, handover)):
            why = system if isinstance(system, str) else said[0]
            return self._made(
                found, f"Nothing is recommended: what goes along with it cannot be: {why}.", verdict="no configuration"
            )
        promise = Promise(found.stretches[0], own.every(handover.candidate, found.stretches[:1])[0])
        evidence = prove(found, evaluator, replications=self.replications, whole=(handover.candidate, own))
        after = settled(found, evidence)
        if after.verdict != "recommended":
            return self._made(found, after.sentence, verdict=after.verdict, evidence=evidence, nearest=_tried(found))
        self.notes += volume_remarks(handover.candidate, own, self.replications)
        fields = [*explained(found), *self._along(found, handover)]
        sentence = f"{found.sentence}{_along_words(found, handover)}"
        answer = self._made(found, sentence, evidence=evidence, fields=fields, outcomes=outcomes, system=system)
        return replace(answer, handover=handover, promise=promise)

    def _left_alone(self, found: Recommendation, evaluator: Evaluator) -> Answer:
        outcomes = evaluator.outcomes({}, found.stretches)
        evidence = prove(found, evaluator, replications=self.replications)
        today = by_name(evidence)[TODAY]
        held = " It holds in every replay with fresh seeds too."
        if today.holds:
            proven = replace(evidence, holds=True, sentence=held.strip())
            fields = explained(found)
            return self._made(
                found, found.sentence + held, evidence=proven, fields=fields, outcomes=outcomes, system=self.scenario
            )
        failed = next(proof for proof in today.proofs if not proof.holds)
        why = (
            f"Today's system holds where the search looked, and nothing cheaper does, but with fresh seeds on the"
            f" {failed.part} {failed.trials - failed.held} of {failed.trials} replays fail: {failed.first_failure}."
        )
        proven = replace(evidence, sentence=why)
        sentence = f"Nothing is recommended. {why}"
        return self._made(found, sentence, verdict="no configuration", evidence=proven, nearest=_wider(found))

    def _along(self, found: Recommendation, handover: Handover) -> Iterator[DecidedField]:
        """Yield the fields that go along with what was searched."""
        searched = found.values
        for path, value in handover.values.items():
            if path not in searched:
                before = self.scenario.value(path)
                if before != value:
                    why = handover.reasons.get(path, "")
                    yield DecidedField(path, owner_of(self.scenario, path), before, value, why)

    def _made(
        self,
        found: Recommendation,
        sentence: str,
        *,
        verdict: AnswerVerdict | None = None,
        evidence: Evidence | None = None,
        nearest: str = "",
        fields: Sequence[DecidedField] = (),
        outcomes: Sequence[Outcome] = (),
        system: Scenario | None = None,
    ) -> Answer:
        notes = list(self.notes)
        if is_short(Candidates(self.scenario)):
            notes.append("The history is shorter than a day: a month is made of the part of a day that it has.")
        if outcomes and system is not None:
            notes += unsized_remarks(self.scenario, outcomes)
        return Answer(
            scenario=self.scenario,
            verdict=verdict or found.verdict,
            sentence=sentence,
            missing=self.missing,
            nearest=nearest,
            search=found,
            evidence=evidence,
            fields=tuple(fields),
            containers=tuple(container_uses(system, outcomes)) if system is not None else (),
            notes=tuple(notes),
        )


def _along_words(found: Recommendation, handover: Handover) -> str:
    """Return how much goes along with what was searched, as a sentence; empty when nothing does."""
    fields, objects = len(set(handover.values) - set(found.values)), len(handover.objects)
    counts = ((fields, "other field"), (objects, "new object"))
    shown = [f"{count} {words}" + ("" if count == 1 else "s") for count, words in counts if count]
    return f" Along with them: {' and '.join(shown)}." if shown else ""


def _nearest(found: Recommendation) -> str:
    if found.nearest is None:
        return "give it more time with --time-limit; trials are kept" if found.verdict == "unfinished" else ""
    return f"{_listed(found.nearest.values) or 'the system as it is'}: {found.nearest.why_not}"


def _tried(found: Recommendation) -> str:
    return f"{_listed(found.values)}, at {found.usd:.2f} USD a month, holds on the history as the search saw it"


def _wider(found: Recommendation) -> str:
    return "let the search see such a day: move the stretch that fails from `holdout` to `history`"


def _listed(values: Values) -> str:
    return ", ".join(f"{path} = {'none' if value is None else value}" for path, value in values.items())
