"""Benchmarks fail at once where code is compiled with bounds checks."""

from __future__ import annotations

import pytest

from tests.benchmarks.clocks import require_unchecked


@pytest.fixture(autouse=True)
def _unchecked(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("benchmark_run"):
        require_unchecked()
