"""Does the system keep its objectives? Judged as an operator would, by windows of five minutes.

An objective is judged on the whole of the user routes and on every user route alone. In each of these scopes it
holds when at most ``failing_windows_percent`` of the judged windows fail; it holds as a whole when it holds in all
of them. A p95 over two days would hide a failed hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.results.route_tables import ALL
from fvcapacity.scenario.model import Objectives

Status = Literal["holds", "missed", "nothing to judge"]


class Measure(Frozen):
    """What an objective limits: a column of ``route_windows``, and how it is put into words."""

    name: str
    column: str
    factor: float
    unit: str
    words: str

    def text(self, value: float) -> str:
        """Return a value with its unit, as in ``1,240 ms``."""
        digits = 0 if self.unit == "ms" else 1 if value >= 10 else 2
        return f"{value:,.{digits}f} {self.unit}"


P95 = Measure("p95", "p95_s", 1000.0, "ms", "p95")
ERRORS = Measure("errors", "error_ratio", 100.0, "%", "the error ratio")


class ScopeVerdict(Frozen):
    """One objective on one route, or on ``all``, with all replications' windows together."""

    scope: str
    status: Status
    judged_windows: int
    failing_windows: int
    failing_percent: float
    worst_value: float | None
    worst_utc: pd.Timestamp | None


class ObjectiveVerdict(Frozen):
    """One objective over all its scopes."""

    measure: Measure
    threshold: float
    allowed_percent: float
    status: Status
    reason: str
    scopes: tuple[ScopeVerdict, ...]
    held_in: int
    replications: int


class Verdict(Frozen):
    """All objectives; ``reason`` is one sentence per objective that matters."""

    status: Status
    reason: str
    objectives: tuple[ObjectiveVerdict, ...]


def judge(windows: pd.DataFrame, objectives: Objectives, time_zone: str) -> Verdict:
    """Judge the objectives on the table ``route_windows``.

    Parameters
    ----------
    windows
        The table, all replications.
    objectives
        Thresholds, and how many windows may fail.
    time_zone
        Zone in which times are told.
    """
    judged = windows[windows["judged"]]
    zone = ZoneInfo(time_zone)
    verdicts = tuple(
        _judge_objective(judged, measure, threshold, objectives.failing_windows_percent, zone)
        for measure, threshold in ((P95, objectives.p95_ms), (ERRORS, objectives.error_percent))
    )
    status = _combine([verdict.status for verdict in verdicts])
    told = [verdict for verdict in verdicts if status != "missed" or verdict.status == "missed"]
    reasons = dict.fromkeys(verdict.reason for verdict in told)
    reason = " ".join(f"{text[0].upper()}{text[1:]}." for text in reasons)
    return Verdict(status, reason, verdicts)


def fails(value: float, threshold: float) -> bool:
    """Tell whether a value breaks "below the threshold"; a threshold of zero is kept by zero."""
    return value >= threshold and value > 0


def local_text(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant as local time, as in ``Sat 14 Feb 18:35``."""
    local = instant.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def _judge_objective(
    judged: pd.DataFrame, measure: Measure, threshold: float, allowed: float, zone: ZoneInfo
) -> ObjectiveVerdict:
    scopes = tuple(
        _judge_scope(rows, str(scope), measure, threshold, allowed)
        for scope, rows in judged.groupby("route", sort=False)
    )
    scopes = tuple(sorted(scopes, key=lambda item: item.scope != ALL))
    replications = list(judged["replication"].unique())
    status = _combine([scope.status for scope in scopes])
    if len(replications) == 1:
        held = int(status == "holds")
    else:
        held = sum(
            _combine(
                [
                    _judge_scope(rows, str(scope), measure, threshold, allowed).status
                    for scope, rows in judged[judged["replication"] == number].groupby("route", sort=False)
                ]
            )
            == "holds"
            for number in replications
        )
    reason = _reason(scopes, status, measure, threshold, allowed, zone)
    if len(replications) > 1:
        reason += f"; it held in {held} of {len(replications)} replications"
    return ObjectiveVerdict(measure, threshold, allowed, status, reason, scopes, held, len(replications))


def _judge_scope(rows: pd.DataFrame, scope: str, measure: Measure, threshold: float, allowed: float) -> ScopeVerdict:
    figures = rows[measure.column].to_numpy(np.float64)
    seen = np.flatnonzero(~np.isnan(figures))
    if not len(seen):
        return ScopeVerdict(scope, "nothing to judge", 0, 0, 0.0, None, None)
    values = figures[seen] * measure.factor
    failing = sum(fails(value, threshold) for value in values.tolist())
    percent = 100 * failing / len(values)
    worst = int(values.argmax())
    return ScopeVerdict(
        scope=scope,
        status="missed" if percent > allowed else "holds",
        judged_windows=len(values),
        failing_windows=failing,
        failing_percent=percent,
        worst_value=float(values[worst]),
        worst_utc=rows["time_utc"].iloc[int(seen[worst])],
    )


def _combine(statuses: Sequence[Status]) -> Status:
    if "missed" in statuses:
        return "missed"
    return "holds" if "holds" in statuses else "nothing to judge"


def _reason(
    scopes: Sequence[ScopeVerdict],
    status: Status,
    measure: Measure,
    threshold: float,
    allowed: float,
    zone: ZoneInfo,
) -> str:
    limit = f"{threshold:,g} {measure.unit}"
    if status == "nothing to judge":
        return f"no window of five minutes had a user request to judge {measure.words} on"
    if status == "holds":
        return _reason_held([scope for scope in scopes if scope.status == "holds"], measure, limit, allowed, zone)
    missed = [scope for scope in scopes if scope.status == "missed"]
    told = next((s for s in missed if s.scope == ALL), max(missed, key=lambda s: s.failing_percent))
    worst = max(missed, key=lambda scope: scope.worst_value or 0.0)
    where = "over all user requests" if told.scope == ALL else f"on {told.scope}"
    return (
        f"{measure.words} was {limit} or more {where} in {told.failing_windows} of {told.judged_windows} windows "
        f"({told.failing_percent:.0f} %; {allowed:g} % allowed){_others(missed, told)}; "
        f"the worst was {_worst_text(worst, measure, zone)}"
    )


def _reason_held(judged: Sequence[ScopeVerdict], measure: Measure, limit: str, allowed: float, zone: ZoneInfo) -> str:
    worst = max(judged, key=lambda scope: scope.worst_value or 0.0)
    if not worst.worst_value:
        return f"{measure.words} was zero in every judged window"
    failing = sum(scope.failing_windows for scope in judged)
    where = (
        "every judged window"
        if not failing
        else f"all but {failing} judged windows ({allowed:g} % of a route's may fail)"
    )
    return f"{measure.words} stayed below {limit} in {where}; the worst was {_worst_text(worst, measure, zone)}"


def _others(missed: Sequence[ScopeVerdict], told: ScopeVerdict) -> str:
    names = [scope.scope for scope in missed if scope is not told]
    if not names:
        return ""
    if len(names) > 3:
        return f", and on {len(names)} single routes" if told.scope == ALL else f", and on {len(names)} more routes"
    return ", and on " + (names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}")


def _worst_text(scope: ScopeVerdict, measure: Measure, zone: ZoneInfo) -> str:
    where = "all requests" if scope.scope == ALL else scope.scope
    if scope.worst_value is None or scope.worst_utc is None:
        return f"unknown ({where})"
    return f"{measure.text(scope.worst_value)} ({where}, {local_text(scope.worst_utc, zone)})"
