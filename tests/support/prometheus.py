"""The real Prometheus in tests: mandatory in CI, else skipped with the way to get it."""

from __future__ import annotations

import os
import shutil

import pytest

from fvcapacity.inputs.prometheus.programs import HOW_TO_GET

MISSING = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]

needs_prometheus = pytest.mark.skipif(
    bool(MISSING) and os.environ.get("CI") != "true",
    reason=f"no {' and no '.join(MISSING)} on the PATH; {HOW_TO_GET}",
)
"""Under ``CI=true`` nothing is skipped: a missing program fails the test."""
