"""What lets a command begin its work sooner, in a process of its own, and be gone when it is done.

Nine tenths of a run of one minute are loading: modules, models, compiled code. What is done about it here concerns a
whole process. `main` says that the process is the command's own; where it is not (in tests, in somebody's program)
everything is left as it is.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_OBJECTS_UNTIL_COLLECTED = 100_000
_LINEAR_ALGEBRA = "scipy.linalg.cython_blas"

_own = False


def own_process() -> None:
    """Say that this process runs one command and ends with it.

    What a command imports stays until it ends. To look through it for garbage every 700 objects, as Python does by
    default, takes a quarter of the time of a short run. Pydantic would look for plugins in everything that is
    installed.
    """
    global _own
    _own = True
    gc.set_threshold(_OBJECTS_UNTIL_COLLECTED)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def spare_threads() -> None:
    """Let NumPy's linear algebra start no thread for every processor, unless the user says how many.

    Each of them turns round for a while, waiting for matrices that no run multiplies. To be called before NumPy is
    imported.
    """
    if _own:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@contextmanager
def loading() -> Iterator[None]:
    """Load something that stays: nothing is collected meanwhile, and what was loaded is never looked through."""
    if not _own:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def load_compiled_rules() -> None:
    """Load what runs compiled rules, but not SciPy's linear algebra, and read Numba's registries once.

    At the first call of a compiled function Numba looks for SciPy's linear algebra, for functions that multiply
    matrices: to find it takes a tenth of the time of a short run. No rule of ours does that (one that did would not
    compile, and say why), so that Numba is told that it is not there. SciPy is whole again afterwards, for whoever
    asks for it later.
    """
    if not _own or _LINEAR_ALGEBRA in sys.modules:
        return
    from fvcapacity.semantics.draw import mix

    sys.modules[_LINEAR_ALGEBRA] = None  # type: ignore[assignment]  # how Python marks what is not to be found
    try:
        with _registries_read_once():
            mix(0, 0)
    finally:
        del sys.modules[_LINEAR_ALGEBRA]


@contextmanager
def _registries_read_once() -> Iterator[None]:
    """Keep Numba from reading its registries anew for each of the 250 attributes that it finds in them.

    What it finds is registered either way, and what the attributes add is read before the next function is loaded or
    compiled, as always.
    """
    from numba.core.base import BaseContext

    refresh: Callable[[BaseContext], None] = BaseContext.refresh
    reading = False

    def once(context: BaseContext) -> None:
        nonlocal reading
        if not reading:
            reading = True
            try:
                refresh(context)
            finally:
                reading = False

    BaseContext.refresh = once  # type: ignore[method-assign]
    try:
        yield
    finally:
        BaseContext.refresh = refresh  # type: ignore[method-assign]


@contextmanager
def ending() -> Iterator[None]:
    """End the process with the command, without taking apart what was loaded.

    To free a million objects one by one, a moment before the system takes all memory back, is a twentieth of a short
    run. What modules asked to be told at the end, they are told. With a thread that still works, a status in words, or
    output that nobody takes any more, the process ends as Python would have it.
    """
    try:
        yield
    except SystemExit as end:
        status = 0 if end.code is None else end.code
        if _own and isinstance(status, int) and threading.active_count() == 1:
            _end(status)
        raise
    finally:
        gc.freeze()  # else the exit looks through everything once more


def _end(status: int) -> None:
    """Do what Python does at the end of a process, but for the freeing; return when output cannot be written."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    atexit._run_exitfuncs()
    os._exit(status)
