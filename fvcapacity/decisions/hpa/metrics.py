"""What the autoscaler sees of pods and metrics, and into which groups it sorts the pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple

from fvcapacity.frozen import Frozen

MetricType = Literal["Resource", "ContainerResource", "Pods", "Object", "External"]


class Tolerance(Frozen):
    """How far the ratio of usage to target may be from 1 without a change, downwards and upwards."""

    down: float = 0.1
    up: float = 0.1

    def within(self, ratio: float) -> bool:
        """Tell whether a ratio calls for no change; literally in doubles (1.1 is within 0.1)."""
        return (1.0 - self.down) <= ratio <= (1.0 + self.up)


_NOTHING: Mapping[str, Mapping[str, int]] = MappingProxyType({})


class HpaPod(NamedTuple):
    """One pod that the target's selector matches.

    ``ready`` is the status of the Ready condition, None when there is none; ``requests`` maps container to
    resource to thousandths, native sidecars included.
    """

    name: str
    phase: str = "Running"
    ready: str | None = "True"
    ready_since_ns: int | None = None
    start_ns: int | None = None
    deleting: bool = False
    requests: Mapping[str, Mapping[str, int]] = _NOTHING


class PodList(tuple[HpaPod, ...]):
    """The pods of a target, with what follows from them alone.

    Pods change more seldom than metrics: who keeps the list from sync to sync has that worked out once.
    """

    @cached_property
    def names(self) -> frozenset[str]:
        """Their names."""
        return frozenset(pod.name for pod in self)

    @cached_property
    def all_running(self) -> bool:
        """Whether every one of them runs and is to stay."""
        return all(pod.phase == "Running" and not pod.deleting for pod in self)

    @cached_property
    def staying(self) -> int:
        """How many of them are not being deleted."""
        return sum(not pod.deleting for pod in self)

    @cached_property
    def requested(self) -> dict[tuple[str, str], int | None]:
        """By resource and container ("" for all) what they request together, as far as asked; None if one is silent."""
        return {}

    @cached_property
    def last_start_ns(self) -> int | None:
        """When the last of them started; None while one has not, or is not ready."""
        starts = [pod.start_ns for pod in self if pod.ready == "True" and pod.start_ns is not None]
        return max(starts) if starts and len(starts) == len(self) else None


class Sampling(NamedTuple):
    """When a pod's value was taken, and over how long before."""

    timestamp_ns: int
    window_ns: int


_NEVER: Mapping[str, Sampling] = MappingProxyType({})


class MetricReading(NamedTuple):
    """What a metrics API answered: values by pod, plain values, or neither when it failed."""

    pods: Mapping[str, int] | None = None
    """Thousandths by pod, summed over its containers or of the one container asked for."""
    sampled: Mapping[str, Sampling] = _NEVER
    """When each of them was taken."""
    values: tuple[int, ...] | None = None


class MetricSpec(Frozen):
    """One entry of ``spec.metrics``; a valid one has exactly one of the three targets."""

    type: MetricType | str
    name: str = ""
    container: str = ""
    utilization_percent: int | None = None
    average_value_milli: int | None = None
    value_milli: int | None = None


class ReadinessRule(Frozen):
    """How the CPU usage of young pods is mistrusted (flags of the controller manager)."""

    cpu_initialization_ns: int = 300 * 10**9
    initial_readiness_delay_ns: int = 30 * 10**9


@dataclass(slots=True)
class PodGroups:
    """Pods by what their metrics are worth (``groupPods`` in ``replica_calculator.go``)."""

    ready_count: int = 0
    unready: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def group_pods(
    pods: Sequence[HpaPod], sampled: Mapping[str, Sampling], resource: str, rule: ReadinessRule, now_ns: int
) -> PodGroups:
    """Sort pods into ready, unready, missing and ignored; ``resource`` is "" for custom metrics."""
    groups = PodGroups()
    for pod in pods:
        if pod.deleting or pod.phase in ("Failed", "Succeeded"):
            groups.ignored.append(pod.name)
        elif pod.phase == "Pending":
            groups.unready.append(pod.name)
        elif (sampling := sampled.get(pod.name)) is None:
            groups.missing.append(pod.name)
        elif resource == "cpu" and cpu_is_unready(pod, sampling, rule, now_ns):
            groups.unready.append(pod.name)
        else:
            groups.ready_count += 1
    return groups


def every_cpu_counts(pods: PodList, sampled: Mapping[str, Sampling], rule: ReadinessRule, now_ns: int) -> bool:
    """Tell whether there is a CPU metric to be trusted of every pod."""
    last = pods.last_start_ns
    if last is not None and last + rule.cpu_initialization_ns <= now_ns:
        return True
    return not any(cpu_is_unready(pod, sampled[pod.name], rule, now_ns) for pod in pods)


def cpu_is_unready(pod: HpaPod, sampling: Sampling, rule: ReadinessRule, now_ns: int) -> bool:
    """Tell whether a pod's CPU metric is not to be trusted yet."""
    if pod.ready is None or pod.start_ns is None:
        return True
    since = pod.ready_since_ns or 0
    if pod.start_ns + rule.cpu_initialization_ns > now_ns:
        # A young pod counts once it is ready and its metric covers no time before that.
        return pod.ready == "False" or sampling.timestamp_ns < since + sampling.window_ns
    # An old pod that is not ready, and never was, is left out.
    return pod.ready == "False" and pod.start_ns + rule.initial_readiness_delay_ns > since
