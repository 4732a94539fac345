"""Settings for every test: bounds are checked in compiled code, and what takes long begins early.

The kernel is compiled while tests are collected, and the first of them run, by one process for all workers.
"""

from __future__ import annotations

import gc
import os
import subprocess
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.support import compiled

# Numba must be told before it is imported.
os.environ.setdefault("NUMBA_BOUNDSCHECK", "1")

ROOT = Path(__file__).parent
WITHOUT_KERNEL = [
    "theory/test_queues.py",
    "unit/plots/test_plots.py",
    "unit/report/page/test_report.py",
    "truth/kubernetes/test_kubernetes_truth.py",
    "unit/cli/test_report.py",
    "truth/hpa/test_hpa_truth.py",
]
"""Files that run while the kernel is compiled, if it is not in the cache; all others wait for it."""
EARLY = [
    *WITHOUT_KERNEL,
    "integration/test_checkpoint.py",  # from here on those that take more than five seconds
    "parity/test_corpus.py",
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


COMPILING = pytest.StashKey[Path]()
"""What is locked while the kernel is compiled."""
WAITED = pytest.StashKey[bool]()
COMPILER = pytest.StashKey[subprocess.Popen[bytes]]()

gc.disable()  # until thousands of tests are collected: they stay to the end


def pytest_configure(config: pytest.Config) -> None:
    """Begin to compile the kernel, once for all workers."""
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker is not None:
        if worker["compiling"]:
            config.stash[COMPILING] = Path(worker["compiling"])
    elif compiled.is_needed(config.args):
        handle, name = tempfile.mkstemp(prefix="fvcapacity-compiling-")
        os.close(handle)
        config.stash[COMPILING] = Path(name)
        config.stash[COMPILER] = compiled.begin(Path(name))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker what to wait for."""
    node.workerinput["compiling"] = str(node.config.stash.get(COMPILING, ""))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind, also when all ended early."""
    if COMPILER in config.stash:
        compiled.end(config.stash[COMPILER])
        config.stash[COMPILING].unlink()


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Import files from the last to the first in every second worker.

    All workers collect the same files in the same order, and in a fresh clone each would translate all of them. Who comes
    from the other end leaves half of them to its neighbour. What cannot be imported is told when it is collected.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    if int(worker.removeprefix("gw")) % 2 == 0:
        return
    for path in sorted(
        (path for place in session.config.args for path in Path(place).rglob("test_*.py")), reverse=True
    ):
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(path.resolve().relative_to(ROOT.parent).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; all others follow as they were found."""
    rank = {ROOT / name: number for number, name in enumerate(EARLY)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking at thousands of tests again and again: they stay to the end."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Wait until the kernel is compiled, but not before what has no need of it."""
    stash = item.config.stash
    if WAITED not in stash and item.path.relative_to(ROOT).as_posix() not in WITHOUT_KERNEL:
        stash[WAITED] = True
        if lock := stash.get(COMPILING, None):
            compiled.wait(lock)
