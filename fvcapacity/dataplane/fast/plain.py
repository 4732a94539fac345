"""Plain nodes: where nobody competes for CPUs and nobody has a quota.

A node is *plain* while nobody on it competes for CPUs and nobody has a quota: every burst then runs at one core until
it is done. Its end is known when it begins, and what it has gained by an instant is the time since. A plain node
therefore books progress when a burst leaves, when a bin of the counters ends and when somebody looks, and not at each
of its events for each of its bursts: the sums are the same to the nanosecond.
"""

from __future__ import annotations

from fvcapacity.dataplane.fast.layout import NONE
from fvcapacity.dataplane.fast.memory import State, container_at, node_at, service_bin, thread_at
from fvcapacity.semantics.jit import inlined, part


@part
def book_deferred(s: State, node: int) -> None:
    """Book what the bursts of a plain node gained up to its last event or look, into the bin of that time."""
    thread = node_at(s, node).first_running
    while thread >= 0:
        book_thread(s, node, thread)
        thread = thread_at(s, thread).after


@inlined
def book_thread(s: State, node: int, thread: int) -> None:
    """Book what one burst of a plain node gained up to the node's last event or look."""
    n, t = node_at(s, node), thread_at(s, thread)
    gained = n.settled_ns - t.since_ns
    if gained <= 0:
        return
    c = container_at(s, t.container)
    t.since_ns = n.settled_ns
    t.remaining_ns -= gained
    c.cpu_ns += gained
    c.saved_ns = max(0, c.saved_ns - gained)
    service_bin(s, n.bin, c.service).cpu_ns += gained


@part
def become_plain(s: State, node: int) -> None:
    """Progress is booked up to now; from now on it is deferred."""
    n = node_at(s, node)
    n.plain, n.bin, n.next_thread = 1, s.bin, NONE
    thread = n.first_running
    while thread >= 0:
        t = thread_at(s, thread)
        t.since_ns, t.finish_ns = s.now_ns, s.now_ns + t.remaining_ns
        thread = t.after


@part
def end_plain(s: State, node: int) -> None:
    """Somebody has a quota or must share: progress is booked at every event again."""
    book_deferred(s, node)
    node_at(s, node).plain = 0


@inlined
def finishes(s: State, node: int, thread: int) -> None:
    """Let a thread of a plain node compete for being the first to finish."""
    n, finish_ns = node_at(s, node), thread_at(s, thread).finish_ns
    if n.next_thread < 0 or finish_ns < thread_at(s, n.next_thread).finish_ns:
        n.next_thread, n.next_ties = thread, 1
    elif finish_ns == thread_at(s, n.next_thread).finish_ns:
        n.next_ties += 1


@part
def find_next(s: State, node: int) -> None:
    """Find out which burst of a plain node finishes next, after the one that did has left."""
    thread = node_at(s, node).first_running
    while thread >= 0:
        finishes(s, node, thread)
        thread = thread_at(s, thread).after
