"""Incidents of a result, and alerts held against them."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from fvcapacity.cli.options import OutputFormat
from fvcapacity.cli.render_alerts import render_alerts
from fvcapacity.decisions.alerts import AlertPeriod
from fvcapacity.errors import Location
from fvcapacity.inputs.prometheus.rules import Rule
from fvcapacity.report.alerts import write_timeline
from fvcapacity.results.incidents import Incident, find_incidents
from fvcapacity.study.alerts import RuleReport, report_alerts

S = 10**9
START = 1_771_102_800 * S
WINDOW = {"name": "small", "start_utc": "2026-02-14T21:00:00Z", "duration_s": 3600.0, "time_zone": "America/Santiago"}
SUMMARY = {
    "verdict": {"objectives": [{"objective": "p95", "threshold": 500.0}, {"objective": "errors", "threshold": 1.0}]}
}


def tables(**rows: list[dict[str, object]]) -> dict[str, pd.DataFrame]:
    columns = {
        "route_windows": ["route", "time_s", "covered_s", "p95_s", "error_ratio", "judged"],
        "events": ["time_s", "type", "reason", "object", "workload", "message"],
        "hpa": ["hpa", "time_s", "desired", "reasons"],
        "workload_minutes": ["workload", "time_s", "desired", "ready", "pending"],
        "node_minutes": ["pool", "time_s", "nodes", "ready_nodes"],
    }
    return {
        name: pd.DataFrame([{"replication": 0, **row} for row in rows.get(name, [])], columns=["replication", *names])
        for name, names in columns.items()
    }


def windows(route: str, *slow: bool, errors: float = 0.0) -> list[dict[str, object]]:
    return [
        {"route": route, "time_s": 300.0 * n, "covered_s": 300.0, "p95_s": 0.9 if bad else 0.1, "error_ratio": errors,
         "judged": True}
        for n, bad in enumerate(slow)
    ]  # fmt: skip


def warning(time: float, reason: str, pod: str = "pod/cart-1", kind: str = "Warning") -> dict[str, object]:
    return {
        "time_s": time,
        "type": kind,
        "reason": reason,
        "object": pod,
        "workload": "deployment/cart",
        "message": "x",
    }


def found(**rows: list[dict[str, object]]) -> list[tuple[str, str, float, float]]:
    return [(i.kind, i.subject, i.start_s, i.end_s) for i in find_incidents(tables(**rows), SUMMARY)]


class TestIncidents:
    def test_windows_in_a_row_are_one_and_a_gap_makes_two(self):
        assert found(route_windows=windows("all", False, True, True, False, True)) == [
            ("latency", "route/all", 300.0, 900.0),
            ("latency", "route/all", 1200.0, 1500.0),
        ]

    def test_a_route_alone_is_told_where_the_whole_does_not_fail(self):
        rows = windows("all", False, True, False) + windows("buy", True, True, True)
        assert found(route_windows=rows) == [
            ("latency", "route/buy", 0.0, 300.0),
            ("latency", "route/all", 300.0, 600.0),
            ("latency", "route/buy", 600.0, 900.0),
        ]

    def test_an_objective_that_is_met_exactly_fails_as_in_the_verdict(self):
        assert found(route_windows=windows("all", False, errors=0.01)) == [("errors", "route/all", 0.0, 300.0)]
        assert found(route_windows=windows("all", False, errors=0.0099)) == []

    def test_kills_close_together_are_one(self):
        rows = [warning(time, "OOMKilling") for time in (60.0, 400.0, 1001.0)]
        (first, second) = find_incidents(tables(events=rows), SUMMARY)
        assert (first.start_s, first.end_s, second.start_s) == (60.0, 400.0, 1001.0)
        assert first.what == "OOMKilling: x (2 times)"

    def test_a_container_that_starts_twice_was_restarted(self):
        rows = [
            warning(0.0, "Started", kind="Normal"),
            warning(9.0, "Started", "pod/cart-2", "Normal"),
            warning(30.0, "Started", kind="Normal"),
        ]
        assert found(events=rows) == [("restart", "deployment/cart", 30.0, 30.0)]

    def test_hpas_pods_and_nodes(self):
        rows = {
            "hpa": [{"hpa": "hpa/cart", "time_s": 60.0 * n, "desired": 5, "reasons": "ScalingActive;TooManyReplicas" if n in (1, 2) else "x"} for n in range(4)],
            "workload_minutes": [{"workload": "deployment/a", "time_s": 60.0 * n, "desired": 2, "ready": 0 if n == 3 else 2, "pending": int(n == 1)} for n in range(5)],
            "node_minutes": [{"pool": "p", "time_s": 60.0 * n, "nodes": 3, "ready_nodes": ready} for n, ready in enumerate([2, 3, 3, 2, 2, 3])],
        }  # fmt: skip
        assert found(**rows) == [
            ("hpa-at-maximum", "hpa/cart", 60.0, 180.0),
            ("unschedulable", "deployment/a", 60.0, 120.0),
            ("no-ready-pod", "deployment/a", 180.0, 240.0),
            ("node-not-ready", "pool/p", 180.0, 300.0),
        ]


def rule_report(
    name: str, metric: str, *periods: tuple[float, float | None, float | None], **labels: str
) -> RuleReport:
    rule = Rule("alert", name, f"{metric} > 0", Location("rules.yaml", 3, 5), labels={"severity": "page"})
    items = tuple(sorted({"alertname": name, "severity": "page", **labels}.items()))
    at = lambda seconds: None if seconds is None else START + round(seconds * S)  # noqa: E731
    made = tuple(
        AlertPeriod(items, START + round(active * S), at(fired), at(ended), 2.0, "Resolved")
        for active, fired, ended in periods
    )
    status = "fired" if any(item.fired_at_ns for item in made) else "pending only" if made else "silent"
    return RuleReport("g", rule, status, made, (), (metric,))


def judged(incident: Incident, *rules: RuleReport):
    return report_alerts(rules, [incident], WINDOW, START, START + 3600 * S).incidents[0]


KILL = Incident("oom-kill", "deployment/cart", 600.0, 900.0, "killed")
SLOW = Incident("latency", "route/all", 600.0, 900.0, "slow")


@pytest.mark.parametrize(
    ("incident", "rule", "noticed"),
    [
        (KILL, rule_report("Oom", "container_oom_events_total", (610, 660, 700), pod="cart-5d9-1"), True),
        (KILL, rule_report("Oom", "container_oom_events_total", (610, 660, 700)), True),  # names no object
        (KILL, rule_report("Oom", "container_oom_events_total", (610, 660, 700), pod="cartography-1"), False),
        (KILL, rule_report("Slow", "http_request_duration_seconds_bucket", (610, 660, 700)), False),  # another matter
        (KILL, rule_report("Oom", "container_oom_events_total", (0, 60, 599), pod="cart-1"), False),  # before
        (KILL, rule_report("Oom", "container_oom_events_total", (900, 1200, None), pod="cart-1"), True),  # 5 min late
        (KILL, rule_report("Oom", "container_oom_events_total", (900, 1201, None), pod="cart-1"), False),
        (KILL, rule_report("Oom", "container_oom_events_total", (610, None, 900), pod="cart-1"), False),  # pending
        (SLOW, rule_report("Slow", "http_request_duration_seconds_bucket", (610, 900, 901), service="gateway"), True),
        (SLOW, rule_report("Errors", "http_requests_total", (610, 660, 700)), False),
        (SLOW, rule_report("Throttled", "container_cpu_cfs_throttled_periods_total", (610, 660, 700)), False),
    ],
)
def test_who_notices_what(incident: Incident, rule: RuleReport, noticed: bool) -> None:
    assert bool(judged(incident, rule).noticed_by) == noticed


LOGIN = Incident("latency", "route/login", 600.0, 900.0, "slow", method="POST", path="/login")


@pytest.mark.parametrize(
    ("labels", "noticed"),
    [
        ({"path": "/login", "method": "POST"}, True),
        ({"route": "/login"}, True),
        ({"route": "login"}, True),
        ({"path": "/login", "method": "GET"}, False),
        ({"path": "/log"}, False),
        ({}, True),
        ({"service": "gateway"}, False),
    ],
)
def test_a_route_is_named_by_its_path(labels: dict[str, str], noticed: bool) -> None:
    rule = rule_report("Slow", "http_request_duration_seconds_bucket", (610, 660, 700), **labels)
    assert bool(judged(LOGIN, rule).noticed_by) == noticed


def test_the_delay_is_that_of_the_first_alert_and_others_are_told_beside() -> None:
    oom = rule_report("Oom", "container_oom_events_total", (600, 720, 800), (820, 880, None), pod="cart-1")
    earlier = rule_report("Early", "container_memory_working_set_bytes", (500, 560, 700), pod="cart-1")
    beside = rule_report("Throttled", "container_cpu_cfs_throttled_periods_total", (610, 660, 700))
    report = judged(KILL, oom, earlier, beside)
    assert report.noticed_by == (("Early", 0.0), ("Oom", 120.0))
    assert report.at_the_same_time == ("Throttled",)


def test_the_report_in_all_forms(tmp_path) -> None:
    rules = [
        rule_report("Oom", "container_oom_events_total", (600, 720, None), namespace="shop", pod="cart-1"),
        rule_report("Slow", "http_x"),
    ]
    report = report_alerts(rules, [KILL, SLOW], WINDOW, START, START + 3600 * S, ["something"])
    row = report.alerts.to_dict(orient="records")[0]
    assert (row["fired_s"], row["firing_s"], row["incident"], row["delay_s"]) == (
        720.0,
        2880.0,
        "oom-kill cart",
        120.0,
    )
    assert report.unnoticed == (SLOW,)
    text = render_alerts(report, OutputFormat.TABLE, width=110, color=False)
    assert "1 of 2 alerting rules fired. 1 of 2 incidents were noticed by no rule." in text
    assert "never met: Slow" in text
    assert "something" in text
    for line in (
        "Oom    page      cart-1  18:12:00  48m  oom-kill cart    +2m",
        "latency   route/all        18:10:00      5m  nobody",
    ):
        assert line in text, text
    assert "| latency | route/all | 18:10:00 | 5m | nobody |" in render_alerts(report, OutputFormat.MARKDOWN)
    body = json.loads(render_alerts(report, OutputFormat.JSON))
    assert body["incidents"][0]["noticed_by"] == [{"alert": "Oom", "after_s": 120.0}]
    assert body["alerts"][0]["ended_s"] is None
    write_timeline(report, tmp_path)
    assert b"oom-kill deployment/cart" in (tmp_path / "alerts.svg").read_bytes()
