"""How attempts travel: issue, wait for a connection, deliver, time out, end, retry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvcapacity.dataplane.reference.clock import At
from fvcapacity.dataplane.reference.container import LISTENING, Breaker, Container, Pool
from fvcapacity.dataplane.reference.visit import Attempt, Client, Visit, count_visit
from fvcapacity.dataplane.statistics import Cause, ServiceColumn
from fvcapacity.dataplane.trace import Step
from fvcapacity.program.layout import Balance
from fvcapacity.semantics import events
from fvcapacity.semantics.balancing import connection, pick
from fvcapacity.semantics.faults import CONNECT_PATIENCE_NS, given_up_ns, lookup_delay_ns
from fvcapacity.semantics.memory import over_limit
from fvcapacity.semantics.versions import takes_canary

if TYPE_CHECKING:
    from fvcapacity.dataplane.reference.plane import ReferencePlane


class Calls:
    """The part of the reference plane that moves attempts between containers."""

    def __init__(self, plane: ReferencePlane) -> None:
        self.plane = plane
        self.env = plane.env
        self.code = plane.code
        self.endpoints: list[tuple[Container, ...]] = [() for _ in plane.program.services]
        self.weights: list[tuple[int, tuple[Container, ...]] | None] = [None for _ in plane.program.services]
        """Percent for the canaries of a service, and who they are; None: it has no router with weights."""
        self.turn = [0] * len(plane.program.services)
        """Next endpoint of round-robin services."""
        self.client_connections: dict[tuple[int, int], int] = {}
        self.lookups: dict[int, tuple[int, int]] = {}
        """Calls before which a name is slow to find: share in millionths, and delay."""

    def issue(self, attempt: Attempt) -> None:
        """Begin an attempt: the clock of its time-out runs from here."""
        code, call = self.code, attempt.call
        now = self.env._now
        caller = attempt.caller
        if isinstance(caller, Visit):
            breaker = caller.container.breakers.get(call)
            if breaker is not None and now < breaker.open_until_ns:
                self.settle(attempt, Cause.CIRCUIT_OPEN)
                return
        if code.call_timeout_ns[call]:
            attempt.due_ns = now + code.call_timeout_ns[call]
            timer = At(self.env, attempt.due_ns, events.TIMEOUT, attempt.identity, attempt)
            timer.callbacks.append(self._timed_out)
        number = code.call_pool[call]
        if number >= 0 and isinstance(caller, Visit):
            pools = caller.container.pools
            pool = pools.get(number)
            if pool is None:
                pool = pools[number] = Pool(code.pool_size[number])
            if pool.free == 0:
                attempt.waits = True
                pool.waiting.append(attempt)
                self._note(Step.WAITS, attempt, caller.container.pod)
                return
            pool.free -= 1
            attempt.pool = pool
        self._send(attempt)

    def _send(self, attempt: Attempt) -> None:
        arrival = self.env._now + self.code.call_network_ns[attempt.call]
        if attempt.call in self.lookups:
            arrival += lookup_delay_ns(attempt.identity, *self.lookups[attempt.call])
        At(self.env, arrival, events.DELIVER, attempt.identity, attempt).callbacks.append(self._deliver)

    def hang(self, attempt: Attempt, patience_ns: int) -> None:
        """Nobody answers an attempt, and nobody tells its caller."""
        attempt.hung = True
        until = given_up_ns(self.env._now, self.code.call_timeout_ns[attempt.call], attempt.due_ns, patience_ns)
        At(self.env, until, events.DELIVER, attempt.identity, attempt).callbacks.append(self._deliver)

    def _deliver(self, event: At) -> None:
        attempt: Attempt = event._value
        plane, code = self.plane, self.code
        if attempt.cancelled:
            return
        if attempt.hung:
            self._refuse(attempt, 0, Cause.TIMEOUT)
            return
        service = code.call_service[attempt.call]
        container = self._endpoint(attempt, service)
        if container is None:
            self._refuse(attempt, 0, Cause.NO_ENDPOINT)
            return
        if container.state != LISTENING or container.groups[0].full:
            plane.tally.services[service][ServiceColumn.REFUSED] += 1
            if container.lost:
                self.hang(attempt, CONNECT_PATIENCE_NS)
                return
            container.count_answer(failed=True)
            listening = container.state == LISTENING
            self._refuse(attempt, container.pod, Cause.QUEUE_FULL if listening else Cause.CONNECTION_REFUSED)
            return
        held = code.service_memory_per_open_bytes[service] + code.call_memory_bytes[attempt.call]
        container.memory_bytes += held
        if over_limit(container.memory_bytes, container.memory_limit_bytes):
            container.count_answer(failed=True)
            plane.oom_kill(container)
            self._refuse(attempt, container.pod, Cause.OOM_KILLED)
            return
        visit = attempt.visit = Visit(plane, attempt, container, held)
        container.open[attempt.identity] = visit
        self._note(Step.VISIT, attempt, container.pod, attempt.call)
        visit.proceed()

    def _refuse(self, attempt: Attempt, pod: int, cause: Cause) -> None:
        self._note(Step.REFUSED, attempt, pod, cause)
        self.end(attempt, cause)

    def _note(self, step: Step, attempt: Attempt, pod: int = 0, value: int = 0) -> None:
        self.plane.tally.note(self.env._now, step, attempt.identity, pod, value)

    def _endpoint(self, attempt: Attempt, service: int) -> Container | None:
        ready = self.endpoints[service]
        weights = self.weights[service]
        if weights is not None:
            weight, canaries = weights
            group = canaries if takes_canary(attempt.identity, weight) else ready
            return group[pick(attempt.identity, len(group))] if group else None
        if not ready:
            return None
        balance = self.code.service_balance[service]
        if balance == Balance.ROUND_ROBIN:
            turn = self.turn[service] % len(ready)
            self.turn[service] = turn + 1
            return ready[turn]
        chosen = ready[pick(attempt.identity, len(ready))]
        if balance == Balance.RANDOM:
            return chosen
        caller = attempt.caller
        table = caller.container.connections if isinstance(caller, Visit) else self.client_connections
        key = service, connection(attempt.identity, self.code.service_connections[service])
        held = next((c for c in ready if c.pod == table.get(key)), None)
        if held is not None:
            return held
        table[key] = chosen.pod
        return chosen

    def _timed_out(self, event: At) -> None:
        attempt: Attempt = event._value
        if not attempt.live:
            return
        self._note(Step.TIMED_OUT, attempt)
        if attempt.waits:
            self._leave_pool_queue(attempt)
        elif self.code.call_cancel[attempt.call]:
            self.cancel(attempt)
        self.settle(attempt, Cause.TIMEOUT)

    def cancel(self, attempt: Attempt) -> None:
        """Undo an attempt and all that it called; nothing of it uses anything from now on."""
        attempt.live = False
        attempt.cancelled = True
        visit = attempt.visit
        if visit is not None and not visit.dead:
            visit.dead = True
            for child in visit.calls:
                self._cancel_child(child)
            self._take_out(visit)
        self._release_pool(attempt)

    def _cancel_child(self, child: Attempt) -> None:
        if not child.live:
            return
        if child.waits:
            self._leave_pool_queue(child)
            child.live = False
        else:
            self.cancel(child)

    def _leave_pool_queue(self, attempt: Attempt) -> None:
        caller = attempt.caller
        assert isinstance(caller, Visit)
        caller.container.pools[self.code.call_pool[attempt.call]].waiting.remove(attempt)

    def _take_out(self, visit: Visit) -> None:
        container = visit.container
        burst, thread = visit.burst, visit.thread
        running = next((t for t in container.threads if burst is not None and t.burst is burst), None)
        group = container.groups[0]
        if running is not None:
            container.node.settle()
            container.node.stop(running)
            if running is not thread:
                container.give_back(running)
            container.node.plan()
        elif burst is not None:
            for waiting in container.groups:
                if burst in waiting.waiting:
                    waiting.waiting.remove(burst)
        if thread is not None:
            container.give_back(thread)
        elif visit in group.waiting:
            group.waiting.remove(visit)
        self.plane.close(visit)
        count_visit(visit, Cause.TIMEOUT)

    def end(self, attempt: Attempt, cause: Cause) -> None:
        """An attempt is over at the called side: free its connection and tell the caller."""
        self._release_pool(attempt)
        if attempt.live:
            self.settle(attempt, cause)

    def _release_pool(self, attempt: Attempt) -> None:
        pool, attempt.pool = attempt.pool, None
        if pool is None:
            return
        if not pool.waiting:
            pool.free += 1
            return
        following = pool.waiting.popleft()
        following.waits = False
        following.pool = pool
        self._send(following)

    def settle(self, attempt: Attempt, cause: Cause) -> None:
        """Tell the caller how an attempt ended, or try again."""
        attempt.live = False
        code, call = self.code, attempt.call
        caller = attempt.caller
        if isinstance(caller, Visit) and code.call_breaker_failures[call] and cause != Cause.CIRCUIT_OPEN:
            self._count_failure(caller.container, call, cause)
        if cause and attempt.number < code.call_retries[call]:
            self._retry(attempt)
        elif isinstance(caller, Client):
            self.plane.end_request(caller, call, cause)
        else:
            assert attempt.join is not None
            attempt.join.ended(attempt.place, Cause.SERVED if code.call_optional[call] else cause)

    def _count_failure(self, container: Container, call: int, cause: Cause) -> None:
        breaker = container.breakers.setdefault(call, Breaker())
        breaker.failures = breaker.failures + 1 if cause else 0
        if breaker.failures >= self.code.call_breaker_failures[call]:
            breaker.open_until_ns = self.env._now + self.code.call_breaker_open_ns[call]

    def _retry(self, attempt: Attempt) -> None:
        code, call, number = self.code, attempt.call, attempt.number + 1
        caller = attempt.caller
        again = Attempt(caller, call, attempt.join, attempt.place, number, code.call_path[call])
        self.plane.tally.services[code.call_service[call]][ServiceColumn.RETRIES] += 1
        self._note(Step.RETRIED, again, 0, number)
        if isinstance(caller, Visit):
            caller.calls[attempt.place] = again
        if not code.call_backoff_ns[call]:
            self.issue(again)
            return
        due = self.env._now + (code.call_backoff_ns[call] << attempt.number)
        At(self.env, due, events.TIMER, again.identity, again).callbacks.append(self._issue_again)

    def _issue_again(self, event: At) -> None:
        if event._value.live:
            self.issue(event._value)
