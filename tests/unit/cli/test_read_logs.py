"""The command, from a log to a scenario that replays it."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from typer.testing import CliRunner

from fvcapacity.cli.main import app
from fvcapacity.inputs.traffic import RunSpan, load_traffic
from fvcapacity.scenario.topology import Route
from fvcapacity.scenario.traffic import Traffic
from tests.support import logs

S = 10**9
ENTRIES: list[logs.Entry] = [
    (0, "GET /api/products/17?ref=mail", 200, 0.020),
    (0, "GET /api/products/18", 200, 0.030),
    (1, "POST /api/orders", 503, 0.200),
    (2, "GET /static/a.js", 200, 0.010),
    (3, "GET /api/products/19", 200, 0.010),
]
ROUTES = {
    "page": Route(path="/api/products/:id", share=3, steps=()),
    "buy": Route(method="POST", path="/api/orders", share=1, steps=()),
}


@pytest.fixture
def read_logs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "access.log").write_text("\n".join(logs.combined_timed(ENTRIES)) + "\n")
    (tmp_path / "routes.yaml").write_text("[GET /api/products/:id, POST /api/orders]\n")
    return lambda *arguments: CliRunner().invoke(app, ["read-logs", *arguments])


def test_a_scenario_replays_the_counts(read_logs, tmp_path):
    done = read_logs("access.log", "--routes", "routes.yaml", "--out", "counts")
    assert done.exit_code == 0, done.output
    begin = int(logs.START.timestamp()) * S
    span = RunSpan(begin, begin, begin + 4 * S, ZoneInfo("America/Santiago"))
    table = load_traffic(Traffic(file="counts/traffic.csv.gz"), ROUTES, span, tmp_path)
    assert table is not None
    assert table.interval_ns == S
    np.testing.assert_array_equal(table.rps, [[2, 0], [0, 1], [0, 0], [1, 0]])
    assert "1 of 5 requests of the file belong to no route ('other') and are left out" in table.notes


def test_what_is_printed(read_logs):
    text = read_logs("access.log").stdout
    assert text.startswith("5 requests from 2026-02-14T21:00:00Z, 4s, access.log\n")
    assert "GET /api/products/:id" in text
    body = json.loads(read_logs("access.log", "--format", "json").stdout)
    assert body["routes"][0]["requests"] == 3
    assert body["measurements"]["interval_s"] == 1.0
    assert read_logs("access.log", "--format", "markdown").stdout.startswith("# 5 requests")


def test_all_bad_options_at_once(read_logs):
    done = read_logs("access.log", "--step", "10", "--time-zone", "Mars", "--field", "x=y", "--silence", "soon")
    assert done.exit_code == 2
    assert "4 problems." in done.output
    assert "'Mars'" in done.output


def test_nothing_of_another_is_replaced_before_anything_is_read(read_logs, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    done = read_logs("missing.log", "--out", "mine")
    assert done.exit_code == 2
    assert "something else than a measurement stands here" in done.output
