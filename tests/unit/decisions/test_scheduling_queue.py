"""Which events let a pod be tried again (``EventsToRegister`` and queueing hints of each plugin)."""

from __future__ import annotations

from typing import Any

import pytest

from fvcapacity.decisions.scheduler import HOSTNAME, HostPort, NodeView, SchedulingPod, Taint
from fvcapacity.decisions.scheduler.queue import Change, Event, may_help
from tests.unit.decisions.cluster_parts import REQUIRED, affinity, near, node, pod

WEB = {"app": "web"}
web = pod("w", labels=WEB)
SKEW = {"topologyKey": HOSTNAME, "maxSkew": 1, "labelSelector": {"matchLabels": WEB}}
ON_Y = {
    "nodeAffinity": {
        REQUIRED: {
            "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["y"]}]}]
        }
    }
}


def gone(other: SchedulingPod, view: NodeView | None = None) -> Event:
    return Event(Change.POD_GONE, view, other)


def placed(other: SchedulingPod) -> Event:
    return Event(Change.POD_PLACED, node("x", other), other)


def added(**more: Any) -> Event:
    return Event(Change.NODE_ADDED, node("x", **more))


@pytest.mark.parametrize(
    ("wanted", "plugin", "event", "helps"),
    [
        (pod(), "NodeResourcesFit", gone(web, node("x")), True),
        (pod(cpu=500), "NodeResourcesFit", gone(web, node("x", pod(cpu=600))), False),
        (pod(cpu=500, priority=1), "NodeResourcesFit", gone(web, node("x", pod(cpu=600))), True),
        (pod(cpu=5000, priority=1), "NodeResourcesFit", gone(web, node("x")), False),
        (pod(), "NodeResourcesFit", placed(web), False),
        (pod(), "NodeResourcesFit", added(), True),
        (pod(cpu=5000), "NodeResourcesFit", added(), False),
        (pod(), "TaintToleration", added(), True),
        (pod(), "TaintToleration", added(taints=(Taint("gpu"),)), False),
        (pod(), "TaintToleration", gone(web, node("x")), False),
        (pod(), "NodeUnschedulable", added(unschedulable=True), False),
        (pod(node_selector={"a": "b"}), "NodeAffinity", added(labels={"a": "b"}), True),
        (pod(node_selector={"a": "b"}), "NodeAffinity", added(), False),
        (pod(affinity=ON_Y), "NodeResourcesFit", added(), False),
        (pod(host_ports=(HostPort(80),)), "NodePorts", gone(pod(host_ports=(HostPort(80),))), True),
        (pod(host_ports=(HostPort(80),)), "NodePorts", gone(web), False),
        (pod(labels=WEB, topology_spread=(SKEW,)), "PodTopologySpread", gone(web), True),
        (pod(labels=WEB, topology_spread=(SKEW,)), "PodTopologySpread", placed(web), True),
        (pod(labels=WEB, topology_spread=(SKEW,)), "PodTopologySpread", placed(pod()), False),
        (pod(labels=WEB, topology_spread=(SKEW,)), "PodTopologySpread", Event(Change.NODE_GONE, None), True),
        (pod(), "NodeResourcesFit", Event(Change.NODE_GONE, None), False),
        (pod(affinity=affinity("podAffinity", near())), "InterPodAffinity", placed(web), True),
        (pod(affinity=affinity("podAffinity", near())), "InterPodAffinity", placed(pod()), False),
        (pod(affinity=affinity("podAffinity", near())), "InterPodAffinity", gone(web), False),
        (pod(affinity=affinity("podAntiAffinity", near())), "InterPodAffinity", gone(web), True),
        (pod(affinity=affinity("podAntiAffinity", near())), "InterPodAffinity", placed(web), False),
        (web, "InterPodAffinity", gone(pod(affinity=affinity("podAntiAffinity", near()))), True),
        (web, "InterPodAffinity", gone(pod()), False),
        (pod(), "NoNodes", added(), True),
    ],
)
def test_what_may_help(wanted: SchedulingPod, plugin: str, event: Event, helps: bool) -> None:
    assert may_help(wanted, (plugin,), event) is helps
