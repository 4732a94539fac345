"""The core that wrapper and kernel share: one piece of memory, whichever way it is looked at."""

from __future__ import annotations

import pickle

import pytest

from fvcapacity.dataplane.fast.memory import Memory
from fvcapacity.dataplane.fast.plane import kernel


@pytest.mark.parametrize("memory", [Memory(), pickle.loads(pickle.dumps(Memory()))], ids=["new", "unpickled"])
def test_wrapper_and_kernel_see_the_same_core(memory: Memory) -> None:
    memory.core["free_attempts"] = 7
    assert (memory.get("free_attempts"), memory.state["free_attempts"]) == (7, 7)
    assert not kernel.lacks_rows(memory.state, 14)
    assert kernel.lacks_rows(memory.state, 15)


def test_the_kernel_gets_plain_words_and_no_description_of_every_field() -> None:
    assert Memory().state.data.format == "l"
