"""A system that is simulated, measured, learnt from and predicted: the prediction must come near."""

import numpy as np
import pandas as pd
import pytest

import fvcapacity as fv
from fvcapacity.errors import InputError
from fvcapacity.plots.backtest import write_backtest_plots
from fvcapacity.results.measured import measurements_of
from fvcapacity.study.backtest import BacktestOptions, backtest
from fvcapacity.study.calibrate import CalibrationOptions
from tests.support.shops import TOPOLOGY, write_shop

TRUE = TOPOLOGY.replace("container: shop", "container: shop\n    memory: {base: 40Mi, per_open_request: 1Mi}")
WRONG = TRUE.replace("40Mi", "20Mi").replace("mean_ms: 20", "mean_ms: 12").replace("mean_ms: 40", "mean_ms: 90")
QUICK = CalibrationOptions(variability=False)
OVERRIDES = {"window.duration": "2h", "monitoring.interval": "15s", "window.warm_up": "5m", "plane": "fast"}


def _counts() -> str:
    rows = [
        f"2026-02-14T{h:02d}:{m:02d}:00,{90 + 40 * ((h * 60 + m) // 7 % 3)}" for h in range(17, 21) for m in range(60)
    ]
    return "\n".join(["timestamp,requests", *rows]) + "\n"


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """The shop as it is, measured for two hours; and the shop as its people think it is."""
    directory = tmp_path_factory.mktemp("shop")
    true = fv.load_scenario(write_shop(directory, counts=_counts(), topology=TRUE), overrides=OVERRIDES)
    measured = measurements_of(fv.simulate(true), true)
    (directory / "topology.yaml").write_text(WRONG)
    return measured, fv.load_scenario(directory / "scenario.yaml", overrides=OVERRIDES)


@pytest.fixture(scope="module")
def found(history):
    measured, thought = history
    return backtest(measured, thought, BacktestOptions(replications=2, calibration=QUICK))


def _score(found, subject, measure):
    table = found.scores
    return table[(table["subject"] == subject) & (table["measure"] == measure)].iloc[0]


def test_what_was_learnt_predicts_the_rest(found):
    cpu = _score(found, "service/shop", "cpu_cores")
    assert abs(cpu["bias"]) < 0.05  # with the numbers as they were thought to be: 26 %
    assert cpu["wape"] < 0.08
    assert cpu["bins"] == 8  # the last third of two hours, in bins of five minutes
    assert _score(found, "service/shop", "replicas")["wape"] == 0
    assert abs(_score(found, "service/shop", "memory_bytes")["bias"]) < 0.05
    assert abs(_score(found, "service/shop", "p95_s")["bias"]) < 0.15


def test_uncalibrated_numbers_would_have_been_far_off(history):
    _, thought = history
    before = {name: step.steps[0].cpu.mean_ms for name, step in thought.topology.services["shop"].operations.items()}
    assert before == {"list": 12, "buy": 90}


def test_the_directory_holds_tables_plots_and_the_calibration(found, tmp_path):
    target = found.save(tmp_path / "backtest", plots=False)
    series = pd.read_csv(target / "tables" / "series.csv")
    cpu = series[(series["subject"] == "service/shop") & (series["measure"] == "cpu_cores")]
    assert (cpu["low"] <= cpu["predicted"]).all()
    assert (cpu["predicted"] <= cpu["high"]).all()
    write_backtest_plots(found.series, "America/Santiago", tmp_path / "plots")
    names = {path.stem for path in (tmp_path / "plots").iterdir()}
    assert names == {"cpu", "memory", "replicas", "p95"}
    assert (target / "calibration" / "topology.yaml").exists()


def test_what_was_not_measured_is_not_compared_and_said(history):
    measured, thought = history
    usage = measured.usage[measured.usage["measure"] != "memory_bytes"]
    less = type(measured)(measured.provenance, measured.traffic, usage, measured.latency.iloc[:0])
    found = backtest(less, thought, BacktestOptions(replications=1, calibration=QUICK))
    assert _score(found, "service/shop", "memory_bytes")["bins"] == 0
    assert any("memory cannot be compared" in note for note in found.notes)
    assert any("p95 cannot be compared" in note for note in found.notes)
    assert np.isnan(_score(found, "service/shop", "cpu_cores")["inside"])  # one replication gives no band


@pytest.mark.parametrize(
    ("train", "test", "told"),
    [
        ("2026-02-14T18:00..2026-02-14T19:00", "2026-02-14T18:30..2026-02-14T20:00", "overlap"),
        ("2026-02-14T18:00..2026-02-14T18:05", None, "at least 60 are needed"),
        ("yesterday", None, "write it like"),
        ("2026-02-14T19:00..2026-02-14T18:00", None, "ends before it begins"),
    ],
)
def test_stretches_that_cannot_be_used_are_named(history, train, test, told):
    measured, thought = history
    with pytest.raises(InputError, match=told):
        backtest(measured, thought, BacktestOptions(train=train, test=test))
