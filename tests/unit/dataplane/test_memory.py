"""The core that wrapper and kernel share: one piece of memory, whichever way it is looked at."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from fvcapacity.dataplane.fast import layout
from fvcapacity.dataplane.fast.memory import Memory, prefetch_worker
from fvcapacity.dataplane.fast.plane import kernel
from fvcapacity.semantics.jit import njit


@pytest.mark.parametrize("memory", [Memory(), pickle.loads(pickle.dumps(Memory()))], ids=["new", "unpickled"])
def test_wrapper_and_kernel_see_the_same_core(memory: Memory) -> None:
    memory.core["free_attempts"] = 7
    assert (memory.get("free_attempts"), memory.state["free_attempts"]) == (7, 7)
    assert not kernel.lacks_rows(memory.state, 14)
    assert kernel.lacks_rows(memory.state, 15)


def test_the_kernel_gets_plain_words_and_no_description_of_every_field() -> None:
    assert Memory().state.data.format == "l"


def test_a_row_asked_for_ahead_is_fetched_line_by_line() -> None:
    @njit
    def ask(core: Any, row: int) -> int:
        prefetch_worker(core, row)
        return row

    memory = Memory()
    memory.reserve("workers", 4)
    assert ask(memory.state, 3) == 3
    (code,) = ask.inspect_asm().values()  # type: ignore[attr-defined]
    assert code.count("prefetch") >= layout.WORKER.itemsize // layout.CACHE_LINE
