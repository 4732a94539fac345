"""Counts and weekly shapes to base rates, and everything that a bad file is told."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from fvcapacity.errors import TrafficError
from fvcapacity.inputs.traffic import RunSpan, load_traffic
from fvcapacity.inputs.yaml_source import load_model
from fvcapacity.program.arrivals import ArrivalStream
from fvcapacity.program.multiplier import compile_multiplier
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.topology import Route
from fvcapacity.scenario.traffic import Arrivals, ClusteredArrivals, PoissonArrivals, Traffic, WeeklyShape
from fvcapacity.scenario.weekly import WeeklyShapeFile
from tests.unit.inputs.weekly_derivation import dispersion_within_minutes, hour_of_week

S = 10**9
MIN = 60 * S
H = 3600 * S
ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared" / "data" / "traffic"
SHAPE = ROOT / "data" / "traffic" / "weekly-shape.yaml"
ZONE = ZoneInfo("America/Santiago")
ROUTES = {
    "list": Route(path="/api/products", share=3, steps=()),
    "buy": Route(method="POST", path="/api/orders", share=1, steps=()),
}
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared traffic data are not here")


def span(start: str = "2026-02-14T18:00", minutes: int = 3, warm_up_minutes: int = 0) -> RunSpan:
    window = epoch_ns(datetime.fromisoformat(start), ZONE)
    return RunSpan(window - warm_up_minutes * MIN, window, window + minutes * MIN, ZONE)


def read(tmp_path: Path, text: str, run: RunSpan | None = None, name: str = "counts.csv", **traffic):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return load_traffic(Traffic(file=name, **traffic), ROUTES, run or span(), tmp_path)


def refused(tmp_path: Path, text: str, run: RunSpan | None = None, **traffic) -> str:
    with pytest.raises(TrafficError) as error:
        read(tmp_path, text, run, **traffic)
    return str(error.value).replace(str(tmp_path) + "/", "")


PLAIN = "timestamp,requests\n2026-02-14T18:00:00,60\n2026-02-14T18:01:00,120\n2026-02-14T18:02:00,240\n"


class TestReading:
    def test_counts_become_rates_split_by_shares(self, tmp_path):
        table = read(tmp_path, PLAIN)
        assert table.interval_ns == MIN
        assert table.start_ns == span().start_ns
        assert table.routes == ("list", "buy")
        np.testing.assert_allclose(table.rps, [[0.75, 0.25], [1.5, 0.5], [3.0, 1.0]])
        assert "local time of America/Santiago" in " ".join(table.notes)

    @pytest.mark.parametrize(
        ("header", "stamps", "note"),
        [
            ("timestamp_utc,requests", [f"2026-02-14T21:0{m}:00Z" for m in range(3)], "timestamp_utc"),
            ("timestamp_utc,count", [f"2026-02-14 21:0{m}" for m in range(3)], "'count' is read as requests"),
            ("time,hits", ["2026-02-14T18:00-03:00", "2026-02-14T18:01-03:00", "2026-02-14T18:02-03:00"], "'hits'"),
            ("epoch_s,requests", ["1771102800", "1771102860", "1771102920"], "epoch_s"),
            ("epoch_ms,requests", ["1771102800000", "1771102860000", "1771102920000"], "epoch_ms"),
            ("timestamp,requests", ["1771102800", "1771102860", "1771102920"], "seconds since 1970"),
            ("timestamp,requests", ["1771102800000", "1771102860000", "1771102920000"], "milliseconds since 1970"),
        ],
    )  # fmt: skip
    def test_other_spellings_are_understood_and_told(self, tmp_path, header, stamps, note):
        rows = zip(stamps, (60, 120, 240), strict=True)
        table = read(tmp_path, header + "\n" + "".join(f"{t},{n}\n" for t, n in rows))
        np.testing.assert_allclose(table.rps.sum(axis=1), [1, 2, 4])
        assert note in " ".join(table.notes)

    @pytest.mark.parametrize("name", ["counts.csv", "counts.csv.gz"])
    def test_compressed_comments_blank_lines_and_byte_order_mark(self, tmp_path, name):
        text = "\ufeff# from the log\n" + PLAIN.replace("\n2026-02-14T18:01", "\n\n2026-02-14T18:01")
        np.testing.assert_allclose(read(tmp_path, text, name=name).rps.sum(axis=1), [1, 2, 4])

    @pytest.mark.parametrize("zone", [None, "UTC"])
    def test_parquet(self, tmp_path, zone):
        times = pd.date_range("2026-02-14T18:00", periods=3, freq="1min", tz=ZONE)
        times = times.tz_localize(None) if zone is None else times.tz_convert(zone)
        pd.DataFrame({"timestamp": times, "requests": [60, 120, 240]}).to_parquet(tmp_path / "counts.parquet")
        table = load_traffic(Traffic(file="counts.parquet"), ROUTES, span(), tmp_path)
        np.testing.assert_allclose(table.rps.sum(axis=1), [1, 2, 4])

    def test_routes_by_name_or_as_prometheus_labels_them(self, tmp_path):
        text = (
            "timestamp,route,requests\n"
            "2026-02-14T18:00:00,list,60\n2026-02-14T18:00:00,POST /api/orders,6\n"
            "2026-02-14T18:01:00,list,120\n2026-02-14T18:01:00,POST /api/orders,12\n"
        )
        table = read(tmp_path, text, span(minutes=2))
        np.testing.assert_allclose(table.rps, [[1, 0.1], [2, 0.2]])

    def test_a_route_that_the_file_does_not_name_has_no_traffic(self, tmp_path):
        text = "timestamp,route,requests\n" + "".join(f"2026-02-14T18:0{m}:00,list,60\n" for m in range(3))
        table = read(tmp_path, text)
        np.testing.assert_allclose(table.rps, [[1, 0]] * 3)
        assert "have no traffic: buy" in " ".join(table.notes)

    @pytest.mark.parametrize(("step", "count"), [(1, 200), (300, 3), (3600, 3)])
    def test_the_interval_is_found_out(self, tmp_path, step, count):
        start = 1771102800 // step * step
        text = "epoch_s,requests\n" + "".join(f"{start + i * step},{step}\n" for i in range(count))
        table = read(tmp_path, text)
        assert table.interval_ns == step * S
        np.testing.assert_allclose(table.rps.sum(axis=1), 1.0)
        assert table.start_ns <= span().start_ns
        assert table.start_ns + len(table.rps) * table.interval_ns >= span().end_ns

    def test_read_from_moves_the_file_under_the_window(self, tmp_path):
        table = read(tmp_path, PLAIN, span("2027-05-01T09:00", 2), read_from=datetime(2026, 2, 14, 18, 1))
        np.testing.assert_allclose(table.rps.sum(axis=1), [2, 4])
        assert table.start_ns == span("2027-05-01T09:00").window_ns

    def test_a_warm_up_before_the_file_takes_its_first_figures(self, tmp_path):
        table = read(tmp_path, PLAIN, span(warm_up_minutes=2))
        np.testing.assert_allclose(table.rps.sum(axis=1), [1, 1, 1, 2, 4])
        assert table.start_ns == span(warm_up_minutes=2).start_ns
        assert "inside the warm-up" in " ".join(table.notes)


class TestGaps:
    HOLE = PLAIN.replace("18:01:00,120", "18:01:00,")
    ABSENT = PLAIN.replace("2026-02-14T18:01:00,120\n", "")

    @pytest.mark.parametrize("text", [HOLE, ABSENT + "2026-02-14T18:03:00,60\n"])
    def test_a_gap_in_the_window_is_refused(self, tmp_path, text):
        message = refused(tmp_path, text)
        assert "no figure from 2026-02-14T18:01:00-03:00 to 2026-02-14T18:02:00-03:00 (1 interval)" in message
        assert "a gap is missing, never zero" in message

    @pytest.mark.parametrize(("fill", "middle"), [("zero", 0.0), ("interpolate", 2.5)])
    def test_filled_when_told_to(self, tmp_path, fill, middle):
        table = read(tmp_path, self.HOLE, fill_gaps=fill)
        np.testing.assert_allclose(table.rps.sum(axis=1), [1, middle, 4])
        assert f"1 of 3 intervals had no figure; filled by: {fill}" in table.notes

    def test_a_gap_outside_the_window_does_not_matter(self, tmp_path):
        text = PLAIN + "2026-02-14T18:03:00,\n2026-02-14T18:09:00,5\n"
        assert len(read(tmp_path, text).rps) == 3

    @pytest.mark.parametrize("how", ["header", "option"])
    def test_a_sparse_file_leaves_out_zeros(self, tmp_path, how):
        text = "epoch_s,requests\n1771102800,4\n1771102802,2\n1771102806,2\n1771102810,2\n"
        run = RunSpan(1771102800 * S, 1771102800 * S, 1771102812 * S, ZONE)
        table = read(
            tmp_path, *(("# sparse\n" + text, run) if how == "header" else (text, run)), sparse=how == "option"
        )
        assert table.interval_ns == 2 * S
        np.testing.assert_allclose(table.rps.sum(axis=1), [2, 1, 0, 1, 0, 1])

    def test_the_refusal_of_a_sparse_file_says_how_to_read_it(self, tmp_path):
        stamps = [0, 1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 200]
        text = "epoch_s,requests\n" + "".join(f"{1771102800 + s},1\n" for s in stamps)
        assert "traffic.sparse: true" in refused(tmp_path, text)


HEAD = "timestamp,requests\n2026-02-14T18:00:00,60\n"
ROW = "2026-02-14T18:00:00,60\n"
NEXT = HEAD + "2026-02-14T18:01:00,"
ROUTED = "timestamp,route,requests\n2026-02-14T18:00:00,"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["counts.csv: this is no CSV table"]),
        ("timestamp,requests\n", ["the file has no rows"]),
        ("when,requests\n1,2\n", ["no column 'timestamp'; the file has 'when', 'requests'"]),
        ("timestamp,cpu_percent\n" + ROW, ["no column 'requests'", "name one column 'requests'"]),
        ("timestamp,request\n" + ROW, ["rename the column 'request' to 'requests'"]),
        ("timestamp;requests\n2026;3\n", ["no column 'timestamp'", "separated by commas"]),
        ("timestamp,time,requests\na,b,1\n", ["'timestamp' and 'time' could both be the timestamp column"]),
        (HEAD, ["one timestamp alone"]),
        (NEXT + "-4\n", ["counts.csv:3: '-4': a number of requests is not negative"]),
        (NEXT + "inf\n", ["counts.csv:3: 'inf' is not a number of requests"]),
        (NEXT + "NaN\n", ["'NaN' is not a number", "leave the cell empty"]),
        (NEXT + "many\n", ["counts.csv:3: 'many' is not a number"]),
        (HEAD + "14/02/2026 18:01,4\n", ["counts.csv:3: '14/02/2026 18:01' is not a timestamp"]),
        (HEAD + "2026-02-30T18:01:00,4\n", ["'2026-02-30T18:01:00' is not a timestamp"]),
        (HEAD + "2026-02-14T18:01:00Z,4\n", ["counts.csv:2: '2026-02-14T18:00:00' has no offset"]),
        (HEAD + ROW, ["counts.csv:3: '2026-02-14T18:00:00' stands twice", "add the counts up"]),
        (HEAD + "2026-02-14T17:00:00,4\n", ["counts.csv:3", "earlier than the line before", "sort"]),
        (PLAIN + "2026-02-14T18:03:30,1\n", ["counts.csv:5", "do not stand on the file's grid: most are 1m apart"]),
        ("epoch_s,requests\n1771102800,1\n99999999999,1\n", ["counts.csv:3: '99999999999' is no time between"]),
        ("# note\ntimestamp,requests\n" + ROW + "2026-02-14T18:01:00,x\n", ["counts.csv:4: 'x'"]),
        ("timestamp,requests\n2026-09-06T00:30:00,1\n2026-09-06T01:30:00,1\n", ["never shown by the clock"]),
        (
            ROUTED + "lists,1\n2026-02-14T18:01:00,nosuch,1\n",
            ["counts.csv:2: the topology has no route 'lists'", "did you mean 'list'", "known routes: list"],
        ),
        (
            "timestamp,route,requests\n2026-02-14T18:00:00,buy,1\n2026-02-14T18:00:00,POST /api/orders,1\n",
            ["is another name of the route 'buy'"],
        ),
        ("timestamp,route,requests\n" + "2026-02-14T18:00:00,buy,1\n" * 2, ["stands twice for the same route"]),
    ],
)  # fmt: skip
def test_bad_files_are_told_by_line_value_and_remedy(tmp_path, text, expected):
    message = refused(tmp_path, text)
    for part in expected:
        assert part in message


def test_all_problems_at_once_and_a_flood_is_counted(tmp_path):
    text = "timestamp,requests\n" + "".join(f"2026-02-14T18:{m:02d}:00,{'x' if m % 2 else -m - 1}\n" for m in range(40))
    message = refused(tmp_path, text)
    assert message.count("is not a number of requests") == 5
    assert message.count("is not negative") == 5
    assert message.count("and 15 more lines like these") == 2


@pytest.mark.parametrize(
    ("start", "minutes"), [("2026-02-14T17:59", 2), ("2026-02-14T18:01", 3), ("2025-01-01T00:00", 1)]
)
def test_a_window_outside_the_file_names_both(tmp_path, start, minutes):
    message = refused(tmp_path, PLAIN, span(start, minutes))
    assert f"the window reads {start}:00-03:00" in message
    assert "which covers 2026-02-14T18:00:00-03:00 to 2026-02-14T18:03:00-03:00" in message
    assert "--traffic-from" in message


def test_a_missing_file_and_an_unknown_format_are_refused(tmp_path):
    with pytest.raises(TrafficError, match="does not exist"):
        load_traffic(Traffic(file="no.csv"), ROUTES, span(), tmp_path)
    (tmp_path / "counts.xlsx").write_text("x")
    with pytest.raises(TrafficError, match=r"\.csv, \.csv\.gz, \.parquet"):
        load_traffic(Traffic(file="counts.xlsx"), ROUTES, span(), tmp_path)
    for name in ("bad.csv.gz", "bad.parquet"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
        with pytest.raises(TrafficError, match="bad"):
            load_traffic(Traffic(file=name), ROUTES, span(), tmp_path)


class TestDaylightSaving:
    """On 4 April 2026 at 24:00 the clocks of Santiago go back to 23:00."""

    def test_the_hour_shown_twice_is_told_apart_by_the_order_of_rows(self, tmp_path):
        hours = ["2026-04-04T22:00", "2026-04-04T23:00", "2026-04-04T23:00", "2026-04-05T00:00", "2026-04-05T01:00"]
        text = "timestamp,requests\n" + "".join(f"{h},{3600 * (i + 1)}\n" for i, h in enumerate(hours))
        table = read(tmp_path, text, span("2026-04-04T22:00", 4 * 60))
        np.testing.assert_allclose(table.rps.sum(axis=1), [1, 2, 3, 4])

    def test_shown_once_it_is_the_first_and_said_so(self, tmp_path):
        text = "timestamp,requests\n2026-04-04T22:00,3600\n2026-04-04T23:00,7200\n"
        table = read(tmp_path, text, span("2026-04-04T22:00", 2 * 60))
        np.testing.assert_allclose(table.rps.sum(axis=1), [1, 2])
        assert "read as the first" in " ".join(table.notes)


class TestWeekly:
    TRAFFIC = Traffic(weekly=WeeklyShape(file=str(SHAPE), mean_rps=10))

    def test_a_week_has_the_mean_and_its_hours_the_factors(self):
        table = load_traffic(self.TRAFFIC, ROUTES, span("2026-03-02T00:00", 7 * 24 * 60), ROOT)
        assert table.interval_ns == MIN
        rps = table.rps.sum(axis=1)
        assert rps.mean() == pytest.approx(10, rel=1e-3)
        np.testing.assert_allclose(table.rps[:, 0], 3 * table.rps[:, 1])
        shape, _ = load_model(SHAPE, WeeklyShapeFile)
        wednesday_noon = (2 * 24 + 12) * 60
        around = rps[wednesday_noon + 29 : wednesday_noon + 31].mean()  # the middle of the hour
        assert around == pytest.approx(10 * shape.hour_of_week[2 * 24 + 12], rel=1e-3)
        border = rps[wednesday_noon - 1 : wednesday_noon + 1].mean()
        assert border == pytest.approx(5 * sum(shape.hour_of_week[59:61]), rel=1e-3)

    def test_it_follows_the_local_clock(self):
        summer = load_traffic(self.TRAFFIC, ROUTES, span("2026-03-02T18:00", 60), ROOT)
        winter = load_traffic(self.TRAFFIC, ROUTES, span("2026-06-01T18:00", 60), ROOT)
        np.testing.assert_allclose(summer.rps, winter.rps)
        assert (winter.start_ns - summer.start_ns) % (24 * H) == H

    def test_the_shipped_scenario_has_four_million_requests_on_two_days(self):
        from fvcapacity.program.arrivals import expected_rates
        from fvcapacity.scenario.model import ScenarioFile

        file, _ = load_model(ROOT / "scenarios" / "valentines.yaml", ScenarioFile)
        run = span("2026-02-13T00:00", 48 * 60)
        table = load_traffic(file.traffic, ROUTES, run, ROOT / "scenarios")
        times = table.start_ns + np.arange(len(table.rps)) * MIN + MIN // 2
        rates = expected_rates(table, compile_multiplier(file.traffic, table.routes, ZONE), times).sum(axis=1)
        assert rates.sum() * 60 == pytest.approx(4e6, rel=0.01)
        evening = rates[(24 + 18) * 60 : (24 + 21) * 60] / table.rps[(24 + 18) * 60 : (24 + 21) * 60].sum(axis=1)
        np.testing.assert_allclose(evening, 3.5 * 1.35)

    @pytest.mark.parametrize(
        ("factors", "message"),
        [([1.0] * 167, "has 167 factors; a week has 168 hours"), ([2.0] * 168, "have the mean 2.0000; it must be 1")],
    )
    def test_a_shape_that_is_no_week_is_refused(self, tmp_path, factors, message):
        path = tmp_path / "shape.yaml"
        path.write_text(f"basis: assumed\nsource: test\nhour_of_week: {factors}\n")
        with pytest.raises(TrafficError, match=message):
            load_traffic(Traffic(weekly=WeeklyShape(file=str(path), mean_rps=1)), ROUTES, span(), tmp_path)

    def test_shares_of_zero_are_refused(self):
        silent = {"list": Route(path="/", share=0, steps=())}
        with pytest.raises(TrafficError, match="shares of all routes are zero"):
            load_traffic(self.TRAFFIC, silent, span(), ROOT)

    @needs_shared
    def test_the_shipped_figures_come_out_of_the_traces(self):
        shape, _ = load_model(SHAPE, WeeklyShapeFile)
        np.testing.assert_allclose(shape.hour_of_week, hour_of_week(SHARED), atol=0.0011)
        assert shape.burstiness is not None
        for length, index in shape.burstiness.index_of_dispersion.items():
            assert dispersion_within_minutes(SHARED, int(length.removesuffix("s"))) == pytest.approx(index, abs=0.006)


def test_a_closed_loop_has_no_table():
    traffic = Traffic(users={"journey": ["list"], "stages": [{"at": 0, "users": 3}]})
    assert load_traffic(traffic, ROUTES, span(), ROOT) is None


@needs_shared
@pytest.mark.parametrize(
    ("arrivals", "factor"), [(PoissonArrivals(), 1.0), (ClusteredArrivals(), 2.6)], ids=["poisson", "cluster"]
)
def test_arrivals_per_minute_match_real_counts(arrivals: Arrivals, factor: float):
    """Deviations from the file's counts, in units of their theoretical spread, over the 24 hours of a busy day.

    Poisson: variance = count. Clusters of size K: count x E[K^2]/E[K], which is 2.6 in the long run and
    1 + 1.6 (1 - 3 (1 - exp(-20)) / 60) = 2.52 for counts of a minute; a customer's requests may fall into the next.
    """
    day = datetime(1995, 7, 13, 4, tzinfo=UTC)
    run = span("2026-02-14T00:00", 24 * 60)
    traffic = Traffic(file="nasa_http_1995_per_minute.csv.gz", read_from=day, arrivals=arrivals)
    table = load_traffic(traffic, ROUTES, run, SHARED)
    stream = ArrivalStream(
        table, arrivals, compile_multiplier(traffic, table.routes, ZONE), 7, run.start_ns, run.end_ns - run.start_ns
    )
    counts = np.zeros(24 * 60)
    while (chunk := stream.next_chunk()) is not None:
        counts += np.bincount(chunk.times_ns // MIN, minlength=counts.size)
    with gzip.open(SHARED / "nasa_http_1995_per_minute.csv.gz", "rt") as file:
        rows = (line.rstrip().split(",") for line in file)
        next(rows)
        begin = day.strftime("%Y-%m-%dT%H:%M")
        wanted = []
        for stamp, number in rows:
            if wanted or stamp.startswith(begin):
                wanted.append(float(number))
            if len(wanted) == counts.size:
                break
    expected = np.array(wanted)
    assert expected.sum() > 100_000
    per_minute = factor if factor == 1.0 else 1 + 1.6 * (1 - 3 / 60)
    assert abs(counts.sum() - expected.sum()) < 3.3 * np.sqrt(factor * expected.sum())
    busy = expected >= 20
    assert busy.sum() > 1200
    squares = (counts - expected)[busy] ** 2 / expected[busy]
    half_width = 3.3 * squares.std(ddof=1) / np.sqrt(squares.size)
    assert half_width < 0.15 * factor
    assert abs(squares.mean() - per_minute) < half_width, squares.mean()
