"""The borders of the design, held by the machine."""

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fvcapacity
from fvcapacity.cli.schema import Document, document_text

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "fvcapacity"
HEAVY = ("matplotlib", "numba", "numpy", "pandas", "pyarrow", "pydantic", "scipy", "simpy")
MOST_LINES = 500


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_imports_point_downward():
    tool = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which("lint-imports")
    if tool is None:
        pytest.skip("import-linter is not installed (it belongs to the extra dev)")
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_public_names_are_pinned():
    assert fvcapacity.__all__ == [
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
    assert dir(fvcapacity) == sorted(fvcapacity.__all__)


def test_every_public_name_is_there():
    for name in fvcapacity.__all__:
        assert getattr(fvcapacity, name) is not None


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'simulation'"):
        _ = fvcapacity.simulation


def test_the_version_is_the_packages():
    text = (ROOT / "pyproject.toml").read_text()
    assert f'version = "{fvcapacity.__version__}"' in text


def test_every_error_is_public():
    from fvcapacity import errors

    raised = {name for name, item in vars(errors).items() if isinstance(item, type) and issubclass(item, Exception)}
    assert raised <= set(fvcapacity.__all__)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (Document.SCENARIO, "scenario.schema.json"),
        (Document.SUMMARY, "summary.schema.json"),
        (Document.HEADROOM, "headroom.schema.json"),
        (Document.RECOMMENDATION, "recommendation.schema.json"),
        (Document.PLAN, "plan.schema.json"),
        (Document.COST, "cost.schema.json"),
        (Document.FORECAST, "forecast.schema.json"),
        (Document.REVIEW, "review.schema.json"),
        (Document.SWEEP, "sweep.schema.json"),
        (Document.COMPARISON, "comparison.schema.json"),
        (Document.PROFILE, "profile.schema.json"),
        (Document.DIFFERENCE, "difference.schema.json"),
        (Document.GATE, "gate.schema.json"),
        (Document.RECONCILIATION, "reconciliation.schema.json"),
        (Document.TABLES, "results.md"),
        (Document.PATHS, "paths.md"),
    ],
)
def test_generated_pages_are_in_step(document, path):
    written = (ROOT / "docs" / "reference" / path).read_text(encoding="utf-8")
    assert written == document_text(document), f"run: fvcap schema {document} > docs/reference/{path}"


def test_no_file_is_too_long():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    long = {str(path.relative_to(ROOT)): count for path, count in lengths.items() if count > MOST_LINES}
    assert not long


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["simulate", "--help"],
        ["compare", "--help"],
        ["check", "--help"],
        ["diff", "--help"],
        ["calibrate", "--help"],
        ["backtest", "--help"],
        ["recommend", "--help"],
        ["plan", "--help"],
        ["sweep", "--help"],
    ],
)
def test_help_loads_nothing_heavy(arguments):
    code = (
        "import atexit, json, sys\n"
        "from fvcapacity.cli.main import main\n"
        f"sys.argv = ['fvcap', *{arguments!r}]\n"
        "atexit.register(lambda: print('\\n' + json.dumps(sorted(sys.modules)), flush=True))\n"
        "main()\n"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    own = {"pydantic"} if len(arguments) > 1 else set()  # typer itself describes the options of a command with it
    assert loaded & set(HEAVY) <= own


def test_importing_the_package_loads_nothing_heavy():
    done = python("-c", "import sys, json, fvcapacity; print(json.dumps(sorted(sys.modules)))")
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & set(HEAVY)


def test_help_is_quick():
    """Hardly more than Typer itself takes: CPU time, and the best of three, because the machine may be busy."""
    own = min(cpu_seconds("-m", "fvcapacity", "--help") for _ in range(3))
    typer_alone = min(cpu_seconds("-c", "import typer, rich.console, typer.rich_utils") for _ in range(3))
    assert own < 1.7 * typer_alone


def cpu_seconds(*arguments: str) -> float:
    """Return the CPU time that Python took with some arguments."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert python(*arguments).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
