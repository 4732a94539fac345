"""What all scenario models share: frozen, strict about unknown keys, and fluent in durations and quantities."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from fvcapacity.units import parse_bytes, parse_cpu_cores, parse_duration_ns

Basis = Literal["documented", "measured", "assumed"]
"""Where a number comes from: the shop's documentation, a measurement, or an assumption of ours."""


class Model(BaseModel):
    """A frozen model that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)
    # a part is built with the whole that it stands in, not at import and once more by itself


def _duration(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("a duration is written with its unit, like 500ms, 90s or 2h")
    if isinstance(value, str):
        return parse_duration_ns(value)
    if value == 0:
        return 0
    raise ValueError(f"{value} has no unit; write {value}s, {value}ms or {value}m")


def _quantity_bytes(value: Any) -> Any:
    return parse_bytes(value) if isinstance(value, str | int) and not isinstance(value, bool) else value


def _quantity_cores(value: Any) -> Any:
    return parse_cpu_cores(value) if isinstance(value, str | int | float) else value


DurationNs = Annotated[int, BeforeValidator(_duration, json_schema_input_type=str)]
"""Nanoseconds, written as ``250ms``, ``90s``, ``1h30m``."""
LONGEST_WINDOW_NS = 3_660 * 86_400 * 10**9
"""Ten years: tables hold every minute of a window in memory."""
MOST_PODS = 150_000
MOST_NODES = 100_000
"""Kubernetes itself is made for 150,000 pods on 5,000 nodes; far beyond is a slip, or means to take all memory."""
Bytes = Annotated[int, BeforeValidator(_quantity_bytes, json_schema_input_type=str | int)]
"""Bytes, written as a Kubernetes quantity (``256Mi``)."""
Cores = Annotated[float, BeforeValidator(_quantity_cores, json_schema_input_type=str | float)]
"""CPU cores, written as a Kubernetes quantity (``250m``)."""
