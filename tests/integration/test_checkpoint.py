"""A run that is cut anywhere and goes on from what was kept ends as if nothing had happened."""

from __future__ import annotations

import json
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
from fvcapacity.program.program import Program
from fvcapacity.results.outcome import ProgressUpdate
from fvcapacity.scenario.model import Scenario

ROOT = Path(__file__).resolve().parents[2]
MINUTE_NS = 60 * 10**9


@pytest.fixture(scope="module")
def evening() -> Scenario:
    """Six minutes in which replicas come, pods start, and a node is ordered."""
    overrides = {"window.start": "2026-02-14T18:00:00", "window.duration": "1m", "window.warm_up": "5m"}
    return fv.load_scenario(ROOT / "scenarios" / "valentines.yaml", overrides=overrides)


ROLLOUTS = {
    "rolling": [{"deploy": "deployment/product-service", "demand": 1.2}, {"deploy": "statefulset/mongodb"}],
    "canary": [
        {
            "deploy": "deployment/auth-service",
            "demand": 1.6,
            "strategy": "canary",
            "canary": {
                "steps": [{"weight": 30, "pause": "40s"}, {"weight": 60, "pause": "2m"}],
                "abort": {"p95_ms": 300, "interval": "20s", "failure_limit": 2},
            },
        }
    ],
    "blue-green": [
        {"deploy": "deployment/cart-service", "strategy": "blue-green", "blue_green": {"switch": "30s", "keep": "1m"}}
    ],
}
SIGNS = {"rolling": "NewReplicaSetAvailable", "canary": "RolloutAborted", "blue-green": "RolloutCompleted"}


@pytest.fixture(params=["canary", "rolling", "blue-green"])
def deployed(request: pytest.FixtureRequest) -> tuple[Scenario, str]:
    """Six minutes in which a new version comes in, and what shows that it did."""
    overrides = {"window.start": "2026-02-14T18:00:00", "window.duration": "1m", "window.warm_up": "5m"}
    rollouts = [
        {**rollout, "at": f"2026-02-14T17:55:{10 + 30 * i}"} for i, rollout in enumerate(ROLLOUTS[request.param])
    ]
    scenario = fv.load_scenario(ROOT / "scenarios" / "valentines.yaml", overrides={**overrides, "rollouts": rollouts})
    return scenario, SIGNS[request.param]


def both_planes(scenario: Scenario, program: Program) -> tuple[FastPlane, ControlPlane, int]:
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
    control = round_trips(evening)
    assert any(event.reason == "SuccessfulRescale" for event in control.history.events)


@pytest.mark.long
def test_a_round_trip_in_the_middle_of_a_roll_out_changes_nothing(deployed: tuple[Scenario, str]) -> None:
    scenario, sign = deployed
    control = round_trips(scenario)
    assert any(event.reason == sign for event in control.history.events)


@pytest.mark.long
def test_a_round_trip_while_a_schedule_is_played_changes_nothing() -> None:
    overrides = {"window.start": "2026-02-14T18:00:00", "window.duration": "1m", "window.warm_up": "5m"}
    schedule = [
        {"at": "2026-02-14T17:56:00", "values": {"hpa/cart-service.min": 5, "nodes/general.minimum": 5}},
        {"at": "2026-02-14T17:59:00", "values": {"hpa/cart-service.min": 2}},
    ]
    scenario = fv.load_scenario(ROOT / "scenarios" / "valentines.yaml", overrides={**overrides, "schedule": schedule})
    control = round_trips(scenario)
    assert sum(event.reason == "ScheduledChange" for event in control.history.events) == 3


def round_trips(scenario: Scenario) -> ControlPlane:
    """Run once through, and once with a round trip through a checkpoint at every event; both must end alike."""
    program = compile_program(scenario.topology, scenario.cluster)
    plane, control, end = both_planes(scenario, program)
    plane.apply(control.take_commands())
    while plane.now < end:
        step(plane, control, end)

    kept_plane, kept_control, _ = both_planes(scenario, program)
    kept_plane.apply(kept_control.take_commands())
    trips = 0
    while kept_plane.now < end:
        step(kept_plane, kept_control, end)
        kept = pickle.loads(pickle.dumps((kept_plane.checkpoint(), kept_control.checkpoint())))
        kept_plane, kept_control, _ = both_planes(scenario, program)
        kept_plane.resume(kept[0])
        kept_control.resume(kept[1])
        kept_control.observe = kept_plane.observe
        trips += 1
    for one in (plane, kept_plane):
        one.finish()
    assert trips > 100
    for name, array in plane.statistics._asdict().items():
        assert np.array_equal(array, getattr(kept_plane.statistics, name)), name
    assert kept_control.history == control.history
    return control


@pytest.fixture
def daily(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Days of five minutes, and a cache directory of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for module, name in ((checkpoint, "INTERVAL_NS"), (run, "CHECKPOINT_INTERVAL_NS")):
        monkeypatch.setattr(module, name, 5 * MINUTE_NS)
    return tmp_path / "fvcapacity" / "checkpoints"


HOUR = {
    "window.start": "2026-02-14T18:00:00",
    "window.duration": "17m",
    "window.warm_up": "10m",
    "monitoring.interval": "15s",
}
"""Longer than a few of these days, with a warm-up that ends inside one, and written down at short intervals."""


@pytest.fixture(scope="module")
def hour() -> Scenario:
    return fv.load_scenario(ROOT / "scenarios" / "valentines.yaml", overrides=HOUR)


@pytest.fixture(scope="module")
def whole(hour: Scenario) -> fv.Result:
    """Its result when nothing comes between."""
    return fv.simulate(hour, replications=1)


def test_days_that_were_put_away_make_the_same_result(
    hour: Scenario, whole: fv.Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(run, "CHECKPOINT_INTERVAL_NS", 5 * MINUTE_NS)
    program = compile_program(hour.topology, hour.cluster)
    assert len(run.run_replication(hour, program, 0).earlier) == 5
    assert fv.simulate(hour, replications=1) == whole


def test_an_interrupted_run_goes_on_from_its_last_day(hour: Scenario, whole: fv.Result, daily: Path) -> None:
    def interrupt(update: ProgressUpdate) -> None:
        if update.time_ns > 12 * MINUTE_NS:
            raise KeyboardInterrupt

    cut = fv.simulate(hour, replications=1, progress=interrupt)
    assert not cut.complete
    seen: list[int] = []
    resumed = fv.simulate(hour, replications=1, progress=lambda update: seen.append(update.time_ns))
    assert seen[0] >= 10 * MINUTE_NS, "the first two days were not run again"
    assert resumed == whole


def test_a_finished_replication_is_not_run_again_and_forgotten_with_the_result(hour: Scenario, daily: Path) -> None:
    program = compile_program(hour.topology, hour.cluster)
    run.run_replication(hour, program, 0)
    seen: list[object] = []
    run.run_replication(hour, program, 0, seen.append)
    assert not seen
    fv.simulate(hour, replications=1)
    assert not list(daily.rglob("*.pickle.gz"))


def test_another_seed_or_patch_is_another_run(evening: Scenario, daily: Path) -> None:
    one = checkpoint.Checkpoints(evening).directory
    slower = evening.file.model_copy(update={"time_zone": "Europe/Madrid"})
    fewer = replace(evening.cluster, workloads=evening.cluster.workloads[1:])
    assert checkpoint.Checkpoints(replace(evening, file=slower)).directory != one
    assert checkpoint.Checkpoints(replace(evening, cluster=fewer)).directory != one
    assert checkpoint.Checkpoints(evening).directory == one


@pytest.mark.parametrize("which", [0, 1])
def test_what_is_damaged_is_run_again(hour: Scenario, daily: Path, which: int) -> None:
    program = compile_program(hour.topology, hour.cluster)
    outcome = run.run_replication(hour, program, 0)
    path = sorted(daily.rglob("*.pickle.gz"))[which]  # a day, and the replication itself
    path.write_bytes(path.read_bytes()[:1000])
    assert checkpoint.Checkpoints(hour).load(0, outcome.seed) is None


KILLED = """
import json, sys
from fvcapacity import checkpoint, run
import fvcapacity as fv
checkpoint.INTERVAL_NS = run.CHECKPOINT_INTERVAL_NS = 300 * 10**9
scenario = fv.load_scenario(sys.argv[1], overrides=json.loads(sys.argv[2]))
result = fv.simulate(scenario, replications=1)
print(result.to_json())
"""


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", KILLED, str(ROOT / "scenarios" / "valentines.yaml"), json.dumps(HOUR)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)


@pytest.mark.parametrize("kills", [(3,), pytest.param((2, 3), marks=pytest.mark.long)], ids=["once", "twice"])
def test_killed_at_any_moment_it_ends_the_same(whole: fv.Result, tmp_path: Path, kills: tuple[int, ...]) -> None:
    """SIGKILL after so many checkpoints, perhaps again after some more, then to the end."""
    from fvcapacity.semantics.jit import ready_mark

    mark = ready_mark("fast-plane")
    assert mark is not None
    compiled = {"NUMBA_CACHE_DIR": str(mark.parent)}
    environment = {**os.environ, **compiled, "XDG_CACHE_HOME": str(tmp_path)}
    checkpoints = tmp_path / "fvcapacity" / "checkpoints"
    for kept in kills:
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
    assert resumed == whole.to_json() + "\n"
