"""How kinds of pods fit onto kinds of machines: the numbers that the program of the node pools is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fvcapacity.decisions.scheduler import HOSTNAME, SchedulingPod
from fvcapacity.decisions.scheduler.placement import matches_node_affinity, matches_selector, untolerated_taint
from fvcapacity.frozen import Frozen
from fvcapacity.recommend.offers import Offer
from fvcapacity.recommend.pod_groups import PodGroup
from fvcapacity.recommend.pool_placement import machines
from fvcapacity.units import millicores

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


class Fit(Frozen):
    """Numbers of groups and pools.

    Attributes
    ----------
    size
        (groups, 3) millicores, MiB, and 1 pod.
    room
        (pools, 3) what a machine has for them, DaemonSets taken off.
    most
        (groups, pools) pods of a kind that one machine takes; 0 where they may not go.
    price
        (pools,) dollars an hour.
    """

    size: Floats
    room: Floats
    most: Ints
    price: Floats


def fit_of(offers: Sequence[Offer], groups: Sequence[PodGroup], daemons: Sequence[SchedulingPod]) -> Fit:
    """Return how the groups fit onto the machines of each pool."""
    size = np.array([[g.pod.cpu_milli, g.pod.memory_bytes / 2**20, 1.0] for g in groups]).reshape(-1, 3)
    room, most = np.zeros((len(offers), 3)), np.zeros((len(groups), len(offers)), np.int64)
    for column, offer in enumerate(offers):
        node = machines([offer], [1], daemons)[0]
        room[column] = (
            millicores(offer.pool.allocatable_cpu) - node.requested_cpu_milli,
            (offer.pool.allocatable_memory - node.requested_memory_bytes) / 2**20,
            offer.pool.max_pods - len(node.pods),
        )
        for row, group in enumerate(groups):
            pod = group.pod
            if untolerated_taint(pod, node) is not None or not matches_node_affinity(pod, node):
                continue
            if group.stateful and offer.pool.spot:
                continue
            if pod.volume_zones and not set(pod.volume_zones).intersection(offer.pool.zones):
                continue
            wanted = size[row]
            fits = min(math.floor(room[column, d] / wanted[d] + 1e-9) for d in range(3) if wanted[d] > 0)
            for name, amount in pod.others.items():
                free = node.others.get(name, 0) - node.requested_others.get(name, 0)
                fits = min(fits, free // amount if amount else fits)
            most[row, column] = min(max(fits, 0), 1) if _alone(pod) else max(fits, 0)
    return Fit(size, room, most, np.array([offer.usd_per_hour for offer in offers]))


def dominated(offers: Sequence[Offer], fit: Fit) -> list[bool]:
    """Tell of each pool whether another one is as roomy in all respects and no dearer (of equal ones the first stays).

    A pool with a minimum, or one that others could not stand for in number, zones or kind, always stays.
    """

    def stands_for(one: int, other: int) -> bool:
        mine, theirs = offers[one].pool, offers[other].pool
        alike = mine.zones == theirs.zones and mine.spot == theirs.spot and mine.maximum >= theirs.maximum
        roomy = (fit.room[one] >= fit.room[other]).all() and (fit.most[:, one] >= fit.most[:, other]).all()
        equal = fit.price[one] == fit.price[other] and (fit.room[one] == fit.room[other]).all()
        return bool(alike and roomy and fit.price[one] <= fit.price[other] and (not equal or one < other))

    numbers = range(len(offers))
    return [
        offers[other].pool.minimum == 0 and any(one != other and stands_for(one, other) for one in numbers)
        for other in numbers
    ]


def enough(wanted: Ints, fit: Fit) -> Ints:
    """Return more machines of each pool than any sensible choice has: each kind packed by itself, twice, and a few."""
    with np.errstate(divide="ignore"):
        each = np.ceil(wanted.max(axis=0)[:, None] / np.where(fit.most > 0, fit.most, np.inf))
    return np.asarray(2 * each.sum(axis=0) + 4, np.int64)


def _alone(pod: SchedulingPod) -> bool:
    """Tell whether no machine takes two of a pod: host ports, or an affinity against its own kind."""
    if pod.host_ports:
        return True
    terms = (pod.affinity.get("podAntiAffinity") or {}).get(_REQUIRED) or ()
    return any(
        term.get("topologyKey") == HOSTNAME
        and term.get("labelSelector") is not None
        and matches_selector(pod.labels, term["labelSelector"])
        for term in terms
    )
