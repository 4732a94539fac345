"""The same ways in, with Hypothesis: odd values in seeds, and bytes as they come."""

from __future__ import annotations

import resource

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.long import fuzz_targets

pytestmark = pytest.mark.long


@pytest.mark.parametrize("name", fuzz_targets.TARGETS)
def test_odd_values_in_seeds(name):
    @settings(
        max_examples=1500, deadline=20_000, suppress_health_check=list(HealthCheck), derandomize=True, database=None
    )
    @given(st.integers(128, 255), st.integers(0, 2**32))
    def check(first, number):
        fuzz_targets.run(name, bytes([first]) + number.to_bytes(8, "big"))

    check()


@pytest.mark.parametrize("name", fuzz_targets.TARGETS)
def test_bytes_as_they_come(name):
    @settings(
        max_examples=500, deadline=20_000, suppress_health_check=list(HealthCheck), derandomize=True, database=None
    )
    @given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
    def check(data):
        fuzz_targets.run(name, b"\x00" + data)

    check()


def test_memory_stayed_small():
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 3 * 2**20
