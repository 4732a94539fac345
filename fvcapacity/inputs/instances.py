"""Read a list of instance sizes."""

from __future__ import annotations

from pathlib import Path

from fvcapacity.errors import PriceError, Problem
from fvcapacity.inputs.yaml_source import load_model
from fvcapacity.scenario.instances import InstanceList


def load_instance_list(path: str | Path) -> InstanceList:
    """Read and check a list of instance sizes.

    Raises
    ------
    PriceError
        With all problems of the file: what is not a size, and types given twice.
    """
    sizes, document = load_model(path, InstanceList, PriceError)
    first: dict[str, int] = {}
    problems = []
    for number, item in enumerate(sizes.instances):
        place = document.location(("instances", number))
        if item.name in first:
            hint = f"keep one; the first stands in line {first[item.name]}"
            message = f"{item.name} has a second size"
            problems.append(Problem(message, place, f"instances[{number}]", hint, rule="instance-twice"))
        first.setdefault(item.name, place.line or 0)
    if problems:
        raise PriceError(problems)
    return sizes
