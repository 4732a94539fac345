"""A real Prometheus on loopback, with a past that we wrote: OpenMetrics text, promtool, a data directory of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

MISSING = "no {} on the PATH: apt-get install prometheus brings both"


@dataclass(frozen=True)
class Written:
    """One series: its labels, instants in seconds and values."""

    labels: dict[str, str]
    times: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """One metric. A counter's name ends in _total; a histogram's series carry their suffix as the label ``suffix``."""

    name: str
    kind: str
    series: Sequence[Written]


def need_prometheus() -> None:
    """Skip where Prometheus is missing; fail in CI."""
    missing = [tool for tool in ("prometheus", "promtool") if shutil.which(tool) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(MISSING.format(missing[0]))
    if missing:
        pytest.skip(MISSING.format(missing[0]))


def openmetrics(families: Iterable[Family]) -> Iterator[str]:
    """Yield the lines of a text for promtool."""
    for family in families:
        base = family.name.removesuffix("_total") if family.kind == "counter" else family.name
        yield f"# TYPE {base} {family.kind}\n"
        for series in family.series:
            labels = dict(series.labels)
            name = family.name + labels.pop("suffix", "")
            inside = ",".join(f'{key}="{value}"' for key, value in labels.items())
            for at, value in zip(series.times.tolist(), series.values.tolist(), strict=True):
                yield f"{name}{{{inside}}} {value!r} {at:.3f}\n"
    yield "# EOF\n"


def backfill(families: Iterable[Family], directory: Path) -> None:
    """Write blocks into a data directory."""
    text = directory.with_suffix(".om")
    with text.open("w") as file:
        file.writelines(openmetrics(families))
    command = ["promtool", "tsdb", "create-blocks-from", "--max-block-duration=24h", "openmetrics"]
    subprocess.run([*command, str(text), str(directory)], check=True, capture_output=True)
    text.unlink()


@contextmanager
def prometheus_server(data: Path) -> Iterator[str]:
    """Serve a data directory on a free port of loopback; yield its address."""
    config = data.with_suffix(".yml")
    config.write_text("global: {}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={data}", "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    with (data.with_suffix(".log")).open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield _ready(f"http://127.0.0.1:{port}", process, data.with_suffix(".log"))
        finally:
            process.terminate()
            process.wait(20)


def _ready(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=1):
                return url
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"prometheus did not start: {log.read_text()}")
