"""Pods that need machines: groups of equal ones with how many there are in each phase, and the DaemonSets."""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.control.pods import scheduling_pod
from fvcapacity.control.shapes import pod_shape
from fvcapacity.decisions.scheduler import SchedulingPod
from fvcapacity.frozen import Frozen, replace
from fvcapacity.program.compile import compile_program
from fvcapacity.recommend.offers import SPOT_TAINT
from fvcapacity.scenario.cluster import Workload
from fvcapacity.scenario.model import Scenario

_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_SPOT_TOLERATION = {**SPOT_TAINT, "operator": "Equal"}


class PodGroup(Frozen):
    """Equal pods.

    Attributes
    ----------
    name
        ``kind/name`` of their workload.
    pod
        One of them, as the scheduler sees it.
    counts
        Phase to how many there are.
    stateful
        Whether they keep data: such pods go to no spot machine, and may get pools of their own.
    """

    name: str
    pod: SchedulingPod
    counts: Mapping[str, int]
    stateful: bool = False

    def pods(self, phase: str) -> list[SchedulingPod]:
        """Return the pods of a phase by their names."""
        return [replace(self.pod, name=f"{self.pod.name}-{i}") for i in range(self.counts.get(phase, 0))]


def pod_groups(
    scenario: Scenario, replicas: Mapping[str, Mapping[str, int]], *, spot: bool = False
) -> tuple[tuple[PodGroup, ...], tuple[SchedulingPod, ...]]:
    """Return the groups of a scenario's workloads, and a pod of each DaemonSet.

    Parameters
    ----------
    replicas
        Phase to workload (``deployment/web``) to its pods; a workload that is not named has those of its manifest.
    spot
        Let pods that keep no data tolerate spot machines.
    """
    program = compile_program(scenario.topology, scenario.cluster)
    groups, daemons = [], []
    for workload in scenario.cluster.workloads:
        if workload.kind in ("Job", "CronJob"):
            continue
        shape = pod_shape(workload, scenario.topology, program, scenario.cluster.namespaces)
        pod = scheduling_pod(workload, shape, workload.name, ())
        if workload.kind == "DaemonSet":
            daemons.append(pod)
            continue
        stateful = keeps_data(workload)
        if spot and not stateful:
            pod = preferring_spot(pod)
        written = 1 if workload.replicas is None else workload.replicas
        counts = {phase: known.get(workload.key, written) for phase, known in replicas.items()}
        groups.append(PodGroup(workload.key, pod, counts, stateful))
    # the scheduler's queue: by priority, then in the order of creation
    return tuple(sorted(groups, key=lambda group: -group.pod.priority)), tuple(daemons)


def preferring_spot(pod: SchedulingPod) -> SchedulingPod:
    """Return a pod that goes to a spot machine where there is one, and elsewhere else.

    Without the preference it would take the room of those that must not be interrupted.
    """
    before = pod.affinity.get("nodeAffinity") or {}
    term = {
        "weight": 100,
        "preference": {"matchExpressions": [{"key": SPOT_TAINT["key"], "operator": "In", "values": ["true"]}]},
    }
    preferred = [*(before.get(_PREFERRED) or ()), term]
    return replace(
        pod,
        tolerations=(*pod.tolerations, _SPOT_TOLERATION),
        affinity={**pod.affinity, "nodeAffinity": {**before, _PREFERRED: preferred}},
    )


def keeps_data(workload: Workload) -> bool:
    """Tell whether pods of a workload have volumes that outlive them."""
    return workload.kind == "StatefulSet" or bool(workload.claim_templates or workload.template.volume_claims)
