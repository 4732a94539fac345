"""Ordered logs of new versions coming in: RollingUpdate, Recreate, canary, blue/green, StatefulSets and DaemonSets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fvcapacity.control.control_plane import ControlPlane
from fvcapacity.control.deployment import scale
from fvcapacity.scenario.cluster import PodDisruptionBudget, Probe, Workload
from tests.unit.control.fakes import READY_AFTER_5, FakePlane, Run, S, deployment, drive, plane_of, pool, version

QUICK = {"image_pull": 0, "container_create": 0, "endpoint_propagation": 0}
BIG = {"general": pool(cpu=16, allocatable_cpu=16, memory="64Gi", allocatable_memory="60Gi")}


def resize(control: ControlPlane, key: str, replicas: int, at_s: float) -> None:
    """Write ``spec.replicas`` at a time, as an HPA would."""
    cluster = control._cluster
    cluster.handle(f"kubectl-{at_s}", 1, lambda c, k: scale(c, c.state.workloads[k], replicas))
    cluster.enqueue(f"kubectl-{at_s}", key, round(at_s * S))


def roll(
    workload: Workload, *more: Any, seconds: float = 300, plane: FakePlane | None = None, before: Callable[[ControlPlane], None] = lambda control: None,
    pools: Any = BIG, **rollout: Any,
) -> Run:  # fmt: skip
    versions = [version(workload, 10, **rollout), *more]
    control = plane_of(workload, pools=pools, timings=QUICK, versions=versions)
    before(control)
    return drive(control, plane or FakePlane(startup_s=2), seconds)


def scalings(run: Run) -> list[tuple[float, str]]:
    """Return when which set was scaled, in short: ``v2 0>1``; the first version's set is called web."""
    events = run.control.history.events
    found = []
    for event in events:
        if event.reason == "ScalingReplicaSet":
            words = event.message.split()
            name = words[4].removeprefix("web-")
            found.append((round(event.time_ns / S, 3), f"{name} {words[6]}>{words[8]}"))
    return found


def log(run: Run, *kinds: str) -> list[tuple[float, str, str]]:
    return [(round(t, 3), kind, name) for t, kind, name in run.plane.log if t > 0 and (not kinds or kind in kinds)]


def messages(run: Run, *reasons: str) -> list[tuple[float, str]]:
    return [(e.time_ns / S, e.message) for e in run.control.history.events if e.reason in reasons]


def alive(run: Run) -> list[str]:
    return sorted(pod.name for pod in run.control.state.pods.values())


# -- RollingUpdate -------------------------------------------------------------------------------------


def test_a_rolling_update_with_surge_brings_new_pods_before_old_ones_go() -> None:
    run = roll(deployment(replicas=2, max_surge=1, max_unavailable=0))
    assert log(run, "start", "drain", "endpoints") == [
        (10.0, "start", "web-v2-1"),
        (15.0, "endpoints", "web-1,web-2,web-v2-1"),
        (15.0, "drain", "web-1"),
        (15.0, "endpoints", "web-2,web-v2-1"),
        (15.0, "start", "web-v2-2"),
        (20.0, "endpoints", "web-2,web-v2-1,web-v2-2"),
        (20.0, "drain", "web-2"),
        (20.0, "endpoints", "web-v2-1,web-v2-2"),
    ]
    assert scalings(run) == [(10, "v2 0>1"), (15, "web 2>1"), (15, "v2 1>2"), (20, "web 1>0")]
    assert messages(run, "NewReplicaSetAvailable") == [
        (20.000000002, 'ReplicaSet "web-v2" has successfully progressed.')
    ]
    assert alive(run) == ["web-v2-1", "web-v2-2"]


def test_a_rolling_update_without_surge_takes_old_pods_away_first() -> None:
    run = roll(deployment(replicas=2, max_surge=0, max_unavailable=1))
    assert scalings(run) == [(10, "web 2>1"), (10, "v2 0>1"), (15, "web 1>0"), (15, "v2 1>2")]


def test_the_defaults_of_a_deployment_allow_a_quarter_more_and_a_quarter_less() -> None:
    """New pods become ready one after the other, and each lets an old one go."""
    assert scalings(roll(deployment(replicas=8))) == [
        (10, "v2 0>2"), (10, "web 8>6"), (10, "v2 2>4"),
        (15, "web 6>5"), (15, "v2 4>5"), (15, "web 5>4"), (15, "v2 5>6"),
        (15, "web 4>3"), (15, "v2 6>7"), (15, "web 3>2"), (15, "v2 7>8"),
        (20, "web 2>1"), (20, "web 1>0"),
    ]  # fmt: skip


def test_a_pod_counts_when_it_has_been_ready_for_long_enough() -> None:
    run = roll(deployment(replicas=1, max_surge=1, max_unavailable=0, min_ready_s=20))
    assert scalings(run) == [(10, "v2 0>1"), (35, "web 1>0")]


def test_a_version_that_never_gets_ready_stops_the_roll_out_and_is_told_of_after_ten_minutes() -> None:
    plane = FakePlane(never_ready=["web-v2"])
    run = roll(deployment(replicas=4, max_surge=1, max_unavailable=1), plane=plane, seconds=1500)
    assert scalings(run) == [(10, "v2 0>1"), (10, "web 4>3"), (10, "v2 1>2")]
    assert messages(run, "ProgressDeadlineExceeded") == [(610.0, 'ReplicaSet "web-v2" has timed out progressing.')]
    assert len(plane.endpoints[0].pods) == 3


def test_a_newer_version_overtakes_one_that_does_not_get_ready() -> None:
    web = deployment(replicas=2, max_surge=1, max_unavailable=0)
    plane = FakePlane(never_ready=["web-v2"])
    run = roll(web, version(web, 60, 3), plane=plane)
    assert scalings(run) == [
        (10, "v2 0>1"), (60, "v2 1>0"), (60, "v3 0>1"), (65, "web 2>1"), (65, "v3 1>2"), (70, "web 1>0"),
    ]  # fmt: skip
    assert alive(run) == ["web-v3-1", "web-v3-2"]


def test_a_deployment_that_is_resized_in_the_middle_shares_out_what_it_gets() -> None:
    plane = FakePlane(never_ready=["web-v2"])
    web = deployment(replicas=10, max_surge=3, max_unavailable=2)
    run = roll(web, plane=plane, before=lambda control: resize(control, "deployment/web", 15, 60), seconds=100)
    assert scalings(run)[-2:] == [(60, "web 8>11"), (60, "v2 5>7")]


def test_what_was_resized_before_is_taken_as_it_is() -> None:
    run = roll(deployment(replicas=2), before=lambda control: resize(control, "deployment/web", 4, 5), seconds=100)
    assert alive(run) == ["web-v2-1", "web-v2-2", "web-v2-3", "web-v2-4"]
    assert scalings(run)[0] == (5, "web 2>4")


def test_after_a_roll_out_the_new_version_is_resized_alone() -> None:
    run = roll(deployment(replicas=2), before=lambda control: resize(control, "deployment/web", 3, 100), seconds=120)
    assert scalings(run)[-1] == (100, "v2 2>3")
    assert run.control.state.workloads["deployment/web"].rollout is None
    assert list(run.control.state.workloads["deployment/web"].revisions) == [2]


def test_a_new_version_is_pulled_once_on_each_node() -> None:
    web = deployment(replicas=2, cpu=0.8, max_surge=1, max_unavailable=0)
    control = plane_of(web, pools={"general": pool(count=3)}, versions=[version(web, 10)])
    run = drive(control, FakePlane(), 100)
    assert [(t, name) for t, reason, name in run.events("Pulling")] == [
        (10.0, "pod/web-v2-1"),
        (24.800000001, "pod/web-v2-2"),
    ]


def test_a_surge_without_room_brings_a_node() -> None:
    web = deployment(replicas=2, cpu=0.8, max_surge=1, max_unavailable=0)
    control = plane_of(web, pools={"general": pool(count=2)}, versions=[version(web, 10)])
    run = drive(control, FakePlane(), 300)
    assert [reason for _, reason, _ in run.events("FailedScheduling", "TriggeredScaleUp", "NodeReady")][:3] == [
        "FailedScheduling", "TriggeredScaleUp", "NodeReady",
    ]  # fmt: skip
    assert alive(run) == ["web-v2-1", "web-v2-2"]


def test_roll_outs_do_not_ask_disruption_budgets() -> None:
    budget = PodDisruptionBudget(
        name="web", namespace="shop", selector={"matchLabels": {"app": "web"}}, min_available=2
    )
    web = deployment(replicas=2, max_surge=0, max_unavailable=2)
    control = plane_of(web, pools=BIG, timings=QUICK, versions=[version(web, 10)], disruption_budgets=(budget,))
    assert scalings(drive(control, FakePlane(), 30))[:2] == [(10, "web 2>0"), (10, "v2 0>2")]


def test_pods_are_deleted_with_an_eye_on_where_the_others_are() -> None:
    """The old pod that shares its node with a new one goes first."""
    web = deployment(replicas=2, cpu=0.4, max_surge=1, max_unavailable=0)
    control = plane_of(web, pools={"general": pool(count=2)}, timings=QUICK, versions=[version(web, 10)])
    run = drive(control, FakePlane(), 16)
    new = next(pod for pod in run.control.history.pods if pod.name == "web-v2-1")
    gone = next(name for _, kind, name in run.plane.log if kind == "drain")
    assert next(pod.node for pod in run.control.history.pods if pod.name == gone) == new.node


# -- Recreate ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["manifest", "scenario"])
def test_recreate_waits_for_the_old_pods_to_be_gone(by: str) -> None:
    given = {"strategy": "Recreate", "max_surge": 0, "max_unavailable": "100%"} if by == "manifest" else {}
    rollout = {} if by == "manifest" else {"strategy": "recreate"}
    run = roll(deployment(replicas=2, **given), plane=FakePlane(startup_s=2, drain_s=3), **rollout)
    assert log(run, "drain", "stop", "start", "endpoints") == [
        (10.0, "drain", "web-1"),
        (10.0, "drain", "web-2"),
        (10.0, "endpoints", ""),
        (13.0, "stop", "web-1"),
        (13.0, "stop", "web-2"),
        (13.0, "start", "web-v2-1"),
        (13.0, "start", "web-v2-2"),
        (18.0, "endpoints", "web-v2-1"),
        (18.0, "endpoints", "web-v2-1,web-v2-2"),
    ]


def test_rolling_over_a_manifest_that_recreates_takes_the_defaults() -> None:
    web = deployment(replicas=4, strategy="Recreate", max_surge=0, max_unavailable="100%")
    assert scalings(roll(web, strategy="rolling"))[:2] == [(10, "v2 0>1"), (10, "web 4>3")]


# -- canary --------------------------------------------------------------------------------------------

STEPS = [{"weight": 20, "pause": "2m"}, {"weight": 60, "pause": "1m"}]


def canary(**abort: Any) -> dict[str, Any]:
    return {"strategy": "canary", "canary": {"steps": STEPS, **({"abort": abort} if abort else {})}}


def test_a_canary_gets_its_pods_then_its_share_and_takes_over_in_the_end() -> None:
    run = roll(deployment(replicas=4), **canary())
    old, all_new = "web-1,web-2,web-3,web-4", "web-v2-1,web-v2-2,web-v2-3,web-v2-4"
    assert log(run, "endpoints") == [
        (15.0, "endpoints", f"{old} 20%: web-v2-1"),
        (140.0, "endpoints", f"{old} 20%: web-v2-1,web-v2-2"),
        (140.0, "endpoints", f"{old} 20%: web-v2-1,web-v2-2,web-v2-3"),
        (140.0, "endpoints", f"{old} 60%: web-v2-1,web-v2-2,web-v2-3"),
        (205.0, "endpoints", f"{old} 60%: {all_new}"),
        (205.0, "endpoints", all_new),
    ]
    assert scalings(run) == [(10, "v2 0>1"), (135, "v2 1>3"), (200, "v2 3>4"), (235, "web 4>0")]
    assert [round(t, 3) for t, _ in messages(run, "RolloutCompleted")] == [205.0]
    assert alive(run) == all_new.split(",")


def test_a_canary_that_fails_is_taken_back_and_its_pods_go_later() -> None:
    plane = FakePlane(answers=lambda age_s: (int(age_s), int(age_s) // 20, 0))
    run = roll(deployment(replicas=4), plane=plane, **canary(error_percent=1))
    told = "ErrorRate at 20 %: 60 answers, 5.0 % errors; failed looks (1) > failureLimit (0)"
    assert messages(run, "RolloutAborted") == [(75.000000001, f"Rollout aborted update to revision 2: {told}")]
    assert log(run, "endpoints")[-1] == (75.0, "endpoints", "web-1,web-2,web-3,web-4")
    assert scalings(run) == [(10, "v2 0>1"), (105, "v2 1>0")]
    assert alive(run) == ["web-1", "web-2", "web-3", "web-4"]
    assert run.control.state.workloads["deployment/web"].rollout is None


@pytest.mark.parametrize(
    ("abort", "answers", "want"),
    [
        ({"error_percent": 1}, (1.0, 0.005, 1.0), []),
        ({"p95_ms": 500}, (1.0, 1.0, 0.04), []),
        ({"p95_ms": 500}, (1.0, 0.0, 0.1), [75]),
        ({"error_percent": 1, "minimum_requests": 100}, (1.0, 0.1, 0.0), [135]),
        ({"error_percent": 1, "minimum_requests": 500}, (1.0, 0.1, 0.0), []),
        ({"error_percent": 1, "failure_limit": 1}, (1.0, 0.1, 0.0), [135]),
        ({"error_percent": 1, "interval": "10s", "minimum_requests": 5}, (1.0, 0.1, 0.0), [25]),
        ({"error_percent": 1, "interval": "5m"}, (1.0, 0.1, 0.0), [135]),
    ],
    ids=["few errors", "not slow", "slow", "enough requests later", "never enough", "one forgiven", "often", "at the end of the step"],
)  # fmt: skip
def test_a_canary_is_looked_at_each_interval_and_at_the_end_of_a_step(
    abort: dict[str, Any], answers: tuple[float, float, float], want: list[float]
) -> None:
    plane = FakePlane(answers=lambda age_s: tuple(int(rate * age_s) for rate in answers))  # type: ignore[arg-type, return-value]
    run = roll(deployment(replicas=4), plane=plane, **canary(**abort))
    assert [round(t) for t, _ in messages(run, "RolloutAborted")] == want


def test_a_look_sees_only_what_came_since_the_present_share() -> None:
    """Two errors of the first pod in the first step are forgiven; in the second step there are none."""

    def answers(age_s: float) -> tuple[int, int, int]:
        begun_s = plane.now / S - age_s
        return int(age_s), min(2, int(age_s // 30)) if begun_s < 60 else 0, 0

    plane = FakePlane()
    plane.answers = answers
    run = roll(deployment(replicas=4), plane=plane, **canary(error_percent=1.5, failure_limit=2))
    assert messages(run, "RolloutAborted") == []
    assert [round(t) for t, _ in messages(run, "MeasurementFailed")] == [75, 135]
    assert [text for _, text in messages(run, "RolloutStepCompleted")] == [
        "Rollout step 1/2 completed (setWeight: 20): 120 answers, 1.7 % errors",
        "Rollout step 2/2 completed (setWeight: 60): 180 answers, 0.0 % errors",
    ]


def test_answers_of_a_canary_pod_that_goes_are_not_forgotten() -> None:
    def shrink(control: ControlPlane) -> None:
        resize(control, "deployment/web", 1, 150)

    plane = FakePlane(answers=lambda age_s: (int(10 * age_s), 0, 0))
    run = roll(deployment(replicas=4), plane=plane, before=shrink, **canary(error_percent=1))
    counts = [int(text.split(": ")[2].split()[0]) for _, text in messages(run, "RolloutStepCompleted")]
    assert counts[1] >= 600


def test_a_canary_follows_the_size_that_the_autoscaler_wants() -> None:
    run = roll(deployment(replicas=4), before=lambda control: resize(control, "deployment/web", 10, 60), **canary())
    assert scalings(run)[:4] == [(10, "v2 0>1"), (60, "web 4>10"), (60, "v2 1>2"), (135, "v2 2>6")]


def test_a_canary_that_never_gets_ready_gets_no_share_and_is_told_of() -> None:
    run = roll(deployment(replicas=4), plane=FakePlane(never_ready=["web-v2"]), seconds=700, **canary())
    assert messages(run, "TrafficWeightUpdated") == []
    assert [t for t, _ in messages(run, "ProgressDeadlineExceeded")] == [610.0]


def test_a_newer_canary_takes_the_place_of_one_that_is_not_promoted() -> None:
    web = deployment(replicas=4)
    run = roll(web, version(web, 60, 3, **canary()), **canary())
    assert scalings(run)[:4] == [(10, "v2 0>1"), (60, "v2 1>0"), (60, "v3 0>1"), (185, "v3 1>3")]
    assert [text for _, text in messages(run, "TrafficWeightUpdated")][:2] == [
        "Traffic weight updated from 0 to 20", "Traffic weight updated from 0 to 20",
    ]  # fmt: skip
    assert alive(run) == [f"web-v3-{i}" for i in (1, 2, 3, 4)]


def test_a_rolling_update_waits_for_a_canary_to_be_over() -> None:
    web = deployment(replicas=4)
    run = roll(web, version(web, 60, 3), **canary())
    begun = {text.split()[-1]: round(t) for t, text in messages(run, "RolloutUpdated")}
    assert begun == {"web-v2": 10, "web-v3": 235}
    assert alive(run) == [f"web-v3-{i}" for i in (1, 2, 3, 4)]


# -- blue/green ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("switch", "waited"), [("when-ready", 0), ("1m", 60)])
def test_blue_green_switches_when_all_new_pods_are_there(switch: str, waited: int) -> None:
    settings = {"strategy": "blue-green", "blue_green": {"switch": switch, "keep": "2m"}}
    run = roll(deployment(replicas=2), **settings)
    assert log(run, "endpoints") == [(15.0 + waited, "endpoints", "web-v2-1,web-v2-2")]
    assert scalings(run) == [(10, "v2 0>2"), (135 + waited, "web 2>0")]


def test_blue_green_keeps_the_old_pods_for_half_a_minute_by_default() -> None:
    assert scalings(roll(deployment(replicas=2), strategy="blue-green")) == [(10, "v2 0>2"), (45, "web 2>0")]


def test_blue_green_never_switches_to_a_part() -> None:
    plane = FakePlane(never_ready=["web-v2-2"])
    run = roll(deployment(replicas=2), plane=plane, strategy="blue-green")
    assert log(run, "endpoints") == []
    assert len(alive(run)) == 4


# -- StatefulSets and DaemonSets -----------------------------------------------------------------------


def stateful(**changes: Any) -> Workload:
    given = {"kind": "StatefulSet", "replicas": 3, "max_surge": 0, "max_unavailable": 1, **changes}
    return deployment("web", **given)


def revisions(run: Run) -> dict[str, int]:
    return {pod.name: pod.revision for pod in sorted(run.control.state.pods.values(), key=lambda pod: pod.name)}


def test_a_stateful_set_is_updated_from_the_top_each_pod_after_the_one_above_is_ready() -> None:
    run = roll(stateful())
    assert log(run, "drain", "stop", "start") == [
        (10.0, "drain", "web-2"), (11.0, "stop", "web-2"), (11.0, "start", "web-2"),
        (16.0, "drain", "web-1"), (17.0, "stop", "web-1"), (17.0, "start", "web-1"),
        (22.0, "drain", "web-0"), (23.0, "stop", "web-0"), (23.0, "start", "web-0"),
    ]  # fmt: skip
    assert revisions(run) == {"web-0": 2, "web-1": 2, "web-2": 2}


def test_below_the_partition_nothing_changes_and_what_is_lost_comes_back_as_it_was() -> None:
    def lose(control: ControlPlane) -> None:
        from fvcapacity.control import kubelet

        cluster = control._cluster
        cluster.handle(
            "lose", 1, lambda c, k: [kubelet.delete_pod(c, p) for p in [*c.state.pods.values()] if p.name != "web-1"]
        )
        cluster.enqueue("lose", "", 100 * S)

    run = roll(stateful(partition=2), before=lose)
    assert revisions(run) == {"web-0": 1, "web-1": 1, "web-2": 2}


def test_on_delete_waits_for_somebody_to_delete() -> None:
    run = roll(stateful(strategy="OnDelete"))
    assert log(run) == []
    assert revisions(run) == {"web-0": 1, "web-1": 1, "web-2": 1}


def test_a_stateful_set_waits_until_a_pod_has_been_ready_for_long_enough() -> None:
    run = roll(stateful(replicas=2, min_ready_s=30))
    assert [t for t, _, _ in log(run, "drain")] == [30.0, 66.0]


def test_a_broken_version_of_a_stateful_set_stops_at_its_first_pod() -> None:
    plane = FakePlane()
    never = Probe(handler="http", initial_delay_s=100_000, period_s=5)
    web = stateful()
    broken = version(stateful(readiness=never), 10)
    control = plane_of(web, pools=BIG, timings=QUICK, versions=[broken])
    run = drive(control, plane, 300)
    assert revisions(run) == {"web-0": 1, "web-1": 1, "web-2": 2}


def test_a_daemon_set_is_updated_node_by_node() -> None:
    agent = deployment("web", kind="DaemonSet", replicas=None, max_surge=0, max_unavailable=1, readiness=READY_AFTER_5)
    control = plane_of(agent, pools={"general": pool(count=3)}, timings=QUICK, versions=[version(agent, 10)])
    run = drive(control, FakePlane(), 100)
    assert log(run, "drain", "start") == [
        (10.0, "drain", "web-1"), (11.0, "start", "web-4"),
        (16.0, "drain", "web-2"), (17.0, "start", "web-5"),
        (22.0, "drain", "web-3"), (23.0, "start", "web-6"),
    ]  # fmt: skip
    assert run.control.state.workloads["daemonset/web"].rollout is None


# -- times ---------------------------------------------------------------------------------------------


def test_what_lies_before_the_run_or_after_it_does_not_happen() -> None:
    web = deployment()
    control = plane_of(web, versions=[version(web, -5), version(web, 5000, 3)])
    assert drive(control, FakePlane(), 100).events() == []


def test_what_serves_nothing_rolls_out_too() -> None:
    web, job = deployment("web"), deployment("job", replicas=2, max_surge=1, max_unavailable=0)
    control = plane_of(web, job, pools=BIG, timings=QUICK, versions=[version(job, 10)])
    run = drive(control, FakePlane(), 100)
    assert alive(run) == ["job-v2-1", "job-v2-2", "web-1"]
