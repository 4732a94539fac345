"""What happened, on lanes below the timeline: scale-ups and -downs, kills, restarts, machines, roll-outs, faults."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.results.result import Result

LANES = ("up", "down", "kill", "restart", "pending", "node-up", "node-down", "rollout", "fault", "backup")
"""From top to bottom."""
BAD = ("kill", "restart", "pending", "fault")
_REASONS: Mapping[str, str] = {
    "OOMKilling": "kill",
    "BackOff": "restart",
    "Evicted": "restart",
    "TaintManagerEviction": "restart",
    "Preempted": "restart",
    "FailedScheduling": "pending",
    "NotTriggerScaleUp": "pending",
    "NodeReady": "node-up",
    "TriggeredScaleUp": "node-up",
    "ScaleDown": "node-down",
    "NodeNotReady": "node-down",
    "Launched": "node-up",
    "DisruptionTerminating": "node-down",
    "Terminated": "node-down",
    "NewReplicaSetAvailable": "rollout",
    "TrafficWeightUpdated": "rollout",
    "ScheduledChange": "rollout",
    "Rebooted": "fault",
    "FaultBegan": "fault",
    "FaultEnded": "fault",
    "BackupStarted": "backup",
    "BackupFailed": "backup",
}


class Mark(Frozen):
    """Something that happened; ``message`` is the cluster's own words."""

    lane: str
    time_s: float
    subject: str
    reason: str
    message: str


def marks_of(result: Result) -> tuple[Mark, ...]:
    """Return what happened in the first replication, in order."""
    events = result.tables["events"]
    rows = events[events["replication"] == 0]
    found = []
    columns = zip(
        *(rows[name] for name in ("time_s", "reason", "object", "workload", "message")), strict=True
    )  # fmt: skip
    for time_s, reason, thing, workload, message in columns:
        lane = _lane(str(reason), str(thing), str(message))
        if lane:
            subject = str(workload) if workload and lane not in ("node-up", "node-down") else str(thing)
            found.append(Mark(lane, float(time_s), subject, str(reason), str(message)))
    return tuple(found)


def _lane(reason: str, thing: str, message: str) -> str:
    if reason == "ScalingReplicaSet":
        # The hash of a template follows the name while a roll-out has two of them; both ways count as scaling.
        return "up" if message.startswith("Scaled up") else "down"
    if reason == "Killing":
        return "restart" if "restarted" in message else ""
    if reason.startswith("Rollout") or "Rollout" in reason:
        return "rollout"
    if reason == "NodeNotReady" and not thing.startswith("node/"):
        return ""
    return _REASONS.get(reason, "")


class Tally(Frozen):
    """How often one kind of thing happened to one object, and when first and last."""

    lane: str
    subject: str
    count: int
    first_s: float
    last_s: float


def tallies(marks: tuple[Mark, ...]) -> tuple[Tally, ...]:
    """Return how often things happened, lane by lane, the most frequent first."""
    if not marks:
        return ()
    frame = pd.DataFrame([(mark.lane, mark.subject, mark.time_s) for mark in marks], columns=["lane", "subject", "at"])
    grouped = frame.groupby(["lane", "subject"])["at"].agg(["count", "min", "max"]).reset_index()
    rows = [
        Tally(str(row[0]), str(row[1]), int(row[2]), float(row[3]), float(row[4]))
        for row in grouped.itertuples(index=False)
    ]
    return tuple(sorted(rows, key=lambda item: (LANES.index(item.lane), -item.count, item.subject)))
