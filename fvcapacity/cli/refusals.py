"""Says what a cluster would refuse of manifests that are simulated all the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fvcapacity.cli.terminal import complain, remark

if TYPE_CHECKING:
    from fvcapacity.errors import Problem


def tell_refusals(refused: Sequence[Problem], sources: Iterable[object]) -> None:
    """Print `refusals` on stderr, and where all findings are told with their remedies."""
    for finding in refused:
        place = f"{finding.location}: " if finding.location else ""
        complain(f"{place}error: {finding.field}: {finding.message} [{finding.rule}]")
    if refused:
        remark(f"A cluster would refuse that, or it does nothing there: fvcap check {' '.join(map(str, sources))}")
