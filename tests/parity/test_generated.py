"""Systems drawn at random behave the same on both planes, to the nanosecond."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings

from tests.parity.generated import EXPECTED, Drawn, phenomena, play_of, systems
from tests.parity.harness import check


def assert_parity(examples: int, derandomize: bool) -> None:
    """Compare the planes on so many systems, among which everything that can happen must have happened."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=examples, derandomize=derandomize, database=None, deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )  # fmt: skip
    @given(systems())
    def agree(drawn: Drawn) -> None:
        seen.update(phenomena(check(play_of(drawn))))

    agree()
    assert set(seen) >= EXPECTED, f"never occurred: {sorted(EXPECTED - set(seen))}"


def test_a_hundred_and_twenty_systems() -> None:
    assert_parity(120, derandomize=True)
