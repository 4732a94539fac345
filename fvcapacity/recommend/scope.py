"""What is sized: the containers that serve requests, and what the policy names besides.

Only of these the replay knows what their CPU is for: less of it costs somebody time, and the objectives tell. Of an
exporter, a log shipper or Grafana a scenario knows at most a steady load, so that nothing would speak against any size.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.recommendation import Policy
from fvcapacity.scenario.serving import serving_container, serving_workload

KINDS = ("Deployment", "StatefulSet")


def sized_containers(scenario: Scenario, policy: Policy) -> dict[str, tuple[str, ...]]:
    """Return workload (``deployment/shop``) to the names of its containers that are sized, in the manifests' order."""
    serving = set()
    for name, service in scenario.topology.services.items():
        workload = serving_workload(scenario.cluster, name)
        container = None if workload is None else serving_container(workload, service.container)
        if workload is not None and container is not None:
            serving.add((workload.key, container.name))
    found = {}
    for workload in scenario.cluster.workloads:
        if workload.kind not in KINDS:
            continue
        named = any(fnmatchcase(workload.key, pattern) for pattern in policy.also)
        app = [item.name for item in workload.template.containers if item.kind != "init"]
        names = tuple(name for name in app if named or (workload.key, name) in serving)
        if names:
            found[workload.key] = names
    return found
