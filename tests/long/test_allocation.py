"""What must hold of every bill that is told apart, on many more that nobody chose."""

import pytest

from tests.support.allocation_laws import laws_hold


@pytest.mark.long
def test_the_laws_hold():
    laws_hold(120, derandomize=False)
