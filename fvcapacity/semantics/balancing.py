"""Which endpoint a call goes to, and who an attempt is."""

from __future__ import annotations

from fvcapacity.semantics.draw import draw_duration, mix, unit
from fvcapacity.semantics.events import SALT_BALANCE, SALT_CONNECTION
from fvcapacity.semantics.jit import njit


@njit
def attempt_identity(caller: int, path: int, number: int) -> int:
    """Return the identity of attempt ``number`` of the call at ``path`` that the visit ``caller`` makes."""
    return mix(caller, path + number)


@njit
def pick(identity: int, endpoints: int) -> int:
    """Return the endpoint of an attempt: ``floor(u x n)`` with the attempt's own u (kube-proxy's iptables mode)."""
    return int(unit(mix(identity, SALT_BALANCE)) * endpoints)


@njit
def connection(identity: int, connections: int) -> int:
    """Return which of its keep-alive connections a client uses for an attempt."""
    return int(unit(mix(identity, SALT_CONNECTION)) * connections)


@njit
def takes_branch(identity: int, path: int, probability: float) -> bool:
    """Return whether a visit takes the branch at ``path``."""
    return unit(mix(identity, path)) < probability


@njit
def operation_time(identity: int, path: int, kind: int, mean_ns: float, sigma: float) -> int:
    """Return the drawn time of an operation of a visit, in nanoseconds (see ``draw.draw_duration``)."""
    return draw_duration(kind, mean_ns, sigma, mix(identity, path))
