"""From measurements to a topology: known demands come back, and what is wrong is said."""

import numpy as np
import pytest

import fvcapacity as fv
from fvcapacity.errors import InputError
from fvcapacity.inputs.measurements import load_measurements
from fvcapacity.study.calibrate import CalibrationOptions, calibrate
from tests.unit.study.calibrate.synthetic import BACKGROUND, BASE, DEMANDS_S, EACH, Made, scenario


def _demands(calibration):
    table = calibration.tables["demands"]
    return {row["route"]: row for row in table.to_dict("records")}


def _rules(calibration):
    return [item.rule for item in calibration.findings]


def test_known_demands_come_back_with_intervals_that_hold_them(tmp_path):
    found = calibrate(Made().measurements(), scenario(tmp_path))
    rows = _demands(found)
    for route, demand in DEMANDS_S.items():
        assert rows[route]["cpu_ms"] == pytest.approx(1e3 * demand, rel=0.02)
        assert rows[route]["cpu_ms_low"] < 1e3 * demand < rows[route]["cpu_ms_high"]
    quality = found.tables["quality"].iloc[0]
    assert quality["verdict"] == "good"
    assert quality["background_millicores_low"] < 1e3 * BACKGROUND < quality["background_millicores_high"]


def test_memory_is_split_into_base_and_open_requests(tmp_path):
    row = calibrate(Made().measurements(), scenario(tmp_path)).tables["memory"].iloc[0]
    assert row["base_mib"] == pytest.approx(BASE / 2**20, rel=0.01)
    assert row["per_open_request_kib_low"] < EACH / 1024 < row["per_open_request_kib_high"]
    assert row["open_from"] == "gauge"


def test_the_written_topology_loads_and_runs_at_once(tmp_path):
    shop = scenario(tmp_path)
    target = calibrate(Made().measurements(), shop).save(tmp_path / "calibrated")
    again = fv.load_scenario(
        tmp_path / "scenario.yaml", overrides={"topology": str(target / "topology.yaml"), "window.duration": "1m"}
    )
    steps = again.topology.services["shop"].operations["buy"].steps
    assert steps[0].cpu.mean_ms == pytest.approx(55, rel=0.02)
    assert steps[0].cpu.basis == "measured"
    assert "95 %" in steps[0].cpu.source
    assert again.topology.services["shop"].memory.base == pytest.approx(BASE, rel=0.01)
    result = fv.simulate(again)
    assert result.tables["routes"]["requests"].sum() > 0
    assert {path.name for path in (target / "plots").iterdir()} >= {"measured-predicted.svg", "residuals.png"}


def test_work_that_shows_in_the_next_interval_does_not_bias_the_demand(tmp_path):
    rows = _demands(calibrate(Made(carry=0.3).measurements(), scenario(tmp_path)))
    for route, demand in DEMANDS_S.items():
        assert rows[route]["cpu_ms"] == pytest.approx(1e3 * demand, rel=0.03)


def test_thirty_percent_missing_is_said_and_widens_the_intervals(tmp_path):
    whole, torn = Made(), Made()
    gone = np.random.default_rng(1).random(torn.intervals) < 0.3
    torn.usage["cpu_core_s"] = np.where(gone, np.nan, torn.usage["cpu_core_s"])
    shop = scenario(tmp_path)
    before, after = calibrate(whole.measurements(), shop), calibrate(torn.measurements(), shop)
    assert "missing-data" in _rules(after)
    assert after.tables["quality"]["coverage"].iloc[0] == pytest.approx(0.7, abs=0.03)
    width = [row["cpu_ms_high"] - row["cpu_ms_low"] for row in (_demands(before)["buy"], _demands(after)["buy"])]
    assert width[1] > 1.05 * width[0]
    assert _demands(after)["buy"]["cpu_ms"] == pytest.approx(55, rel=0.03)


def test_routes_that_move_together_are_given_as_a_sum(tmp_path):
    made = Made()
    made.counts["buy"] = made.counts["list"] / 3
    made.finish(np.random.default_rng(0))
    found = calibrate(made.measurements(), scenario(tmp_path))
    rows = _demands(found)
    assert {row["basis"] for row in rows.values()} == {"assumed"}
    assert rows["list"]["group"] == "buy"
    assert "routes-move-together" in _rules(found)
    assert rows["buy"]["cpu_ms"] / rows["list"]["cpu_ms"] == pytest.approx(2.0)  # the topology's split: 40 ms to 20 ms
    whole = 3 * rows["list"]["cpu_ms"] + rows["buy"]["cpu_ms"]
    assert whole == pytest.approx(1e3 * (3 * DEMANDS_S["list"] + DEMANDS_S["buy"]), rel=0.02)


def test_pods_that_come_and_go_are_a_regressor_and_their_starts_are_left_out(tmp_path):
    made = Made()
    made.usage["pods"] = 1.0 + (np.arange(made.intervals) // 240) % 3
    made.finish(np.random.default_rng(2))
    starts = np.flatnonzero(np.diff(made.usage["pods"]) > 0) + 1
    made.usage["cpu_core_s"][starts] += 0.9  # a start burns most of a second
    found = calibrate(made.measurements(), scenario(tmp_path))
    quality = found.tables["quality"].iloc[0]
    assert "pods changed" in quality["left_out"]
    assert quality["background_millicores"] == pytest.approx(1e3 * BACKGROUND, rel=0.3)
    assert _demands(found)["buy"]["cpu_ms"] == pytest.approx(55, rel=0.02)


def test_the_same_measurements_give_the_same_bytes(tmp_path):
    shop = scenario(tmp_path)
    first, second = (calibrate(Made().measurements(), shop) for _ in range(2))
    assert first.to_json() == second.to_json()
    assert first.topology_yaml() == second.topology_yaml()


def test_measurements_survive_the_disk(tmp_path):
    shop = scenario(tmp_path)
    back = load_measurements(Made().measurements().save(tmp_path / "measured"))
    assert _demands(calibrate(back, shop)) == _demands(calibrate(Made().measurements(), shop))


def _few(made):
    made.intervals = 40
    made.counts = {route: counts[:40] for route, counts in made.counts.items()}
    made.usage = {name: values[:40] for name, values in made.usage.items()}


def _constant(made):
    made.counts = {route: np.full(made.intervals, 20.0) for route in made.counts}
    made.finish(np.random.default_rng(0))


def _negative(made):
    made.counts["list"][5] = -3
    made.usage["cpu_core_s"][7] = -0.5


def _strange(made):
    made.counts["lsit"] = made.counts.pop("list")


def _no_cpu(made):
    del made.usage["cpu_core_s"]


@pytest.mark.parametrize(
    ("spoil", "service", "told"),
    [
        (_few, "shop", ["40 intervals", "better a week of 15 s"]),
        (_constant, "shop", ["the traffic is constant"]),
        (_negative, "shop", ["values of list are negative", "values of shop cpu_core_s are negative", "reset"]),
        (_strange, "shop", ["no route 'lsit'", "did you mean 'list'"]),
        (_no_cpu, "shop", ["no CPU was measured", "pull cpu_core_s"]),
        (lambda made: None, "shoop", ["no service 'shoop'", "did you mean 'shop'"]),
    ],
)
def test_bad_measurements_are_named_with_the_remedy(tmp_path, spoil, service, told):
    made = Made()
    spoil(made)
    with pytest.raises(InputError) as caught:
        calibrate(made.measurements(service), scenario(tmp_path))
    for words in told:
        assert words in str(caught.value)


def test_everything_wrong_is_told_at_once(tmp_path):
    made = Made()
    _negative(made)
    _strange(made)
    with pytest.raises(InputError) as caught:
        calibrate(made.measurements("shoop"), scenario(tmp_path))
    assert len(caught.value.problems) >= 4


def test_too_little_coverage_leaves_the_numbers_and_says_so(tmp_path):
    made = Made()
    made.usage["cpu_core_s"][: int(0.6 * made.intervals)] = np.nan
    shop = scenario(tmp_path)
    with pytest.raises(InputError, match="40% of the intervals were measured whole"):
        calibrate(made.measurements(), shop)
    found = calibrate(made.measurements(), shop, CalibrationOptions(least_coverage=0.3))
    assert found.tables["quality"]["verdict"].iloc[0] != "not calibrated"


def test_the_written_traffic_is_one_that_a_scenario_reads(tmp_path):
    target = calibrate(Made().measurements(), scenario(tmp_path)).save(tmp_path / "calibrated", plots=False)
    overrides = {"traffic.file": str(target / "traffic.csv.gz"), "window.start": "2026-03-02T05:00:00"}
    again = fv.load_scenario(tmp_path / "scenario.yaml", overrides=overrides)
    assert again.traffic.interval_ns == 60 * 10**9
    assert again.traffic.rps.sum(axis=1).mean() == pytest.approx(40 / 15, rel=0.6)
