"""One thing that was found in a result, put into words."""

from __future__ import annotations

from fvcapacity.frozen import Frozen


class Finding(Frozen):
    """One thing that was found, in one sentence with its figure.

    Attributes
    ----------
    kind
        ``throttling``, ``queueing``, ``contention``, ``refusals``, ``oom_kills``, ``restarts`` cost time;
        ``hpa_at_maximum``, ``hpa_blind``, ``pending_pods``, ``memory_near_limit`` say why it goes on or what is next.
    subject
        The service or workload, by its bare name.
    because
        The finding as the second half of another's sentence.
    lost_s, share_percent
        Time that users lost by it in one replication, and its share of all.
    """

    kind: str
    subject: str
    sentence: str
    because: str = ""
    lost_s: float = 0.0
    share_percent: float = 0.0
