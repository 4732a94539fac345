"""Label selectors (``apimachinery/pkg/labels/selector.go``) and node selector terms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Requirement = Mapping[str, Any]

_INTEGER = re.compile(r"[+-]?[0-9]+")
_INT64 = range(-(2**63), 2**63)


def matches_requirement(labels: Mapping[str, str], rule: Requirement) -> bool:
    """Tell whether labels meet one ``{key, operator, values}``. A rule that the API would refuse meets nothing."""
    key, operator = rule["key"], rule["operator"]
    values: Sequence[str] = rule.get("values") or ()
    present = key in labels
    if operator == "Exists":
        return present
    if operator == "DoesNotExist":
        return not present
    if not values:
        return False
    if operator == "In":
        return present and labels[key] in values
    if operator == "NotIn":
        return not present or labels[key] not in values
    own, bound = _integer(labels.get(key, "")), _integer(values[0])
    if own is None or bound is None:
        return False
    return own > bound if operator == "Gt" else operator == "Lt" and own < bound


def matches_selector(labels: Mapping[str, str], selector: Mapping[str, Any] | None) -> bool:
    """Tell whether labels match a LabelSelector; None matches nothing, an empty one everything."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        matches_requirement(labels, rule) for rule in selector.get("matchExpressions") or ()
    )


def is_empty(selector: Mapping[str, Any] | None) -> bool:
    """Tell whether a selector has no rule."""
    return not selector or not (selector.get("matchLabels") or selector.get("matchExpressions"))


def matches_term(labels: Mapping[str, str], name: str, term: Mapping[str, Any]) -> bool:
    """Tell whether a node meets one node selector term; a term without rules matches nothing."""
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    named = {"metadata.name": name}
    return all(matches_requirement(labels, rule) for rule in expressions) and all(
        matches_requirement(named, rule) for rule in fields
    )


def _integer(text: str) -> int | None:
    """Return what Go's ParseInt makes of a text."""
    if not _INTEGER.fullmatch(text):
        return None
    number = int(text)
    return number if number in _INT64 else None
