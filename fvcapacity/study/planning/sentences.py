"""What a plan says, in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fvcapacity.results.estimators import Estimate
from fvcapacity.results.measures import MeasureName
from fvcapacity.scenario.instants import local_time
from fvcapacity.scenario.model import Scenario
from fvcapacity.study.planning.candidates import present_minimums
from fvcapacity.study.planning.plan import DayPlan, WavePlan
from fvcapacity.units import format_duration


def plan_sentence(plan: DayPlan) -> str:
    """Return what is to be done, and what it costs to be early."""
    planned = [wave for wave in plan.waves if wave.raised is not None]
    if not planned:
        if all(wave.verdict == "leave it to the HPA" for wave in plan.waves):
            return "Leave it to the HPA: it bears every wave by itself."
        return "There is no schedule: none that was tried is better than leaving it to the HPA."
    names = _listed([wave.search.wave.name for wave in planned])
    count = len(plan.schedule)
    text = f"{count} change{'s' if count > 1 else ''} for {names}. {_cost(plan)}"
    status = plan.proof.planned.status if plan.proof.planned is not None else ""
    if status == "missed":
        text += " Over the whole window the objectives are missed all the same."
    return text


def wave_sentence(wave: WavePlan, plan: DayPlan) -> str:
    """Return what is to be done for a wave, and why, in a sentence that begins with its verdict."""
    proof, search = wave.proof, wave.search
    runs = len(proof.alone)
    if wave.raised is not None:
        when = _clock(plan.scenario, wave.raised.from_ns)
        lead = format_duration(wave.raised.lead_ns)
        head = f"At {when}, {lead} before its rise, set {_values(plan.scenario, wave.raised.values)}"
        ready = f"ready after {max(proof.ready_s):.0f} s" if math.isfinite(max(proof.ready_s)) else "not always ready"
        fewer = f"{proof.failing(planned=True)} windows of its rise fail instead of {proof.failing()}"
        return f"{head}; back at {_clock(plan.scenario, search.wave.end_ns)}: {ready}; in {runs} replays {fewer}."
    if wave.verdict == "leave it to the HPA":
        best = search.best
        if best is None:
            return f"Leave it to the HPA: it holds in all {runs} replays by itself."
        more = search.more(best, lambda outcome: outcome.usd)
        unit, digits = "USD", 3
        if math.isnan(more.mean):
            more, unit, digits = search.more(best, lambda outcome: outcome.node_hours), "hours of machines", 2
        tried = f"{best.words} {format_duration(best.lead_ns)} earlier {_more(more, unit, digits)} up to its top"
        return f"Leave it to the HPA: it holds in all {runs} replays by itself; {tried}."
    failing = f"{proof.failing()} windows of its rise fail in {runs} replays"
    if not search.attempts:
        return f"No schedule: the HPA wants no more than its minimum, and {failing}. {_bottleneck(wave)}"
    late = all(not attempt.in_time for attempt in search.attempts)
    why = "none was ready in time" if late else "none of those tried has fewer"
    return f"No schedule helps: {failing}, and {why}. {_bottleneck(wave)}"


def _bottleneck(wave: WavePlan) -> str:
    """Return what holds the system back in the replay of the rise with the most failing windows."""
    return max(wave.search.alone.outcomes, key=lambda outcome: outcome.rise.failing).bottleneck


def _cost(plan: DayPlan) -> str:
    measures: tuple[tuple[MeasureName, str, int], ...] = (("cost", "USD", 2), ("node_hours", "hours of machines", 2))
    for name, unit, digits in measures:
        difference = plan.proof.difference(name)
        if not math.isnan(difference.mean):
            return f"Being early {_more(difference, unit, digits)} over the window."
    return ""


def _more(estimate: Estimate, unit: str, digits: int) -> str:
    half = estimate.half_width
    interval = "" if half is None else f" ±{half:,.{digits}f}"
    verb = "costs" if estimate.mean >= 0 else "saves"
    return f"{verb} {abs(estimate.mean):,.{digits}f}{interval} {unit}"


def _values(scenario: Scenario, values: Mapping[str, int]) -> str:
    present = present_minimums(scenario)
    return _listed([f"{path} {present[path]} -> {value}" for path, value in values.items()])


def _clock(scenario: Scenario, offset_ns: int) -> str:
    moment = local_time(scenario.start_ns + offset_ns, ZoneInfo(scenario.file.time_zone))
    return f"{moment:%a} {moment.day} {moment:%b %H:%M}"


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
