"""Which of several node groups grows (``cluster-autoscaler/expander``)."""

from __future__ import annotations


def waste(capacity: tuple[int, int], count: int, requested: tuple[int, int]) -> float:
    """Return the unused shares of CPU and memory of ``count`` nodes, added (expander least-waste)."""
    cpu, memory = capacity[0] * count, capacity[1] * count
    return (cpu - requested[0]) / cpu + (memory - requested[1]) / memory
