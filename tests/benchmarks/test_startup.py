"""How long one waits for ``fvcap simulate``. Wall time on a shared machine: twice what must hold is let pass here."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.bounds import BOUNDS
from tests.benchmarks.startup import waits

pytestmark = pytest.mark.benchmark_run


def test_the_first_minute_and_the_next(benchmark: Any) -> None:
    measured = benchmark.pedantic(waits, kwargs={"warm_runs": 2}, rounds=1)
    benchmark.extra_info.update(first=round(measured.first, 1), warm=round(measured.warm, 2))
    assert measured.first <= 2 * BOUNDS["first"].must
    assert measured.warm <= 2 * BOUNDS["warm"].must
