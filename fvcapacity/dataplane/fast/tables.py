"""Fills the fast plane's memory: the program as records, an empty beginning, room for more."""

from __future__ import annotations

import numpy as np

from fvcapacity.dataplane.fast import layout
from fvcapacity.dataplane.fast.layout import NEVER, NONE
from fvcapacity.dataplane.fast.memory import Memory, roomy
from fvcapacity.dataplane.source import ClosedUsers
from fvcapacity.dataplane.statistics import Statistics
from fvcapacity.program.layout import Balance, ProgramArrays

_FIRST_ATTEMPTS = 1024


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
            self.pools[owner].append(min(size, layout.MOST))
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


def write_program(memory: Memory, program: ProgramArrays, plan: ServicePlan) -> None:
    """Write the program as records, and an empty list for every duration of a time-out."""
    durations = sorted({t for t in program.call_timeout_ns.tolist() if t})
    for duration in durations:
        timeout_list(memory, duration)
    calls = np.zeros(len(program.call_service), layout.CALL)
    for name in calls.dtype.names or ():
        if hasattr(program, f"call_{name}"):
            calls[name] = getattr(program, f"call_{name}")
    calls["timeout_class"] = [durations.index(t) if t else NONE for t in program.call_timeout_ns.tolist()]
    calls["pool"] = [plan.pool_place[pool] if pool >= 0 else NONE for pool in program.call_pool.tolist()]
    calls["held_bytes"] = program.call_memory_bytes + program.service_memory_per_open_bytes[program.call_service]
    calls["breaker"] = plan.breaker_place
    memory.put("calls", calls)

    operations = np.zeros(len(program.op_kind), layout.OPERATION)
    operations["mean"], operations["sigma"] = program.op_mean_ns, program.op_sigma
    for name in ("kind", "a", "b", "group", "dist", "path"):
        operations[name] = getattr(program, f"op_{name}")
    memory.put("operations", operations)

    services = np.zeros(len(program.service_balance), layout.SERVICE)
    services["growth_bytes"] = program.service_memory_growth_bytes
    for name in ("startup_cpu_ns", "disk_interval_ns", "disk_latency_ns", "balance", "connections"):
        services[name] = getattr(program, f"service_{name}")
    services["first_connection"], services["weight"] = plan.first_connection, NONE
    memory.put("services", services)
    memory.put("route_call", program.route_call.copy())
    memory.put("replays", program.recorded_ns.copy())


def timeout_list(memory: Memory, duration_ns: int) -> int:
    """Return the number of the list of a duration; a new one is made for one that was not there."""
    known = memory["timeouts"]["duration_ns"].tolist()
    if duration_ns in known:
        return known.index(duration_ns)
    lists = np.append(memory["timeouts"], np.array([(duration_ns, NONE, NONE)], layout.TIMEOUTS))
    memory.put("timeouts", lists)
    return len(known)


def write_users(memory: Memory, users: ClosedUsers | None, seed: int) -> None:
    """Write the plan of a closed loop of users."""
    memory.core["user_seed"] = seed
    if users is None:
        return
    memory.core["think_ns"], memory.core["slot_ns"] = users.think_ns, users.slot_ns
    memory.put("journey", np.array(users.journey, np.int64))
    memory.put("stages", np.array(list(users.stages), layout.STAGE))
    most = max((count for _, count in users.stages), default=0)
    memory.put("users", np.full(most, NONE, np.int64))
    memory.reserve_heap("user_turns", most)


def write_statistics(memory: Memory, statistics: Statistics) -> None:
    """Let the kernel count into these arrays."""
    for name in ("route_counts", "route_histogram", "service_histogram"):
        memory.put(name, getattr(statistics, name))
    memory.put("service_counts", statistics.service_counts.view(layout.SERVICE_MINUTE))
    core = memory.core
    core["bins"], core["routes_wide"] = statistics.route_counts.shape[:2]
    core["windows"], core["services_wide"] = statistics.service_histogram.shape[:2]


def empty_memory(program: ProgramArrays, plan: ServicePlan, users: ClosedUsers | None, seed: int) -> Memory:
    """Return the memory before anything has happened: no nodes, no containers, nobody on the way."""
    memory = Memory()
    core, routes = memory.core, len(program.route_call)
    core["timeouts_bound_ns"] = NEVER
    core["free_attempt"], core["first_unplanned"] = NONE, NONE
    write_program(memory, program, plan)
    write_users(memory, users, seed)
    memory.put("arrived", np.zeros(routes, np.int64))
    memory.put("served", np.zeros(routes, np.int64))
    memory.put("connections", np.zeros(plan.connections, np.int64))
    memory.put("endpoints", np.zeros((len(program.service_balance), 1), np.int32))
    core["endpoints_width"] = 1
    more_nodes(memory)
    more_attempts(memory)
    return memory


def more_nodes(memory: Memory) -> None:
    """Make room for twice as many nodes (a power of two), and play the tournament anew."""
    before = len(memory["nodes"])
    leaves = max(1, 2 * before)
    nodes = roomy(memory["nodes"], leaves)
    nodes["number"][before:] = NONE
    tree = roomy(np.zeros(0, layout.MATCH), 2 * leaves)
    tree["time_ns"], tree["node"][leaves:] = NEVER, np.arange(leaves)
    tree["time_ns"][leaves : leaves + before] = memory["node_tree"]["time_ns"][before:]
    for match in range(leaves - 1, 0, -1):
        left, right = tree[2 * match], tree[2 * match + 1]
        numbers = nodes["number"][[left["node"], right["node"]]]
        tree[match] = right if (right["time_ns"], numbers[1]) < (left["time_ns"], numbers[0]) else left
    memory.put("nodes", nodes)
    memory.put("node_tree", tree)


def more_attempts(memory: Memory) -> None:
    """Make room for twice as many attempts, and for all that depends on their number."""
    before = len(memory["attempts"])
    rows = max(_FIRST_ATTEMPTS, 2 * before)
    memory.reserve("attempts", rows)
    attempts = memory["attempts"]
    attempts["line_after"][before:] = np.arange(before + 1, rows + 1)
    attempts["line_after"][-1] = memory.get("free_attempt")
    memory.core["free_attempt"] = before
    memory.core["free_attempts"] += rows - before
    for heap in ("deliveries", "timers"):
        memory.reserve_heap(heap, rows)
    make_room(memory)


def make_room(memory: Memory) -> None:
    """Make the rings and lists so large that they can never be too small for what is there now."""
    rows = len(memory["attempts"]) + len(memory["workers"]) + len(memory["containers"]) + 1
    _widen_ring(memory, "outbox", 8 * len(memory["containers"]) + 64)
    _widen_ring(memory, "ring", rows)
    memory.reserve("scratch", rows)
    memory.reserve_heap("sorter", rows)


def _widen_ring(memory: Memory, name: str, rows: int) -> None:
    """Make a ring larger; what it holds begins at its first row then."""
    ring, core = memory[name], memory.core
    if len(ring) >= rows:
        return
    head, tail = memory.get(f"{name}_head"), memory.get(f"{name}_tail")
    held = np.arange(head, tail if tail >= head else tail + len(ring)) % max(len(ring), 1)
    wider = np.zeros(max(rows, 2 * len(ring)), ring.dtype)
    wider[: len(held)] = ring[held]
    core[f"{name}_head"], core[f"{name}_tail"] = 0, len(held)
    memory.put(name, wider)
