"""What a review takes of a recommendation: read leniently, because documents of other versions say more or less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fvcapacity.review.quarter_summary import ChangePart, RecommendationPart

_MOST = 1e15
"""Dollars; a whole number of JSON may have thousands of digits."""
_PATHS = ("path", "field")
_BEFORE = ("before", "old", "today", "from")
_AFTER = ("after", "new", "to", "value")


def recommendation_part(document: Mapping[str, Any]) -> RecommendationPart:
    """Return the verdict, the changes and the money of a recommendation, as far as it tells them.

    Of money, what replays with other seeds proved comes before what the search saw.
    """
    money = document.get("money")
    told = money if isinstance(money, Mapping) else document
    return RecommendationPart(
        verdict=_text(document.get("verdict")),
        today_usd=_either(told, "today_proven_usd", "today_usd"),
        usd=_either(told, "proven_usd", "usd"),
        changes=[_change(item) for item in _changes(document)],
        sentence=_text(document.get("sentence")),
    )


def _changes(document: Mapping[str, Any]) -> list[Any]:
    """Return what is to be changed; a list of all fields says of each whether it is."""
    for name in ("changes", "fields"):
        found = document.get(name)
        if isinstance(found, list):
            return [item for item in found if not isinstance(item, Mapping) or item.get("changes", True)]
    return []


def _either(document: Mapping[str, Any], *names: str) -> float | None:
    return next((value for name in names if (value := _number(document.get(name))) is not None), None)


def _change(item: Any) -> ChangePart:
    if not isinstance(item, Mapping):
        return ChangePart(path=_text(item), before="", after="")
    return ChangePart(
        path=_text(_first(item, _PATHS)), before=_text(_first(item, _BEFORE)), after=_text(_first(item, _AFTER))
    )


def _first(item: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((item[name] for name in names if name in item), None)


def _text(value: Any) -> str:
    """Return a plain value as text; a verdict may be a mapping with its word in ``status``."""
    if isinstance(value, Mapping):
        value = next((value[name] for name in ("status", "verdict", "word", "reason") if name in value), None)
    return "" if value is None else str(value)


def _number(value: Any) -> float | None:
    """Return a figure; a mean with an interval is its mean."""
    if isinstance(value, Mapping):
        value = value.get("mean")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -_MOST < value < _MOST else None
