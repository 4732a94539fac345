"""Evaluate rules over a past that a server has: what each expression gave at every evaluation of its group.

A range query with the group's interval as its step evaluates an expression at every step as an instant query would,
so that it gives what the rule would have seen. The first evaluation is at the beginning of the range; in a real server
it lies anywhere in the first interval.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fvcapacity.errors import SourceError
from fvcapacity.inputs.prometheus.client import PrometheusClient
from fvcapacity.inputs.prometheus.ranges import MOST_POINTS, ask_range, spans
from fvcapacity.inputs.prometheus.rules import Rule, RuleGroup

Labels = tuple[tuple[str, str], ...]
Vector = dict[Labels, float]

_LABEL = re.compile(r"\{\{-?\s*\$labels\.(\w+)\s*-?\}\}")
_TEMPLATE = re.compile(r"\{\{")


@dataclass(slots=True)
class Evaluations:
    """What an expression gave.

    Attributes
    ----------
    vectors
        Time in nanoseconds and vector of every evaluation, in order; None for one that failed.
    complaints
        What went wrong or cannot be shown as it would be.
    """

    vectors: list[tuple[int, Vector | None]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def evaluate(client: PrometheusClient, group: RuleGroup, rule: Rule, start_s: int, end_s: int) -> Evaluations:
    """Return what a rule's expression gave from ``start_s`` to ``end_s``, the rule's labels put on.

    Raises
    ------
    SourceError
        When the server cannot be asked. An expression that it refuses is a complaint, as it is in a real server.
    """
    step_s = max(1, group.interval_ns // 10**9)
    points = (end_s - start_s) // step_s + 1
    elements: dict[int, list[tuple[Labels, float]]] = {start_s + number * step_s: [] for number in range(points)}
    out = Evaluations()
    for first, count in spans(points, MOST_POINTS):
        try:
            for _, answer in ask_range(client, rule.expr, start_s + first * step_s, count, step_s):
                out.complaints += answer.warnings
                for series in answer.result:
                    labels = alert_labels(rule, series["metric"])
                    for time, value in series.get("values") or ():
                        elements[round(float(time))].append((labels, float(value)))
        except SourceError as error:
            if error.retryable:
                raise
            out.complaints.append(f"the expression failed: {error}")
            elements.update({start_s + number * step_s: _FAILED for number in range(first, first + count)})
    for time, found in elements.items():
        out.vectors.append((time * 10**9, _vector(found, rule, out)))
    templates = [name for name, text in rule.labels.items() if _TEMPLATE.search(_LABEL.sub("", text))]
    if templates:
        out.complaints.append(f"the label {templates[0]!r} has a template that is left as text")
    out.complaints = list(dict.fromkeys(out.complaints))
    return out


_FAILED: list[tuple[Labels, float]] = [((("", ""),), 0.0)]


def _vector(found: list[tuple[Labels, float]], rule: Rule, out: Evaluations) -> Vector | None:
    if found is _FAILED:
        return None
    vector = dict(found)
    if len(vector) < len(found):
        out.complaints.append(
            "several elements have the same labels once those of the rule are put on: the evaluation fails"
        )
        return None
    return vector


def alert_labels(rule: Rule, metric: Mapping[str, str]) -> Labels:
    """Return the labels of an element: those of the series without its name, over them those of the rule.

    ``{{ $labels.pod }}`` in a label of the rule is filled in; other templates stay as they are written.
    """
    labels = {name: value for name, value in metric.items() if name != "__name__"}
    own = {name: _LABEL.sub(lambda found: metric.get(found[1], ""), text) for name, text in rule.labels.items()}
    labels = {name: value for name, value in {**labels, **own}.items() if value}
    labels["alertname" if rule.kind == "alert" else "__name__"] = rule.name
    return tuple(sorted(labels.items()))
