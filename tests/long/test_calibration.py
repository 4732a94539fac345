"""How near a calibration comes to the truth, on a week of the shop and on real arrivals.

By hand: NUMBA_BOUNDSCHECK=0 python -m pytest tests/long/test_calibration.py -m long -s
"""

from __future__ import annotations

import numpy as np
import pytest

import fvcapacity as fv
from fvcapacity.results.measured import measurements_of
from fvcapacity.study.calibrate import CalibrationOptions, calibrate
from tests.long import calibration_loop, nasa_arrivals
from tests.support.shops import TOPOLOGY, write_shop

VARIANTS = 4


@pytest.fixture(scope="module")
def loop(tmp_path_factory):
    found = calibration_loop.close(calibration_loop.load(), range(VARIANTS), tmp_path_factory.mktemp("loop"))
    print("\n" + found.text())
    return found


@pytest.mark.long
def test_intervals_hold_the_truth_of_200_coefficients(loop):
    assert len(loop.table) >= 200
    assert 0.90 <= loop.coverage <= 0.99


@pytest.mark.long
def test_estimates_are_within_5_and_10_percent(loop):
    assert loop.worst(0.20) < 0.05
    assert loop.worst(0.05, 0.20) < 0.10


@pytest.mark.long
def test_memory_and_burstiness_come_back(loop):
    for found in loop.calibrations:
        size = found.arrivals.mean_size
        assert size == pytest.approx(1.6, rel=0.1)
        memory = found.tables["memory"].set_index("service")
        assert memory.loc["api-gateway", "base_mib"] == pytest.approx(56, rel=0.02)
        assert memory.loc["product-service", "per_open_request_kib"] == pytest.approx(256, rel=0.1)


@pytest.mark.long
def test_rebuilt_arrivals_queue_as_the_true_ones_did():
    if not nasa_arrivals.FILE.exists():
        pytest.skip("the real traffic of ../shared/data/traffic is not here")
    table, found = nasa_arrivals.errors()
    print("\n" + nasa_arrivals.text(table))
    assert found.mean_size is not None
    for words in ("(1.6, 3 s), rates without noise", "calibrated"):
        part = table[table["model"].str.contains(words, regex=False)]
        assert part["p95"].abs().mean() < 0.10, words
        assert part["p99"].abs().mean() < 0.10, words
    poisson = table[table["model"] == "Poisson, counts by the minute as rates"]
    assert poisson["p95"].abs().mean() > np.abs(part["p95"]).mean()  # the clusters are worth it


@pytest.mark.long
@pytest.mark.parametrize("cv", [0.2, 0.5, 1.4])
def test_the_variability_of_demands_is_found_in_the_latency(tmp_path, cv):
    true = TOPOLOGY.replace("mean_ms: 20", f"mean_ms: 20, cv: {cv}").replace("mean_ms: 40", f"mean_ms: 40, cv: {cv}")
    overrides = {"window.duration": "2h", "monitoring.interval": "15s", "plane": "fast"}
    shop = fv.load_scenario(write_shop(tmp_path, topology=true, counts=_waves()), overrides=overrides)
    measured = measurements_of(fv.simulate(shop), shop)
    (tmp_path / "topology.yaml").write_text(TOPOLOGY)  # which says 0.5
    thought = fv.load_scenario(tmp_path / "scenario.yaml", overrides=overrides)
    row = calibrate(measured, thought, CalibrationOptions(seed=3)).tables["variability"].iloc[0]
    print(
        f"\ncv {cv}: fitted {0.5 * row['multiplier']:.2f}, gap {row['distance_before']:.3f} to {row['distance_after']:.3f}"
    )
    assert 0.5 * row["multiplier"] == pytest.approx(cv, rel=0.35)
    assert row["distance_after"] <= row["distance_before"]
    assert row["distance_after"] < 0.05


def _waves() -> str:
    rows = [
        f"2026-02-14T{h:02d}:{m:02d}:00,{90 + 40 * ((h * 60 + m) // 7 % 3)}" for h in range(17, 21) for m in range(60)
    ]
    return "\n".join(["timestamp,requests", *rows]) + "\n"
