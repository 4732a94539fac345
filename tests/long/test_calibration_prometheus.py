"""The closed loop through a real Prometheus, for six hours; `prometheus_loop` does it for a week.

By hand: NUMBA_BOUNDSCHECK=0 python -m pytest tests/long/test_calibration_prometheus.py -m long -s
"""

from __future__ import annotations

import pytest

from tests.long.prometheus_loop import lost, scored, through_prometheus
from tests.support.prometheus import needs_prometheus


@pytest.mark.long
@needs_prometheus
def test_demands_come_back_through_a_real_prometheus(tmp_path):
    scenario, pulled, direct = through_prometheus(6, tmp_path)
    assert all(abs(ratio) < 1e-3 for ratio in lost(scenario, pulled, direct).values())
    table, findings = scored(scenario, pulled)
    print("\n" + table[["service", "route", "true", "cpu_ms", "cpu_ms_low", "cpu_ms_high", "share"]].to_string())
    print(f"{len(table)} coefficients, {table['covered'].mean():.1%} covered")
    print("\n".join(findings))
    heavy = table[table["share"] >= 0.2]
    assert len(heavy) >= 5
    assert heavy["error"].abs().max() < 0.08  # six hours; a week is what 5 % is asked of
    assert table["covered"].mean() > 0.85
