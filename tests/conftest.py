"""Settings for every test: bounds are checked in compiled code, and what takes long begins early."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

# Numba must be told before it is imported.
os.environ.setdefault("NUMBA_BOUNDSCHECK", "1")

ROOT = Path(__file__).parent
EARLY = [
    "parity/test_corpus.py",  # compiles the kernel, while
    "theory/test_queues.py",  # these have no need of it
    "unit/plots/test_plots.py",
    "unit/report/page/test_report.py",
    "unit/cli/test_report.py",
    "truth/hpa/test_hpa_truth.py",
    "integration/test_checkpoint.py",  # from here on those that take more than five seconds
    "unit/study/test_compare.py",
    "integration/test_simulate.py",
    "integration/test_faults.py",
    "truth/cfs/test_cfs_truth.py",
    "parity/test_generated.py",
    "unit/cli/test_compare.py",
    "unit/cli/test_simulate.py",
    "unit/cli/test_completion.py",
    "unit/study/sweep/test_sweep.py",
    "unit/results/test_result.py",
    "unit/review/test_quarter.py",
]
"""Files in the order in which workers take them (`--no-loadscope-reorder`): a long one at the end would run alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; all others follow as they were found."""
    rank = {ROOT / name: number for number, name in enumerate(EARLY)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking at thousands of tests again and again: they stay to the end."""
    gc.collect()
    gc.freeze()
