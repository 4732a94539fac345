"""What holds for arrivals of any table, event and kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fvcapacity.program.arrivals import ArrivalStream, expected_rates
from fvcapacity.program.multiplier import compile_multiplier
from fvcapacity.scenario.model import TrafficTable
from fvcapacity.scenario.traffic import ClusteredArrivals, GammaArrivals, PoissonArrivals, Traffic, TrafficEvent

S = 10**9
START = datetime(2026, 2, 14, 18, tzinfo=UTC)
START_NS = int(START.timestamp()) * S
UTC_ZONE = ZoneInfo("UTC")

common = settings(max_examples=40, deadline=None, derandomize=True)
kinds = st.one_of(
    st.builds(ClusteredArrivals, mean_size=st.floats(0.2, 4), spread=st.sampled_from(["200ms", "3s", "20s"])),
    st.just(PoissonArrivals()),
    st.builds(GammaArrivals, dispersion=st.floats(1.1, 5), slot=st.sampled_from(["1s", "7s", "90s"])),
)
events = st.lists(
    st.builds(
        TrafficEvent,
        start=st.integers(-300, 1500).map(lambda s: START + timedelta(seconds=s)),
        duration=st.sampled_from(["1s", "45s", "10m"]),
        ramp=st.sampled_from([0, "30s", "5m"]),
        multiply=st.floats(0, 4),
        shares=st.dictionaries(st.sampled_from(["a", "b"]), st.floats(0, 3)),
    ),
    max_size=2,
).map(tuple)


@st.composite
def tables(draw):
    interval = draw(st.sampled_from([1, 37, 60, 900]))
    rows = max(1, min(draw(st.integers(1, 20)), 1200 // interval))
    rates = draw(st.lists(st.tuples(st.floats(0, 6), st.floats(0, 2)), min_size=rows, max_size=rows))
    return TrafficTable(interval * S, START_NS, ("a", "b"), np.array(rates, np.float64))


def collect(table, kind, scale, happenings, chunk_s=600, start_s=0):
    traffic = Traffic(file="x", scale=scale, events=happenings)
    duration = len(table.rps) * table.interval_ns - start_s * S
    source = ArrivalStream(
        table,
        kind,
        compile_multiplier(traffic, table.routes, UTC_ZONE),
        seed=5,
        start_ns=START_NS + start_s * S,
        duration_ns=duration,
        chunk_ns=chunk_s * S,
    )
    chunks = list(iter(source.next_chunk, None))
    until = 0
    for chunk in chunks:
        assert chunk.until_ns > until
        assert ((chunk.times_ns >= until) & (chunk.times_ns < chunk.until_ns)).all()
        until = chunk.until_ns
    assert until == duration
    return tuple(np.concatenate([getattr(c, name) for c in chunks]) for name in ("times_ns", "routes", "identities"))


@common
@given(tables(), kinds, st.floats(0, 3), events, st.integers(40, 700))
def test_chunks_never_matter(table, kind, scale, happenings, chunk_s):
    whole = collect(table, kind, scale, happenings)
    cut = collect(table, kind, scale, happenings, chunk_s)
    for a, b in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(a, b)
    times, _, identities = whole
    assert np.unique(identities).size == identities.size
    order = np.lexsort((identities, times))
    np.testing.assert_array_equal(order, np.arange(times.size))


@common
@given(tables(), kinds, st.floats(0, 2), st.floats(1, 3), events)
def test_more_traffic_only_adds_requests(table, kind, scale, factor, happenings):
    """Holds for gamma, too: its factors belong to strips, not to the scale."""
    few = set(zip(*(a.tolist() for a in collect(table, kind, scale, happenings)), strict=True))
    many = set(zip(*(a.tolist() for a in collect(table, kind, scale * factor, happenings)), strict=True))
    assert few <= many


@common
@given(tables(), events)
def test_counts_stay_near_their_expectation(table, happenings):
    """Chebyshev-like: 8 standard deviations of a Poisson count, summed over the run."""
    times, routes, _ = collect(table, PoissonArrivals(), 1.0, happenings)
    multiplier = compile_multiplier(Traffic(file="x", events=happenings), table.routes, UTC_ZONE)
    step = S // 4
    middles = np.arange(START_NS, START_NS + len(table.rps) * table.interval_ns, step) + step // 2
    expected = expected_rates(table, multiplier, middles).sum(axis=0) * step / S
    counts = np.bincount(routes, minlength=2)
    assert (np.abs(counts - expected) <= 8 * np.sqrt(expected) + 8).all()
    assert times.size == counts.sum()
