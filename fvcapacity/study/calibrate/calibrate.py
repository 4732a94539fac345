"""From measurements and a call graph to a topology with numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from fvcapacity.errors import InputError, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.measurements import TRAFFIC, Measurements
from fvcapacity.scenario.demands import Demands, expected_demands
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.topology import Topology
from fvcapacity.scenario.traffic import Arrivals, ClusteredArrivals
from fvcapacity.study.calibrate.by_route import RouteFit, fit_by_route
from fvcapacity.study.calibrate.calibration import Calibration
from fvcapacity.study.calibrate.dispersion import Dispersion, find_dispersion
from fvcapacity.study.calibrate.factors import Factors, find_factors
from fvcapacity.study.calibrate.findings import calibration_findings
from fvcapacity.study.calibrate.memory import MemoryFit, fit_memory
from fvcapacity.study.calibrate.quality import build_tables
from fvcapacity.study.calibrate.rewrite import rewrite_topology
from fvcapacity.study.calibrate.services import with_background, with_memory
from fvcapacity.study.calibrate.time_of_day import HourlyBias, find_hourly_bias
from fvcapacity.study.calibrate.variability import fit_variability
from fvcapacity.study.grid import Grid, make_grid
from fvcapacity.study.rates import index_of, rates_without_noise
from fvcapacity.study.replay import RATE_S, counts_by_minute
from fvcapacity.tabular.frames import conform

LEAST_COVERAGE = 0.5


class CalibrationOptions(Frozen):
    """How a calibration is done.

    Attributes
    ----------
    least_coverage
        Share of the intervals that must be measured whole; a service with less keeps its numbers.
    seed
        Of the bootstrap.
    hourly
        Whether days are held back to look for a bias by hour.
    variability
        Whether windows are simulated to fit the variability of demands to measured latency.
    """

    least_coverage: float = LEAST_COVERAGE
    seed: int = 1
    hourly: bool = True
    variability: bool = True


class Estimates(Frozen):
    """Everything that was estimated, before it is written down."""

    grid: Grid
    demands: Demands
    cpu: Mapping[str, RouteFit]
    visits: Mapping[str, RouteFit]
    memory: Mapping[str, MemoryFit]
    dispersion: Dispersion
    hourly: Mapping[str, HourlyBias]
    factors: Factors


def calibrate(
    measured: Measurements,
    scenario: Scenario,
    options: CalibrationOptions | None = None,
    *,
    tell: Callable[[str], None] | None = None,
) -> Calibration:
    """Estimate the numbers of a scenario's topology from measurements.

    Parameters
    ----------
    measured
        From ``load_measurements`` or ``measurements_of``.
    scenario
        Its topology says who calls whom on which route, and which numbers stand where the data say nothing.
    tell
        Told what is being done; the variability of demands takes minutes.
    options
        Least coverage, seed of the bootstrap, and what is estimated besides; all have a default.

    Returns
    -------
    Calibration
        A topology that runs at once, with tables of estimates, their 95 % intervals and units, and findings.

    Raises
    ------
    InputError
        With everything that makes the measurements useless: negative values, unknown names, too few intervals, no CPU.
    """
    options = options or CalibrationOptions()
    if tell is not None:
        tell("estimating demands")
    estimates = estimate(measured, scenario, options)
    return build_calibration(estimates, measured, scenario, options, tell=tell)


def estimate(measured: Measurements, scenario: Scenario, options: CalibrationOptions) -> Estimates:
    """Return all estimates.

    Raises
    ------
    InputError
        As `calibrate`.
    """
    grid, problems = make_grid(measured, scenario)
    if grid is None:
        raise InputError([problem for problem in problems if problem.severity == "error"])
    return estimate_on(grid, scenario, options)


def estimate_on(grid: Grid, scenario: Scenario, options: CalibrationOptions) -> Estimates:
    """Return all estimates from a grid of intervals.

    Raises
    ------
    InputError
        When nothing can be told of any service.
    """
    demands = expected_demands(scenario.topology)
    cpu, visits, memory, hourly = {}, {}, {}, {}
    zone = ZoneInfo(scenario.file.time_zone)
    for service in scenario.topology.services:
        routes = demands.routes_of(service)
        priors = {route: demands.cpu_s.get((route, service), 0.0) for route in routes}
        fitted = fit_by_route(grid, service, "cpu_core_s", priors, seed=options.seed)
        cpu[service] = _with_coverage(fitted, options.least_coverage)
        calls = {route: demands.visits[route, service] for route in routes}
        visits[service] = fit_by_route(grid, service, "requests", calls, seed=options.seed)
        memory[service] = fit_memory(grid, service, seed=options.seed)
        if options.hourly and not cpu[service].problem:
            hourly[service] = find_hourly_bias(grid, service, priors, zone, seed=options.seed)
    if all(fitted.problem for fitted in cpu.values()):
        raise InputError(
            [
                Problem(
                    fitted.problem,
                    field=service,
                    hint="measure for longer, or at shorter intervals",
                    rule="nothing-to-tell",
                )
                for service, fitted in cpu.items()
            ]
        )
    usable = {service: fitted for service, fitted in cpu.items() if not fitted.problem}
    dispersion = find_dispersion(grid, _spread_s(scenario), seed=options.seed)
    return Estimates(grid, demands, cpu, visits, memory, dispersion, hourly, find_factors(usable, demands))


def build_calibration(
    estimates: Estimates,
    measured: Measurements,
    scenario: Scenario,
    options: CalibrationOptions,
    *,
    tell: Callable[[str], None] | None = None,
) -> Calibration:
    """Return the calibration that estimates come to."""
    provenance = measured.provenance
    grid = estimates.grid
    start, end = grid.times[0], grid.times[-1] + pd.Timedelta(grid.interval_s, "s")
    words = f"{provenance.source}, {start:%Y-%m-%dT%H:%MZ} to {end:%Y-%m-%dT%H:%MZ} at {grid.interval_s:g} s"
    source: dict[str, Any] = {
        "measurements": provenance.source,
        "start_utc": _text(start.to_pydatetime()),
        "end_utc": _text(end.to_pydatetime()),
        "interval_s": grid.interval_s,
        "intervals": len(grid.times),
        "scenario": scenario.name,
    }
    topology = new_topology(estimates, scenario, words)
    size = estimates.dispersion.mean_size
    spread = estimates.dispersion.spread_s
    arrivals = None
    if size is not None and spread is not None:
        arrivals = ClusteredArrivals(mean_size=round(size[0], 3), spread=f"{round(spread[0] * 1000)}ms")  # type: ignore[arg-type]
    process = arrivals or scenario.file.traffic.arrivals
    tables = build_tables(estimates)
    topology, tables["variability"] = fit_variability(
        grid, scenario, topology, process, seed=options.seed, wanted=options.variability, tell=tell
    )
    header = (
        f"# Calibrated by fvcap from {words}.\n"
        "# Numbers with `basis: measured` carry their 95 % interval in `source`; all others are as they were.\n"
    )
    return Calibration(
        topology=topology,
        arrivals=arrivals,
        tables=tables,
        findings=calibration_findings(estimates),
        source=source,
        traffic=_traffic(grid, process),
        header=header,
    )


def new_topology(estimates: Estimates, scenario: Scenario, words: str) -> Topology:
    """Return the scenario's topology with the measured numbers."""
    cpu = estimates.cpu

    def told(service: str, routes: tuple[str, ...]) -> str:
        fitted = cpu.get(service)
        if fitted is None or fitted.problem:
            return ""
        known = [item for item in fitted.coefficients if item.route in routes and item.basis == "measured"]
        shown = [
            f"{item.route} {1e3 * item.estimate:.4g} ms (95 %: {1e3 * item.low:.4g} to {1e3 * item.high:.4g})"
            for item in known
        ]
        more = f" and {len(shown) - 3} more routes" if len(shown) > 3 else ""
        return f"{words}; at {service}: {', '.join(shown[:3])}{more}" if shown else ""

    topology = rewrite_topology(scenario.topology, estimates.demands, estimates.factors, told)
    topology = with_background(topology, scenario, cpu, words)
    return with_memory(topology, estimates.memory, words)


def _traffic(grid: Grid, arrivals: Arrivals) -> pd.DataFrame:
    """Return the measured traffic by the minute without the chance that ``arrivals`` add."""
    step = pd.Timedelta(max(RATE_S, grid.interval_s), "s")
    counts = counts_by_minute(grid, grid.times[0].ceil(step), grid.times[-1] + pd.Timedelta(grid.interval_s, "s"))
    smooth = rates_without_noise(counts.to_numpy(np.float64), index_of(arrivals, step.total_seconds()))
    table = pd.DataFrame(smooth.round(3), index=counts.index.rename("time_utc"), columns=counts.columns)
    long = table.melt(ignore_index=False, var_name="route", value_name="requests").reset_index()
    return conform(TRAFFIC, long.assign(failed=np.nan))


def _with_coverage(fitted: RouteFit, least: float) -> RouteFit:
    """Return the fit, or one that says that too little of the time was measured."""
    if fitted.problem or fitted.rows.coverage >= least:
        return fitted
    from dataclasses import replace

    message = f"{fitted.rows.coverage:.0%} of the intervals were measured whole, at least {least:.0%} are asked for"
    return replace(fitted, problem=message, coefficients=())


def _spread_s(scenario: Scenario) -> float:
    arrivals = scenario.file.traffic.arrivals
    return (arrivals if isinstance(arrivals, ClusteredArrivals) else ClusteredArrivals()).spread / 1e9


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
