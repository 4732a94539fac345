"""Access logs to counts: formats, routes, clocks, and everything that a bad file is told."""

from __future__ import annotations

import gzip
import io
import random
import sys
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from fvcapacity.errors import InputError
from fvcapacity.inputs.access_log import AccessLog, LogOptions, read_access_logs
from fvcapacity.inputs.access_log import stream as streams
from fvcapacity.inputs.access_log.given_routes import load_routes
from fvcapacity.inputs.access_log.json_format import parse_fields
from fvcapacity.inputs.access_log.masking import masked
from fvcapacity.inputs.measurements import load_measurements
from tests.support import logs

S = 10**9
ENTRIES: list[logs.Entry] = [
    (0, "GET /api/products/17?ref=mail", 200, 0.020),
    (0, "GET /api/products/18", 200, 0.030),
    (1, "POST /api/orders", 503, 0.200),
    (3, "GET /api/products", 200, 0.010),
]
COUNTS = {
    (0, "GET /api/products/:id"): (2, 0),
    (1, "POST /api/orders"): (1, 1),
    (3, "GET /api/products"): (1, 0),
}


def written(path: Path, lines: list[str], end: str = "\n") -> str:
    data = (end.join(lines) + end).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return str(path)


def counts(log: AccessLog) -> dict[tuple[int, str], tuple[int, int]]:
    """Return requests and failures by second and route, the zeros left out."""
    table = log.measurements().traffic
    seconds = (table["time_utc"] - pd.Timestamp(logs.START)).dt.total_seconds().astype(int)
    rows = zip(seconds, table["route"], table["requests"].astype(int), table["failed"].astype(int), strict=True)
    return {(second, route): (requests, failed) for second, route, requests, failed in rows if requests}


def remark(log: AccessLog, rule: str) -> str:
    return next((item.message + item.hint for item in log.provenance.remarks if item.rule == rule), "")


class TestFormats:
    @pytest.mark.parametrize(
        "write", [logs.common, logs.combined, logs.combined_timed, logs.ingress, logs.ingress_json, logs.pino]
    )
    @pytest.mark.parametrize(("suffix", "end"), [(".log", "\n"), (".log.gz", "\n"), (".log", "\r\n")])
    def test_known_formats_are_found_out(self, tmp_path, write, suffix, end):
        log = read_access_logs([written(tmp_path / f"access{suffix}", write(ENTRIES), end)])
        assert counts(log) == COUNTS
        assert log.provenance.start == logs.START
        assert log.provenance.interval_s == 1.0
        assert (log.measurements().latency.empty) == (write in (logs.common, logs.combined))

    @pytest.mark.parametrize(
        ("log_format", "line"),
        [
            ("$time_iso8601 $request_method $uri $status", "2026-02-14T18:00:00-03:00 GET /a 200"),
            ("$msec|$status|$request", "1771102800.250|200|GET /a HTTP/1.1"),
            ("log_format main '$remote_addr [$time_local] '\n '\"$request\" $status';", '::1 [14/Feb/2026:18:00:00 -0300] "GET /a HTTP/2.0" 200'),
            ("$host ${status}x [$time_local] $request_method $request_uri", "shop 200x [14/Feb/2026:18:00:00 -0300] GET /a?b=c"),
            ('log_format j escape=json \'{"when":"$time_iso8601","code":$status,"verb":"$request_method","to":"$uri"}\';', '{"when":"2026-02-14T18:00:00-03:00","code":200,"verb":"GET","to":"/a"}'),
            ('[$time_local] "$request" $status $upstream_response_time $pipe', '[14/Feb/2026:18:00:00 -0300] "GET /a HTTP/1.1" 200 0.010, 0.020 : 0.030 .'),
        ],
    )  # fmt: skip
    def test_formats_as_nginx_writes_them(self, tmp_path, log_format, line):
        log = read_access_logs([written(tmp_path / "a.log", [line])], LogOptions(log_format=log_format))
        assert counts(log) == {(0, "GET /a"): (1, 0)}

    def test_several_upstreams_take_their_times_together(self, tmp_path):
        line = '[14/Feb/2026:18:00:00 -0300] "GET /a HTTP/1.1" 200 0.010, 0.020 : 0.030'
        options = LogOptions(log_format='[$time_local] "$request" $status $upstream_response_time')
        latency = read_access_logs([written(tmp_path / "a.log", [line])], options).measurements().latency
        assert latency["subject"].tolist() == ["route/GET /a"]
        assert 0.06 <= latency["le_s"][0] <= 0.06 * 1.13

    def test_fields_of_json_by_name(self, tmp_path):
        line = '{"at": "2026-02-14T21:00:00Z", "how": "get", "what": {"to": "/a"}, "went": 500, "took": 250}'
        fields = parse_fields(["time=at", "method=how", "path=what.to", "status=went", "duration=took:ms"])
        log = read_access_logs([written(tmp_path / "a.log", [line])], LogOptions(fields=fields, at_arrival=False))
        assert counts(log) == {(0, "GET /a"): (1, 1)}
        assert "duration from took (ms)" in remark(log, "log-format")

    @pytest.mark.parametrize(
        ("lines", "options", "said"),
        [
            (["hello", "world"], {}, "no known format reads these lines"),
            (['{"a": 1}'], {}, "no field is known for time, status, method, path; the lines have a"),
            (["x"], {"log_format": "json"}, "no JSON objects"),
            (["x"], {"log_format": "combinned"}, "'combinned' is no log format"),
            (["x"], {"log_format": "$remote_addr $uri"}, "the format does not say when"),
        ],
    )
    def test_what_is_not_understood_is_told(self, tmp_path, lines, options, said):
        with pytest.raises(InputError) as error:
            read_access_logs([written(tmp_path / "a.log", lines)], LogOptions(**options))
        assert said in str(error.value)

    def test_quotes_inside_fields(self, tmp_path):
        line = r'10.0.0.1 - - [14/Feb/2026:18:00:00 -0300] "GET /a?q=\"x\" HTTP/1.1" 200 1 "-" "Weird \" agent" 0.100'
        assert counts(read_access_logs([written(tmp_path / "a.log", [line])])) == {(0, "GET /a"): (1, 0)}


class TestRoutes:
    def test_given_templates(self, tmp_path):
        routes = ("GET /api/products/:id", "GET /api/products/search", "GET /files/**", "GET /u/{name}/x")
        paths = ["/api/products/search?q=1", "/api/products/7/", "/files/a/b/c", "/u/eva/x", "/u/eva/y", "/"]
        lines = logs.common([(0, f"GET {path}", 200, 0) for path in paths])
        log = read_access_logs([written(tmp_path / "a.log", lines)], LogOptions(routes=routes))
        assert {route: number for (_, route), (number, _) in counts(log).items()} == {
            "GET /api/products/search": 1,
            "GET /api/products/:id": 1,
            "GET /files/**": 1,
            "GET /u/{name}/x": 1,
            "other": 2,
        }
        assert "2 requests (33.3 %) belong to no route" in remark(log, "log-other-routes")

    @pytest.mark.parametrize(
        "segment",
        ["17", "2026-02-14", "3f2a91c0de", "123e4567-e89b-12d3-a456-426614174000", "507f1f77bcf86cd799439011", "order-99",
         "01HQXW5K3T8V9YB2", "eva@example.org", "app.3f2a91.js", "12.jpg"],
    )  # fmt: skip
    def test_what_is_an_id(self, tmp_path, segment):
        log = read_access_logs([written(tmp_path / "a.log", logs.common([(0, f"GET /a/{segment}/b", 200, 0)]))])
        assert log.routes["route"].tolist() == ["GET /a/:id/b"]

    @pytest.mark.parametrize("segment", ["search", "v1", "api2", "checkout-address", "app.js", "facade"])
    def test_what_is_a_name(self, tmp_path, segment):
        log = read_access_logs([written(tmp_path / "a.log", logs.common([(0, f"GET /a/{segment}", 200, 0)]))])
        assert log.routes["route"].tolist() == [f"GET /a/{segment}"]

    @pytest.mark.parametrize("after", [0, 3])
    def test_very_many_values_become_an_id(self, tmp_path, after, monkeypatch):
        """Also those that were counted before it was known, over blocks, with what is below them."""
        monkeypatch.setattr(streams, "BLOCK_BYTES", 300)
        names = [f"{a}{b}" for a in "abcdefg" for b in "klmnopq"]
        paths = [f"/shop/{name}" for name in names] + [f"/shop/{name}/reviews" for name in names[after:]] + ["/shop"]
        lines = logs.common([(i % 7, f"GET {path}", 200, 0) for i, path in enumerate(paths)])
        log = read_access_logs([written(tmp_path / "a.log", lines)], LogOptions(most_values=20))
        found = dict(zip(log.routes["route"], log.routes["requests"], strict=True))
        assert found == {"GET /shop/:id": 49, "GET /shop/:id/reviews": 49 - after, "GET /shop": 1}

    def test_what_only_a_scanner_asks_for_is_no_route(self, tmp_path):
        entries = [(0.0, f"GET /scan{letter}.php", 404, 0.0) for letter in "abcdef"]
        entries += [(0, "GET /shop", 404, 0), (0, "GET /shop", 200, 0), (0, "GET /shop", 404, 0)]
        log = read_access_logs([written(tmp_path / "a.log", logs.common(entries))])
        assert dict(zip(log.routes["route"], log.routes["requests"], strict=True)) == {"other": 7, "GET /shop": 2}

    def test_the_cap_keeps_the_most_frequent(self, tmp_path):
        entries = [(0.0, f"GET /{letter}", 200, 0.0) for number, letter in enumerate("abcde", 1) for _ in range(number)]
        log = read_access_logs([written(tmp_path / "a.log", logs.common(entries))], LogOptions(most_routes=2))
        assert log.routes["route"].tolist() == ["other", "GET /e", "GET /d"]
        assert log.routes["requests"].tolist() == [6, 5, 4]

    def test_routes_of_a_file(self, tmp_path):
        shop = Path(__file__).parents[3]
        from_topology = load_routes(shop / "data" / "flores-victoria" / "topology.yaml")
        assert "GET /api/products/:id" in from_topology
        assert load_routes(shop / "scenarios" / "valentines.yaml") == from_topology
        (tmp_path / "list.yaml").write_text("- GET /a\n- post /b\n")
        with pytest.raises(InputError, match=r"list\.yaml:2:3: 'post /b' is no route"):
            load_routes(tmp_path / "list.yaml")


class TestClocks:
    def test_the_offset_counts(self, tmp_path):
        lines = [
            '- - - [14/Feb/2026:23:00:00 +0200] "GET /a HTTP/1.1" 200 1',
            '- - - [15/Feb/2026:02:30:00 +0530] "GET /a HTTP/1.1" 200 1',
        ]
        assert counts(read_access_logs([written(tmp_path / "a.log", lines)])) == {(0, "GET /a"): (2, 0)}

    def test_an_hour_that_the_clock_shows_twice(self, tmp_path):
        """Santiago sets its clocks back at midnight between 4 and 5 April 2026, from -03 to -04."""
        hours = ["22:50", "23:10", "23:50", "23:49", "23:05", "23:55", "00:10"]
        days = ["04"] * 6 + ["05"]
        lines = [
            f'- - - [{day}/Apr/2026:{hour}:00] "GET /a HTTP/1.1" 200 1' for day, hour in zip(days, hours, strict=True)
        ]
        options = LogOptions(zone=ZoneInfo("America/Santiago"), step_ns=60 * S)
        table = read_access_logs([written(tmp_path / "a.log", lines)], options).measurements().traffic
        seen = table.loc[table["requests"] > 0, "time_utc"].dt.strftime("%H:%M").tolist()
        assert seen == ["01:50", "02:10", "02:49", "02:50", "03:05", "03:55", "04:10"]

    def test_an_hour_that_the_clock_never_shows(self, tmp_path):
        lines = [f'- - - [06/Sep/2026:0{hour}:30:00] "GET /a?t=s3cret HTTP/1.1" 200 1' for hour in (0, 1, 2, 3)]
        options = LogOptions(zone=ZoneInfo("America/Santiago"), most_unreadable=0.5)
        log = read_access_logs([written(tmp_path / "a.log", lines)], options)
        assert log.routes["requests"].sum() == 3
        assert "a.log:1: the clock of America/Santiago never shows this time" in remark(log, "log-unreadable")
        assert "s3cret" not in log.provenance.model_dump_json()

    def test_requests_count_when_they_came(self, tmp_path):
        lines = logs.combined_timed([(30, "GET /a", 504, 20.0), (30, "GET /a", 200, 0.1)])
        path = written(tmp_path / "a.log", lines)
        assert counts(read_access_logs([path])) == {(10, "GET /a"): (1, 1), (30, "GET /a"): (1, 0)}
        assert counts(read_access_logs([path], LogOptions(at_arrival=False))) == {(30, "GET /a"): (2, 1)}

    def test_backwards_is_told_and_counted_where_it_belongs(self, tmp_path):
        lines = logs.common([(600, "GET /a", 200, 0), (0, "GET /a", 200, 0), (599, "GET /a", 200, 0)])
        log = read_access_logs([written(tmp_path / "a.log", lines)])
        assert counts(log) == {(0, "GET /a"): (1, 0), (599, "GET /a"): (1, 0), (600, "GET /a"): (1, 0)}
        assert "2 lines are earlier than a line before them, by up to 10m" in remark(log, "log-order").replace(
            "1 lines", "2 lines"
        )
        assert "a.log:2" in remark(log, "log-order")

    def test_years_of_silence_are_missing_and_take_no_memory(self, tmp_path):
        lines = [
            '- - - [01/Jan/1970:00:00:10 +0000] "GET /a HTTP/1.1" 200 1',
            *logs.common([(0, "GET /a", 200, 0), (5, "GET /a", 200, 0)]),
        ]
        log = read_access_logs([written(tmp_path / "a.log", lines)])
        table = log.measurements().traffic
        assert len(table) == 1 + 6
        assert table["requests"].sum() == 3
        assert "1 silence of more than 1h, the longest from 1970-01-01T00:00:11Z" in remark(log, "log-gap")

    def test_a_stretch(self, tmp_path):
        begin = int(logs.START.timestamp())
        options = LogOptions(from_ns=(begin + 1) * S, until_ns=(begin + 3) * S)
        log = read_access_logs([written(tmp_path / "a.log", logs.common(ENTRIES))], options)
        assert counts(log) == {(1, "POST /api/orders"): (1, 1)}
        assert "3 requests lie outside" in remark(log, "log-outside")

    def test_quiet_intervals_are_zero_and_long_silence_is_missing(self, tmp_path):
        lines = logs.common(
            [(0, "GET /a", 200, 0), (4, "GET /a", 200, 0), (4000, "GET /a", 200, 0), (8000, "GET /a", 200, 0)]
        )
        log = read_access_logs([written(tmp_path / "a.log", lines)], LogOptions(silence_ns=3998 * S))
        table = log.measurements().traffic
        assert len(table) == 4001 + 1
        assert counts(log) == {(second, "GET /a"): (1, 0) for second in (0, 4, 4000, 8000)}


class TestFiles:
    def test_rotated_files_in_any_order(self, tmp_path):
        new = written(tmp_path / "access.log", logs.common([(10, "GET /a", 200, 0)]))
        old = written(tmp_path / "access.log.2.gz", logs.combined([(0, "GET /a", 200, 0)]))
        middle = written(tmp_path / "access.log.1", logs.common([(5, "GET /a", 200, 0)]))
        log = read_access_logs([new, middle, old])
        assert [item.query for item in log.provenance.coverage] == [old, middle, new]
        assert sorted(second for second, _ in counts(log)) == [0, 5, 10]
        assert remark(log, "log-order") == remark(log, "log-overlap") == ""

    def test_the_same_file_twice_and_files_that_are_none(self, tmp_path):
        one = written(tmp_path / "a.log", logs.common(ENTRIES))
        (tmp_path / "b.log").symlink_to(one)
        with pytest.raises(InputError) as error:
            read_access_logs([one, str(tmp_path / "b.log"), str(tmp_path / "none.log"), str(tmp_path)])
        assert [part in str(error.value) for part in ("is the same file as", "does not exist", "is a directory")] == [
            True
        ] * 3

    def test_several_members_and_truncation(self, tmp_path):
        whole = gzip.compress("\n".join(logs.common(ENTRIES[:2])).encode() + b"\n")
        path = tmp_path / "a.log.gz"
        path.write_bytes(whole + gzip.compress("\n".join(logs.common(ENTRIES[2:])).encode()) + b"\0\0")
        assert counts(read_access_logs([str(path)])) == COUNTS
        many = "\n".join(
            logs.common([(number, f"GET /x/{random.Random(number).random()}", 200, 0) for number in range(3000)])
        )
        packed = gzip.compress(many.encode())
        path.write_bytes(packed[: len(packed) // 2])
        log = read_access_logs([str(path)])
        assert 1000 < log.routes["requests"].sum() < 2000
        assert "the compressed data end in the middle" in remark(log, "log-damaged")
        assert remark(log, "log-unreadable") == ""
        damaged = bytearray(packed)
        damaged[len(packed) // 2 : len(packed) // 2 + 50] = bytes(50)
        path.write_bytes(bytes(damaged))
        assert "damaged" in remark(read_access_logs([str(path)], LogOptions(most_unreadable=0.9)), "log-damaged")

    def test_standard_input(self, monkeypatch):
        packed = gzip.compress("\n".join(logs.common(ENTRIES)).encode())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed)))
        log = read_access_logs(["-"])
        assert counts(log) == COUNTS
        assert log.provenance.source == "<stdin>"

    def test_other_compressions_are_told(self, tmp_path):
        path = tmp_path / "a.log.zst"
        path.write_bytes(b"\x28\xb5\x2f\xfd....")
        with pytest.raises(InputError, match="zstdcat"):
            read_access_logs([str(path)])

    def test_an_empty_file_beside_others_and_alone(self, tmp_path):
        empty = written(tmp_path / "empty.log", [""])
        log = read_access_logs([empty, written(tmp_path / "a.log", logs.common(ENTRIES))])
        assert "empty.log: the file is empty" in remark(log, "log-empty")
        with pytest.raises(InputError, match="there is no request to count"):
            read_access_logs([empty])


class TestBadLines:
    JUNK = (
        "\x16\x03\x01\x02\0",
        "x" * 2_000_000,
        "GET /a?token=s3cret not a log line",
        "Authorization: Bearer s3cret.s3cret.s3cret",
    )

    def test_the_first_ones_are_shown_and_nothing_secret(self, tmp_path):
        lines = logs.common(ENTRIES) * 200
        lines[100:100] = self.JUNK
        log = read_access_logs([written(tmp_path / "a.log", lines)])
        said = remark(log, "log-unreadable")
        assert said.startswith("4 of 804 lines cannot be read")
        for number in (101, 102, 103, 104):
            assert f"a.log:{number}: not in the format common" in said
        assert "s3cret" not in log.provenance.model_dump_json()
        assert len(said) < 1000
        assert sum(number for number, _ in counts(log).values()) == 800

    def test_too_many_are_refused(self, tmp_path):
        path = written(tmp_path / "a.log", logs.common(ENTRIES) + list(self.JUNK))
        with pytest.raises(InputError) as error:
            read_access_logs([path])
        assert "4 of 8 lines (50.0 %) cannot be read, more than the 1 %" in str(error.value)
        assert "s3cret" not in str(error.value)
        assert counts(read_access_logs([path], LogOptions(most_unreadable=0.5))) == COUNTS

    def test_lines_without_a_request(self, tmp_path):
        port_scan = [
            r'10.0.0.1 - - [14/Feb/2026:18:00:00 -0300] "\x16\x03\x01" 400 150',
            '10.0.0.1 - - [14/Feb/2026:18:00:00 -0300] "" 408 0',
        ]
        log = read_access_logs([written(tmp_path / "a.log", port_scan + logs.common(ENTRIES))])
        assert counts(log) == COUNTS
        assert remark(log, "log-no-request").startswith("2 lines hold no HTTP request")

    @pytest.mark.parametrize(
        ("line", "shown"),
        [
            (b"GET /a?x=1&y=2 HTTP/1.1", "GET /a?*** HTTP/1.1"),
            (b'"Authorization: Basic dXNlcjpwYXNz"', '"Authorization: *** ***"'),
            (b'{"cookie": "sid=abc; x=y", "a": 1}', '{"cookie": "***", "a": 1}'),
            (b'{"api_key":"abc","n":1}', '{"api_key":***,"n":1}'),
            (b"/reset/abcdefghijklmnopqrstuvwxyz", "/reset/***"),
            (b"https://user:pass@host/", "https://***@host/"),
            (b"mail eva@example.org", "mail ***"),
            (b"a\0b\xff", "a.b\xff"),
        ],
    )  # fmt: skip
    def test_masks(self, line, shown):
        assert masked(line) == shown


class TestAudience:
    ENTRIES = (
        *logs.combined([(0, "GET /a", 200, 0)]),
        *logs.combined([(0, "GET /a", 200, 0)], "Mozilla/5.0 (compatible; Googlebot/2.1)"),
        *logs.combined([(0, "GET /", 200, 0)], "kube-probe/1.30"),
        *logs.combined([(0, "GET /api/healthz", 200, 0)]),
    )

    @pytest.mark.parametrize(
        ("without", "left"), [([], 4), (["bots"], 3), (["health-checks"], 2), (["bots", "health-checks"], 1)]
    )
    def test_are_counted_or_left_out_as_told(self, tmp_path, without, left):
        options = LogOptions(leave_out=frozenset(without))
        log = read_access_logs([written(tmp_path / "a.log", list(self.ENTRIES))], options)
        assert log.routes["requests"].sum() == left
        assert ("left out" in remark(log, "log-health-checks")) == ("health-checks" in without)
        assert remark(log, "log-bots").startswith("1 requests are bots")


def test_a_generated_log_is_counted_exactly(tmp_path):
    """Against counting by hand: many seconds and routes, blocks that cut lines, intervals of ten seconds."""
    draw = random.Random(7)
    routes = ["GET /", "GET /api/products", "POST /api/orders", "GET /api/products/%d"]
    seconds = [t for t in range(9000) for _ in range(draw.randrange(3))]
    paths = [draw.choice(routes).replace("%d", str(draw.randrange(900))) for _ in seconds]
    entries = [(t, path, draw.choice([200, 500]), 0.0) for t, path in zip(seconds, paths, strict=True)]
    path = written(tmp_path / "a.log.gz", logs.common(entries))
    expected = Counter((int(t) // 10 * 10, "GET /api/products/:id" if r[-1].isdigit() else r) for t, r, _, _ in entries)
    failed = Counter(
        (int(t) // 10 * 10, "GET /api/products/:id" if r[-1].isdigit() else r) for t, r, s, _ in entries if s == 500
    )
    log = read_access_logs([path], LogOptions(step_ns=10 * S))
    assert counts(log) == {key: (number, failed[key]) for key, number in expected.items()}
    assert log.routes["requests"].sum() == len(entries)
    log.save(tmp_path / "counts")
    back = load_measurements(tmp_path / "counts")
    pd.testing.assert_frame_equal(back.traffic, log.measurements().traffic)
    assert back.provenance == log.provenance
    np.testing.assert_allclose(log.routes["share"].sum(), 1)
