"""Volumes: what is on them day by day, and when they grow."""

from __future__ import annotations

import pytest

from fvcapacity.cost.volumes import GIB, Volume, fills
from fvcapacity.scenario.cluster import VolumeClaim
from fvcapacity.scenario.costs import VolumeUse

DAY = 24.0


def volume(gib: float | None = 10) -> Volume:
    size = None if gib is None else round(gib * GIB)
    return Volume("data", "volume data", VolumeClaim(name="data", namespace="shop", storage_bytes=size), 1, "")


def use(**said) -> VolumeUse:
    return VolumeUse.model_validate({"used": "1Gi", **said})


@pytest.mark.parametrize(
    ("said", "added_gib", "used_gib", "sizes_gib"),
    [
        ({}, [0, 0], [1, 1], [10, 10]),
        ({}, [2, 3], [3, 6], [10, 10]),
        ({"kept_percent": 50}, [2, 4], [2, 4], [10, 10]),
        ({"a_day": "3Gi"}, [0, 1], [4, 8], [10, 10]),  # 8 of 10 is 80 %, as full as it may be
        ({"a_day": "3Gi"}, [0, 1.1], [4, 8.1], [10, 12]),
        ({"full_percent": 50, "grow_percent": 10}, [5, 0], [6, 6], [13, 13]),  # 11, 13 (12.1 rounded up)
        ({"retention": "2d", "used": "8Gi", "a_day": "1Gi"}, [0, 0, 0], [5, 2, 2], [10, 10, 10]),
        ({"retention": "12h", "used": "2Gi", "a_day": "4Gi"}, [0, 0], [2, 2], [10, 10]),
        ({"used": "0"}, [0], [0], [10]),
    ],
)
def test_what_is_on_a_volume(said, added_gib, used_gib, sizes_gib):
    found = fills(volume(), use(**said), [gib * GIB for gib in added_gib], [DAY] * len(added_gib))
    assert [fill.used_bytes / GIB for fill in found] == pytest.approx(used_gib)
    assert [fill.size_bytes / GIB for fill in found] == sizes_gib


def test_a_part_of_a_day_adds_its_part():
    found = fills(volume(), use(a_day="4Gi"), [0, 0], [6.0, 12.0])
    assert [fill.used_bytes / GIB for fill in found] == pytest.approx([2, 4])


@pytest.mark.parametrize(("claimed", "said"), [(10, None), (10, VolumeUse(iops=4000)), (None, use())])
def test_what_nobody_knows_stays_unknown(claimed, said):
    found = fills(volume(claimed), said, [GIB], [DAY])
    assert [fill.used_bytes for fill in found] == [None]
    assert [fill.size_bytes for fill in found] == [volume(claimed).claim.storage_bytes]
