"""A sweep's document without a run: two fields, priced."""

from __future__ import annotations

from typing import Any

from fvcapacity.study.sweep.summary import SWEEP_SCHEMA, SweepSummary


def _figure(mean: float, half: float) -> dict[str, float]:
    return {"mean": mean, "low_95": mean - half, "high_95": mean + half}


def _point(number: int, target: int, scale: float) -> dict[str, Any]:
    p95 = 0.12 * scale * target / 50
    missed = p95 >= 0.4
    return {
        "point": number,
        "values": {"hpa/shop.target.cpu": target, "traffic.scale": scale},
        "status": "missed" if missed else "holds",
        "held_in": 1 if missed else 5,
        "runs": 5,
        "p95_s": _figure(p95, p95 / 20),
        "worst_p95_s": _figure(1.6 * p95, p95 / 10),
        "error_ratio": _figure(0.004 if missed else 0.0, 0.001 if missed else 0.0),
        "cost_usd": _figure(12.5 * scale - target / 25, 0.25),
        "node_hours": _figure(4 * scale, 0.5),
        "reason": "p95 over all: 9 of 60 windows at 500 ms or more, worst 940 ms" if missed else "",
    }


def swept(count: int | None = None, targets: tuple[int, ...] = (50, 70, 90)) -> dict[str, Any]:
    """Return a document; of ``count`` points when that is given."""
    scales = [1.0, 2.0, 3.0] if count is None else [1.0 + number for number in range(count)]
    targets = targets if count is None else targets[:1]
    pairs = [(target, scale) for target in targets for scale in scales]
    document = {
        "schema_version": SWEEP_SCHEMA,
        "scenario": "small",
        "changes": [],
        "start_utc": "2026-02-14T21:00:00Z",
        "time_zone": "America/Santiago",
        "duration_s": 3600.0,
        "run": {"plane": "fast", "seed": 1, "replications": 5, "kubernetes": "1.36", "versions": {"numba": "0.62"}},
        "objectives": {"p95_ms": 500.0, "error_percent": 1.0, "failing_windows_percent": 1.0},
        "axes": [
            {"path": "hpa/shop.target.cpu", "values": list(targets), "today": 70},
            {"path": "traffic.scale", "values": scales, "today": 1.0},
        ],
        "sentence": "6 of 9 points keep the objectives; the cheapest of them: hpa/shop.target.cpu = 90, "
        "traffic.scale = 1, USD 8.90 for the window.",
        "best": 6,
        "points": [_point(number, *pair) for number, pair in enumerate(pairs)],
        "notes": ["Run n draws the same customers at every point."],
    }
    return SweepSummary.model_validate(document).model_dump(mode="json")
