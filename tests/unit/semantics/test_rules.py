"""The scalar rules: against their definitions, and each against its own Python body."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from scipy import stats

from fvcapacity.semantics import balancing, cfs_quota, cpu, draw, faults, memory, versions
from fvcapacity.semantics.jit import njit

MS = 1_000_000
HASHES = [draw.mix(11, number) for number in range(20_000)]


def test_hashes_are_uniform_and_uncorrelated() -> None:
    numbers = np.array([draw.unit(value) for value in HASHES])
    assert stats.kstest(numbers, "uniform").pvalue > 1e-4
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 4 / math.sqrt(len(numbers))
    assert len(set(HASHES)) == len(HASHES)


def test_mix_depends_on_order_and_both_values() -> None:
    assert draw.mix(1, 2) != draw.mix(2, 1)
    assert len({draw.mix(a, b) for a in range(-50, 50) for b in range(-50, 50)}) == 10_000


def test_normal_quantile_agrees_with_scipy() -> None:
    for u in [1e-300, 1e-12, 1e-5, 0.02, 0.075, 0.3, 0.5, 0.9, 0.99999, 1 - 1e-12]:
        assert draw.normal_quantile(u) == pytest.approx(stats.norm.ppf(u), rel=1e-13, abs=1e-15)


SIGMA = math.sqrt(math.log1p(0.8**2))


@pytest.mark.parametrize(
    ("kind", "sigma", "law"),
    [
        (draw.EXPONENTIAL, 0.0, stats.expon(scale=5e6)),
        (draw.LOGNORMAL, SIGMA, stats.lognorm(SIGMA, scale=5e6 * math.exp(-(SIGMA**2) / 2))),
        (draw.UNIFORM, 0.0, stats.uniform(0, 1e7)),
    ],
)
def test_durations_follow_their_law(kind: int, sigma: float, law: object) -> None:
    durations = [draw.draw_duration(kind, 5e6, sigma, value) for value in HASHES]
    assert stats.kstest(durations, law.cdf).pvalue > 1e-4  # type: ignore[attr-defined]
    assert min(durations) >= 1


def test_constant_and_zero_durations() -> None:
    assert draw.draw_duration(draw.CONSTANT, 5e6, 0.0, 3) == 5 * MS
    assert draw.draw_duration(draw.EXPONENTIAL, 0.0, 0.0, 3) == 0


@pytest.mark.parametrize(
    ("millicores", "expected"), [(0, 2), (1, 2), (50, 51), (100, 102), (250, 256), (10**9, 262_144)]
)
def test_shares_of_a_request(millicores: int, expected: int) -> None:
    assert cpu.shares(millicores) == expected


@pytest.mark.parametrize(("millicores", "expected"), [(0, 0), (5, MS), (50, 5 * MS), (200, 20 * MS), (2500, 250 * MS)])
def test_quota_of_a_limit(millicores: int, expected: int) -> None:
    assert cfs_quota.quota_of(millicores) == expected


def test_completion_never_falls_short() -> None:
    for value in HASHES[:2000]:
        work, rate = abs(value) % 10**11 + 1, abs(value // 7) % cpu.RATE_ONE + 1
        after = cpu.completion_time(work, rate)
        assert cpu.progress(after, rate) >= work
        assert cpu.progress(after - 1, rate) < work


@pytest.mark.parametrize(
    ("slice_ms", "pool_ms", "used_ms", "drawn_ms"),
    [(5, 20, 3, 0), (5, 20, 5, 0), (5, 20, 6, 5), (0, 20, 11, 15), (1, 3, 4, 3), (1, 20, 21, 20), (0, 7, 6, 7)],
)
def test_slices_are_drawn_whole_while_the_pool_lasts(slice_ms: int, pool_ms: int, used_ms: int, drawn_ms: int) -> None:
    assert cfs_quota.slices_drawn(slice_ms * MS, pool_ms * MS, used_ms * MS) == drawn_ms * MS


def test_slices_do_not_depend_on_how_often_one_asks() -> None:
    for value in HASHES[:500]:
        slice_ns, pool_ns = abs(value) % (5 * MS), abs(value // 3) % (30 * MS)
        used = abs(value // 11) % (slice_ns + pool_ns + 1)
        part = used // 3
        first = cfs_quota.slices_drawn(slice_ns, pool_ns, part)
        second = cfs_quota.slices_drawn(slice_ns + first - part, pool_ns - first, used - part)
        assert first + second == cfs_quota.slices_drawn(slice_ns, pool_ns, used)


@pytest.mark.parametrize(
    ("now", "phase", "edge"), [(0, 0, 100), (99, 0, 100), (100, 0, 200), (5, 30, 30), (30, 30, 130)]
)
def test_period_edges(now: int, phase: int, edge: int) -> None:
    assert cfs_quota.next_edge(now * MS, phase * MS) == edge * MS


@pytest.mark.parametrize(
    ("draws_ms", "periods"),
    [
        ([10], 2),
        ([10, 20], 2),
        ([10, 110], 3),
        ([10, 210], 4),  # the timer has stopped at 200 and is started again
        ([10, 1010], 4),
        ([99, 100, 101], 3),
        ([100 * n for n in range(50)], 51),
    ],
)
def test_nr_periods_counts_periods_with_a_draw_and_one_after(draws_ms: list[int], periods: int) -> None:
    counted, until_ns = 0, -cfs_quota.PERIOD_NS
    for draw_ms in draws_ms:
        until = cfs_quota.counted_until(draw_ms * MS, 0)
        counted += max(0, cfs_quota.periods_between(until_ns, until))
        until_ns = until
    assert counted == periods


@pytest.mark.parametrize(
    ("cores", "slice_us"), [(0.5, 700), (1, 700), (2, 1400), (3.9, 1400), (4, 2100), (8, 2800), (64, 2800)]
)
def test_first_slice_grows_with_the_machine(cores: float, slice_us: int) -> None:
    assert cpu.first_slice(cores) == slice_us * 1000


@pytest.mark.parametrize(
    ("saved_us", "idle_ms", "weight", "left_us"),
    [
        (0, 0, 1024, 0),
        (0, 1, 1024, 1000),
        (200, 1, 512, 700),
        (0, 2, 1024, 1400),
        (300, 10**9, 262_144, 1400),
        (0, 10, 2, 19.531),
        (0, 3000, 2, 1400),
    ],
)
def test_an_idle_container_saves_up_its_request(saved_us: int, idle_ms: int, weight: int, left_us: float) -> None:
    assert cpu.saved_up(saved_us * 1000, idle_ms * MS, weight, 1_400_000) == left_us * 1000


def test_a_recorded_request_replays_its_own_row_and_others_one_at_random() -> None:
    stream = draw.mix(5, 6)
    rows = [draw.recorded_row(draw.recorded_identity(stream, number), 7) for number in range(10)]
    assert rows == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2]
    assert len({draw.recorded_identity(draw.mix(seed, 1), 3) >> 32 for seed in range(50)}) == 50
    counts = np.bincount([draw.recorded_row(value, 7) for value in HASHES], minlength=7)
    assert stats.chisquare(counts).pvalue > 1e-4


def test_idle_thread_keeps_a_millisecond() -> None:
    assert cfs_quota.returned_when_idle(4 * MS) == 3 * MS
    assert cfs_quota.returned_when_idle(MS // 2) == 0


def test_memory_limit() -> None:
    assert not memory.over_limit(10**12, 0)
    assert not memory.over_limit(256, 256)
    assert memory.over_limit(257, 256)


@pytest.mark.parametrize("percent", [0, 1, 25, 100])
def test_a_new_version_gets_its_share_independently_of_the_pick(percent: int) -> None:
    taken = np.array([versions.takes_canary(identity, percent) for identity in HASHES])
    picks = np.array([balancing.pick(identity, 4) for identity in HASHES])
    assert abs(taken.mean() - percent / 100) < 4 * math.sqrt(0.25 / len(HASHES))
    if 0 < percent < 100:
        assert abs(np.corrcoef(taken, picks)[0, 1]) < 4 / math.sqrt(len(HASHES))


def test_whoever_went_to_the_new_version_goes_there_when_its_share_grows() -> None:
    tenth = {identity for identity in HASHES if versions.takes_canary(identity, 10)}
    assert tenth < {identity for identity in HASHES if versions.takes_canary(identity, 30)}


@pytest.mark.parametrize(("share_ppm", "expected"), [(0, 0.0), (5_000, 0.005), (1_000_000, 1.0)])
def test_a_version_fails_its_share(share_ppm: int, expected: float) -> None:
    failed = np.mean([versions.answers_with_error(identity, share_ppm) for identity in HASHES])
    assert abs(failed - expected) < 4 * math.sqrt(max(expected * (1 - expected), 0) / len(HASHES)) + 1e-12


@pytest.mark.parametrize(
    ("demand", "factor", "expected"), [(0, 1600, 0), (1, 1, 1), (10, 1000, 10), (10, 1600, 16), (10_001, 1600, 16_002)]
)
def test_demands_of_a_new_version_are_rounded_up(demand: int, factor: int, expected: int) -> None:
    assert versions.scaled_demand(demand, factor) == expected


def test_picks_are_even() -> None:
    counts = np.bincount([balancing.pick(value, 7) for value in HASHES], minlength=7)
    assert stats.chisquare(counts).pvalue > 1e-4


def test_a_share_of_the_lookups_is_slow() -> None:
    slow = sum(faults.lookup_delay_ns(value, 50_000, MS) > 0 for value in HASHES)
    assert abs(slow / len(HASHES) - 0.05) < 0.006
    assert {faults.lookup_delay_ns(value, 1_000_000, MS) for value in HASHES} == {MS}


RULES = [
    (draw.mix, (11, -5)),
    (draw.unit, (-12345,)),
    (draw.normal_quantile, (0.01,)),
    (draw.draw_duration, (draw.LOGNORMAL, 3e6, 0.5, 99)),
    (draw.recorded_identity, (-123_456_789_012, 7)),
    (draw.recorded_row, (-123_456_789_012, 7)),
    (cpu.saved_up, (100, 12_345, 102, 1_400_000)),
    (cpu.progress, (12_345, 777)),
    (cpu.completion_time, (12_345, 777)),
    (cpu.fair_share, (1 << 20, 102, 358)),
    (cpu.thread_rate, (1 << 19, 3)),
    (cfs_quota.next_edge, (12_345, 77)),
    (cfs_quota.slices_drawn, (MS, 9 * MS, 4 * MS)),
    (cfs_quota.returned_when_idle, (3 * MS,)),
    (cfs_quota.counted_until, (12_345, 77)),
    (cfs_quota.periods_between, (0, 300 * MS)),
    (balancing.attempt_identity, (5, 6, 1)),
    (balancing.pick, (5, 3)),
    (balancing.connection, (5, 8)),
    (balancing.takes_branch, (5, 6, 0.5)),
    (balancing.operation_time, (5, 6, draw.EXPONENTIAL, 1e6, 0.0)),
    (memory.over_limit, (5, 4)),
    (versions.takes_canary, (123, 50)),
    (versions.scaled_demand, (10_000_001, 333)),
    (versions.answers_with_error, (123, 500_000)),
    (faults.given_up_ns, (5, 0, 3, 9)),
    (faults.given_up_ns, (5, 2, 30, 9)),
    (faults.lookup_delay_ns, (5, 500_000, MS)),
    (faults.slowed_mean_ns, (12_345.0, 1500)),
    (faults.slowed_ns, (12_345, 1500)),
]


@pytest.mark.parametrize(("rule", "arguments"), RULES, ids=lambda value: getattr(value, "__name__", ""))
def test_compiled_rule_agrees_with_its_body(rule: object, arguments: tuple[float, ...]) -> None:
    wide = [np.int64(a) if isinstance(a, int) else a for a in arguments]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # uint64 wraps around on purpose
        assert rule(*arguments) == rule.py_func(*wide)  # type: ignore[attr-defined, operator]


def test_bounds_are_checked() -> None:
    @njit
    def read(values: np.ndarray, index: int) -> float:
        return values[index]

    with pytest.raises(IndexError):
        read(np.zeros(3), 3)
