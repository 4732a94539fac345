"""Karpenter's rules (``pkg/controllers/provisioning/scheduling`` and ``pkg/controllers/disruption``)."""

from __future__ import annotations

from typing import Any

import pytest

from fvcapacity.decisions.karpenter import (
    Candidate,
    Command,
    Market,
    Offer,
    Pool,
    allowed_disruptions,
    consolidate,
    disruption_cost,
    empty_nodes,
    pack,
)
from fvcapacity.decisions.karpenter.consolidation import compute
from fvcapacity.decisions.karpenter.preferences import ever_humbler
from fvcapacity.decisions.scheduler import HOSTNAME, ZONE, HostPort, NodeView, SchedulingPod, Taint
from tests.unit.decisions.cluster_parts import GI, PREFERRED, REQUIRED, affinity, near, node, pod

WEB = {"app": "web"}


def offers(*machines: tuple[str, int, float], zones: str = "a", spot: float = 0.0, **more: Any) -> tuple[Offer, ...]:
    """Machines (name, cores, dollars) with 2 GiB a core in every zone; with ``spot`` also for that share of the price."""
    found = []
    for name, cores, price in machines:
        for zone in zones:
            for is_spot in (False, *((True,) if spot else ())):
                labels = {"node.kubernetes.io/instance-type": name, ZONE: zone}
                view = NodeView(name=name, labels=labels, cpu_milli=1000 * cores, memory_bytes=2 * GI * cores, **more)
                found.append(
                    Offer(
                        instance_type=name,
                        zone=zone,
                        spot=is_spot,
                        usd_per_hour=price * (spot if is_spot else 1),
                        view=view,
                        capacity={"cpu": 1000 * cores, "memory": 2 * GI * cores},
                    )
                )
    return tuple(found)


SIZES = (("small", 1, 0.05), ("medium", 2, 0.1), ("large", 4, 0.2))


def pool(name: str = "default", *machines: tuple[str, int, float], **more: Any) -> Pool:
    settings = {key: more.pop(key) for key in ("weight", "left") if key in more}
    return Pool(name=name, offers=offers(*(machines or SIZES), **more), **settings)


def bought(pods: list[SchedulingPod], nodes: list[NodeView], pools: list[Pool]) -> list[tuple[str, int]]:
    """Kind of each machine that is bought, and how many pods it is for."""
    found = pack(pods, nodes, pools)
    assert not found.failed, found.failed
    return [(claim.offers[0].instance_type, len(claim.pods)) for claim in found.claims]


@pytest.mark.parametrize(
    ("pods", "nodes", "pools", "answer"),
    [
        ([pod(cpu=900)], [], [pool()], [("small", 1)]),
        ([pod(cpu=900), pod(cpu=900)], [], [pool()], [("medium", 2)]),
        ([pod(cpu=900)] * 5, [], [pool()], [("small", 1), ("large", 4)]),
        ([pod(cpu=100), pod(cpu=3000)], [], [pool()], [("large", 2)]),
        ([pod(cpu=100), pod(cpu=3950)], [], [pool()], [("large", 1), ("small", 1)]),
        ([pod(cpu=900)], [node("x")], [pool()], []),
        ([pod(cpu=900)], [node("x", pod(cpu=500))], [pool()], [("small", 1)]),
        ([pod(cpu=100, memory=5 * GI)], [], [pool()], [("large", 1)]),
        ([pod(cpu=900)], [], [pool("default", ("arm", 4, 0.01), *SIZES)], [("arm", 1)]),
        ([pod(cpu=900)], [], [pool("a", ("dear", 1, 1.0), weight=10), pool("b")], [("dear", 1)]),
        ([pod(cpu=1900)], [], [pool("a", ("dear", 1, 1.0), weight=10), pool("b")], [("medium", 1)]),
        ([pod(cpu=900)], [], [pool("a", taints=(Taint("t"),), weight=10), pool("b")], [("small", 1)]),
        ([pod(cpu=10, host_ports=(HostPort(80),))] * 2, [], [pool()], [("small", 1)] * 2),
        ([pod(cpu=10)] * 3, [], [pool(max_pods=2)], [("small", 1), ("small", 2)]),
        ([pod(cpu=900, node_selector={ZONE: "b"})], [], [pool(zones="ab")], [("small", 1)]),
    ],
    ids=[
        "the smallest that does",
        "one for both",
        "as many as the largest takes",
        "the largest pod first",
        "two when there is none for both",
        "what is there is used first",
        "if it has room",
        "by memory too",
        "the cheapest, not the smallest",
        "the pool with the most weight first",
        "unless it has nothing that fits",
        "or is not tolerated",
        "a port of the machine",
        "pods a machine may have",
        "where the pod wants it",
    ],
)
def test_what_is_bought(
    pods: list[SchedulingPod], nodes: list[NodeView], pools: list[Pool], answer: list[tuple[str, int]]
) -> None:
    assert sorted(bought(pods, nodes, pools)) == sorted(answer)


def test_no_more_is_bought_than_the_limit_allows() -> None:
    found = pack([pod(cpu=900)] * 3, [], [pool(left={"cpu": 2000})])
    assert [(c.offers[0].instance_type, len(c.pods)) for c in found.claims] == [("medium", 2)]
    reasons = [reason for _, reason in found.failed]
    assert reasons == ['all available instance types exceed limits for nodepool: "default"']


def test_spot_is_bought_when_it_may_be_and_is_cheaper() -> None:
    claim = pack([pod(cpu=900)], [], [pool(spot=0.3)]).claims[0]
    assert (claim.offers[0].spot, claim.offers[0].usd_per_hour) == (True, pytest.approx(0.015))
    wants = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [
        {"key": "node.kubernetes.io/instance-type", "operator": "NotIn", "values": ["small"]}
    ]}]}}}  # fmt: skip
    assert pack([pod(cpu=900, affinity=wants)], [], [pool(spot=0.3)]).claims[0].offers[0].instance_type == "medium"


def test_daemonset_pods_take_their_room_first() -> None:
    daemon = pod("agent", cpu=200)
    settled = tuple(
        Offer(
            instance_type=o.instance_type, zone=o.zone, spot=o.spot, usd_per_hour=o.usd_per_hour, capacity=o.capacity,
            view=node("d", daemon, cpu=o.view.cpu_milli),
        )
        for o in offers(*SIZES)
    )  # fmt: skip
    assert bought([pod(cpu=900)], [], [Pool(name="default", offers=settled)]) == [("medium", 1)]


@pytest.mark.parametrize(
    ("rule", "zones"),
    [
        ({"topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule"}, ["a", "b", "c"]),
        ({"topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway"}, ["a", "b", "c"]),
        ({"topologyKey": HOSTNAME, "whenUnsatisfiable": "DoNotSchedule"}, ["a", "a", "a"]),
    ],
    ids=["over zones", "wishes are met if they can be", "over machines"],
)
def test_pods_that_spread_get_a_machine_each(rule: dict[str, Any], zones: list[str]) -> None:
    spread = ({**rule, "maxSkew": 1, "labelSelector": {"matchLabels": WEB}},)
    pods = [pod(f"p{i}", labels=WEB, topology_spread=spread) for i in range(3)]
    claims = pack(pods, [], [pool(zones="abc")]).claims
    assert [claim.offers[0].zone for claim in claims] == zones
    assert {len(claim.pods) for claim in claims} == {1}


def test_a_wish_that_nothing_can_meet_is_given_up() -> None:
    spread = (
        {
            "topologyKey": ZONE,
            "whenUnsatisfiable": "ScheduleAnyway",
            "maxSkew": 1,
            "labelSelector": {"matchLabels": WEB},
        },
    )
    there = [node("a1", pod(cpu=1000, labels=WEB), zone="a"), node("b1", pod(cpu=1000), zone="b")]
    # Zone b has no pod yet and cannot be bought, so the skew cannot be kept.
    claims = pack([pod(labels=WEB, topology_spread=spread)], there, [pool(zones="a")]).claims
    assert [claim.offers[0].zone for claim in claims] == ["a"]


def test_pods_that_need_each_other_come_together_whatever_their_order() -> None:
    friend = pod("friend", cpu=500, labels=WEB)
    follower = pod("follower", cpu=900, affinity=affinity("podAffinity", near(key=HOSTNAME)))
    assert bought([follower, friend], [], [pool()]) == [("medium", 2)]


def test_pods_that_avoid_each_other_do_not() -> None:
    shy = [pod(f"p{i}", labels=WEB, affinity=affinity("podAntiAffinity", near(key=HOSTNAME))) for i in range(2)]
    assert bought(shy, [], [pool()]) == [("small", 1), ("small", 1)]


def test_the_order_in_which_wishes_are_given_up() -> None:
    expression = lambda key: {"matchExpressions": [{"key": key, "operator": "Exists"}]}  # noqa: E731
    rules = {
        **affinity("podAffinity", (1, near("light")), (9, near("heavy"))),
        **affinity("podAntiAffinity", (5, near("foe"))),
        "nodeAffinity": {
            REQUIRED: {"nodeSelectorTerms": [expression("one"), expression("two")]},
            PREFERRED: [{"weight": 3, "preference": expression("nice")}],
        },
    }
    spread = ({"topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 1},)
    steps = list(ever_humbler(pod(affinity=rules, topology_spread=spread)))

    def wishes(step: SchedulingPod) -> tuple[Any, ...]:
        keys = [
            rule["key"]
            for term in step.affinity.get("nodeAffinity", {}).get(REQUIRED, {}).get("nodeSelectorTerms", ())
            for rule in term["matchExpressions"]
        ]
        near_by = [
            t["labelSelector"]["matchLabels"]["app"] for t in step.affinity.get("podAffinity", {}).get(REQUIRED, ())
        ]
        far = [
            t["labelSelector"]["matchLabels"]["app"] for t in step.affinity.get("podAntiAffinity", {}).get(REQUIRED, ())
        ]
        return keys, near_by, far, len(step.topology_spread)

    assert [wishes(step) for step in steps] == [
        (["one", "nice"], ["heavy", "light"], ["foe"], 1),
        (["two", "nice"], ["heavy", "light"], ["foe"], 1),
        (["two", "nice"], ["light"], ["foe"], 1),
        (["two", "nice"], [], ["foe"], 1),
        (["two", "nice"], [], [], 1),
        (["two"], [], [], 1),
        (["two"], [], [], 0),
    ]


def test_a_pod_that_nothing_takes_says_why() -> None:
    found = pack([pod(cpu=9000)], [], [pool()])
    assert [reason for _, reason in found.failed] == [
        'incompatible with nodepool "default", no instance type satisfied its requirements'
    ]
    assert [reason for _, reason in pack([pod()], [], []).failed] == ["no node pool found"]


@pytest.mark.parametrize(
    ("pods", "cost"),
    [
        ([], 0.0),
        ([(0, 0), (0, 0)], 2.0),
        ([(2**25, 0)], 2.0),
        ([(0, 2**27)], 2.0),
        ([(2_000_000_000, 0)], 10.0),
        ([(-(2**31), 0)], -10.0),
    ],
)
def test_what_it_means_to_disturb_pods(pods: list[tuple[int, int]], cost: float) -> None:
    assert disruption_cost(pods) == cost


@pytest.mark.parametrize(
    ("budget", "nodes", "going", "allowed"),
    [
        ("10%", 1, 0, 1),
        ("10%", 10, 0, 1),
        ("10%", 11, 0, 2),
        ("10%", 11, 2, 0),
        (3, 10, 1, 2),
        ("0%", 9, 0, 0),
        (1, 5, 2, 0),
    ],
)
def test_budgets(budget: int | str, nodes: int, going: int, allowed: int) -> None:
    assert allowed_disruptions(budget, nodes, going) == allowed


def candidate(view: NodeView, kind: str = "medium", price: float = 0.1, spot: bool = False, **more: Any) -> Candidate:
    pods = tuple(p.pod for p in view.pods)
    given = {"cost": float(len(pods)), "pool": "default", **more}
    return Candidate(name=view.name, instance_type=kind, spot=spot, usd_per_hour=price, pods=pods, **given)


def decided(command: Command | None) -> Any:
    if command is None:
        return None
    return command.nodes, command.replacement and command.replacement.offers[0].instance_type


def test_empty_machines_go_together_as_far_as_the_budget_allows() -> None:
    views = [node("x"), node("y", pod()), node("z"), node("w")]
    command = empty_nodes([candidate(v) for v in views], {"default": 2})
    assert command == Command(("x", "z"), None, "Empty")
    assert empty_nodes([candidate(views[1])], {"default": 2}) is None
    assert empty_nodes([candidate(views[0])], {"default": 0}) is None


TWO = {"cpu": 2000}


@pytest.mark.parametrize(
    ("views", "given", "answer"),
    [
        ([node("x", pod(cpu=100), **TWO), node("y", pod(cpu=900), **TWO)], {}, (("x",), None)),
        ([node("x", pod(cpu=700), **TWO), node("y", pod(cpu=1900), **TWO)], {}, (("x",), "small")),
        ([node("x", pod(cpu=1700), **TWO), node("y", pod(cpu=1900), **TWO)], {}, None),
        ([node("x", pod(cpu=700), **TWO)], {"price": 0.05}, None),
        ([node("x", pod(cpu=700), **TWO)], {"spot": True, "price": 0.9}, (("x",), "small")),
    ],
    ids=[
        "its pods fit elsewhere",
        "a cheaper one would do",
        "nothing better",
        "a cheaper one is not cheaper",
        "spot by on demand, if that is cheaper",
    ],
)
def test_one_machine(views: list[NodeView], given: dict[str, Any], answer: Any) -> None:
    command = compute([candidate(views[0], **given)], Market(views, [pool()]))
    assert decided(command) == answer


def test_spot_machines_are_not_replaced_by_spot_machines() -> None:
    view = node("x", pod(cpu=700), cpu=2000)
    assert compute([candidate(view, spot=True, price=0.9)], Market([view], [pool(spot=0.3)])) is None


def test_a_machine_on_demand_is_replaced_by_a_spot_machine_alone() -> None:
    """Not by whichever comes: one on demand might be dearer than it was believed to be."""
    view = node("x", pod(cpu=700), cpu=2000)
    command = compute([candidate(view, price=0.1)], Market([view], [pool(spot=0.3)]))
    assert command is not None
    assert command.replacement is not None
    assert {offer.spot for offer in command.replacement.offers} == {True}


def test_nothing_is_given_back_in_the_hope_of_a_machine_on_its_way() -> None:
    views = [node("x", pod(cpu=700), cpu=2000), node("coming", cpu=2000)]
    assert decided(compute([candidate(views[0])], Market(views, []))) == (("x",), None)
    assert compute([candidate(views[0])], Market(views, [], uncertain=frozenset({"coming"}))) is None


def test_pods_that_wait_anyway_take_their_room_but_do_not_hinder() -> None:
    views = [node("x", pod(cpu=700), cpu=2000), node("y", cpu=1000)]
    assert decided(compute([candidate(views[0])], Market(views, [], [pod("w", cpu=9000)]))) == (("x",), None)
    assert compute([candidate(views[0])], Market(views, [], [pod("w", cpu=800)])) is None


def test_several_machines_go_for_one() -> None:
    views = [node(f"n{i}", pod(cpu=900), cpu=1000) for i in range(4)]
    candidates = [candidate(v, "small", 0.1) for v in views]
    cheap = pool("default", ("large", 4, 0.15), ("small", 1, 0.1))
    assert decided(consolidate(candidates, Market(views, [cheap]), {"default": 4})) == (
        ("n0", "n1", "n2", "n3"),
        "large",
    )
    assert decided(consolidate(candidates, Market(views, [cheap]), {"default": 2})) == (("n0", "n1"), "large")
    assert consolidate(candidates, Market(views, [cheap]), {"default": 1}) is None
    assert consolidate(candidates, Market(views, [cheap]), {"default": 0}) is None


def test_one_of_its_own_kind_is_no_replacement_for_several() -> None:
    """Two small ones for one small one: that is giving one back, which is found by itself."""
    views = [node(f"n{i}", pod(cpu=400), cpu=1000) for i in range(2)]
    candidates = [candidate(v, "small", 0.05) for v in views]
    assert decided(consolidate(candidates, Market(views, [pool()]), {"default": 2})) == (("n0",), None)


def test_what_disturbs_least_goes_first() -> None:
    views = [node("x", pod(cpu=100), pod(cpu=100)), node("y", pod(cpu=100)), node("z", pod(cpu=700))]
    found = consolidate([candidate(v, "small", 0.05) for v in views], Market(views, []), {"default": 1})
    assert decided(found) == (("y",), None)
