"""What will be touched soon is asked for ahead, so that nobody waits for it then.

The rows of thousands of containers do not fit into a core's own cache: a visit would wait for one row after the other,
its container's, the line's, the thread's, the node's. But where it will go is known before it goes: the next arrival is
at hand, a visit's next call is foreseen from its identity, and the kubelet's next worker stands at the top of its heap.
All this is hints. Whoever is wrong (the endpoints have changed, the visit takes another branch) has fetched some lines
for nothing. Where there are few containers nobody asks (``s.looks_ahead``): they are in the cache anyway.
"""

from __future__ import annotations

from fvcapacity.dataplane.fast.layout import PROBE_TICKS
from fvcapacity.dataplane.fast.memory import (
    State,
    arrival_at,
    call_at,
    endpoint_at,
    entry_at,
    heap_at,
    operation_at,
    place_at,
    prefetch_container,
    prefetch_idle,
    prefetch_line,
    prefetch_match,
    prefetch_node,
    prefetch_thread,
    prefetch_worker,
    route_call_at,
    service_at,
    worker_at,
)
from fvcapacity.program.layout import Balance, Op
from fvcapacity.semantics.balancing import attempt_identity, pick
from fvcapacity.semantics.jit import merged, part

_CALL, _ROUND_ROBIN, _STICKY = int(Op.CALL), int(Balance.ROUND_ROBIN), int(Balance.STICKY)


@merged
def expect_arrival(s: State) -> None:
    """Ask for what the next request of the stream will touch first."""
    if s.arrival < s.chunk_size:
        arrival = arrival_at(s, s.arrival)
        _expect(s, arrival.identity, route_call_at(s, arrival.route).value)


@merged
def expect_call(s: State, identity: int, at: int) -> None:
    """Ask for what a visit's next operation will touch, when that is a call."""
    if operation_at(s, at).kind == _CALL:
        _expect(s, identity, operation_at(s, at).a)


@merged
def expect_probes(s: State) -> None:
    """Ask for what the next worker will touch, and for the two of which one comes after it."""
    heap = heap_at(s, PROBE_TICKS)
    for place in range(1, min(heap.size, 3)):
        prefetch_worker(s, entry_at(heap, place).item)
    if heap.size > 0:
        container = worker_at(s, entry_at(heap, 0).item).container
        if container >= 0:
            _fetch(s, container)


@part
def _expect(s: State, caller: int, call: int) -> None:
    """Ask for the container to which the first attempt of a call will go."""
    number = call_at(s, call).service
    service = service_at(s, number)
    ready = service.endpoints
    if ready == 0 or service.weight >= 0 or service.balance == _STICKY:
        return
    if service.balance == _ROUND_ROBIN:
        place = service.turn % ready
    else:
        place = pick(attempt_identity(caller, call_at(s, call).path, 0), ready)
    _fetch(s, endpoint_at(s, number, place))


@part
def _fetch(s: State, container: int) -> None:
    """Ask for all that a visit of a container touches first."""
    place = place_at(s, container)
    prefetch_container(s, container)
    prefetch_line(s, place.first_line)
    prefetch_idle(s, place.first_thread)
    prefetch_thread(s, place.first_thread)
    prefetch_node(s, place.node)
    prefetch_match(s, (s.node_tree_rows >> 1) + place.node)
