"""Where the shipped data lies: inside an installed package, or beside it in a clone.

A wheel carries ``data/`` and ``scenarios/`` as ``fvcapacity/shipped/`` (see ``pyproject.toml``); a clone has them once,
at its top.
"""

from __future__ import annotations

from pathlib import Path

from fvcapacity.errors import SourceError

PARTS = ("data", "scenarios")


def shipped_directory() -> Path:
    """Return the directory that holds ``data/`` and ``scenarios/``.

    Raises
    ------
    SourceError
        When the installation has neither.
    """
    package = Path(__file__).resolve().parents[2]
    for root in (package / "shipped", package.parent):
        if (root / "scenarios" / "valentines.yaml").is_file() and (root / "data" / "prices").is_dir():
            return root
    raise SourceError(
        "the shipped scenarios are not there", hint="the installation is incomplete: install fvcapacity again"
    )
