"""Processes that die, as the system ends one for want of memory."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any


class Deadly:
    """Kills the process that unpickles it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (9,)


def kill_a_process() -> int:
    """Kill one of the processes that joblib keeps for this one, and return which."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, parent = stat.parent.name, int(stat.read_text().rpartition(")")[2].split()[1])
            words = (stat.parent / "cmdline").read_text()
        except (OSError, ValueError):  # gone meanwhile
            continue
        if parent == os.getpid() and "popen_loky" in words:
            os.kill(int(name), signal.SIGKILL)
            return int(name)
    raise AssertionError("joblib keeps no process")
