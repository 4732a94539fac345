"""What Goldilocks shows as "Guaranteed": the VPA's target as request and as limit.

Rule of ``pkg/summary`` and the dashboard of FairwindsOps/goldilocks ("Guaranteed QoS: we take the target field from
the recommendation and set that as both the request and limit"). It runs VPAs in mode Off and sets nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.recommend.baselines.advice import Advice, Baseline, ContainerKey
from fvcapacity.recommend.baselines.samples import ContainerSeries
from fvcapacity.recommend.baselines.vpa import recommendations
from fvcapacity.scenario.model import Scenario

SOURCE = "FairwindsOps/goldilocks, documentation of its dashboard"


def goldilocks(series: Mapping[ContainerKey, ContainerSeries], scenario: Scenario) -> Baseline:
    """Return requests and limits that are both the VPA's target."""
    advice = {}
    for key, said in recommendations(series, scenario).items():
        amounts = {"cpu": said.target["cpu"] / 1000, "memory": float(said.target["memory"])}
        advice[key] = Advice(amounts, amounts, "Guaranteed: the VPA's target as request and limit")
    return Baseline("goldilocks", advice, source=SOURCE)
