"""What a cloud leaves to the pods of a machine: capacity less what it keeps for the system.

Sources: EKS: ``instancetype/types.go`` of karpenter-provider-aws. GKE: "Plan GKE Standard node sizes" of its
documentation. AKS (1.29 and later): "Node resource reservations" of its documentation, whose table of CPU
(60, 100, 140, 180, 260, 420, 740 millicores for 1 to 64 cores) is the brackets below.
"""

from __future__ import annotations

import math
from typing import Literal

from fvcapacity.frozen import Frozen

Provider = Literal["aks", "eks", "gke"]

_MIB = 2**20
_GIB = 2**30
_MB = 10**6
_EVICTION_BYTES = 100 * _MIB

_Brackets = tuple[tuple[float, float], ...]
_EKS_GKE_CPU: _Brackets = ((1, 0.06), (2, 0.01), (4, 0.005), (math.inf, 0.0025))
_AKS_CPU: _Brackets = ((1, 0.06), (2, 0.04), (4, 0.02), (math.inf, 0.01))
_GKE_MEMORY: _Brackets = ((4, 0.25), (8, 0.20), (16, 0.10), (128, 0.06), (math.inf, 0.02))


class Allocatable(Frozen):
    """CPU and memory that the scheduler may give to pods."""

    cpu_cores: float
    memory_bytes: int


def allocatable(
    provider: Provider,
    cpu_cores: float,
    memory_bytes: int,
    max_pods: int = 110,
    *,
    vm_overhead_ratio: float = 0.0,
) -> Allocatable:
    """Return the allocatable of a machine.

    Parameters
    ----------
    provider
        Whose rule counts; ``aks`` is that of 1.29 and later.
    cpu_cores, memory_bytes
        Size of the machine.
    max_pods
        Largest number of pods on it (EKS and AKS reserve memory by it); see `eks_max_pods`.
    vm_overhead_ratio
        Share of the memory that the hypervisor and kernel take before the node reports its capacity. An
        estimate (Karpenter takes 0.075) for sizes from a catalogue; 0 for the capacity that a node reports.

    Returns
    -------
    Allocatable
        Never negative; CPU to the millicore, memory to the byte, both rounded down.

    Raises
    ------
    ValueError
        When a size is not positive, or the overhead no ratio below 1.
    """
    if cpu_cores <= 0 or memory_bytes <= 0 or max_pods < 1 or not 0 <= vm_overhead_ratio < 1:
        raise ValueError(f"no machine has {cpu_cores} cores, {memory_bytes} bytes, {max_pods} pods")
    capacity = memory_bytes * (1 - vm_overhead_ratio)
    cpu_brackets = _AKS_CPU if provider == "aks" else _EKS_GKE_CPU
    free_milli = 1000 * (cpu_cores - _by_brackets(cpu_cores, cpu_brackets))
    free_bytes = capacity - _reserved_bytes(provider, capacity, max_pods) - _EVICTION_BYTES
    # A millionth of a millicore is float noise, not CPU that is missing.
    return Allocatable(math.floor(free_milli + 1e-6) / 1000, max(math.floor(free_bytes), 0))


def eks_max_pods(interfaces: int, addresses_per_interface: int) -> int:
    """Return the pods of an EKS machine: one address of each network interface is the interface's own."""
    return interfaces * (addresses_per_interface - 1) + 2


def _reserved_bytes(provider: Provider, capacity: float, max_pods: int) -> float:
    if provider == "eks":
        return 11 * _MIB * max_pods + 255 * _MIB
    if provider == "aks":
        return min(20 * _MB * max_pods + 50 * _MB, 0.25 * capacity)
    if capacity < _GIB:
        return 255 * _MIB
    return _by_brackets(capacity / _GIB, _GKE_MEMORY) * _GIB


def _by_brackets(amount: float, brackets: _Brackets) -> float:
    """Return what a progressive rate takes: each rate holds for the part between two bounds."""
    taken, low = 0.0, 0.0
    for high, rate in brackets:
        taken += rate * max(min(amount, high) - low, 0.0)
        low = high
    return taken
