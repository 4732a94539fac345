import numpy as np
import pandas as pd
import pytest

from fvcapacity.scenario.topology import Topology
from fvcapacity.study.calibrate.own_time import own_shares
from fvcapacity.study.calibrate.variability import _row
from fvcapacity.study.grid import Grid

TOPOLOGY = Topology.model_validate(
    {
        "services": {
            "gateway": {"operations": {"page": {"steps": [{"cpu": {"mean_ms": 2}}, {"call": "shop.list"}]}}},
            "busy": {"operations": {"page": {"steps": [{"cpu": {"mean_ms": 30}}, {"call": "shop.list"}]}}},
            "shop": {"operations": {"list": {"steps": [{"cpu": {"mean_ms": 20}}]}}},
        },
        "routes": {
            "page": {"path": "/", "steps": [{"call": "gateway.page"}]},
            "heavy": {"path": "/heavy", "steps": [{"call": "busy.page"}]},
        },
    }
)
EDGES = (0.02, 0.04, 0.08, float("inf"))


def _grid() -> Grid:
    times = pd.date_range("2026-02-14", periods=2, freq="15s", tz="UTC")
    requests = np.array([[10.0, 4.0], [np.nan, 4.0]])
    return Grid(times, 15.0, ("page", "heavy"), requests, requests * 0, {}, pd.DataFrame())


def test_who_calls_nobody_tells_of_its_own_work_and_who_waits_does_not():
    counts = {
        "gateway": np.array([0.0, 10.0, 0.0, 0.0]),  # all between 20 and 40 ms, of which 2 are its own
        "busy": np.array([0.0, 0.0, 8.0, 0.0]),  # all between 40 and 80 ms, of which 30 are its own
        "shop": np.array([0.0, 18.0, 0.0, 0.0]),
    }
    shares = own_shares(_grid(), TOPOLOGY, counts, EDGES)
    assert shares == {"gateway": pytest.approx(2 / 30), "busy": pytest.approx(30 / 60), "shop": 1.0}


@pytest.mark.parametrize(("own", "basis", "multiplier"), [(1.0, "measured", 0.5), (0.07, "assumed", 1.0)])
def test_the_variability_of_who_mostly_waits_stays_assumed(own: float, basis: str, multiplier: float):
    row = _row("gateway", {1.0: 0.2, 0.5: 0.05}, 0.01, 1000, own)
    assert (row["basis"], row["multiplier"]) == (basis, multiplier)
