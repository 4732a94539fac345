"""What the Vertical Pod Autoscaler's recommender says: its own rules (``fvcapacity.decisions.vpa``), fed with samples.

The recommender reads metrics-server about once a minute, and takes an OOM kill as more memory than was requested. In
the mode ``Auto`` the updater sets requests to the target and keeps the ratio of limit to request
(``GetProportionalLimit`` of ``vertical-pod-autoscaler/pkg/utils/vpa/limit_and_request_scaling.go``).
"""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.decisions.vpa import ContainerRecommendation, Recommender
from fvcapacity.recommend.baselines.advice import Advice, Baseline, ContainerKey
from fvcapacity.recommend.baselines.samples import ContainerSeries
from fvcapacity.scenario.cluster import Container
from fvcapacity.scenario.model import Scenario
from fvcapacity.units import NS_PER_S

SOURCE = "kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender"
_MINUTE_NS = 60 * NS_PER_S


def recommendations(
    series: Mapping[ContainerKey, ContainerSeries], scenario: Scenario
) -> dict[ContainerKey, ContainerRecommendation]:
    """Return the recommender's answer for every container with samples.

    Containers of a pod share its minimum, so that a workload's containers go to one recommender.
    """
    found: dict[ContainerKey, ContainerRecommendation] = {}
    for workload in dict.fromkeys(key[0] for key in series):
        recommender = Recommender()
        for key, one in series.items():
            if key[0] == workload:
                _feed(recommender, one, _container(scenario, key))
        found |= {(workload, name): said for name, said in recommender.recommend().items()}
    return {key: found[key] for key in series if key in found}


def vpa(series: Mapping[ContainerKey, ContainerSeries], scenario: Scenario) -> Baseline:
    """Return what a VPA in mode Auto would set: requests at the target, limits in their old ratio."""
    advice = {}
    for key, said in recommendations(series, scenario).items():
        container = _container(scenario, key)
        requests = {"cpu": said.target["cpu"] / 1000, "memory": float(said.target["memory"])}
        before = {
            "cpu": (container.cpu_request_cores, container.cpu_limit_cores),
            "memory": (container.memory_request_bytes, container.memory_limit_bytes),
        }
        limits = {
            name: amount * _limit_ratio(*before[name])
            for name, amount in requests.items()
            if before[name][1] is not None
        }
        why = "P90 of a decaying histogram + 15 %; limits keep their ratio to requests"
        advice[key] = Advice(requests, limits, why)
    return Baseline("vpa", advice, source=SOURCE)


def _limit_ratio(request: float | None, limit: float | None) -> float:
    """Return limit over request; a missing request is the limit."""
    assert limit is not None
    return limit / request if request else 1.0


def _feed(recommender: Recommender, series: ContainerSeries, container: Container) -> None:
    requested = container.memory_request_bytes or container.memory_limit_bytes or 0
    for pod in series.pods:
        last_minute = None
        for i, time_ns in enumerate(pod.time_ns.tolist()):
            for _ in range(int(pod.oom_kills[i])):
                recommender.add_oom(pod.pod, container.name, time_ns, requested)
            minute = time_ns // _MINUTE_NS
            if minute == last_minute:  # the recommender looks once a minute
                continue
            last_minute = minute
            millicores = round(1000 * float(pod.cpu_core_s[i]) / float(pod.interval_s[i]))
            recommender.add_cpu(pod.pod, container.name, time_ns, millicores)
            recommender.add_memory(pod.pod, container.name, time_ns, int(pod.memory_bytes[i]))


def _container(scenario: Scenario, key: ContainerKey) -> Container:
    workload = scenario.cluster.workload(key[0])
    assert workload is not None  # series are made from the same objects
    return next(item for item in workload.template.containers if item.name == key[1])
