"""What is asked for ahead (see ``fast/ahead.py``) changes no answer, whatever a visit meets."""

from __future__ import annotations

from typing import Any

import pytest

from fvcapacity.dataplane.fast import containers
from fvcapacity.dataplane.fast.plane import FastPlane
from tests.parity.harness import Play, first_difference, perform
from tests.parity.test_corpus import CASES


@pytest.mark.parametrize("name", CASES)
def test_a_plane_that_looks_ahead_does_what_one_does_that_does_not(name: str, monkeypatch: Any) -> None:
    made = CASES[name][0]()
    play = made if isinstance(made, Play) else Play(made)
    blind = perform(play, FastPlane)
    monkeypatch.setattr(containers, "FEW", 0)
    assert first_difference(blind, perform(play, FastPlane)) == ""
