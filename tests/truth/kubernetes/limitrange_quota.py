"""LimitRange defaulting and validation, and what a pod counts for in a ResourceQuota."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fvcapacity.decisions.admission import quota
from fvcapacity.decisions.admission.limit_range import LimitRangeItem, validate, with_item_defaults, with_limit_ranges
from fvcapacity.decisions.pod_spec import Amounts, ContainerSpec, with_api_defaults
from tests.truth.kubernetes.pods import amounts_of, pod_of
from tests.truth.vectors import Json, only


def answer(case: Json) -> dict[str, Any]:
    return {"limit_range": _limit_range, "quota_usage": _quota_usage}[case["input"]["op"]](case["input"])


def _limit_range(given: Json) -> dict[str, Any]:
    only(given, {"op", "pod", "limit_ranges"})
    ranges = [_items(item) for item in given["limit_ranges"]]
    pod = with_limit_ranges(with_api_defaults(pod_of(given["pod"])), ranges)
    answer: dict[str, Any] = {
        "containers": [_shown_container(item) for item in pod.apps],
        "errors": sorted(violation.message for violation in validate(pod, ranges)),
        "limit_ranges_defaulted": [{"items": [_shown_item(with_item_defaults(i)) for i in items]} for items in ranges],
    }
    init = [_shown_container(item) for item in pod.containers if item.kind != "app"]
    return answer | ({"init_containers": init} if init else {})


def _items(limit_range: Json) -> Sequence[LimitRangeItem]:
    only(limit_range, {"metadata", "spec"})
    only(limit_range["spec"], {"limits"})
    items = []
    for item in limit_range["spec"]["limits"]:
        only(item, {"type", "max", "min", "default", "defaultRequest", "maxLimitRequestRatio"})
        items.append(
            LimitRangeItem(
                type=item["type"],
                max=amounts_of(item.get("max")),
                min=amounts_of(item.get("min")),
                default=amounts_of(item.get("default")),
                default_request=amounts_of(item.get("defaultRequest")),
                max_limit_request_ratio=amounts_of(item.get("maxLimitRequestRatio")),
            )
        )
    return items


def _quota_usage(given: Json) -> dict[str, Any]:
    only(given, {"op", "pod", "now_s", "deletion_timestamp_s", "quota_resources", "quota"})
    pod, metadata, status = pod_of(given["pod"]), given["pod"].get("metadata") or {}, given["pod"].get("status") or {}
    only(metadata, {"name", "namespace", "deletionGracePeriodSeconds"})
    only(status, {"phase"})
    deleted = given.get("deletion_timestamp_s")
    counts, _ = quota.still_counts(
        status.get("phase", ""),
        None if deleted is None else deleted * 10**9,
        metadata.get("deletionGracePeriodSeconds"),
        given["now_s"] * 10**9,
    )
    counted = quota.usage(pod) if counts else quota.terminal_usage()
    answer: dict[str, Any] = {
        "usage": _shown(counted),
        "constraint_error": quota.constraint_error(pod, given["quota_resources"]) or None,
    }
    if "quota" in given:
        answer["quota_matches"] = quota.matches(_quota_spec(given["quota"]), pod)[0]
    return answer


def _quota_spec(given: Json) -> quota.QuotaSpec:
    only(given, {"metadata", "spec"})
    spec = given["spec"]
    only(spec, {"hard", "scopes", "scopeSelector"})
    rules = [quota.ScopeRule(scope) for scope in spec.get("scopes") or ()]
    selector = spec.get("scopeSelector") or {}
    only(selector, {"matchExpressions"})
    for item in selector.get("matchExpressions") or ():
        only(item, {"scopeName", "operator", "values"})
        rules.append(quota.ScopeRule(item["scopeName"], item["operator"], tuple(item.get("values") or ())))
    return quota.QuotaSpec(name="quota", hard=amounts_of(spec["hard"]), scopes=tuple(rules))


def _shown(amounts: Amounts) -> dict[str, str]:
    return {name: str(amount) for name, amount in amounts.items()}


def _shown_container(item: ContainerSpec) -> dict[str, Any]:
    return {"name": item.name, "limits": _shown(item.limits), "requests": _shown(item.requests)}


def _shown_item(item: LimitRangeItem) -> dict[str, Any]:
    return {
        "type": item.type,
        "default": _shown(item.default),
        "defaultRequest": _shown(item.default_request),
    }
