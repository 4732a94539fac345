"""What a user may write with the library; ``mypy --strict`` reads it in a test, and nobody runs it."""

from __future__ import annotations

from pathlib import Path

import matplotlib.figure
import pandas as pd

import fvcapacity as fv


def evening(path: Path) -> fv.Scenario:
    """Return ten minutes of a scenario."""
    try:
        return fv.load_scenario(path, overrides={"window.duration": "10m"})
    except fv.ScenarioError as error:
        for problem in error.problems:
            print(problem.location, problem.message)
        raise


def figures(result: fv.Result, directory: Path) -> list[matplotlib.figure.Figure]:
    """Draw every figure by its name, and keep the overview."""
    result.plot().savefig(directory / "overview.png")
    return [result.plot(name) for name in result.plot.names]


def slow_routes(result: fv.Result) -> pd.DataFrame:
    """Return the slowest routes."""
    routes: pd.DataFrame = result.tables["routes"]
    return routes.sort_values("p95_s", ascending=False).head()


def ask(scenario: fv.Scenario) -> pd.DataFrame:
    """Ask closed forms."""
    model: fv.WhatIf = fv.what_if(scenario)
    answer: fv.WhatIfAnswer = model.ask(1.5, {"deployment/auth-service.limits.cpu": "500m"})
    return answer.services


def main() -> int:
    """Simulate, compare, bill, and look ahead."""
    scenario = evening(Path("scenarios/valentines.yaml"))
    result = fv.simulate(scenario, replications=2)
    print(result.status, slow_routes(result), figures(result, Path()), ask(scenario))
    candidate = scenario.with_values({"deployment/auth-service.limits.cpu": None})
    comparison: fv.Comparison = fv.compare(scenario, candidate, replications=5)
    print(comparison.status, comparison.pairs["difference"].mean())
    cost: fv.Cost = fv.cost_of(result, by="team")
    forecast: fv.Forecast = fv.forecast(scenario, "2026Q2", fv.ForecastOptions(replays=False))
    review: fv.QuarterReview = fv.review_quarter([result], "2026Q1", forecast=forecast.summary)
    print(cost.rows, fv.write_review(review, Path("review"), "es"))
    found: fv.Headroom = fv.headroom(scenario, replications=2)
    answer: fv.Answer = fv.recommend_with_evidence(scenario)
    print(found.stages[0].multiple.mean, answer.verdict, answer.plot.names)
    fv.load_result(result.save("results/evening"))
    return 0 if result.complete else 1
