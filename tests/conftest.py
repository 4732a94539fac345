"""Settings for every test: Numba checks array bounds (it must be told before it is imported)."""

from __future__ import annotations

import os

os.environ.setdefault("NUMBA_BOUNDSCHECK", "1")
