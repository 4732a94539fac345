"""The command: what it refuses before it asks, and how it tells of failures."""

from __future__ import annotations

import gzip
import re
import time
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from fvcapacity.cli.render_pull import render_pull
from fvcapacity.inputs.provenance import Coverage, Provenance, Remark
from tests.support.fake_prometheus import Reply, fake_prometheus, ok, page, refused

START = 1_770_595_200


def run(url: str, out: Path, *more: str):
    command = ["pull", url, "--out", str(out), "--start", "2026-02-09T00:00:00Z", "--end", "2026-02-09T00:10:00Z"]
    return CliRunner().invoke(app, [*command, *more])


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        (["--start", "yesterday"], 2, "2026-02-09T00:00:00Z"),
        (["--end", "2026-02-08T00:00:00Z"], 2, "no interval of 60 s"),
        (["--step", "60"], 2, "--step"),
        (["--step", "1500ms"], 2, "whole seconds"),
        (["--profile", "cadviser"], 2, "did you mean 'cadvisor'"),
        (["--param", "token=abcdef"], 2, "--auth"),
        (["--param", "dedup"], 2, "NAME=VALUE"),
        (["--bearer-env", "FVCAP_NO_SUCH"], 2, "is not set"),
        (["--bearer-env", "A", "--bearer-file", "b"], 2, "one of"),
        (["--auth", "a.yaml", "--ca", "b.pem"], 2, "not both"),
        (["--min-coverage", "120%"], 2, "80%"),
    ],
)
def test_what_is_refused(tmp_path, more, code, says):
    with fake_prometheus(_answers) as server:
        done = run(server.url, tmp_path / "out", *more)
    assert done.exit_code == code
    assert says in done.stdout + done.stderr
    assert not (tmp_path / "out").exists()


def test_a_url_with_a_password_is_refused_unseen(tmp_path):
    done = run("http://reader:hunter2secret@localhost:9", tmp_path / "out")
    assert done.exit_code == 2
    assert "--auth FILE" in done.stderr
    assert "hunter2secret" not in done.stdout + done.stderr


def test_another_directory_is_refused_before_anything_is_asked(tmp_path):
    (tmp_path / "mine").write_text("dear")
    with fake_prometheus(_answers) as server:
        done = run(server.url, tmp_path)
    assert (done.exit_code, server.asked) == (2, [])


@pytest.mark.parametrize(
    ("reply", "says"),
    [(page(200, "<title>Sign in</title>"), "login page"), (refused(401, "no"), "--auth"), (refused(400, "odd"), "odd")],
)
def test_failures_are_told_with_query_and_remedy(tmp_path, reply, says):
    with fake_prometheus(lambda _: reply) as server:
        done = run(server.url, tmp_path / "out")
    assert done.exit_code == 3
    assert "  | time()" in done.stderr
    assert says in done.stderr


def _answers(asked) -> Reply:
    """A counter that grows by two a second, scraped every 15 s, in the ten minutes and around them."""
    query, now = asked.params.get("query", ""), START + 600
    if query == "time()":
        return ok([now, str(now)], kind="scalar", infos=[])
    if not query:
        return (
            ok(None)
            if "values" not in asked.path
            else Reply(body=b'{"status":"success","data":["up","requests_total"]}')
        )
    if "requests_total" not in query or "http" in query:
        return ok([])
    labels = {"__name__": "requests_total", "service": "cart", "path": "/", "method": "GET"}
    if query.startswith("count("):
        start, end, step = (int(float(asked.params[name])) for name in ("start", "end", "step"))
        return ok([{"metric": {}, "values": [[at, "1"] for at in range(start, end + 1, step)]}])
    if query.startswith("topk"):
        return ok([{"metric": labels, "value": [now, "1"]}], kind="vector")
    at = int(float(asked.params["time"]))
    back = int(query.rpartition("[")[2].removesuffix("s]"))
    times = range(-(-(at - back) // 15) * 15, at + 1, 15)
    return ok([{"metric": labels, "values": [[t, str(2 * (t - START + 10_000))] for t in times]}])


PROFILE = """\
profile: own
queries:
  - name: requests
    metric: requests_total
    kind: counter
    measure: requests
    service: "{service}"
    route: "{method} {path}"
"""


def test_a_pull_is_told_in_a_table(tmp_path):
    (tmp_path / "own.yaml").write_text(PROFILE)
    skewed = formatdate(time.time() + 3600, usegmt=True)

    def script(asked):
        reply = _answers(asked)
        return Reply(reply.status, reply.body, (("Date", skewed),))

    with fake_prometheus(script) as server:
        done = run(
            server.url, tmp_path / "out", "--profile", str(tmp_path / "own.yaml"), "--end", "2026-02-09T01:00:00Z"
        )
    assert done.exit_code == 0, done.stderr
    assert "scraped every 15 s; counts from raw counters" in done.stdout
    assert "100.0%" in done.stdout
    flat = " ".join(done.stdout.split())
    assert "ends after the server's now (2026-02-09 00:10:00 UTC); it is cut there" in flat
    assert "the server's clock is 1h ahead of this machine's" in flat or "59m59s ahead" in flat
    lines = gzip.decompress((tmp_path / "out" / "traffic.csv.gz").read_bytes()).decode().splitlines()
    assert lines[:2] == ["time_utc,route,requests,failed", "2026-02-09T00:00:00Z,GET /,120.0,"]
    assert len(lines) == 11


def test_one_query_that_fails_leaves_the_others(tmp_path):
    more = '  - {name: odd, metric: odd_total, kind: counter, measure: restarts, service: "{service}"}\n'
    (tmp_path / "own.yaml").write_text(PROFILE + more)

    def script(asked):
        odd = "odd_total" in asked.params.get("query", "")
        return refused(422, "many-to-many matching not allowed", "execution") if odd else _answers(asked)

    with fake_prometheus(script) as server:
        done = run(server.url, tmp_path / "out", "--profile", str(tmp_path / "own.yaml"))
    assert done.exit_code == 0, done.stderr
    flat = " ".join(done.stdout.split())
    assert (
        "not read: own: odd: the query failed (422): many-to-many matching not allowed (query: count(odd_total))"
        in flat
    )


def test_when_every_query_fails_nothing_is_written(tmp_path):
    (tmp_path / "own.yaml").write_text(PROFILE)

    def script(asked):
        plain = asked.params.get("query") == "time()"
        return _answers(asked) if plain else refused(400, 'parse error: unexpected identifier "prod"')

    with fake_prometheus(script) as server:
        done = run(server.url, tmp_path / "out", "--profile", str(tmp_path / "own.yaml"), "--match", "cluster=prod")
    assert done.exit_code == 3, done.stdout
    assert "nothing could be read: own: " in done.stderr
    assert "check --match first" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_entry_that_nobody_tells_of_is_told(tmp_path):
    (tmp_path / "own.yaml").write_text(PROFILE)
    with fake_prometheus(_answers) as server:
        done = run(server.url, tmp_path / "out", "--profile", str(tmp_path / "own.yaml"), "--entry", "api-gatewy")
    assert done.exit_code == 0, done.stderr
    assert "warning: no query tells of api-gatewy, which --entry names" in " ".join(done.stdout.split())


@pytest.mark.parametrize(("first", "warned"), [(True, False), (False, True)])
def test_routes_without_a_name_are_told_of_when_they_count(tmp_path, first, warned):
    own = PROFILE.replace("profile: own", "profile: nameless")
    own = re.sub(r'route: "[^"]*"', 'route: "{no_such_label}"', own)
    (tmp_path / "own.yaml").write_text(PROFILE)
    (tmp_path / "nameless.yaml").write_text(own)
    names = ["own", "nameless"] if first else ["nameless", "own"]
    options = [word for name in names for word in ("--profile", str(tmp_path / f"{name}.yaml"))]
    with fake_prometheus(_answers) as server:
        done = run(server.url, tmp_path / "out", *options)
    assert done.exit_code == 0, done.stderr
    assert ("have none of the labels" in " ".join(done.stdout.split())) is warned


def test_grave_remarks_come_first():
    remarks = [
        Remark(rule="a", message="a note"),
        Remark(severity="error", rule="b", message="a failure", hint="do it"),
    ]
    start, end = datetime(2026, 2, 9, tzinfo=UTC), datetime(2026, 2, 16, tzinfo=UTC)
    coverage = Coverage(query="up", name="own: up", series=1200, samples=5040, expected=10080)
    provenance = Provenance(
        source="http://127.0.0.1:9090", start=start, end=end, interval_s=60, scrape_interval_s=15,
        counts_from="raw counters", coverage=(coverage,), remarks=tuple(remarks),
    )  # fmt: skip
    text = render_pull(provenance, Path("measured"), width=80, color=False)
    assert text.index("not read: a failure (do it)") < text.index("note: a note")
    assert "own: up   1,200    5,040    10,080     50.0%" in text
    assert "a note" not in render_pull(provenance, Path("measured"), remarks=False)


def test_samples_that_are_no_numbers_are_left_out_and_told(tmp_path):
    (tmp_path / "own.yaml").write_text(PROFILE)

    def script(asked):
        reply = _answers(asked)
        odd = b'[%d, "NaN"], [%d, "+Inf"]' % (START + 105, START + 110)
        known = b'[%d, "%d"]' % (START + 105, 2 * 10_105)
        return Reply(reply.status, reply.body.replace(known, odd))

    with fake_prometheus(script) as server:
        done = run(server.url, tmp_path / "out", "--profile", str(tmp_path / "own.yaml"))
    assert done.exit_code == 0, done.stderr
    assert "2 samples are NaN or infinite; they are left out" in " ".join(done.stdout.split())
    lines = gzip.decompress((tmp_path / "out" / "traffic.csv.gz").read_bytes()).decode().splitlines()
    assert [line.split(",")[2] for line in lines[1:]] == ["120.0"] * 10


def test_a_server_that_lists_no_names_is_still_told_what_is_missing(tmp_path):
    (tmp_path / "own.yaml").write_text(PROFILE.replace("requests_total", "odd_total"))
    with fake_prometheus(lambda asked: page(403, "no") if "values" in asked.path else _answers(asked)) as server:
        done = run(server.url, tmp_path / "out", "--profile", str(tmp_path / "own.yaml"))
    assert done.exit_code == 3
    assert "own: requests: the server has no metric odd_total" in done.stderr
