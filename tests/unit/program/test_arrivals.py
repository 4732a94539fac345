"""Arrivals against theory, and against what must never change: chunks, subsets, order."""

from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy import stats

from fvcapacity.errors import TrafficError
from fvcapacity.program.arrival_kernel import delay_of, poisson_quantile, strip_bottom, strip_height, strips_below
from fvcapacity.program.arrivals import ArrivalStream, RecordedArrivals, expected_rates
from fvcapacity.program.multiplier import compile_multiplier
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.model import TrafficTable
from fvcapacity.scenario.traffic import (
    ClusteredArrivals,
    GammaArrivals,
    PoissonArrivals,
    Traffic,
    TrafficEvent,
)

S = 10**9
MIN = 60 * S
ZONE = ZoneInfo("America/Santiago")
EVENING = datetime(2026, 2, 14, 18, 0)
START = epoch_ns(EVENING, ZONE)
KINDS = {"cluster": ClusteredArrivals(), "poisson": PoissonArrivals(), "gamma": GammaArrivals()}


def table(rps, *, interval_ns: int = MIN, start_ns: int = START) -> TrafficTable:
    rps = np.array(rps, np.float64)
    return TrafficTable(interval_ns, start_ns, tuple(f"route-{i}" for i in range(rps.shape[1])), rps)


def stream(rates: TrafficTable, kind, *, scale=1.0, seed=1, events=(), skip_ns=0, duration_ns=None, **options):
    traffic = Traffic(file="counts.csv", scale=scale, events=events)
    whole = len(rates.rps) * rates.interval_ns - skip_ns
    return ArrivalStream(
        rates,
        kind,
        compile_multiplier(traffic, rates.routes, ZONE),
        seed,
        rates.start_ns + skip_ns,
        duration_ns or whole,
        **options,
    )


def collect(source):
    chunks = []
    while (chunk := source.next_chunk()) is not None:
        chunks.append(chunk)
    return tuple(np.concatenate([getattr(c, name) for c in chunks]) for name in ("times_ns", "routes", "identities"))


def index_of_dispersion(mean_size: float, tau_s: float, t_s: float) -> float:
    return 1 + mean_size * (1 - (1 - math.exp(-t_s / tau_s)) * tau_s / t_s)


# Index of dispersion of counts of 1, 10 and 60 s: the formulas of the module's docstring.
THEORY = {
    "poisson": {1: 1.0, 10: 1.0, 60: 1.0},
    "cluster": {t: index_of_dispersion(1.6, 3.0, t) for t in (1, 10, 60)},
    "gamma": {10: 2.1, 60: 2.1},
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_counts_have_the_mean_and_dispersion_of_theory(name, scale):
    """99.9 % intervals from 200 batches: counts of different batches are as good as independent."""
    rps, minutes = 5.0, 2000
    times, _, _ = collect(stream(table(np.full((minutes, 1), rps)), KINDS[name], scale=scale, seed=42))
    for seconds, expected in THEORY[name].items():
        counts = np.bincount(times // (seconds * S), minlength=minutes * 60 // seconds).reshape(200, -1)
        mean = rps * scale * seconds
        z = stats.t.ppf(0.9995, 199)
        assert abs(counts.mean() - mean) <= z * counts.mean(axis=1).std(ddof=1) / math.sqrt(200)
        dispersion = ((counts - mean) ** 2).mean(axis=1) / mean
        half_width = z * dispersion.std(ddof=1) / math.sqrt(200)
        assert half_width < 0.15 * expected  # the interval would not contain a neighbouring kind
        assert abs(dispersion.mean() - expected) <= half_width, (seconds, dispersion.mean(), expected)


def test_docstring_figures():
    assert index_of_dispersion(1.6, 3, 1) == pytest.approx(1.24, abs=0.005)
    assert index_of_dispersion(1.6, 3, 10) == pytest.approx(2.14, abs=0.005)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("chunk_s", [7, 61, 3600])
def test_chunks_do_not_change_anything(name, chunk_s):
    rates = table(np.linspace([0.2, 3.0], [4.0, 0.0], 20))
    event = TrafficEvent(start=EVENING.replace(minute=5), duration="4m", ramp="2m", multiply=2.5, shares={"route-0": 3})
    whole = collect(stream(rates, KINDS[name], events=(event,)))
    cut = collect(stream(rates, KINDS[name], events=(event,), chunk_ns=chunk_s * S))
    for a, b in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(a, b)
    assert whole[0].size > 1000


@pytest.mark.parametrize("interval_s", [1, 45, 3600])
@pytest.mark.parametrize("name", KINDS)
def test_any_interval_length_gives_the_rate(interval_s, name):
    rows = 7200 // interval_s
    times, _, _ = collect(stream(table(np.full((rows, 1), 4.0), interval_ns=interval_s * S), KINDS[name]))
    deviation = 3.3 * math.sqrt(7200 * 4.0 * 2.6)
    assert abs(times.size - 7200 * 4.0) < deviation


@pytest.mark.parametrize("name", ["cluster", "poisson"])
@pytest.mark.parametrize(("low", "high"), [(1.0, 2.0), (0.3, 1.0), (1.0, 4.7)])
def test_a_larger_scale_only_adds_customers(name, low, high):
    rates = table(np.full((30, 2), 2.0))
    few = set(zip(*collect(stream(rates, KINDS[name], scale=low)), strict=True))
    many = set(zip(*collect(stream(rates, KINDS[name], scale=high)), strict=True))
    assert few < many
    assert len(many) == pytest.approx(len(few) * high / low, rel=0.15)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("scale", [63.5, 64.0, 65.0, 700.0])
def test_a_route_may_be_scaled_from_next_to_nothing(name, scale):
    times, _, _ = collect(stream(table(np.full((60, 1), 20 / scale)), KINDS[name], scale=scale))
    assert abs(times.size - 20 * 3600) < 3.3 * math.sqrt(20 * 3600 * 2.6)


def test_all_traffic_may_move_to_a_route_that_had_hardly_any():
    """The multiplier is a million: the number of strips must not be."""
    rates = table(np.tile([20.0, 2e-5], (10, 1)))
    event = TrafficEvent(start=EVENING, duration="10m", shares={"route-0": 0.0})
    _, routes, _ = collect(stream(rates, PoissonArrivals(), events=(event,)))
    assert (routes == 1).all()
    assert abs(routes.size - 12000) < 3.3 * math.sqrt(12000)


def test_an_event_leaves_the_rest_of_the_day_alone():
    rates = table(np.full((60, 2), 3.0))
    event = TrafficEvent(start=EVENING.replace(minute=20), duration="10m", multiply=3.0)
    plain = collect(stream(rates, PoissonArrivals()))
    busy = collect(stream(rates, PoissonArrivals(), events=(event,)))
    inside = (busy[0] >= 20 * MIN) & (busy[0] < 30 * MIN)
    np.testing.assert_array_equal(
        np.sort(busy[2][~inside]), np.sort(plain[2][(plain[0] // MIN < 20) | (plain[0] // MIN >= 30)])
    )
    assert set(plain[2]) < set(busy[2])


@pytest.mark.parametrize("name", KINDS)
def test_the_same_customers_whenever_the_run_starts(name):
    """A run that starts later sees the same requests, those of customers who came before its start included."""
    rates = table(np.full((30, 1), 5.0))
    whole = collect(stream(rates, KINDS[name]))
    late = collect(stream(rates, KINDS[name], skip_ns=7 * MIN + 1))
    kept = whole[0] >= 7 * MIN + 1
    np.testing.assert_array_equal(whole[2][kept], late[2])
    np.testing.assert_array_equal(whole[0][kept] - 7 * MIN - 1, late[0])


def test_clusters_start_in_a_steady_state():
    """Were customers before the first interval left out, the first seconds would be nearly empty."""
    first = [
        (collect(stream(table([[40.0]]), ClusteredArrivals(), seed=seed, duration_ns=3 * S))[0]).size
        for seed in range(60)
    ]
    mean = 40.0 * 3 * 60
    assert abs(sum(first) - mean) < 3.3 * math.sqrt(mean * 2.6)


def test_sorted_by_time_and_identity_with_unique_identities():
    times, routes, identities = collect(stream(table(np.full((10, 3), 30.0)), ClusteredArrivals()))
    assert (np.diff(times) >= 0).all()
    assert np.unique(identities).size == identities.size
    assert np.bincount(routes, minlength=3).min() > 0
    assert times.dtype == routes.dtype == identities.dtype == np.int64


def test_routes_are_independent_of_their_order():
    """The hash goes by the name: another route added to the file does not change the old ones."""
    alone = table(np.full((10, 1), 5.0))
    pair = TrafficTable(MIN, START, ("new", "route-0"), np.full((10, 2), 5.0))
    times, routes, identities = collect(stream(pair, PoissonArrivals()))
    np.testing.assert_array_equal(identities[routes == 1], collect(stream(alone, PoissonArrivals()))[2])
    assert not np.array_equal(times[routes == 0], times[routes == 1])


def test_seeds_differ():
    rates = table(np.full((10, 1), 5.0))
    one, two = (collect(stream(rates, PoissonArrivals(), seed=seed)) for seed in (1, 2))
    assert not set(one[2]) & set(two[2])


def test_shares_and_multiplier_reach_the_counts():
    rates = table(np.tile([9.0, 1.0], (240, 1)))
    event = TrafficEvent(start=EVENING, duration="4h", multiply=2.0, shares={"route-1": 2.0})
    _, routes, _ = collect(stream(rates, PoissonArrivals(), events=(event,)))
    counts = np.bincount(routes)
    expected = np.array([9 / 1.1, 2 / 1.1]) * 2 * 240 * 60
    assert (np.abs(counts - expected) < 3.3 * np.sqrt(expected)).all()
    multiplier = stream(rates, PoissonArrivals(), events=(event,)).multiplier
    assert expected_rates(rates, multiplier, np.array([START + 1])) == pytest.approx(expected[None] / (240 * 60))


@pytest.mark.parametrize("scale", [0.0, 1.0])
def test_nothing_comes_from_nothing(scale):
    rates = table(np.zeros((5, 2)) if scale else np.ones((5, 2)))
    source = stream(rates, ClusteredArrivals(), scale=scale)
    assert collect(source)[0].size == 0
    assert source.exhausted
    assert source.next_chunk() is None


def test_resuming_at_a_position_gives_the_same_rest():
    rates = table(np.full((40, 1), 5.0))
    first = stream(rates, ClusteredArrivals())
    first.next_chunk()
    again = stream(rates, ClusteredArrivals())
    again.position_ns = first.position_ns
    np.testing.assert_array_equal(collect(first)[2], collect(again)[2])


@pytest.mark.parametrize(
    ("skip_ns", "duration_ns", "lacks"), [(-MIN, 5 * MIN, "60 s at the start"), (0, 11 * MIN, "60 s at the end")]
)
def test_a_table_that_does_not_cover_the_run_is_refused(skip_ns, duration_ns, lacks):
    with pytest.raises(TrafficError, match=lacks):
        stream(table(np.ones((10, 1))), PoissonArrivals(), skip_ns=skip_ns, duration_ns=duration_ns)


class TestRecorded:
    def test_replays_in_chunks(self):
        source = RecordedArrivals([0, 5 * S, 5 * S, 700 * S], [0, 1, 0, 1], duration_ns=1000 * S)
        first, second = source.next_chunk(), source.next_chunk()
        assert first.times_ns.tolist() == [0, 5 * S, 5 * S]
        assert (first.until_ns, second.until_ns) == (600 * S, 1000 * S)
        assert second.times_ns.tolist() == [700 * S]
        assert second.routes.tolist() == [1]
        assert source.exhausted
        assert source.next_chunk() is None

    def test_identities_do_not_depend_on_chunks(self):
        times = list(range(0, 2000 * S, S))
        whole = collect(RecordedArrivals(times, [0] * 2000))
        cut = collect(RecordedArrivals(times, [0] * 2000, chunk_ns=17 * S))
        np.testing.assert_array_equal(whole[2], cut[2])
        assert np.unique(whole[2]).size == 2000

    @pytest.mark.parametrize(("times", "routes"), [([2, 1], [0, 0]), ([-1], [0]), ([1, 2], [0])])
    def test_bad_recordings_are_refused(self, times, routes):
        with pytest.raises(TrafficError):
            RecordedArrivals(times, routes)


class TestRules:
    @pytest.mark.parametrize("mean", [0.1, 1.6, 30.0])
    def test_poisson_quantile_is_the_inverse_distribution(self, mean):
        for u in (1e-9, 0.01, 0.2, 0.5, 0.9, 0.999, 1 - 1e-9):
            assert poisson_quantile(u, mean) == stats.poisson.ppf(u, mean)
            assert poisson_quantile.py_func(u, mean) == poisson_quantile(u, mean)

    def test_strips_cover_every_height_without_overlap(self):
        for strip in range(70):
            assert strip_bottom(strip) + strip_height(strip) == strip_bottom(strip + 1)
            assert strip_bottom.py_func(strip) == strip_bottom(strip)
        heights = np.array([0.0, 0.1, 1.0, 1.5, 63.2, 64.0, 64.1, 128.0, 129.0, np.inf])
        assert strips_below(heights).tolist() == [0, 1, 1, 2, 64, 64, 65, 65, 66, 118]

    def test_poisson_quantile_ends(self):
        assert poisson_quantile(1.0 - 2**-53, 1.6) < 40

    def test_delays_are_truncated_and_exponential(self):
        u = (np.arange(100_000) + 0.5) / 100_000
        delays = np.array([delay_of(x, 3e9) for x in u])
        assert delays.max() <= 30e9
        assert delays.min() >= 0
        assert delays.mean() == pytest.approx(3e9 * (1 - 10 * math.exp(-10) / (1 - math.exp(-10))), rel=1e-3)
        assert delay_of.py_func(0.3, 3e9) == delay_of(0.3, 3e9)
