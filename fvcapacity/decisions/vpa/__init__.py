"""The recommender of the Vertical Pod Autoscaler: feed it samples, ask it for a recommendation.

``histogram`` holds usage in decaying histograms, ``usage`` takes single samples in and drops what comes too late,
``recommendation`` turns histograms into bounds, and ``recommender`` is the whole of it.
"""

from fvcapacity.decisions.vpa.recommendation import ContainerPolicy, ContainerRecommendation, RecommenderSettings
from fvcapacity.decisions.vpa.recommender import Recommender
from fvcapacity.decisions.vpa.usage import AggregationSettings

__all__ = [
    "AggregationSettings",
    "ContainerPolicy",
    "ContainerRecommendation",
    "Recommender",
    "RecommenderSettings",
]
