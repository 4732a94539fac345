"""What a new version of a service does otherwise: which requests it gets, what they cost it, which it fails.

All three depend on who the attempt is, so that the same customer meets the same fate in every plane and candidate.
"""

from __future__ import annotations

from fvcapacity.semantics.draw import mix, unit
from fvcapacity.semantics.events import SALT_CANARY, SALT_ERROR
from fvcapacity.semantics.jit import njit

AS_DESCRIBED = 1000
"""Demand of a version that costs what the topology says, in thousandths of that."""


@njit
def takes_canary(identity: int, weight: int) -> bool:
    """Return whether an attempt goes to the new version, which gets ``weight`` percent of them.

    Who went there goes there still when the weight grows.
    """
    return unit(mix(identity, SALT_CANARY)) * 100.0 < weight


@njit
def scaled_demand(demand_ns: int, factor_milli: int) -> int:
    """Return a demand times a factor in thousandths, rounded up to a nanosecond."""
    return (demand_ns * factor_milli + 999) // 1000


@njit
def answers_with_error(identity: int, share_ppm: int) -> bool:
    """Return whether a version that fails ``share_ppm`` millionths of its requests fails this one."""
    return unit(mix(identity, SALT_ERROR)) * 1e6 < share_ppm
