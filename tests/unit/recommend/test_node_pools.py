"""Node pools: the program against enumeration, and what it says when nothing does."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fvcapacity.decisions.scheduler import ZONE, SchedulingPod
from fvcapacity.recommend.node_pools import NodePools, choose_node_pools
from fvcapacity.recommend.offers import SPOT_TAINT, Offer
from fvcapacity.recommend.pod_groups import PodGroup, preferring_spot
from fvcapacity.recommend.pool_placement import after_loss, machines, place
from fvcapacity.recommend.pool_program import Rules
from fvcapacity.recommend.separate_pools import choose_with_separate_pools
from fvcapacity.scenario.model import NodePool
from tests.unit.decisions.cluster_parts import GI, affinity, near, pod

ONE = Rules({"peak": 1.0})


def offer(name: str, cpu: float, memory_gib: float, price: float, **more: Any) -> Offer:
    spec = {
        "instance_type": name,
        "cpu": cpu,
        "memory": f"{memory_gib}Gi",
        "allocatable_cpu": cpu,
        "allocatable_memory": f"{memory_gib}Gi",
        "count": 0,
        "maximum": 4,
        **more,
    }
    return Offer(name, NodePool.model_validate(spec), price)


def group(name: str, count: int, cpu: int, memory_gib: float, stateful: bool = False, **more: Any) -> PodGroup:
    return PodGroup(name, pod(name, cpu, round(memory_gib * GI), **more), {"peak": count}, stateful)


def brute_force(offers: list[Offer], groups: list[PodGroup], daemons: list[SchedulingPod], headroom: str) -> float:
    """The least cost of all counts on which the scheduler places everything."""
    pods = [one for g in groups for one in g.pods("peak")]
    best = math.inf
    for counts in itertools.product(*(range(o.pool.maximum + 1) for o in offers)):
        cost = sum(n * o.usd_per_hour for n, o in zip(counts, offers, strict=True))
        if cost >= best:
            continue
        nodes, homeless = place(machines(offers, counts, daemons), pods)
        losses = [[node] for node in nodes] if headroom == "node" else []
        if not homeless and not any(after_loss(nodes, lost, daemons) for lost in losses):
            best = cost
    return best


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    kinds=st.lists(st.tuples(st.integers(1, 4), st.integers(2, 11), st.integers(1, 10)), min_size=1, max_size=3),
    types=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(5, 20)), min_size=1, max_size=2),
    daemon=st.booleans(),
    headroom=st.sampled_from(["none", "node"]),
)
def test_equal_to_brute_force(
    kinds: list[tuple[int, int, int]], types: list[tuple[int, int, int]], daemon: bool, headroom: Any
) -> None:
    offers = [offer(f"t{i}", cpu, gib, price / 100) for i, (cpu, gib, price) in enumerate(types)]
    groups = [group(f"g{i}", count, cpu * 100, gib / 4) for i, (count, cpu, gib) in enumerate(kinds)]
    daemons = [pod("agent", 50, GI // 16)] if daemon else []
    found = choose_node_pools(offers, groups, daemons, Rules({"peak": 1.0}, headroom=headroom), time_limit_s=60)
    least = brute_force(offers, groups, daemons, headroom)
    if least == math.inf:
        assert not found.pools
    else:
        assert found.usd_per_hour == pytest.approx(least)
        assert found.bound_usd_per_hour <= found.usd_per_hour + 1e-9
        assert found.proven


def counts(found: NodePools, phase: str = "peak") -> dict[str, int]:
    return {chosen.name: chosen.counts[phase] for chosen in found.pools}


def test_two_halves_and_a_bit_need_a_machine_each() -> None:
    """Together three pods of 0.6 cores would fit into two machines of one core; one by one they do not."""
    found = choose_node_pools([offer("small", 1, 4, 0.1)], [group("web", 3, 600, 0.5)], [], ONE)
    assert counts(found) == {"small": 3}
    assert found.rounds == 1
    assert "3 x small for 0.3000 USD an hour (nothing cheaper is placed)" in found.reason


def test_what_the_program_packs_but_the_scheduler_spreads_is_cut_off() -> None:
    """The scheduler puts small pods first where most is free, and then has no whole machine for the large one."""
    offers = [offer("m", 1, 8, 0.1)]
    groups = [group("small", 2, 200, 0.1), group("large", 1, 900, 0.1)]
    found = choose_node_pools(offers, groups, [], ONE)
    assert found.rounds > 1
    assert counts(found) == {"m": 3}
    assert found.proven


def test_phases_share_the_machines_of_the_calm_one() -> None:
    offers = [offer("small", 1, 4, 0.1), offer("large", 4, 16, 0.3)]
    web = PodGroup("web", pod("web", 500, GI // 4), {"base": 2, "peak": 10})
    found = choose_node_pools(offers, [web], [], Rules({"base": 0.9, "peak": 0.1}))
    assert counts(found, "base") == {"small": 1, "large": 0}
    assert found.usd_per_hour == pytest.approx(0.9 * 0.1 + 0.1 * 0.4)
    nodes = found.as_nodes("base")
    assert (nodes["large"].count, nodes["large"].minimum, nodes["large"].maximum) == (0, 0, 1)


def test_the_loss_of_a_zone_is_borne() -> None:
    zones = ("a", "b", "c")
    offers = [offer("m", 1, 4, 0.1, zones=zones, maximum=9)]
    found = choose_node_pools(offers, [group("web", 4, 500, 0.1)], [], Rules({"peak": 1.0}, headroom="zone"))
    assert counts(found) == {"m": 3}
    nodes, homeless = place(machines(offers, [3], []), group("web", 4, 500, 0.1).pods("peak"))
    assert not homeless
    for zone in zones:
        assert not after_loss(nodes, [node for node in nodes if node.labels[ZONE] == zone], [])


def test_pods_that_avoid_each_other_get_a_machine_each() -> None:
    apart = affinity("podAntiAffinity", near("web", "kubernetes.io/hostname"))
    found = choose_node_pools(
        [offer("m", 4, 16, 0.2)], [group("web", 3, 100, 0.1, labels={"app": "web"}, affinity=apart)], [], ONE
    )
    assert counts(found) == {"m": 3}
    assert found.rounds == 1


def test_daemonsets_and_the_limit_of_pods_take_room() -> None:
    few = [offer("m", 4, 16, 0.1, max_pods=3)]
    assert counts(choose_node_pools(few, [group("web", 4, 10, 0.01)], [pod("agent", 100)], ONE)) == {"m": 2}
    assert counts(choose_node_pools(few, [group("web", 4, 10, 0.01)], [pod("a", 1), pod("b", 1)], ONE)) == {"m": 4}


def test_spot_machines_up_to_a_share_and_never_for_data() -> None:
    spot = offer("m-spot", 1, 4, 0.03, spot=True, taints=(SPOT_TAINT,), labels={SPOT_TAINT["key"]: "true"})
    offers = [offer("m", 1, 4, 0.1), spot]
    web, db = group("web", 2, 900, 0.1), group("db", 2, 900, 0.1, stateful=True)
    groups = [replace(web, pod=preferring_spot(web.pod)), db]
    for share, expected in ((0.0, {"m": 4}), (0.25, {"m": 3, "m-spot": 1}), (1.0, {"m": 2, "m-spot": 2})):
        assert counts(choose_node_pools(offers, groups, [], Rules({"peak": 1.0}, spot_share=share))) == expected


def test_no_more_pools_than_wanted() -> None:
    offers = [offer("small", 1, 4, 0.1), offer("large", 4, 16, 0.3)]
    groups = [group("web", 10, 500, 0.1)]
    assert counts(choose_node_pools(offers, groups, [], ONE)) == {"small": 1, "large": 1}
    assert counts(choose_node_pools(offers, groups, [], Rules({"peak": 1.0}, max_pools=1))) == {"large": 2}


def test_a_minimum_is_kept() -> None:
    found = choose_node_pools([offer("m", 4, 16, 0.2, minimum=2)], [group("web", 1, 100, 0.1)], [], ONE)
    assert counts(found) == {"m": 2}


def test_data_gets_pools_of_its_own_where_that_is_cheaper() -> None:
    """The scheduler puts the first service onto the machine that the database needs whole."""
    offers = [offer("cpu", 4, 4, 0.17), offer("memory", 1, 16, 0.15)]
    groups = [group("web", 3, 300, 0.5), group("db", 1, 800, 14, stateful=True)]
    assert choose_node_pools(offers, groups, [], ONE).usd_per_hour == pytest.approx(0.47)
    found = choose_with_separate_pools(offers, groups, [], ONE)
    assert found.usd_per_hour == pytest.approx(0.30)
    assert counts(found) == {"services-memory": 1, "data-memory": 1}
    assert found.confined == {"web": "services", "db": "data"}
    assert found.reason.startswith("Pools of their own")


def test_common_pools_stay_where_separate_ones_are_not_cheaper() -> None:
    offers = [offer("cpu", 4, 4, 0.17), offer("memory", 1, 16, 0.15)]
    groups = [group("web", 4, 900, 0.5), group("db", 1, 500, 14, stateful=True)]
    found = choose_with_separate_pools(offers, groups, [pod("agent", 50, GI // 16)], ONE)
    assert counts(found) == {"cpu": 1, "memory": 1}
    assert not found.confined
    assert choose_with_separate_pools(offers, groups[:1], [], ONE).pools


@pytest.mark.parametrize(
    ("offers", "groups", "rules", "words"),
    [
        ([], [group("web", 1, 1, 1)], ONE, "nothing to choose from"),
        (
            [offer("m", 2, 8, 0.1), offer("l", 4, 16, 0.2)],
            [group("deployment/web", 1, 6000, 2)],
            ONE,
            "deployment/web asks for 6 CPU and 2048Mi, and no machine takes it: l has 4 and 16384Mi for pods; is the nearest",
        ),
        (
            [offer("m", 2, 8, 0.1)],
            [group("web", 1, 1, 1, node_selector={"gpu": "yes"})],
            ONE,
            "labels or zones keep the pod off",
        ),
        (
            [offer("m", 1, 4, 0.1)],
            [group("web", 9, 900, 1)],
            ONE,
            "with larger maximums it finds pools for 0.9000 USD an hour",
        ),
        (
            [offer("m", 1, 4, 0.1, maximum=2)],
            [group("web", 2, 900, 1)],
            Rules({"peak": 1.0}, headroom="node"),
            "without headroom for a loss the program finds pools for 0.2000 USD an hour",
        ),
    ],
)
def test_a_verdict_with_the_nearest_thing(
    offers: list[Offer], groups: list[PodGroup], rules: Rules, words: str
) -> None:
    found = choose_node_pools(offers, groups, [], rules)
    assert found.pools == ()
    assert found.usd_per_hour == math.inf
    assert words in found.reason
