"""What the time of a log line means: nanoseconds since 1970, whatever it is written like.

A time with an offset is an instant. One without is local time of a zone; in the hour that the clock shows twice, the
order of the lines tells which is meant: once it has gone back by more than `JITTER`, it is the second.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from fvcapacity.inputs.access_log.fields import Cache

JITTER = timedelta(minutes=20)
"""Lines of several workers may stand a little out of order; the clock is set back by half an hour or more."""
UNREADABLE = -1
NEVER_SHOWN = -2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LOCAL = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?: ([+-])(\d{2})(\d{2}))?")
_NUMBER = re.compile(r"\d{9,19}(?:\.\d+)?")
_LAST_NS = 7_258_118_400 * 10**9
"""Beginning of the year 2200."""


class LogClock:
    """Reads the times of one log after the other.

    Attributes
    ----------
    naive
        Whether a time without an offset was seen.
    guessed
        Whether one of them lay in an hour that is shown twice.
    ambiguous
        Whether the last one that was read did.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._latest: datetime | None = None
        self._second = False
        self._cache = _Instants(self)
        self.naive = False
        self.guessed = False
        self.ambiguous = False

    def instants(self, times: Any) -> list[int]:
        """Return the instant of each time: nanoseconds since 1970, `UNREADABLE` or `NEVER_SHOWN`."""
        try:
            return list(map(self._cache.__getitem__, times))
        except TypeError:  # a list or an object where a time should be
            return [self._cache[item] if isinstance(item, bytes | str | int | float) else UNREADABLE for item in times]

    def instant(self, written: Any) -> int:
        """Return the instant of one time, after those before it."""
        self.ambiguous = False
        if isinstance(written, bool):
            return UNREADABLE
        if isinstance(written, int | float):
            return _number(float(written))
        text = written.decode("latin-1") if isinstance(written, bytes) else written
        if _NUMBER.fullmatch(text):
            return _number(float(text))
        moment = _parsed(text)
        if moment is None:
            return UNREADABLE
        if moment.tzinfo is not None:
            return _ns(moment)
        return self._local(moment)

    def _local(self, moment: datetime) -> int:
        self.naive = True
        first, second = moment.replace(tzinfo=self._zone), moment.replace(tzinfo=self._zone, fold=1)
        before, after = first.utcoffset(), second.utcoffset()
        assert before is not None
        assert after is not None
        if before == after:
            self._latest, self._second = None, False
            return _ns(first)
        if before < after:
            return NEVER_SHOWN
        self.guessed = self.ambiguous = True
        self._latest = moment if self._latest is None else max(moment, self._latest)
        self._second = self._second or self._latest - moment > JITTER
        return _ns(second if self._second else first)


class _Instants(Cache):
    """Remembers the instants of written times, but for those that depend on the lines before."""

    def __init__(self, clock: LogClock) -> None:
        super().__init__(clock.instant)
        self._clock = clock

    def __missing__(self, value: Any) -> Any:
        found = super().__missing__(value)
        if self._clock.ambiguous:
            del self[value]
        return found


def _parsed(text: str) -> datetime | None:
    found = _LOCAL.fullmatch(text)
    try:
        if found is None:
            return datetime.fromisoformat(text.replace(",", ".")) if len(text) > len("2026-02-14") else None
        day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
        date = int(year), _MONTHS.index(month) + 1, int(day)
        return datetime(*date, int(hour), int(minute), int(second), tzinfo=_offset(sign, hours, minutes))
    except ValueError:
        return None


def _offset(sign: str | None, hours: str, minutes: str) -> timezone | None:
    if sign is None:
        return None
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)


def _number(value: float) -> int:
    """Return seconds, milliseconds, microseconds or nanoseconds since 1970, told by their size."""
    for scale in (10**9, 10**6, 10**3, 1):
        if 1e8 < value * scale / 1e9 < 7.3e9:
            return round(value * 1000) * (scale // 1000) if scale >= 1000 else round(value)
    return UNREADABLE


def _ns(moment: datetime) -> int:
    instant = (moment - _EPOCH) // _MICROSECOND * 1000
    return instant if 0 <= instant < _LAST_NS else UNREADABLE
