"""Results with bills that a quarter's review is made of: some days of a small shop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import yaml

from fvcapacity.results.columns import TABLES
from fvcapacity.results.result import Result
from fvcapacity.tabular.frames import conform
from tests.support.bills import Books, Pods

SPECIAL = {"name": "valentines", "rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=14", "before": 1}


def books(start: str, days: float, *, requests: int = 3600, service: str = "web", **changes: Any) -> Books:
    """Some days of a shop with two services on one machine; ``start`` is a local day."""
    pods = [
        Pods("deployment/web", "general-1", service=service, containers={"web": (0.5, 1.0)}),
        Pods("statefulset/db", "general-1", service="db", containers={"db": (1.0, 4.0)}, used=(0.5, 2.0)),
    ]
    settings: dict[str, Any] = {
        "start": pd.Timestamp(start, tz="America/Santiago").tz_convert("UTC").as_unit("ns"),
        "hours": days * 24,
        "routes": {"buy": (requests, 10**8), "all": (requests, 0)},
        "demands": {("buy", service): 0.02, ("buy", "db"): 0.05},
        "entry": service,
    }
    return Books(pods, **{**settings, **changes})


def finished(
    made: Books, *, name: str = "shop", events: list[dict[str, Any]] | None = None, failing: int = 0
) -> Result:
    """The result with a verdict: of 100 judged windows of each scope so many fail the p95."""
    result = made.result()
    empty = {
        table: conform(TABLES[table], {column.name: [] for column in TABLES[table].columns})
        for table in ("route_windows", "events", "hpa", "node_minutes")
    }
    objectives = [
        _objective("p95", 500.0, "ms", failing),
        _objective("errors", 1.0, "%", 0),
    ]
    status = "missed" if failing > 1 else "holds"
    summary = {
        **result.summary,
        "scenario": {**result.summary["scenario"], "name": name},
        "verdict": {"status": status, "reason": "", "objectives": objectives},
    }
    text = yaml.safe_load(result.scenario_yaml)
    text |= {"special_days": [SPECIAL], "traffic": {"events": events or []}}
    return replace(
        result, summary=summary, tables={**result.tables, **empty}, scenario_yaml=yaml.safe_dump(text)
    )  # fmt: skip


def _objective(objective: str, threshold: float, unit: str, failing: int) -> dict[str, Any]:
    scopes = [
        {
            "scope": scope,
            "status": "missed" if failing > 1 else "holds",
            "judged_windows": 100,
            "failing_windows": failing,
            "failing_percent": float(failing),
            "worst_value": None,
            "worst_utc": None,
        }
        for scope in ("all", "buy")
    ]
    return {
        "objective": objective,
        "threshold": threshold,
        "unit": unit,
        "allowed_failing_percent": 1.0,
        "status": "missed" if failing > 1 else "holds",
        "reason": "",
        "held_in_replications": 0,
        "scopes": scopes,
    }
