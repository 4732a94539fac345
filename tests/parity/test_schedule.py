"""Planned minimums under load, both planes whole: they act at their times, and the same on both."""

from __future__ import annotations

from pathlib import Path

from fvcapacity.inputs import load_scenario
from tests.parity.test_rollouts import NS, both
from tests.support.shops import COUNTS, HPA, MANIFESTS, SCENARIO, TOPOLOGY

SCHEDULE = """\
schedule:
  - {at: 2026-02-14T18:01:00, values: {hpa/shop.min: 5, nodes/general.minimum: 2}}
  - {at: 2026-02-14T18:03:00, values: {hpa/shop.min: 1}}
"""
AT_ONCE = "  behavior: {scaleDown: {stabilizationWindowSeconds: 0}}\n"


def test_both_planes_play_a_schedule_alike(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "shop.yaml").write_text(MANIFESTS + HPA + AT_ONCE)
    (tmp_path / "topology.yaml").write_text(TOPOLOGY)
    (tmp_path / "counts.csv").write_text(COUNTS)
    log = "requests: {start: 2026-02-14T18:00:00, duration: 5m}\n"
    (tmp_path / "scenario.yaml").write_text(SCENARIO + log + SCHEDULE)
    seen = both(load_scenario(tmp_path / "scenario.yaml"))
    assert seen.when("ScheduledChange") == [60, 60, 180]
    scaled = [e for e in seen.outcome.history.hpas if e.desired != e.current]
    up = next(sample for sample in scaled if sample.desired == 5)
    assert up.time_ns / NS == 67.5  # the HPA's next sync
    assert any(sample.current == 5 and sample.time_ns / NS >= 187.5 for sample in scaled)
    assert [(node.created_ns, node.ready_ns) for node in seen.outcome.history.nodes][1] == (60 * NS, 150 * NS)
    assert seen.failed(0, 180) == 0
