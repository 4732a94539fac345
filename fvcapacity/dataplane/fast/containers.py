"""Which rows belong to which pod: containers take blocks of rows when they start, and leave them to later ones.

A block serves containers of one service only, since they need equally many rows. It is free again when nothing refers
to its container any more: no endpoint list, no probe worker, no attempt of one of its requests.
"""

from __future__ import annotations

import numpy as np

from fvcapacity.dataplane.fast import layout
from fvcapacity.dataplane.fast.container import LISTENING, STARTING
from fvcapacity.dataplane.fast.layout import NONE
from fvcapacity.dataplane.fast.memory import Memory
from fvcapacity.dataplane.fast.tables import ServicePlan, make_room
from fvcapacity.dataplane.plane import StartContainer
from fvcapacity.program.layout import ProgramArrays
from fvcapacity.semantics.cfs_quota import PERIOD_NS, next_edge, phase_of
from fvcapacity.semantics.draw import container_identity

_FIRST_CONTAINERS = 16

FEW = 1024
"""As many containers lie in the processor's cache with all that belongs to them."""


class ContainerRows:
    """Rows by pod."""

    def __init__(self, program: ProgramArrays, plan: ServicePlan) -> None:
        self.program = program
        self.plan = plan
        self.of_pod: dict[int, int] = {}
        self._retired: dict[int, list[int]] = {}
        """By service, rows whose pods are gone; something may refer to them still."""
        self._containers = self._threads = self._lines = 0
        """Rows that are part of a block."""

    def take(self, memory: Memory, command: StartContainer, node: int, seed: int) -> int:
        """Write the row of a container that starts, and forget the pod's earlier one."""
        self.forget(memory, command.pod)
        retired = self._retired.setdefault(command.service, [])
        row = next((row for row in retired if memory["containers"][row]["refs"] == 0), NONE)
        if row < 0:
            row = self._new_block(memory, command.service)
        else:
            retired.remove(row)
        self._write(memory, row, command, node, seed)
        self._blank(memory, row, command.service)
        memory["containers"][row]["refs"] = 1
        self.of_pod[command.pod] = row
        return row

    def forget(self, memory: Memory, pod: int) -> int:
        """Take the pod's container off the books; return its row, or NONE."""
        row = self.of_pod.pop(pod, NONE)
        if row >= 0:
            container = memory["containers"][row]
            container["refs"] -= 1
            self._retired.setdefault(int(container["service"]), []).append(row)
        return row

    def _new_block(self, memory: Memory, service: int) -> int:
        row, plan = self._containers, self.plan
        threads, lines = self._threads + plan.threads(service), self._lines + plan.lines(service)
        for table in ("containers", "places"):
            memory.reserve(table, max(_FIRST_CONTAINERS, row + 1))
        memory.reserve("threads", threads)
        memory.reserve("idle", threads)
        memory.reserve("lines", lines)
        memory.reserve("breakers", (row + 1) * plan.breakers)
        memory.reserve("connections", (row + 2) * plan.connections)
        c = memory["containers"][row]
        c["first_thread"], c["threads"] = self._threads, plan.threads(service)
        c["first_line"], c["lines"] = self._lines, len(plan.groups[service])
        c["first_pool"], c["pools"] = c["first_line"] + c["lines"], len(plan.pools[service])
        c["first_breaker"] = row * plan.breakers
        c["first_connection"] = (row + 1) * plan.connections
        self._containers, self._threads, self._lines = row + 1, threads, lines
        memory.core["looks_ahead"] = self._containers > FEW
        make_room(memory)
        return row

    def _write(self, memory: Memory, row: int, command: StartContainer, node: int, seed: int) -> None:
        identity = container_identity(seed, command.name, command.restart)
        phase, now = phase_of(identity), memory.get("now_ns")
        values = {
            "node": node, "rate": 0, "quota_ns": command.cpu_quota_ns, "pool_ns": command.cpu_quota_ns,
            "edge_ns": next_edge(now, phase), "phase_ns": phase, "cpu_ns": 0, "service": command.service,
            "shares": command.cpu_shares, "busy": 0, "running": 0, "throttled": 0, "claims": 0,
            "counted_until_ns": -PERIOD_NS, "throttle_counted_until_ns": 0, "pod": command.pod, "identity": identity,
            "state": LISTENING if command.warm else STARTING, "memory_limit_bytes": command.memory_limit_bytes,
            "memory_bytes": self.program.service_memory_base_bytes[command.service], "open": 0, "first_open": NONE,
            "disk_free_ns": 0, "limited_before": NONE, "limited_after": NONE,
            "saved_ns": memory["nodes"][node]["slice_ns"], "idle_since_ns": now,
            "lost": 0, "startup_done": int(command.startup is None or command.warm),
            "demand_milli": command.demand_milli, "error_ppm": command.error_ppm,
            "watch_ns": NONE if command.watch_ns is None else command.watch_ns, "answered": 0, "failed": 0, "slow": 0,
            "periods": 0, "throttled_periods": 0,
        }  # fmt: skip
        for name, value in values.items():
            memory["containers"][row][name] = value
        container = memory["containers"][row]
        memory["places"][row] = node, container["first_line"], container["first_thread"]

    def _blank(self, memory: Memory, row: int, service: int) -> None:
        """Make a block's threads idle, its lines empty, its connections free and its breakers closed."""
        c, plan = memory["containers"][row], self.plan
        first = int(c["first_thread"])
        threads = memory["threads"][first : first + int(c["threads"])]
        threads["container"], threads["line"], threads["attempt"] = row, NONE, NONE
        threads["slice_ns"], threads["throttled_since"] = 0, NONE
        lines = memory["lines"][int(c["first_line"]) : int(c["first_pool"] + c["pools"])]
        lines["first"], lines["last"], lines["length"] = NONE, NONE, 0
        for number, (count, per_request, limit) in enumerate(plan.groups[service]):
            line = lines[number]
            line["limit"], line["free"], line["per_request"], line["first_thread"] = limit, count, per_request, first
            memory["threads"]["line"][first : first + count] = int(c["first_line"]) + number
            memory["idle"][first : first + count] = np.arange(first, first + count)
            first += count
        for number, size in enumerate(plan.pools[service]):
            lines[len(plan.groups[service]) + number]["free"] = size
        memory["breakers"][row * plan.breakers : (row + 1) * plan.breakers] = np.zeros(1, layout.BREAKER)
        memory["connections"][(row + 1) * plan.connections : (row + 2) * plan.connections] = 0
