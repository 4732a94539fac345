"""The shape of an answer: what a Prometheus never sends is told as a failure of the source, not met as a surprise."""

from __future__ import annotations

from typing import Any, NoReturn

from fvcapacity.errors import SourceError

_HINT = "check that the address is that of a Prometheus API, and what stands between (a proxy, a cache)"


def check_series(result: Any, query: str) -> Any:
    """Return the result of a query as it is: a list of series with labels.

    Raises
    ------
    SourceError
        When it is none.
    """
    if not isinstance(result, list):
        refuse_shape(query, "its result is no list")
    for series in result:
        if not isinstance(series, dict):
            refuse_shape(query, "a series is no mapping")
        metric = series.get("metric")
        if not isinstance(metric, dict) or not all(isinstance(value, str) for value in metric.values()):
            refuse_shape(query, "a series has no labels, or labels that are no text")
        if not isinstance(series.get("values", []), list) or not isinstance(series.get("value", []), list):
            refuse_shape(query, "the samples of a series are no list")
    return result


def refuse_shape(query: str, what: str) -> NoReturn:
    """Refuse an answer.

    Raises
    ------
    SourceError
        Always.
    """
    raise SourceError(f"what came back is no answer to a query: {what}", hint=_HINT, query=query, rule="odd-answer")
