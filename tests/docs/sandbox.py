"""Where examples run: a copy of what a clone of the repository has, with scenarios cut short unless all of it is wanted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import yaml

from tests.docs.fences import Fence
from tests.docs.pages.text import ROOT

COPIED = ("scenarios", "data", "README.md", "pyproject.toml")
MINUTES = 5
"""What is left of a scenario's windows in the quick set: too short for figures to be drawn, which takes longer than the run."""

_SHELL = """\
set -euo pipefail
fvcap() { "$FVCAP_PYTHON" -m fvcapacity "$@"; }
python() { "$FVCAP_PYTHON" "$@"; }
"""
_DRIVER = """\
import json, sys, traceback
names = {"__name__": "__main__"}
for line in sys.stdin:
    work = json.loads(line)
    try:
        exec(compile("\\n" * (work["line"] - 1) + work["text"], work["file"], "exec"), names)
        error = ""
    except BaseException:
        error = traceback.format_exc()
    print("\\x1e" + json.dumps(error), flush=True)
"""


class Sandbox:
    """A directory in which the examples of one page, or of the tutorial, run one after the other."""

    def __init__(self, home: Path, *, short: bool, kept: Collection[str] = ()) -> None:
        self.home = home
        self.python: subprocess.Popen[str] | None = None
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, home / name)
        if short:
            for scenario in (home / "scenarios").glob("*.yaml"):
                if scenario.name not in kept:
                    shorten(scenario)
        self.environment = {
            **os.environ,
            "FVCAP_PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
            "MPLBACKEND": "Agg",
            "COLUMNS": "110",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.python is not None:
            self.python.communicate()

    def shell(self, commands: str, *, status: int = 0) -> str:
        """Run commands with bash and return what they print on stdout.

        Raises
        ------
        AssertionError
            When the exit status is another.
        """
        done = subprocess.run(
            ["bash", "-c", _SHELL + commands], cwd=self.home, env=self.environment, capture_output=True, text=True,
            check=False, timeout=1800, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == status, f"exit status {done.returncode}\n{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def execute(self, fence: Fence) -> None:
        """Run a Python example; the examples of a page share their names.

        Raises
        ------
        AssertionError
            With the traceback, when it fails.
        """
        if self.python is None:
            self.python = subprocess.Popen(
                [sys.executable, "-c", _DRIVER], cwd=self.home, env=self.environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        assert self.python.stdin is not None
        assert self.python.stdout is not None
        self.python.stdin.write(json.dumps({"text": fence.text, "line": fence.line, "file": str(fence.page)}) + "\n")
        self.python.stdin.flush()
        for line in self.python.stdout:
            if line.startswith("\x1e"):
                error = json.loads(line[1:])
                assert not error, error
                return
        raise AssertionError(f"{fence}: Python ended")


def shorten(path: Path) -> None:
    """Cut the windows of a scenario to a few minutes, and let it run once."""
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    stretches = [document["window"], *document.get("history", ()), *document.get("holdout", ())]
    middle = timedelta(hours=18) if document["window"]["start"].hour == 0 else timedelta()
    for stretch in stretches:
        stretch["start"] = (stretch["start"] + middle).isoformat()
        stretch["duration"] = f"{MINUTES}m"
    document["window"]["warm_up"] = "0s"
    document["replications"] = 1
    if "recommend" in document:
        document["recommend"]["least_history"] = f"{MINUTES}m"
    path.write_text(yaml.safe_dump(document, sort_keys=False, default_flow_style=None), encoding="utf-8")
