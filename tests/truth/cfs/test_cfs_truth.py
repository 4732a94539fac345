"""The fast plane against runs that were measured on a real kernel, and the judge against wrong models and files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.dataplane.reference.plane import ReferencePlane
from fvcapacity.semantics.cfs_quota import phase_of
from fvcapacity.semantics.draw import container_identity
from tests.truth.cfs.__main__ import main
from tests.truth.cfs.host import IDEAL
from tests.truth.cfs.judge import Item, Verdict, repeat_percent
from tests.truth.cfs.records import Run, UnknownRecordError, load_runs
from tests.truth.cfs.replay import played
from tests.truth.cfs.runner import Report, run_directory
from tests.truth.cfs.single import respond
from tests.truth.cfs.systems import replay_of

VECTORS = Path(__file__).parent / "vectors"
PHASES = 8

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def report() -> Report:
    return run_directory(VECTORS, phases=PHASES)


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    return {run.id: run for run in load_runs(VECTORS).runs}


def test_every_target_is_met(report: Report) -> None:
    missed = [
        f"{v.system} {v.measure}: {v.median_percent:.1f} %, allowed {v.allowed_percent:.1f} %"
        for v in report.verdicts
        if not v.met
    ]
    assert not missed
    assert report.met
    assert {(v.system, v.measure) for v in report.verdicts} == {
        *((system, measure) for system in ("S1", "S2", "S3", "S4") for measure in ("p50", "p95", "p99")),
        ("all", "throttled"),
    }


def test_throttled_periods_are_not_counted_high_or_low(report: Report) -> None:
    throttled = next(verdict for verdict in report.verdicts if verdict.measure == "throttled")
    assert len(throttled.errors) >= 25
    assert abs(throttled.bias_percent) < 3


def test_only_what_can_be_compared_is_judged(report: Report) -> None:
    why = {item.run: item.passed_over for item in report.items}
    assert why["S1_200m_exp4_poisson_u70_fifo_r0"] == ""
    assert why["S1_200m_exp4_poisson_u30_r0"] == "", "a client of kind lifo at low load"
    assert why["S1_200m_exp4_poisson_u85_r0"].startswith("lifo")
    assert why["S1_200m_exp4_poisson_u95_r2"] == "utilization above 0.93"


# -- against a second way to write it down --------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "name",
    [
        "S1_100m_exp4_poisson_u85_r2",
        "S1_200m_logn1.56_poisson_u50_r0",
        "S1_500m_det4_poisson_u85_r2",
        "S1_1000m_exp4_poisson_u85_r0",
    ],
)
def test_a_loop_without_planes_gives_the_same_to_the_nanosecond(runs: dict[str, Run], name: str, seed: int) -> None:
    replay = replay_of(runs[name], IDEAL)
    assert replay.single_thread is not None
    demands, quota_ns = replay.single_thread
    phase_ns = phase_of(container_identity(seed, "pod-1", 0))
    responses, _ = respond(replay.times_ns.tolist(), demands.tolist(), quota_ns, phase_ns)
    records = played(replay, seed).record_table()
    assert records[np.argsort(records[:, 0]), 3].tolist() == responses


@pytest.mark.parametrize("name", ["S2_200m_w4_exp4_u50_r0", "S3_svcbound_r26_r1", "S4_hog_A20_r0", "S4_A22_B55_r1"])
def test_both_planes_replay_the_same(runs: dict[str, Run], name: str) -> None:
    replay = replay_of(runs[name], IDEAL)
    fast, reference = (played(replay, 5, kind).record_table() for kind in (FastPlane, ReferencePlane))
    assert np.array_equal(fast, reference)


# -- the judge can say no -------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["no-carry-over", "average-rate", "tick", "one-thread", "no-first-slice"])
def test_a_model_that_lacks_a_part_misses(variant: str) -> None:
    assert not run_directory(VECTORS, variant, phases=2).met


def changed(directory: Path, name: str, change: Change, *, document: bool = False) -> Path:
    """Copy a system with every record (or the whole document) changed."""
    shutil.copy(VECTORS / f"{name}_samples.npz", directory)
    content = json.loads((VECTORS / f"{name}.json").read_text())
    for part in [content] if document else content["runs"]:
        change(part)
    (directory / f"{name}.json").write_text(json.dumps(content))
    return directory


def test_a_quota_twice_as_large_misses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = changed(tmp_path, "S2", lambda run: run.update(cpu_quota_millicores=2 * run["cpu_quota_millicores"]))
    assert main([str(directory), "--phases", "2"]) == 1
    assert "MISSED" in capsys.readouterr().out


def test_the_same_file_unchanged_is_met(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = changed(tmp_path, "S4", lambda run: None)
    assert main([str(directory), "--phases", "1"]) == 0
    assert "MISSED" not in capsys.readouterr().out


CHANGES: dict[str, tuple[str, Change]] = {
    "a system nobody knows": ("S2", lambda run: run.update(system="S9")),
    "a setting nobody knows": ("S2", lambda run: run.update(cfs_burst_ms=5)),
    "a field in words that nobody knows": ("S2", lambda run: run.update(cpu_governor="powersave")),
    "a longer period": ("S2", lambda run: run.update(cfs_period_ms=50)),
    "another server": ("S1", lambda run: run.update(server="node http, cluster of 4")),
    "another number of workers": ("S2", lambda run: run.update(worker_threads=8)),
    "another chain": ("S3", lambda run: run.update(topology="client -> gateway x2 -> postgresql")),
    "another container in the chain": ("S3", lambda run: run["cpu_stat"].update(redis=run["cpu_stat"]["gateway_1"])),
    "another neighbour": ("S4", lambda run: run["systems"]["B"].update(server="stress-ng")),
    "a field of a neighbour that nobody knows": ("S4", lambda run: run["systems"]["B"].update(policy="batch")),
    "two CPUs": ("S4", lambda run: run.update(cpu_affinity="0-1")),
    "failed requests": ("S1", lambda run: run.update(n_errors=3)),
    "requests without samples": ("S1", lambda run: run.update(n_requests=run["n_requests"] + 1)),
    "percentiles that the samples do not have": ("S1", lambda run: run["response_time"].update(p50_ms=1.0)),
    "samples of another run": ("S1", lambda run: run.update(run_id="S1_other")),
    "no quota told": ("S1", lambda run: run.pop("cpu_quota_millicores")),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_is_not_known_is_refused(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, change = CHANGES[case]
    assert main([str(changed(tmp_path, name, change)), "--phases", "1"]) == 1
    assert "refused" in capsys.readouterr().err


def test_a_machine_with_other_slices_is_refused(tmp_path: Path) -> None:
    directory = changed(
        tmp_path, "S2", lambda content: content["machine"].update(cfs_bandwidth_slice_ms=1), document=True
    )
    with pytest.raises(UnknownRecordError, match="cfs_bandwidth_slice_ms is 1"):
        load_runs(directory)


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 1


def test_a_measurement_nobody_needs_is_passed_over_and_named(tmp_path: Path) -> None:
    directory = changed(tmp_path, "S2", lambda run: run.update(host_temperature_percent=40, n_retries=0))
    library = load_runs(directory)
    assert {"host_temperature_percent", "n_retries"} <= library.ignored


# -- the arithmetic of the judge ------------------------------------------------------------------------


def item(measured: float, simulated: float, trace: str = "1") -> Item:
    return Item("S1", "run", "", ("condition", trace, "", "p50"), "p50", measured, simulated)


def test_only_repetitions_of_one_trace_say_how_far_measurements_differ() -> None:
    assert repeat_percent([item(10, 0), item(12, 0), item(50, 0, "2")]) == pytest.approx(200 * 2 / 22)
    assert repeat_percent([item(10, 0), item(12, 0, "2")]) is None


@pytest.mark.parametrize(
    ("errors", "repeat", "met"),
    [
        ((4, -4.9, 20), None, True),
        ((4, -6, 20), None, False),
        ((4, -6, 20), 7.0, False),  # 0.7 x 7 = 4.9
        ((4, -6, 20), 9.0, True),
    ],
)
def test_a_target_gives_way_to_what_repetitions_differ_by(
    errors: tuple[float, ...], repeat: float | None, met: bool
) -> None:
    verdict = Verdict("S1", "p50", tuple(item(100, 100 + error) for error in errors), repeat, 5.0)
    assert verdict.met == met
