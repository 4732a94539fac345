"""Closed forms: to bracket a search, and as oracles in tests. What they say is never a verdict.

``queues`` holds textbook formulas, ``throttling`` what a CFS quota does to bursts, ``demand`` what a request of each
route costs where, ``rates`` how many come in each hour, ``sizing`` what the manifests give to whom, ``autoscaling``
where an HPA comes to rest, ``response`` a rough percentile by route. ``analyse`` puts them together for a scenario.
"""

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
