"""A run that is cut anywhere and goes on from what was kept ends as if nothing had happened."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fvcapacity as fv
from fvcapacity import checkpoint, run
from fvcapacity.control.control_plane import ControlPlane
from fvcapacity.dataplane.fast.plane import FastPlane
from fvcapacity.program.compile import compile_program
from fvcapacity.scenario.model import Scenario

ROOT = Path(__file__).resolve().parents[2]
MINUTE_NS = 60 * 10**9


@pytest.fixture(scope="module")
def evening() -> Scenario:
    """Eight minutes in which replicas come, pods start, and a node is ordered."""
    overrides = {"window.start": "2026-02-14T18:00:00", "window.duration": "3m", "window.warm_up": "5m"}
    return fv.load_scenario(ROOT / "scenarios" / "valentines.yaml", overrides=overrides)


def both_planes(scenario: Scenario) -> tuple[FastPlane, ControlPlane, int]:
    program = compile_program(scenario.topology, scenario.cluster)
    window = scenario.file.window
    end = window.warm_up + window.duration
    plane = FastPlane(program, run._source(scenario, program, 1), 1, end)
    control = ControlPlane(scenario, program, 1, end)
    control.observe = plane.observe
    return plane, control, end


def step(plane: FastPlane, control: ControlPlane, end: int) -> None:
    """One turn of the run loop."""
    until = min(control.next_event_time(), end)
    event = plane.advance(until)
    now = event.time_ns if event else until
    if event is not None or now < end:
        control.run_to(now, event)
    plane.apply(control.take_commands())


def test_a_round_trip_at_every_control_event_changes_nothing(evening: Scenario) -> None:
    plane, control, end = both_planes(evening)
    plane.apply(control.take_commands())
    while plane.now < end:
        step(plane, control, end)

    kept_plane, kept_control, _ = both_planes(evening)
    kept_plane.apply(kept_control.take_commands())
    trips = 0
    while kept_plane.now < end:
        step(kept_plane, kept_control, end)
        kept = pickle.loads(pickle.dumps((kept_plane.checkpoint(), kept_control.checkpoint())))
        kept_plane, kept_control, _ = both_planes(evening)
        run._resume(kept_plane, kept_control, kept)
        trips += 1
    for one in (plane, kept_plane):
        one.finish()
    assert trips > 100
    for name, array in plane.statistics._asdict().items():
        assert np.array_equal(array, getattr(kept_plane.statistics, name)), name
    assert kept_control.history == control.history
    assert any(event.reason == "SuccessfulRescale" for event in control.history.events)


@pytest.fixture
def daily(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Days of two minutes, and a cache directory of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for module, name in ((checkpoint, "INTERVAL_NS"), (run, "CHECKPOINT_INTERVAL_NS")):
        monkeypatch.setattr(module, name, 2 * MINUTE_NS)
    return tmp_path / "fvcapacity" / "checkpoints"


def test_an_interrupted_run_goes_on_from_its_last_day(evening: Scenario, daily: Path) -> None:
    program = compile_program(evening.topology, evening.cluster)
    whole = run.run_replication(evening, program, 0)
    run.Checkpoints(evening).forget()

    def interrupt(update: object) -> None:
        if update.time_ns > 5 * MINUTE_NS:  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    cut = run.run_replication(evening, program, 0, interrupt)
    assert not cut.complete
    assert len(list(daily.rglob("*.pickle.gz"))) == 1
    seen: list[int] = []
    resumed = run.run_replication(evening, program, 0, lambda update: seen.append(update.time_ns))
    assert seen[0] >= 4 * MINUTE_NS, "the first four minutes were not run again"
    for name, array in whole.statistics._asdict().items():
        assert np.array_equal(array, getattr(resumed.statistics, name)), name
    assert resumed.history == whole.history


def test_a_finished_replication_is_not_run_again_and_forgotten_with_the_result(evening: Scenario, daily: Path) -> None:
    program = compile_program(evening.topology, evening.cluster)
    run.run_replication(evening, program, 0)
    seen: list[object] = []
    run.run_replication(evening, program, 0, seen.append)
    assert not seen
    fv.simulate(evening, replications=1)
    assert not list(daily.rglob("*.pickle.gz"))


def test_another_seed_or_patch_is_another_run(evening: Scenario, daily: Path) -> None:
    one = checkpoint.Checkpoints(evening).directory
    slower = evening.file.model_copy(update={"time_zone": "Europe/Madrid"})
    fewer = replace(evening.cluster, workloads=evening.cluster.workloads[1:])
    assert checkpoint.Checkpoints(replace(evening, file=slower)).directory != one
    assert checkpoint.Checkpoints(replace(evening, cluster=fewer)).directory != one
    assert checkpoint.Checkpoints(evening).directory == one


def test_a_damaged_checkpoint_is_none(evening: Scenario, daily: Path) -> None:
    program = compile_program(evening.topology, evening.cluster)
    outcome = run.run_replication(evening, program, 0)
    path = next(daily.rglob("*.pickle.gz"))
    path.write_bytes(path.read_bytes()[:1000])
    assert checkpoint.Checkpoints(evening).load(0, outcome.seed) is None


KILLED = """
import sys
from fvcapacity import checkpoint, run
import fvcapacity as fv
checkpoint.INTERVAL_NS = run.CHECKPOINT_INTERVAL_NS = 60 * 10**9
overrides = {"window.start": "2026-02-14T18:00:00", "window.duration": "30m", "window.warm_up": "5m"}
scenario = fv.load_scenario(sys.argv[1], overrides=overrides)
result = fv.simulate(scenario, replications=2)
print(result.to_json())
"""


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", KILLED, str(ROOT / "scenarios" / "valentines.yaml")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)


def test_killed_at_any_moment_it_ends_the_same(tmp_path: Path) -> None:
    """SIGKILL after the first checkpoints, then again, then to the end."""
    from fvcapacity.semantics.jit import ready_mark

    compiled = {"NUMBA_CACHE_DIR": str(ready_mark("fast-plane").parent)}
    environment = {**os.environ, **compiled, "XDG_CACHE_HOME": str(tmp_path)}
    untouched, _ = start({**environment, "XDG_CACHE_HOME": str(tmp_path / "other")}).communicate()
    checkpoints = tmp_path / "fvcapacity" / "checkpoints"
    for kept in (2, 3):
        process = start(environment)
        deadline = time.monotonic() + 120
        written: set[tuple[str, int]] = set()
        while len(written) < kept and process.poll() is None and time.monotonic() < deadline:
            written |= {(path.name, path.stat().st_mtime_ns) for path in checkpoints.rglob("*.pickle.gz")}
            time.sleep(0.005)
        assert process.poll() is None, "it was over before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
    resumed, _ = start(environment).communicate()
    assert resumed == untouched
    assert len(untouched) > 1000
