"""A real browser without a window: it opens a page, and says what the page has become and what its console said."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("CI") != "true",
    reason="no chromium on the PATH; Debian's package chromium provides it",
)


def browse(page: Path, profile: Path, width: int, *options: str) -> tuple[str, str]:
    """Return what the page has become, and what the browser said meanwhile."""
    assert CHROMIUM is not None, "the tests need chromium here: apt-get install chromium"
    done = subprocess.run(
        [
            CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions",
            f"--user-data-dir={profile}", f"--window-size={width},2000", "--enable-logging=stderr", "--dump-dom",
            *options, page.as_uri(),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def console(said: str) -> list[str]:
    """Return the lines of a page's console."""
    return [line for line in said.splitlines() if "CONSOLE" in line]
