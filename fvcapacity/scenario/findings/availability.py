"""Rules about probes, disruption budgets and volumes."""

from __future__ import annotations

from collections.abc import Iterator

from fvcapacity.decisions.disruption import allowed_disruptions
from fvcapacity.errors import Problem
from fvcapacity.scenario.cluster import Container, PodDisruptionBudget, Probe, VolumeClaim, Workload
from fvcapacity.scenario.findings.rules import finding
from fvcapacity.scenario.findings.view import View, field_of, running

TIGHT_TIMEOUT_S = 1
TIGHT_TOLERANCE_S = 30
"""A liveness probe that gives up after so long (the API's defaults: 3 failures, 10 s apart) is tight."""
_ONE_NODE = {"ReadWriteOnce", "ReadWriteOncePod"}


def check_availability(view: View) -> Iterator[Problem]:
    """Yield findings about what keeps pods reachable through restarts, drains and releases."""
    served = {id(workload) for item in view.objects.services for workload in view.behind(item)}
    budgets = view.objects.disruption_budgets
    covered = {id(workload) for item in budgets for workload in view.selected(item.selector, item.namespace)}
    for workload in view.objects.workloads:
        yield from _probes(workload, behind_service=id(workload) in served)
        yield from _volumes(view, workload)
        if id(workload) not in covered:
            yield from _without_budget(view, workload)
    for budget in view.objects.disruption_budgets:
        yield from _budget(view, budget)


def _probes(workload: Workload, *, behind_service: bool) -> Iterator[Problem]:
    for container in running(workload):
        if _same_and_tight(container.liveness, container.readiness):
            yield _tight_probe(workload, container)
        for kind in ("liveness", "readiness", "startup"):
            probe: Probe | None = getattr(container, kind)
            if probe is not None and not _has_port(container, probe):
                message = f"the {kind} probe of {container.name} asks port {probe.port!r}, which it does not have"
                hint = f"its ports: {', '.join(container.ports) or 'none'}"
                place = container.places.get(kind, container.location)
                yield finding("unknown-probe-port", message, place, field_of(workload, container, kind), hint)
    ready = any(container.readiness for container in running(workload))
    if behind_service and not ready and workload.kind not in ("Job", "CronJob"):
        message = f"{workload.key} is behind a Service and has no readiness probe"
        hint = "add a readinessProbe: without one a pod gets requests before it can answer them"
        yield finding("no-readiness-probe", message, workload.location, workload.key, hint)


def _has_port(container: Container, probe: Probe) -> bool:
    """Tell whether a probe's port can be found; a number needs no declaration."""
    return not isinstance(probe.port, str) or probe.port.isdigit() or probe.port in container.ports


def _same_and_tight(liveness: Probe | None, readiness: Probe | None) -> bool:
    if liveness is None or readiness is None or liveness.handler == "tcp":
        return False  # the kernel completes a TCP handshake however busy the process is
    if (liveness.handler, liveness.path, liveness.port) != (readiness.handler, readiness.path, readiness.port):
        return False
    tolerance_s = liveness.period_s * liveness.failure_threshold
    return liveness.timeout_s <= TIGHT_TIMEOUT_S and tolerance_s <= TIGHT_TOLERANCE_S


def _tight_probe(workload: Workload, container: Container) -> Problem:
    liveness = container.liveness
    assert liveness is not None
    asked = f"{liveness.path or liveness.handler} on {liveness.port}" if liveness.port else liveness.handler
    message = (
        f"liveness and readiness of {container.name} ask the same ({asked}), and liveness gives up after "
        f"{liveness.failure_threshold} answers slower than {liveness.timeout_s} s, {liveness.period_s} s apart: a pod "
        "that is only busy is restarted, and its load falls on the others"
    )
    hint = "let liveness wait longer (timeoutSeconds: 5, failureThreshold: 6); readiness takes the pod out first"
    place = container.places.get("liveness", container.location)
    return finding("same-tight-probe", message, place, field_of(workload, container, "liveness"), hint)


def _without_budget(view: View, workload: Workload) -> Iterator[Problem]:
    if workload.kind not in ("Deployment", "StatefulSet", "ReplicaSet"):
        return
    most = view.replicas(workload)[1]
    if most >= 2:
        message = f"{workload.key} runs up to {most} pods, and no PodDisruptionBudget keeps any of them during a drain"
        hint = "add a PodDisruptionBudget with maxUnavailable: 1"
        yield finding("no-pdb", message, workload.location, workload.key, hint)


def _budget(view: View, budget: PodDisruptionBudget) -> Iterator[Problem]:
    key = f"pdb/{budget.name}"
    workloads = view.selected(budget.selector, budget.namespace)
    if not workloads:
        message = "the selector matches no workload"
        hint = "make it match the labels of a pod template"
        yield finding("pdb-selects-nothing", message, budget.location, f"{key}.selector", hint)
        return
    fewest = sum(view.replicas(item)[0] for item in workloads)
    most = sum(view.replicas(item)[1] for item in workloads)
    if fewest == 0 or allowed_disruptions(budget.min_available, budget.max_unavailable, fewest, fewest)[0]:
        return
    if budget.min_available is None and budget.max_unavailable is None:
        return
    given = (
        f"maxUnavailable {budget.max_unavailable}"
        if budget.max_unavailable is not None
        else f"minAvailable {budget.min_available}"
    )
    later = allowed_disruptions(budget.min_available, budget.max_unavailable, most, most)[0] > 0
    pods = f"{fewest} pods" if fewest != 1 else "1 pod"
    when = f"while there are only {pods} (its minimum)" if later else f"of {pods}"
    names = ", ".join(item.key for item in workloads)
    message = f"{given} allows no disruption {when} of {names}: a drain of their nodes never ends"
    hint = "write maxUnavailable: 1, or keep 2 pods or more"
    yield finding("pdb-allows-nothing", message, budget.location, key, hint)


def _volumes(view: View, workload: Workload) -> Iterator[Problem]:
    templates = {item.name for item in workload.claim_templates}
    most = view.replicas(workload)[1]
    for name in workload.template.volume_claims:
        if name in templates:
            continue  # one volume for each pod
        claim = view.claim(name, workload)
        if claim is None:
            message = f"{workload.key} mounts the claim {name!r}, which no manifest defines"
            hint = "add the PersistentVolumeClaim, or mend the name"
            yield finding("claim-missing", message, workload.location, f"{workload.key}.volumes", hint)
        elif claim.access_modes and set(claim.access_modes) <= _ONE_NODE:
            yield from _one_node(workload, claim, most)


def _one_node(workload: Workload, claim: VolumeClaim, most: int) -> Iterator[Problem]:
    mode, field = claim.access_modes[0], f"{workload.key}.replicas"
    place = workload.places.get("replicas", workload.location)
    if most >= 2 and workload.kind in ("Deployment", "ReplicaSet", "StatefulSet"):
        rule = "rwo-shared-claim" if workload.kind == "StatefulSet" else "rwo-several-replicas"
        message = f"{workload.key} runs up to {most} pods on the {mode} volume {claim.name}: only one node may mount it"
        hint = "keep one replica, use ReadWriteMany, or a StatefulSet with volumeClaimTemplates"
        yield finding(rule, message, place, field, hint)
    elif most == 1 and workload.kind == "Deployment" and _surges(workload):
        message = (
            f"{workload.key} has one {mode} volume ({claim.name}) and rolls its update: the new pod may wait for ever "
            "for a volume that the old pod holds on another node"
        )
        hint = "write strategy: {type: Recreate}"
        place = workload.places.get("strategy", workload.location)
        yield finding("rwo-rolling-update", message, place, f"{workload.key}.strategy", hint)


def _surges(workload: Workload) -> bool:
    """Tell whether an update starts new pods before it stops old ones."""
    return workload.strategy == "RollingUpdate" and workload.max_surge not in (0, "0%")
