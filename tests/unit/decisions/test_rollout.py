"""New versions: what the recorded answers do not hold (Recreate, canary, blue/green, pods that are replaced in place)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fvcapacity.decisions.rollout import (
    AbortRule,
    Answers,
    CanaryStep,
    DeploymentView,
    PlacedReplica,
    ReplicaSetView,
    aborts,
    advance_canary,
    canary_replicas,
    daemon_victims,
    is_complete,
    measure_fails,
    past_deadline,
    promotes_blue_green,
    proportional_scale,
    scaled_value,
    stateful_revision,
    stateful_victims,
    sync_recreate,
    sync_rolling,
)

MINUTE = 60 * 10**9


def rs(name: str, replicas: int, available: int = 0, desired: int | None = None) -> ReplicaSetView:
    return ReplicaSetView(
        name=name, replicas=replicas, available=available, desired_annotation=desired, max_annotation=desired
    )


def recreate(
    new: ReplicaSetView, *old: ReplicaSetView, exists: bool = True, running: bool = False
) -> tuple[object, ...]:
    deployment = DeploymentView(replicas=4, strategy="Recreate")
    decision = sync_recreate(deployment, new, old, exists=exists, old_pods_running=running)
    return decision.action, {item.name: item.replicas for item in decision.written}, decision.created, decision.reason


@pytest.mark.parametrize(
    ("case", "want"),
    [
        (recreate(rs("new", 0), rs("old", 4, 4), exists=False), ("scale_old", {"old": 0}, "", "Recreate")),
        (recreate(rs("new", 0), rs("old", 0), exists=False, running=True), ("none", {}, "", "OldPodsRunning")),
        (recreate(rs("new", 0), rs("old", 0), exists=False), ("scale_new", {"new": 4}, "new", "Recreate")),
        (recreate(rs("new", 4, 1, 4), rs("old", 0)), ("none", {}, "", "AsWanted")),
        (recreate(rs("new", 3, 1, 3), rs("old", 0)), ("proportional_scale", {"new": 4}, "", "OnlyActiveSet")),
        (recreate(rs("new", 2), rs("old", 0)), ("scale_new", {"new": 4}, "", "Recreate")),
        (recreate(rs("new", 3, 3, 3), rs("old", 3, 3, 3)), ("proportional_scale", {}, "", "Recreate")),
    ],
    ids=["down first", "waits", "then up", "done", "resized alone", "resumed", "never in proportion"],
)  # fmt: skip
def test_recreate_goes_down_waits_and_comes_up(case: object, want: object) -> None:
    assert case == want


def test_a_set_whose_maximum_was_nothing_keeps_its_size() -> None:
    sets = [rs("a", 2, 2, 0), rs("b", 1, 1, 0)]
    written, _ = proportional_scale(DeploymentView(replicas=3, max_surge=0, max_unavailable=1), None, sets)
    assert {item.name: item.replicas for item in written} == {"a": 2, "b": 1}


def test_nothing_is_written_where_there_is_nothing_at_all() -> None:
    assert proportional_scale(DeploymentView(replicas=3), None, [])[0] == ()


def test_a_sync_with_nothing_to_do_writes_nothing() -> None:
    decision = sync_rolling(DeploymentView(replicas=3), rs("new", 3, 3, 3), [rs("old", 0)], exists=True)
    assert (decision.action, decision.written, decision.reason) == ("none", (), "NoOldPods")


@pytest.mark.parametrize("text", ["10", "1.5%", "%", "ten", "+5%"])
def test_what_is_no_whole_percentage_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither a count nor a whole percentage"):
        scaled_value(text, 10, round_up=True)


@pytest.mark.parametrize(
    ("available", "pods", "updated", "want"),
    [(4, 4, 4, True), (3, 4, 4, False), (4, 5, 4, False), (4, 4, 3, False)],
    ids=["complete", "not all available", "an old pod is left", "not all are new"],
)
def test_a_roll_out_is_complete_when_all_pods_are_new_and_available(
    available: int, pods: int, updated: int, want: bool
) -> None:
    new = rs("new", 4, available)
    assert is_complete(DeploymentView(replicas=4), new, pods=pods, updated=updated) is want


@pytest.mark.parametrize(("minutes", "want"), [(9.99, False), (10, True)])
def test_ten_minutes_without_progress_are_too_long(minutes: float, want: bool) -> None:
    assert past_deadline(5, 5 + round(minutes * MINUTE))[0] is want


STEPS = (CanaryStep(5, 10 * MINUTE), CanaryStep(50, 5 * MINUTE))


@pytest.mark.parametrize(
    ("step", "since", "available", "minute", "want"),
    [
        # step  since  there  now   -> step, since, weight, replicas, due, reason
        (0, None, 0, 0, (0, None, 0, 1, None, "WaitsForPods")),
        (0, None, 1, 1, (0, 1, 5, 1, 11, "Paused")),
        (0, 1, 1, 10.9, (0, 1, 5, 1, 11, "Paused")),
        (0, 1, 0, 5, (0, 1, 5, 1, 11, "Paused")),
        (0, 1, 1, 11, (1, None, 5, 5, None, "WaitsForPods")),
        (1, None, 4, 12, (1, None, 5, 5, None, "WaitsForPods")),
        (1, None, 5, 12, (1, 12, 50, 5, 17, "Paused")),
        (1, 12, 5, 17, (2, None, 50, 10, None, "WaitsForPods")),
        (2, None, 10, 19, (2, 19, 100, 10, None, "Promoted")),
        (0, 1, 10, 30, (1, 30, 50, 5, 35, "Paused")),
    ],
    ids=[
        "pods first", "then the share", "until the pause ends", "whatever becomes of the pods", "more pods, same share",
        "not yet", "the next share", "promotion waits for all", "promoted", "pods that are there need no wait",
    ],
)  # fmt: skip
def test_a_canary_gets_each_share_when_its_pods_are_there(
    step: int, since: int | None, available: int, minute: float, want: tuple[object, ...]
) -> None:
    since_ns = None if since is None else since * MINUTE
    plan, reason = advance_canary(STEPS, step, since_ns, available, 10, round(minute * MINUTE))
    minutes = [None if t is None else t / MINUTE for t in (plan.since_ns, plan.due_ns)]
    assert (plan.step, minutes[0], plan.weight, plan.replicas, minutes[1], reason) == want


@pytest.mark.parametrize(("weight", "desired", "want"), [(0, 10, 0), (5, 10, 1), (25, 10, 3), (100, 7, 7), (5, 0, 0)])
def test_pods_of_a_canary_are_its_share_rounded_up(weight: int, desired: int, want: int) -> None:
    assert canary_replicas(weight, desired) == want


RULE = AbortRule(error_percent=1, slow_percent=5, minimum_requests=50, failure_limit=1)


@pytest.mark.parametrize(
    ("rule", "seen", "want"),
    [
        (RULE, Answers(49, 49, 49), (False, "TooFewRequests")),
        (RULE, Answers(100, 1, 5), (False, "Successful")),
        (RULE, Answers(100, 2, 0), (True, "ErrorRate")),
        (RULE, Answers(100, 0, 6), (True, "TooSlow")),
        (AbortRule(slow_percent=5), Answers(100, 100, 0), (False, "Successful")),
        (AbortRule(error_percent=0), Answers(100, 0, 100), (False, "Successful")),
        (AbortRule(error_percent=0, minimum_requests=0), Answers(), (False, "TooFewRequests")),
    ],
    ids=["too few", "at the limits", "errors", "slow", "errors unasked", "slowness unasked", "nothing at all"],
)
def test_a_look_fails_beyond_a_limit(rule: AbortRule, seen: Answers, want: tuple[bool, str]) -> None:
    assert measure_fails(rule, seen) == want


def test_failures_up_to_the_limit_are_forgiven() -> None:
    assert [aborts(RULE, failures) for failures in (0, 1, 2)] == [False, False, True]


@pytest.mark.parametrize(
    ("available", "since", "wait", "want"),
    [
        (3, None, 0, (None, "WaitsForPods")),
        (4, None, 0, (100, "Promoted")),
        (4, None, 50, (150, "Paused")),
        (4, 60, 50, (110, "Paused")),
        (4, 50, 50, (100, "Promoted")),
    ],
)
def test_blue_green_switches_when_all_are_there(
    available: int, since: int | None, wait: int, want: tuple[int | None, str]
) -> None:
    assert promotes_blue_green(available, 4, since, wait, 100) == want


def pods(text: str) -> Sequence[PlacedReplica]:
    """Return pods from letters: o old, n new; upper case: available; -: being deleted."""
    return [PlacedReplica(i, c in "nN", c.isupper(), c == "-") for i, c in enumerate(text)]


@pytest.mark.parametrize(
    ("text", "partition", "most", "want"),
    [
        ("OOO", 0, 1, ((2,), "Updates")),
        ("OO-", 0, 1, ((), "TooManyUnavailable")),
        ("OOn", 0, 1, ((), "TooManyUnavailable")),
        ("OON", 0, 1, ((1,), "Updates")),
        ("NNN", 0, 1, ((), "UpToDate")),
        ("OOO", 2, 1, ((2,), "Updates")),
        ("OON", 2, 1, ((), "UpToDate")),
        ("OOO", 0, 2, ((2, 1), "Updates")),
        ("OOOO", 0, "25%", ((3,), "Updates")),
        ("OOO", 0, "25%", ((2,), "Updates")),
        ("OOOOOOOO", 0, "25%", ((7, 6), "Updates")),
    ],
)
def test_a_stateful_set_is_updated_from_the_top(
    text: str, partition: int, most: int | str, want: tuple[tuple[int, ...], str]
) -> None:
    assert stateful_victims(pods(text), partition, most) == want


def test_below_the_partition_a_missing_pod_comes_back_as_it_was() -> None:
    assert [stateful_revision(ordinal, 2, 1, 5) for ordinal in range(4)] == [1, 1, 5, 5]


@pytest.mark.parametrize(
    ("text", "wanted", "most", "want"),
    [
        ("OOO", 3, 1, ((0,), "Updates")),
        ("-OO", 3, 1, ((), "TooManyUnavailable")),
        ("nOO", 3, 1, ((), "TooManyUnavailable")),
        ("NOO", 3, 1, ((1,), "Updates")),
        ("NoO", 3, 1, ((1,), "Updates")),
        ("OO", 3, 1, ((), "TooManyUnavailable")),
        ("OOO", 3, "34%", ((0, 1), "Updates")),
        ("NNN", 3, 1, ((), "UpToDate")),
    ],
)
def test_a_daemon_set_is_updated_node_by_node(
    text: str, wanted: int, most: int | str, want: tuple[tuple[int, ...], str]
) -> None:
    assert daemon_victims(pods(text), wanted, most) == want
