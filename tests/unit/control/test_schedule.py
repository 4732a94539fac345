"""Planned changes of minimums: when they act, and what is in force when a run begins after them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.control.fakes import FakePlane, deployment, drive, plane_of, pool
from tests.unit.control.test_autoscaling import burst, hpa, rescales
from tests.unit.control.test_scheduling import messages


def scheduled(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"time_zone": "UTC", "window": WINDOW, "schedule": list(changes)}


WINDOW = {"start": "1970-01-01T00:00:00", "duration": "1h", "warm_up": "0s"}
"""The fakes' scenario begins at instant 0."""


def at(instant: str, **values: int) -> dict[str, Any]:
    """A change of an HPA's or a pool's minimum; a time alone is one of the run's first day."""
    paths = {"web": "hpa/web.min", "general": "nodes/general.minimum"}
    moment = instant if "T" in instant else f"1970-01-01T{instant}"
    return {"at": moment, "values": {paths[name]: value for name, value in values.items()}}


def test_an_hpa_acts_on_a_new_minimum_at_its_next_sync() -> None:
    control = plane_of(
        deployment(replicas=1),
        autoscalers=(hpa(),),
        pools={"general": pool(count=2)},
        scenario=scheduled(at("00:01:00", web=4)),
    )
    run = drive(control, FakePlane(load=burst(9999, 0.05)), 120)
    assert rescales(run) == [(67.5, 1, 4)]
    assert messages(run, "ScheduledChange") == ["minReplicas 1 -> 4"]
    assert messages(run, "SuccessfulRescale") == [
        "New size: 4; reason: Current number of replicas below Spec.MinReplicas"
    ]


def test_when_it_is_taken_back_the_hpa_follows_its_metrics_and_its_stabilization() -> None:
    changes = scheduled(at("00:01:00", web=4), at("00:05:00", web=1))
    control = plane_of(deployment(replicas=1), autoscalers=(hpa(),), pools={"general": pool(count=2)}, scenario=changes)
    run = drive(control, FakePlane(load=burst(9999, 0.05)), 700)
    (up, *down) = rescales(run)
    assert up == (67.5, 1, 4)
    assert [(size, after) for _, size, after in down] == [(4, 1)]
    assert down[0][0] >= 300  # not before it is taken back


def test_a_pools_machines_are_ordered_at_the_instant() -> None:
    control = plane_of(deployment(), scenario=scheduled(at("00:01:40", general=3)))
    run = drive(control, FakePlane(), 300)
    ordered = [(node.created_ns / 1e9, (node.ready_ns or 0) / 1e9) for node in control.history.nodes]
    assert ordered == [(0, 0), (100, 190), (100, 190)]
    assert messages(run, "ScheduledChange") == ["minimum 0 -> 3, 2 ordered"]


def test_the_autoscaler_keeps_them_until_the_minimum_is_taken_back() -> None:
    control = plane_of(
        deployment(),
        scenario=scheduled(at("00:01:40", general=3), at("00:20:00", general=1)),
        timings={"scale_down_unneeded": "2m"},
    )
    drive(control, FakePlane(), 1800)
    gone = sorted(node.deleted_ns / 1e9 for node in control.history.nodes if node.deleted_ns is not None)
    assert len(gone) == 2
    assert 1320 <= gone[0] <= 1345  # unneeded since the change, for two minutes


@pytest.mark.parametrize("clock", ["00:00:00", "1969-12-31T20:00:00"])
def test_what_came_before_the_run_is_in_force_from_its_start(clock: str) -> None:
    control = plane_of(deployment(replicas=1), autoscalers=(hpa(),), scenario=scheduled(at(clock, web=4, general=3)))
    run = drive(control, FakePlane(load=burst(9999, 0.05)), 60)
    assert len([pod for pod in control.history.pods if pod.created_ns == 0]) == 4
    assert [node.created_ns for node in control.history.nodes] == [0, 0, 0]
    assert not messages(run, "ScheduledChange")
    assert not rescales(run)


def test_the_latest_of_earlier_changes_counts() -> None:
    first, last = at("1969-12-31T20:00:00", web=5), at("1969-12-31T21:00:00", web=2)
    control = plane_of(deployment(replicas=1), autoscalers=(hpa(),), scenario=scheduled(last, first))
    drive(control, FakePlane(load=burst(9999, 0.05)), 30)
    assert len(control.history.pods) == 2
