"""``python -m tests.docs.fill PAGE...``: run pages whole, and put what is printed where it is shown.

Look at the difference afterwards: lines with ``…`` or ``...`` are written anew, too.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.docs.examples import run


def main(arguments: list[str]) -> None:
    """Run pages in one sandbox and rewrite their outputs."""
    pages = [Path(argument).resolve() for argument in arguments]
    with tempfile.TemporaryDirectory() as home:
        told = list(run(pages, Path(home), whole=True))
    for printed in reversed(told):  # from the last to the first, so that lines stay where they are
        if not printed.agrees:
            lines = printed.fence.page.read_text(encoding="utf-8").split("\n")
            first = printed.fence.line - 1
            last = first + printed.fence.text.count("\n")
            lines[first:last] = [line.rstrip() for line in printed.text.strip("\n").split("\n")]
            printed.fence.page.write_text("\n".join(lines), encoding="utf-8")
            print(printed.fence)


if __name__ == "__main__":
    main(sys.argv[1:])
