"""A real Dask scheduler and real workers on loopback, each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_QUIET = {
    "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false",  # as in docs/how-to/container/dask.yaml
}


@dataclass
class DaskCluster:
    """A scheduler and its workers; whoever kills one does it by its process."""

    directory: Path
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.directory / "scheduler.json"

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text())["address"])

    def add_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        arguments = ["--scheduler-file", str(self.file), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        arguments += ["--host", "127.0.0.1", "--local-directory", str(self.directory)]
        worker = start("distributed.cli.dask_worker", *arguments, **environment)
        self.workers.append(worker)
        return worker


def start(module: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start a module of Python that finds this package, whatever else is installed."""
    env: dict[str, Any] = {**os.environ, **_QUIET, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", **environment}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@contextmanager
def dask_cluster(directory: Path, workers: int) -> Iterator[DaskCluster]:
    """Yield a cluster whose workers may still be on their way; all of it is ended afterwards."""
    file = directory / "scheduler.json"
    arguments = ["--scheduler-file", str(file), "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    cluster = DaskCluster(directory, start("distributed.cli.dask_scheduler", *arguments))
    try:
        deadline = time.monotonic() + 60
        while not (file.exists() and file.read_text().strip().endswith("}")):
            assert cluster.scheduler.poll() is None, "the scheduler did not start"
            assert time.monotonic() < deadline, "the scheduler takes too long"
            time.sleep(0.1)
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        for process in (*cluster.workers, cluster.scheduler):
            process.kill()
            process.wait(timeout=30)
