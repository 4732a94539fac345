"""Documents that a review is given: a recommendation, and a forecast of a quarter."""

from __future__ import annotations

from typing import Any

from fvcapacity.review.quarters import Quarter

RECOMMENDATION: dict[str, Any] = {
    "verdict": "holds",
    "today_usd": 440.25,
    "usd": 361.9,
    "sentence": "Saves 78.35 USD a month.",
    "changes": [{"path": "deployment/order-service.limits.cpu", "before": "200m", "after": "350m"}],
}


def spread(middle: float) -> dict[str, float]:
    """A distribution around a middle."""
    return {
        "mean": middle, "median": middle, "low_80": 0.9 * middle, "high_80": 1.1 * middle, "low_95": 0.8 * middle,
        "high_95": 1.2 * middle,
    }  # fmt: skip


def _what_if(kind: str, saving: float | None, **changes: Any) -> dict[str, Any]:
    return {
        "kind": kind, "name": kind, "pool": "", "machines": None, "term": "", "break_even": None, "usage": [],
        "usd": None if saving is None else spread(1000 - saving),
        "saving_usd": None if saving is None else spread(saving), "priced": saving is not None, "sentence": "x", **changes,
    }  # fmt: skip


_QUARTER = Quarter.parse("2026Q2")
FORECAST: dict[str, Any] = {
    "schema_version": "fvcapacity/forecast/1",
    "quarter": "2026Q2",
    "scenario": "shop",
    "time_zone": "America/Santiago",
    "draws": 1000,
    "seed": 1,
    "source": {
        "kind": "history", "file": "counts.csv", "first_day": "2025-01-01", "last_day": "2026-04-05", "known_days": 400,
        "yearly_season": False, "growth_per_year": 0.12, "growth_basis": "estimated", "day_log_sd": 0.1, "walk_log_sd": 0.01,
    },
    "requests": spread(91e6),
    "months": [
        {"month": f"{month:%Y-%m}", "requests": spread(30e6), "usd": spread(340.0)} for month in _QUARTER.months
    ],
    "days": [
        {"day": str(day), "known": number < 5, **{k: v for k, v in spread(1e6 + 1e4 * number).items() if k != "mean"}}
        for number, day in enumerate(_QUARTER.days)
    ],
    "special_days": [],
    "coverage": {
        "horizon_days": 91, "forecasts": 4, "days": 364, "day_coverage_80": 0.82, "day_coverage_95": 0.95,
        "total_coverage_80": 0.75, "total_coverage_95": 1.0, "day_error": 0.07, "total_error": 0.03, "sentence": "x",
    },
    "money": {
        "total_usd": spread(1020.0),
        "by_category_usd": {"compute": spread(1020.0)},
        "region": "r1",
        "unpriced": ["volume data of db"],
        "pools": [],
        "replays": [
            {
                "day": "2026-05-10", "like": "special days", "pool": "general", "node_hours": 80.0,
                "closed_form_node_hours": 76.0, "ratio": 80 / 76, "objectives": "missed",
            }
        ],
        "budget": {"usd": 1100.0, "overrun_probability": 0.04, "needed_usd": {"50": 1020.0, "5": 1090.0}},
        "what_if": [
            _what_if("patch", 50.0),
            _what_if("patch", -50.0),
            _what_if("spot", 100.0),
            _what_if("spot", None),
            _what_if("reservation", 90.0, pool="general", machines=3, term="1y", break_even=0.6, usage=[1.0, 1.0, 1.0]),
            _what_if("reservation", -5.0, pool="general", machines=0, term="3y", break_even=1.1),
            _what_if("reservation", None, pool="general", machines=3, term="1y"),
        ],
    },
    "notes": ["an English note that pages leave out"],
}  # fmt: skip
