"""The public names, in groups; mkdocstrings puts their docstrings in when the site is built."""

from __future__ import annotations

import fvcapacity
from tests.docs.pages.text import NOTE

GROUPS: dict[str, tuple[str, ...]] = {
    "Load, simulate, read": ("load_scenario", "simulate", "load_result", "Scenario", "Result"),
    "Study": ("compare", "Comparison", "headroom", "Headroom", "sweep", "Sweep", "what_if", "WhatIf", "WhatIfAnswer", "calibrate", "Calibration", "backtest", "Backtest"),
    "Recommend and plan": ("recommend_with_evidence", "Answer", "write_recommendation", "plan_days", "write_plan"),
    "Manifests": ("write_overlay", "verify_overlay", "Proposal", "load_sides", "difference_of", "gate_change"),
    "Measurements": ("pull", "load_measurements", "measurements_of", "Measurements", "read_access_logs", "LogOptions"),
    "Money": ("cost_of", "Cost", "load_rates", "export_focus", "check_focus", "reconcile"),
    "Forecast and review": (
        "forecast", "forecast_traffic", "Forecast", "ForecastOptions", "review_quarter", "QuarterReview", "write_review",
    ),
    "Monitoring": ("export_openmetrics", "check_alerts"),
    "Errors": (
        "FvcapError", "InputError", "ScenarioError", "ManifestError", "TopologyError", "TrafficError", "PriceError",
        "SourceError", "PlaneError", "InvariantError",
    ),
}  # fmt: skip

_HEAD = f"""\
# Library

```python
import fvcapacity as fv
```

These names are public; they stay within a version as [SemVer](https://semver.org) says. Whatever else can be imported may change.
Times are UTC unless a name ends in `_local`; units stand in names (`_s`, `_ns`, `_bytes`, `_cores`, `_usd`).

{NOTE}"""


def library_markdown() -> str:
    """Return the page; every public name stands in one group, or in the last one."""
    grouped = {name for names in GROUPS.values() for name in names}
    rest = tuple(name for name in fvcapacity.__all__ if name not in grouped and not name.startswith("__"))
    parts = [_HEAD]
    for title, names in {**GROUPS, "Further names": rest}.items():
        if names:
            parts.append(f"## {title}\n\n" + "\n".join(_entry(name) for name in names if name in fvcapacity.__all__))
    return "\n".join(parts)


def _entry(name: str) -> str:
    item = getattr(fvcapacity, name)
    inherited = "    options:\n      inherited_members: false\n" if isinstance(item, type) else ""
    return f"::: {item.__module__}.{name}\n{inherited}"
