"""Recorded times: what a topology may say, and what the program holds of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from fvcapacity.program.arrivals import RecordedArrivals
from fvcapacity.scenario.topology import CpuStep, Distribution
from fvcapacity.semantics.draw import RECORDED, recorded_row
from tests.support.tiny import program_of


def record(*values: float, **more: Any) -> dict[str, Any]:
    return {"distribution": "recorded", "values_ms": values, **more}


def test_a_record_has_the_mean_of_its_values() -> None:
    assert Distribution.model_validate(record(1, 2, 6)).mean_ms == 3
    assert CpuStep.model_validate(record(0, 0)).mean_ms == 0


@pytest.mark.parametrize(
    "given",
    [
        {"distribution": "recorded", "mean_ms": 1},
        {"distribution": "exponential", "mean_ms": 1, "values_ms": [1]},
        {"values_ms": [1]},
        record(1, -1),
        record(1, "two"),
        record(),
    ],
    ids=str,
)
def test_values_and_kind_belong_together(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Distribution.model_validate(given)


def test_records_lie_one_after_the_other_and_are_scaled_to_their_mean() -> None:
    steps = [{"cpu": record(1, 3)}, {"wait": record(2, 4, 9, mean_ms=10)}, {"cpu": {"mean_ms": 1}}]
    arrays = program_of({"s": {}}, {"r": {"steps": [{"call": "s", "steps": steps}]}}).arrays
    assert arrays.recorded_ns.tolist() == [1_000_000, 3_000_000, 4_000_000, 8_000_000, 18_000_000]
    assert arrays.op_dist.tolist()[:2] == [RECORDED, RECORDED]
    assert list(zip(arrays.op_a.tolist(), arrays.op_b.tolist(), strict=True))[:2] == [(0, 2), (2, 3)]


def test_recorded_arrivals_are_numbered_in_their_order_whatever_the_chunks() -> None:
    stream = RecordedArrivals([0, 5, 5, 40], [0, 1, 0, 1], seed=9, chunk_ns=10)
    rows: list[int] = []
    while (chunk := stream.next_chunk()) is not None:
        rows += [recorded_row(identity, 100) for identity in chunk.identities.tolist()]
    assert rows == [0, 1, 2, 3]
