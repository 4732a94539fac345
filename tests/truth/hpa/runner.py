"""Runs recorded answers of the Horizontal Pod Autoscaler against ``fvcapacity.decisions.hpa``.

Each case is turned into calls of the package's own functions; every field that is expected must come out
exactly. A function or field that is not known here is a failure, never skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fvcapacity.decisions.hpa import (
    HpaPod,
    HpaSettings,
    HpaSpec,
    HpaState,
    MetricReading,
    MetricSpec,
    Observed,
    PodList,
    Policy,
    Recommendation,
    ReplicaProposal,
    Rules,
    Sampling,
    ScaleEvent,
    Tolerance,
    default_behavior,
    reconcile,
    tolerance_from_quantity,
)
from fvcapacity.decisions.hpa import limits as rate
from fvcapacity.decisions.hpa.metrics import ReadinessRule
from fvcapacity.decisions.hpa.replicas import Evaluation, propose
from fvcapacity.decisions.hpa.stabilization import stabilize_behavior, stabilize_legacy
from fvcapacity.decisions.hpa.sync import normalize
from tests.truth.vectors import Json, Outcome, only


def run_document(document: Json, name: str) -> Iterator[Outcome]:
    """Run one parsed vector file."""
    unknown = set(document) - {"meta", "cases", "traces"}
    if unknown or not ({"cases", "traces"} & set(document)):
        yield Outcome(name, False, f"not a vector file: {sorted(document)}")
    for case in document.get("cases", ()):
        yield _guarded(case["id"], run_sync_case if "config" in case else run_case, case)
    for trace in document.get("traces", ()):
        yield from run_trace(trace)


def _guarded(name: str, function: Any, case: Json) -> Outcome:
    try:
        only(case, {"id", "origin", "tags", "input", "expected", "config", "resolved_behavior", "step"})
        got, want = function(case), case["expected"]
    except Exception as error:  # a crash is one failed case, not the end of the run
        return Outcome(name, False, f"{type(error).__name__}: {error}")
    return _compared(name, got, want)


def _compared(name: str, got: Any, want: Any) -> Outcome:
    want = _whole_milliseconds(want)
    return Outcome(name, got == want, "" if got == want else f"got {got}, expected {want}")


def _whole_milliseconds(value: Any) -> Any:
    """Return an expected value with its ages rounded to the millisecond (11.725999999999999 is 11.726)."""
    if isinstance(value, Mapping):
        return {name: round(item, 3) if name == "age_s" else _whole_milliseconds(item) for name, item in value.items()}
    return [_whole_milliseconds(item) for item in value] if isinstance(value, list) else value


# --- values ---------------------------------------------------------------------------------------


def ns(seconds: float) -> int:
    """Return nanoseconds of seconds with at most millisecond precision."""
    return round(seconds * 1000) * 1_000_000


def ns_or_none(seconds: float | None) -> int | None:
    return None if seconds is None else ns(seconds)


def pod_of(row: Json) -> HpaPod:
    names = {"name", "phase", "ready", "ready_since_s", "start_s", "deleting", "containers"}
    only(row, names | {"restartable_init_containers"})
    return HpaPod(
        row["name"],
        row.get("phase", "Running"),
        row["ready"],
        ns_or_none(row.get("ready_since_s")),
        ns_or_none(row.get("start_s")),
        row.get("deleting", False),
        {**row.get("containers", {}), **row.get("restartable_init_containers", {})},
    )


def reading_of(metric: Json) -> MetricReading:
    only(metric, {"error", "pods", "value_m", "values_m", "timestamp_s", "window_s"})
    if metric.get("error"):
        return MetricReading()
    if "value_m" in metric:
        return MetricReading(values=(metric["value_m"],))
    if "values_m" in metric:
        return MetricReading(values=tuple(metric["values_m"]))
    pods = metric["pods"]
    if isinstance(pods, Mapping):
        sampling = Sampling(ns(metric["timestamp_s"]), ns(metric["window_s"]))
        return MetricReading(pods, dict.fromkeys(pods, sampling))
    sampled = {m["pod"]: Sampling(ns(m["timestamp_s"]), ns(m["window_s"])) for m in pods}
    return MetricReading({m["pod"]: m["value_m"] for m in pods}, sampled)


def rules_of(given: Json | None) -> Rules | None:
    if given is None:
        return None
    only(given, {"stabilization_window_s", "select_policy", "policies", "tolerance", "tolerance_quantity"})
    policies = given.get("policies")
    tolerance = given.get("tolerance")
    if "tolerance_quantity" in given:
        tolerance = tolerance_from_quantity(given["tolerance_quantity"])
    return Rules(
        given.get("stabilization_window_s"),
        given.get("select_policy"),
        None if policies is None else tuple(Policy(p["type"], p["value"], p["period_s"]) for p in policies),
        tolerance,
    )


def rules_to(rules: Rules) -> dict[str, Any]:
    row: dict[str, Any] = {
        "policies": [{"period_s": p.period_s, "type": p.type, "value": p.value} for p in rules.policies or ()],
        "select_policy": rules.select_policy,
    }
    if rules.stabilization_window_s is not None:
        row["stabilization_window_s"] = rules.stabilization_window_s
    if rules.tolerance is not None:
        row["tolerance"] = rules.tolerance
    return row


def events_of(rows: list[Json]) -> tuple[ScaleEvent, ...]:
    return tuple(ScaleEvent(-ns(r["age_s"]), r["change"], r.get("outdated", False)) for r in rows)


def events_to(events: tuple[ScaleEvent, ...]) -> list[Json]:
    return [{"age_s": _age(e.time_ns), "change": e.change, "outdated": e.outdated} for e in events]


def recommendations_of(rows: list[Json]) -> tuple[Recommendation, ...]:
    return tuple(Recommendation(-ns(r["age_s"]), r["replicas"]) for r in rows)


def recommendations_to(history: tuple[Recommendation, ...]) -> list[Json]:
    return [{"age_s": _age(r.time_ns), "replicas": r.replicas} for r in history]


def _age(time_ns: int) -> float:
    return round(-time_ns / 1e6) / 1000


# --- one metric -----------------------------------------------------------------------------------

_REPLICA_KIND = {
    "resource_utilization": ("Resource", "utilization_percent"),
    "resource_average_value": ("Resource", "average_value_milli"),
    "pods_average_value": ("Pods", "average_value_milli"),
    "object_value": ("Object", "value_milli"),
    "object_average_value": ("Object", "average_value_milli"),
    "external_value": ("External", "value_milli"),
    "external_average_value": ("External", "average_value_milli"),
}


def run_case(case: Json) -> Any:
    given = case["input"]
    if given["fn"] in _REPLICA_KIND:
        return run_replica_case(given)
    return _BEHAVIOR[given["fn"]](given)


def run_replica_case(given: Json) -> Any:
    only(
        given,
        {"fn", "now_s", "tolerance", "cpu_initialization_period_s", "initial_readiness_delay_s", "container"}
        | {"current_replicas", "resource", "target", "pods", "metric"},
    )
    kind, target = _REPLICA_KIND[given["fn"]]
    if given.get("container"):
        kind = "ContainerResource"
    spec = MetricSpec(kind, given.get("resource", "m"), given.get("container", ""), **{target: given["target"]})
    at = Evaluation(
        ns(given["now_s"]),
        PodList(pod_of(row) for row in given["pods"]),
        given["current_replicas"],
        given["current_replicas"],
        Tolerance(**given["tolerance"]),
        ReadinessRule(ns(given["cpu_initialization_period_s"]), ns(given["initial_readiness_delay_s"])),
    )
    answer = propose(spec, reading_of(given["metric"]), at)
    if answer.error:
        return {"error": answer.error, "replicas": None}
    got = {"error": None, "replicas": answer.replicas, "current_value_m": answer.current_value_milli}
    if answer.utilization_percent is not None:
        got["utilization_percent"] = answer.utilization_percent
    return got


# --- behaviour ------------------------------------------------------------------------------------


def _limit(function: Any) -> Any:
    def run(given: Json) -> Any:
        only(given, {"fn", "current_replicas", "rules", "scale_up_events", "scale_down_events"})
        up, down = events_of(given["scale_up_events"]), events_of(given["scale_down_events"])
        return {"limit": function(given["current_replicas"], up, down, rules_of(given["rules"]), 0)}

    return run


def _legacy_limits(given: Json) -> Any:
    only(given, {"fn", "current_replicas", "desired_replicas", "min_replicas", "max_replicas"})
    replicas, reason = rate.legacy_limits(
        given["current_replicas"], given["desired_replicas"], given["min_replicas"], given["max_replicas"]
    )
    return {"replicas": replicas, "reason": reason}


def _behavior_rate(given: Json) -> Any:
    names = {"fn", "current_replicas", "desired_replicas", "min_replicas", "max_replicas", "scale_up"}
    only(given, names | {"scale_down", "scale_up_events", "scale_down_events"})
    replicas, reason = rate.behavior_rate(
        given["current_replicas"],
        given["desired_replicas"],
        (given["min_replicas"], given["max_replicas"]),
        (events_of(given["scale_up_events"]), events_of(given["scale_down_events"])),
        default_behavior(rules_of(given["scale_up"]), rules_of(given["scale_down"])),
        0,
    )
    return {"replicas": replicas, "reason": reason}


def _stabilize_legacy(given: Json) -> Any:
    only(given, {"fn", "desired_replicas", "recommendations", "downscale_stabilization_window_s"})
    window = given["downscale_stabilization_window_s"]
    history = recommendations_of(given["recommendations"])
    replicas, history = stabilize_legacy(given["desired_replicas"], history, window, 0)
    return {"replicas": replicas, "recommendations": recommendations_to(history)}


def _stabilize_behavior(given: Json) -> Any:
    names = {"fn", "current_replicas", "desired_replicas", "recommendations"}
    only(given, names | {"scale_up_window_s", "scale_down_window_s"})
    replicas, reason, history = stabilize_behavior(
        given["current_replicas"],
        given["desired_replicas"],
        recommendations_of(given["recommendations"]),
        (given["scale_up_window_s"], given["scale_down_window_s"]),
        0,
    )
    return {"replicas": replicas, "reason": reason, "recommendations": recommendations_to(history)}


def _normalize(given: Json) -> Any:
    names = {"fn", "current_replicas", "desired_replicas", "min_replicas", "max_replicas", "recommendations"}
    names |= {"downscale_stabilization_window_s"}
    behavior = None
    up, down = (), ()
    if given["fn"] == "normalize_behavior":
        names |= {"scale_up", "scale_down", "scale_up_events", "scale_down_events"}
        behavior = default_behavior(rules_of(given["scale_up"]), rules_of(given["scale_down"]))
        up, down = events_of(given["scale_up_events"]), events_of(given["scale_down_events"])
    only(given, names)
    settings = HpaSettings(downscale_window_s=given["downscale_stabilization_window_s"])
    spec = HpaSpec(given["min_replicas"], given["max_replicas"], (), behavior, settings)
    state = HpaState(recommendations_of(given["recommendations"]), up, down)
    _, replicas, state = normalize(spec, state, given["current_replicas"], given["desired_replicas"], 0)
    return {
        "able_to_scale": list(state.conditions["AbleToScale"]),
        "scaling_limited": list(state.conditions["ScalingLimited"]),
        "replicas": replicas,
        "recommendations": recommendations_to(state.recommendations or ()),
    }


def _store_scale_event(given: Json) -> Any:
    names = {"fn", "behavior", "previous_replicas", "new_replicas", "scale_up_events", "scale_down_events"}
    only(given, names)
    up, down = events_of(given["scale_up_events"]), events_of(given["scale_down_events"])
    change = given["new_replicas"] - given["previous_replicas"]
    behavior = given["behavior"]
    if behavior is not None and change > 0:
        up = rate.store_scale_event(up, change, rules_of(behavior["scale_up"]) or Rules(), 0)
    elif behavior is not None and change < 0:
        down = rate.store_scale_event(down, -change, rules_of(behavior["scale_down"]) or Rules(), 0)
    return {"scale_up_events": events_to(up), "scale_down_events": events_to(down)}


def _default_behavior(given: Json) -> Any:
    only(given, {"fn", "behavior"})
    only(given["behavior"], {"scale_up", "scale_down"})
    behavior = default_behavior(
        rules_of(given["behavior"].get("scale_up")), rules_of(given["behavior"].get("scale_down"))
    )
    return {"scale_up": rules_to(behavior.up), "scale_down": rules_to(behavior.down)}


_BEHAVIOR = {
    "scale_up_limit": _limit(rate.scale_up_limit),
    "scale_down_limit": _limit(rate.scale_down_limit),
    "legacy_limits": _legacy_limits,
    "behavior_rate": _behavior_rate,
    "stabilize_legacy": _stabilize_legacy,
    "stabilize_behavior": _stabilize_behavior,
    "normalize_legacy": _normalize,
    "normalize_behavior": _normalize,
    "store_scale_event": _store_scale_event,
    "default_behavior": _default_behavior,
}


# --- whole objects --------------------------------------------------------------------------------


def metric_spec_of(metric: Json) -> MetricSpec:
    targets = {"target_utilization_percent", "target_average_value_m", "target_value_m"}
    only(metric, {"type", "name", "resource", "container"} | targets)
    return MetricSpec(
        metric["type"],
        metric.get("resource") or metric.get("name", ""),
        metric.get("container", ""),
        metric.get("target_utilization_percent"),
        metric.get("target_average_value_m"),
        metric.get("target_value_m"),
    )


def spec_of(config: Json) -> HpaSpec:
    names = {"min_replicas", "max_replicas", "metrics", "behavior", "controller_tolerance"}
    names |= {"cpu_initialization_period_s", "initial_readiness_delay_s", "feature_scale_to_zero"}
    only(config, names | {"downscale_stabilization_window_s", "initial_recommendations"})
    given = config["behavior"]
    if given is not None:
        only(given, {"scale_up", "scale_down"})
    behavior = (
        None if given is None else default_behavior(rules_of(given.get("scale_up")), rules_of(given.get("scale_down")))
    )
    readiness = ReadinessRule(ns(config["cpu_initialization_period_s"]), ns(config["initial_readiness_delay_s"]))
    settings = HpaSettings(
        config["controller_tolerance"],
        config["downscale_stabilization_window_s"],
        readiness,
        config["feature_scale_to_zero"],
    )
    metrics = tuple(metric_spec_of(m) for m in config["metrics"])
    return HpaSpec(config["min_replicas"], config["max_replicas"], metrics, behavior, settings)


def current_metric_to(metric: MetricSpec, answer: ReplicaProposal) -> Json | None:
    if answer.error:
        return None
    if metric.value_milli is not None:
        return {"value_m": answer.current_value_milli}
    row = {"average_value_m": answer.current_value_milli}
    if answer.utilization_percent is not None:
        row["utilization_percent"] = answer.utilization_percent
    return row


def run_step(spec: HpaSpec, state: HpaState, step: Json, pods: PodList) -> tuple[Any, HpaState]:
    only(step, {"t_s", "spec_replicas", "status_replicas", "pods", "metrics", "expected"})
    seen = Observed(
        ns(step["t_s"]),
        step["spec_replicas"],
        step["status_replicas"],
        pods,
        tuple(reading_of(metric) for metric in step["metrics"]),
    )
    result = reconcile(spec, state, seen)
    metrics = [current_metric_to(m, a) for m, a in zip(spec.metrics, result.metrics, strict=bool(result.metrics))]
    got = {
        "conditions": {name: list(value) for name, value in result.state.conditions.items()},
        "current_metrics": metrics,
        "error": result.failed,
        "metric_proposal": result.proposal,
        "replicas": result.replicas,
        "scaled": result.scaled,
        "stabilized": result.stabilized,
    }
    return got, result.state


def run_sync_case(case: Json) -> Any:
    spec, config = spec_of(case["config"]), case["config"]
    resolved_behavior_is(spec, case["resolved_behavior"])
    history = None
    if "initial_recommendations" in config:
        history = recommendations_of(config["initial_recommendations"])
    pods = PodList(pod_of(row) for row in case["step"]["pods"])
    return run_step(spec, HpaState(history), case["step"], pods)[0]


def resolved_behavior_is(spec: HpaSpec, resolved: Json | None) -> None:
    """Check the defaulted behaviour and the tolerances in force."""
    if resolved is None or spec.behavior is None:
        if resolved is not None or spec.behavior is not None:
            raise ValueError("behaviour resolved on one side only")
        return
    got = {
        "scale_up": rules_to(spec.behavior.up),
        "scale_down": rules_to(spec.behavior.down),
        "tolerance": {"down": spec.tolerance.down, "up": spec.tolerance.up},
    }
    if got != resolved:
        raise ValueError(f"resolved behaviour {got}, expected {resolved}")


def run_trace(trace: Json) -> Iterator[Outcome]:
    """Run one HPA object through its syncs; each step counts, with the state our own steps left."""
    spec, state = spec_of(trace["config"]), HpaState()
    try:
        only(trace, {"id", "origin", "load_profile", "config", "resolved_behavior", "pod_requests", "steps"})
        resolved_behavior_is(spec, trace["resolved_behavior"])
    except ValueError as error:
        yield Outcome(trace["id"], False, str(error))
    for number, step in enumerate(trace["steps"]):
        name = f"{trace['id']}/{number}"
        try:
            pods = PodList(
                HpaPod(n, phase, ready, ns_or_none(since), ns_or_none(start), deleting, trace["pod_requests"])
                for n, phase, ready, start, since, deleting in step["pods"]
            )
            got, state = run_step(spec, state, step, pods)
        except Exception as error:
            yield Outcome(name, False, f"{type(error).__name__}: {error}")
            return
        yield _compared(name, got, step["expected"])
