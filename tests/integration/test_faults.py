"""Faults in whole runs: the story that the documentation tells, and both planes telling it alike."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import fvcapacity as fv
from tests.integration.test_checkpoint import round_trips

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "node-loss-at-peak.yaml"
LOST_S = 1200.0


def test_a_node_lost_at_the_peak_is_two_outages_and_then_over() -> None:
    result = fv.simulate(fv.load_scenario(SCENARIO))
    events = result.events
    at = {
        (row.reason, row.object): row.time_s - LOST_S
        for row in events[events["time_s"] >= LOST_S].itertuples()
        if row.object in ("node/general-2", "pod/postgres-0")
    }
    assert 40 < at["NodeNotReady", "node/general-2"] <= 55
    assert at["DeletingNode", "node/general-2"] == at["NodeNotReady", "node/general-2"] + 5
    assert at["TriggeredScaleUp", "pod/postgres-0"] < at["Scheduled", "pod/postgres-0"]
    assert 180 < at["Started", "pod/postgres-0"] < 300
    minutes = result.tables["route_minutes"].groupby("time_s")[["requests", "failed", "timeout", "no_endpoint"]].sum()
    failing = minutes.index[minutes["failed"] > 0.01 * minutes["requests"]]
    assert (failing.min(), failing.max()) == (LOST_S, LOST_S + 240)
    assert minutes.loc[failing[:2], "timeout"].min() > 500  # connections to the dead hang
    assert minutes.loc[failing[2:], "timeout"].max() == 0  # what needs the database is refused at once
    assert minutes.loc[failing[2:], "no_endpoint"].min() > 0


FAULTS = [
    {"kind": "slow-down", "service": "postgres", "factor": 2.5, "at": "2026-02-14T18:40:20", "duration": "30s"},
    {
        "kind": "saturated-volume",
        "service": "postgres",
        "iops_percent": 1,
        "at": "2026-02-14T18:40:40",
        "duration": "40s",
    },
    {"kind": "dns-latency", "add": "150ms", "share": 0.2, "at": "2026-02-14T18:40:50", "duration": "40s"},
    {"kind": "node-loss", "node": "general-2", "at": "2026-02-14T18:41:30", "duration": "80s"},
    {"kind": "fail-over", "service": "redis", "at": "2026-02-14T18:41:40", "duration": "20s"},
    {"kind": "pod-kill", "workload": "deployment/product-service", "every": "40s"},
]


@pytest.fixture(scope="module")
def both() -> dict[str, fv.Result]:
    short = {"window.duration": "3m", "window.warm_up": 0, "faults": FAULTS, "traffic.scale": 0.5}
    return {
        plane: fv.simulate(fv.load_scenario(SCENARIO, overrides={**short, "plane": plane}))
        for plane in ("fast", "simpy")
    }


def test_both_planes_tell_the_same_story(both: dict[str, fv.Result]) -> None:
    for name, table in both["simpy"].tables.items():
        pd.testing.assert_frame_equal(table, both["fast"].tables[name], obj=name)


def test_every_fault_struck(both: dict[str, fv.Result]) -> None:
    events = both["fast"].events
    told = events[events["reason"].str.startswith("Fault")]
    assert set(told["object"]) >= {"service/postgres", "service/redis", "deployment/coredns", "node/general-2"}
    assert {"Killing", "Rebooted", "NodeNotReady"} <= set(events["reason"])


def test_a_round_trip_at_every_control_event_changes_nothing() -> None:
    """With containers that are lost, requests that hang, and services that are slow."""
    overrides = {"window.duration": "3m", "window.warm_up": 0, "faults": FAULTS, "traffic.scale": 0.3}
    scenario = fv.load_scenario(SCENARIO, overrides=overrides)
    control = round_trips(scenario)
    assert {"FaultBegan", "FaultEnded"} <= {event.reason for event in control.history.events}
