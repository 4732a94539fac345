"""Faults in the scenario file: every mistake is told with its line, all at once."""

from __future__ import annotations

from pathlib import Path

from tests.unit.inputs.test_scenario_loader import change, home, load, refused  # noqa: F401  (a fixture)

DB = "  shop:\n    disk_iops: 100\n"


def write(home: Path, faults: str) -> int:  # noqa: F811
    """Append faults to the scenario; return the number of the line before the first."""
    text = (home / "scenario.yaml").read_text() + "faults:\n"
    (home / "scenario.yaml").write_text(text + faults)
    return text.count("\n")


def test_all_kinds_are_read(home: Path) -> None:  # noqa: F811
    change(home, "topology.yaml", "  shop:\n", DB)
    write(
        home,
        """\
  - {kind: node-loss, at: 2026-02-14T18:01:00, node: general-1}
  - {kind: node-loss, every: 6h, pool: general, duration: 10m}
  - {kind: zone-loss, at: 2026-02-14T18:01:00, zone: zone-1, duration: 20m}
  - {kind: pod-kill, every: 30m, workload: deployment/shop}
  - {kind: slow-down, service: shop, factor: 3, at: 2026-02-14T18:01:00, duration: 10m}
  - {kind: fail-over, service: shop, at: 2026-02-14T18:01:00, duration: 45s}
  - {kind: saturated-volume, service: shop, iops_percent: 20, at: 2026-02-14T18:01:00, duration: 1m}
  - {kind: dns-latency, add: 200ms, share: 0.05, at: 2026-02-14T18:01:00, duration: 1m}
""",
    )
    scenario = load(home)
    assert [fault.kind for fault in scenario.file.faults] == [
        "node-loss", "node-loss", "zone-loss", "pod-kill", "slow-down", "fail-over", "saturated-volume", "dns-latency",
    ]  # fmt: skip
    assert not [text for text in scenario.findings if "faults" in text]


def test_wrong_fields_are_told_with_their_lines(home: Path) -> None:  # noqa: F811
    line = write(
        home,
        """\
  - {kind: pod-kill, workload: deployment/shop}
  - {kind: pod-kill, at: 2026-02-14T18:01:00, every: 5m}
  - {kind: slow-down, at: 2026-02-14T18:01:00, service: shop, factor: -1, duration: 5m}
  - {kind: node-lost, at: 2026-02-14T18:01:00}
  - {kind: dns-latency, at: 2026-02-14T18:01:00, add: 5, duration: 1m}
""",
    )
    told = refused(home)
    for number, words in enumerate(["exactly one of at", "exactly one of at", "-1", "node-lost", "5 has no unit"], 1):
        here = [text for text in told.splitlines() if f"scenario.yaml:{line + number}:" in text]
        assert here, (number, told)
        assert words in "\n".join(told.splitlines()), told


def test_what_is_not_there_is_told_with_what_is(home: Path) -> None:  # noqa: F811
    line = write(
        home,
        """\
  - {kind: pod-kill, every: 5m, workload: deployment/shopp}
  - {kind: fail-over, at: 2026-02-14T18:01:00, service: sohp, duration: 5m}
  - {kind: zone-loss, at: 2026-02-14T18:01:00, zone: zone-9}
  - {kind: node-loss, at: 2026-02-14T18:01:00, node: special-1}
  - {kind: node-loss, at: 2026-02-14T18:01:00, pool: genera}
  - {kind: dns-latency, at: 2026-02-14T18:01:00, add: 5ms, duration: 2m, services: [shop, mail]}
  - {kind: dns-latency, at: 2026-02-14T18:02:00, add: 5ms, duration: 2m}
""",
    )
    told = refused(home)
    for number, words in enumerate(
        [
            "there is no workload 'deployment/shopp'",
            "there is no service 'sohp'",
            "there is no zone 'zone-9'",
            "there is never a node 'special-1'",
            "there is no node pool 'genera'",
            "there is no service 'mail'",
            "another dns-latency lasts at the same time",
        ],
        1,
    ):
        assert any(f"scenario.yaml:{line + number}:" in text and words in text for text in told.splitlines()), told
    assert "did you mean 'deployment/shop'?" in told


def test_what_changes_nothing_is_a_warning(home: Path) -> None:  # noqa: F811
    write(
        home,
        """\
  - {kind: fail-over, at: 2026-02-14T18:02:00, service: shop, duration: 5m}
  - {kind: saturated-volume, at: 2026-02-14T18:01:00, service: shop, iops_percent: 10, duration: 1m}
  - {kind: node-loss, at: 2026-02-14T18:01:00, node: general-1, pool: general}
""",
    )
    told = "\n".join(load(home).findings)
    for words in ("it never happens", "has no limit of operations", "the pool has no effect"):
        assert words in told
