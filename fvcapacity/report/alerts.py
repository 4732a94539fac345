"""From rule files and a result to what the alerts would have said: a Prometheus of our own looks at the simulation."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from fvcapacity.inputs.prometheus.backfill import backfill
from fvcapacity.inputs.prometheus.client import PrometheusClient
from fvcapacity.inputs.prometheus.programs import find_program
from fvcapacity.inputs.prometheus.recording import record
from fvcapacity.inputs.prometheus.rules import RuleGroup, load_rules
from fvcapacity.inputs.prometheus.server import LocalPrometheus
from fvcapacity.plots.alerts import Span, plot_alerts
from fvcapacity.plots.style import save_figure
from fvcapacity.report.openmetrics.export import export_openmetrics
from fvcapacity.report.openmetrics.serving import SEEN_AFTER
from fvcapacity.results.alert_labels import short_labels
from fvcapacity.results.incidents import find_incidents
from fvcapacity.results.result import Result
from fvcapacity.study.alerts import AlertReport, evaluate_alerts, report_alerts

_LONGEST = 60
Tell = Callable[[str], None]


def check_alerts(
    rules: Sequence[str | Path], result: Result, *, replication: int = 0, tell: Tell | None = None
) -> AlertReport:
    """Return which alerts would have fired over a result, and which of its incidents none of them noticed.

    Parameters
    ----------
    rules
        Rule files of Prometheus, or ``PrometheusRule`` objects.
    replication
        Which one to look at.
    tell
        Told what is being done.
    result
        A run, from ``simulate`` or ``load_result``.

    Returns
    -------
    AlertReport
        Every time (UTC) that an alert was active, rules with what is wrong with them, and the incidents with who
        noticed them (``unnoticed``: nobody).

    Raises
    ------
    InputError
        When a rule file is wrong, or there is no such replication.
    SourceError
        When Prometheus or promtool is missing or fails.
    """
    groups = load_rules(rules)
    find_program("prometheus")  # before anything is written
    with tempfile.TemporaryDirectory(prefix="fvcap-alerts-") as place:
        work = Path(place)
        exported = export_openmetrics(result, work / "metrics", replication=replication, tell=tell)
        backfill(exported.files, work / "data", expected_samples=exported.samples, tell=tell)
        start_s, end_s = math.ceil(exported.start_ms / 1000), exported.end_ms // 1000
        lookback_s = lookback(groups, exported.interval_s)
        complaints = record(groups, work / "data", start_s, end_s, lookback_s=lookback_s, tell=tell)
        with (
            LocalPrometheus(work / "data", lookback_s=lookback_s) as server,
            PrometheusClient(server.url) as client,
        ):
            if tell is not None:
                tell("evaluating alerts")
            known = frozenset(client.metric_names())
            reports = evaluate_alerts(client, groups, start_s, end_s, known)
    tables = dict(result.tables)
    if result.minutes is not None:  # of a long run the tables hold hours
        tables |= {name: result.minutes.read(name) for name in result.minutes.names}
    incidents = find_incidents(tables, result.summary, replication)
    scenario = result.summary["scenario"]
    window = {key: scenario[key] for key in ("name", "start_utc", "duration_s", "time_zone")}
    start = pd.Timestamp(scenario["start_utc"]).value
    end = start + round(scenario["duration_s"] * 1e9)
    return report_alerts(reports, incidents, window, start, end, complaints)


def lookback(groups: Sequence[RuleGroup], interval_s: float) -> float:
    """Return how long a sample counts, in seconds.

    As short as may be, because a file cannot say that a series has ended: a pod that is gone would be seen for five
    minutes more. But not shorter than it takes until the next sample, of the export or of a recording rule.
    """
    recorded = [
        group.interval_ns / 1e9 for group in groups if any(rule.kind == "record" for rule in group.rules)
    ]  # fmt: skip
    return max(SEEN_AFTER * interval_s, *recorded, 1.0)


def write_timeline(report: AlertReport, directory: Path) -> None:
    """Draw incidents and alerts as ``alerts.png`` and ``alerts.svg``."""
    directory.mkdir(parents=True, exist_ok=True)
    window = report.window
    start = pd.Timestamp(window["start_utc"])
    length = float(window["duration_s"])
    figure = plot_alerts(
        _incident_spans(report),
        _alert_spans(report, length),
        start,
        start + pd.Timedelta(seconds=length),
        ZoneInfo(str(window["time_zone"])),
    )
    save_figure(figure, directory, "alerts")


def _incident_spans(report: AlertReport) -> list[Span]:
    return [
        Span(
            f"{item.incident.kind} {item.incident.subject}",
            item.incident.start_s,
            item.incident.end_s,
            "noticed" if item.noticed_by else "unnoticed",
        )
        for item in report.incidents
    ]


def _alert_spans(report: AlertReport, length: float) -> list[Span]:
    spans = []
    for row in report.alerts.to_dict(orient="records"):
        ended = length if math.isnan(row["ended_s"]) else row["ended_s"]
        fired = ended if math.isnan(row["fired_s"]) else row["fired_s"]
        name = _row_name(row)
        if fired > row["active_s"]:
            spans.append(Span(name, row["active_s"], fired, "pending"))
        if ended > fired:
            spans.append(Span(name, fired, ended, "firing"))
    return spans


def _row_name(row: Mapping[object, object]) -> str:
    about = short_labels(str(row["labels"]))
    return f"{row['rule']} {about if len(about) <= _LONGEST else about[:_LONGEST] + '…'}".strip()
