"""The recommender as a whole: samples in, recommendations out. It reads no clock and draws no number."""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.decisions.vpa.recommendation import (
    ContainerPolicy,
    ContainerRecommendation,
    RecommenderSettings,
    recommend,
)
from fvcapacity.decisions.vpa.usage import Aggregate, AggregationSettings, ContainerUsage
from fvcapacity.frozen import replace
from fvcapacity.units import Quantity

EVERY_CONTAINER = "*"
"""Name of the policy that holds for containers without one of their own."""


class Recommender:
    """What the recommender knows of one VerticalPodAutoscaler object.

    Parameters
    ----------
    aggregation, settings
        How samples are put together, and what becomes of them; default: the recommender's own defaults.
    policies
        By container name; `EVERY_CONTAINER` holds for all others.
    max_allowed
        The recommender's own upper bounds (``--container-recommendation-max-allowed-*``).

    Examples
    --------
    >>> recommender = Recommender()
    >>> for minute in range(1440):
    ...     _ = recommender.add_cpu("web-1", "web", minute * 60 * 10**9, 200)
    >>> recommender.recommend()["web"].target["cpu"]
    247
    """

    def __init__(
        self,
        aggregation: AggregationSettings | None = None,
        settings: RecommenderSettings | None = None,
        policies: Mapping[str, ContainerPolicy] | None = None,
        max_allowed: Mapping[str, Quantity] | None = None,
    ) -> None:
        self._aggregation = aggregation or AggregationSettings()
        self._settings = settings or RecommenderSettings()
        self._policies = policies or {}
        self._max_allowed = max_allowed or {}
        self._aggregates: dict[str, Aggregate] = {}
        self._usages: dict[tuple[str, str], ContainerUsage] = {}

    def add_cpu(self, pod: str, container: str, time_ns: int, millicores: int) -> bool:
        """Take in what a container used; times are Unix nanoseconds. False when the sample is dropped."""
        return self._usage(pod, container).add_cpu(time_ns, millicores)

    def add_memory(self, pod: str, container: str, time_ns: int, used_bytes: int) -> bool:
        """Take in how much memory a container held. False when the sample is dropped."""
        return self._usage(pod, container).add_memory(time_ns, used_bytes)

    def add_oom(self, pod: str, container: str, time_ns: int, requested_bytes: int) -> bool:
        """Take in that a container with this memory request was killed for want of memory."""
        return self._usage(pod, container).add_oom(time_ns, requested_bytes)

    def aggregate(self, container: str) -> Aggregate | None:
        """Return the usage of all containers of a name; None when there was no sample yet."""
        return self._aggregates.get(container)

    def recommend(self) -> dict[str, ContainerRecommendation]:
        """Return the recommendation for every container whose policy is not Off, by name."""
        wanted = {name: usage for name, usage in self._aggregates.items() if self._policy(name).mode != "Off"}
        return {
            name: recommend(usage, self._settings, len(wanted), self._policy(name), self._max_allowed)
            for name, usage in wanted.items()
        }

    def _policy(self, container: str) -> ContainerPolicy:
        return self._policies.get(container) or self._policies.get(EVERY_CONTAINER) or ContainerPolicy()

    def _usage(self, pod: str, container: str) -> ContainerUsage:
        key = (pod, container)
        if key not in self._usages:
            aggregate = self._aggregates.setdefault(container, Aggregate(self._aggregation))
            self._usages[key] = ContainerUsage(aggregate, self._settings_of(container))
        return self._usages[key]

    def _settings_of(self, container: str) -> AggregationSettings:
        policy, settings = self._policy(container), self._aggregation
        ratio, least = policy.oom_bump_up_ratio, policy.oom_min_bump_up_bytes
        return replace(
            settings,
            oom_bump_up_ratio=settings.oom_bump_up_ratio if ratio is None else ratio,
            oom_min_bump_up_bytes=settings.oom_min_bump_up_bytes if least is None else least,
        )
