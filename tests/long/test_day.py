"""One day of the shop at 100 requests a second: 8.6 million requests on one core.

By hand: NUMBA_BOUNDSCHECK=0 python -m pytest tests/long/test_day.py -m long -s
"""

from __future__ import annotations

import pytest

from tests.benchmarks.bounds import require
from tests.benchmarks.clocks import require_unchecked
from tests.benchmarks.shop import replay, require_served, require_whole, steady


@pytest.mark.long
def test_a_day_at_100_requests_a_second() -> None:
    require_unchecked()
    replay(steady(1))
    spent, statistics = replay(steady(24 * 60))
    require_whole(statistics)
    require_served(statistics)
    assert spent.work == pytest.approx(8_640_000, rel=0.01)
    print(f"\n{spent.work:,} requests in {spent.seconds:.1f} CPU seconds: {spent.rate:,.0f} a second")
    require("day", spent.seconds)
