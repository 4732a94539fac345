"""The closed loop through a real Prometheus: simulate, export, backfill, pull, calibrate.

By hand, for a week (the text of the export takes about 10 GB of temporary files):
NUMBA_BOUNDSCHECK=0 python -m tests.long.prometheus_loop 168
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

import fvcapacity as fv
from fvcapacity.inputs.measurements import Measurements, load_measurements
from fvcapacity.inputs.prometheus.pull import pull
from fvcapacity.report.openmetrics.serving import served
from fvcapacity.results.measured import measurements_of
from fvcapacity.scenario.demands import expected_demands
from fvcapacity.scenario.serving import serving_workload
from fvcapacity.study.calibrate import CalibrationOptions, calibrate
from tests.long.calibration_loop import SCENARIO

START = "2026-03-02T09:00:00"


def through_prometheus(hours: int, work: Path) -> tuple[fv.Scenario, Measurements, Measurements]:
    """Return the shop's scenario, and its measurements as a real Prometheus gave them and as the result has them."""
    window = {"window.start": START, "window.duration": f"{hours}h", "monitoring.interval": "15s"}
    scenario = fv.load_scenario(SCENARIO, overrides=window)
    with _told("simulate"):
        result = fv.simulate(scenario)
    start = datetime.fromisoformat(result.summary["scenario"]["start_utc"].replace("Z", "+00:00"))
    clock = _told("export and backfill")
    clock.__enter__()
    with served(result, work / "data") as simulated:
        clock.__exit__()
        with _told("pull"):
            end = start + timedelta(hours=hours)
            pull(simulated.server.url, start=start, end=end, step_s=15, out=work / "measured")
    return scenario, load_measurements(work / "measured"), measurements_of(result, scenario)


def scored(scenario: fv.Scenario, measured: Measurements) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the coefficients beside the truth, and what the calibration found."""
    with _told("calibrate"):
        found = calibrate(measured, scenario, CalibrationOptions(variability=False))
    truth = expected_demands(scenario.topology).cpu_s
    table = found.tables["demands"]
    true = [1e3 * truth[route, service] for route, service in zip(table["route"], table["service"], strict=True)]
    table = table.assign(true=true, error=table["cpu_ms"] / true - 1)
    table["covered"] = (table["cpu_ms_low"] <= table["true"]) & (table["true"] <= table["cpu_ms_high"])
    return table, tuple(str(line) for line in found.findings)


def lost(scenario: fv.Scenario, pulled: Measurements, direct: Measurements) -> dict[str, float]:
    """Return how far the sums that went through Prometheus are from those of the result, as ratios less 1.

    CPU is that of services whose pods have one container: Prometheus knows of exporters beside a database, and of
    workloads that serve no request, and a result counts what serves.
    """
    alone = {
        name
        for name in direct.usage["service"].unique()
        if (workload := serving_workload(scenario.cluster, name)) is not None
        and sum(container.kind != "init" for container in workload.template.containers) == 1
    }
    tables = [m.usage[(m.usage["measure"] == "cpu_core_s") & m.usage["service"].isin(alone)] for m in (pulled, direct)]
    cpu = [table["value"].sum() for table in tables]
    requests = [m.traffic["requests"].sum() for m in (pulled, direct)]
    return {"requests": requests[0] / requests[1] - 1, "cpu_core_s": cpu[0] / cpu[1] - 1}


class _told:  # noqa: N801  # a block with a name, as in a sentence
    def __init__(self, words: str) -> None:
        self.words = words

    def __enter__(self) -> None:
        self.began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        print(f"{self.words}: {time.perf_counter() - self.began:.1f} s", flush=True)


def main(hours: int) -> None:
    """Print the whole loop."""
    with tempfile.TemporaryDirectory(prefix="fvcap-loop-") as work:
        scenario, pulled, direct = through_prometheus(hours, Path(work))
        print("lost on the way:", {name: f"{ratio:+.2e}" for name, ratio in lost(scenario, pulled, direct).items()})
        table, findings = scored(scenario, pulled)
    print(table[["service", "route", "true", "cpu_ms", "cpu_ms_low", "cpu_ms_high", "share"]].to_string())
    for name, least in (("20 % or more", 0.2), ("5 % or more", 0.05)):
        worst = table.loc[table["share"] >= least, "error"].abs().max()
        print(f"largest error of routes with {name} of their service's CPU: {worst:.1%}")
    print(f"{len(table)} coefficients, {table['covered'].mean():.1%} covered")
    print("\n".join(findings))


if __name__ == "__main__":
    main(int(sys.argv[1]))
