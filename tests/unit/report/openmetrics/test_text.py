import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fvcapacity.dataplane.histogram import bin_of
from fvcapacity.report.openmetrics.check import bucket_problems, check_openmetrics
from fvcapacity.report.openmetrics.counting import bucket_counters, bucket_labels, cumulative, split_counters
from fvcapacity.report.openmetrics.series import Collected, Family
from fvcapacity.report.openmetrics.text import labels_text, write_text

COUNTER = Family("bouquets", "counter", "Bouquets sold.")
GAUGE = Family("roses", "gauge", 'Roses in "the" house.')
TIMES = np.array([1_771_000_000_000, 1_771_000_015_500], np.int64)


def _text(collected: Collected, head: str = "") -> str:
    out = io.StringIO()
    write_text(collected, {"scenario": "valentines"}, out, head=head)
    return out.getvalue()


def _collected() -> Collected:
    collected = Collected()
    collected.add(COUNTER, {"shop": "one", "empty": ""}, TIMES, np.array([0, 3]))
    collected.add(GAUGE, {"colour": 'red "\\'}, TIMES, np.array([0.5, 1.25]))
    collected.add(COUNTER, {"shop": "two"}, TIMES[:1], np.array([7]))
    collected.add(COUNTER, {"shop": "none"}, TIMES[:0], np.array([], np.int64))
    return collected


def test_families_stand_together_in_seconds_and_end_with_a_mark():
    assert _text(_collected()).splitlines() == [
        "# HELP bouquets Bouquets sold.",
        "# TYPE bouquets counter",
        'bouquets_total{shop="one",scenario="valentines"} 0 1771000000.000',
        'bouquets_total{shop="one",scenario="valentines"} 3 1771000015.500',
        'bouquets_total{shop="two",scenario="valentines"} 7 1771000000.000',
        '# HELP roses Roses in \\"the\\" house.',
        "# TYPE roses gauge",
        'roses{colour="red \\"\\\\",scenario="valentines"} 0.5 1771000000.000',
        'roses{colour="red \\"\\\\",scenario="valentines"} 1.25 1771000015.500',
        "# EOF",
    ]


def test_labels_are_escaped_and_empty_ones_left_out():
    assert labels_text({"a": 'x"y\\z\n', "b": ""}) == 'a="x\\"y\\\\z\\n"'


def test_what_is_written_passes_our_own_check(tmp_path: Path):
    (tmp_path / "x.om").write_text(_text(_collected(), head="A remark."))
    assert check_openmetrics(tmp_path / "x.om") == (5, [])


GOOD = '# TYPE a counter\na_total{x="1"} 1 1771000000.000\na_total{x="1"} 2 1771000060.000\n# EOF\n'


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("# EOF\n", "", "does not end"),
        ("# EOF\n", "# EOF\nb 1 2\n", "after # EOF"),
        ("1771000060.000", "1770999999.000", "not after the one before"),
        ("1771000060.000", "1771000000.000", "not after the one before"),
        ("1771000060.000", "1771000060000", "not in seconds"),
        (" 2 ", " 0 ", "falls from 1 to 0"),
        (" 2 ", " NaN ", "can work with"),
        (" 2 ", " inf ", "can work with"),
        ("a_total{x=\"1\"} 2", "a{x=\"1\"} 2", "does not belong"),
        ("\n# EOF", "\n\n# EOF", "no sample"),
        ('{x="1"} 2', '{x="1} 2', "no sample"),
        ("# EOF", "# TYPE b gauge\nb 1 1771000000.000\n# TYPE a counter\n# EOF", "not together"),
        ("\na_total{x=\"1\"} 2", "\r\na_total{x=\"1\"} 2", "instant|sample"),
    ],
)  # fmt: skip
def test_what_promtool_would_take_in_silence_is_found(tmp_path: Path, before: str, after: str, message: str):
    path = tmp_path / "x.om"
    path.write_bytes(GOOD.encode())
    assert check_openmetrics(path)[1] == []
    path.write_bytes(GOOD.replace(before, after, 1).encode())
    problems = check_openmetrics(path)[1]
    assert problems
    import re

    assert re.search(message, problems[0].message), problems[0].message
    assert str(path) in str(problems[0])


def test_a_counter_begins_at_zero():
    assert cumulative(np.array([2, 0, 5])).tolist() == [0, 2, 2, 7]


def _histogram(rows: list[tuple[float, float, int]]) -> pd.DataFrame:
    bins = [int(bin_of(round(seconds * 1e9))) for _, seconds, _ in rows]
    return pd.DataFrame({"time_s": [r[0] for r in rows], "bin": bins, "count": [r[2] for r in rows]})


def test_buckets_grow_with_the_requests_and_are_exact_at_the_end_of_a_window():
    fine = _histogram([(0.0, 0.003, 6), (0.0, 0.2, 3), (0.0, 20.0, 1), (300.0, 0.003, 2)])
    starts = np.arange(0, 600, 60.0)
    ended = np.array([5, 0, 3, 0, 2, 0, 0, 1, 0, 1])
    buckets, sums = bucket_counters(fine, starts, ended)
    labels = bucket_labels()
    assert buckets[:, -1].tolist() == [0, *np.cumsum(ended).tolist()]  # the last bucket counts every request, at once
    assert buckets[5, labels.index("0.005")] == 6
    assert buckets[5, labels.index("0.25")] == 9
    assert buckets[5, labels.index("10")] == 9
    assert buckets[-1, labels.index("0.005")] == 8
    assert (np.diff(buckets, axis=0) >= 0).all()
    assert (np.diff(buckets, axis=1) >= 0).all()
    assert sums[-1] == pytest.approx(6 * 0.003 + 3 * 0.2 + 20.0 + 2 * 0.003, rel=0.01)


def test_ways_to_end_share_a_histogram_in_whole_requests():
    fine = _histogram([(0.0, 0.003, 7), (0.0, 0.2, 5), (0.0, 20.0, 3), (300.0, 0.003, 4)])
    starts = np.arange(0, 600, 60.0)
    served = np.array([3, 0, 4, 0, 4, 0, 0, 2, 0, 1])
    failed = {"502": np.array([1, 0, 0, 0, 0, 0, 0, 0, 0, 1]), "504": np.array([0, 0, 3, 0, 0, 0, 0, 0, 0, 0])}
    ways = {"200": served, **failed}
    split = split_counters(fine, starts, ways)
    whole, whole_sums = bucket_counters(fine, starts, np.sum(list(ways.values()), axis=0))
    for name, (buckets, _) in split.items():
        assert buckets[:, -1].tolist() == [0, *np.cumsum(ways[name]).tolist()], name  # exact in every bin
        assert (np.diff(buckets, axis=0) >= 0).all(), name
        assert (np.diff(buckets, axis=1) >= 0).all(), name
    for edge in (5, 10):  # the ends of the windows
        assert sum(buckets[edge] for buckets, _ in split.values()).tolist() == whole[edge].tolist()
        assert sum(sums[edge] for _, sums in split.values()) == pytest.approx(whole_sums[edge])


def test_histograms_of_days_are_spread_the_same_way():
    fine = _histogram([(0.0, 0.02, 10), (85_800.0, 0.2, 4)])  # a warm-up of ten minutes: days begin earlier
    starts = np.array([0.0, 43_200.0, 85_800.0, 90_000.0])
    buckets, _ = bucket_counters(fine, starts, np.array([5, 5, 1, 3]))
    assert buckets[:, bucket_labels().index("0.025")].tolist() == [0, 5, 10, 10, 10]
    assert buckets[:, -1].tolist() == [0, 5, 10, 11, 14]


def test_buckets_that_fall_are_found():
    lines = ['a_bucket{le="1",x="y"} 3 5\n', 'a_bucket{le="+Inf",x="y"} 2 5\n']
    assert list(bucket_problems(lines)) == ['a_bucket{x="y"} at 5']
