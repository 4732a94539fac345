"""The one place that imports Numba: ``njit`` with a cache that never serves an outdated rule.

Numba's ``cache=True`` keeps the old machine code when a rule in *another* module was edited. The cache directory is
therefore named by a hash of everything that goes into the code: all jitted sources, the versions of Numba and NumPy,
the processor and the bounds-check flag. It must be set before Numba is imported.

It lies in the user's cache directory, and never in the package, which may be read-only. Where there is no cache
directory to write to, it lies in the directory of temporary files, under a name of the user's own; where that is not to
be had either, everything works uncached. Several processes may fill it at once: Numba writes aside and renames.

Nothing compiles at import: a rule compiles at its first call, or comes from the cache. A rule that no compiled code
calls is left to Python: to load it would take longer than all that a run asks of it. Rules take and return int64 and
float64 only (hashes are int64 bit patterns, turned into uint64 inside), so that a Python int always means the same.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

_PACKAGE = Path(__file__).resolve().parent.parent
JITTED = ("semantics", "dataplane", "program")
"""Rooms that hold jitted code."""

CACHE_LINE = 64
"""Bytes that the processor fetches at once."""

F = TypeVar("F", bound=Callable[..., Any])


@cache
def code_name() -> str:
    """Return what names the compiled rules of exactly these sources, at this place, on exactly this machine.

    The place counts because Numba finds compiled code by the path of its source: for a second installation nothing is
    ready, whatever lies in the cache of the first.
    """
    checked = os.environ.get("NUMBA_BOUNDSCHECK", "")
    checked = "" if checked == "0" else checked  # for Numba both say no
    facts = (platform.machine(), platform.processor(), checked, str(_PACKAGE))
    digest = hashlib.sha256(f"{sources_digest(JITTED)} {facts}".encode())
    return digest.hexdigest()[:20]


def user_cache() -> Path:
    """Return where this package keeps what it can make again: compiled code, checkpoints of unfinished runs.

    The directory can be written to.

    Raises
    ------
    OSError
        When there is no such place.
    """
    try:
        root = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
        return _usable(Path(root) / "fvcapacity")
    except (OSError, RuntimeError):  # a read-only home, or none at all: once per user and boot instead
        return _private(_usable(Path(tempfile.gettempdir()) / f"fvcapacity-{os.getuid()}"))


def sources_digest(rooms: Sequence[str] = (".",)) -> str:
    """Return a hash of the sources of some rooms (all by default), and of the releases that they build upon."""
    digest = hashlib.sha256(repr((version("numba"), version("numpy"), sys.version)).encode())
    add_sources(digest, rooms)
    return digest.hexdigest()


def add_sources(digest: hashlib._Hash, rooms: Sequence[str]) -> None:
    """Put names and texts of the sources of some rooms into a hash; the room ``.`` is the whole package."""
    for room in rooms:
        for source in sorted((_PACKAGE / room).rglob("*.py")):
            digest.update(source.relative_to(_PACKAGE).as_posix().encode())
            digest.update(source.read_bytes())


def _usable(directory: Path) -> Path:
    """Make a directory if need be, and see to it that we can write to it."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=directory):
        return directory


def _private(directory: Path) -> Path:
    """See to it that nobody else can write to a directory: what lies in it is run and unpickled."""
    if not ours_alone(directory):
        raise PermissionError(f"{directory} is not ours alone")
    return directory


def ours_alone(directory: Path) -> bool:
    """Tell whether a directory is there and nobody else can have put anything into it."""
    try:
        status = directory.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022


def ready_mark(name: str) -> Path | None:
    """Return the file that stands beside compiled code once all of it (under this name) is in the cache.

    None when there is no cache.
    """
    directory = os.environ.get("NUMBA_CACHE_DIR")
    return None if directory is None else Path(directory) / f"{name}-{code_name()}.ready"


def _set_numba_cache() -> bool:
    """Tell Numba its cache directory; return False when there is none."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return True
    try:
        directory = user_cache() / code_name()
        directory.mkdir(exist_ok=True)
    except OSError:
        return False
    os.environ["NUMBA_CACHE_DIR"] = str(directory)
    if "numba" in sys.modules:  # somebody has imported it before us
        cast(Any, sys.modules["numba"]).config.CACHE_DIR = str(directory)
    return True


_CACHED = _set_numba_cache()

import numba  # noqa: E402  (the cache directory has to be known first)

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_NO_WAY_IN: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def njit(function: F) -> F:
    """Compile a scalar rule at its first call; the result keeps its Python body as ``.py_func``."""
    return cast(F, _once_for_all_integers(numba.njit(cache=_CACHED, **_OPTIONS)(function)))


_parts: list[Any] = []
"""What `share_parts` puts into the cache."""


def part(function: F) -> F:
    """Compile as a part of other compiled functions only: without a way in from Python, and cached with those."""
    _parts.append(_once_for_all_integers(numba.njit(**_OPTIONS, **_NO_WAY_IN)(function)))
    return cast(F, _parts[-1])


def inlined(function: F) -> F:
    """Compile like `part`, and always into its caller: for small functions on the way of every event."""
    _parts.append(_once_for_all_integers(numba.njit(forceinline=True, **_OPTIONS, **_NO_WAY_IN)(function)))
    return cast(F, _parts[-1])


def share_parts() -> None:
    """Let processes that compile at the same time take each other's parts from the cache.

    Whoever finds all compiled needs no part by itself and does without this: it looks up a directory for each.
    """
    if _CACHED:
        for dispatcher in _parts:
            dispatcher.enable_caching()


def compile_for(function: Callable[..., Any], core: np.dtype[Any], numbers: int) -> None:
    """Compile a rule or a part for a record and so many whole numbers after it, without running it."""
    cast(Any, function).compile((_record(core), *[numba.int64] * numbers))


def merged(function: F) -> F:
    """Compile as a stretch of its callers, as if it were written there: for what is called in one place.

    Numba puts it in before it looks at types, so that it is no function of its own, whose module would hold all that
    it calls and be optimised apart: the kernel compiles sooner for it, and runs faster.
    """
    return cast(F, _once_for_all_integers(numba.njit(inline="always", **_OPTIONS, **_NO_WAY_IN)(function)))


def _once_for_all_integers(dispatcher: Any) -> Any:
    """Keep Numba from compiling a function anew for every constant that it is called with.

    A constant in compiled code has a type of its own (``Literal[int](7)``), and so has a narrow field of a record; a
    plain int64 does as well, and the kernel compiles in two thirds of the time.
    """
    from numba.core import types

    unliteral = cast(Any, types.unliteral)

    def plain_type(kind: Any) -> Any:
        kind = unliteral(kind)
        return types.int64 if isinstance(kind, types.Integer) and cast(Any, kind).signed else kind

    template = dispatcher.get_call_template

    def plain(arguments: Any, keywords: Any) -> Any:
        named = {name: plain_type(kind) for name, kind in keywords.items()}
        return template(tuple(plain_type(kind) for kind in arguments), named)

    dispatcher.get_call_template = plain
    return dispatcher


@cache
def _record(core: np.dtype[Any]) -> Any:
    """Return Numba's type of a record: dozens of readers share that of the core, which has hundreds of fields."""
    return numba.from_dtype(core)


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

    address_of, result = _address(core, table, rows or f"{table}_rows", row.itemsize), numba.from_dtype(row)

    def read(typing: Any, core: Any, number: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(address_of(context, builder, arguments), context.get_value_type(result))

        return result(core, types.int64), generate

    return cast(Callable[[Any, int], Any], intrinsic(read))


def row_prefetcher(core: np.dtype[Any], table: str, row: np.dtype[Any], size: int = 0) -> Callable[[Any, int], None]:
    """Return a function ``(core, number)`` for compiled code: it asks for a row that will be touched soon.

    The processor fetches the lines of its cache in which the row's first ``size`` bytes lie (all by default), and
    nobody waits for them. A hint changes nothing but time. Parameters are those of `row_reader`.
    """
    from numba.core import types
    from numba.extending import intrinsic

    address_of = _address(core, table, f"{table}_rows", row.itemsize)
    lines = range(0, size or row.itemsize, CACHE_LINE)

    def prefetch(typing: Any, core: Any, number: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            import llvmlite.ir as ir
            from numba.core import cgutils

            byte, flag, word = ir.IntType(8).as_pointer(), ir.IntType(32), ir.IntType(64)
            kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
            hint = cast(Any, cgutils).get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
            to_read, to_keep, data = (ir.Constant(flag, number) for number in (0, 3, 1))
            address = address_of(context, builder, arguments)
            for line in lines:
                at = builder.inttoptr(builder.add(address, ir.Constant(word, line)), byte)
                builder.call(hint, [at, to_read, to_keep, data])
            return context.get_dummy_value()

        return types.none(core, types.int64), generate

    return cast(Callable[[Any, int], None], intrinsic(prefetch))


def _address(core: np.dtype[Any], table: str, rows: str, size: int) -> Callable[[Any, Any, Any], Any]:
    """Return what writes the code for a row's address: ``(context, builder, [core, number]) -> word``."""
    check = bool(cast(Any, numba.config).BOUNDSCHECK)
    places = [_record(core).fields[name].offset for name in (table, rows)]

    def generate(context: Any, builder: Any, arguments: Any) -> Any:
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
        return builder.add(address, builder.mul(number, ir.Constant(word, size)))

    return generate
