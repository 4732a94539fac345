"""The same ways in, with Hypothesis: odd values in seeds, and bytes as they come.

By default some minutes for all of them, the same examples every time. ``FUZZ_SECONDS=600`` gives each target ten minutes
of odd values and of bytes together, with new examples in every round, and prints how many there were::

    FUZZ_SECONDS=600 pytest -m long tests/long/test_fuzz.py -s -k scenario
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.long import fuzz_targets

pytestmark = pytest.mark.long

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
_SLOW = {"result": 8, "document": 4}
"""Targets of which each example takes so many times as long: they get fewer."""
_ODD = st.tuples(st.integers(128, 255), st.integers(0, 2**32)).map(lambda two: bytes([two[0]]) + two[1].to_bytes(8))
_BYTES = st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", fuzz_targets.TARGETS)
def test_odd_values_in_seeds(name):
    _fuzz(name, _ODD, 1500)


@pytest.mark.parametrize("name", fuzz_targets.TARGETS)
def test_bytes_as_they_come(name):
    _fuzz(name, _BYTES.map(lambda data: b"\x00" + data), 500)


def test_memory_stayed_small():
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 3 * 2**20


def _fuzz(name: str, recipes: st.SearchStrategy[bytes], examples: int) -> None:
    count, began = 0, time.monotonic()

    def try_one(data: bytes) -> None:
        nonlocal count
        count += 1
        fuzz_targets.run(name, data)

    examples //= _SLOW.get(name, 1)
    if not SECONDS:
        _checked(try_one, recipes, examples, derandomize=True)()
        return
    rounds = 0
    while time.monotonic() - began < SECONDS / 2:
        seed(rounds)(_checked(try_one, recipes, examples))()
        rounds += 1
    print(f"\n{name}: {count:,} examples in {rounds} rounds, {time.monotonic() - began:.0f} s, nothing found")


def _checked(
    try_one: Callable[[bytes], None], recipes: st.SearchStrategy[bytes], examples: int, **more: bool
) -> Callable[[], None]:
    @settings(
        max_examples=examples,
        deadline=60_000,  # milliseconds: an example that takes longer hangs
        suppress_health_check=list(HealthCheck),
        database=None,
        **more,
    )
    @given(recipes)
    def check(data):
        try_one(data)

    return check
