"""How often intervals hold: on histories that the model is true of, and on real counts. Run by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from fvcapacity.inputs.traffic_history import load_traffic_history
from fvcapacity.review.back_cast import back_cast
from fvcapacity.review.season import fit_season, scattered
from fvcapacity.scenario.special_days import SpecialDay
from fvcapacity.scenario.weekly import DailyScatter

pytestmark = pytest.mark.long

FIRST = date(2023, 1, 2)
COUNTS = Path("../shared/data/traffic/nasa_http_1995_per_minute.csv.gz")
LAUNCH = (SpecialDay(name="launch", rule="FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=13"),)


def made(days: int, seed: int, growth: float = 0.2, season: float = 0.3) -> np.ndarray:
    at = np.arange(days)
    scatter = DailyScatter(day_log_sd=0.06, carried_over=0.5, walk_log_sd=0.005)
    log = np.log(np.array([1.2, 1.2, 1.25, 1.2, 1.1, 0.6, 0.45])[at % 7] * 10_000)
    log += np.log1p(growth) * at / 365.2425 + season * np.cos(2 * np.pi * at / 365.2425)
    return np.exp(log + scattered(scatter, 1, days, np.random.default_rng(seed))[0])


def test_a_quarter_ahead_of_a_history_that_the_model_is_true_of() -> None:
    """Of 30 histories of two years the next 91 days: nominal 80 % and 95 %, within what 30 of them can tell."""
    inside = {0.8: [0, 0], 0.95: [0, 0]}
    growths = []
    for seed in range(30):
        daily = made(730 + 91, seed)
        season = fit_season(FIRST, daily[:730], ())
        growths.append(season.growth_per_year)
        draws, real = season.draw(91, (), 1000, np.random.default_rng(seed)), daily[730:]
        for share, counts in inside.items():
            low, high = np.quantile(draws, [0.5 - share / 2, 0.5 + share / 2], axis=0)
            counts[0] += int(((real >= low) & (real <= high)).sum())
            ends = np.quantile(draws.sum(axis=1), [0.5 - share / 2, 0.5 + share / 2])
            counts[1] += int(ends[0] <= real.sum() <= ends[1])
    coverage = {share: (days / (30 * 91), sums / 30) for share, (days, sums) in inside.items()}
    print(f"coverage by day and by sum: {coverage}; growth {np.mean(growths):.3f} ± {np.std(growths):.3f} (0.200)")
    assert 0.68 < coverage[0.8][0] < 0.92
    assert coverage[0.95][0] > 0.87
    assert coverage[0.95][1] > 0.8
    assert abs(np.mean(growths) - 0.2) < 0.08


@pytest.mark.skipif(not COUNTS.exists(), reason="needs ../shared/data/traffic")
@pytest.mark.parametrize(("horizon", "least"), [(7, 28), (14, 28), (21, 21)])
def test_real_counts(horizon: int, least: int) -> None:
    history = load_traffic_history(COUNTS, ZoneInfo("America/New_York"))
    found = back_cast(history, LAUNCH, horizon=horizon, least=least, step=1)
    assert found is not None
    shares = {share: (found.day_coverage(share), found.total_coverage(share)) for share in (0.8, 0.95)}
    print(f"{horizon} days ahead, {len(found.folds)} forecasts, {found.days} days: {shares}, "
          f"error of a day {found.day_error:.3f}, of a sum {found.total_error:.3f}")  # fmt: skip
    assert found.day_coverage(0.95) >= 0.95
    assert found.total_error < 0.1


@pytest.mark.skipif(not COUNTS.exists(), reason="needs ../shared/data/traffic")
def test_the_scatter_that_goes_with_the_weeks_shape() -> None:
    """``daily_scatter`` of data/traffic/weekly-shape.yaml is what these counts say."""
    from fvcapacity.review.special_days import occurrences

    history = load_traffic_history(COUNTS, ZoneInfo("America/New_York"))
    days = occurrences(LAUNCH, history.first, history.first + timedelta(days=len(history.daily)))
    scatter = fit_season(history.first, history.daily, days).scatter
    assert scatter.day_log_sd == pytest.approx(0.077, abs=0.001)
    assert scatter.carried_over == pytest.approx(0.61, abs=0.01)
    assert scatter.walk_log_sd == pytest.approx(0.048, abs=0.001)
