"""From minimums of single waves to one schedule: where waves overlap, the largest minimum holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from fvcapacity.frozen import Frozen, replace
from fvcapacity.scenario.instants import local_time
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.schedule import ScheduledChange
from fvcapacity.study.planning.waves import Wave


class Raise(Frozen):
    """Minimums by path for one wave, from so long before its rise to its end."""

    wave: Wave
    lead_ns: int
    values: Mapping[str, int]

    @property
    def from_ns(self) -> int:
        """When they are set, from the start of the window."""
        return self.wave.begin_ns - self.lead_ns


def schedule_of(scenario: Scenario, raises: Sequence[Raise], present: Mapping[str, int]) -> tuple[ScheduledChange, ...]:
    """Return the changes that set the minimums of all waves, and take them back.

    Parameters
    ----------
    present
        Minimums as they are without a schedule, by path.
    """
    zone = ZoneInfo(scenario.file.time_zone)
    before, changes = dict(present), []
    for at in sorted({at for item in raises for at in (item.from_ns, item.wave.end_ns)}):
        active = [item for item in raises if item.from_ns <= at < item.wave.end_ns]
        now = {
            path: max([minimum, *(item.values[path] for item in active if path in item.values)])
            for path, minimum in present.items()
        }
        changed = {path: value for path, value in now.items() if value != before[path]}
        before = now
        if changed:
            moment = local_time(scenario.start_ns + at, zone)
            changes.append(ScheduledChange(name=_name(raises, at), at=moment, values=changed))
    return tuple(changes)


def scheduled(scenario: Scenario, changes: Sequence[ScheduledChange]) -> Scenario:
    """Return a scenario with a schedule in the place of its own."""
    file = scenario.file.model_copy(update={"schedule": tuple(changes)})
    return replace(scenario, file=file)


def _name(raises: Sequence[Raise], at: int) -> str:
    begins = [f"before {item.wave.name}" for item in raises if item.from_ns == at]
    ends = [f"after {item.wave.name}" for item in raises if item.wave.end_ns == at]
    return ", ".join([*ends, *begins])
