"""Which of several node groups grows (``cluster-autoscaler/expander``).

Each expander keeps the best options; several in a row narrow the choice down, and lots are drawn among what is left.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

from fvcapacity.decisions.scheduler import SchedulingPod
from fvcapacity.frozen import Frozen, field

EXPANDERS = ("least-waste", "most-pods", "price", "priority", "random")

_CPU_USD_PER_HOUR, _GIB_USD_PER_HOUR = 0.033174, 0.004446
"""What a pod's requests are worth to the price expander (``cloudprovider/gce/gce_price_model.go``)."""
_STABILIZATION_CPU_MILLI, _STABILIZATION_BYTES = 500, 500 * 2**20
_GPU_UNFITNESS = 1000.0
_GIB = 2**30
_PREFERRED_CPU_MILLI = ((2, 1000), (6, 2000), (20, 4000), (60, 8000), (200, 16000))
"""Nodes of the cluster, and the size of a node that suits so many (``expander/price/preferred.go``)."""


class Option(Frozen, kw_only=True):
    """Nodes that a group could get: where, for which pods, how large and how dear each is."""

    group: str
    zones: tuple[str, ...]
    pods: tuple[SchedulingPod, ...]
    capacity: tuple[int, int]
    """Millicores and bytes of the whole machine."""
    usd_per_hour: float | None = None
    accelerated: bool = False
    """It has a GPU."""


class Choice(Frozen):
    """What decides between options: the expanders in their order, and what they need to know."""

    expanders: Sequence[str] = ("least-waste",)
    priorities: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """Priority to regular expressions on the names of groups; the highest number comes first."""
    cluster_size: int = 0
    """Nodes of the cluster."""
    draw: int = 0
    """Decides among equals."""


def choose(options: Sequence[Option], choice: Choice) -> Option:
    """Return the option to carry out (``expander/factory/chain.go``)."""
    left = list(options)
    for name in choice.expanders:
        left = _FILTERS[name](left, choice)
        if len(left) == 1:
            return left[0]
    return left[choice.draw % len(left)]


def waste(capacity: tuple[int, int], count: int, requested: tuple[int, int]) -> float:
    """Return the unused shares of CPU and memory of ``count`` nodes, added (expander least-waste)."""
    cpu, memory = capacity[0] * count, capacity[1] * count
    return (cpu - requested[0]) / cpu + (memory - requested[1]) / memory


def option_waste(option: Option) -> float:
    """Return the waste of an option."""
    requested = (sum(p.cpu_milli for p in option.pods), sum(p.memory_bytes for p in option.pods))
    return waste(option.capacity, len(option.zones), requested)


def price_score(option: Option, cluster_size: int) -> float | None:
    """Return how badly the money of an option is spent (``expander/price/price.go``); None without a price.

    What the nodes cost over what the pods are worth, times how far a node is from the size that suits the cluster;
    the latter counts less the more nodes there are.
    """
    if option.usd_per_hour is None:
        return None
    count = len(option.zones)
    steady = pod_usd_per_hour(_STABILIZATION_CPU_MILLI, _STABILIZATION_BYTES)
    worth = sum(pod_usd_per_hour(pod.cpu_milli, pod.memory_bytes) for pod in option.pods)
    spent = (option.usd_per_hour * count + steady) / (worth + steady)
    preferred = next((cpu for size, cpu in _PREFERRED_CPU_MILLI if cluster_size <= size), 32_000)
    unfitness = max(preferred / option.capacity[0], option.capacity[0] / preferred)
    suppressed = (unfitness - 1.0) * (1.0 - math.tanh((count - 1) / 15.0)) + 1.0
    return (_GPU_UNFITNESS if option.accelerated else suppressed) * spent


def pod_usd_per_hour(cpu_milli: int, memory_bytes: int) -> float:
    """Return what requests are worth."""
    return cpu_milli / 1000.0 * _CPU_USD_PER_HOUR + memory_bytes / _GIB * _GIB_USD_PER_HOUR


def _least(options: Sequence[Option], score: Callable[[Option], float]) -> list[Option]:
    scores = [score(option) for option in options]
    return [option for option, value in zip(options, scores, strict=True) if value == min(scores)]


def _cheapest(options: list[Option], choice: Choice) -> list[Option]:
    """Leave out what has no price, unless nothing has one."""
    scored = [(option, price_score(option, choice.cluster_size)) for option in options]
    priced = [(option, score) for option, score in scored if score is not None]
    if not priced:
        return options
    least = min(score for _, score in priced)
    return [option for option, score in priced if score == least]


def _highest_priority(options: list[Option], choice: Choice) -> list[Option]:
    """Keep the groups that the highest priority names; all of them when none is named."""
    for priority in sorted(choice.priorities, reverse=True):
        patterns = choice.priorities[priority]
        found = [o for o in options if any(re.search(pattern, o.group) for pattern in patterns)]
        if found:
            return found
    return options


_FILTERS: Mapping[str, Callable[[list[Option], Choice], list[Option]]] = {
    "least-waste": lambda options, choice: _least(options, option_waste),
    "most-pods": lambda options, choice: _least(options, lambda option: -len(option.pods)),
    "price": _cheapest,
    "priority": _highest_priority,
    "random": lambda options, choice: [options[choice.draw % len(options)]],
}
