"""A Prometheus of our own on loopback, over a database that scrapes nothing."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from fvcapacity.errors import InputError, Location, Problem, SourceError
from fvcapacity.inputs.prometheus.programs import find_program

_READY_S = 60.0
_END_S = 20.0


class LocalPrometheus:
    """A server that lives as long as its ``with`` block; it is ended by its process, whatever happens inside.

    Parameters
    ----------
    data
        Directory of its database.
    port
        On 127.0.0.1; 0 for a free one.
    rules
        Rule files that it evaluates.
    lookback_s
        How long a sample counts after its instant (``--query.lookback-delta``). Files cannot say that a series has
        ended: with the usual five minutes a pod that is gone is seen for so long.
    """

    def __init__(self, data: Path, *, port: int = 0, rules: Sequence[Path] = (), lookback_s: float = 300.0) -> None:
        self.data, self.rules, self.lookback_s = data, tuple(rules), lookback_s
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._work: tempfile.TemporaryDirectory[str] | None = None

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Number of its process, while it runs."""
        return None if self._process is None else self._process.pid

    def __enter__(self) -> Self:
        """Start it and wait until it answers.

        Raises
        ------
        InputError
            When a rule file does not exist, or the port is taken.
        SourceError
            When the program is missing, ends, or is not ready in time; with the end of its log.
        """
        self.check()
        self.port = self.port or free_port()
        self._work = tempfile.TemporaryDirectory(prefix="fvcap-prometheus-")
        try:
            self._start(find_program("prometheus"), Path(self._work.name))
            self._wait_until_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._end()

    def wait(self) -> int:
        """Wait until the process ends by itself, and return its status."""
        assert self._process is not None, "it was started"
        return self._process.wait()

    def check(self) -> None:
        """Check that it can be started; callers check before long work, not after it.

        Prometheus itself passes over missing rules, and another server may answer in its place.

        Raises
        ------
        InputError
            When a rule file does not exist, or the port is taken.
        SourceError
            When the program is missing.
        """
        find_program("prometheus")
        missing = [path for path in self.rules if not path.is_file()]
        problems = [
            Problem("the file does not exist", location=Location(str(path)), hint="check the path", rule="missing-file")
            for path in missing
        ]
        if self.port and not is_free(self.port):
            hint = "end the program that listens there, or take another one; 0 finds a free one"
            problems.append(Problem(f"port {self.port} of 127.0.0.1 is taken", field="--port", hint=hint))
        if problems:
            raise InputError(problems)

    def _start(self, program: Path, work: Path) -> None:
        config = work / "prometheus.yml"
        rules = "".join(f"  - {str(path.resolve())!r}\n" for path in self.rules)
        config.write_text(f"rule_files:\n{rules}" if rules else "scrape_configs: []\n", encoding="utf-8")
        command = [
            str(program),
            f"--config.file={config}",
            f"--storage.tsdb.path={self.data.resolve()}",
            "--storage.tsdb.retention.time=20y",  # a simulated day may lie far from today
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--query.lookback-delta={max(round(self.lookback_s), 1)}s",
            "--log.level=warn",
        ]
        with (work / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def _wait_until_ready(self) -> None:
        assert self._process is not None, "it was started"
        until = time.monotonic() + _READY_S
        session = requests.Session()
        session.trust_env = False  # a proxy has no business on loopback
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise SourceError(f"prometheus ended at its start: {self._log_end()}", hint="see what it said")
            with contextlib.suppress(requests.RequestException):
                if session.get(f"{self.url}/-/ready", timeout=2).status_code == 200:
                    return
            time.sleep(0.05)
        raise SourceError(f"prometheus was not ready after {_READY_S:g} s: {self._log_end()}", retryable=True)

    def _log_end(self) -> str:
        assert self._work is not None, "it was started"
        with contextlib.suppress(OSError):
            return (Path(self._work.name) / "log").read_text(encoding="utf-8", errors="replace").strip()[-800:]
        return "it left no log"

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._work is not None:
            self._work.cleanup()
            self._work = None


def free_port() -> int:
    """Return a port on loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Tell whether nothing listens on a port of loopback now."""
    with socket.socket() as probe:
        # as servers do: connections that linger do not count
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
