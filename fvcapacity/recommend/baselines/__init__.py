"""What other tools would say from the same data, so that a recommendation can be held against theirs.

``samples`` turns the ``pod_samples`` of a result into series by container; ``krr``, ``vpa``, ``goldilocks`` and
``hpa_only`` each follow the rules of their tool; ``changes`` makes paths and values of what they say.
"""

from fvcapacity.recommend.baselines.advice import Advice, Baseline
from fvcapacity.recommend.baselines.changes import as_changes
from fvcapacity.recommend.baselines.goldilocks import goldilocks
from fvcapacity.recommend.baselines.hpa_only import hpa_only
from fvcapacity.recommend.baselines.krr import KrrSettings, krr
from fvcapacity.recommend.baselines.samples import ContainerSeries, container_series
from fvcapacity.recommend.baselines.vpa import vpa

__all__ = [
    "Advice",
    "Baseline",
    "ContainerSeries",
    "KrrSettings",
    "as_changes",
    "container_series",
    "goldilocks",
    "hpa_only",
    "krr",
    "vpa",
]
