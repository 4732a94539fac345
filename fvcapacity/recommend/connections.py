"""Connection pools against what a database accepts.

Every pod of a caller may open its whole pool, and in a roll-out there are pods beyond the wanted ones. Together they
must stay below the database's ``max_connections`` less what it keeps back (PostgreSQL:
``superuser_reserved_connections`` is 3 by default) and what exporters and people use.
"""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.frozen import Frozen
from fvcapacity.recommend.quotas import advise_pods
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.serving import serving_workload

RESERVED = 3
"""``superuser_reserved_connections`` of PostgreSQL."""


class PoolAdvice(Frozen):
    """Sizes of the pools towards one database.

    Attributes
    ----------
    database
        The service that is called.
    accepted, reserved
        Connections that it takes, and those of them that are not for the pools.
    wanted
        What all pools come to with the sizes of today.
    sizes
        Path of each pool (``topology/order-service.pools.postgres``) to the size that fits; those of today where all
        fit.
    fits
        Whether the sizes of today fit.
    """

    database: str
    accepted: int
    reserved: int
    wanted: int
    sizes: Mapping[str, int]
    fits: bool
    why: str


def advise_pools(
    scenario: Scenario, *, reserved: int = RESERVED, peaks: Mapping[str, int] | None = None
) -> tuple[PoolAdvice, ...]:
    """Return the pools towards every database that serves each connection by a thread of its own.

    Parameters
    ----------
    reserved
        Connections of each database that are not for the pools.
    peaks
        Workload to the most pods that a replay had at once, where that is more than its HPA's maximum.
    """
    found = []
    for name, service in scenario.topology.services.items():
        first = next(iter(service.threads.values()))
        if first.kind != "per_request":
            continue
        clients = {
            caller: (model.pools[name], _pods(scenario, caller, peaks or {}))
            for caller, model in scenario.topology.services.items()
            if name in model.pools
        }
        if clients:
            found.append(_advice(name, first.count + first.queue_limit, reserved, clients))
    return tuple(found)


def _pods(scenario: Scenario, service: str, peaks: Mapping[str, int]) -> int:
    workload = serving_workload(scenario.cluster, service)
    if workload is None:
        return 1
    return max(1, advise_pods(scenario, workload, peaks).total)


def _advice(database: str, accepted: int, reserved: int, clients: Mapping[str, tuple[int, int]]) -> PoolAdvice:
    wanted = sum(size * pods for size, pods in clients.values())
    room = accepted - reserved
    sizes = {caller: size for caller, (size, _) in clients.items()}
    fits = wanted <= room
    if not fits:
        sizes = {caller: max(1, size * room // wanted) for caller, (size, _) in clients.items()}
    total = sum(sizes[caller] * pods for caller, (_, pods) in clients.items())
    listed = ", ".join(f"{caller} {pods} x {size}" for caller, (size, pods) in clients.items())
    why = f"{database} takes {accepted} connections, {reserved} kept back; at most {listed} make {wanted}"
    if not fits:
        made = ", ".join(f"{caller} {size}" for caller, size in sizes.items())
        why += f", which is {wanted - room} too many: {made} for each pod make {total}"
        if total > room:
            why += f", still {total - room} too many with one connection a pod: fewer pods, or a pooler before it"
    paths = {f"topology/{caller}.pools.{database}": size for caller, size in sizes.items()}
    return PoolAdvice(database, accepted, reserved, wanted, paths, fits, why)
