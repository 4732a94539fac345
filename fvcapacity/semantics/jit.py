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
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

_PACKAGE = Path(__file__).resolve().parent.parent
_JITTED = ("semantics", "dataplane", "program", "analytic")
"""Rooms that hold jitted code."""

F = TypeVar("F", bound=Callable[..., Any])


def cache_directory() -> Path:
    """Return the directory that holds compiled rules of exactly these sources on exactly this machine."""
    digest = hashlib.sha256()
    for room in _JITTED:
        for source in sorted((_PACKAGE / room).rglob("*.py")):
            digest.update(source.relative_to(_PACKAGE).as_posix().encode())
            digest.update(source.read_bytes())
    facts = (version("numba"), version("numpy"), platform.machine(), platform.processor(), sys.version)
    digest.update(repr((facts, os.environ.get("NUMBA_BOUNDSCHECK", ""))).encode())
    root = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(root) / "fvcapacity" / digest.hexdigest()[:20]


def _usable(directory: Path) -> Path:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except OSError:  # a read-only home: compile once per user and boot instead
        fallback = Path(tempfile.gettempdir()) / f"fvcapacity-{os.getuid()}" / directory.name
        fallback.mkdir(parents=True, exist_ok=True, mode=0o700)
        return fallback


if "numba" not in sys.modules and "NUMBA_CACHE_DIR" not in os.environ:
    os.environ["NUMBA_CACHE_DIR"] = str(_usable(cache_directory()))

import numba  # noqa: E402  (the cache directory has to be known first)


def njit(function: F) -> F:
    """Compile a scalar rule at its first call; the result keeps its Python body as ``.py_func``."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inlined(function: F) -> F:
    """Compile like `njit`, but always as a part of its caller: for small functions on the way of every event."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)(function))


def checked() -> bool:
    """Return whether compiled code checks the bounds of arrays and tables (NUMBA_BOUNDSCHECK=1)."""
    return bool(numba.config.BOUNDSCHECK)


def row_reader(kind: np.dtype[Any]) -> Callable[[int, int], Any]:
    """Return a compiled-code function (address, row) -> record, for tables of one kind that lie at an address.

    The record is a bare pointer: it is neither copied nor counted, and the table must outlive it.
    """
    from numba.core import types
    from numba.extending import intrinsic

    record = numba.from_dtype(kind)

    @intrinsic
    def read(_: Any, address: Any, row: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            address, row = arguments
            offset = builder.mul(row, context.get_constant(types.int64, kind.itemsize))
            return builder.inttoptr(builder.add(address, offset), context.get_value_type(record))

        return record(types.int64, types.int64), generate

    return cast(Callable[[int, int], Any], read)
