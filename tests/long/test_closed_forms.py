"""Closed forms against the fast plane on the documented system: half an hour of the peak, and a quiet hour.

By hand: NUMBA_BOUNDSCHECK=0 python -m pytest tests/long/test_closed_forms.py -m long -s
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

import fvcapacity as fv
from fvcapacity.analytic import analyse
from fvcapacity.scenario.instants import epoch_ns

MINUTE_NS = 60 * 10**9


def stretch(start: str, minutes: int) -> fv.Scenario:
    scenario = fv.load_scenario("scenarios/valentines.yaml")
    begin = datetime.fromisoformat(start)
    window = scenario.file.window.model_copy(update={"start": begin, "duration": minutes * MINUTE_NS})
    file = scenario.file.model_copy(update={"window": window, "replications": 1, "backups": ()})
    return replace(scenario, file=file, start_ns=epoch_ns(begin, ZoneInfo(file.time_zone)))


@pytest.mark.long
@pytest.mark.parametrize(("start", "minutes"), [("2026-02-14T19:00:00", 30), ("2026-02-13T04:00:00", 60)])
def test_the_documented_system(start: str, minutes: int) -> None:
    scenario = stretch(start, minutes)
    found, result = analyse(scenario), fv.simulate(scenario)
    services, routes = (result.tables[name].set_index(name[:-1]) for name in ("services", "routes"))
    ready = result.tables["workload_minutes"].groupby("workload")["ready"].mean()
    print(f"\n{start}, {minutes} minutes, {int(routes.loc['all'].requests)} requests")
    for i, name in enumerate(found.services):
        row = services.loc[name]
        cores, pods = row.cpu_core_s / (60 * minutes), ready[row.workload]
        throttled = row.throttled_periods / (600 * minutes * pods)
        print(
            f"{name:26} CPU {cores:.4f} {found.cpu_cores[:, i].mean() / cores - 1:+.1%} pods {pods:.1f} "
            f"{found.replicas[:, i].mean():.1f} throttled {throttled:.3f} {found.throttled_ratio[:, i].max():.3f}"
        )
        if row.visits / (60 * minutes) > 2 and abs(found.replicas[:, i].mean() - pods) < 0.1:
            assert found.cpu_cores[:, i].mean() == pytest.approx(cores, rel=0.02)
        assert found.throttled_ratio[:, i].max() == pytest.approx(throttled, abs=0.1)
    for i, name in enumerate(found.routes):
        p95 = routes.loc[name].p95_s
        print(f"{name:26} p95 {p95:.4f} {found.route_p95_s[:, i].max():.4f}")
        assert p95 / 4 < found.route_p95_s[:, i].max() < p95 * 4
