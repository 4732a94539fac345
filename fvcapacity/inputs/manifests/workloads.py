"""Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob and Pod."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from fvcapacity.errors import Location
from fvcapacity.inputs.manifests.fields import Fields, selector_of
from fvcapacity.inputs.manifests.located import LocatedMap
from fvcapacity.inputs.manifests.pods import read_template, template_names
from fvcapacity.inputs.manifests.storage import read_claim
from fvcapacity.scenario.base import MOST_PODS
from fvcapacity.scenario.cluster import PodTemplate, VolumeClaim, Workload, WorkloadKind

_DEPLOYMENT_KEYS = (
    "replicas", "selector", "template", "strategy", "minReadySeconds", "revisionHistoryLimit", "paused",
    "progressDeadlineSeconds",
)  # fmt: skip

_ROLLED_OUT = ("Deployment", "StatefulSet", "DaemonSet")

_Strategy = tuple[Literal["RollingUpdate", "Recreate", "OnDelete"], int | str, int | str]


def read_workload(fields: Fields, kind: WorkloadKind, name: str, namespace: str) -> Workload:
    """Read any object that keeps pods running."""
    spec = fields if kind == "Pod" else fields.child("spec")
    holder, template_fields = _template_of(spec, kind)
    if kind == "Deployment":
        spec.refuse_unknown(_DEPLOYMENT_KEYS)
    claims = _claim_templates(spec, namespace) if kind == "StatefulSet" else ()
    template = read_template(template_fields, template_names(spec) if claims else ())
    selector = {} if kind == "Pod" else selector_of(spec, "selector")
    if kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
        _check_selector(spec, selector, template)
    strategy, surge, unavailable = _STRATEGIES.get(kind, _no_strategy)(spec)
    metadata = fields.child("metadata")
    return Workload(
        kind=kind,
        name=name,
        namespace=namespace,
        template=template,
        replicas=_replicas(holder, kind),
        selector=selector,
        labels=metadata.texts("labels"),
        annotations=metadata.texts("annotations"),
        strategy=strategy,
        max_surge=surge,
        max_unavailable=unavailable,
        partition=_partition(spec) if kind == "StatefulSet" else 0,
        min_ready_s=spec.number("minReadySeconds", 0) if kind in _ROLLED_OUT else 0,
        progress_deadline_s=spec.number("progressDeadlineSeconds", 600, minimum=1) if kind == "Deployment" else 600,
        claim_templates=claims,
        schedule=spec.text("schedule") if kind == "CronJob" else "",
        places=_places(spec, template_fields),
        location=fields.data.at,
    )


def _template_of(spec: Fields, kind: WorkloadKind) -> tuple[Fields, Fields]:
    """Return the fields that hold the replica count, and those of the pod template."""
    if kind == "Pod":
        return spec, spec
    if kind == "CronJob":
        spec = spec.child("jobTemplate").child("spec")
    if not spec.has("template"):
        spec.problem("", "the workload has no pod template", "add template: with spec.containers")
        return spec, Fields(LocatedMap(spec.data.at), f"{spec.path}.template", [])
    return spec, spec.child("template")


def _places(spec: Fields, template: Fields) -> dict[str, Location]:
    pod = template.child("spec")
    places = spec.places("", "replicas", "strategy", "updateStrategy", "selector")
    for key in ("serviceAccountName", "serviceAccount"):
        if pod.has(key):
            places["service_account"] = pod.place(key)
    return places


def _replicas(holder: Fields, kind: WorkloadKind) -> int | None:
    if kind in ("Job", "CronJob"):
        return holder.integer("parallelism")
    return None if kind in ("DaemonSet", "Pod") else holder.integer("replicas", maximum=MOST_PODS)


def _claim_templates(spec: Fields, namespace: str) -> tuple[VolumeClaim, ...]:
    return tuple(
        read_claim(item, item.child("metadata").text("name"), namespace) for item in spec.items("volumeClaimTemplates")
    )


def _check_selector(spec: Fields, selector: Any, template: PodTemplate) -> None:
    labels = selector.get("matchLabels")
    labels = labels if isinstance(labels, dict) else {}
    if not selector:
        spec.problem("selector", "the selector is missing", "add selector.matchLabels as in the template's labels")
        return
    wrong = {key: value for key, value in labels.items() if template.labels.get(key) != value}
    if wrong:
        pairs = ", ".join(f"{key}={value}" for key, value in wrong.items())
        message = f"the selector asks for {pairs}, which the pod template does not carry"
        spec.problem("selector", message, "make template.metadata.labels match the selector")


def _deployment_strategy(spec: Fields) -> _Strategy:
    strategy = spec.child("strategy")
    kind = strategy.choice("type", ("RollingUpdate", "Recreate"), "RollingUpdate")
    if kind == "Recreate":
        if strategy.has("rollingUpdate"):
            message, hint = "rollingUpdate is refused beside type: Recreate", "remove it (a patch: rollingUpdate: null)"
            strategy.problem("rollingUpdate", message, hint)
        return "Recreate", 0, "100%"
    rolling = strategy.child("rollingUpdate")
    surge = rolling.count_or_percent("maxSurge", "25%")
    unavailable = rolling.count_or_percent("maxUnavailable", "25%")
    if surge in (0, "0%") and unavailable in (0, "0%"):
        rolling.problem("maxUnavailable", "maxSurge and maxUnavailable are both 0", "let one of them be 1 or more")
        unavailable = 1
    return "RollingUpdate", _given(surge), _given(unavailable)


def _daemon_set_strategy(spec: Fields) -> _Strategy:
    strategy = spec.child("updateStrategy")
    rolling = strategy.child("rollingUpdate")
    if strategy.choice("type", ("RollingUpdate", "OnDelete"), "RollingUpdate") == "OnDelete":
        return "OnDelete", 0, 0
    surge, unavailable = rolling.count_or_percent("maxSurge", 0), rolling.count_or_percent("maxUnavailable", 1)
    return "RollingUpdate", _given(surge), _given(unavailable)


def _stateful_set_strategy(spec: Fields) -> _Strategy:
    strategy = spec.child("updateStrategy")
    if strategy.choice("type", ("RollingUpdate", "OnDelete"), "RollingUpdate") == "OnDelete":
        return "OnDelete", 0, 0
    return "RollingUpdate", 0, _given(strategy.child("rollingUpdate").count_or_percent("maxUnavailable", 1))


def _partition(spec: Fields) -> int:
    return spec.child("updateStrategy").child("rollingUpdate").number("partition", 0)


def _no_strategy(_: Fields) -> _Strategy:
    return "OnDelete", 0, 0


def _given(value: int | str | None) -> int | str:
    return 0 if value is None else value


_STRATEGIES: dict[str, Callable[[Fields], _Strategy]] = {
    "Deployment": _deployment_strategy,
    "DaemonSet": _daemon_set_strategy,
    "StatefulSet": _stateful_set_strategy,
}
