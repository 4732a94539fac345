"""Below what a request must not go: the CPU that was used, by the calendar, and the memory that was held.

The rule is Autopilot's (Rzadca et al., "Autopilot: workload autoscaling at Google", EuroSys 2020): what is requested
covers what is used in a share of all container-minutes. The minutes are those of a month by the calendar, so that two
days of Valentine's count as two days; that they are served well all the same is what the replay is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fvcapacity.recommend.outcome import Outcome
from fvcapacity.recommend.usage import Use, covering_cores, together
from fvcapacity.scenario.recommendation import Policy


@dataclass
class Floors:
    """Least requests, by container (``deployment/shop/shop``). They only ever rise: every replay may add to them.

    Attributes
    ----------
    policy
        The shares and margins.
    cpu_cores, memory_bytes
        What a request has to be at least.
    """

    policy: Policy
    cpu_cores: dict[str, float] = field(default_factory=dict)
    memory_bytes: dict[str, float] = field(default_factory=dict)

    @property
    def measured(self) -> bool:
        """Whether anything was measured yet."""
        return bool(self.cpu_cores)

    def add_month(self, use: Mapping[str, Use]) -> None:
        """Take in what containers used in a month."""
        for owner, own in use.items():
            cores = covering_cores(own, self.policy.cover_percent / 100)
            self.cpu_cores[owner] = max(self.cpu_cores.get(owner, 0.0), cores)

    def add_memory(self, outcomes: Iterable[Outcome]) -> None:
        """Take in the largest working sets, with the policy's margin."""
        margin = 1 + self.policy.memory_margin_percent / 100
        for outcome in outcomes:
            for owner, held in outcome.memory_bytes.items():
                self.memory_bytes[owner] = max(self.memory_bytes.get(owner, 0.0), held * margin)

    def of(self, path: str) -> float | None:
        """Return the least request of a field ``OWNER.requests.cpu`` or ``.memory``; None when nothing is known."""
        owner, _, name = path.partition(".requests.")
        return (self.cpu_cores if name == "cpu" else self.memory_bytes).get(owner)

    def said(self, path: str) -> str:
        """Return what a floor is, in words."""
        least = self.of(path)
        if least is None:
            return "nothing is known of what the container uses"
        if path.endswith(".cpu"):
            return f"{1000 * least:.0f}m cover what is used in {self.policy.cover_percent:g} % of a month's minutes"
        held = least / (1 + self.policy.memory_margin_percent / 100) / 2**20
        return f"the largest working set is {held:.0f}Mi, and {self.policy.memory_margin_percent:g} % come on top"


def month_use(parts: Iterable[tuple[float, Outcome]]) -> dict[str, dict[str, float]]:
    """Return container to what it used in a month, of replays with the days that each stands for."""
    by_owner: dict[str, list[tuple[Use, float]]] = {}
    for days, outcome in parts:
        for owner, use in outcome.cpu_use.items():
            by_owner.setdefault(owner, []).append((use, days * 24 / outcome.hours))
    return {owner: together(uses) for owner, uses in by_owner.items()}
