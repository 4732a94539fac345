"""Results that a report is made of: an evening of a shop with a gateway, services and a database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from fvcapacity.results.columns import ROUTE_CALLS
from fvcapacity.results.result import Result
from fvcapacity.tabular.frames import conform
from tests.unit.cli.fakes import result_of

_CALLS = [
    ("front-page", "", "frontend", 1.0, 0.0002, 0.0),
    ("product-list", "", "frontend", 1.0, 0.0002, 0.0),
    ("product-list", "frontend", "api-gateway", 1.0, 0.001, 0.0),
    ("product-list", "api-gateway", "product-service", 1.0, 0.004, 0.0),
    ("checkout", "", "frontend", 1.0, 0.0002, 0.0),
    ("checkout", "frontend", "api-gateway", 1.0, 0.001, 0.0),
    ("checkout", "api-gateway", "order-service", 1.0, 0.006, 0.02),
    ("checkout", "order-service", "postgres", 2.0, 0.004, 0.0),
]


def evening(*, calm: bool = False, interrupted: int | None = None) -> Result:
    """Two replications of an evening in which order-service is throttled, unless it is calm."""
    result = (
        result_of(None, interrupted) if interrupted else result_of(None, calm=True) if calm else result_of(None, None)
    )
    names = [column.name for column in ROUTE_CALLS.columns]
    calls = conform(ROUTE_CALLS, {name: [row[at] for row in _CALLS] for at, name in enumerate(names)})
    return replace(result, tables={**result.tables, "route_calls": calls})


def renamed(result: Result, names: dict[str, str]) -> Result:
    """The same result in which parts of names are others, wherever they stand."""

    def text(value: str) -> str:
        for old, new in names.items():
            value = value.replace(old, new)
        return value

    def part(value: Any) -> Any:
        if isinstance(value, str):
            return text(value)
        if isinstance(value, list):
            return [part(item) for item in value]
        if isinstance(value, dict):
            return {key: part(item) for key, item in value.items()}
        return value

    def table(frame: pd.DataFrame) -> pd.DataFrame:
        texts = frame.select_dtypes(include=["object", "string"]).columns
        return frame.assign(**{name: [part(value) for value in frame[name]] for name in texts})

    return replace(
        result,
        summary=part(result.summary),
        tables={name: table(frame) for name, frame in result.tables.items()},
        histograms={name: table(frame) for name, frame in result.histograms.items()},
    )
