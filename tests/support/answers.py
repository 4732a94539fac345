"""An answer that needs no search: a few values over a small system, with what goes along, promised by one trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import fvcapacity as fv
from fvcapacity.recommend.answer import Answer, ContainerUse, Promise
from fvcapacity.recommend.candidates import Candidates
from fvcapacity.recommend.companions import handover_of
from fvcapacity.recommend.evaluation import Evaluator, Place
from fvcapacity.recommend.evidence import Evidence, Proof, ProvenSystem
from fvcapacity.recommend.explanation import explained
from fvcapacity.recommend.missing_data import MissingData
from fvcapacity.recommend.reasons import Reasoned
from fvcapacity.recommend.recommend import FrontPoint, Recommendation
from fvcapacity.results.estimators import Estimate
from fvcapacity.study.peaks import Peak

VALUES: dict[str, Any] = {
    "deployment/shop/shop.requests.cpu": "60m",
    "deployment/shop/shop.requests.memory": "64Mi",
    "nodes/general.minimum": 1,
    "nodes/general.count": 1,
}
WHY = {
    "deployment/shop/shop.requests.cpu": "At 48m: too little: 52m cover what is used in 95 % of a month's minutes",
    "nodes/general.minimum": "Fewer machines there cannot be.",
}


def evidence(values: Mapping[str, Any]) -> Evidence:
    """Return a proof in round figures: the recommendation and today hold, KRR does not, VPA cannot be."""

    def system(name: str, of: Mapping[str, Any], usd: float, held: int, failure: str = "") -> ProvenSystem:
        proofs = tuple(
            Proof(part, 2, held, Estimate(0.042, 0.04, 0.044, 2), Estimate(0.0, 0.0, 0.0, 2), 0, 0.031, 0.18, failure)
            for part in ("history", "holdout")
        )
        return ProvenSystem(name, of, Estimate(usd, usd - 0.5, usd + 0.5, 2), proofs)

    systems = (
        system("recommended", values, 73.0, 2),
        system("today", {}, 219.0, 2),
        system("krr", {"deployment/shop/shop.requests.cpu": "30m"}, 73.0, 1, "the p95 of all is 800 ms"),
        ProvenSystem("vpa", {}, why_not="a request above its limit"),
    )
    words = "It holds in every replay with fresh seeds, on history and holdout."
    return Evidence(systems, words, True, ("today",), ())


def answer_of(scenario: fv.Scenario, *, replayed: bool = True) -> Answer:
    """Return a recommendation of a small system.

    Parameters
    ----------
    replayed
        Replay it for the promise.
    """
    changes = tuple(Reasoned(path, scenario.value(path), value, WHY.get(path, "")) for path, value in VALUES.items())
    place = Place("window", Peak(0, scenario.file.window.duration, "the whole window"))
    sentence = f"{len(VALUES)} fields change: 73.00 USD a month, against 219.00 USD today, which holds too."
    found = Recommendation(
        scenario, "recommended", sentence, changes, 219.0, 73.0, (FrontPoint(VALUES, 73.0, 12.5, 0.044),),
        mended=("CPU limit of shop 100m -> 150m",), stretches=(place,), trials=9,
    )  # fmt: skip
    handover = handover_of(scenario, VALUES, {item.path: item.why for item in changes}, {})
    promise = None
    if replayed:
        base = scenario.with_values({}, objects=handover.objects) if handover.objects else scenario
        promise = Promise(place, Evaluator(Candidates(base)).every(handover.values, [place])[0])
    return Answer(
        scenario=scenario,
        verdict="recommended",
        sentence=sentence,
        missing=MissingData(),
        search=found,
        evidence=evidence(VALUES),
        handover=handover,
        promise=promise,
        fields=tuple(explained(found)),
        containers=(ContainerUse("deployment/shop/shop", 0.06, 0.052, 64 * 2**20, 50.0 * 2**20),),
        notes=("The history is shorter than a day.",),
    )
