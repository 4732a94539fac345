"""Checks of roll-outs: is there something to deploy, at a time that is simulated, in a way that its kind can."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from fvcapacity.scenario.cluster import ClusterObjects, Workload
from fvcapacity.scenario.finding import Finding, Path, did_you_mean
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.rollouts import DEPLOYABLE, Rollout
from fvcapacity.scenario.serving import serving_workload
from fvcapacity.scenario.topology import Topology

_SECTIONS = {"canary": "canary", "blue_green": "blue-green"}


def check_rollout_times(file: ScenarioFile, zone: ZoneInfo) -> Iterator[Finding]:
    """Yield what is wrong with when things are deployed."""
    seen: dict[tuple[str, int], int] = {}
    for number, rollout in enumerate(file.rollouts):
        path: Path = ("rollouts", number, "at")
        try:
            begin, start = epoch_ns(rollout.at, zone), epoch_ns(file.window.start, zone)
        except ValueError as error:
            yield Finding("scenario", path, str(error), "give the time with its offset", rule="time-zone")
            continue
        if not start - file.window.warm_up <= begin < start + file.window.duration:
            message = f"{rollout.deploy} is deployed outside of the window: nothing happens"
            hint = "move the roll-out or the window"
            yield Finding("scenario", path, message, hint, severity="note", rule="rollout-outside")
        if seen.setdefault((rollout.deploy, begin), number) != number:
            message = f"{rollout.deploy} is deployed twice at this time"
            yield Finding("scenario", path, message, "put both changes into one roll-out", rule="rollout-twice")


def check_rollouts(file: ScenarioFile, topology: Topology, cluster: ClusterObjects) -> Iterator[Finding]:
    """Yield what does not fit between roll-outs and the manifests."""
    workloads = {workload.key: workload for workload in cluster.workloads}
    serving = {w.key for w in (serving_workload(cluster, name) for name in topology.services) if w is not None}
    for number, rollout in enumerate(file.rollouts):
        path: Path = ("rollouts", number)
        workload = workloads.get(rollout.deploy)
        if workload is None:
            known = [key for key in workloads if key.partition("/")[0] in DEPLOYABLE]
            message = f"the manifests have no {rollout.deploy!r}"
            hint = did_you_mean(rollout.deploy, known, otherwise="write kind/name, like deployment/order-service")
            yield Finding("scenario", (*path, "deploy"), message, hint, rule="unknown-workload")
            continue
        yield from _kind(rollout, workload, path)
        yield from _sections(rollout, path)
        if rollout.deploy not in serving:
            yield from _needs_requests(rollout, path)


def _kind(rollout: Rollout, workload: Workload, path: Path) -> Iterator[Finding]:
    if rollout.deploy.partition("/")[0] not in DEPLOYABLE:
        message = f"a {workload.kind} has no roll-outs"
        hint = f"deployable kinds: {', '.join(DEPLOYABLE)}"
        yield Finding("scenario", (*path, "deploy"), message, hint, rule="not-deployable")
    elif workload.kind != "Deployment" and rollout.strategy is not None:
        message = f"a {workload.kind} replaces its pods in place; it knows no {rollout.strategy!r}"
        hint = "leave the strategy out; updateStrategy of the manifest counts"
        yield Finding("scenario", (*path, "strategy"), message, hint, rule="rollout-strategy")
    elif workload.kind == "DaemonSet" and workload.strategy == "RollingUpdate" and workload.max_surge not in (0, "0%"):
        message = f"{workload.key} rolls out with maxSurge {workload.max_surge}, which is not modelled for DaemonSets"
        hint = "set maxUnavailable instead"
        yield Finding("scenario", (*path, "deploy"), message, hint, rule="rollout-strategy")


def _sections(rollout: Rollout, path: Path) -> Iterator[Finding]:
    for section, strategy in _SECTIONS.items():
        if getattr(rollout, section) is not None and rollout.strategy != strategy:
            message = f"{section} is given, but the strategy is {rollout.strategy or 'the one of the manifest'}"
            hint = f"write strategy: {strategy}, or remove it"
            yield Finding("scenario", (*path, section), message, hint, rule="rollout-strategy", at_key=True)
    if rollout.strategy == "canary" and rollout.canary is None:
        hint = "add canary: {steps: [{weight: 10, pause: 10m}]}"
        message = "a canary needs its steps"
        yield Finding("scenario", (*path, "strategy"), message, hint, rule="rollout-strategy")


def _needs_requests(rollout: Rollout, path: Path) -> Iterator[Finding]:
    asked = [("demand", rollout.demand != 1), ("error_percent", rollout.error_percent != 0)]
    asked += [("strategy", rollout.strategy in ("canary", "blue-green"))]
    for field, given in asked:
        if given:
            message = f"{rollout.deploy} serves no request of the topology, so that {field} means nothing"
            yield Finding("scenario", (*path, field), message, "leave it out", rule="rollout-without-requests")
