"""Outcomes of trials, as tests need them."""

from __future__ import annotations

from typing import Any

from fvcapacity.recommend.outcome import Outcome


def outcome(**given: Any) -> Outcome:
    """Return an outcome that holds, with some figures of one's own."""
    usual: dict[str, Any] = {
        "holds": True,
        "excess": 0.5,
        "reason": "",
        "at_utc": "",
        "bottleneck": "",
        "requests": 1000,
        "p95_s": 0.1,
        "worst_p95_s": 0.2,
        "error_ratio": 0.0,
        "oom_kills": 0,
        "throttled_ratio": 0.0,
        "pods": {},
        "cpu_use": {},
        "memory_bytes": {},
        "written_bytes": {},
        "hours": 24.0,
        "cost_usd": 1.0,
    }
    return Outcome(**{**usual, **given})
