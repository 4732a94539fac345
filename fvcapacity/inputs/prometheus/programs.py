"""Where the programs `prometheus` and `promtool` are, and how to get them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from fvcapacity.errors import SourceError

Program = Literal["prometheus", "promtool"]

VARIABLES: dict[Program, str] = {"prometheus": "FVCAP_PROMETHEUS", "promtool": "FVCAP_PROMTOOL"}
"""Environment variables that name a program which is not on the PATH."""
HOW_TO_GET = (
    "install Debian's or Ubuntu's package `prometheus`, or unpack a release of prometheus.io and put it on the PATH"
)


def find_program(name: Program) -> Path:
    """Return the path of a program.

    Raises
    ------
    SourceError
        When it is neither where the environment says nor on the PATH.
    """
    variable = VARIABLES[name]
    wanted = os.environ.get(variable) or name
    found = shutil.which(wanted)
    if found is None:
        where = f"{variable} names {wanted!r}" if wanted != name else "it is not on the PATH"
        raise SourceError(f"{name} is missing: {where}", hint=f"{HOW_TO_GET}, or name it in {variable}")
    return Path(found)


def run_promtool(arguments: Sequence[str | Path], *, timeout_s: float = 1800.0) -> str:
    """Run promtool and return what it printed.

    Raises
    ------
    SourceError
        When it is missing, fails, or takes too long; with what it said.
    """
    command = [str(find_program("promtool")), *(str(argument) for argument in arguments)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        raise SourceError(f"promtool took longer than {timeout_s:g} s: {' '.join(command[1:4])} …") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise SourceError(f"promtool refused: {said[-2000:]}", hint=f"the command was: {' '.join(command)}")
    return done.stdout
