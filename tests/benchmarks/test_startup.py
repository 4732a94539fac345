"""How long one waits for ``fvcap simulate``.

Wall time on a shared machine: twice what must hold is let pass here, and on a slow machine so many times what the
libraries take that are imported whatever we do. The page tells what was measured against what must hold.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.bounds import BOUNDS
from tests.benchmarks.startup import waits

pytestmark = pytest.mark.benchmark_run

WARM, FIRST = 6, 60
"""Times the import of the libraries."""


def test_the_first_minute_and_the_next(benchmark: Any) -> None:
    measured = benchmark.pedantic(waits, kwargs={"warm_runs": 2, "library": False}, rounds=1)
    told = {name: round(getattr(measured, name), 2) for name in ("first", "warm", "imports")}
    benchmark.extra_info.update(told)
    for name, times in (("first", FIRST), ("warm", WARM)):
        must = BOUNDS[name].must
        assert must is not None
        assert getattr(measured, name) <= max(2 * must, times * measured.imports), told
