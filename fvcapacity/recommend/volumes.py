"""Size of a volume from what is written to it."""

from __future__ import annotations

import math

from fvcapacity.frozen import Frozen

GIB = 2**30
_SECONDS = 86_400


class VolumeAdvice(Frozen):
    """A size in bytes (whole GiB), and when today's volume is as full as it may be (None: not within ten years)."""

    size_bytes: int
    full_in_days: float | None
    why: str


def advise_volume(
    size_bytes: int,
    used_bytes: float,
    written_bytes: float,
    covered_s: float,
    *,
    horizon_days: float = 365.0,
    kept_ratio: float = 1.0,
    fill_ratio: float = 0.8,
) -> VolumeAdvice:
    """Return how large a claim has to be for a horizon; never smaller than it is, because claims can only grow.

    Parameters
    ----------
    size_bytes, used_bytes
        Of the claim, and of what is on it now.
    written_bytes, covered_s
        What a replay wrote to it (``written_bytes`` of the services' table), and in how long.
    horizon_days
        For so long it has to do.
    kept_ratio
        Part of what is written that stays (rows that replace others, logs that are dropped).
    fill_ratio
        How full it may become.
    """
    if covered_s <= 0 or horizon_days < 0 or not 0 <= kept_ratio <= 1 or not 0 < fill_ratio <= 1:
        raise ValueError(f"{covered_s} s, {horizon_days} days, {kept_ratio} kept, {fill_ratio} full make no forecast")
    daily = written_bytes * kept_ratio / covered_s * _SECONDS
    needed = (used_bytes + daily * horizon_days) / fill_ratio
    size = max(size_bytes, math.ceil(needed / GIB) * GIB) if needed > size_bytes else size_bytes
    room = size_bytes * fill_ratio - used_bytes
    full = max(room, 0.0) / daily if daily > 0 else None
    if full is not None and full > 3650:
        full = None
    when = "never, as it looks" if full is None else f"in {full:.0f} days"
    why = (
        f"{size / GIB:g} GiB: {daily / 2**20:.1f} MiB a day come on top of {used_bytes / GIB:.2f} GiB, "
        f"for {horizon_days:g} days at most {100 * fill_ratio:g} % full; {size_bytes / GIB:g} GiB are so full {when}"
    )
    return VolumeAdvice(size, full, why)
