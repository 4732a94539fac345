"""HPA, custom metrics, scheduler and cluster autoscaler working together."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest

from fvcapacity.control.metrics_server import container_usage
from fvcapacity.scenario.cluster import (
    HorizontalPodAutoscaler,
    HpaMetric,
    PodDisruptionBudget,
    ScalingRules,
    VolumeClaim,
)
from tests.unit.control.fakes import GI, MI, FakePlane, Run, S, deployment, drive, plane_of, pool
from tests.unit.control.test_pod_life import resize

CPU_70 = HpaMetric(type="Resource", name="cpu", utilization_percent=70)


def hpa(**changes: Any) -> HorizontalPodAutoscaler:
    given: dict[str, Any] = {
        "name": "web",
        "namespace": "shop",
        "target_kind": "Deployment",
        "target_name": "web",
        "min_replicas": 1,
        "max_replicas": 6,
        "metrics": (CPU_70,),
    }
    return HorizontalPodAutoscaler(**{**given, **changes})


def rescales(run: Run) -> list[tuple[float, int, int]]:
    return [(h.time_ns / S, h.current, h.desired) for h in run.control.history.hpas if h.current != h.desired]


def burst(until_s: float, cores: float, after: float = 0.0) -> Any:
    """Total load of the service over time, shared by its pods."""
    return lambda t, pods: (cores if t < until_s * S else after) / pods


def test_scale_up_end_to_end() -> None:
    control = plane_of(deployment(replicas=1), autoscalers=(hpa(),))
    run = drive(control, FakePlane(load=burst(9999, 0.14)), 60)
    assert rescales(run) == [(22.5, 1, 2)]
    assert [line for line in run.plane.log if line[0] > 0] == [
        (23.3, "start", "web-2"),
        (28.800000001, "endpoints", "web-1,web-2"),
    ]
    assert run.events()[:6] == [
        (22.5, "SuccessfulRescale", "hpa/web"),
        (22.5, "ScalingReplicaSet", "deployment/web"),
        (22.5, "SuccessfulCreate", "replicaset/web"),
        (22.5, "Scheduled", "pod/web-2"),
        (22.5, "Pulled", "pod/web-2"),
        (23.3, "Created", "pod/web-2"),
    ]
    message = next(e.message for e in control.history.events if e.reason == "SuccessfulRescale")
    assert message == "New size: 2; reason: cpu resource utilization (percentage of request) above target"


def test_scale_up_is_capped_at_the_double_or_four() -> None:
    control = plane_of(deployment(replicas=1), autoscalers=(hpa(max_replicas=8),))
    run = drive(control, FakePlane(load=burst(9999, 0.9)), 30)
    assert rescales(run) == [(22.5, 1, 4)]
    assert control.history.hpas[0].reasons == ("SucceededRescale", "ValidMetricFound", "ScaleUpLimit")


def test_scale_down_waits_for_the_stabilisation_window() -> None:
    control = plane_of(deployment(replicas=3), autoscalers=(hpa(),))
    run = drive(control, FakePlane(load=burst(120, 0.21, after=0.06)), 600)
    # The load falls at 120 s; the sync at 127.5 s still sees a window of it (105 s to 120 s), that of 142.5 s is
    # the first to ask for one pod. The recommendation of 127.5 s counts for 300 s, its end included.
    assert rescales(run) == [(442.5, 3, 1)]
    waiting = [h for h in control.history.hpas if 150 * S < h.time_ns < 440 * S]
    assert {h.reasons[0] for h in waiting} == {"ScaleDownStabilized"}
    assert {h.desired for h in waiting} == {3}


def test_a_behaviour_replaces_the_window_and_the_rates() -> None:
    behaviour = hpa(has_behavior=True, scale_down=ScalingRules(stabilization_window_s=0))
    control = plane_of(deployment(replicas=3), autoscalers=(behaviour,))
    run = drive(control, FakePlane(load=burst(120, 0.21, after=0.06)), 200)
    assert rescales(run) == [(142.5, 3, 1)]


def test_pods_without_requests_are_reported_once_and_not_scaled() -> None:
    control = plane_of(deployment(replicas=1, cpu=None, memory=None), autoscalers=(hpa(),))
    run = drive(control, FakePlane(load=burst(9999, 0.5)), 300)
    assert run.events() == [(22.5, "FailedGetResourceMetric", "hpa/web")]
    assert control.history.events[0].message == "failed to get metrics: cpu: missing request"
    assert rescales(run) == []


@pytest.mark.parametrize(("rps", "lifetime", "replicas"), [(2.0, "30s", 6), (1.0, "30s", 6), (0.5, "10s", 1)])
def test_custom_metric_from_a_gauge(rps: float, lifetime: str, replicas: int) -> None:
    metric = HpaMetric(type="Pods", name="pending_orders", average_value_milli=5000)
    gauges = {"pending_orders": {"opened_by": ["GET /"], "lifetime": lifetime}}
    control = plane_of(deployment(), autoscalers=(hpa(metrics=(metric,)),), gauges=gauges)
    drive(control, FakePlane(served_rps=rps), 400)
    assert control.state.workloads["deployment/web"].desired == replicas
    last = control.history.hpas[-1].metrics[0]
    assert last[0] == "pods/pending_orders"
    seconds = int(lifetime[:-1])
    # What was served in the last lifetime, spread over the pods; the counters are whole requests.
    assert last[1] == pytest.approx(rps * seconds / replicas, abs=0.5)


def test_a_gauge_is_interpolated_between_scrapes() -> None:
    metric = HpaMetric(type="Pods", name="carts", average_value_milli=10**9)
    gauges = {"carts": {"opened_by": ["GET /"], "lifetime": "20s", "per_request": 2.0}}
    control = plane_of(deployment(), autoscalers=(hpa(metrics=(metric,)),), gauges=gauges)
    drive(control, FakePlane(served_rps=10.0), 120)
    assert [h.metrics[0][1] for h in control.history.hpas][-1] == pytest.approx(400.0)


def test_a_metric_without_a_gauge_fails() -> None:
    metric = HpaMetric(type="Pods", name="surprise", average_value_milli=5000)
    control = plane_of(deployment(), autoscalers=(hpa(metrics=(metric,)),))
    run = drive(control, FakePlane(), 100)
    assert run.events() == [(22.5, "FailedGetPodsMetric", "hpa/web")]


def test_young_pods_have_no_metrics_for_a_window() -> None:
    control = plane_of(deployment(replicas=1), autoscalers=(hpa(),), timings={"image_pull": 0})
    resize(control, "deployment/web", 2, 14.0)
    drive(control, FakePlane(), 29)  # started at 14.8; the scrape at 15 starts its first window
    assert control.state.pods[1].usage is not None
    assert control.state.pods[2].usage is None
    control = plane_of(deployment(replicas=1), autoscalers=(hpa(),), timings={"image_pull": 0})
    resize(control, "deployment/web", 2, 14.0)
    drive(control, FakePlane(), 31)
    assert control.state.pods[2].usage is not None


def test_nobody_reads_the_usage_of_pods_without_an_hpa() -> None:
    control = plane_of(deployment(replicas=1))
    drive(control, FakePlane(), 31)
    assert control.state.pods[1].usage is None


def test_usage_is_split_by_container_with_the_background_added() -> None:
    from fvcapacity.scenario.cluster import Container

    web = deployment(containers=(Container(name="exporter"),))
    background = {"deployment/web/exporter": {"cpu": "20m", "memory": "30Mi"}}
    control = plane_of(web, background=background, autoscalers=(hpa(),))
    drive(control, FakePlane(load=burst(9999, 0.25)), 31)
    pod = control.state.pods[1]
    assert pod.usage == (270, 130 * MI * 1000)
    assert container_usage(pod) == {"web": (250, 100 * MI * 1000), "exporter": (20, 30 * MI * 1000)}


def test_pending_pod_brings_a_node_and_is_scheduled_on_it() -> None:
    control = plane_of(deployment(cpu=0.6, replicas=1))
    resize(control, "deployment/web", 2, 12.0)
    run = drive(control, FakePlane(), 130)
    assert run.events() == [
        (12.0, "ScalingReplicaSet", "deployment/web"),
        (12.0, "SuccessfulCreate", "replicaset/web"),
        (12.0, "FailedScheduling", "pod/web-2"),
        (20.0, "TriggeredScaleUp", "pod/web-2"),
        (110.0, "NodeReady", "node/general-2"),
        (110.0, "Scheduled", "pod/web-2"),
        (110.0, "Pulling", "pod/web-2"),
        (118.0, "Pulled", "pod/web-2"),
        (118.8, "Created", "pod/web-2"),
        (118.8, "Started", "pod/web-2"),
    ]
    messages = {e.reason: e.message for e in control.history.events}
    assert messages["FailedScheduling"] == (
        "0/1 nodes are available: 1 Insufficient cpu. "
        "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
    )
    assert messages["TriggeredScaleUp"] == "pod triggered scale-up: [{general 1->2 (max: 4)}]"
    node = control.history.nodes[1]
    assert (node.created_ns, node.ready_ns, node.deleted_ns) == (20 * S, 110 * S, None)


def test_a_full_pool_says_so_once() -> None:
    control = plane_of(deployment(cpu=0.6, replicas=2), pools={"general": pool(maximum=1)})
    run = drive(control, FakePlane(), 300)
    assert run.events() == [
        (0.0, "FailedScheduling", "pod/web-2"),
        (10.0, "NotTriggerScaleUp", "pod/web-2"),
    ]
    sample = control.history.workloads[0]
    assert (sample.current, sample.ready, sample.pending) == (2, 1, 1)


def test_an_unneeded_node_is_drained_and_given_back() -> None:
    pools = {"general": pool(count=2, minimum=1)}
    control = plane_of(deployment(cpu=0.2, replicas=2), pools=pools)
    run = drive(control, FakePlane(drain_s=2.0), 700)
    life = next(node for node in control.history.nodes if node.deleted_ns is not None)
    victim = next(pod for pod in control.history.pods if pod.deleted_ns is not None)
    assert victim.node == life.name
    # Unneeded since the first scan at 10 s, for 600 s; its pod is replaced at once and drained within 2 s.
    assert [e for e in run.events() if e[0] < 611] == [
        (610.0, "ScaleDown", f"node/{life.name}"),
        (610.0, "Killing", f"pod/{victim.name}"),
        (610.0, "SuccessfulCreate", "replicaset/web"),
        (610.0, "Scheduled", "pod/web-3"),
        (610.0, "Pulled", "pod/web-3"),
        (610.8, "Created", "pod/web-3"),
        (610.8, "Started", "pod/web-3"),
    ]
    assert life.deleted_ns == 612 * S
    assert [n.ready for n in control.state.nodes.values()] == [True]


def test_a_disruption_budget_keeps_the_last_pod_where_it_is() -> None:
    budget = PodDisruptionBudget(
        name="web", namespace="shop", selector={"matchLabels": {"app": "web"}}, min_available=2
    )
    pools = {"general": pool(count=2, minimum=1)}
    control = plane_of(deployment(cpu=0.2, replicas=2), pools=pools, disruption_budgets=(budget,))
    run = drive(control, FakePlane(), 900)
    assert run.events() == []


def test_a_new_node_is_not_given_back_before_its_time() -> None:
    control = plane_of(deployment(cpu=0.6, replicas=2), pools={"general": pool(minimum=1)})
    resize(control, "deployment/web", 1, 200.0)
    run = drive(control, FakePlane(), 1000)
    node = control.history.nodes[1]
    assert (node.created_ns, node.ready_ns) == (10 * S, 100 * S)
    assert run.events("ScaleDown")[0][0] == pytest.approx(800, abs=10)  # free from 201 s, for 600 s


def test_daemonset_pods_come_with_the_node_and_hold_room() -> None:
    agent = deployment("agent", kind="DaemonSet", cpu=0.3)
    web = deployment(cpu=0.6, replicas=1)
    control = plane_of(web, agent, background={"daemonset/agent": {"cpu": "50m"}})
    resize(control, "deployment/web", 2, 12.0)
    run = drive(control, FakePlane(), 130)
    pods = {p.name: (p.node, p.scheduled_ns) for p in control.history.pods}
    assert pods["agent-1"] == ("general-1", 0)
    assert pods["agent-2"] == ("general-2", 110 * S)
    assert pods["web-2"] == ("general-2", 110 * S)
    assert not [line for line in run.plane.log if "agent" in line[2]]
    sample = next(s for s in control.history.workloads if s.workload == "daemonset/agent")
    assert sample.cpu_usage_cores == pytest.approx(0.05)


def test_a_volume_keeps_its_pod_in_its_zone() -> None:
    claim = VolumeClaim(name="data", namespace="shop", storage_bytes=GI, access_modes=("ReadWriteOnce",))
    db = deployment("web", kind="StatefulSet", cpu=0.4, claim_templates=(claim,))
    pools = {"general": pool(count=2, maximum=2, zones=("a", "b"))}
    control = plane_of(db, pools=pools)
    assert control.state.volume_zones == {"data-web-0": "a"}
    node = control.state.nodes["general-1"]
    node.view = dataclasses.replace(node.view, cpu_milli=100)  # no room any more in zone a
    cluster = control._cluster
    from fvcapacity.control import kubelet

    cluster.handle("evict", 1, lambda c, k: kubelet.delete_pod(c, c.state.pods[1]))
    cluster.enqueue("evict", "", 10 * S)
    run = drive(control, FakePlane(), 60)
    assert run.events("FailedScheduling") == [(11.0, "FailedScheduling", "pod/web-0")]
    message = next(e.message for e in control.history.events if e.reason == "FailedScheduling")
    assert message == (
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had volume node affinity conflict. "
        "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
    )


def test_a_statefulset_grows_one_pod_after_the_other() -> None:
    control = plane_of(deployment(kind="StatefulSet"), timings={"image_pull": 0})
    resize(control, "statefulset/web", 3, 10.0)
    run = drive(control, FakePlane(), 60)
    starts = [(t, name) for t, kind, name in run.plane.log if kind == "start"]
    assert starts == [(10.8, "web-1"), (16.600000001, "web-2")]


def busy_shop(seed: int, hours: float) -> Run:
    names = [f"s{i}" for i in range(8)]
    workloads = [deployment(name, replicas=5, cpu=0.1) for name in names]
    autoscalers = tuple(hpa(name=name, target_name=name, min_replicas=3, max_replicas=8) for name in names)
    wave = lambda t, pods: 0.35 * (1.5 + (t // (1800 * S)) % 3) / 2 / pods  # noqa: E731
    control = plane_of(
        *workloads,
        pools={"general": pool(count=8, minimum=2, maximum=12)},
        serving=names,
        seed=seed,
        autoscalers=autoscalers,
    )
    return drive(control, FakePlane(load=wave), hours * 3600)


def test_the_same_seed_gives_the_same_history() -> None:
    one, two = busy_shop(7, 2), busy_shop(7, 2)
    assert one.control.history == two.control.history
    assert one.plane.log == two.plane.log
    assert len(rescales(one)) > 8


def test_samples_add_up() -> None:
    run = busy_shop(1, 1)
    samples = [s for s in run.control.history.workloads if s.workload == "deployment/s0"]
    assert [s.time_ns // (60 * S) for s in samples] == list(range(1, 61))
    used = sum(s.cpu_usage_cores for s in samples) * 60
    served = [uid for uid, name in run.plane.names.items() if name.startswith("s0-")]
    assert used == pytest.approx(sum(run.plane.cpu_ns[uid] for uid in served) / S, rel=1e-6)
    nodes = list(run.control.history.cluster)
    assert all(s.cpu_requested_cores <= s.cpu_allocatable_cores for s in nodes)


@pytest.mark.benchmark_run
def test_an_hour_of_forty_pods_costs_little() -> None:
    began = time.perf_counter()
    run = busy_shop(1, 1)
    assert time.perf_counter() - began < 3.0
    assert len(run.control.history.workloads) == 8 * 60
