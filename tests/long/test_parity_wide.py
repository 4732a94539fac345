"""Two thousand systems drawn at random on both planes (see ``tests/parity/test_generated.py``)."""

from __future__ import annotations

import pytest

from tests.parity.test_generated import assert_parity


@pytest.mark.long
def test_two_thousand_systems() -> None:
    assert_parity(2_000, derandomize=False)
