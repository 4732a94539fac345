"""The serving container of a pod: thread groups and their queues, memory, connection pools."""

from __future__ import annotations

from collections import deque
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from fvcapacity.dataplane.plane import StartContainer
from fvcapacity.dataplane.reference.node import Burst, CpuScheduler, Thread
from fvcapacity.dataplane.statistics import ServiceColumn
from fvcapacity.program.layout import ProgramArrays
from fvcapacity.semantics.cfs_quota import PERIOD_NS, next_edge, phase_of
from fvcapacity.semantics.draw import container_identity

if TYPE_CHECKING:
    from fvcapacity.dataplane.reference.visit import Attempt, Visit

STARTING, LISTENING, DRAINING, DEAD = range(4)


class Group:
    """A queue and the threads that serve it. Idle threads are taken in the order of their numbers."""

    __slots__ = ("idle", "limit", "per_request", "threads", "waiting")

    def __init__(self, threads: list[Thread], per_request: bool, limit: int) -> None:
        self.threads = threads
        self.per_request = per_request
        self.limit = limit
        self.idle = [thread.index for thread in threads]
        heapify(self.idle)
        self.waiting: deque[Burst | Visit] = deque()

    @property
    def full(self) -> bool:
        """Whether one more request would be refused."""
        return not self.idle and len(self.waiting) >= self.limit


class Pool:
    """Connections from this pod to one service; attempts wait for a free one in the order of their coming."""

    __slots__ = ("free", "waiting")

    def __init__(self, size: int) -> None:
        self.free = size
        self.waiting: deque[Attempt] = deque()


class Breaker:
    """State of one circuit breaker: failures in a row, and until when it refuses."""

    __slots__ = ("failures", "open_until_ns")

    def __init__(self) -> None:
        self.failures = 0
        self.open_until_ns = 0


class Container:
    """One run of a serving container, from its start to its end; a restart makes a new one."""

    def __init__(
        self, command: StartContainer, node: CpuScheduler, program: ProgramArrays, seed: int, now_ns: int
    ) -> None:
        self.pod = command.pod
        self.service = command.service
        self.restart = command.restart
        self.node = node
        self.state = LISTENING if command.warm else STARTING
        self.lost = False
        """Its machine is gone: nothing answers."""
        self.identity = container_identity(seed, command.name, command.restart)

        self.shares = command.cpu_shares
        self.quota_ns = command.cpu_quota_ns
        self.phase_ns = phase_of(self.identity)
        self.pool_ns = self.quota_ns
        self.edge_ns = next_edge(now_ns, self.phase_ns)
        self.rate = 0
        self.busy = 0
        self.running = 0
        self.saved_ns = node.slice_ns
        """What is left of its first slice (``semantics.cpu``)."""
        self.idle_since_ns = now_ns
        self.counted_until_ns = -PERIOD_NS
        self.throttled_period: int | None = None
        self.periods = self.throttled_periods = 0
        self.cpu_ns = 0

        self.demand_milli = command.demand_milli
        self.error_ppm = command.error_ppm
        self.watch_ns = command.watch_ns
        self.answered = self.failed = self.slow = 0
        """What became of attempts here, when somebody asked for it."""

        self.memory_limit_bytes = command.memory_limit_bytes
        self.memory_bytes = int(program.service_memory_base_bytes[self.service])
        self.open: dict[int, Visit] = {}
        self.disk_free_ns = 0
        self.pools: dict[int, Pool] = {}
        self.breakers: dict[int, Breaker] = {}
        self.connections: dict[tuple[int, int], int] = {}
        """Pod behind each keep-alive connection, by (service, number of the connection)."""
        self._build_threads(program)

    def _build_threads(self, program: ProgramArrays) -> None:
        first, last = int(program.group_first[self.service]), int(program.group_first[self.service + 1])
        self.groups: list[Group] = []
        self.threads: list[Thread] = []
        for number, row in enumerate(range(first, last)):
            count, index = int(program.group_threads[row]), len(self.threads)
            threads = [Thread(self, number, index + i) for i in range(count)]
            self.threads += threads
            self.groups.append(
                Group(threads, bool(program.group_per_request[row]), int(program.group_queue_limit[row]))
            )
        self.beside = Thread(self, -1, len(self.threads))
        """The thread of ``exec`` probes, which wait in no queue."""
        self.threads.append(self.beside)

    @property
    def queued(self) -> int:
        """Requests and bursts that wait for a thread."""
        return sum(len(group.waiting) for group in self.groups)

    def count_answer(self, failed: bool, elapsed_ns: int = 0) -> None:
        """Count what became of an attempt, if this container is watched."""
        if self.watch_ns is not None:
            self.answered += 1
            self.failed += failed
            self.slow += elapsed_ns > self.watch_ns

    def submit(self, burst: Burst, group_number: int) -> None:
        """Let a burst run on the next free thread of a group."""
        group = self.groups[group_number]
        if group.idle:
            self.node.start(self.threads[heappop(group.idle)], burst)
        else:
            group.waiting.append(burst)

    def take_thread(self, visit: Visit, group_number: int) -> Thread | None:
        """Give a visit a thread of its own, or put it into the queue and return None."""
        group = self.groups[group_number]
        if group.idle:
            thread = self.threads[heappop(group.idle)]
            thread.held = True
            return thread
        group.waiting.append(visit)
        return None

    def burst_ended(self, thread: Thread) -> None:
        """Let a thread go on with what waits, unless a visit keeps it (or a probe had one of its own)."""
        if thread is self.beside or thread.held:
            self.node.idle(thread)
        else:
            self.give_back(thread)

    def give_back(self, thread: Thread) -> None:
        """Hand a free thread to the first in the queue, or let it idle."""
        group = self.groups[thread.group]
        thread.held = False
        if not group.waiting:
            self.node.idle(thread)
            heappush(group.idle, thread.index)
            return
        head = group.waiting.popleft()
        if isinstance(head, Burst):
            self.node.start(thread, head)
        else:
            self.node.tally.services[self.service][ServiceColumn.QUEUE_WAIT_NS] += self.node.env._now - head.arrived_ns
            head.thread, thread.held = thread, True
            head.wake(thread)

    def leave(self) -> None:
        """Stop every burst: the container is gone from its node."""
        self.node.settle()
        self.state = DEAD
        for thread in self.threads:
            if thread.burst is not None:
                self.node.stop(thread)
        for group in self.groups:
            group.waiting.clear()
        for pool in self.pools.values():
            pool.waiting.clear()
        self.node.plan()
