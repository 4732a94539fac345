"""The integer program of the node pools: how many machines of which type, at the least cost.

Counts of machines are whole numbers; pods are shared out among the pools, each resource of a pool holding what its
machines hold together. That relaxes the packing of single machines, so that the least cost is a lower bound of what
any scheduler needs. Rows that every packing obeys bring it nearer: no machine takes more pods of one kind than fit,
and no two pods that both want more than half of it. What the scheduler then cannot place is cut off (see
``node_pools``), and the program is solved again; a cut says that some pool must have more machines than in what
failed.

HiGHS solves it (Huangfu and Hall, "Parallelizing the dual revised simplex method", Mathematical Programming
Computation 10, 2018) through ``scipy.optimize.milp``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from fvcapacity.frozen import Frozen
from fvcapacity.recommend.offers import Offer
from fvcapacity.recommend.pod_groups import PodGroup
from fvcapacity.recommend.pool_fit import Fit, enough

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

Headroom = Literal["none", "node", "zone"]

_FEW_COLUMNS = 400
_INFEASIBLE = 2
"""Status of ``scipy.optimize.milp``."""
_FILLED = 0.9
"""A machine that pods of one kind fill up to here is as good as divisible."""


class Rules(Frozen):
    """What the user wants of the pools.

    Attributes
    ----------
    phases
        Phase to its share of the hours, the calmest first; machines of a phase stay in the later ones.
    headroom
        What may be lost with every pod finding a place: nothing, any one machine, or any one zone.
    spot_share
        Most of the CPU that may be on spot machines.
    max_pools
        Most pools.
    """

    phases: Mapping[str, float]
    headroom: Headroom = "none"
    spot_share: float = 0.0
    max_pools: int = 3


class Cut(Frozen):
    """In a phase, these counts (or fewer) do not do."""

    phase: int
    counts: tuple[int, ...]


class Solution(Frozen):
    """Counts by phase and pool (None when there are none), and the bound on the cost of an hour."""

    counts: Ints | None
    bound: float


@dataclass
class _Rows:
    """Rows of ``low <= A x <= high``, as triples."""

    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, terms: Sequence[tuple[int, float]], low: float, high: float) -> None:
        """Add a row; terms are (column, coefficient)."""
        for column, value in terms:
            self.row.append(len(self.low))
            self.column.append(column)
            self.value.append(value)
        self.low.append(low)
        self.high.append(high)


class PoolProgram:
    """The program of one set of groups and pools.

    Columns: machines (phase, pool), whether a pool is in use (phase, pool), pods (phase, group, pool), one for each
    part of each cut.
    """

    def __init__(self, offers: Sequence[Offer], groups: Sequence[PodGroup], fit: Fit, rules: Rules) -> None:
        self.offers, self.groups, self.fit, self.rules = offers, groups, fit, rules
        self.phases = list(rules.phases)
        self.wanted = np.array([[g.counts.get(phase, 0) for g in groups] for phase in self.phases], np.int64)
        self.pairs = [(g, p) for g in range(len(groups)) for p in range(len(offers)) if fit.most[g, p] > 0]
        self.maximum = np.array([offer.pool.maximum for offer in offers], np.int64)
        self.enough = np.minimum(self.maximum, enough(self.wanted, fit))
        self.minimum = np.array([offer.pool.minimum for offer in offers], np.int64)
        self.cuts: list[Cut] = []

    def _n(self, phase: int, pool: int) -> int:
        return phase * len(self.offers) + pool

    def _u(self, phase: int, pool: int) -> int:
        return (len(self.phases) + phase) * len(self.offers) + pool

    def _x(self, phase: int, pair: int) -> int:
        return 2 * len(self.phases) * len(self.offers) + phase * len(self.pairs) + pair

    @property
    def whole_pods(self) -> bool:
        """Whether pods are whole numbers too: beyond a few hundred that costs more time than it tightens."""
        return len(self.pairs) * len(self.phases) <= _FEW_COLUMNS

    def solve(self, time_limit_s: float) -> Solution:
        """Return the cheapest counts that no cut forbids, or None with an infinite bound when there are none."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        rows, columns = self._rows(), self._x(len(self.phases), 0)
        cut_columns = sum(self._cut(rows, cut, columns + i * len(self.offers)) for i, cut in enumerate(self.cuts))
        columns += cut_columns
        cost, upper, whole = np.zeros(columns), np.full(columns, np.inf), np.zeros(columns)
        lower = np.zeros(columns)
        counts = len(self.phases) * len(self.offers)
        cost[:counts] = np.outer(self._shares(), self.fit.price).ravel()
        lower[:counts], upper[:counts] = (
            np.tile(self.minimum, len(self.phases)),
            np.tile(self.enough, len(self.phases)),
        )
        upper[counts : 2 * counts] = 1
        whole[: 2 * counts] = 1
        if self.whole_pods:
            whole[2 * counts : self._x(len(self.phases), 0)] = 1
        if cut_columns:
            upper[-cut_columns:], whole[-cut_columns:] = 1, 1
        matrix = csr_array((rows.value, (rows.row, rows.column)), shape=(len(rows.low), columns))
        found = milp(
            cost,
            integrality=whole,
            bounds=Bounds(lower, upper),
            constraints=LinearConstraint(matrix, np.array(rows.low), np.array(rows.high)),
            options={"time_limit": max(time_limit_s, 0.1), "mip_rel_gap": 0.0},
        )
        bound = getattr(found, "mip_dual_bound", None)
        if found.x is None:
            return Solution(None, math.inf if found.status == _INFEASIBLE else bound or 0.0)
        return Solution(
            np.round(found.x[:counts]).astype(np.int64).reshape(len(self.phases), -1),
            float(found.fun if bound is None else min(bound, found.fun)),
        )

    def cost(self, counts: Ints) -> float:
        """Return what an hour costs on average over the phases."""
        return float(self._shares() @ (counts @ self.fit.price))

    def _shares(self) -> Floats:
        hours = np.array([self.rules.phases[phase] for phase in self.phases], np.float64)
        return np.asarray(hours / hours.sum(), np.float64)

    def _rows(self) -> _Rows:
        rows = _Rows()
        for phase in range(len(self.phases)):
            self._assignment(rows, phase)
            for pool in range(len(self.offers)):
                self._capacity(rows, phase, pool)
                rows.add([(self._n(phase, pool), 1.0), (self._u(phase, pool), -float(self.enough[pool]))], -np.inf, 0)
                rows.add([(self._n(phase, pool), 1.0), (self._u(phase, pool), -1.0)], 0, np.inf)
                if phase:
                    rows.add([(self._n(phase, pool), 1.0), (self._n(phase - 1, pool), -1.0)], 0, np.inf)
            self._spot(rows, phase)
            self._headroom(rows, phase)
        last = len(self.phases) - 1
        rows.add([(self._u(last, p), 1.0) for p in range(len(self.offers))], -np.inf, self.rules.max_pools)
        return rows

    def _assignment(self, rows: _Rows, phase: int) -> None:
        of_group: dict[int, list[tuple[int, float]]] = {g: [] for g in range(len(self.groups))}
        for pair, (group, _) in enumerate(self.pairs):
            of_group[group].append((self._x(phase, pair), 1.0))
        for group, terms in of_group.items():
            count = float(self.wanted[phase, group])
            rows.add(terms, count, count)

    def _capacity(self, rows: _Rows, phase: int, pool: int) -> None:
        here = [(pair, group) for pair, (group, p) in enumerate(self.pairs) if p == pool]
        machines_column = self._n(phase, pool)
        for dimension in range(3):
            room = self.fit.room[pool, dimension]
            sizes = [(self._x(phase, pair), self.fit.size[group, dimension]) for pair, group in here]
            rows.add([*sizes, (machines_column, -room)], -np.inf, 0)
            halves = [(column, 1.0) for column, size in sizes if 2 * size > room + 1e-9]
            if len(halves) > 1:
                rows.add([*halves, (machines_column, -1.0)], -np.inf, 0)
        for pair, group in here:
            most = self.fit.most[group, pool]
            if (most * self.fit.size[group] > _FILLED * self.fit.room[pool]).any():
                continue  # whole pods of this kind fill the machine anyway
            rows.add([(self._x(phase, pair), 1.0), (machines_column, -float(most))], -np.inf, 0)

    def _spot(self, rows: _Rows, phase: int) -> None:
        spots = [offer.pool.spot for offer in self.offers]
        if not any(spots):
            return
        terms = [
            (self._n(phase, p), offer.pool.cpu * (float(spot) - self.rules.spot_share))
            for p, (offer, spot) in enumerate(zip(self.offers, spots, strict=True))
        ]
        rows.add(terms, -np.inf, 0)

    def _headroom(self, rows: _Rows, phase: int) -> None:
        """Add what must hold whatever is lost: the machines that stay have room for all pods together."""
        if self.rules.headroom == "none":
            return
        movable = np.array([not g.pod.volume_zones for g in self.groups], np.float64)
        demand = (self.wanted[phase] * movable) @ self.fit.size
        for dimension in range(3):
            room = self.fit.room[:, dimension]
            if self.rules.headroom == "node":
                terms = [(self._n(phase, p), float(room[p])) for p in range(len(self.offers))]
                for pool in range(len(self.offers)):
                    rows.add([*terms, (self._u(phase, pool), -float(room[pool]))], float(demand[dimension]), np.inf)
                continue
            for zone in sorted({zone for offer in self.offers for zone in offer.pool.zones}):
                terms, spare = [], 0.0
                for p, offer in enumerate(self.offers):
                    zones = offer.pool.zones
                    lost, late = (1 / len(zones), zones.index(zone) / len(zones)) if zone in zones else (0.0, 0.0)
                    terms.append((self._n(phase, p), float(room[p] * (1 - lost))))
                    terms.append((self._u(phase, p), float(room[p] * late)))  # its first machines stand elsewhere
                rows.add(terms, float(demand[dimension]) - spare, np.inf)

    def _cut(self, rows: _Rows, cut: Cut, first: int) -> int:
        """Ask some pool for more machines than in the cut; return how many columns that takes."""
        columns = []
        for pool, count in enumerate(cut.counts):
            if count + 1 <= self.enough[pool]:
                columns.append((first + pool, 1.0))
                rows.add([(self._n(cut.phase, pool), 1.0), (first + pool, -float(count + 1))], 0, np.inf)
        rows.add(columns, 1, np.inf)
        return len(self.offers)
