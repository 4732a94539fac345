"""A git repository with a small shop that has prices: a base, and a branch that changes it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.support.shops import COUNTS, SCENARIO, write_shop

PRICES = """\
name: test
currency: USD
prices:
  - {kind: instance, name: D2s_v5, region: r1, unit: per_hour, price: 0.134, source: test, as_of: 2026-01-01}
  - {kind: instance, name: D4s_v5, region: r1, unit: per_hour, price: 0.269, source: test, as_of: 2026-01-01}
  - {kind: control_plane, name: managed, region: r1, unit: per_hour, price: 0.1, source: test, as_of: 2026-01-01}
"""
PRICED = SCENARIO + "cost: {prices: prices.yaml, region: r1}\nobjectives: {p95_ms: 2000}\n"
_WHO = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")


def git(directory: Path, *words: str) -> str:
    """Run git, without anybody's own settings."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-C", str(directory), *_WHO, *words], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.strip()


def commit(directory: Path, message: str) -> None:
    """Commit everything."""
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--message", message)


def shop_repository(directory: Path, scenario: str = PRICED) -> Path:
    """Write a shop with prices and commit it on the branch ``main``; return the scenario's file."""
    path = write_shop(directory, scenario=scenario, counts=COUNTS.replace(",90", ",20"))
    (directory / "prices.yaml").write_text(PRICES)
    git(directory, "init", "--quiet", "--initial-branch", "main")
    commit(directory, "Begin")
    return path
