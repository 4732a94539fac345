"""Capacity, autoscaling and cost modelling for Kubernetes, at the level of the single request.

::

    import fvcapacity as fv

    scenario = fv.load_scenario("scenarios/valentines.yaml")
    result = fv.simulate(scenario)
    print(result.summary["verdict"]["reason"])
    result.save("results/valentines")

Names are imported when they are first used (PEP 562), so that ``fvcap --help`` loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fvcapacity.release import __version__

if TYPE_CHECKING:
    from fvcapacity.cost.focus import check_focus, export_focus
    from fvcapacity.cost.reconcile import reconcile
    from fvcapacity.cost.statement import Cost, cost_of
    from fvcapacity.errors import (
        FvcapError,
        InputError,
        InvariantError,
        ManifestError,
        PlaneError,
        PriceError,
        ScenarioError,
        SourceError,
        TopologyError,
        TrafficError,
    )
    from fvcapacity.inputs import load_scenario
    from fvcapacity.inputs.access_log import LogOptions, read_access_logs
    from fvcapacity.inputs.measurements import Measurements, load_measurements
    from fvcapacity.inputs.prometheus.pull import pull
    from fvcapacity.inputs.rates import load_rates
    from fvcapacity.inputs.sides import load_sides
    from fvcapacity.interactive.answer import WhatIfAnswer
    from fvcapacity.interactive.model import WhatIf, what_if
    from fvcapacity.recommend.answer import Answer, recommend_with_evidence
    from fvcapacity.report.alerts import check_alerts
    from fvcapacity.report.difference import difference_of
    from fvcapacity.report.gate import gate_change
    from fvcapacity.report.handover import write_recommendation
    from fvcapacity.report.openmetrics.export import export_openmetrics
    from fvcapacity.report.overlay import Proposal, verify_overlay, write_overlay
    from fvcapacity.report.planned_days import write_plan
    from fvcapacity.report.review import write_review
    from fvcapacity.results.measured import measurements_of
    from fvcapacity.results.result import Result, load_result
    from fvcapacity.review.forecast import Forecast, ForecastOptions, forecast, forecast_traffic
    from fvcapacity.review.quarter import QuarterReview, review_quarter
    from fvcapacity.run import simulate
    from fvcapacity.scenario.model import Scenario
    from fvcapacity.study.backtest import Backtest, backtest
    from fvcapacity.study.calibrate import Calibration, calibrate
    from fvcapacity.study.compare import compare
    from fvcapacity.study.comparison import Comparison
    from fvcapacity.study.headroom import Headroom, headroom
    from fvcapacity.study.planning import plan_days
    from fvcapacity.study.sweep import Sweep, sweep

__all__ = [
    "Answer",
    "Backtest",
    "Calibration",
    "Comparison",
    "Cost",
    "Forecast",
    "ForecastOptions",
    "FvcapError",
    "Headroom",
    "InputError",
    "InvariantError",
    "LogOptions",
    "ManifestError",
    "Measurements",
    "PlaneError",
    "PriceError",
    "Proposal",
    "QuarterReview",
    "Result",
    "Scenario",
    "ScenarioError",
    "SourceError",
    "Sweep",
    "TopologyError",
    "TrafficError",
    "WhatIf",
    "WhatIfAnswer",
    "__version__",
    "backtest",
    "calibrate",
    "check_alerts",
    "check_focus",
    "compare",
    "cost_of",
    "difference_of",
    "export_focus",
    "export_openmetrics",
    "forecast",
    "forecast_traffic",
    "gate_change",
    "headroom",
    "load_measurements",
    "load_rates",
    "load_result",
    "load_scenario",
    "load_sides",
    "measurements_of",
    "plan_days",
    "pull",
    "read_access_logs",
    "recommend_with_evidence",
    "reconcile",
    "review_quarter",
    "simulate",
    "sweep",
    "verify_overlay",
    "what_if",
    "write_overlay",
    "write_plan",
    "write_recommendation",
    "write_review",
]

_HOMES = {
    "Answer": "fvcapacity.recommend.answer",
    "Backtest": "fvcapacity.study.backtest",
    "Calibration": "fvcapacity.study.calibrate",
    "Comparison": "fvcapacity.study.comparison",
    "Cost": "fvcapacity.cost.statement",
    "Forecast": "fvcapacity.review.forecast",
    "ForecastOptions": "fvcapacity.review.forecast",
    "Headroom": "fvcapacity.study.headroom",
    "LogOptions": "fvcapacity.inputs.access_log",
    "Measurements": "fvcapacity.inputs.measurements",
    "Proposal": "fvcapacity.report.overlay",
    "QuarterReview": "fvcapacity.review.quarter",
    "Result": "fvcapacity.results.result",
    "Scenario": "fvcapacity.scenario.model",
    "Sweep": "fvcapacity.study.sweep",
    "WhatIf": "fvcapacity.interactive.model",
    "WhatIfAnswer": "fvcapacity.interactive.answer",
    "backtest": "fvcapacity.study.backtest",
    "calibrate": "fvcapacity.study.calibrate",
    "check_alerts": "fvcapacity.report.alerts",
    "check_focus": "fvcapacity.cost.focus",
    "compare": "fvcapacity.study.compare",
    "cost_of": "fvcapacity.cost.statement",
    "difference_of": "fvcapacity.report.difference",
    "export_focus": "fvcapacity.cost.focus",
    "export_openmetrics": "fvcapacity.report.openmetrics.export",
    "gate_change": "fvcapacity.report.gate",
    "forecast": "fvcapacity.review.forecast",
    "forecast_traffic": "fvcapacity.review.forecast",
    "headroom": "fvcapacity.study.headroom",
    "load_measurements": "fvcapacity.inputs.measurements",
    "load_rates": "fvcapacity.inputs.rates",
    "load_result": "fvcapacity.results.result",
    "load_scenario": "fvcapacity.inputs",
    "load_sides": "fvcapacity.inputs.sides",
    "measurements_of": "fvcapacity.results.measured",
    "plan_days": "fvcapacity.study.planning",
    "pull": "fvcapacity.inputs.prometheus.pull",
    "read_access_logs": "fvcapacity.inputs.access_log",
    "recommend_with_evidence": "fvcapacity.recommend.answer",
    "reconcile": "fvcapacity.cost.reconcile",
    "review_quarter": "fvcapacity.review.quarter",
    "simulate": "fvcapacity.run",
    "sweep": "fvcapacity.study.sweep",
    "verify_overlay": "fvcapacity.report.overlay",
    "what_if": "fvcapacity.interactive.model",
    "write_overlay": "fvcapacity.report.overlay",
    "write_recommendation": "fvcapacity.report.handover",
    "write_review": "fvcapacity.report.review",
    "write_plan": "fvcapacity.report.planned_days",
}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES.get(name, "fvcapacity.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, imported or not."""
    return sorted(__all__)
