"""Recommendations in a notebook: the verdict, what changes and why, and the proof beside other tools."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fvcapacity.display.figures import with_interval
from fvcapacity.display.html import Html, card, joined, line, soft, table
from fvcapacity.display.sparkline import sparkline
from fvcapacity.recommend.ordering import needed_first

if TYPE_CHECKING:
    from fvcapacity.recommend.recommend import FrontPoint, Recommendation

ANSWER_PLOTS = {"overview": "cost against p95: what was tried and holds, and the systems of the proof"}
RECOMMENDATION_PLOTS = {"overview": "cost against p95 of what was tried and holds"}
_MOST_FIELDS = 12

Document = Mapping[str, Any]


def answer_html(document: Document) -> Html:
    """Return the card of an answer with its evidence, from its document."""
    changed = needed_first(
        (item for item in document["fields"] if item["changes"]), lambda item: (item["today"], item["value"])
    )
    evidence = document["evidence"]
    return card(
        document["scenario"],
        document["verdict"],
        line(document["sentence"]),
        line(f"Nearest: {document['nearest']}") if document["nearest"] else "",
        _front([point["p95_s"] for point in document["front"]]),
        _fields([(item["path"], item["today"], item["value"], item["why"]) for item in changed]),
        table(
            ("proof, other seeds", "part", "holds", "USD a month", "p95 ms", "errors %"),
            [row for system in (evidence["systems"] if evidence else ()) for row in _proofs(system)],
            left=(0, 1),
        ),
        soft("figure: .plot(); fields that stay: .fields; patches: fv.write_recommendation(answer, directory)"),
    )


def recommendation_html(found: Recommendation) -> Html:
    """Return the card of what a search found, before its proof."""
    return card(
        found.scenario.name,
        found.verdict,
        line(found.sentence),
        _front([point.p95_s for point in found.front]),
        _fields(
            [
                (item.path, item.before, item.after, item.why)
                for item in needed_first(found.changes, lambda item: (item.before, item.after))
            ]
        ),
        soft(
            f"{found.trials} trials on {len(found.stretches)} stretches; not proven with other seeds. Figure: .plot()"
        ),
    )


def front_document(front: Sequence[FrontPoint]) -> Document:
    """Return what `fvcapacity.plots.front` draws of a search alone."""
    points = [{"machines_usd": p.machines_usd, "p95_s": p.p95_s} for p in front if math.isfinite(p.p95_s)]
    return {"front": points, "evidence": None}


def _front(p95_s: Sequence[float]) -> Html:
    if len(p95_s) < 2:
        return Html()
    words = f"p95 along the {len(p95_s)} candidates that hold and that none beats in both, the cheapest first"
    return joined([sparkline([[1e3 * value for value in p95_s]], words), soft(words)])


def _fields(rows: Sequence[tuple[object, object, object, object]]) -> Html:
    shown = [(path, _value(before), _value(after), why) for path, before, after, why in rows[:_MOST_FIELDS]]
    more = len(rows) - _MOST_FIELDS
    return joined(
        [table(("field", "today", "new", "why"), shown, left=(0, 3)), soft(f"and {more} more") if more > 0 else ""]
    )


def _value(value: object) -> object:
    return "none" if value is None else value


def _proofs(system: Document) -> list[tuple[object, ...]]:
    if system["why_not"]:
        return [(system["name"], f"cannot be: {system['why_not']}", "", "", "", "")]
    return [
        (
            system["name"],
            proof["part"],
            f"{proof['held']} of {proof['trials']}",
            with_interval(system["usd"], digits=2),
            with_interval(proof["p95_s"], 1e3, 0),
            with_interval(proof["error_ratio"], 100, 2),
        )
        for proof in system["proofs"]
    ]
