"""Run every measure: ``python -m tests.benchmarks [--quick] [--days N] [--write PAGE]``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ["NUMBA_BOUNDSCHECK"] = "0"  # before Numba is imported


def main() -> None:
    """Measure, print the table, and write the page when asked to."""
    from tests.benchmarks.findings import find
    from tests.benchmarks.page import page, terminal
    from tests.benchmarks.quarter import DAYS

    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less work, fewer repetitions, no whole day")
    parser.add_argument(
        "--days", type=int, default=DAYS, help="days of the long run (a quarter takes most of the time)"
    )
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page about performance")
    options = parser.parse_args()
    found = find(options.quick, lambda name: print(f"{name} ...", file=sys.stderr), options.days)
    print(terminal(found))
    if options.write is not None:
        options.write.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
