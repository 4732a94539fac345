"""What a call meets when something is broken: machines that no longer answer, names that are slow to find."""

from __future__ import annotations

import math

from fvcapacity.semantics.draw import mix, unit
from fvcapacity.semantics.events import SALT_LOOKUP
from fvcapacity.semantics.jit import njit

AS_IT_IS = 1000
"""The pace of a service without a fault, in thousandths."""

CONNECT_PATIENCE_NS = 127 * 10**9
"""Who sets no time-out learns after this that nobody answers: Linux sends SYN again after 1, 3, 7, ... 63 s
(``net.ipv4.tcp_syn_retries = 6``, its default) and gives up 64 s later."""
ANSWER_PATIENCE_NS = 924_600_000_000
"""The same on a connection that stood: ``net.ipv4.tcp_retries2 = 15``, its default, is 924.6 s."""


@njit
def given_up_ns(now_ns: int, timeout_ns: int, due_ns: int, patience_ns: int) -> int:
    """Return when a caller stops to wait for a machine that is gone.

    Nothing comes back from it, neither an answer nor a refusal: the caller's time-out ends the wait, and without one
    the patience of its kernel.

    Parameters
    ----------
    now_ns
        When the packet is lost.
    timeout_ns
        Of the call; 0 for none.
    due_ns
        When that is over; it may be past, when the caller has gone on and an orphan is left.
    patience_ns
        How long the kernel tries.
    """
    return max(now_ns, due_ns) if timeout_ns > 0 else now_ns + patience_ns


@njit
def lookup_delay_ns(identity: int, share_ppm: int, delay_ns: int) -> int:
    """Return what the search for a name adds to an attempt: ``delay_ns`` to ``share_ppm`` millionths of all."""
    return delay_ns if unit(mix(identity, SALT_LOOKUP)) * 1_000_000.0 < share_ppm else 0


@njit
def slowed_mean_ns(mean_ns: float, pace_milli: int) -> float:
    """Return the mean of a demand of which a service needs so many thousandths."""
    return mean_ns * pace_milli / 1000.0


@njit
def slowed_ns(time_ns: int, pace_milli: int) -> int:
    """Return a fixed time of which a service needs so many thousandths, rounded up."""
    return math.ceil(time_ns * pace_milli / 1000.0)
