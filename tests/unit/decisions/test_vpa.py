"""The Vertical Pod Autoscaler's recommender, by hand."""

from __future__ import annotations

import doctest

import pytest

from fvcapacity.decisions.vpa import ContainerPolicy, Recommender, RecommenderSettings, recommender
from fvcapacity.decisions.vpa.histogram import ExponentialBuckets, Histogram, LinearBuckets
from fvcapacity.units import parse_quantity

S = 10**9
HOUR, DAY = 3600 * S, 86_400 * S
MIB = 2**20
START = 1_700_000_000 * S


def test_the_example_of_the_class_is_true() -> None:
    assert doctest.testmod(recommender).failed == 0


def test_a_percentile_is_the_end_of_its_bucket() -> None:
    histogram = Histogram(LinearBuckets(10, 1), 0.001)
    for value in (0.5, 1.5, 1.6, 7.0, 99.0):
        histogram.add(value, 1.0, 0)
    assert [histogram.percentile(share) for share in (0, 0.2, 0.5, 0.8, 1)] == [1, 1, 2, 8, 10]


def test_exponential_buckets_grow_by_their_ratio() -> None:
    buckets = ExponentialBuckets(100, 1, 2)
    assert [buckets.start(bucket) for bucket in range(4)] == [0, 1, 3, 7]
    assert [buckets.find(value) for value in (0.9, 1, 2.9, 3, 1e9)] == [0, 1, 1, 2, buckets.count - 1]


def test_a_sample_counts_half_after_a_half_life() -> None:
    histogram = Histogram(LinearBuckets(10, 1), 0.001, DAY)
    histogram.add(2.5, 1.0, START)
    histogram.add(7.5, 0.49, START + DAY)
    assert histogram.percentile(0.5) == 3  # 1 against 2 x 0.49
    histogram.add(7.5, 0.02, START + DAY)
    assert histogram.percentile(0.5) == 8


def test_what_is_taken_out_leaves_nothing_behind() -> None:
    histogram = Histogram(LinearBuckets(10, 1), 0.001, DAY)
    histogram.add(2.5, 1.0, START)
    histogram.subtract(2.5, 1.0, START)
    assert (histogram.empty, histogram.percentile(1)) == (True, 0)


def test_a_histogram_outlives_a_hundred_half_lives() -> None:
    histogram = Histogram(LinearBuckets(10, 1), 0.001, HOUR)
    histogram.add(9.5, 1.0, START)
    histogram.add(1.5, 1.0, START + 300 * HOUR)
    assert histogram.percentile(1) == 2


def test_merging_moves_the_older_one_to_the_time_of_the_younger() -> None:
    old, young = (Histogram(LinearBuckets(10, 1), 0.001, HOUR) for _ in range(2))
    old.add(9.5, 1.0, START)
    young.add(1.5, 1.0, START + HOUR)
    old.merge(young)
    assert [old.percentile(share) for share in (0.6, 0.7)] == [2, 10]  # 2/3 of the weight is young


DROPPED = [
    # what comes after a first sample at 0 s: kind, time in s, amount, taken in
    ("cpu", 0, 1, False),
    ("cpu", 1, -1, False),
    ("cpu", 1, 0, True),
    ("memory", 0, 1, True),
    ("memory", -1, 1, False),
    ("oom", -86_400, 1, True),
    ("oom", -86_401, 1, False),
]


@pytest.mark.parametrize(("kind", "second", "amount", "taken"), DROPPED)
def test_samples_that_come_too_late_are_dropped(kind: str, second: int, amount: int, taken: bool) -> None:
    vpa = Recommender()
    feed = {"cpu": vpa.add_cpu, "memory": vpa.add_memory, "oom": vpa.add_oom}
    assert feed["cpu" if kind == "cpu" else "memory"]("web-1", "web", START, 100)
    assert feed[kind]("web-1", "web", START + second * S, amount) is taken


def test_one_peak_of_memory_counts_a_day() -> None:
    vpa = Recommender()
    for hour, mib in enumerate((300, 700, 500)):
        assert vpa.add_memory("web-1", "web", START + hour * HOUR, mib * MIB)
    usage = vpa.aggregate("web")
    assert usage is not None
    assert usage.memory.percentile(0) == usage.memory.percentile(1) > 700 * MIB


def test_an_oom_kill_counts_as_a_fifth_or_100_mib_more_than_was_there() -> None:
    for requested, needed in ((100, 200), (1000, 1200)):
        vpa = Recommender()
        vpa.add_oom("web-1", "web", START, requested * MIB)
        usage = vpa.aggregate("web")
        assert usage is not None
        assert needed * MIB < usage.memory.percentile(1) < 1.06 * needed * MIB


def day_of(millicores: int, **given: object) -> Recommender:
    vpa = Recommender(**given)  # type: ignore[arg-type]
    for minute in range(1441):
        vpa.add_cpu("web-1", "web", START + minute * 60 * S, millicores)
    return vpa


def test_the_bounds_of_a_day_old_container_are_a_factor_of_two_apart() -> None:
    found = day_of(200).recommend()["web"]
    assert (found.lower["cpu"], found.target["cpu"], found.upper["cpu"]) == (246, 247, 494)
    assert found.confidence["cpu"] == pytest.approx(1.0, rel=1e-3)


def test_without_samples_there_is_the_minimum_of_the_pod_divided_among_its_containers() -> None:
    vpa = Recommender()
    vpa.add_memory("web-1", "web", START, -1)
    vpa.add_memory("web-1", "proxy", START, -1)
    found = vpa.recommend()["proxy"]
    assert (found.target["cpu"], found.target["memory"]) == (12, 125 * MIB)


def test_the_policy_bounds_what_is_published() -> None:
    allowed = {"cpu": parse_quantity("220m")}
    policies = {"*": ContainerPolicy(max_allowed=allowed, controlled_resources=("cpu",))}
    vpa = day_of(200, policies=policies, settings=RecommenderSettings(round_cpu_milli=50))
    found = vpa.recommend()["web"]
    assert (str(found.target_bound["cpu"]), str(found.uncapped_target["cpu"])) == ("220m", "250m")
    assert "memory" not in found.target_bound
    assert day_of(200, policies={"web": ContainerPolicy(mode="Off")}).recommend() == {}
