"""What somebody may say of a first scenario; everything else is read or assumed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fvcapacity.frozen import Frozen, field

Cloud = Literal["none", "aws", "azure", "gcp"]


class StartOptions(Frozen):
    """How a first scenario is made.

    Attributes
    ----------
    name
        Of the scenario; made from the directory's name without.
    rps
        Requests a second on the mean of a week, when no Prometheus tells.
    p95_ms
        Objective.
    cloud
        Whose price list and machines are taken; ``none``: no money, machines without a type.
    region
        Of the price list; the first that has machines without.
    prometheus
        Address to read traffic from; empty: traffic is assumed.
    start, end
        Range that is read from there, or (start alone) the day that is simulated on assumed traffic.
    pull
        Further arguments of ``fvcapacity.pull``: namespaces, entry, credentials and so on.
    """

    start: datetime
    end: datetime
    name: str = ""
    rps: float = 10.0
    p95_ms: float = 500.0
    time_zone: str = "UTC"
    cloud: Cloud = "none"
    region: str = ""
    prometheus: str = ""
    pull: dict[str, Any] = field(default_factory=dict)
