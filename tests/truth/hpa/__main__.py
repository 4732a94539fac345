"""``python -m tests.truth.hpa DIR``: run every vector file of a directory; exit 1 on any failure."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.truth.hpa.runner import run_directory


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m tests.truth.hpa DIR", file=sys.stderr)
        return 2
    passed = failed = 0
    for outcome in run_directory(Path(arguments[0])):
        passed += outcome.ok
        failed += not outcome.ok
        if not outcome.ok:
            print(f"{outcome.id}: {outcome.detail}"[:2000])
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
