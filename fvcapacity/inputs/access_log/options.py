"""How logs are to be read."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fvcapacity.frozen import Frozen, field
from fvcapacity.inputs.access_log.audience import Audience
from fvcapacity.inputs.access_log.json_format import JsonField, Role

UTC_ZONE = ZoneInfo("UTC")


class LogOptions(Frozen, kw_only=True):
    """How logs are to be read.

    Attributes
    ----------
    log_format
        ``auto``, ``json``, the name of a known format, or an nginx ``log_format``.
    fields
        JSON fields by role, where the names are unusual.
    routes
        ``METHOD /path/:id`` of every route; None to learn them from the log.
    most_routes
        Routes that are kept; the requests of others are counted as ``other``. Given routes are all kept.
    most_values
        Different segments at one place of a path that are still taken for names.
    step_ns
        Interval of the counts.
    zone
        Of times that are written without an offset.
    from_ns, until_ns
        Only what arrived in [from, until); None for no bound.
    leave_out
        Whom not to count.
    most_unreadable
        Largest share of the lines that may be unreadable.
    silence_ns
        A longer time without any request is missing, not zero: nobody knows whether the log is whole there.
    at_arrival
        Count a request when it came, which is its logged time less its response time; else when it was logged.
    """

    log_format: str = "auto"
    fields: Mapping[Role, JsonField] = field(default_factory=dict)
    routes: tuple[str, ...] | None = None
    most_routes: int = 50
    most_values: int = 50
    step_ns: int = 10**9
    zone: ZoneInfo = UTC_ZONE
    from_ns: int | None = None
    until_ns: int | None = None
    leave_out: frozenset[Audience] = frozenset()
    most_unreadable: float = 0.01
    silence_ns: int = 3600 * 10**9
    at_arrival: bool = True
