"""Solve, place, cut: the integer program in turns with the simulated scheduler, and its failed answers mended."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from time import monotonic

import numpy as np
import numpy.typing as npt

from fvcapacity.decisions.scheduler import NodeView, SchedulingPod
from fvcapacity.frozen import replace
from fvcapacity.recommend.pool_placement import after_loss, machines, place
from fvcapacity.recommend.pool_program import Cut, PoolProgram

Ints = npt.NDArray[np.int64]

_SAME = 1e-9
_LARGEST_SLACK = 0.2


class PoolSearch:
    """Solve, place, cut; mend what failed, and keep the cheapest that works."""

    def __init__(self, program: PoolProgram, daemons: tuple[SchedulingPod, ...], deadline: float) -> None:
        self.program, self.daemons, self.deadline = program, daemons, deadline
        self.best: Ints | None = None
        self.known: dict[tuple[int, tuple[int, ...]], list[SchedulingPod]] = {}

    @property
    def seconds_left(self) -> float:
        """What is left of the time."""
        return self.deadline - monotonic()

    def run(self, max_rounds: int) -> tuple[Ints | None, float, int]:
        """Return the best counts, the bound, and the rounds."""
        program, bound = self.program, 0.0
        for number in range(1, max_rounds + 1):
            solution = program.solve(self.seconds_left / 3)
            if solution.counts is None and not math.isinf(solution.bound) and self.best is None:
                bound = max(bound, solution.bound)
                if (mended := self._mended(self._of_one_kind())) is not None:
                    self._better(mended)
                return self.best, bound, number
            if solution.counts is None:  # nothing is left that is not cut off
                proven = math.isinf(solution.bound) and self.best is not None
                return (
                    self.best,
                    self._best_cost() if proven else max(bound, min(solution.bound, self._best_cost())),
                    number,
                )
            bound = max(bound, solution.bound)
            if bound >= self._best_cost() - _SAME:
                return self.best, self._best_cost(), number
            failed = [p for p in range(len(program.phases)) if self.homeless(p, solution.counts[p])]
            if not failed:
                return self._better(solution.counts), bound, number
            program.cuts += [Cut(p, tuple(map(int, solution.counts[p]))) for p in failed]
            starts = [solution.counts, self._with_slack(solution.counts)] if number == 1 else [solution.counts]
            for start in starts:
                if start is not None and (mended := self._mended(start)) is not None:
                    self._better(mended)
            if self.seconds_left <= 0:
                return self.best, bound, number
        return self.best, bound, max_rounds

    def _best_cost(self) -> float:
        return math.inf if self.best is None else self.program.cost(self.best)

    def _better(self, counts: Ints) -> Ints | None:
        if self.program.cost(counts) < self._best_cost() - _SAME:
            self.best = counts
        return self.best

    def homeless(self, phase: int, counts: Ints) -> list[SchedulingPod]:
        """Return the pods that the scheduler does not place, first of all, then after each loss."""
        key = (phase, tuple(map(int, counts)))
        if key not in self.known:
            self.known[key] = self._placed(phase, counts)
        return self.known[key]

    def _placed(self, phase: int, counts: Ints) -> list[SchedulingPod]:
        program = self.program
        pods = [pod for group in program.groups for pod in group.pods(program.phases[phase])]
        nodes, homeless = place(machines(program.offers, counts.tolist(), self.daemons), pods)
        if homeless:
            return homeless
        for lost in _losses(nodes, program.rules.headroom):
            if homeless := after_loss(nodes, lost, self.daemons):
                return homeless
        return []

    def _mended(self, counts: Ints) -> Ints | None:
        """Add machines until the scheduler places all pods, then take away those that turn out to be spare."""
        program, counts = self.program, counts.copy()
        for phase in range(len(program.phases)):
            while homeless := self.homeless(phase, counts[phase]):
                pool = self._most_useful(phase, homeless, counts)
                if pool is None or self.seconds_left <= 0:
                    return None
                counts[phase:, pool] += 1
        while self.seconds_left > 0:
            cheaper = next((c for c in self._cheaper_neighbours(counts) if self._all_placed(c)), None)
            if cheaper is None:
                break
            counts = cheaper
        return counts if self._allowed(counts) else None

    def _all_placed(self, counts: Ints) -> bool:
        return not any(self.homeless(phase, counts[phase]) for phase in range(len(counts)))

    def _cheaper_neighbours(self, counts: Ints) -> Iterator[Ints]:
        """Yield choices with one machine less, or a cheaper one in its place; the largest savings first.

        In the last phase alone, or in all phases where the machine stands in all of them.
        """
        program = self.program
        used = np.flatnonzero(counts[-1]).tolist()
        found: list[tuple[float, int, Ints]] = []
        for pool in used:
            for other in (None, *used):
                for first in range(len(counts)):
                    changed = counts.copy()
                    changed[first:, pool] -= 1
                    if other is not None:
                        changed[first:, other] += 1
                    saved = program.cost(counts) - program.cost(changed)
                    if saved > _SAME and self._keeps_bounds(changed):
                        found.append((saved, len(found), changed))
        yield from (changed for _, _, changed in sorted(found, key=lambda item: (-item[0], item[1])))

    def _keeps_bounds(self, counts: Ints) -> bool:
        within = (counts >= self.program.minimum).all() and (counts <= self.program.maximum).all()
        return bool(within and (np.diff(counts, axis=0) >= 0).all()) and self._allowed(counts)

    def _of_one_kind(self) -> Ints:
        """Return the cheapest choice of one pool by its room alone: where to begin when the program has no answer."""
        program, found = self.program, {}
        for pool, room in enumerate(program.fit.room):
            with np.errstate(divide="ignore"):
                needed = np.ceil((program.wanted @ program.fit.size / room).max(axis=1))
            counts = np.tile(program.minimum, (len(program.phases), 1))
            counts[:, pool] = np.maximum(counts[:, pool], np.maximum.accumulate(needed))
            if (program.fit.most[:, pool] > 0).all() and (counts <= program.maximum).all() and self._allowed(counts):
                found[program.cost(counts)] = counts
        return found[min(found)] if found else np.tile(program.minimum, (len(program.phases), 1))

    def _with_slack(self, counts: Ints) -> Ints | None:
        """Return the program's answer when every machine is a little smaller: by the share of pods that failed.

        What the scheduler strands by spreading pods is bought by the program, which knows what is cheap, and not by
        adding machines one at a time. Of use where many pods share a machine.
        """
        program = self.program
        failed = [len(self.homeless(phase, counts[phase])) for phase in range(len(counts))]
        share = max(n / max(int(total), 1) for n, total in zip(failed, program.wanted.sum(axis=1), strict=True))
        if program.whole_pods or share > _LARGEST_SLACK:
            return None
        smaller = replace(program.fit, room=program.fit.room * (1 - share))
        return PoolProgram(program.offers, program.groups, smaller, program.rules).solve(self.seconds_left / 3).counts

    def _most_useful(self, phase: int, homeless: Sequence[SchedulingPod], counts: Ints) -> int | None:
        """Return the pool of which one more machine takes the most pods for its price, those in use before new ones.

        None when there is no pool that takes the first pod and keeps the rules.
        """
        program = self.program
        group = next(i for i, g in enumerate(program.groups) if homeless[0].name.rpartition("-")[0] == g.pod.name)
        possible = []
        for pool in np.flatnonzero(program.fit.most[group] > 0).tolist():
            more = counts.copy()
            more[phase:, pool] += 1
            if (more[:, pool] <= program.maximum[pool]).all() and self._allowed(more):
                possible.append((float(program.fit.price[pool]), pool, more))
        used = [item for item in possible if counts[-1, item[1]] > 0]
        if len(used) < 2:
            choice = used or sorted(possible, key=lambda item: item[:2])
            return choice[0][1] if choice else None
        gain = {pool: len(homeless) - len(self.homeless(phase, more[phase])) for _, pool, more in used}
        return max(used, key=lambda item: (gain[item[1]] / item[0], -item[0]))[1]

    def _allowed(self, counts: Ints) -> bool:
        return self._spot_allowed(counts) and int((counts[-1] > 0).sum()) <= self.program.rules.max_pools

    def _spot_allowed(self, counts: Ints) -> bool:
        offers, share = self.program.offers, self.program.rules.spot_share
        cpu = np.array([offer.pool.cpu for offer in offers])
        spot = np.array([offer.pool.spot for offer in offers])
        return bool(np.all(counts @ (cpu * spot) <= share * (counts @ cpu) + 1e-9))


def _losses(nodes: Sequence[NodeView], headroom: str) -> list[list[NodeView]]:
    if headroom == "node":
        return [[node] for node in nodes]
    if headroom == "zone":
        zones = sorted({node.zone for node in nodes})
        return [[node for node in nodes if node.zone == zone] for zone in zones]
    return []
