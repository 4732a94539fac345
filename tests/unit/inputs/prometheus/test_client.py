"""What the client makes of every answer that a server may give."""

from __future__ import annotations

import socket

import numpy as np
import pytest
from prometheus_api_client import PrometheusConnect

from fvcapacity.errors import InputError, SourceError
from fvcapacity.inputs.prometheus.client import PrometheusClient
from fvcapacity.inputs.prometheus.ranges import fetch_grid
from tests.support.fake_prometheus import Reply, fake_prometheus, ok, page, refused

QUERY = 'sum by (service) (rate(http_requests_total{namespace="shop"}[1m]))'
SERIES = [{"metric": {"service": "cart"}, "values": [[60, "1"], [180, "3.5"]]}]


def client_of(url: str, **options) -> PrometheusClient:
    return PrometheusClient(url, sleep=lambda _: None, **({"timeout_s": 5.0} | options))


@pytest.mark.parametrize(
    ("reply", "rule", "retryable", "tries", "says"),
    [
        (refused(400, "parse error: unexpected }"), "bad-query", False, 1, "parse error"),
        (refused(401, "no token", "unauthorized"), "unauthorised", False, 1, "--auth"),
        (page(403, "<html>Forbidden</html>"), "forbidden", False, 1, "tenant"),
        (page(404, "404 page not found"), "not-found", False, 1, "/prometheus"),
        (refused(422, "many-to-many matching not allowed", "execution"), "query-failed", False, 1, "many-to-many"),
        (refused(422, "query timed out in expression evaluation", "timeout"), "too-slow", False, 1, "--step"),
        (refused(422, "query processing would load too many samples", "execution"), "too-much", False, 1, "--step"),
        (refused(400, "exceeded maximum resolution of 11,000 points"), "too-much", False, 1, "--step"),
        (refused(429, "slow down", "too_many"), "rate-limited", True, 4, "--parallel"),
        (page(502, "<html>Bad gateway</html>"), "server-failed", True, 4, "goes on"),
        (page(500, "Oh no"), "server-failed", False, 1, "look at the server"),
        (page(503, "Service Unavailable"), "server-failed", True, 4, "goes on"),
        (Reply(302, b"", (("Location", "https://login.example.com/?next=x"),)), "redirected", False, 1, "login page"),
        (page(200, "<!doctype html><title>Sign in</title>"), "not-json", False, 1, "Sign in"),
        (Reply(body=b'{"status":"success","data":{"resultTy'), "cut-off", True, 1, "same command"),
        (Reply(body=b'{"status":"success"}', cut=5), "cut-off", True, 1, "same command"),
        (Reply(body=b'{"pong": true}'), "not-json", False, 1, "api/v1/query"),
        (Reply(body=b"pong"), "not-json", False, 1, "api/v1/query"),
        (Reply(wait_s=0.6), "timeout", True, 1, "--timeout"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_bad_answer_has_a_name_and_a_remedy(reply, rule, retryable, tries, says):
    with fake_prometheus(lambda _: reply) as server:
        client = client_of(server.url, timeout_s=0.3 if reply.wait_s else 5.0)
        with pytest.raises(SourceError) as caught:
            client.query(QUERY)
    error = caught.value
    assert (error.rule, error.retryable, error.query, error.code) == (rule, retryable, QUERY, 3)
    assert says in f"{error} {error.hint}"
    assert client.sent == len(server.asked) == tries


def test_a_server_that_is_down_is_tried_again_and_named():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    waits: list[float] = []
    client = PrometheusClient(url, sleep=waits.append)
    with pytest.raises(SourceError, match="Connection refused") as caught:
        client.query(QUERY)
    assert caught.value.retryable
    assert client.sent == 4
    assert 0.3 < waits[0] < waits[1] < waits[2] < 3


def test_the_server_says_how_long_to_wait():
    replies = [refused(429, "slow down", Retry_After="7"), ok([], kind="vector")]
    waits: list[float] = []
    with fake_prometheus(lambda _: replies.pop(0)) as server:
        assert PrometheusClient(server.url, sleep=waits.append).query(QUERY).result == []
    assert waits == [7.0]


def test_warnings_are_kept():
    reply = ok(SERIES, warnings=["partial response: store-2 is down"], infos=["not a counter"])
    with fake_prometheus(lambda _: reply) as server:
        answer = client_of(server.url).query_range(QUERY, 0, 120, 60)
    assert answer.warnings == ("partial response: store-2 is down", "not a counter")


def test_queries_travel_in_the_body_with_all_parameters():
    with fake_prometheus(lambda _: ok(SERIES)) as server:
        client_of(f"{server.url}/prometheus/", params={"dedup": "true"}).query_range(QUERY, 0, 120, 60)
    asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", "/prometheus/api/v1/query_range")
    assert asked.params | {"query": QUERY, "start": "0", "end": "120", "step": "60", "dedup": "true"} == asked.params
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_client_of_the_users_own_is_used_as_it_is():
    with fake_prometheus(lambda _: ok(SERIES, warnings=["w"])) as server:
        own = PrometheusConnect(server.url, headers={"X-Mine": "yes"})
        answer = client_of(server.url, connect=own).query_range(QUERY, 0, 120, 60)
    assert answer.warnings == ("w",)
    assert server.asked[0].headers["X-Mine"] == "yes"


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://reader:hunter2secret@prometheus:9090", "secret-in-url"),
        ("https://hunter2secret@prometheus", "secret-in-url"),
        ("prometheus:9090", "no-url"),
        ("ftp://prometheus", "no-url"),
        ("http://", "no-url"),
        ("http://prometheus/?token=hunter2secret", "no-url"),
    ],
)
def test_an_address_that_cannot_be_used(url, rule):
    with pytest.raises(InputError) as caught:
        PrometheusClient(url)
    assert caught.value.problems[0].rule == rule
    assert "hunter2secret" not in str(caught.value)


class TestFetchGrid:
    def test_gaps_are_empty(self):
        with fake_prometheus(lambda _: ok(SERIES)) as server:
            series, _ = fetch_grid(client_of(server.url), QUERY, 60, 3, 60)
        assert series[0].label == {"service": "cart"}
        assert np.array_equal(series[0].values, [1.0, np.nan, 3.5], equal_nan=True)

    def test_long_ranges_are_cut(self):
        with fake_prometheus(_counting) as server:
            series, _ = fetch_grid(client_of(server.url), QUERY, 0, 20_161, 30)
        assert np.array_equal(series[0].values, np.arange(20_161) * 30.0)
        points = [_points(item.params) for item in server.asked]
        assert points == [10_000, 10_000, 161]

    def test_what_is_too_much_is_asked_for_in_halves(self):
        def strict(asked):
            return _counting(asked) if _points(asked.params) <= 30 else refused(422, "too many samples", "execution")

        with fake_prometheus(strict) as server:
            series, _ = fetch_grid(client_of(server.url), QUERY, 0, 100, 15)
        assert np.array_equal(series[0].values, np.arange(100) * 15.0)

    def test_halving_has_an_end(self):
        too_much = refused(422, "too many samples", "execution")
        with fake_prometheus(lambda _: too_much) as server, pytest.raises(SourceError, match="too many samples"):
            fetch_grid(client_of(server.url), QUERY, 0, 10_000, 15)
        assert len(server.asked) <= 8


def _points(params: dict[str, str]) -> int:
    return (int(params["end"]) - int(params["start"])) // int(params["step"]) + 1


def _counting(asked):
    start, step = int(asked.params["start"]), int(asked.params["step"])
    values = [[start + k * step, str(start + k * step)] for k in range(_points(asked.params))]
    return ok([{"metric": {"service": "cart"}, "values": values}])
