"""Closed forms: to bracket a search, and as oracles in tests. What they say is never a verdict.

``queues`` holds textbook formulas, ``throttling`` what a CFS quota does to bursts, ``demand`` what a request of each
route costs where, ``rates`` how many come in each hour, ``sizing`` what the manifests give to whom, ``autoscaling``
where an HPA comes to rest, ``response`` a rough percentile by route. ``analyse`` puts them together for a scenario.

Names are imported when they are first used (PEP 562): every run needs ``demand``, and few the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fvcapacity.analytic.analysis import Analysis, Load, analyse, evaluate, load_of
    from fvcapacity.analytic.needs import needed_limit_cores, needed_replicas
    from fvcapacity.analytic.sizing import Sizing, sizing_of

__all__ = [
    "Analysis",
    "Load",
    "Sizing",
    "analyse",
    "evaluate",
    "load_of",
    "needed_limit_cores",
    "needed_replicas",
    "sizing_of",
]

_HOMES = {"needed_limit_cores": "needs", "needed_replicas": "needs", "Sizing": "sizing", "sizing_of": "sizing"}


def __getattr__(name: str) -> Any:
    """Import a name at its first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'analysis')}"), name)
