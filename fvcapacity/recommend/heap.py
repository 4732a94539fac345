"""The heap flag of Node.js against the memory limit.

V8 takes the machine's memory for its bound, not the container's: in 128 or 256 MiB its own heap limit is 259 MiB, and
the kernel kills the process (exit 137) without a word in its log. With ``--max-old-space-size`` at half to three
quarters of the limit V8 gives up first (exit 134, with a report); at nine tenths the kernel is faster again. Measured
with Node.js 20 under Kubernetes-style limits, see ``docs/explanation/node-pools.md``. Buffers lie outside of the
heap, and the flag does nothing for them: what open requests hold has to fit beside it.
"""

from __future__ import annotations

from fvcapacity.frozen import Frozen

MIB = 2**20
SHARE = 0.75
"""Largest part of the limit that the heap may have."""
SMALLEST_MIB = 16


class HeapAdvice(Frozen):
    """The flag's value in MiB; None when the limit leaves no room for a heap."""

    mebibytes: int | None
    why: str


def advise_heap(memory_limit_bytes: int | None, outside_bytes: int = 0, share: float = SHARE) -> HeapAdvice:
    """Return ``--max-old-space-size`` for a container.

    Parameters
    ----------
    memory_limit_bytes
        None: no limit, and then the flag has nothing to keep to.
    outside_bytes
        What lies outside of the heap at most: buffers of open requests, and other processes of the container.
    share
        Largest part of the limit for the heap, 0.5 to 0.75.
    """
    if memory_limit_bytes is None:
        return HeapAdvice(None, "no memory limit, so that V8's own bound holds")
    if not 0.5 <= share <= SHARE:
        raise ValueError(f"{share} of the limit was not measured to let V8 give up before the kernel kills")
    by_share, beside = int(memory_limit_bytes * share) // MIB, (memory_limit_bytes - outside_bytes) // MIB
    size = min(by_share, beside)
    limit = memory_limit_bytes // MIB
    if size < SMALLEST_MIB:
        return HeapAdvice(
            None, f"of {limit} MiB {outside_bytes // MIB} are used outside of the heap: raise the limit first"
        )
    bound = (
        f"{100 * share:g} % of the limit" if by_share <= beside else f"what {outside_bytes // MIB} MiB of buffers leave"
    )
    return HeapAdvice(size, f"heap {size} MiB of {limit}: {bound}; V8 then reports and ends before the kernel kills")
