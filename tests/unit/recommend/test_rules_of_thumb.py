"""Connection pools, heap flags and volumes: each with its sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

import fvcapacity as fv
from fvcapacity.recommend.connections import advise_pools
from fvcapacity.recommend.heap import MIB, advise_heap
from fvcapacity.recommend.volumes import GIB, advise_volume


@pytest.fixture(scope="module")
def shop() -> fv.Scenario:
    return fv.load_scenario("scenarios/valentines.yaml")


def test_all_pools_at_once_are_too_many_for_postgres(shop: fv.Scenario) -> None:
    postgres = next(item for item in advise_pools(shop) if item.database == "postgres")
    assert (postgres.accepted, postgres.reserved) == (100, 3)
    assert not postgres.fits
    assert postgres.wanted > 97
    assert all(1 <= size < 10 for size in postgres.sizes.values())
    assert set(postgres.sizes) == {
        f"topology/{name}-service.pools.postgres" for name in ("auth", "user", "order", "contact")
    }
    assert "postgres takes 100 connections, 3 kept back" in postgres.why
    changed = shop.with_values(postgres.sizes)
    again = next(item for item in advise_pools(changed) if item.database == "postgres")
    assert again.fits
    assert again.wanted <= 97
    assert again.sizes == postgres.sizes


def test_more_pods_than_connections_is_said(shop: fv.Scenario) -> None:
    postgres = next(
        item for item in advise_pools(shop, peaks={"deployment/order-service": 200}) if item.database == "postgres"
    )
    assert min(postgres.sizes.values()) == 1
    assert "fewer pods, or a pooler before it" in postgres.why


def test_a_queue_counts_as_room(shop: fv.Scenario) -> None:
    mongodb = next(item for item in advise_pools(shop) if item.database == "mongodb")
    assert mongodb.accepted == 64 + 1000
    assert mongodb.fits
    assert not [item for item in advise_pools(shop) if item.database == "redis"]  # one thread for all connections


def test_pods_without_a_workload_count_once(shop: fv.Scenario) -> None:
    bare = replace(shop, cluster=replace(shop.cluster, services=()))
    postgres = next(item for item in advise_pools(bare) if item.database == "postgres")
    assert postgres.wanted == 40


@pytest.mark.parametrize(
    ("limit", "outside", "size", "words"),
    [
        (128 * MIB, 0, 96, "heap 96 MiB of 128: 75 % of the limit"),
        (256 * MIB, 20 * MIB, 192, "75 % of the limit"),
        (256 * MIB, 120 * MIB, 136, "what 120 MiB of buffers leave"),
        (64 * MIB, 60 * MIB, None, "raise the limit first"),
        (None, 0, None, "no memory limit"),
    ],
)
def test_the_heap(limit: int | None, outside: int, size: int | None, words: str) -> None:
    advice = advise_heap(limit, outside)
    assert advice.mebibytes == size
    assert words in advice.why


def test_a_heap_share_that_the_kernel_beats() -> None:
    with pytest.raises(ValueError, match=r"0\.9 of the limit"):
        advise_heap(256 * MIB, share=0.9)


@pytest.mark.parametrize(
    ("size", "used", "written", "size_gib", "days"),
    [
        (5 * GIB, 1 * GIB, 10 * MIB, 6, 307.2),  # 1 GiB + 365 x 10 MiB = 4.56 GiB, 80 % full
        (20 * GIB, 1 * GIB, 10 * MIB, 20, 1536.0),  # claims never shrink
        (5 * GIB, 1 * GIB, 0, 5, None),
        (5 * GIB, 4.5 * GIB, 10 * MIB, 11, 0.0),
        (5000 * MIB, 0, 0, 5000 / 1024, None),
    ],
)
def test_a_volume(size: int, used: float, written: float, size_gib: float, days: float | None) -> None:
    advice = advise_volume(size, used, written, 86_400)
    assert advice.size_bytes == round(size_gib * GIB)
    assert advice.full_in_days == (None if days is None else pytest.approx(days))
    assert f"{written / MIB:.1f} MiB a day" in advice.why


@pytest.mark.parametrize("wrong", [{"covered_s": 0}, {"horizon_days": -1}, {"kept_ratio": 2}, {"fill_ratio": 0}])
def test_no_forecast(wrong: dict[str, float]) -> None:
    given = {"covered_s": 10.0, **wrong}
    with pytest.raises(ValueError, match="no forecast"):
        advise_volume(GIB, 0, 1, given.pop("covered_s"), **given)
