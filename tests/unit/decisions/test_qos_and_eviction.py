"""QoS classes, OOM scores, pod cgroups and the order of eviction: a line a case."""

from __future__ import annotations

import pytest

from fvcapacity.decisions.eviction import (
    EvictionCandidate,
    memory_eviction_order,
    memory_signals,
    pressure_ends,
    victim,
)
from fvcapacity.decisions.pod_spec import (
    ContainerSpec,
    PodSpec,
    declares_limit,
    pod_limits,
    pod_requests,
    with_api_defaults,
)
from fvcapacity.decisions.qos import oom_score_adj, qos_class
from fvcapacity.semantics.cgroup import PodCgroup, pod_cgroup
from fvcapacity.units import Quantity, parse_quantity

GIB = 2**30


def amounts(text: str) -> dict[str, Quantity]:
    """``"250m 64Mi"`` is cpu and memory; ``-`` leaves one out."""
    cpu, _, memory = text.partition(" ")
    named = {"cpu": cpu, "memory": memory}
    return {name: parse_quantity(value) for name, value in named.items() if value not in ("", "-")}


def container(requests: str = "", limits: str = "", kind: str = "app") -> ContainerSpec:
    return ContainerSpec(name=kind, kind=kind, requests=amounts(requests), limits=amounts(limits))  # type: ignore[arg-type]


def pod(*containers: ContainerSpec, overhead: str = "", priority_class: str = "") -> PodSpec:
    return PodSpec(containers=containers, overhead=amounts(overhead), priority_class=priority_class)


QOS = [
    # pod, class, why
    (pod(container()), "BestEffort", "no container names cpu or memory"),
    (pod(container("0 0")), "BestEffort", "no container names cpu or memory"),
    (pod(container("1 1Gi", "1 1Gi")), "Guaranteed", ""),
    (pod(container("1 1Gi", "1 2Gi")), "Burstable", "memory requests are not equal to limits"),
    (pod(container("", "1 1Gi")), "Burstable", "cpu requests are not equal to limits"),
    (with_api_defaults(pod(container("", "1 1Gi"))), "Guaranteed", ""),
    (pod(container("1 1Gi", "1 1Gi"), container()), "Burstable", "container app has no cpu limit"),
    (pod(container("1 1Gi", "1 1Gi"), container("1", "1", "init")), "Burstable", "container init has no memory limit"),
]


@pytest.mark.parametrize(("given", "quality", "why"), QOS)
def test_qos_class(given: PodSpec, quality: str, why: str) -> None:
    assert qos_class(given) == (quality, why)


@pytest.mark.parametrize(
    ("given", "score"),
    [
        (pod(container()), 1000),
        (pod(container("1 1Gi", "1 1Gi")), -997),
        (pod(container("1 1Gi")), 875),
        (pod(container("1")), 999),
        (pod(container("- 8Gi")), 3),
        (pod(container(), priority_class="system-node-critical"), -997),
    ],
)
def test_the_kernel_kills_those_first_that_request_least(given: PodSpec, score: int) -> None:
    assert oom_score_adj(given, given.apps[0], 8 * GIB) == score


def test_a_pod_asks_for_the_most_that_runs_at_one_time() -> None:
    given = pod(container("1 1Gi"), container("250m", kind="sidecar"), container("2", kind="init"), overhead="10m 1Mi")
    assert {name: str(total) for name, total in pod_requests(given).items()} == {"cpu": "2260m", "memory": "1025Mi"}
    assert pod_requests(given, overhead=False)["cpu"].milli_value == 2250


def test_overhead_raises_a_limit_but_makes_none() -> None:
    given = pod(container("", "1"), overhead="10m 1Mi")
    assert {name: str(total) for name, total in pod_limits(given).items()} == {"cpu": "1010m"}


def test_an_init_container_may_live_on_the_limit_of_the_sidecar_before_it() -> None:
    sidecar, init, app = container("", "1", "sidecar"), container(kind="init"), container("", "1")
    assert declares_limit(pod(sidecar, init, app), "cpu")
    assert not declares_limit(pod(init, sidecar, app), "cpu")
    assert not declares_limit(pod(sidecar, app), "memory")


@pytest.mark.parametrize(
    ("given", "values"),
    [
        (pod_cgroup("BestEffort", 0, None, None), PodCgroup(2)),
        (pod_cgroup("Burstable", 250, None, None), PodCgroup(256)),
        (pod_cgroup("Burstable", 250, 500, 2**20), PodCgroup(256, 50_000, 100_000, 2**20)),
        (pod_cgroup("Guaranteed", 5, 5, 2**20), PodCgroup(5, 1000, 100_000, 2**20)),
        (pod_cgroup("Burstable", 250, 500, None, enforce_cpu_limits=False), PodCgroup(256, -1, 100_000)),
    ],
)
def test_the_cgroup_of_a_pod(given: PodCgroup, values: PodCgroup) -> None:
    assert given == values


MIB = 2**20


@pytest.mark.parametrize(
    ("used", "met"),
    [
        (0, []),
        (800, []),  # as much as allocatable
        (801, ["allocatableMemory.available"]),
        (924, ["allocatableMemory.available"]),  # 100 MiB are left of the machine
        (925, ["memory.available", "allocatableMemory.available"]),
    ],
)
def test_pods_are_evicted_above_allocatable_and_near_the_end_of_the_machine(used: int, met: list[str]) -> None:
    signals = memory_signals(1024 * MIB, 800 * MIB, used * MIB)
    assert [signal.name for signal in signals if signal.met] == met


def test_the_pressure_outlives_its_cause_by_five_minutes() -> None:
    assert pressure_ends(10, 10 + 299 * 10**9) == (10**9, "TransitionPeriod")
    assert pressure_ends(10, 10 + 300 * 10**9) == (0, "KubeletHasSufficientMemory")


def test_critical_pods_are_passed_over() -> None:
    critical = EvictionCandidate(name="dns", priority=2_000_000_000, memory_usage_bytes=100)
    plain = EvictionCandidate(name="web", memory_request_bytes=100, memory_usage_bytes=10)
    assert victim([critical, plain]) == ("web", "WithinRequest")
    assert victim([critical]) == (None, "NoEvictablePod")


def test_the_order_of_eviction() -> None:
    def at(name: str, usage: int | None, request: int, priority: int = 0) -> EvictionCandidate:
        return EvictionCandidate(name=name, priority=priority, memory_request_bytes=request, memory_usage_bytes=usage)

    pods = [
        at("within", 90, 100),
        at("within, low priority", 10, 100, -1),
        at("above by 5", 105, 100),
        at("above by 50", 150, 100),
        at("above by 90, high priority", 190, 100, 1000),
        at("just at its request", 100, 100),
        at("never looked at", None, 100),
    ]
    assert memory_eviction_order(pods) == [
        ("never looked at", "NoStatistics"),
        ("above by 50", "AboveRequest"),
        ("above by 5", "AboveRequest"),
        ("above by 90, high priority", "AboveRequest"),
        ("within, low priority", "WithinRequest"),
        ("just at its request", "WithinRequest"),
        ("within", "WithinRequest"),
    ]
