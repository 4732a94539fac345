"""CPU that is requested and not used: how much, of which container, and what asks for it.

Slack is Autopilot's figure (Rzadca et al., EuroSys 2020): ``max(0, requested - used)`` over what is requested, summed
over container-minutes. There it is 23 % on average, with requests that follow the hour; a request in a manifest is the
same at night, so that an uneven day leaves more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from fvcapacity.frozen import Frozen
from fvcapacity.recommend.floors import Floors
from fvcapacity.recommend.scope import sized_containers
from fvcapacity.recommend.usage import Use, idle_core_s, seconds, upper_edge
from fvcapacity.recommend.variables import CPU_LADDER, amount_of, autoscaler_of, cpu_target
from fvcapacity.scenario.model import Scenario

AUTOPILOT = 0.23
_HOUR_S = 3600

Cause = Literal["least", "cover", "scaled", "more"]


class Idle(Frozen):
    """One container's part of the slack, over a month.

    Attributes
    ----------
    owner
        ``deployment/shop/shop``.
    requested_cores, used_cores
        Of a pod; the use is the mean.
    slack_ratio
        Of this container alone.
    core_hours, usd
        Requested and not used in a month, of all pods, and what that share of the cheapest machine costs.
    cause
        ``least``: the least that the policy lets anything request. ``cover``: as little as covers what is used in the
        policy's share of the minutes. ``scaled``: beyond that, of what an HPA scales by its CPU. ``more``: all else.
    """

    owner: str
    requested_cores: float
    used_cores: float
    slack_ratio: float
    core_hours: float
    usd: float
    cause: Cause


class Slack(Frozen):
    """Slack of a system over a month.

    Attributes
    ----------
    ratio
        Of all containers that are sized together; NaN when nothing of them is requested.
    covered_ratio
        Share of their minutes in which no more is used than requested.
    parts
        By container, the dearest first.
    """

    ratio: float
    covered_ratio: float
    parts: tuple[Idle, ...]

    @property
    def sentence(self) -> str:
        """What it is, and what asks for it."""
        if math.isnan(self.ratio):
            return ""
        said = (
            f"CPU slack is {100 * self.ratio:.0f} % on the month's average, and requests cover"
            f" {100 * self.covered_ratio:.1f} % of the container-minutes (Autopilot: {100 * AUTOPILOT:.0f} % and 95 %)."
        )
        if self.ratio <= AUTOPILOT:
            return said
        total = sum(part.core_hours for part in self.parts)
        causes: dict[Cause, str] = {
            "least": "stands where the least is requested that the policy allows",
            "cover": "is the price of one request for all hours: less would not cover the minutes that are asked for",
            "scaled": "is of what an HPA scales by its CPU, where smaller requests make more pods and cost more",
            "more": "lies above that, where less does not hold, is not allowed or saves nothing",
        }
        for cause, words in causes.items():
            mine = [part for part in self.parts if part.cause == cause]
            share = sum(part.core_hours for part in mine) / total if total else 0.0
            if share > 0.005:
                said += f" {100 * share:.0f} % of it ({sum(part.usd for part in mine):.2f} USD a month) {words}."
        return said


def slack_of(scenario: Scenario, use: Mapping[str, Use], floors: Floors, usd_per_core_hour: float) -> Slack:
    """Return the slack of a system.

    Parameters
    ----------
    scenario
        Its requests count.
    use
        Container to what it used in a month, in container-seconds (`fvcapacity.recommend.floors.month_use`).
    floors
        What would be the least.
    usd_per_core_hour
        Of the cheapest machine.
    """
    sized = sized_containers(scenario, scenario.file.recommend)
    parts, asked, idle, covered, seen = [], 0.0, 0.0, 0.0, 0.0
    for workload in scenario.cluster.workloads:
        for container in workload.template.containers:
            owner = f"{workload.key}/{container.name}"
            request, own = container.cpu_request_cores, use.get(owner)
            if container.name not in sized.get(workload.key, ()) or not request or not own:
                continue
            time, unused = seconds(own), idle_core_s(own, request)
            seen += time
            covered += sum(length for number, length in own.items() if upper_edge(number) <= request * 1.02)
            asked, idle = asked + request * time, idle + unused
            mean = sum(upper_edge(number) * length for number, length in own.items()) / time
            hours = unused / _HOUR_S
            cause: Cause = "scaled" if cpu_target(autoscaler_of(scenario, workload)) is not None else "more"
            if request <= scenario.file.recommend.least_cpu + 1e-9:
                cause = "least"
            elif request <= _step_above(floors.cpu_cores.get(owner, 0.0)):
                cause = "cover"
            parts.append(Idle(owner, request, mean, unused / (request * time), hours, hours * usd_per_core_hour, cause))
    parts.sort(key=lambda part: (-part.usd, part.owner))
    nothing = not asked
    return Slack(math.nan if nothing else idle / asked, math.nan if nothing else covered / seen, tuple(parts))


def _step_above(cores: float) -> float:
    """Return the least value of the ladder that is not below."""
    values = (amount_of(value) for value in CPU_LADDER)
    return next((value for value in values if value >= cores * (1 - 1e-9)), cores)
