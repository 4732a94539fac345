"""InterPodAffinity (``plugins/interpodaffinity/filtering.go`` and ``scoring.go``)."""

from __future__ import annotations

from typing import Any

import pytest

from fvcapacity.decisions.scheduler import HOSTNAME, ZONE, NodeView, SchedulingPod, begin
from fvcapacity.decisions.scheduler.pod_affinity import neighbours, pod_affinity_scores
from tests.unit.decisions.cluster_parts import affinity, near, node, pod

WEB, DB = {"app": "web"}, {"app": "db"}
web, db = pod("web", labels=WEB), pod("db", labels=DB)
NOT_NEAR = "node(s) didn't match pod affinity rules"
TOO_NEAR = "node(s) didn't match pod anti-affinity rules"
UNWELCOME = "node(s) didn't satisfy existing pods anti-affinity rules"


def wants(*terms: Any, **more: Any) -> SchedulingPod:
    return pod("p", affinity=affinity("podAffinity", *terms), **more)


def avoids(*terms: Any, **more: Any) -> SchedulingPod:
    return pod("p", affinity=affinity("podAntiAffinity", *terms), **more)


def cluster(*on_first: SchedulingPod) -> list[NodeView]:
    """Three nodes: two in zone a, of which the first holds the pods, one in zone b."""
    return [node("a1", *on_first), node("a2"), node("b1", zone="b")]


@pytest.mark.parametrize(
    ("wanted", "nodes", "reasons"),
    [
        (wants(near()), cluster(web), [None, None, NOT_NEAR]),
        (wants(near(key=HOSTNAME)), cluster(web), [None, NOT_NEAR, NOT_NEAR]),
        (wants(near(key="rack")), cluster(web), [NOT_NEAR] * 3),
        (wants(near("db")), cluster(web), [NOT_NEAR] * 3),
        (wants(near(), labels=WEB), cluster(), [None] * 3),
        (wants(near(key="rack"), labels=WEB), cluster(), [NOT_NEAR] * 3),
        (wants(near(), near("db"), labels=WEB), cluster(), [NOT_NEAR] * 3),
        (wants(near(), near("db")), cluster(web, db), [NOT_NEAR] * 3),
        (wants(near(), near(namespaces=["default"])), cluster(web), [None, None, NOT_NEAR]),
        (wants(near(namespaces=["other"])), cluster(web), [NOT_NEAR] * 3),
        (wants(near(), namespace="other"), cluster(web), [NOT_NEAR] * 3),
        (wants(near(namespaceSelector={})), cluster(pod(labels=WEB, namespace="far")), [None, None, NOT_NEAR]),
        (
            wants(near(namespaceSelector={"matchLabels": {"team": "x"}})),
            cluster(pod(labels=WEB, namespace="far", namespace_labels={"team": "x"})),
            [None, None, NOT_NEAR],
        ),
        (wants({"topologyKey": ZONE}), cluster(web), [NOT_NEAR] * 3),
        (wants({"topologyKey": ZONE, "labelSelector": {}}), cluster(db), [None, None, NOT_NEAR]),
        (avoids(near()), cluster(web), [TOO_NEAR, TOO_NEAR, None]),
        (avoids(near(key=HOSTNAME)), cluster(web), [TOO_NEAR, None, None]),
        (avoids(near("db"), near()), cluster(web), [TOO_NEAR, TOO_NEAR, None]),
        (web, cluster(pod(affinity=affinity("podAntiAffinity", near()))), [UNWELCOME, UNWELCOME, None]),
        (db, cluster(pod(affinity=affinity("podAntiAffinity", near()))), [None] * 3),
        (
            pod(labels=WEB, namespace="other"),
            cluster(pod(affinity=affinity("podAntiAffinity", near()))),
            [None] * 3,
        ),
        (
            avoids(near(matchLabelKeys=["hash"]), labels={**WEB, "hash": "2"}),
            cluster(pod(labels={**WEB, "hash": "1"})),
            [None] * 3,
        ),
        (
            avoids(near(mismatchLabelKeys=["tenant"]), labels={**WEB, "tenant": "x"}),
            cluster(pod(labels={**WEB, "tenant": "y"})),
            [TOO_NEAR, TOO_NEAR, None],
        ),
    ],
    ids=[
        "zone",
        "host",
        "no such label on any node",
        "nobody there",
        "the first of its own group may go anywhere",
        "but not where the label is missing",
        "it must be of every group",
        "one pod must match all rules",
        "own namespace by name",
        "another namespace",
        "rules are on the owner's namespace",
        "every namespace",
        "namespaces by label",
        "no selector means nobody",
        "an empty selector means everybody",
        "anti-affinity in the zone",
        "anti-affinity on the host",
        "any anti-affinity counts",
        "those who are there have the say too",
        "if it is on the pod",
        "and in its namespace",
        "match label keys",
        "mismatch label keys",
    ],
)
def test_required_rules(wanted: SchedulingPod, nodes: list[NodeView], reasons: list[str | None]) -> None:
    found = neighbours(wanted, nodes)
    assert [found.reason(n) for n in nodes] == reasons
    refusals = [begin(wanted, nodes).refusal(n) for n in nodes]
    assert [r and r.reasons for r in refusals] == [reason and (reason,) for reason in reasons]
    # UnschedulableAndUnresolvable for affinity alone: nobody's leaving brings the pod's friends.
    assert all(r.resolvable == (r.reasons[0] != NOT_NEAR) for r in refusals if r)


def test_what_a_pod_counts_follows_a_change_on_one_node() -> None:
    nodes = cluster(web)
    found = neighbours(avoids(near()), nodes)
    emptied = found.with_node(nodes[0], nodes[0].without_pods())
    assert [emptied.reason(n) for n in nodes] == [None] * 3
    assert emptied.with_node(nodes[0].without_pods(), nodes[0]).reason(nodes[1]) == TOO_NEAR


@pytest.mark.parametrize(
    ("wanted", "nodes", "scores"),
    [
        (pod(), cluster(web), None),
        (wants((10, near("db"))), cluster(web), None),
        (wants((10, near())), cluster(web), [100, 100, 0]),
        (wants((10, near()), (30, near(key=HOSTNAME))), cluster(web), [100, 25, 0]),
        (avoids((10, near())), cluster(web), [0, 0, 100]),
        (
            wants((1, near())),
            [node("a1", web, web, web), node("b1", web, zone="b"), node("c1", zone="c")],
            [100, 33, 0],
        ),
        (web, cluster(pod(affinity=affinity("podAffinity", near()))), [100, 100, 0]),
        (web, cluster(pod(affinity=affinity("podAffinity", (7, near())))), [100, 100, 0]),
        (web, cluster(pod(affinity=affinity("podAntiAffinity", (7, near(key=HOSTNAME))))), [0, 100, 100]),
        (db, cluster(pod(affinity=affinity("podAffinity", near()))), None),
        (wants((1, near(key=HOSTNAME))), [node(f"n{i}", *[web] * i) for i in (100, 29, 0)], [100, 28, 0]),
    ],
    ids=[
        "no rules",
        "nobody meant",
        "near",
        "weights add up",
        "far",
        "by the number of pods",
        "who must be near it draws it",
        "who would be near it draws it",
        "who would be far from it pushes it away",
        "not if it is not meant",
        "100 x (29 / 100) is 28.999...",
    ],
)
def test_preferred_rules(wanted: SchedulingPod, nodes: list[NodeView], scores: list[int] | None) -> None:
    assert pod_affinity_scores(wanted, nodes, nodes) == scores
