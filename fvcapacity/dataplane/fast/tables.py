"""Makes the tables of the fast plane: the program as records, an empty state, larger copies of what is full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fvcapacity.dataplane.fast import layout
from fvcapacity.dataplane.fast.layout import NEVER, NONE, Code, State, Table, UserPlan
from fvcapacity.dataplane.fast.tree import new_tree
from fvcapacity.dataplane.source import ClosedUsers
from fvcapacity.dataplane.statistics import BIN_NS, Statistics
from fvcapacity.program.layout import Balance, ProgramArrays

FIRST_ATTEMPTS = 1024
FIRST_CONTAINERS = 16


def empty_table(kind: np.dtype[Any], rows: int) -> Table:
    """Return a table of zeros."""
    return np.zeros(rows, kind)


def grown(table: Table, rows: int) -> Table:
    """Return a copy of a table (or array) with so many rows, the new ones zero; itself when it has them already."""
    if len(table) >= rows:
        return table
    larger = np.zeros((rows, *table.shape[1:]), table.dtype)
    larger[: len(table)] = table
    return larger


class ServicePlan:
    """What each container of a service needs: rows of threads, lines, breakers and connections."""

    def __init__(self, program: ProgramArrays) -> None:
        services = len(program.service_balance)
        self.groups = [
            [
                (
                    int(program.group_threads[row]),
                    bool(program.group_per_request[row]),
                    int(program.group_queue_limit[row]),
                )
                for row in range(program.group_first[s], program.group_first[s + 1])
            ]
            for s in range(services)
        ]
        self.pools: list[list[int]] = [[] for _ in range(services)]
        self.pool_place: list[int] = []
        for owner, size in zip(program.pool_owner.tolist(), program.pool_size.tolist(), strict=True):
            self.pool_place.append(len(self.pools[owner]))
            self.pools[owner].append(size)
        guarded = program.call_breaker_failures > 0
        self.breaker_place = np.where(guarded, np.cumsum(guarded) - 1, NONE)
        self.breakers = int(guarded.sum())
        sticky = program.service_balance == Balance.STICKY
        counts = np.where(sticky, program.service_connections, 0)
        self.first_connection = np.cumsum(counts) - counts
        self.connections = int(counts.sum())

    def threads(self, service: int) -> int:
        """Return how many threads a container has, the one of ``exec`` probes included."""
        return sum(count for count, _, _ in self.groups[service]) + 1

    def lines(self, service: int) -> int:
        """Return how many lines a container has: one a thread group, one a pool."""
        return len(self.groups[service]) + len(self.pools[service])


def roomy(table: Table, rows: int) -> Table:
    """Return a table with at least so many rows, which doubles when it grows."""
    return table if len(table) >= rows else grown(table, max(rows, 2 * len(table)))


def program_code(program: ProgramArrays, plan: ServicePlan, timeouts: Sequence[int]) -> Code:
    """Return the program as records; ``timeouts`` are the durations of the time-out lists."""
    calls = empty_table(layout.CALL, len(program.call_service))
    for name in calls.dtype.names or ():
        if hasattr(program, f"call_{name}"):
            calls[name] = getattr(program, f"call_{name}")
    calls["timeout_class"] = [timeouts.index(t) if t else NONE for t in program.call_timeout_ns.tolist()]
    calls["pool"] = [plan.pool_place[pool] if pool >= 0 else NONE for pool in program.call_pool.tolist()]
    calls["held_bytes"] = program.call_memory_bytes + program.service_memory_per_open_bytes[program.call_service]
    calls["breaker"] = plan.breaker_place
    operations = empty_table(layout.OPERATION, len(program.op_kind))
    for name, field in (("mean", "op_mean_ns"), ("sigma", "op_sigma")):
        operations[name] = getattr(program, field)
    for name in ("kind", "a", "b", "group", "dist", "path"):
        operations[name] = getattr(program, f"op_{name}")
    return Code(program.route_call, calls, operations)


def _services(program: ProgramArrays, plan: ServicePlan) -> Table:
    services = empty_table(layout.SERVICE, len(program.service_balance))
    services["growth_bytes"] = program.service_memory_growth_bytes
    for name in ("startup_cpu_ns", "disk_interval_ns", "disk_latency_ns", "balance", "connections"):
        services[name] = getattr(program, f"service_{name}")
    services["first_connection"] = plan.first_connection
    return services


def _users(users: ClosedUsers | None, seed: int) -> UserPlan:
    def numbers(values: Sequence[int]) -> Any:
        return np.array(values, np.int64)

    if users is None:
        return UserPlan(numbers([]), numbers([]), numbers([]), 0, 0, seed)
    return UserPlan(
        journey=numbers(users.journey),
        stage_times=numbers([start for start, _ in users.stages]),
        stage_users=numbers([count for _, count in users.stages]),
        think_ns=users.think_ns,
        slot_ns=users.slot_ns,
        seed=seed,
    )


def empty_state(
    program: ProgramArrays, plan: ServicePlan, statistics: Statistics, users: ClosedUsers | None, seed: int
) -> State:
    """Return the state before anything has happened: no nodes, no containers, nobody on the way."""
    timeouts = sorted({t for t in program.call_timeout_ns.tolist() if t})
    services, routes = len(program.service_balance), len(program.route_call)
    core = empty_table(layout.CORE, 1)
    core["next_bin_ns"], core["timeouts_bound_ns"], core["free_attempt"] = BIN_NS, NEVER, NONE
    times, tree = new_tree(1)
    most_users = max((count for _, count in users.stages), default=0) if users else 0
    none = np.zeros(0, np.int64)
    return State(
        core=core,
        code=program_code(program, plan, timeouts),
        statistics=statistics,
        attempts=empty_table(layout.ATTEMPT, 0),
        nodes=_blank_nodes(1),
        node_times=times,
        node_tree=tree,
        threads=empty_table(layout.THREAD, 0),
        idle=none,
        containers=empty_table(layout.CONTAINER, 0),
        lines=empty_table(layout.LINE, 0),
        breakers=empty_table(layout.BREAKER, 0),
        connections=np.zeros(plan.connections, np.int64),
        services=_services(program, plan),
        endpoints=np.zeros((services, 1), np.int64),
        timeouts=timeout_lists(timeouts),
        deliveries=empty_table(layout.ENTRY, 0),
        timers=empty_table(layout.ENTRY, 0),
        workers=empty_table(layout.WORKER, 0),
        probe_ticks=empty_table(layout.ENTRY, 0),
        arrived=np.zeros(routes, np.int64),
        served=np.zeros(routes, np.int64),
        ring=empty_table(layout.FOLLOW_UP, 1),
        outbox=empty_table(layout.NOTICE, 64),
        scratch=none,
        sorter=empty_table(layout.ENTRY, 0),
        chunk_times=none,
        chunk_routes=none,
        chunk_identities=none,
        users=np.full(most_users, NONE, np.int64),
        user_turns=empty_table(layout.ENTRY, most_users),
        user_plan=_users(users, seed),
        records=np.zeros((0, 5), np.int64),
        trace=np.zeros((0, 5), np.int64),
    )


def _blank_nodes(rows: int) -> Table:
    nodes = empty_table(layout.NODE, rows)
    nodes["number"] = NONE
    return nodes


def timeout_lists(durations: Sequence[int]) -> Table:
    """Return empty time-out lists for some durations."""
    table = empty_table(layout.TIMEOUTS, len(durations))
    table["duration_ns"], table["first"], table["last"] = list(durations), NONE, NONE
    return table


def more_nodes(s: State) -> State:
    """Return the state with room for twice as many nodes (a power of two)."""
    before = len(s.nodes)
    nodes = _blank_nodes(2 * before)
    nodes[:before] = s.nodes
    times, tree = new_tree(2 * before)
    times[:before] = s.node_times
    for at in range(2 * before - 1, 0, -1):
        left, right = tree[2 * at], tree[2 * at + 1]
        later = (times[right], nodes[right]["number"]) < (times[left], nodes[left]["number"])
        tree[at] = right if later else left
    return s._replace(nodes=nodes, node_times=times, node_tree=tree)


def more_attempts(s: State) -> State:
    """Return the state with room for twice as many attempts, and all that depends on their number."""
    before = len(s.attempts)
    rows = max(FIRST_ATTEMPTS, 2 * before)
    attempts = grown(s.attempts, rows)
    attempts["line_after"][before:] = np.arange(before + 1, rows + 1)
    attempts["line_after"][-1] = s.core[0]["free_attempt"]
    s.core["free_attempt"] = before
    s.core["free_attempts"] += rows - before
    return sized(s._replace(attempts=attempts, deliveries=grown(s.deliveries, rows), timers=grown(s.timers, rows)))


def sized(s: State) -> State:
    """Return the state with a ring, an outbox and lists that can never be too small."""
    rows = len(s.attempts) + len(s.workers) + len(s.containers) + 1
    s = s._replace(
        outbox=_wider_ring(s, "outbox", 8 * len(s.containers) + 64),
        ring=_wider_ring(s, "ring", rows),
    )
    scratch, sorter = s.scratch, s.sorter
    if len(scratch) < rows:
        scratch, sorter = np.zeros(rows, np.int64), empty_table(layout.ENTRY, rows)
    return s._replace(scratch=scratch, sorter=sorter)


def _wider_ring(s: State, name: str, rows: int) -> Table:
    """Return a ring with at least so many rows; what it holds begins at its first row then."""
    ring, core = getattr(s, name), s.core
    if len(ring) >= rows:
        return ring
    head, tail = int(core[f"{name}_head"][0]), int(core[f"{name}_tail"][0])
    held = np.arange(head, tail if tail >= head else tail + len(ring)) % len(ring)
    wider = empty_table(ring.dtype, rows)
    wider[: len(held)] = ring[held]
    core[f"{name}_head"], core[f"{name}_tail"] = 0, len(held)
    return wider
