"""The arithmetic of backups."""

from __future__ import annotations

import pytest

from fvcapacity.decisions.backups import restore_time, start_time, stored_bytes, transfer_time, worst_age

S, MI = 10**9, 2**20
HOUR = 3600 * S


@pytest.mark.parametrize(
    ("data", "speed", "seconds"), [(40 * MI, 40 * MI, 1), (0, 1, 0), (5 * 1024 * MI, 40 * MI, 128)]
)
def test_transfer_time(data: int, speed: int, seconds: int) -> None:
    assert transfer_time(data, speed) == (seconds * S, "DataByThroughput")


def test_a_part_of_a_nanosecond_is_a_whole_one() -> None:
    assert transfer_time(1, 3 * 10**9)[0] == 1


@pytest.mark.parametrize(
    ("interval_h", "duration_h", "failures", "hours"), [(24, 0, 0, 24), (24, 2, 0, 26), (24, 2, 1, 50), (6, 1, 3, 25)]
)
def test_worst_age(interval_h: int, duration_h: int, failures: int, hours: int) -> None:
    assert worst_age(interval_h * HOUR, duration_h * HOUR, failures)[0] == hours * HOUR


@pytest.mark.parametrize(
    ("react", "volumes", "starts", "seconds"),
    [(900, [], [], 900), (0, [60, 120], [], 3), (0, [60, 120], [5, 30, 7], 33), (900, [60], [1], 902)],
)
def test_restore_time(react: int, volumes: list[int], starts: list[int], seconds: int) -> None:
    found = restore_time(react * S, [size * MI for size in volumes], 60 * MI, [start * S for start in starts])
    assert found == (seconds * S, "ReactRestoreStart")


@pytest.mark.parametrize(("changed", "kept", "stored"), [(5, 1, 100), (5, 30, 245), (0, 30, 100), (100, 3, 300)])
def test_stored_bytes(changed: float, kept: int, stored: int) -> None:
    assert stored_bytes(100, changed, kept)[0] == stored


@pytest.mark.parametrize(
    ("limit_milli", "ready_s", "seconds"),
    [
        (0, 0, 16 + 1 + 2),  # two images, the container, two seconds of work on a core of its own
        (500, 0, 16 + 1 + 4),
        (4000, 0, 16 + 1 + 2),  # start-up work is one thread
        (500, 30, 16 + 1 + 30),
    ],
)
def test_start_time(limit_milli: int, ready_s: int, seconds: int) -> None:
    assert start_time(2, 8 * S, S, 2 * S, limit_milli, ready_s * S) == seconds * S
