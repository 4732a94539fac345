"""New versions coming in under load, both planes whole: each case must show its phenomenon, and the same on both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fvcapacity import run
from fvcapacity.dataplane.statistics import Cause
from fvcapacity.inputs import load_scenario
from fvcapacity.program.compile import compile_program
from fvcapacity.results.outcome import RunOutcome
from fvcapacity.scenario.model import Scenario
from tests.support.shops import COUNTS, MANIFESTS, SCENARIO, TOPOLOGY
from tests.support.shops import HPA as SHOP_HPA

SHOP = """
      containers:
        - name: shop
"""
READY = """
      containers:
        - name: shop
          readinessProbe: {httpGet: {path: /, port: 3000}, initialDelaySeconds: 5, periodSeconds: 5}
"""
HPA = SHOP_HPA.replace("minReplicas: 1", "minReplicas: 2")
NS = 10**9


@dataclass
class Seen:
    """What a run shows: every request, and what control did."""

    outcome: RunOutcome

    @property
    def requests(self) -> np.ndarray[Any, Any]:
        assert self.outcome.requests is not None
        return self.outcome.requests

    def causes(self, begin_s: float = 0, end_s: float = 300) -> dict[int, int]:
        arrived = self.requests[:, 2] / NS
        inside = self.requests[(arrived >= begin_s) & (arrived < end_s)]
        return {
            int(cause): int(count) for cause, count in zip(*np.unique(inside[:, 4], return_counts=True), strict=True)
        }

    def failed(self, begin_s: float = 0, end_s: float = 300) -> int:
        return sum(count for cause, count in self.causes(begin_s, end_s).items() if cause)

    def slowed(self, begin_s: float, end_s: float) -> float:
        arrived = self.requests[:, 2] / NS
        inside = self.requests[(arrived >= begin_s) & (arrived < end_s)]
        return float(np.median(inside[:, 3])) / 1e6

    def reasons(self) -> list[str]:
        return [event.reason for event in self.outcome.history.events]

    def when(self, reason: str) -> list[int]:
        return [round(event.time_ns / NS) for event in self.outcome.history.events if event.reason == reason]

    def pods(self) -> dict[int, int]:
        """How many pods of each version are alive in the end."""
        alive = [pod.revision for pod in self.outcome.history.pods if pod.deleted_ns is None]
        return {revision: alive.count(revision) for revision in sorted({*alive})}


NO_ENDPOINT, REFUSED, ERROR_RESPONSE = int(Cause.NO_ENDPOINT), int(Cause.CONNECTION_REFUSED), int(Cause.ERROR_RESPONSE)
SURGE = "\n  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}"


def scenario(
    home: Path,
    rollout: str,
    *,
    spec: str = "",
    pre_stop: bool = False,
    more: str = "",
    kind: str = "Deployment",
    requests: int = 540,
) -> Scenario:
    """A shop of three pods and some 9 requests a second, with a new version after a minute."""
    changed = MANIFESTS.replace("replicas: 1", f"replicas: 3{spec}")
    changed = changed.replace("kind: Deployment", f"kind: {kind}").replace(SHOP, READY) + more
    if pre_stop:
        changed = changed.replace(
            "name: shop\n          readiness",
            "name: shop\n          lifecycle: {preStop: {sleep: {seconds: 5}}}\n          readiness",
        )
    (home / "manifests").mkdir(exist_ok=True)
    (home / "manifests" / "shop.yaml").write_text(changed)
    (home / "topology.yaml").write_text(TOPOLOGY)
    (home / "counts.csv").write_text(COUNTS.replace(",90", f",{requests}"))
    text = SCENARIO.replace("count: 1", "count: 2")
    log = "requests: {start: 2026-02-14T18:00:00, duration: 5m}\n"
    key = f"{kind.lower()}/shop"
    text += f"{log}rollouts: [{{deploy: {key}, at: 2026-02-14T18:01:00, {rollout}}}]\n"
    (home / "scenario.yaml").write_text(text)
    return load_scenario(home / "scenario.yaml")


def both(whole: Scenario) -> Seen:
    """Run both planes; all that they count, write down and lead control to must be the same."""
    outcomes = []
    for plane in ("simpy", "fast"):
        as_run = run.as_run(whole, seed=None, plane=plane)
        outcomes.append(run.run_replication(as_run, compile_program(as_run.topology, as_run.cluster), 0))
    reference, fast = outcomes
    assert reference.history.events == fast.history.events
    assert reference.history == fast.history
    assert np.array_equal(reference.requests, fast.requests)
    for name, ours, theirs in zip(reference.statistics._fields, reference.statistics, fast.statistics, strict=True):
        assert np.array_equal(ours, theirs), name
    return Seen(reference)


Shows = Callable[[Seen], bool]
CASES: dict[str, tuple[dict[str, Any], Shows]] = {
    "a rolling update loses what proxies send to pods that have had SIGTERM": (
        {"rollout": "demand: 1.2", "spec": SURGE},
        lambda seen: (
            0 < seen.causes(60, 100).get(REFUSED, 0) == seen.failed() < 20 and seen.pods() == {2: 3}
            and seen.reasons().count("ScalingReplicaSet") == 6
        ),
    ),
    "a rolling update under load loses no request when pods wait before they end": (
        {"rollout": "demand: 1.2", "spec": SURGE, "pre_stop": True},
        lambda seen: seen.failed() == 0 and seen.pods() == {2: 3},
    ),
    "a recreate has a gap of errors": (
        {"rollout": "strategy: recreate"},
        lambda seen: (
            seen.causes(60, 90).get(NO_ENDPOINT, 0) > 50 and seen.failed(0, 55) == seen.failed(120) == 0
            and seen.pods() == {2: 3}
        ),
    ),
    "a canary goes on with errors that the rule allows": (
        {
            "rollout": "error_percent: 20, strategy: canary, canary: {steps: [{weight: 10, pause: 1m}, {weight: 30, pause: 2m}],"
            " abort: {error_percent: 30, minimum_requests: 20, interval: 20s}}"
        },
        lambda seen: seen.causes().get(ERROR_RESPONSE, 0) > 20 and not seen.when("RolloutAborted"),
    ),
    "a canary whose version fails is taken back, and nothing fails any more": (
        {
            "rollout": "error_percent: 20, strategy: canary, canary: {steps: [{weight: 10, pause: 1m}, {weight: 30, pause: 2m}],"
            " abort: {error_percent: 5, minimum_requests: 20, interval: 20s}}"
        },
        lambda seen: (
            len(seen.when("RolloutAborted")) == 1 and 0 < seen.failed() < 30 and seen.pods() == {1: 3}
            and seen.failed(seen.when("RolloutAborted")[0] + 2) == 0
        ),
    ),
    "a canary that is good takes over": (
        {"rollout": "strategy: canary, canary: {steps: [{weight: 20, pause: 30s}, {weight: 50, pause: 30s}], abort: {p95_ms: 2000}}"},
        lambda seen: seen.failed() == 0 and seen.pods() == {2: 3} and len(seen.when("TrafficWeightUpdated")) == 2,
    ),
    "blue/green switches at once, and all requests cost more from then on": (
        {"rollout": "demand: 2, strategy: blue-green, blue_green: {keep: 40s}", "requests": 200},
        lambda seen: (
            seen.failed() == 0 and seen.pods() == {2: 3} and seen.slowed(90, 300) > 1.7 * seen.slowed(0, 60)
        ),
    ),
    "an autoscaler in the middle of a rolling update": (
        {"rollout": "demand: 3", "more": HPA, "requests": 700},
        lambda seen: "SuccessfulRescale" in seen.reasons() and 2 in seen.pods(),
    ),
    "a StatefulSet is updated from the top": (
        {"rollout": "demand: 1.1", "kind": "StatefulSet"},
        lambda seen: seen.pods() == {2: 3} and len(seen.when("SuccessfulDelete")) == 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_both_planes_roll_out_alike(name: str, tmp_path: Path) -> None:
    given, shows = CASES[name]
    seen = both(scenario(tmp_path, **given))
    assert shows(seen), "the phenomenon of this case did not occur"
