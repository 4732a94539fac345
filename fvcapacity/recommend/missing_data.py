"""Traffic that nobody saw: how much of the history was filled in, and what that does to the margins.

What was filled in between two figures may have been higher. Of the minutes only the known share was seen, so that the
part of them that a CPU request need not cover shrinks by that share, and every margin above what was seen grows by its
inverse: with 30 % missing, 5 % of the minutes become 3.5 %, and a margin of 15 % becomes 21.4 %. Above a share that the
policy names nothing is recommended at all.
"""

from __future__ import annotations

from fvcapacity.frozen import Frozen
from fvcapacity.recommend.candidates import Candidates
from fvcapacity.scenario.recommendation import Policy
from fvcapacity.units import NS_PER_S, format_duration


class MissingData(Frozen):
    """What of the history's traffic was filled in.

    Attributes
    ----------
    intervals, filled
        Intervals of the traffic files over all stretches of the history, and those without a figure.
    longest_gap_s
        Length of the longest gap.
    """

    intervals: int = 0
    filled: int = 0
    longest_gap_s: float = 0.0

    @property
    def ratio(self) -> float:
        """Share of the intervals that was filled in."""
        return self.filled / self.intervals if self.intervals else 0.0


def missing_data(candidates: Candidates) -> MissingData:
    """Return what of the history's traffic was filled in; the shape of a week and closed loops miss nothing."""
    intervals = filled = 0
    longest = 0.0
    for name in candidates.history:
        table = candidates.stretch(name).traffic
        if table is not None:
            intervals += len(table.rps)
            filled += table.filled
            longest = max(longest, table.longest_gap * table.interval_ns / NS_PER_S)
    return MissingData(intervals, filled, longest)


def widened(policy: Policy, missing: MissingData) -> Policy:
    """Return a policy with the margins that missing traffic asks for."""
    known = 1 - missing.ratio
    if known in (0, 1):
        return policy
    return policy.model_copy(
        update={
            "cover_percent": 100 - (100 - policy.cover_percent) * known,
            "memory_margin_percent": policy.memory_margin_percent / known,
            "quota_margin_percent": policy.quota_margin_percent / known,
        }
    )


def missing_words(missing: MissingData) -> str:
    """Return what is missing in a few words: ``30 % of the history's traffic is missing (longest gap 12m)``."""
    gap = format_duration(round(missing.longest_gap_s) * NS_PER_S)
    return (
        f"{100 * missing.ratio:.1f} % of the history's traffic ({missing.filled} of {missing.intervals} intervals) had"
        f" no figure and was filled in; the longest gap lasts {gap}"
    )


def widening_words(missing: MissingData, before: Policy, after: Policy) -> str:
    """Return a sentence on what is missing and how the margins were widened for it; empty when nothing is missing."""
    if not missing.filled:
        return ""
    return (
        f"{missing_words(missing)}. For that the CPU requests cover {after.cover_percent:.4g} % of the"
        f" container-minutes instead of {before.cover_percent:.4g} %, memory keeps {after.memory_margin_percent:.3g} %"
        f" above the largest working set instead of {before.memory_margin_percent:.3g} %, and quotas"
        f" {after.quota_margin_percent:.3g} % instead of {before.quota_margin_percent:.3g} %. A peak inside of a gap is"
        " not seen by any of this."
    )
