"""Virtual users who think before they ask again (see ``reference/arrivals.py``)."""

from __future__ import annotations

from fvcapacity.dataplane.fast.heap import push
from fvcapacity.dataplane.fast.layout import USER_TURNS
from fvcapacity.dataplane.fast.memory import State, heap_at, stage_at, user_at
from fvcapacity.semantics.draw import mix, unit
from fvcapacity.semantics.events import SALT_USER
from fvcapacity.semantics.jit import part


@part
def user_identity(s: State, user: int, number: int) -> int:
    """Return the identity of a user's request."""
    return mix(mix(mix(s.user_seed, SALT_USER), user), number)


@part
def schedule_user(s: State, user: int, time_ns: int, granted: int) -> None:
    """Let a user ask at an instant; ``granted`` when the cap on all users' rate has been passed already."""
    identity = user_identity(s, user, user_at(s, user).value)
    push(heap_at(s, USER_TURNS), time_ns, identity, 2 * user + granted)


@part
def user_answered(s: State, user: int) -> None:
    """A user has the answer, and begins to think."""
    schedule_user(s, user, s.now_ns + s.think_ns, 0)


@part
def begin_stage(s: State) -> None:
    """Let the users of the next stage begin who are not active yet."""
    stage = stage_at(s, s.next_stage)
    s.next_stage += 1
    for user in range(stage.users):
        if user_at(s, user).value < 0:
            user_at(s, user).value = ~user_at(s, user).value
            first = int(unit(user_identity(s, user, -1)) * s.think_ns)
            schedule_user(s, user, stage.time_ns + first, 0)


@part
def active_users(s: State) -> int:
    """Return how many users are active now."""
    return stage_at(s, s.next_stage - 1).users if s.next_stage > 0 else 0


@part
def next_slot(s: State) -> int:
    """Return when the cap on all users' rate lets the next request in, and take that slot."""
    slot = max(s.now_ns, s.next_slot_ns)
    s.next_slot_ns = slot + s.slot_ns
    return slot
