"""Findings as SARIF 2.1.0, the format that code hosts and editors show at the line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from fvcapacity.errors import Location, Problem
from fvcapacity.scenario.findings.rules import RULES

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_sarif(problems: Iterable[Problem], *, version: str = "") -> dict[str, Any]:
    """Return a SARIF log with one run.

    Parameters
    ----------
    problems
        Findings and problems of a load. Those without a rule are filed under ``problem``.
    version
        Version of the tool, when it is known.
    """
    found = list(problems)
    names = list(dict.fromkeys(problem.rule or "problem" for problem in found))
    driver: dict[str, Any] = {"name": "fvcapacity", "rules": [_rule(name, found) for name in names]}
    if version:
        driver["version"] = version
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, names) for problem in found],
    }
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str, problems: Sequence[Problem]) -> dict[str, Any]:
    known = RULES.get(name)
    level = known.severity if known else next(p.severity for p in problems if (p.rule or "problem") == name)
    text = known.text if known else f"The input must be readable: {name.replace('-', ' ')}."
    return {"id": name, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level}}


def _result(problem: Problem, names: Sequence[str]) -> dict[str, Any]:
    name = problem.rule or "problem"
    text = f"{problem.message}. Remedy: {problem.hint}." if problem.hint else problem.message
    result: dict[str, Any] = {
        "ruleId": name,
        "ruleIndex": names.index(name),
        "level": problem.severity,
        "message": {"text": text},
    }
    place: dict[str, Any] = {}
    if problem.location is not None:
        place["physicalLocation"] = _physical(problem.location)
    if problem.field:
        place["logicalLocations"] = [{"fullyQualifiedName": problem.field}]
    if place:
        result["locations"] = [place]
    return result


def _physical(location: Location) -> Mapping[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(location.file)}}
    if location.line is not None:
        region = {"startLine": location.line}
        if location.column is not None:
            region["startColumn"] = location.column
        physical["region"] = region
    return physical


def _uri(file: str) -> str:
    """Return a file's name as a URI reference; relative paths stay relative to where the tool ran."""
    path = file.replace("\\", "/")
    if PurePosixPath(path).is_absolute():
        return "file://" + quote(path)
    return quote(path.removeprefix("./"), safe="/")
