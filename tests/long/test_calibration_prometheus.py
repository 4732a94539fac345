"""The closed loop through a real Prometheus: simulate, export, backfill, pull, calibrate.

By hand: NUMBA_BOUNDSCHECK=0 python -m pytest tests/long/test_calibration_prometheus.py -m long -s
"""

from __future__ import annotations

import os
import shutil
from datetime import datetime

import pytest

import fvcapacity as fv
from fvcapacity.inputs.measurements import load_measurements
from fvcapacity.inputs.prometheus.pull import pull
from fvcapacity.report.openmetrics.serving import served
from fvcapacity.scenario.demands import expected_demands
from fvcapacity.study.calibrate import CalibrationOptions, calibrate
from tests.long.calibration_loop import SCENARIO

WINDOW = {"window.start": "2026-03-02T09:00:00", "window.duration": "6h", "monitoring.interval": "15s"}


def _require_prometheus() -> None:
    if shutil.which("prometheus") and shutil.which("promtool"):
        return
    reason = "prometheus and promtool are not installed: apt-get install prometheus"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.mark.long
def test_demands_come_back_through_a_real_prometheus(tmp_path):
    _require_prometheus()
    scenario = fv.load_scenario(SCENARIO, overrides=WINDOW)
    result = fv.simulate(scenario)
    start = datetime.fromisoformat(result.summary["scenario"]["start_utc"].replace("Z", "+00:00"))
    with served(result, tmp_path / "data") as simulated:
        pull(
            simulated.server.url,
            start=start,
            end=start + (datetime.fromisoformat("2026-03-02T15:00") - datetime.fromisoformat("2026-03-02T09:00")),
            step_s=15,
            out=tmp_path / "measured",
        )
    found = calibrate(load_measurements(tmp_path / "measured"), scenario, CalibrationOptions(variability=False))
    truth = expected_demands(scenario.topology).cpu_s
    table = found.tables["demands"]
    true = [1e3 * truth[route, service] for route, service in zip(table["route"], table["service"], strict=True)]
    table = table.assign(true=true, error=table["cpu_ms"] / true - 1)
    table["covered"] = (table["cpu_ms_low"] <= table["true"]) & (table["true"] <= table["cpu_ms_high"])
    print("\n" + table[["service", "route", "true", "cpu_ms", "cpu_ms_low", "cpu_ms_high", "share"]].to_string())
    print(f"{len(table)} coefficients, {table['covered'].mean():.1%} covered")
    for line in found.findings:
        print(line)
    heavy = table[table["share"] >= 0.2]
    assert len(heavy) >= 5
    assert heavy["error"].abs().max() < 0.08  # six hours; a week is what 5 % is asked of
    assert table["covered"].mean() > 0.85
