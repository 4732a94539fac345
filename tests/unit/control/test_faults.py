"""What happens in the cluster when something breaks: an ordered log for each fault."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from fvcapacity.control.control_plane import ControlPlane
from fvcapacity.control.deployment import scale
from fvcapacity.decisions.node_lifecycle import noticed
from fvcapacity.scenario.cluster import VolumeClaim
from tests.unit.control.fakes import FakePlane, Run, S, deployment, drive, plane_of, pool

LEFT_OUT = {"Pulling", "Pulled", "Created", "Started", "Scheduled"}


def of(control: ControlPlane, plane: FakePlane | None = None, seconds: float = 900.0) -> Run:
    return drive(control, plane or FakePlane(startup_s=1.0), seconds)


def broken(
    *faults: dict[str, Any], count: int = 2, zones: tuple[str, ...] = ("a", "b", "c"), **more: Any
) -> ControlPlane:
    """A Deployment of three pods on nodes of three zones, and what breaks."""
    workloads = more.pop("workloads", (deployment(replicas=3),))
    nodes = {"general": pool(count=count, maximum=5, minimum=count, zones=zones, **more.pop("node", {}))}
    scenario = {"faults": list(faults), "time_zone": "Etc/UTC", **more.pop("scenario", {})}
    return plane_of(*workloads, pools=nodes, scenario=scenario, **more)


def fault(kind: str, at_s: float | None = 60, **more: Any) -> dict[str, Any]:
    """A fault at a second of the run."""
    return {"kind": kind, **({} if at_s is None else {"at": moment(at_s)}), **more}


def moment(at_s: float) -> str:
    """Return a second of the run as a time of day: the scenarios of these tests begin at the epoch."""
    total = int(at_s)
    return f"1970-01-01T{total // 3600:02d}:{total % 3600 // 60:02d}:{total % 60:02d}"


def timeline(run: Run) -> list[tuple[float, str, str]]:
    return [line for line in run.events() if line[1] not in LEFT_OUT]


def noticed_s(control: ControlPlane, name: str, lost_s: float) -> float:
    """Return when the node controller finds out: it depends on when the kubelet renews its lease."""
    node = control.state.nodes[name]
    phase = control._cluster.identity(name, node.index) % (10 * S)
    return noticed(round(lost_s * S), phase)[0] / S


# -- a node that never comes back -----------------------------------------------------------------------


def test_a_lost_node_is_noticed_deleted_and_replaced_and_its_pods_come_up_elsewhere() -> None:
    control = broken(fault("node-loss", node="general-1"))
    gone = noticed_s(control, "general-1", 60)
    plane = FakePlane(startup_s=1.0)
    run = of(control, plane, 300)
    collected = 20 * -(-(gone + 5) // 20) + 40
    lost = [(60.0, "lose", name) for _, kind, name in plane.log if kind == "lose"]
    assert len(lost) >= 1
    assert [line for line in plane.log if line[1] == "lose"] == lost
    names = [name for _, _, name in lost]
    assert timeline(run)[: 2 + len(names) + 2] == [
        (60.0, "FaultBegan", "node/general-1"),
        (gone, "NodeNotReady", "node/general-1"),
        *[(gone, "NodeNotReady", f"pod/{name}") for name in names],
        (gone + 5, "DeletingNode", "node/general-1"),  # the cloud is asked every five seconds
        (gone + 5, "ReplacingNode", "nodepool/general"),
    ]
    assert 105.0 < gone <= 115.0  # at most ten seconds since the last lease, fifty of grace, a look every five
    assert [at for at, _, _ in run.events("SuccessfulCreate")] == [collected] * len(
        names
    )  # by then the pods have been deleted by force
    assert (gone + 5 + 90, "NodeReady", "node/general-3") in run.events()
    assert plane.endpoints[0].pods == tuple(sorted(plane.running))


def test_endpoints_name_the_dead_until_the_node_is_found_not_ready() -> None:
    control = broken(fault("node-loss", node="general-1"))
    gone = noticed_s(control, "general-1", 60)
    plane = FakePlane()
    of(control, plane, gone + 10)
    told = [at for at, kind, _ in plane.log if kind == "endpoints" and at > 0]
    assert told == [gone + 0.5]


def test_a_stateful_pod_waits_until_its_pod_is_known_to_be_gone() -> None:
    db = deployment("db", kind="StatefulSet")
    web = deployment(replicas=1)
    control = broken(fault("node-loss", node="general-1"), workloads=(db, web), serving=("db", "web"))
    assert next(pod.node for pod in control.state.pods.values() if pod.name == "db-0") == "general-1"
    gone = noticed_s(control, "general-1", 60)
    run = of(control, seconds=400)
    collected = 20 * -(-(gone + 5) // 20) + 40
    assert (collected, "SuccessfulCreate", "statefulset/db") in run.events()


def test_without_a_replacement_only_pods_without_a_place_bring_a_node() -> None:
    control = broken(fault("node-loss", node="general-1", replace=False), node={"allocatable_cpu": 8.0, "cpu": 8.0})
    run = of(control, seconds=600)
    assert not run.events("ReplacingNode", "TriggeredScaleUp")
    assert len(control.state.nodes) == 1
    control = broken(fault("node-loss", node="general-1", replace=False), workloads=(deployment(replicas=2, cpu=0.9),))
    run = of(control, seconds=600)
    assert len(run.events("TriggeredScaleUp")) == 1
    assert len(control.state.nodes) == 2


# -- a node that comes back -----------------------------------------------------------------------------


def test_a_short_loss_is_never_noticed_and_the_pods_start_again() -> None:
    control = broken(fault("node-loss", node="general-1", duration="30s"), count=1)
    plane = FakePlane(startup_s=1.0)
    run = of(control, plane, 120)
    assert timeline(run) == [
        (60.0, "FaultBegan", "node/general-1"),
        (90.0, "Rebooted", "node/general-1"),
    ]
    assert [line for line in plane.log if line[1] in ("lose", "stop", "start")] == [
        *[(60.0, "lose", f"web-{n}") for n in (1, 2, 3)],
        *[(90.0, "stop", f"web-{n}") for n in (1, 2, 3)],
        *[(90.8, "start", f"web-{n}") for n in (1, 2, 3)],
    ]
    assert [pod.life.restarts for pod in control.state.pods.values()] == [1, 1, 1]


def test_pods_are_evicted_after_five_minutes_and_end_when_the_node_is_back() -> None:
    control = broken(fault("node-loss", node="general-1", duration="10m"))
    gone = noticed_s(control, "general-1", 60)
    plane = FakePlane(startup_s=1.0)
    run = of(control, plane, 900)
    names = [name for _, kind, name in plane.log if kind == "lose"]
    log = [line for line in timeline(run) if line[1] != "NodeNotReady" or line[2].startswith("node/")]
    evicted = [(gone + 300, "TaintManagerEviction", f"pod/{name}") for name in names]
    made = [(gone + 300, "SuccessfulCreate", "replicaset/web")] * len(names)
    assert log == [
        (60.0, "FaultBegan", "node/general-1"),
        (gone, "NodeNotReady", "node/general-1"),
        *evicted,
        *made,
        (660.0, "Rebooted", "node/general-1"),
        (660.0, "NodeReady", "node/general-1"),
    ]
    assert [line for line in plane.log if line[1] == "stop"] == [(660.0, "stop", name) for name in names]
    assert {pod.name for pod in control.state.pods.values()}.isdisjoint(names)


@pytest.mark.parametrize(
    ("tolerations", "after_s"),
    [
        ((), 300),
        (({"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 20},), 20),
        (({"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"},), None),
        (({"operator": "Exists"},), None),
        (({"key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 20},), 300),
    ],
)  # fmt: skip
def test_tolerations_say_how_long_pods_stay(tolerations: tuple[dict[str, Any], ...], after_s: float | None) -> None:
    workload = deployment(replicas=3, template={"tolerations": tolerations})
    control = broken(fault("node-loss", node="general-1", duration="20m"), workloads=(workload,))
    gone = noticed_s(control, "general-1", 60)
    run = of(control, seconds=700)
    times = {at for at, _, _ in run.events("TaintManagerEviction")}
    assert times == (set() if after_s is None else {gone + after_s})


def test_pods_that_come_to_a_node_that_nobody_misses_yet_do_not_start() -> None:
    control = broken(fault("node-loss", node="general-1"), fault("pod-kill", 70, workload="deployment/web"), count=1)
    run = of(control, seconds=100)
    assert not [line for line in run.plane.log if line[1] == "start"]
    control = broken(fault("node-loss", node="general-1", duration="35s"), count=1, workloads=(deployment(),))
    cluster = control._cluster

    def more(c: object, key: str) -> None:
        scale(cluster, cluster.state.workloads["deployment/web"], 2)

    cluster.handle("kubectl", 1, more)  # type: ignore[arg-type]
    cluster.enqueue("kubectl", "", 70 * S)
    run = of(control, seconds=110)
    assert [line for line in run.plane.log if line[1] == "start"] == [
        (95.8, "start", "web-1"),
        (95.8, "start", "web-2"),
    ]


# -- zones ----------------------------------------------------------------------------------------------


def test_a_zone_without_power_starts_no_machines_and_its_nodes_come_back_with_it() -> None:
    control = broken(fault("zone-loss", zone="a", duration="20m"), count=3)
    run = of(control, seconds=1400)
    named = [line for line in timeline(run) if line[2].startswith("node/")]
    gone = named[1][0]
    assert named == [
        (60.0, "FaultBegan", "node/general-1"),
        (gone, "NodeNotReady", "node/general-1"),
        (1260.0, "Rebooted", "node/general-1"),
        (1260.0, "NodeReady", "node/general-1"),
    ]
    assert not run.events("DeletingNode")


def test_nobody_is_evicted_when_every_zone_is_lost() -> None:
    control = broken(fault("zone-loss", zone="a", duration="20m"), fault("zone-loss", zone="b", duration="20m"))
    run = of(control, seconds=1200)
    assert len([line for line in run.events("NodeNotReady") if line[2].startswith("node/")]) == 2
    assert not run.events("TaintManagerEviction")


def test_a_volume_keeps_its_pod_in_the_lost_zone() -> None:
    claim = VolumeClaim(name="data", namespace="shop", access_modes=("ReadWriteOnce",), storage_bytes=10**9)
    db = deployment("db", kind="StatefulSet", claim_templates=(claim,))
    control = broken(fault("zone-loss", zone="a"), workloads=(db,), serving=("db",), count=2)
    assert next(iter(control.state.pods.values())).node == "general-1"
    run = of(control, seconds=1200)
    assert not run.events("SuccessfulCreate")  # it stays Terminating: nobody can tell that it does not write any more


# -- pods and services ----------------------------------------------------------------------------------


def test_a_killed_pod_is_made_again() -> None:
    control = broken(fault("pod-kill", workload="deployment/web"))
    run = of(control, seconds=100)
    killed = run.events("Killing")
    assert [line[:2] for line in killed] == [(60.0, "Killing")]
    assert run.events("SuccessfulCreate") == [(60.0, "SuccessfulCreate", "replicaset/web")]


def test_random_faults_have_their_mean_time_between_and_depend_on_the_seed_alone() -> None:
    def kills(seed: int) -> list[tuple[float, str, str]]:
        control = broken(fault("pod-kill", None, every="10m", workload="deployment/web"), seed=seed)
        return of(control, seconds=60_000).events("Killing")

    first = kills(1)
    assert 70 < len(first) < 135  # 100 expected, 10 of standard deviation
    assert kills(1) == first != kills(2)
    assert len({name for _, _, name in first}) > 20


def test_slow_downs_and_volumes_last_and_multiply() -> None:
    control = broken(
        fault("slow-down", 60, service="web", factor=3, duration="60s"),
        fault("slow-down", 90, service="web", factor=2, duration="10s"),
        fault("saturated-volume", 95, service="web", iops_percent=20, duration="40s"),
    )
    run = of(control, seconds=200)
    assert [line for line in run.plane.log if line[1] == "pace"] == [
        (60.0, "pace", "3000,1000"),
        (90.0, "pace", "6000,1000"),
        (95.0, "pace", "6000,5000"),
        (100.0, "pace", "3000,5000"),
        (120.0, "pace", "1000,5000"),
        (135.0, "pace", "1000,1000"),
    ]
    assert run.events("FaultBegan", "FaultEnded")[:2] == [
        (60.0, "FaultBegan", "service/web"),
        (90.0, "FaultBegan", "service/web"),
    ]


def test_nobody_serves_while_a_service_fails_over() -> None:
    control = broken(fault("fail-over", service="web", duration="45s"))
    run = of(control, seconds=200)
    assert [line for line in run.plane.log if line[1] == "endpoints" and line[0]] == [
        (60.5, "endpoints", ""),
        (105.5, "endpoints", "web-1,web-2,web-3"),
    ]


def test_lookups_are_slow_for_a_while() -> None:
    control = broken(fault("dns-latency", add="200ms", share=0.05, duration="30s"))
    run = of(control, seconds=200)
    assert [line for line in run.plane.log if line[1] == "lookups"] == [
        (60.0, "lookups", "(0,),200ms,50000"),
        (90.0, "lookups", "(),0ms,0"),
    ]


def test_what_is_not_there_cannot_be_struck() -> None:
    control = broken(fault("node-loss", node="general-9"), fault("pod-kill", workload="deployment/none"))
    assert timeline(of(control, seconds=100)) == [
        (60.0, "FaultMissed", "node/general-9"),
        (60.0, "FaultMissed", "deployment/none"),
    ]


@pytest.mark.parametrize("cut_s", [61, 120, 200, 400])
def test_a_checkpoint_in_the_middle_of_it_goes_on_alike(cut_s: float) -> None:
    def new() -> ControlPlane:
        return broken(
            fault("node-loss", node="general-1", duration="8m"),
            fault("slow-down", 50, service="web", factor=3, duration="5m"),
            fault("pod-kill", None, every="1m", workload="deployment/web"),
        )

    whole = of(new(), seconds=900)
    plane, cut = FakePlane(startup_s=1.0), new()
    cut.observe = plane.observe
    plane.apply(cut.take_commands())
    while plane.now < 900 * S:
        due = min(cut.next_event_time(), 900 * S)
        event = plane.advance(due)
        cut.run_to(event.time_ns if event else due, event)
        plane.apply(cut.take_commands())
        if plane.now >= cut_s * S:
            kept = pickle.loads(pickle.dumps(cut.checkpoint()))
            cut, cut_s = new(), 10**9
            cut.resume(kept)
            cut.observe = plane.observe
    cut.finish(900 * S)
    assert cut.history.events == whole.control.history.events


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_breaks_for_half_a_day_control_and_plane_agree_on_what_runs(seed: int) -> None:
    """The scripted plane refuses commands that make no sense (a container started twice, a node that is not there)."""
    claim = VolumeClaim(name="data", namespace="shop", access_modes=("ReadWriteOnce",), storage_bytes=10**9)
    workloads = (
        deployment(replicas=6),
        deployment("db", kind="StatefulSet", replicas=2, cpu=0.3, claim_templates=(claim,)),
        deployment("agent", kind="DaemonSet", cpu=0.05),
    )
    control = broken(
        fault("node-loss", None, every="20m"),
        fault("node-loss", None, every="30m", duration="3m"),
        fault("node-loss", None, every="35m", duration="30s"),
        fault("node-loss", None, every="40m", duration="15m"),
        fault("zone-loss", None, every="3h", duration="20m"),
        fault("pod-kill", None, every="2m"),
        fault("fail-over", None, every="10m", service="web", duration="45s"),
        count=4,
        workloads=workloads,
        serving=("web", "db", "agent"),
        seed=seed,
    )
    run = of(control, seconds=43_200)
    told = {event.reason for event in control.history.events}
    assert {"NodeNotReady", "DeletingNode", "ReplacingNode", "TaintManagerEviction", "Rebooted", "Killing"} <= told
    state = control.state
    assert set(run.plane.running) == {uid for uid, pod in state.pods.items() if pod.container_running}
    assert run.plane.lost <= {uid for uid, pod in state.pods.items() if pod.lost}
    assert run.plane.nodes == {node.index for node in state.nodes.values() if node.life.ready_ns is not None}
