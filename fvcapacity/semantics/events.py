"""The order of what happens at the same instant.

Events are ordered by (time, rank of the kind, identity), an identity being a hash that does not depend on where things
are stored, compared as a signed number. Within one event, whatever becomes possible (a finished burst lets its visit go
on, a freed thread is handed over) is carried out at once, first come first served, before the next event of the same
instant.
"""

from __future__ import annotations

NODE = 1
"""A node's own event: refill, end of a burst, throttling. Identity: the node."""
TIMER = 2
"""A wait, a disk operation or a back-off is over."""
DELIVER = 3
"""A call reaches its service."""
TIMEOUT = 4
"""A caller gives up. After DELIVER: who arrives just in time is in time."""
ARRIVAL = 5
"""A user's request enters."""
PROBE = 6
"""A kubelet probes."""

FIRST_IDENTITY = -(1 << 63)
"""Before all hashes: a stage of virtual users begins before any of them asks."""

SALT_BALANCE = 1
SALT_PHASE = 2
SALT_PROBE = 3
SALT_CONNECTION = 4
SALT_STARTUP = 5
SALT_USER = 6
SALT_CLIENT = 7
SALT_CANARY = 8
SALT_ERROR = 9
SALT_LOOKUP = 20
"""Purposes of draws that belong to no operation of a program."""
