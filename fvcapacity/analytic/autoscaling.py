"""Where a HorizontalPodAutoscaler comes to rest under a steady load.

With R pods a metric is ``load / R + own``, own being what each pod uses whatever comes. The controller leaves R alone
while the metric over its target is within 10 % of 1 (``--horizontal-pod-autoscaler-tolerance``), else it goes to
``ceil(R x metric / target)`` (``replica_calculator.go``); of several metrics the largest answer counts.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Values = Floats | float

TOLERANCE = 0.1


def resting_replicas(
    load: Values, own: Values, target: Values, tolerance: float = TOLERANCE
) -> tuple[Floats, Floats, Floats]:
    """Return how many pods one metric asks for, before minimum and maximum.

    Parameters
    ----------
    load
        What all pods share (cores of requests, things open).
    own
        What each pod uses by itself.
    target
        Wanted amount for each pod, in the same unit (request times target utilization); nan where there is no metric.

    Returns
    -------
    tuple of ndarray
        The least number at which the controller rests (coming from below it stops there), the number with which the
        metric is at most its target, and the largest at which it rests (coming from above). Infinite where one pod's
        own use is beyond the target, so that no number is enough; 0 without a metric.
    """
    shared, alone, wanted = np.broadcast_arrays(*(np.asarray(v, np.float64) for v in (load, own, target)))
    exact = _pods(shared, wanted - alone)
    low = np.minimum(_pods(shared, wanted * (1 + tolerance) - alone), exact)
    with np.errstate(divide="ignore", invalid="ignore"):
        high = np.floor(shared / (wanted * (1 - tolerance) - alone) + 1e-9)
    high = np.where(np.isfinite(high) & (high > 0), np.maximum(high, exact), np.where(exact > 0, math.inf, exact))
    missing = np.isnan(wanted)
    return tuple(np.asarray(np.where(missing, 0.0, v), np.float64) for v in (low, exact, high))  # type: ignore[return-value]


def _pods(shared: Floats, room: Floats) -> Floats:
    """Return the least whole number of pods that the shared load fits into."""
    with np.errstate(divide="ignore", invalid="ignore"):
        pods = np.where(room > 0, np.ceil(shared / room - 1e-9), math.inf)
    return np.asarray(np.maximum(pods, 1.0), np.float64)
