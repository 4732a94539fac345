"""The last check of an overlay: read again and replayed, it gives to the last figure what was promised.

The search replayed values in memory. What is applied are files, built by other tools. So the files are read as anybody
would read them, set where no manifest holds a field, and replayed on the first peak of the search with its seed.
"""

from __future__ import annotations

import json
from pathlib import Path

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.frozen import asdict
from fvcapacity.recommend.answer import Answer
from fvcapacity.recommend.candidates import Candidates
from fvcapacity.recommend.companions import refused_pods
from fvcapacity.recommend.evaluation import Evaluator
from fvcapacity.recommend.outcome import Outcome
from fvcapacity.report.overlay.verification import Check
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths.grammar import parse_path
from fvcapacity.scenario.paths.kinds import KIND_NAMES

Checked = tuple[Check, list[Problem]]


def replay_check(answer: Answer, directory: Path) -> Checked:
    """Replay an overlay on the search's first peak, and compare with what was promised, figure by figure."""
    assert answer.promise is not None, "only a recommendation is handed over"
    place, promised = answer.promise.place, answer.promise.outcome
    name = "replayed, it gives what was promised"
    try:
        again = _again(answer, directory)
        outcome = Evaluator(Candidates(again)).every({}, [place])[0]
    except InputError as error:
        return _told(name, list(error.problems), "")
    found = [
        Problem(f"{field} is {two}, and {one} was promised", Location(str(directory)), rule="promise-broken")
        for field, one, two in _differences(promised, outcome)
    ]
    detail = (
        f"{place.stretch}, {place.peak.reason}, the search's seed: {outcome.requests:,} requests, p95"
        f" {1e3 * outcome.p95_s:.3f} ms, {100 * outcome.error_ratio:.4f} % errors, and every other figure the same"
    )
    return _told(name, found, detail)


def admission_check(answer: Answer, directory: Path) -> Checked:
    """Create every pod that may be there at once under the overlay's quotas and limit ranges."""
    assert answer.handover is not None, "only a recommendation is handed over"
    name = "no pod of it is refused"
    try:
        said = refused_pods(_again(answer, directory), answer.handover)
    except InputError as error:
        return _told(name, list(error.problems), "")
    pods = sum(count.total for advice in answer.handover.quotas for count in advice.counts)
    found = [Problem(text, Location(str(directory)), rule="pod-refused") for text in said]
    return _told(name, found, f"{pods} pods: every HPA at its maximum, all roll-outs at once")


def _again(answer: Answer, directory: Path) -> Scenario:
    """Return the scenario with the overlay as its manifests, and with what stands in no manifest."""
    assert answer.handover is not None
    values, pools = answer.handover.values, answer.handover.pools
    outside = {path: value for path, value in values.items() if parse_path(path).owner not in KIND_NAMES}
    again = answer.scenario.with_patch(directory)
    return again.with_values(outside, pools=pools) if outside or pools else again


def _differences(one: Outcome, two: Outcome) -> list[tuple[str, str, str]]:
    """Return field, promised and replayed value of all figures that differ; compared as text, for NaN is no number."""
    first, second = (
        {name: json.dumps(value, sort_keys=True) for name, value in asdict(outcome).items()} for outcome in (one, two)
    )
    return [(name, text, second[name]) for name, text in first.items() if text != second[name]]


def _told(name: str, problems: list[Problem], detail: str) -> Checked:
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    return Check(name, "failed" if problems else "passed", count if problems else detail), problems
