"""The dashboard as Grafana's JSON: two sources of data as variables, and every panel asks both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from fvcapacity.report.grafana.panels import OFFSET, PANELS, SELECTOR, Panel

_SCHEMA_VERSION: Final = 39
"""Grafana 10 and later read it, and bring it up to their own."""
_WIDTH, _HEIGHT, _COLUMNS = 8, 8, 3
_SIMULATED = 'run_id=~"$run"'
_REAL = 'run_id=""'
"""A real cluster has no such label: the matcher keeps everything, and leaves a simulated one out."""


def dashboard() -> dict[str, Any]:
    """Return the dashboard as a document for Grafana's import."""
    return {
        "uid": "fvcapacity-real-simulated",
        "title": "Real against simulated",
        "description": "The real cluster (solid) and the simulated one (dashed), from the same queries.",
        "tags": ["fvcapacity"],
        "schemaVersion": _SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "timezone": "browser",
        "refresh": "",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": _variables()},
        "panels": [_panel(number, panel) for number, panel in enumerate(PANELS)],
    }


def dashboard_text() -> str:
    """Return the dashboard as it is written to a file."""
    return json.dumps(dashboard(), indent=2) + "\n"


def expressions(panel: Panel, *, simulated: bool, values: Mapping[str, str] | None = None) -> list[str]:
    """Return the PromQL of a panel for one side.

    Parameters
    ----------
    values
        What stands for Grafana's variables (``namespace``); None leaves them in.
    """
    found = []
    for query in panel.queries:
        text = query.expression.replace(SELECTOR, _SIMULATED if simulated else _REAL)
        text = text.replace(f" {OFFSET}", "" if simulated else " offset $shift")
        for name, value in (values or {}).items():
            text = text.replace(f"${name}", value)
        found.append(text)
    return found


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(number, _COLUMNS)
    targets: list[dict[str, Any]] = []
    for side, source, simulated in (("real", "${real}", False), ("simulated", "${simulated}", True)):
        for query, expression in zip(panel.queries, expressions(panel, simulated=simulated), strict=True):
            targets.append(
                {
                    "refId": chr(ord("A") + len(targets)),
                    "datasource": {"type": "prometheus", "uid": source},
                    "expr": expression,
                    "legendFormat": f"{query.legend} {side}",
                }
            )
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.description,
        "datasource": {"type": "datasource", "uid": "-- Mixed --"},
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "custom": {"lineWidth": 1, "spanNulls": False}},
            "overrides": [_DASHED],
        },
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": targets,
    }


_DASHED = {
    "matcher": {"id": "byRegexp", "options": "/ simulated$/"},
    "properties": [{"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [6, 4]}}],
}


def _variables() -> list[dict[str, Any]]:
    return [
        _source("real", "Real"),
        _source("simulated", "Simulated"),
        _labels("run", "Run", "label_values(kube_node_info, run_id)"),
        _labels("namespace", "Namespace", "label_values(kube_pod_info, namespace)"),
        _labels(
            "service", "Service", 'label_values(http_request_duration_seconds_count{namespace=~"$namespace"}, service)'
        ),
        {
            "name": "shift",
            "label": "The real days lie earlier by",
            "type": "textbox",
            "query": "0s",
            "current": {"text": "0s", "value": "0s"},
        },
    ]


def _source(name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "type": "datasource", "query": "prometheus", "refresh": 1}


def _labels(name: str, label: str, query: str) -> dict[str, Any]:
    """Return a variable that is asked of the simulated cluster, whose label values are the ones to compare."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": {"type": "prometheus", "uid": "${simulated}"},
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": name != "run",
        "includeAll": name != "run",
        "allValue": ".*",
    }
