"""The one place that imports Numba: ``njit`` with a cache that never serves an outdated rule.

Numba's ``cache=True`` keeps the old machine code when a rule in *another* module was edited. The cache directory is
therefore named by a hash of everything that goes into the code: all jitted sources, the versions of Numba and NumPy,
the processor and the bounds-check flag. It must be set before Numba is imported.

Nothing compiles at import: a rule compiles at its first call, or comes from the cache. Rules take and return int64 and
float64 only (hashes are int64 bit patterns, turned into uint64 inside), so that a Python int always means the same.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

_PACKAGE = Path(__file__).resolve().parent.parent
_JITTED = ("semantics", "dataplane", "program")
"""Rooms that hold jitted code."""

F = TypeVar("F", bound=Callable[..., Any])


def cache_directory() -> Path:
    """Return the directory that holds compiled rules of exactly these sources on exactly this machine."""
    facts = (platform.machine(), platform.processor(), os.environ.get("NUMBA_BOUNDSCHECK", ""))
    digest = hashlib.sha256(f"{sources_digest(_JITTED)} {facts}".encode())
    return user_cache() / digest.hexdigest()[:20]


def user_cache() -> Path:
    """Return where this package keeps what it can make again: compiled code, checkpoints of unfinished runs."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(root) / "fvcapacity"


def sources_digest(rooms: Sequence[str] = (".",)) -> str:
    """Return a hash of the sources of some rooms (all by default), and of the releases that they build upon."""
    digest = hashlib.sha256(repr((version("numba"), version("numpy"), sys.version)).encode())
    for room in rooms:
        for source in sorted((_PACKAGE / room).rglob("*.py")):
            digest.update(source.relative_to(_PACKAGE).as_posix().encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()


def _usable(directory: Path) -> Path:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except OSError:  # a read-only home: compile once per user and boot instead
        fallback = Path(tempfile.gettempdir()) / f"fvcapacity-{os.getuid()}" / directory.name
        fallback.mkdir(parents=True, exist_ok=True, mode=0o700)
        return fallback


def ready_mark(name: str) -> Path:
    """Return the file that stands beside compiled code once all of it (under this name) is in the cache."""
    directory = os.environ.get("NUMBA_CACHE_DIR") or str(_usable(cache_directory()))
    return Path(directory) / f"{name}-{cache_directory().name}.ready"


if "numba" not in sys.modules and "NUMBA_CACHE_DIR" not in os.environ:
    os.environ["NUMBA_CACHE_DIR"] = str(_usable(cache_directory()))

import numba  # noqa: E402  (the cache directory has to be known first)

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_NO_WAY_IN: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def njit(function: F) -> F:
    """Compile a scalar rule at its first call; the result keeps its Python body as ``.py_func``."""
    return cast(F, _once_for_all_integers(numba.njit(cache=True, **_OPTIONS)(function)))


def part(function: F) -> F:
    """Compile as a part of other compiled functions only: without a way in from Python, and cached with those."""
    return cast(F, _once_for_all_integers(numba.njit(**_OPTIONS, **_NO_WAY_IN)(function)))


def inlined(function: F) -> F:
    """Compile like `part`, and always into its caller: for small functions on the way of every event."""
    return cast(F, _once_for_all_integers(numba.njit(forceinline=True, **_OPTIONS, **_NO_WAY_IN)(function)))


def merged(function: F) -> F:
    """Compile as a stretch of its callers, as if it were written there: for what is called in one place.

    Numba puts it in before it looks at types, so that it is no function of its own, whose module would hold all that
    it calls and be optimised apart: the kernel compiles sooner for it, and runs faster.
    """
    return cast(F, _once_for_all_integers(numba.njit(inline="always", **_OPTIONS, **_NO_WAY_IN)(function)))


def _once_for_all_integers(dispatcher: Any) -> Any:
    """Keep Numba from compiling a function anew for every constant that it is called with.

    A constant in compiled code has a type of its own (``Literal[int](7)``); a plain int64 does as well, and the kernel
    compiles in two thirds of the time.
    """
    from numba.core.types import unliteral

    plain_type = cast(Any, unliteral)
    template = dispatcher.get_call_template

    def plain(arguments: Any, keywords: Any) -> Any:
        named = {name: plain_type(kind) for name, kind in keywords.items()}
        return template(tuple(plain_type(kind) for kind in arguments), named)

    dispatcher.get_call_template = plain
    return dispatcher


def row_reader(core: np.dtype[Any], table: str, row: np.dtype[Any], rows: str = "") -> Callable[[Any, int], Any]:
    """Return a function ``(core, number) -> record`` for compiled code: a row of a table that lies at an address.

    The record is a bare pointer: it is neither copied nor counted, and the table must outlive it. With
    NUMBA_BOUNDSCHECK=1 a number outside of the table raises `IndexError`.

    Parameters
    ----------
    core
        Type of the record that knows the table.
    table, rows
        Its fields with the table's address and number of rows.
    row
        Type of the table's rows.
    """
    from numba.core import types
    from numba.extending import intrinsic

    owner, result = numba.from_dtype(core), numba.from_dtype(row)
    check = bool(cast(Any, numba.config).BOUNDSCHECK)
    places = [owner.fields[name].offset for name in (table, rows or f"{table}_rows")]

    def read(typing: Any, core: Any, number: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            import llvmlite.ir as ir

            pointer, number = arguments
            word = ir.IntType(64)
            start = builder.ptrtoint(pointer, word)
            address, count = (
                builder.load(builder.inttoptr(builder.add(start, ir.Constant(word, place)), word.as_pointer()))
                for place in places
            )
            if check:
                with builder.if_then(builder.icmp_unsigned(">=", number, count), likely=False):
                    context.call_conv.return_user_exc(builder, IndexError, (f"no such row in {table}",))
            offset = builder.mul(number, ir.Constant(word, row.itemsize))
            return builder.inttoptr(builder.add(address, offset), context.get_value_type(result))

        return result(owner, types.int64), generate

    return cast(Callable[[Any, int], Any], intrinsic(read))
