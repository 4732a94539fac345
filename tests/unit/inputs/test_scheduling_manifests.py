"""What only the scheduler reads of a pod: priority, preemption, ports of the machine, further resources."""

from __future__ import annotations

import io

from fvcapacity.decisions.scheduler import HostPort
from fvcapacity.inputs.manifests import read_manifests
from fvcapacity.scenario.cluster import PodTemplate

NEVER = """\
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: calm}
value: 7
preemptionPolicy: Never
"""


def template_of(container: str, pod: str = "", more: str = "") -> PodTemplate:
    text = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop, labels: {{app: web}}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      {pod}
      containers:
      - name: web
        image: web:1
        {container}
{more}"""
    manifests = read_manifests(["-"], stdin=io.StringIO(text))
    assert not manifests.errors, manifests.errors
    return manifests.objects.workloads[0].template


def test_a_priority_class_says_whether_its_pods_preempt() -> None:
    template = template_of("ports: []", "priorityClassName: calm", NEVER)
    assert (template.priority, template.preempts) == (7, False)


def test_resources_other_than_cpu_and_memory_are_kept_by_name_and_a_limit_stands_for_a_request() -> None:
    resources = "{requests: {ephemeral-storage: 1Gi}, limits: {nvidia.com/gpu: 2, ephemeral-storage: 2Gi}}"
    template = template_of(f"resources: {resources}")
    assert template.containers[0].other_requests == {"ephemeral-storage": 2**30, "nvidia.com/gpu": 2}


def test_host_ports_are_kept_with_protocol_and_address() -> None:
    ports = "[{containerPort: 80, hostPort: 8080}, {containerPort: 53, hostPort: 53, protocol: UDP, hostIP: 10.0.0.1}]"
    template = template_of(f"ports: {ports}")
    assert template.containers[0].host_ports == (HostPort(8080), HostPort(53, "UDP", "10.0.0.1"))


def test_ports_of_pods_on_the_host_network_are_those_of_the_machine() -> None:
    template = template_of("ports: [{containerPort: 80}]", "hostNetwork: true")
    assert template.containers[0].host_ports == (HostPort(80),)
