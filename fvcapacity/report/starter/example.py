"""The shipped shop, copied to where somebody can change it."""

from __future__ import annotations

import shutil
from pathlib import Path

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.report.starter.shipped import PARTS, shipped_directory
from fvcapacity.tabular.directory import write_directory


def check_new(directory: Path) -> None:
    """Check that nothing stands where a first scenario is to be written.

    Raises
    ------
    InputError
        When the name is that of a file, or something does, even an older scenario: what somebody has changed is never
        replaced.
    """
    if directory.suffix in (".yaml", ".yml"):
        raise InputError(
            Problem(
                "is the name of a file; a directory is made, with a scenario and what belongs to it",
                Location(str(directory)),
                "--out",
                f"write --out {directory.with_suffix('')}",
                rule="invalid-value",
            )
        )
    if directory.is_symlink() or (directory.exists() and not (directory.is_dir() and not any(directory.iterdir()))):
        raise InputError(
            Problem(
                "something stands here already; it is left as it is",
                Location(str(directory)),
                "--out",
                "give another directory with --out, or move this one away",
                rule="exists",
            )
        )


def copy_example(directory: str | Path) -> Path:
    """Copy the shop's scenarios, manifests, prices and traffic, and return the directory.

    Raises
    ------
    InputError
        When something stands there already, or it cannot be written.
    SourceError
        When the installation does not have them.
    """
    target = Path(directory)
    check_new(target)
    source = shipped_directory()

    def write(work: Path) -> None:
        for part in PARTS:
            shutil.copytree(source / part, work / part, ignore=shutil.ignore_patterns("__pycache__", ".*"))

    return write_directory(target, write)
