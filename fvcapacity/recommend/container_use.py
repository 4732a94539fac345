"""What containers request and what they use of it, at the places where a search tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fvcapacity.frozen import Frozen
from fvcapacity.recommend.askable import unsized
from fvcapacity.recommend.evaluation import worst
from fvcapacity.recommend.floors import month_use
from fvcapacity.recommend.outcome import Outcome
from fvcapacity.recommend.usage import covering_cores
from fvcapacity.scenario.model import Scenario
from fvcapacity.units import format_bytes, format_cpu


class ContainerUse(Frozen):
    """What a container requests with the recommendation, and what it uses of it at the peaks.

    Attributes
    ----------
    cpu_used_cores
        Covers the policy's share of the container-minutes.
    memory_used_bytes
        The largest working set.
    """

    path: str
    cpu_request_cores: float | None
    cpu_used_cores: float | None
    memory_request_bytes: int | None
    memory_used_bytes: float | None


def container_uses(system: Scenario, outcomes: Sequence[Outcome]) -> Iterator[ContainerUse]:
    """Yield what each container requests, and what it used in some outcomes."""
    cpu, memory = _covered(system, outcomes), worst(outcomes, "memory_bytes")
    for workload in system.cluster.workloads:
        for item in workload.template.containers:
            path = f"{workload.key}/{item.name}"
            if path in cpu or path in memory:
                requests = item.cpu_request_cores, item.memory_request_bytes
                yield ContainerUse(path, requests[0], cpu.get(path), requests[1], memory.get(path))


def _covered(scenario: Scenario, outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return container to the cores that cover what it used in the policy's share of the minutes of some outcomes."""
    share = scenario.file.recommend.cover_percent / 100
    use = month_use((outcome.hours / 24, outcome) for outcome in outcomes)
    return {path: covering_cores(own, share) for path, own in use.items()}


def unsized_remarks(scenario: Scenario, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield what containers would have to request that write nothing: the search has nothing to begin with there."""
    margin = 1 + scenario.file.recommend.memory_margin_percent / 100
    cpu, memory = _covered(scenario, outcomes), worst(outcomes, "memory_bytes")
    for path, resource in unsized(scenario):
        used = (cpu if resource == "cpu" else memory).get(path)
        near = "nothing is known of what it uses"
        if used:
            size = format_cpu(used) if resource == "cpu" else format_bytes(round(used * margin / 2**20) * 2**20)
            near = f"{size} would cover what it uses"
        yield f"{path} writes no {resource} request, and none is invented for it: {near}."
