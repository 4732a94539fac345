"""Wall clock and instant: what a local time of the scenario means in nanoseconds since 1970 (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Nanoseconds of 64 bits reach further; nobody's traffic does."""


def epoch_ns(moment: datetime, zone: ZoneInfo) -> int:
    """Return the instant of a date and time; one without an offset is local time of ``zone``.

    An hour that the clock shows twice (the end of daylight saving) is taken the first time it is shown,
    unless ``moment.fold`` is 1.

    Raises
    ------
    ValueError
        When the clock never shows this time (the start of daylight saving skips it), or it is in no year that is
        counted here.
    """
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"{moment} is not between {FIRST_YEAR} and {LAST_YEAR}")
    if moment.tzinfo is None:
        local = moment.replace(tzinfo=zone)
        shown = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        if shown != moment.replace(fold=0):
            raise ValueError(f"{moment} does not exist in {zone.key}: daylight saving begins and the clock skips it")
        moment = local
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def local_time(instant_ns: int, zone: ZoneInfo) -> datetime:
    """Return an instant as the clock of ``zone`` shows it (to the microsecond, offset included)."""
    return (_EPOCH + timedelta(microseconds=instant_ns // 1000)).astimezone(zone)
