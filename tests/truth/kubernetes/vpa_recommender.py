"""The Vertical Pod Autoscaler's histograms and recommendations, after any sequence of samples."""

from __future__ import annotations

import math
from typing import Any

from fvcapacity.decisions.vpa import (
    AggregationSettings,
    ContainerPolicy,
    ContainerRecommendation,
    Recommender,
    RecommenderSettings,
)
from fvcapacity.decisions.vpa.histogram import ExponentialBuckets, Histogram, LinearBuckets
from fvcapacity.decisions.vpa.usage import Aggregate
from fvcapacity.units import parse_quantity
from tests.truth.kubernetes.pods import amounts_of
from tests.truth.vectors import Json, only

_S, _MS = 10**9, 10**6
_NOT_ASKED = {"buckets_in_checkpoint"}
"""How the real recommender packs its state; there are no such checkpoints here."""


def answer(case: Json) -> dict[str, Any]:
    return {"histogram": _histogram, "recommendation": _recommendation}[case["kind"]](case["input"])


def agrees(got: Any, want: Any, case: Json) -> bool:
    """Compare doubles to 1e-9; amounts of cases that hang on the last bit of a logarithm to 1e-6."""
    return _same(got, want, 1e-6 if "ulp_sensitive" in case.get("tags", ()) else 0.0)


def _same(got: Any, want: Any, amounts: float) -> bool:
    if isinstance(want, dict):
        asked = want.keys() - _NOT_ASKED
        return isinstance(got, dict) and got.keys() == asked and all(_same(got[k], want[k], amounts) for k in asked)
    if isinstance(want, list):
        return isinstance(got, list) and len(got) == len(want) and all(map(_same, got, want, [amounts] * len(want)))
    if isinstance(want, bool) or want is None:
        return got is want
    if isinstance(want, float) or isinstance(got, float):
        return isinstance(got, int | float) and math.isclose(got, want, rel_tol=max(1e-9, amounts))
    if isinstance(want, int):
        return isinstance(got, int) and math.isclose(got, want, rel_tol=amounts)
    if amounts and isinstance(got, str) and got != want:
        return math.isclose(parse_quantity(got).exact, parse_quantity(want).exact, rel_tol=amounts)
    return got == want


# --- histograms -----------------------------------------------------------------------------------


def _histogram(given: Json) -> dict[str, Any]:
    only(given, {"buckets", "max_value", "first_bucket_size", "ratio", "epsilon", "half_life_s", "ops"})
    buckets: ExponentialBuckets | LinearBuckets
    if given["buckets"] == "exponential":
        buckets = ExponentialBuckets(given["max_value"], given["first_bucket_size"], given["ratio"])
    elif given["buckets"] == "linear":
        buckets = LinearBuckets(given["max_value"], given["first_bucket_size"])
    else:
        raise ValueError(f"unknown buckets {given['buckets']}")
    half_life = given["half_life_s"]
    held: dict[str, Histogram] = {}

    def of(name: str) -> Histogram:
        if name not in held:
            held[name] = Histogram(buckets, given["epsilon"], None if half_life is None else half_life * _S)
        return held[name]

    results: list[Any] = []
    for op in given["ops"]:
        histogram = of(op["h"])
        if op["op"] in ("add", "subtract"):
            only(op, {"op", "h", "value", "weight", "t_ms"})
            change = histogram.add if op["op"] == "add" else histogram.subtract
            change(op["value"], op["weight"], op["t_ms"] * _MS)
        elif op["op"] == "merge":
            only(op, {"op", "h", "other"})
            histogram.merge(of(op["other"]))
        elif op["op"] == "percentiles":
            only(op, {"op", "h", "percentiles"})
            values = [histogram.percentile(share) for share in op["percentiles"]]
            results.append({"empty": histogram.empty, "percentiles": values})
        elif op["op"] == "find_bucket":
            only(op, {"op", "h", "value"})
            bucket = buckets.find(op["value"])
            results.append({"bucket": bucket, "start": buckets.start(bucket)})
        else:
            raise ValueError(f"unknown operation {op['op']}")
    return {"num_buckets": buckets.count, "results": results}


# --- recommendations ------------------------------------------------------------------------------


def _recommendation(given: Json) -> dict[str, Any]:
    only(given, {"aggregation", "recommender", "events", "resource_policy", "global_max_allowed"})
    recommender = Recommender(
        _aggregation(given["aggregation"]),
        _settings(given["recommender"]),
        _policies(given.get("resource_policy") or {}),
        amounts_of(given.get("global_max_allowed")),
    )
    feed = {"cpu": recommender.add_cpu, "memory": recommender.add_memory, "oom": recommender.add_oom}
    discarded, snapshots = [], []
    for index, event in enumerate(given["events"]):
        if event["e"] == "snapshot":
            only(event, {"e"})
            snapshots.append({"containers": _shown(recommender)})
            continue
        only(event, {"e", "c", "p", "t_ms", "v"})
        if not feed[event["e"]](event["p"], event["c"], event["t_ms"] * _MS, event["v"]):
            discarded.append(index)
    return {"discarded_events": discarded, "snapshots": snapshots}


def _aggregation(given: Json) -> AggregationSettings:
    # The number of intervals is a setting of the checkpoints: samples fade by the half-life alone.
    names = {"memory_aggregation_interval_s", "memory_aggregation_interval_count", "memory_half_life_s"}
    only(given, names | {"cpu_half_life_s", "oom_bump_up_ratio", "oom_min_bump_up_bytes"})
    return AggregationSettings(
        memory_interval_ns=given["memory_aggregation_interval_s"] * _S,
        memory_half_life_ns=given["memory_half_life_s"] * _S,
        cpu_half_life_ns=given["cpu_half_life_s"] * _S,
        oom_bump_up_ratio=given["oom_bump_up_ratio"],
        oom_min_bump_up_bytes=int(given["oom_min_bump_up_bytes"]),
    )


def _settings(given: Json) -> RecommenderSettings:
    names = {"safety_margin_fraction", "pod_min_cpu_millicores", "pod_min_memory_mb", "cpu_percentiles"}
    names |= {"memory_percentiles", "confidence_interval_cpu_s", "confidence_interval_memory_s"}
    only(given, names | {"humanize_memory", "round_cpu_millicores", "round_memory_bytes"})
    if given["humanize_memory"]:
        raise ValueError("memory is not written for people here")
    return RecommenderSettings(
        safety_margin_ratio=given["safety_margin_fraction"],
        pod_min_cpu_milli=given["pod_min_cpu_millicores"],
        pod_min_memory_mib=given["pod_min_memory_mb"],
        cpu_percentiles=tuple(given["cpu_percentiles"]),
        memory_percentiles=tuple(given["memory_percentiles"]),
        confidence_interval_cpu_ns=given["confidence_interval_cpu_s"] * _S,
        confidence_interval_memory_ns=given["confidence_interval_memory_s"] * _S,
        round_cpu_milli=given["round_cpu_millicores"],
        round_memory_bytes=given["round_memory_bytes"],
    )


def _policies(given: Json) -> dict[str, ContainerPolicy]:
    only(given, {"containerPolicies"})
    policies = {}
    for item in given.get("containerPolicies") or ():
        names = {"containerName", "mode", "minAllowed", "maxAllowed", "controlledResources"}
        only(item, names | {"oomBumpUpRatio", "oomMinBumpUp"})
        ratio, least = item.get("oomBumpUpRatio"), item.get("oomMinBumpUp")
        policies[item["containerName"]] = ContainerPolicy(
            mode=item.get("mode", "Auto"),
            min_allowed=amounts_of(item.get("minAllowed")),
            max_allowed=amounts_of(item.get("maxAllowed")),
            controlled_resources=tuple(item.get("controlledResources") or ("cpu", "memory")),
            oom_bump_up_ratio=None if ratio is None else float(parse_quantity(ratio).exact),
            oom_min_bump_up_bytes=None if least is None else parse_quantity(least).value,
        )
    return policies


def _shown(recommender: Recommender) -> dict[str, Any]:
    shown = {}
    for name, found in recommender.recommend().items():
        usage = recommender.aggregate(name)
        assert usage is not None
        shown[name] = _amounts(found) | _inside(usage)
    return shown


def _amounts(found: ContainerRecommendation) -> dict[str, Any]:
    published = {
        "lowerBound": found.lower_bound,
        "target": found.target_bound,
        "uncappedTarget": found.uncapped_target,
        "upperBound": found.upper_bound,
    }
    return {
        "lower": found.lower,
        "target": found.target,
        "upper": found.upper,
        "status": {key: {name: str(amount) for name, amount in value.items()} for key, value in published.items()},
    }


def _inside(usage: Aggregate) -> dict[str, Any]:
    """Return what the recorded answers tell of the inside."""
    times = {"first_sample_ms": usage.first_ns, "last_sample_ms": usage.last_ns}
    seen = {name: time_ns // _MS for name, time_ns in times.items() if time_ns is not None}
    return {
        "state": seen | {"total_samples": usage.samples},
        "cpu_histogram": _percentiles(usage.cpu),
        "memory_histogram": _percentiles(usage.memory),
    }


def _percentiles(histogram: Histogram) -> dict[str, Any]:
    shares = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p100": 1.0}
    return {
        "empty": histogram.empty,
        "total_weight": histogram.total,
        **{name: histogram.percentile(share) for name, share in shares.items()},
    }
