"""``python -m tests.truth.hpa DIR``: run every vector file of a directory; exit 1 on any failure."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.truth.hpa.runner import run_document
from tests.truth.vectors import report, run_directory


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m tests.truth.hpa DIR", file=sys.stderr)
        return 2
    return report(run_directory(Path(arguments[0]), run_document))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
