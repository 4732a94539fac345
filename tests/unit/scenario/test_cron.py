"""Cron lines: when something runs next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fvcapacity.scenario.cron import parse_cron


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("line", "after", "following"),
    [
        ("0 7 * * *", "2026-02-13T03:00:00", "2026-02-13T07:00:00"),
        ("0 7 * * *", "2026-02-13T07:00:00", "2026-02-14T07:00:00"),  # strictly after
        ("0 7 * * *", "2026-02-13T06:59:59", "2026-02-13T07:00:00"),
        ("*/15 * * * *", "2026-02-13T07:16:00", "2026-02-13T07:30:00"),
        ("5-50/20 1,13 * * *", "2026-02-13T01:26:00", "2026-02-13T01:45:00"),
        ("5-50/20 1,13 * * *", "2026-02-13T01:45:00", "2026-02-13T13:05:00"),
        ("0 0 * * 0", "2026-02-13T00:00:00", "2026-02-15T00:00:00"),
        ("0 0 * * 7", "2026-02-13T00:00:00", "2026-02-15T00:00:00"),  # Sunday has two numbers
        ("0 0 * * sat,SUN", "2026-02-13T00:00:00", "2026-02-14T00:00:00"),
        ("30 4 1 jan-mar/2 *", "2026-01-02T00:00:00", "2026-03-01T04:30:00"),
        ("0 0 13 * 5", "2026-02-13T00:00:00", "2026-02-20T00:00:00"),  # the 13th, or a Friday
        ("0 0 31 * *", "2026-02-13T00:00:00", "2026-03-31T00:00:00"),
        ("0 0 29 2 *", "2026-02-13T00:00:00", "2028-02-29T00:00:00"),
        ("0 0 30 2 *", "2026-02-13T00:00:00", None),
        ("@daily", "2026-02-13T00:00:00", "2026-02-14T00:00:00"),
        ("@hourly", "2026-12-31T23:30:00", "2027-01-01T00:00:00"),
        ("@every 6h", "2026-02-13T00:00:00", "2026-02-13T06:00:00"),
    ],
)
def test_following(line: str, after: str, following: str | None) -> None:
    assert parse_cron(line).following(ns(after)) == (None if following is None else ns(following))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 7 * *", "five fields"),
        ("60 7 * * *", "'60' is no minute: it lies between 0 and 59"),
        ("0 7-3 * * *", "'7-3' is no hour"),
        ("0 7 0 * *", "no day of the month"),
        ("0 7 * foo *", "'foo' is no month"),
        ("*/0 7 * * *", "is no minute"),
        ("@every 0s", "no time in between"),
        ("@sometimes", "five fields"),
    ],
)
def test_refused(line: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("*", r"\*")):
        parse_cron(line)
