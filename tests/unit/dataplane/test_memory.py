"""The core that wrapper and kernel share: one piece of memory, whichever way it is looked at."""

from __future__ import annotations

import pickle
from typing import Any

import numba
import numpy as np
import pytest

from fvcapacity.dataplane.fast import layout
from fvcapacity.dataplane.fast.layout import CACHE_LINE
from fvcapacity.dataplane.fast.memory import Memory, prefetch_container
from fvcapacity.dataplane.fast.plane import kernel


@pytest.mark.parametrize("memory", [Memory(), pickle.loads(pickle.dumps(Memory()))], ids=["new", "unpickled"])
def test_wrapper_and_kernel_see_the_same_core(memory: Memory) -> None:
    memory.core["free_attempts"] = 7
    assert (memory.get("free_attempts"), memory.state["free_attempts"]) == (7, 7)
    assert not kernel.lacks_rows(memory.state, 14)
    assert kernel.lacks_rows(memory.state, 15)


def test_the_kernel_gets_plain_words_and_no_description_of_every_field() -> None:
    assert Memory().state.data.format == "l"


def test_a_row_asked_for_ahead_is_fetched_line_by_line() -> None:
    @numba.njit  # without the cache: what comes from there cannot be looked at
    def ask(core: Any, row: int) -> int:
        prefetch_container(core, row)
        return row

    memory = Memory()
    memory.reserve("containers", 4)
    assert ask(memory.state, 3) == 3
    (code,) = ask.inspect_llvm().values()
    assert code.count("call void @llvm.prefetch") == 2, "a visit touches the first two lines"


@pytest.mark.parametrize(
    ("row", "lines"),
    [(layout.ATTEMPT, 3), (layout.NODE, 2), (layout.THREAD, 1), (layout.CONTAINER, 4), (layout.WORKER, 1)],
)
def test_a_row_takes_whole_lines_of_the_cache_and_no_field_lies_on_two(row: np.dtype[Any], lines: int) -> None:
    assert row.itemsize == lines * CACHE_LINE
    assert row.fields is not None
    for kind, place in (field[:2] for field in row.fields.values()):
        assert place % kind.itemsize == 0


def test_what_a_visit_without_a_limit_touches_of_its_container_and_node_comes_first() -> None:
    places = {name: field[1] for name, field in {**layout.CONTAINER.fields, **layout.NODE.fields}.items()}
    assert places["answered"] < 2 * CACHE_LINE == places["pool_ns"]
    assert places["plain"] < CACHE_LINE == layout.NODE.fields["edge_ns"][1]
