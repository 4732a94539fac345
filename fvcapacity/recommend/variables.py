"""What a search may turn: each field with the values that it may take, from the dear to the cheap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fvcapacity.frozen import Frozen
from fvcapacity.recommend.bounds import Bounds, amount
from fvcapacity.recommend.candidates import Values
from fvcapacity.recommend.scope import sized_containers
from fvcapacity.scenario.cluster import Container, HorizontalPodAutoscaler, Workload
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths.grammar import quoted
from fvcapacity.scenario.paths.values import Value
from fvcapacity.scenario.recommendation import Policy
from fvcapacity.units import format_bytes, format_cpu

_MANTISSAS = (10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 26, 28, 30, 33, 36, 40, 44, 48, 52, 56, 60, 65, 70, 75, 80)
_FROM_10M = (mantissa * 10**power for power in range(4) for mantissa in (*_MANTISSAS, 85, 90, 95))
CPU_MILLI = (*range(1, 10), *_FROM_10M)
"""Ladder of CPU: from 10m on steps of 5 to 13 %."""
_MIB_ABOVE = (64 * step * 2**power for power in range(9) for step in range(5, 9))
MEMORY_MIB = (16, 24, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, *_MIB_ABOVE)
"""Ladder of memory: steps of at most a third."""
TARGETS = (30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95)


class Variable(Frozen):
    """A field that may be turned.

    Attributes
    ----------
    path
        Of the field.
    today
        Its value as the system is.
    ladder
        All values that it may have, the dearest first.
    kind
        ``cpu``, ``memory``, ``target``, ``pods`` or ``nodes``.
    workload
        Whose it is; empty for node pools.
    """

    path: str
    today: Value
    ladder: tuple[Value, ...]
    kind: str
    workload: str = ""

    def cheaper(self, value: Value) -> tuple[Value, ...]:
        """Return the values that are cheaper than one, the nearest first."""
        at, sign = amount_of(value), self._sign
        return tuple(item for item in self.ladder if sign * amount_of(item) < sign * at)

    def dearer(self, value: Value) -> tuple[Value, ...]:
        """Return the values that are dearer than one, the nearest first."""
        at, sign = amount_of(value), self._sign
        return tuple(item for item in reversed(self.ladder) if sign * amount_of(item) > sign * at)

    @property
    def _sign(self) -> int:
        """A higher target is cheaper; of everything else less is."""
        return -1 if self.kind == "target" else 1


CPU_LADDER: tuple[Value, ...] = tuple(format_cpu(milli / 1000) for milli in CPU_MILLI)
MEMORY_LADDER: tuple[Value, ...] = tuple(format_bytes(mib * 2**20) for mib in MEMORY_MIB)


def amount_of(value: Value) -> float:
    """Return a value as a number."""
    assert value is not None
    return amount(value)


def variables_of(scenario: Scenario, bounds: Bounds) -> list[Variable]:
    """Return everything that may be turned, in the order of the manifests; pinned fields are left out."""
    found: list[Variable] = []
    sized = sized_containers(scenario, bounds.policy)
    for workload in scenario.cluster.workloads:
        names = sized.get(workload.key, ())
        for container in workload.template.containers:
            if container.name in names:
                found += _of_container(workload, container)
        if names:
            found += _of_pods(workload, autoscaler_of(scenario, workload), bounds.policy)
    found += _of_nodes(scenario)
    kept = []
    for variable in found:
        if bounds.pinned(variable.path):
            continue
        ladder = tuple(value for value in variable.ladder if bounds.allows(variable.path, value))
        policy = bounds.policy
        least = {"cpu": policy.least_cpu, "memory": policy.least_memory}.get(variable.kind, 0.0)
        ladder = tuple(value for value in ladder if amount_of(value) >= least - 1e-9 or value == variable.today)
        if variable.kind == "target":
            ladder = tuple(v for v in ladder if policy.target_minimum <= amount_of(v) <= policy.target_maximum)
        kept.append(Variable(variable.path, variable.today, ladder, variable.kind, variable.workload))
    return kept


def autoscaler_of(scenario: Scenario, workload: Workload) -> HorizontalPodAutoscaler | None:
    """Return the HPA of a workload."""
    return next(
        (
            hpa
            for hpa in scenario.cluster.autoscalers
            if (hpa.target_kind, hpa.target_name, hpa.namespace) == (workload.kind, workload.name, workload.namespace)
        ),
        None,
    )


def container_path(workload: Workload, container: str) -> str:
    """Return the path of a container, as paths of fields begin."""
    return f"{workload.kind.lower()}/{quoted(workload.name)}/{quoted(container)}"


def cpu_target(hpa: HorizontalPodAutoscaler | None) -> int | None:
    """Return the target utilization of the CPU of a whole pod, in per cent; None when it has no such metric."""
    metrics = hpa.metrics if hpa is not None else ()
    found = [m.utilization_percent for m in metrics if m.type == "Resource" and m.name == "cpu"]
    return int(found[0]) if found and found[0] is not None else None


def threshold_kept(scenario: Scenario, values: Values, bounds: Bounds) -> dict[str, Value]:
    """Return values with the CPU targets moved so that each HPA's threshold in cores stays where it is today.

    Where a target would leave the policy's range it stays at its end, and where it is pinned or set, as it is.
    """
    changed = dict(values)
    for workload in scenario.cluster.workloads:
        hpa = autoscaler_of(scenario, workload)
        target = cpu_target(hpa)
        if hpa is None or target is None:
            continue
        path = f"hpa/{quoted(hpa.name)}.target.cpu"
        before = after = 0.0
        for container in workload.template.containers:
            if container.kind == "init":
                continue
            own = container.cpu_request_cores
            own = container.cpu_limit_cores or 0.0 if own is None else own
            value = values.get(f"{container_path(workload, container.name)}.requests.cpu")
            before, after = before + own, after + (own if value is None else amount(value))
        if path in values or bounds.pinned(path) or before == after or after <= 0:
            continue
        low, high = bounds.policy.target_minimum, bounds.policy.target_maximum
        moved = min(max(round(target * before / after), min(low, target)), max(high, target))
        changed[path] = bounds.clamped(path, moved)
    return changed


def _of_container(workload: Workload, container: Container) -> Iterator[Variable]:
    owner = container_path(workload, container.name)
    cpu = container.cpu_request_cores if container.cpu_request_cores is not None else container.cpu_limit_cores
    if cpu:
        ladder = _ladder(CPU_LADDER, format_cpu(cpu))
        yield Variable(f"{owner}.requests.cpu", format_cpu(cpu), ladder, "cpu", workload.key)
    memory = container.memory_request_bytes
    memory = container.memory_limit_bytes if memory is None else memory
    if memory:
        ladder = _ladder(MEMORY_LADDER, format_bytes(memory))
        yield Variable(f"{owner}.requests.memory", format_bytes(memory), ladder, "memory", workload.key)


def _of_pods(workload: Workload, hpa: HorizontalPodAutoscaler | None, policy: Policy) -> Iterator[Variable]:
    if workload.kind != "Deployment":
        return  # a database does not serve with one copy less
    today = workload.replicas if hpa is None else hpa.min_replicas
    today = 1 if today is None else today
    fewest = 2 if policy.redundancy and today > 1 else 1
    if hpa is None:
        path = f"{workload.key.partition('/')[0]}/{quoted(workload.name)}.replicas"
        yield Variable(path, today, _numbers(fewest, 2 * max(today, 1)), "pods", workload.key)
        return
    owner = f"hpa/{quoted(hpa.name)}"
    yield Variable(
        f"{owner}.min", today, _numbers(min(fewest, hpa.max_replicas), hpa.max_replicas), "pods", workload.key
    )
    target = cpu_target(hpa)
    if target is not None:
        ladder = tuple(sorted({*TARGETS, target}))
        yield Variable(f"{owner}.target.cpu", target, ladder, "target", workload.key)


def _of_nodes(scenario: Scenario) -> Iterator[Variable]:
    if scenario.file.provisioner == "karpenter":
        return  # its pools keep their count, and what it buys follows from the requests
    several = len(scenario.file.nodes) > 1
    for name, pool in scenario.file.nodes.items():
        path = f"nodes/{quoted(name)}.minimum"
        yield Variable(path, pool.minimum, _numbers(0 if several else 1, pool.maximum), "nodes")


def _ladder(steps: Sequence[Value], today: str) -> tuple[Value, ...]:
    """Return the steps and today's value, the largest first."""
    return tuple(sorted({*steps, today}, key=amount_of, reverse=True))


def _numbers(least: int, most: int) -> tuple[Value, ...]:
    return tuple(range(most, least - 1, -1))


def limits_of(scenario: Scenario, policy: Policy) -> Iterator[tuple[str, Value]]:
    """Yield the limits of all containers that are sized and write one, by path."""
    sized = sized_containers(scenario, policy)
    for workload in scenario.cluster.workloads:
        for container in workload.template.containers:
            for resource in ("cpu", "memory") if container.name in sized.get(workload.key, ()) else ():
                path = f"{container_path(workload, container.name)}.limits.{resource}"
                value = scenario.value(path)
                if value is not None:
                    yield path, value


def between(path: str, low: Value, high: Value) -> list[Value]:
    """Return the values of a ladder from a lower one (itself included) up to a higher one (it not)."""
    if low is None or high is None or amount_of(low) >= amount_of(high):
        return []
    if isinstance(low, int):
        return list(range(low, int(amount_of(high))))
    ladder = CPU_LADDER if path.endswith(".cpu") else MEMORY_LADDER
    return [low, *(value for value in ladder if amount_of(low) < amount_of(value) < amount_of(high))]
