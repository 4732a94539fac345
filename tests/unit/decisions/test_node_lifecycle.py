"""When a machine is missed, and what becomes of its pods: cases as in the tests of the Kubernetes controllers."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fvcapacity.decisions.faults import next_strike, struck
from fvcapacity.decisions.node_lifecycle import (
    noticed,
    orphans_deleted,
    taint_interval,
    toleration_ns,
    zone_state,
)

S = 10**9
NORMAL, PARTIAL, FULL = "Normal", "PartialDisruption", "FullDisruption"


@pytest.mark.parametrize(
    ("lost_s", "phase_s", "noticed_s"),
    [
        (60, 0, 115),  # the last lease was renewed in this very second; the grace period has to be over, not reached
        (60, 1, 105),  # the last one at 51 s: 101 s is past at the next look
        (60, 9, 110),
        (69, 0, 115),
        (70, 0, 125),
        (3, 7, 50),  # before the run began
    ],
)
def test_noticed(lost_s: int, phase_s: int, noticed_s: int) -> None:
    assert noticed(lost_s * S, phase_s * S) == (noticed_s * S, "NodeStatusUnknown")


@pytest.mark.parametrize(
    ("ready", "not_ready", "state"),
    [(3, 0, NORMAL), (0, 1, FULL), (0, 5, FULL), (1, 2, NORMAL), (2, 3, PARTIAL), (3, 3, NORMAL), (0, 0, NORMAL)],
)
def test_zone_state(ready: int, not_ready: int, state: str) -> None:
    assert zone_state(ready, not_ready)[0] == state


@pytest.mark.parametrize(
    ("own", "zones", "nodes", "interval"),
    [
        (NORMAL, [NORMAL, NORMAL], 5, (10 * S, "NodeEvictionRate")),
        (FULL, [FULL, NORMAL], 5, (10 * S, "NodeEvictionRate")),
        (FULL, [FULL, FULL], 5, (None, "AllZonesFullyDisrupted")),
        (FULL, [FULL], 1, (None, "AllZonesFullyDisrupted")),
        (PARTIAL, [PARTIAL, NORMAL], 50, (None, "ZoneMostlyUnhealthy")),
        (PARTIAL, [PARTIAL, NORMAL], 51, (100 * S, "SecondaryNodeEvictionRate")),
    ],
)
def test_taint_interval(own: Any, zones: Any, nodes: int, interval: tuple[int | None, str]) -> None:
    assert taint_interval(own, zones, nodes) == interval


KEY = "node.kubernetes.io/unreachable"


@pytest.mark.parametrize(
    ("tolerations", "stays"),
    [
        ([], (300 * S, "DefaultTolerationSeconds")),
        ([{"key": KEY, "operator": "Exists", "effect": "NoSchedule"}], (300 * S, "DefaultTolerationSeconds")),
        ([{"key": KEY, "operator": "Equal", "value": "x"}], (300 * S, "DefaultTolerationSeconds")),
        ([{"key": KEY, "effect": "NoExecute"}], (None, "ToleratedForEver")),
        ([{"operator": "Exists"}], (None, "ToleratedForEver")),
        ([{"key": KEY, "operator": "Exists", "tolerationSeconds": 30}], (30 * S, "TolerationSeconds")),
        (
            [{"operator": "Exists"}, {"key": KEY, "operator": "Exists", "tolerationSeconds": 0}],
            (0, "TolerationSeconds"),
        ),
        ([{"key": KEY, "operator": "Exists", "tolerationSeconds": -1}], (0, "TolerationSeconds")),
    ],
)
def test_toleration(tolerations: list[dict[str, Any]], stays: tuple[int | None, str]) -> None:
    assert toleration_ns(tolerations) == stays


@pytest.mark.parametrize(("deleted_s", "gone_s"), [(100, 140), (101, 160), (120, 160)])
def test_orphans(deleted_s: int, gone_s: int) -> None:
    assert orphans_deleted(deleted_s * S) == (gone_s * S, "DeletionByPodGC")


@pytest.mark.parametrize(("u", "after_s"), [(0.5, 60 * math.log(2)), (1 - math.exp(-1), 60), (1e-12, 6e-11)])
def test_next_strike(u: float, after_s: float) -> None:
    assert next_strike(60 * S, u)[0] == pytest.approx(after_s * S, rel=1e-6, abs=1)


@pytest.mark.parametrize(
    ("candidates", "named", "u", "who"),
    [
        (["a", "b"], None, 0.49, ("a", "Drawn")),
        (["a", "b"], None, 0.51, ("b", "Drawn")),
        (["a", "b"], "b", 0.1, ("b", "Named")),
        (["a"], "c", 0.1, (None, "NotThere")),
        ([], None, 0.1, (None, "NoCandidate")),
    ],
)
def test_struck(candidates: list[str], named: str | None, u: float, who: tuple[str | None, str]) -> None:
    assert struck(candidates, named, u) == who
