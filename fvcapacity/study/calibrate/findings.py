"""What a reader of calibrated numbers has to know besides them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fvcapacity.study.calibrate.calibration import Finding

if TYPE_CHECKING:
    from fvcapacity.study.calibrate.calibrate import Estimates

DIFFERS = 0.05
"""A visit ratio that differs by more than this share from the call graph, and significantly, is a finding."""


def calibration_findings(estimates: Estimates) -> tuple[Finding, ...]:
    """Return the findings of a calibration."""
    found = [Finding("measurements", text) for text in estimates.grid.remarks]
    for service, fitted in estimates.cpu.items():
        if fitted.problem:
            found.append(
                Finding(
                    "not-calibrated",
                    f"{service} keeps its numbers: {fitted.problem}",
                    "measure what is missing, or for longer",
                )
            )
    found += _missing(estimates)
    found += _moving_together(estimates)
    found += _visits(estimates)
    found += _without_steps(estimates)
    found += [
        Finding("split-by-route", f"{service}: operations are written by route, {why}")
        for service, why in estimates.factors.split.items()
    ]
    found += _memory(estimates)
    found += _dispersion(estimates)
    found += _hours(estimates)
    return tuple(found)


def _missing(estimates: Estimates) -> Iterator[Finding]:
    count = len(estimates.grid.times)
    for service, fitted in estimates.cpu.items():
        missing = fitted.rows.left_out.get("missing", 0)
        if missing > 0.05 * count and not fitted.problem:
            message = (
                f"{service}: {missing} of {count} intervals ({missing / count:.0%}) lack a figure and are left out"
            )
            yield Finding("missing-data", message, "intervals are wider for it; nothing was filled in")


def _moving_together(estimates: Estimates) -> Iterator[Finding]:
    told: set[tuple[str, ...]] = set()
    for service, fitted in estimates.cpu.items():
        for item in fitted.coefficients:
            company = tuple(sorted((item.route, *item.group)))
            if not item.group or (service, *company) in told:
                continue
            told.add((service, *company))
            members = [other for other in fitted.coefficients if other.route in company]
            share = sum(other.share for other in members)
            width = (item.high - item.low) / 2 / item.estimate if item.estimate > 0 else float("inf")
            yield Finding(
                "routes-move-together",
                f"{service}: {', '.join(company)} always come together; only their sum is measured "
                f"({share:.0%} of its CPU, known to {width:.1%}), the split is the topology's",
                "a load test of one of them alone would tell",
            )


def _visits(estimates: Estimates) -> Iterator[Finding]:
    for service, fitted in estimates.visits.items():
        if fitted.problem:
            continue
        for item in fitted.coefficients:
            outside = not item.low <= item.prior <= item.high
            if (
                item.basis == "measured"
                and outside
                and abs(item.estimate - item.prior) > DIFFERS * max(item.prior, 0.01)
            ):
                yield Finding(
                    "visits-differ",
                    f"{item.route} calls {service} {item.estimate:.3g} times "
                    f"(95 %: {item.low:.3g} to {item.high:.3g}); the call graph says {item.prior:.3g}",
                    "look for retries, caches, or calls that the topology does not know; visits are not rewritten",
                )


def _without_steps(estimates: Estimates) -> Iterator[Finding]:
    for service, fitted in estimates.cpu.items():
        for item in fitted.coefficients:
            if item.basis == "measured" and item.prior == 0 and item.low > 0:
                yield Finding(
                    "no-cpu-step",
                    f"{item.route} takes {1e3 * item.estimate:.3g} ms at {service}, where the topology has no CPU step "
                    "to scale",
                    "write a cpu step of any size into what it calls there, and calibrate again",
                )


def _memory(estimates: Estimates) -> Iterator[Finding]:
    names = [service for service, fitted in estimates.memory.items() if fitted.base_bytes is None]
    if names:
        yield Finding(
            "memory-not-measured", f"memory stays as it was of {', '.join(names)}", "pull memory_bytes and pods"
        )


def _dispersion(estimates: Estimates) -> Iterator[Finding]:
    dispersion = estimates.dispersion
    if dispersion.problem:
        yield Finding("burstiness-not-measured", f"arrivals stay as they were: {dispersion.problem}")
        return
    for length, (value, low, _) in dispersion.whole_index.items():
        by_route = dispersion.index[length][2]
        if low > 1.2 * by_route:
            yield Finding(
                "routes-come-in-company",
                f"counts of {length:g} s vary {value:.2f} times as a Poisson stream over all routes, {by_route:.2f} "
                "within one: users send requests of several routes at once",
                "clusters are drawn by route; the whole will be somewhat smoother in a simulation than in life",
            )
            return


def _hours(estimates: Estimates) -> Iterator[Finding]:
    for service, bias in estimates.hourly.items():
        hours = bias.table[bias.table["flagged"].astype(bool)] if len(bias.table) else bias.table
        if len(hours):
            listed = ", ".join(
                f"{hour:02d} h ({value:+.0%})" for hour, value in zip(hours["hour"], hours["bias"], strict=True)
            )
            yield Finding(
                "biased-hours",
                f"{service}: on held-back days the fit errs at {listed}",
                "demands may depend on the hour (caches, jobs): calibrate on the hours that matter",
            )
