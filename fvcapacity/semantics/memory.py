"""The working set of a container, and when the kernel kills it."""

from __future__ import annotations

from fvcapacity.semantics.jit import njit


@njit
def over_limit(memory_bytes: int, limit_bytes: int) -> bool:
    """Return whether the kernel's OOM killer takes the container (cgroup ``memory.max``; 0: no limit)."""
    return limit_bytes > 0 and memory_bytes > limit_bytes
