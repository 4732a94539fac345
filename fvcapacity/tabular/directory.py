"""Directories that are written whole or not at all, and never over something that is not ours."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from fvcapacity.errors import InputError, Location, Problem


def write_directory(target: Path, write: Callable[[Path], None]) -> Path:
    """Let ``write`` fill a directory beside ``target`` under a temporary name, and then give it its name.

    Raises
    ------
    InputError
        When it cannot be written; what stood there before stands there still.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        write(work)
        work.chmod(0o777 & ~_umask())  # mkdtemp made it for our eyes alone
        _replace(target, work)
    except OSError as error:
        raise _unwritable(target, error) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def write_file(target: Path, write: Callable[[Path], None]) -> Path:
    """Let ``write`` fill a file beside ``target`` under a temporary name, and then give it its name.

    Raises
    ------
    InputError
        When it cannot be written; what stood there before stands there still.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise _unwritable(target, error, "file") from None
    os.close(handle)
    work = Path(name)
    try:
        write(work)
        work.chmod(0o666 & ~_umask())  # mkstemp made it for our eyes alone
        work.replace(target)
    except OSError as error:
        raise _unwritable(target, error, "file") from None
    finally:
        work.unlink(missing_ok=True)
    return target


def check_replaceable(directory: Path, document: str, schema_version: str, what: str) -> None:
    """Check that a directory may be written here: nothing, an empty directory, or one of ours.

    Parameters
    ----------
    document
        JSON file that marks a directory as ours by its ``schema_version``, of whichever number.
    what
        What is written, in messages: ``result``.

    Raises
    ------
    InputError
        When something else stands there.
    """
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return
    family = schema_version.rsplit("/", 1)[0] + "/"
    try:
        text = (directory / document).read_text(encoding="utf-8")
        ours = str(json.loads(text)["schema_version"]).startswith(family)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        ours = False
    if not ours:
        raise InputError(
            Problem(
                f"something else than a {what} stands here; it is left as it is",
                location=Location(str(directory)),
                field="--out",
                hint="give another directory with --out, or move this one away",
            )
        )


def _replace(target: Path, work: Path) -> None:
    """Put ``work`` in the place of ``target``; the old one goes only after the new one stands."""
    if not target.exists():
        work.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    target.rename(old / "result")
    try:
        work.rename(target)
    except OSError:
        (old / "result").rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(target: Path, error: OSError, what: str = "directory") -> InputError:
    return InputError(
        Problem(
            f"the result cannot be written: {error.strerror or error}",
            location=Location(str(target)),
            field="--out",
            hint=f"give a {what} that can be written with --out",
        )
    )
