"""``python -m tests.truth.cfs DIR``: replay measured runs; exit status 1 when a target is missed or a file is refused."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("NUMBA_BOUNDSCHECK", "0")  # before Numba is imported

if TYPE_CHECKING:
    from tests.truth.cfs.records import Run


def main(arguments: list[str]) -> int:
    """Print the tables, and the page when asked to."""
    from tests.truth.cfs.page import VERDICT_HEAD, runs_table, terminal, verdict_rows, write_page
    from tests.truth.cfs.records import UnknownRecordError
    from tests.truth.cfs.replay import PHASES
    from tests.truth.cfs.runner import run_directory
    from tests.truth.cfs.variants import AS_IS, VARIANTS

    parser = argparse.ArgumentParser(prog="python -m tests.truth.cfs", description=__doc__)
    parser.add_argument("directory", type=Path, metavar="DIR", help="holds S*.json and S*_samples.npz")
    parser.add_argument("--variant", choices=VARIANTS, default=AS_IS, help="leave out or put in a part of the model")
    parser.add_argument("--phases", type=int, default=PHASES, help="places of the period's edge to average over")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page of errors, and of what matters")
    options = parser.parse_args(arguments)
    try:
        report = run_directory(options.directory, options.variant, options.phases, _watched)
        print(runs_table(report.items), end="\n\n")
        print(terminal(VERDICT_HEAD, verdict_rows(report.verdicts)))
        if report.ignored:
            print(f"\nmeasured besides, and not needed here: {', '.join(report.ignored)}")
        if options.write is not None:
            write_page(options.write, options.directory, report, options.phases, _watched)
    except (UnknownRecordError, KeyError, OSError, ValueError) as error:
        print(f"refused: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0 if report.met else 1


def _watched(runs: list[Run]) -> Iterable[Run]:
    """Show a bar on a terminal, and nothing elsewhere."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    if not console.is_terminal:
        return runs
    return track(runs, description="replaying", console=console, transient=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
