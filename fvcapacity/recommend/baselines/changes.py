"""A tool's advice as fields of the system: ``{path: value}``, as ``Scenario.with_values`` takes it."""

from __future__ import annotations

import math

from fvcapacity.recommend.baselines.advice import Baseline
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths.grammar import quoted
from fvcapacity.scenario.paths.values import Value
from fvcapacity.units import format_bytes, format_cpu


def as_changes(baseline: Baseline, scenario: Scenario) -> dict[str, Value]:
    """Return the fields that a tool would set, with canonical values; None takes a field out.

    Containers and HPAs that the scenario does not have are left out. Amounts are rounded up to millicores and bytes.
    """
    changes: dict[str, Value] = {}
    for (workload, container), advice in baseline.containers.items():
        found = scenario.cluster.workload(workload)
        if found is None or all(item.name != container for item in found.template.containers):
            continue
        owner = f"{found.kind.lower()}/{quoted(found.name)}/{quoted(container)}"
        for side in ("requests", "limits"):
            for resource, amount in getattr(advice, side).items():
                changes[f"{owner}.{side}.{resource}"] = None if amount is None else _written(resource, amount)
    known = {hpa.name for hpa in scenario.cluster.autoscalers}
    for name, fields in baseline.autoscalers.items():
        if name in known:
            changes |= {f"hpa/{quoted(name)}.{field}": value for field, value in fields.items()}
    return changes


def _written(resource: str, amount: float) -> str:
    if resource == "cpu":
        return format_cpu(math.ceil(amount * 1000 - 1e-9) / 1000)
    return format_bytes(math.ceil(amount))
