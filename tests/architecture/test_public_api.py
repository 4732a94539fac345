"""The library is documented and typed, name by name, and a script that uses it passes ``mypy --strict``."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import fvcapacity
from fvcapacity.display.plots import Plots
from fvcapacity.interactive.sliders import Sliders
from tests.support import docstrings

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = [name for name in fvcapacity.__all__ if not name.startswith("_")]
FUNCTIONS = [name for name in PUBLIC if inspect.isfunction(getattr(fvcapacity, name))]
CLASSES = {name: getattr(fvcapacity, name) for name in PUBLIC if inspect.isclass(getattr(fvcapacity, name))}
CLASSES |= {"Plots": Plots, "Sliders": Sliders}
"""With what public names hand out."""


def test_everything_public_is_a_function_or_a_class():
    assert len(FUNCTIONS) + len(CLASSES) == len(PUBLIC) + 2


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_tells_of_parameters_answer_and_errors(name):
    assert list(docstrings.function_faults(getattr(fvcapacity, name))) == []


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_tells_of_its_attributes_and_methods(name):
    kind = CLASSES[name]
    faults = [f"{name}: {fault}" for fault in docstrings.class_faults(kind)]
    for method, function in docstrings.methods(kind):
        faults += [f"{name}.{method}: {fault}" for fault in docstrings.function_faults(function)]
    faults += [f"{name}.{prop}: no docstring" for prop, text in docstrings.properties(kind) if not text.strip()]
    assert faults == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_and_answer_has_a_type(name):
    signature = inspect.signature(getattr(fvcapacity, name))
    assert signature.return_annotation is not inspect.Signature.empty
    assert not [p.name for p in signature.parameters.values() if p.annotation is inspect.Parameter.empty]


def incomplete(scenario: int, seed: int = 1) -> int:
    """Do something.

    Parameters
    ----------
    scenario
    other
        That there is not.
    """
    if seed:
        raise ValueError(seed)
    return scenario


def test_the_test_can_fail():
    assert sorted(docstrings.function_faults(incomplete)) == [
        "Parameters tell of other, which there is not",
        "Parameters: nothing follows 'scenario'",
        "Raises ValueError",
        "Returns",
        "parameter seed",
    ]


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "fvcapacity/py.typed").is_file()


def mypy(path: Path) -> str:
    pytest.importorskip("mypy", reason="mypy is not installed (it belongs to the extra dev)")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.long
def test_a_users_script_is_strictly_typed(tmp_path):
    """``.ci/run`` checks the script as it is; that mistakes in it would be seen takes mypy twice more."""
    script = ROOT / "tests/support/user_script.py"
    assert mypy(script).startswith("Success"), mypy(script)
    wrong = tmp_path / "wrong.py"
    text = script.read_text(encoding="utf-8")
    assert "result.plot()" in text
    wrong.write_text(text.replace("result.plot()", "result.plot(7)").replace("result.status", "result.statuss"))
    said = mypy(wrong)
    assert '"Plots" has incompatible type "int"' in said
    assert '"Result" has no attribute "statuss"' in said
