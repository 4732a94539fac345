"""Replays every run of a directory and judges what comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.truth.cfs.judge import Item, Verdict, items_of, verdicts
from tests.truth.cfs.records import Run, load_runs
from tests.truth.cfs.replay import PHASES
from tests.truth.cfs.variants import AS_IS, build, play

Watch = Callable[[list[Run]], Iterable[Run]]
"""Shows how far the work is."""


@dataclass(frozen=True)
class Report:
    """What was compared, the verdicts, and the fields of the records that nothing was made of."""

    items: list[Item]
    verdicts: list[Verdict]
    ignored: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether something was judged, and every target is met."""
        return bool(self.verdicts) and all(verdict.met for verdict in self.verdicts)


def run_directory(directory: Path, variant: str = AS_IS, phases: int = PHASES, watch: Watch = list) -> Report:
    """Replay the runs of a directory.

    Parameters
    ----------
    directory
        Holds ``S*.json`` and their samples.
    variant
        One of ``variants.VARIANTS``.
    phases
        How many places of the period's edge are averaged over.
    watch
        Told of every run that is next.

    Raises
    ------
    UnknownRecordError
        When a record says what is not known here.
    """
    library = load_runs(directory)
    items: list[Item] = []
    for run in watch(library.runs):
        replay = build(run, variant)
        if replay is not None:
            items += items_of(replay, play(replay, variant, phases))
    return Report(items, verdicts(items), tuple(sorted(library.ignored)))
