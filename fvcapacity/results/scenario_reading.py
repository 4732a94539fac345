"""The scenario that a result holds, read again: text that came from somewhere, within the bounds of every YAML file."""

from __future__ import annotations

from typing import Any

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.inputs.model_validation import validate_model
from fvcapacity.inputs.yaml_document import YamlDocument
from fvcapacity.inputs.yaml_source import parse_yaml

FILE = "scenario.yaml"


def scenario_said(text: str) -> dict[str, Any]:
    """Return what the scenario of a result says: durations and quantities as text, with their units.

    Parameters
    ----------
    text
        Of `Result.scenario_yaml`.

    Raises
    ------
    InputError
        When it is no YAML mapping, or means harm (endless nesting, aliases of aliases).
    """
    return dict(_document(text, FILE).data)


def check_scenario(text: str, file: str) -> None:
    """Check that a text is a scenario as runs write it down.

    Raises
    ------
    InputError
        With everything that is wrong, and the line on which it stands.
    """
    from fvcapacity.scenario.model import ScenarioFile

    model, problems = validate_model(ScenarioFile, _document(text, file))
    if model is None:
        raise InputError(problems)


def _document(text: str, file: str) -> YamlDocument:
    documents = parse_yaml(text, file)
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        hint = "the result is damaged; run the simulation again"
        raise InputError(Problem("this is no scenario: one mapping is expected", Location(file), hint=hint))
    return documents[0]
