"""Which alerts would have fired over a result, and which incidents no rule noticed.

An alert notices an incident when it fires while the incident lasts or within `GRACE_S` after it, its expression (with
what recording rules stand for) reads a metric that tells of incidents of this kind, and it names the incident's object
or no object at all. What only fires at the same time is told as such.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from fvcapacity.decisions.alerts import AlertPeriod, AlertRule, alert_periods
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.model_validation import nearest
from fvcapacity.inputs.prometheus.client import PrometheusClient
from fvcapacity.inputs.prometheus.evaluate import evaluate
from fvcapacity.inputs.prometheus.expressions import functions_of, metrics_of, selectors_of
from fvcapacity.inputs.prometheus.rules import Rule, RuleGroup
from fvcapacity.results.alert_labels import label_text
from fvcapacity.results.incidents import Incident, IncidentKind
from fvcapacity.tabular.columns import Column, TableSpec
from fvcapacity.tabular.frames import conform

GRACE_S = 300.0

METRICS_OF: Mapping[IncidentKind, str] = {
    "latency": r"_bucket$|_sum$|latency|quantile|apdex|duration_seconds$|slo",
    "errors": r"(?:request|response|http).*(?:_total|_count|_ratio)$|error|fail|probe_success|slo",
    "oom-kill": r"oom|memory|last_terminated_reason|restarts?_total",
    "restart": r"restarts?_total|waiting_reason|last_terminated|^up$|pod_status_ready|start_time|oom",
    "node-not-ready": r"kube_node_|^up$|node_",
    "hpa-at-maximum": r"horizontalpodautoscaler|kube_hpa_|replicas",
    "unschedulable": r"pod_status_(?:phase|scheduled|unschedulable|ready)|unschedulable|pending|replicas",
    "eviction": r"status_reason|status_phase|evict|pressure|node_status_condition",
    "no-ready-pod": r"^up$|replicas|pod_status_ready|endpoint|_up$|probe_success",
}
"""Patterns of metrics that tell of incidents of a kind."""
_OBJECT_LABELS = frozenset({
    "pod", "deployment", "statefulset", "daemonset", "node", "instance", "horizontalpodautoscaler", "hpa", "service",
    "exported_service", "container", "workload", "ingress", "route", "path", "job", "app", "name",
})  # fmt: skip
"""Labels that name an object."""

ALERTS = TableSpec(
    "alerts",
    "One time that an alert was pending or fired.",
    (
        Column("rule", "", "string", "Name of the alerting rule."),
        Column("severity", "", "string", "Its label `severity`; empty if it has none."),
        Column("labels", "", "string", "What it is about: the labels that tell."),
        Column("active_s", "s", "float64", "When the condition was first met, from the window's start."),
        Column("fired_s", "s", "float64", "When it fired; empty if it never did."),
        Column("ended_s", "s", "float64", "When it was over; empty if it was active at the end."),
        Column("firing_s", "s", "float64", "How long it fired."),
        Column("value", "by rule", "float64", "What the expression gave when it fired."),
        Column("reason", "", "string", "Why it ended, or its last reason."),
        Column("incident", "", "string", "The earliest incident that it notices; empty if none."),
        Column("delay_s", "s", "float64", "From the beginning of that incident to the alert."),
    ),
)


class RuleReport(Frozen):
    """One alerting rule: its alerts, and what is to be said of it.

    ``status`` is ``fired``, ``pending only``, ``silent``, ``cannot fire`` (no metric of it is simulated) or ``failed``.
    """

    group: str
    rule: Rule
    status: str
    periods: tuple[AlertPeriod, ...] = ()
    complaints: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()


class IncidentReport(Frozen):
    """One incident, and who noticed it: (rule, seconds after its beginning), the first in front."""

    incident: Incident
    noticed_by: tuple[tuple[str, float], ...]
    at_the_same_time: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class AlertReport:
    """What alerting rules would have said over a result.

    Attributes
    ----------
    alerts
        Every time that an alert was active, as `ALERTS` describes it.
    window
        Start, length, zone and name of the scenario, as the summary tells them.
    """

    window: Mapping[str, Any]
    rules: tuple[RuleReport, ...]
    incidents: tuple[IncidentReport, ...]
    alerts: pd.DataFrame = field(repr=False)
    complaints: tuple[str, ...] = ()

    @property
    def unnoticed(self) -> tuple[Incident, ...]:
        """Incidents that no alert noticed."""
        return tuple(item.incident for item in self.incidents if not item.noticed_by)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        rows = self.alerts.astype(object).where(self.alerts.notna(), None).to_dict(orient="records")
        return {
            "schema_version": "fvcapacity.alerts/1",
            "scenario": dict(self.window),
            "rules": [
                {
                    "group": item.group,
                    "alert": item.rule.name,
                    "severity": item.rule.severity,
                    "for_s": item.rule.hold_ns / 1e9,
                    "status": item.status,
                    "annotations": item.rule.annotations,
                    "complaints": list(item.complaints),
                    "place": str(item.rule.location),
                }
                for item in self.rules
            ],
            "alerts": rows,
            "incidents": [
                {
                    "kind": item.incident.kind,
                    "subject": item.incident.subject,
                    "start_s": item.incident.start_s,
                    "end_s": item.incident.end_s,
                    "what": item.incident.what,
                    "noticed_by": [{"alert": rule, "after_s": after} for rule, after in item.noticed_by],
                    "at_the_same_time": list(item.at_the_same_time),
                }
                for item in self.incidents
            ],
            "complaints": list(self.complaints),
        }


def evaluate_alerts(
    client: PrometheusClient, groups: Sequence[RuleGroup], start_s: int, end_s: int, known: frozenset[str]
) -> list[RuleReport]:
    """Return what every alerting rule would have done from ``start_s`` to ``end_s``.

    Parameters
    ----------
    client
        A server that has the metrics, those of recording rules among them.
    known
        Names of the metrics that are there.

    Raises
    ------
    SourceError
        When the server cannot be asked.
    """
    recorded = {rule.name: rule.expr for group in groups for rule in group.rules if rule.kind == "record"}
    reports = []
    for group in groups:
        for rule in group.rules:
            if rule.kind != "alert":
                continue
            metrics = _expanded(rule.expr, recorded)
            missing = [name for name in metrics if name not in known]
            complaints = [_unknown(missing, known)] if missing else []
            if missing and (len(missing) == len(metrics) or functions_of(rule.expr) & {"absent", "absent_over_time"}):
                reports.append(RuleReport(group.name, rule, "cannot fire", (), tuple(complaints), metrics))
                continue
            complaints += _without_series(client, rule, start_s, end_s, known)
            found = evaluate(client, group, rule, start_s, end_s)
            states = AlertRule(rule.hold_ns, rule.keep_firing_ns, group.limit)
            periods = tuple(alert_periods(found.vectors, states))
            failed = bool(found.vectors) and all(vector is None for _, vector in found.vectors)
            status = "failed" if failed else _status(periods)
            reports.append(RuleReport(group.name, rule, status, periods, (*complaints, *found.complaints), metrics))
    return reports


def _expanded(expression: str, recorded: Mapping[str, str], depth: int = 8) -> tuple[str, ...]:
    """Return the metrics of an expression, for recorded ones those that they were made of."""
    names: dict[str, None] = {}
    for name in metrics_of(expression):
        inner = _expanded(recorded[name], recorded, depth - 1) if name in recorded and depth else (name,)
        names.update(dict.fromkeys(inner))
    return tuple(names)


def _unknown(missing: Sequence[str], known: frozenset[str]) -> str:
    told = []
    for name in missing:
        close = nearest(name, known)
        told.append(f"{name} (the nearest is {close})" if close else name)
    return f"not among the simulated metrics: {', '.join(told)}"


def _without_series(client: PrometheusClient, rule: Rule, start_s: int, end_s: int, known: frozenset[str]) -> list[str]:
    """Return a complaint for every selector that picks no series: a label may be called otherwise here."""
    out = []
    for selector in selectors_of(rule.expr):
        if known.isdisjoint(metrics_of(selector)):
            continue  # told already
        query = f"count(last_over_time({selector}[{max(end_s - start_s, 1)}s]))"
        if not client.query(query, at_s=end_s).result:
            out.append(f"no simulated series matches {selector}")
    return out


def _status(periods: Sequence[AlertPeriod]) -> str:
    if any(period.fired_at_ns is not None for period in periods):
        return "fired"
    return "pending only" if periods else "silent"


def report_alerts(
    rules: Sequence[RuleReport],
    incidents: Sequence[Incident],
    window: Mapping[str, Any],
    start_ns: int,
    end_ns: int,
    complaints: Sequence[str] = (),
) -> AlertReport:
    """Hold alerts and incidents against each other.

    Parameters
    ----------
    start_ns, end_ns
        The window: what alerts' times and incidents' times are counted from, and where an active alert ends.
    """
    firing = [
        _Firing.of(item, period, start_ns, end_ns) for item in rules for period in item.periods if period.fired_at_ns
    ]
    reports = tuple(_incident_report(incident, firing) for incident in incidents)
    rows = [_row(item.rule, period, start_ns, end_ns, item, incidents) for item in rules for period in item.periods]
    rows.sort(key=lambda row: (row["active_s"], row["rule"], row["labels"]))
    table = conform(ALERTS, {column.name: [row[column.name] for row in rows] for column in ALERTS.columns})
    return AlertReport(window, tuple(rules), reports, table, tuple(complaints))


class _Firing(Frozen):
    rule: str
    labels: dict[str, str]
    metrics: tuple[str, ...]
    start_s: float
    end_s: float

    @classmethod
    def of(cls, item: RuleReport, period: AlertPeriod, start_ns: int, end_ns: int) -> _Firing:
        fired = period.fired_at_ns if period.fired_at_ns is not None else period.active_at_ns
        ended = end_ns if period.ended_at_ns is None else period.ended_at_ns
        metrics = item.metrics
        return cls(item.rule.name, dict(period.labels), metrics, (fired - start_ns) / 1e9, (ended - start_ns) / 1e9)


def _incident_report(incident: Incident, firing: Sequence[_Firing]) -> IncidentReport:
    noticed: dict[str, float] = {}
    beside: dict[str, None] = {}
    for alert in firing:
        if not _meet(incident, alert):
            continue
        if _tells(incident, alert):
            after = max(0.0, alert.start_s - incident.start_s)
            noticed[alert.rule] = min(after, noticed.get(alert.rule, after))
        else:
            beside[alert.rule] = None
    order = tuple(sorted(noticed.items(), key=lambda item: (item[1], item[0])))
    return IncidentReport(incident, order, tuple(name for name in sorted(beside) if name not in noticed))


def _meet(incident: Incident, alert: _Firing) -> bool:
    return alert.start_s <= incident.end_s + GRACE_S and alert.end_s >= incident.start_s


def _tells(incident: Incident, alert: _Firing) -> bool:
    pattern = re.compile(METRICS_OF[incident.kind])
    if not any(pattern.search(name) for name in alert.metrics):
        return False
    if incident.kind in ("latency", "errors"):
        return incident.subject == "route/all" or _names(incident, alert) or not _named(alert)
    return _names(incident, alert) or not _named(alert)


def _named(alert: _Firing) -> dict[str, str]:
    return {name: value for name, value in alert.labels.items() if name in _OBJECT_LABELS}


def _names(incident: Incident, alert: _Firing) -> bool:
    """Tell whether a label is the name of the incident's object, or that of a pod of it."""
    own = incident.subject.partition("/")[2]
    labels = alert.labels
    if incident.path and incident.path in labels.values():
        return labels.get("method", incident.method) == incident.method
    return any(value == own or value.startswith(f"{own}-") for value in _named(alert).values())


def _row(
    rule: Rule, period: AlertPeriod, start_ns: int, end_ns: int, item: RuleReport, incidents: Sequence[Incident]
) -> dict[str, Any]:
    fired, ended = period.fired_at_ns, period.ended_at_ns
    incident = delay = None
    if fired is not None:
        alert = _Firing.of(item, period, start_ns, end_ns)
        noticed = [found for found in incidents if _meet(found, alert) and _tells(found, alert)]
        if noticed:
            first = min(noticed, key=lambda found: found.start_s)
            incident, delay = f"{first.kind} {first.subject.partition('/')[2]}", max(0.0, alert.start_s - first.start_s)
    nan = float("nan")
    return {
        "rule": rule.name,
        "severity": dict(period.labels).get("severity", ""),
        "labels": label_text(period.labels),
        "active_s": (period.active_at_ns - start_ns) / 1e9,
        "fired_s": nan if fired is None else (fired - start_ns) / 1e9,
        "ended_s": nan if ended is None else (ended - start_ns) / 1e9,
        "firing_s": 0.0 if fired is None else ((end_ns if ended is None else ended) - fired) / 1e9,
        "value": period.value,
        "reason": period.reason,
        "incident": incident or "",
        "delay_s": nan if delay is None else delay,
    }
