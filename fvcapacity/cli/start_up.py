"""What lets a command begin its work sooner.

Nine tenths of a run of one minute are loading: modules, models, compiled code. What is loaded stays until the command
ends, so that to look through it for garbage, again and again, finds nothing.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_LINEAR_ALGEBRA = "scipy.linalg.cython_blas"


@contextmanager
def loading() -> Iterator[None]:
    """Load something that stays: nothing is collected meanwhile, and what was loaded is never looked through."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def load_compiled_rules() -> None:
    """Load what runs compiled rules, but not SciPy's linear algebra.

    At the first call of a compiled function Numba looks for SciPy's linear algebra, for functions that multiply
    matrices: to find it takes a tenth of the time of a short run. No rule of ours does that (those that do would not
    compile, and say why), so that Numba is told that it is not there. SciPy itself is whole again afterwards, for
    whoever asks for it later.
    """
    from fvcapacity.semantics.draw import mix

    if _LINEAR_ALGEBRA in sys.modules:
        mix(0, 0)
        return
    sys.modules[_LINEAR_ALGEBRA] = None  # type: ignore[assignment]  # how Python marks what is not to be found
    try:
        mix(0, 0)
    finally:
        del sys.modules[_LINEAR_ALGEBRA]
