"""The closed loop: the shop with drawn demands, simulated for a week, measured, calibrated, held against the truth.

    python -m tests.long.calibration_loop DIRECTORY [VARIANTS]

writes what each variant measured to the directory (and takes up what is there), and prints the table of
docs/explanation/calibration.md. A week at 15 s takes some minutes a variant.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import fvcapacity as fv
from fvcapacity.inputs.measurements import load_measurements
from fvcapacity.results.measured import measurements_of
from fvcapacity.scenario.demands import expected_demands
from fvcapacity.scenario.model import Scenario
from fvcapacity.study.calibrate import Calibration, CalibrationOptions, calibrate
from fvcapacity.study.calibrate.factors import Factors
from fvcapacity.study.calibrate.rewrite import rewrite_topology

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "ordinary-week.yaml"
SMALLEST, LARGEST = 0.6, 1.25
"""Drawn demands per documented ones; more, and the documented limits would not hold the week."""


def load(duration: str = "7d", interval: str = "15s") -> Scenario:
    """Return the shop's ordinary week, written down at an interval."""
    return fv.load_scenario(SCENARIO, overrides={"window.duration": duration, "monitoring.interval": interval})


def drawn(scenario: Scenario, variant: int) -> Scenario:
    """Return the scenario with demands drawn anew for every program at every service (variant 0: as they are)."""
    if variant == 0:
        return scenario
    rng = np.random.default_rng(variant)
    demands = expected_demands(scenario.topology)
    parts = sorted({part for _, part in demands.parts_s})
    factors = Factors(parts={part: float(rng.uniform(SMALLEST, LARGEST)) for part in parts})
    topology = rewrite_topology(scenario.topology, demands, factors, lambda service, routes: "")
    file = scenario.file.model_copy(update={"seed": scenario.file.seed + variant})
    return replace(scenario, topology=topology, file=file)


def measure(scenario: Scenario, variant: int, directory: Path):
    """Return what was measured of a variant: simulated now, or what stands in the directory."""
    target = directory / f"variant-{variant}"
    if not (target / "measurements.json").exists():
        true = drawn(scenario, variant)
        measurements_of(fv.simulate(true), true).save(target)
    return load_measurements(target)


@dataclass
class Loop:
    """What came back of known demands."""

    table: pd.DataFrame
    calibrations: list[Calibration]

    @property
    def coverage(self) -> float:
        return float(self.table["covered"].mean())

    def worst(self, low: float, high: float = np.inf) -> float:
        rows = self.table[(self.table["share"] >= low) & (self.table["share"] < high)]
        return float(rows["error"].abs().max())

    def text(self) -> str:
        bands = [(0.20, np.inf), (0.05, 0.20), (0.01, 0.05), (0.0, 0.01)]
        lines = [f"{len(self.table)} coefficients, {self.coverage:.1%} of the 95 % intervals hold the truth"]
        lines += [
            "| share of the service's CPU by requests | coefficients | covered | median error | largest error |",
            "|---|---|---|---|---|",
        ]
        for low, high in bands:
            rows = self.table[(self.table["share"] >= low) & (self.table["share"] < high)]
            lines.append(
                f"| {low:.0%} to {min(high, 1):.0%} | {len(rows)} | {rows['covered'].mean():.1%} | "
                f"{rows['error'].abs().median():.2%} | {rows['error'].abs().max():.2%} |"
            )
        return "\n".join(lines)


def close(scenario: Scenario, variants: range, directory: Path) -> Loop:
    """Calibrate every variant from the documented topology, and hold the demands against the drawn ones."""
    rows, calibrations = [], []
    for variant in variants:
        found = calibrate(measure(scenario, variant, directory), scenario, CalibrationOptions(variability=False))
        calibrations.append(found)
        truth = expected_demands(drawn(scenario, variant).topology).cpu_s
        table = found.tables["demands"]
        served = table["share"].groupby(table["service"]).transform("sum")
        for row, by_requests in zip(table.to_dict("records"), served, strict=True):
            true = 1e3 * truth[row["route"], row["service"]]
            rows.append(
                {
                    "variant": variant,
                    "service": row["service"],
                    "route": row["route"],
                    "true_ms": true,
                    "cpu_ms": row["cpu_ms"],
                    "share": row["share"] / by_requests,
                    "covered": row["cpu_ms_low"] <= true <= row["cpu_ms_high"],
                    "error": row["cpu_ms"] / true - 1,
                }
            )
    return Loop(pd.DataFrame(rows), calibrations)


if __name__ == "__main__":
    loop = close(load(), range(int(sys.argv[2]) if len(sys.argv) > 2 else 4), Path(sys.argv[1]))
    loop.table.to_csv(Path(sys.argv[1]) / "loop.csv", index=False)
    print(loop.text())
