"""HorizontalPodAutoscaler, autoscaling/v2 and v1."""

from __future__ import annotations

from typing import Any, cast

from fvcapacity.inputs.manifests.fields import Fields
from fvcapacity.scenario.cluster import HorizontalPodAutoscaler, HpaMetric, ScalingPolicy, ScalingRules

DEFAULT_METRIC = HpaMetric(type="Resource", name="cpu", utilization_percent=80)
"""What an HPA without metrics follows (``pkg/apis/autoscaling/v2/defaults.go``)."""

_SPEC_KEYS = ("scaleTargetRef", "minReplicas", "maxReplicas", "metrics", "behavior")
_KINDS = ("Resource", "ContainerResource", "Pods", "Object", "External")


def read_autoscaler(fields: Fields, name: str, namespace: str, version: str) -> HorizontalPodAutoscaler:
    """Read an HPA. v1's ``targetCPUUtilizationPercentage`` becomes a metric of v2."""
    spec = fields.child("spec")
    first = version == "v1"
    spec.refuse_unknown((*_SPEC_KEYS[:3], "targetCPUUtilizationPercentage") if first else _SPEC_KEYS)
    target = spec.child("scaleTargetRef")
    for key in ("kind", "name"):
        target.require(key, ("apiVersion", "kind", "name"), f"scaleTargetRef has no {key}")
    spec.require("maxReplicas", _SPEC_KEYS, "maxReplicas is missing")
    behavior = spec.child("behavior")
    behavior.refuse_unknown(("scaleUp", "scaleDown"))
    places = spec.places("", "metrics", "behavior")
    for key, written in (
        ("target", "scaleTargetRef"),
        ("min_replicas", "minReplicas"),
        ("max_replicas", "maxReplicas"),
    ):
        if spec.has(written):
            places[key] = spec.place(written)
    places |= {f"metrics.{index}": item.data.at for index, item in enumerate(spec.items("metrics"))}
    return HorizontalPodAutoscaler(
        name=name,
        namespace=namespace,
        target_kind=target.text("kind"),
        target_name=target.text("name"),
        min_replicas=spec.number("minReplicas", 1),
        max_replicas=spec.number("maxReplicas", 1, minimum=1),
        metrics=_first_version(spec) if first else _metrics(spec),
        scale_up=_rules(behavior, "scaleUp"),
        scale_down=_rules(behavior, "scaleDown"),
        has_behavior=spec.has("behavior"),
        places=places,
        location=fields.data.at,
    )


def _first_version(spec: Fields) -> tuple[HpaMetric, ...]:
    percent = spec.integer("targetCPUUtilizationPercentage", 80, minimum=1)
    return (HpaMetric(type="Resource", name="cpu", utilization_percent=percent),)


def _metrics(spec: Fields) -> tuple[HpaMetric, ...]:
    metrics = [_metric(item) for item in spec.items("metrics")]
    found = tuple(metric for metric in metrics if metric is not None)
    return found if metrics else (DEFAULT_METRIC,)


def _metric(fields: Fields) -> HpaMetric | None:
    kind = fields.choice("type", _KINDS, "")
    if not kind:
        if not fields.has("type"):
            fields.problem("", "a metric has no type", f"add type: one of {', '.join(_KINDS)}")
        return None
    key = kind[0].lower() + kind[1:]
    fields.refuse_unknown(("type", key))
    source = fields.child(key)
    if not fields.has(key):
        fields.problem(key, f"a metric of type {kind} needs {key}:", f"add {key}: with its target")
        return None
    name = source.text("name") if kind.endswith("Resource") else source.child("metric").text("name")
    if not name:
        source.problem("", "a metric has no name", "add its name")
    target = source.child("target")
    metric = HpaMetric(
        type=cast("Any", kind),
        name=name,
        container=source.text("container") if kind == "ContainerResource" else "",
        utilization_percent=target.integer("averageUtilization", minimum=1),
        average_value_milli=_milli(target, "averageValue"),
        value_milli=_milli(target, "value"),
    )
    return metric if _check_target(target, metric) else None


def _check_target(target: Fields, metric: HpaMetric) -> bool:
    """Hold a target to what the API accepts (``validateMetricTarget``); False when it says nothing."""
    wanted = {
        "Utilization": ("averageUtilization", metric.utilization_percent),
        "AverageValue": ("averageValue", metric.average_value_milli),
        "Value": ("value", metric.value_milli),
    }
    given = [key for key, value in wanted.values() if value is not None]
    kind = target.choice("type", tuple(wanted), "")
    if not kind and not given:
        target.problem("", "a metric has no target", "add type: Utilization and averageUtilization: 70")
        return False
    if kind and wanted[kind][1] is None and not target.has(wanted[kind][0]):
        target.problem("type", f"a target of type {kind} needs {wanted[kind][0]}", f"add {wanted[kind][0]}: ...")
        return False
    if len(given) > 1:
        target.problem("", f"a target says {' and '.join(given)}", "keep exactly one of them")
        return False
    if metric.utilization_percent is not None and not metric.type.endswith("Resource"):
        message = f"averageUtilization is not possible for a metric of type {metric.type}"
        target.problem("averageUtilization", message, "write averageValue or value")
        return False
    return True


def _milli(target: Fields, key: str) -> int | None:
    quantity = target.quantity(key)
    if quantity is None:
        return None
    if quantity.exact <= 0:
        target.problem(key, f"{quantity} is not positive", "write a value above 0")
        return None
    return quantity.milli_value


def _rules(behavior: Fields, key: str) -> ScalingRules | None:
    if not behavior.has(key):
        return None
    fields = behavior.child(key)
    fields.refuse_unknown(("stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance"))
    policies = tuple(policy for policy in map(_policy, fields.items("policies")) if policy is not None)
    tolerance = fields.amount("tolerance")
    select = fields.choice("selectPolicy", ("Max", "Min", "Disabled"), "")
    return ScalingRules(
        stabilization_window_s=fields.integer("stabilizationWindowSeconds", maximum=3600),
        select_policy=cast("Any", select or None),
        policies=policies if fields.has("policies") else None,
        tolerance=None if tolerance is None else float(tolerance.exact),
    )


def _policy(fields: Fields) -> ScalingPolicy | None:
    kind = fields.choice("type", ("Pods", "Percent"), "")
    value = fields.integer("value", minimum=1)
    period = fields.integer("periodSeconds", minimum=1, maximum=1800)
    missing = [key for key in ("type", "value", "periodSeconds") if not fields.has(key)]
    if missing:
        fields.problem("", f"a scaling policy has no {', '.join(missing)}", "write type, value and periodSeconds")
    if not kind or value is None or period is None:
        return None
    return ScalingPolicy(type=cast("Any", kind), value=value, period_s=period)
