"""Virtual users who think before they ask again (see ``reference/arrivals.py``)."""

from __future__ import annotations

from fvcapacity.dataplane.fast.heap import push
from fvcapacity.dataplane.fast.layout import State
from fvcapacity.semantics.draw import mix, unit
from fvcapacity.semantics.events import SALT_USER
from fvcapacity.semantics.jit import njit


@njit
def user_identity(s: State, user: int, number: int) -> int:
    """Return the identity of a user's request."""
    return mix(mix(mix(s.user_plan.seed, SALT_USER), user), number)


@njit
def schedule_user(s: State, user: int, time_ns: int, granted: int) -> None:
    """Let a user ask at an instant; ``granted`` when the cap on all users' rate has been passed already."""
    core = s.core[0]
    identity = user_identity(s, user, s.users[user])
    core.user_turns = push(s.user_turns, core.user_turns, time_ns, identity, 2 * user + granted)


@njit
def user_answered(s: State, user: int) -> None:
    """A user has the answer, and begins to think."""
    schedule_user(s, user, s.core[0].now_ns + s.user_plan.think_ns, 0)


@njit
def begin_stage(s: State) -> None:
    """Let the users of the next stage begin who are not active yet."""
    core, plan = s.core[0], s.user_plan
    stage = core.next_stage
    core.next_stage += 1
    for user in range(plan.stage_users[stage]):
        if s.users[user] < 0:
            s.users[user] = 0
            first = int(unit(user_identity(s, user, -1)) * plan.think_ns)
            schedule_user(s, user, plan.stage_times[stage] + first, 0)


@njit
def active_users(s: State) -> int:
    """Return how many users are active now."""
    stage = s.core[0].next_stage - 1
    return s.user_plan.stage_users[stage] if stage >= 0 else 0


@njit
def next_slot(s: State) -> int:
    """Return when the cap on all users' rate lets the next request in, and take that slot."""
    core = s.core[0]
    slot = max(core.now_ns, core.next_slot_ns)
    core.next_slot_ns = slot + s.user_plan.slot_ns
    return slot
