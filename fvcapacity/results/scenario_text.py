"""The scenario as it was run, as YAML that `fvcapacity.scenario.model.ScenarioFile` reads again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import PurePath
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import yaml
from pydantic import BaseModel

from fvcapacity.scenario.base import Bytes, Cores, DurationNs
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.rollouts import SwitchDelay
from fvcapacity.units import format_bytes, format_cpu, format_duration

_HEADER = "# The scenario as it was run, defaults and options included. Paths are relative to the original file.\n"


def _switch_text(delay_ns: int) -> str:
    return format_duration(delay_ns) if delay_ns else "when-ready"


_WRITERS = {DurationNs: format_duration, SwitchDelay: _switch_text, Bytes: format_bytes, Cores: format_cpu}
"""How each annotated number is written, so that it carries its unit."""


def scenario_text(file: ScenarioFile) -> str:
    """Return a scenario as YAML with every field, durations and quantities with their units.

    Of an absolute path only the last part is kept: results must not tell where they were made. The hashes of the
    inputs say which file it was.
    """
    data = _plain(file, ScenarioFile)
    data["manifests"] = [portable_path(text) for text in data["manifests"]]
    data["topology"] = portable_path(data["topology"])
    stretches = [*data["history"], *data["holdout"]]
    for traffic in (data["traffic"], *(stretch["traffic"] for stretch in stretches if stretch["traffic"])):
        if traffic["file"]:
            traffic["file"] = portable_path(traffic["file"])
    for rollout in data["rollouts"]:
        if isinstance(rollout["patch"], str):
            rollout["patch"] = portable_path(rollout["patch"])
    if data["cost"]:
        data["cost"]["prices"] = portable_path(data["cost"]["prices"])
        if staging := data["cost"]["staging"]:
            staging["manifests"] = [portable_path(text) for text in staging["manifests"]]
    return _HEADER + yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=110)


def portable_path(text: str) -> str:
    """Return a path that says nothing of this machine: as it is, or its last part when it is absolute."""
    return PurePath(text).name if PurePath(text).is_absolute() else text


def plain(model: BaseModel, *, only_set: bool = False) -> dict[str, Any]:
    """Return a model as YAML types, durations and quantities with their units.

    Parameters
    ----------
    only_set
        Leave out what was not given (defaults).
    """
    return dict(_plain(model, type(model), only_set=only_set))


def _plain(value: Any, annotation: Any, *, only_set: bool = False) -> Any:
    """Return a field's value as YAML types, written as its annotation asks for."""
    if value is None:
        return None
    for annotated, write in _WRITERS.items():
        if annotation is annotated or annotation == annotated:
            return write(value)
    if isinstance(value, BaseModel):
        hints = _hints(type(value))
        names = [name for name in type(value).model_fields if not only_set or name in value.model_fields_set]
        return {name: _plain(getattr(value, name), hints[name], only_set=only_set) for name in names}
    origin, members = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _plain(value, members[0], only_set=only_set)
    if origin in (Union, UnionType):
        return _plain(value, _member(value, members), only_set=only_set)
    if isinstance(value, Mapping):
        inner = members[1] if len(members) == 2 else Any
        return {str(key): _plain(item, inner, only_set=only_set) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, members[0] if members else Any, only_set=only_set) for item in value]
    return value.isoformat() if isinstance(value, datetime | date) else value


@cache
def _hints(model: type[BaseModel]) -> dict[str, Any]:
    return get_type_hints(model, include_extras=True)


def _member(value: Any, members: tuple[Any, ...]) -> Any:
    """Return the member of a union that describes a value: the only one that is left when None is put away."""
    rest = [member for member in members if member is not type(None)]
    return rest[0] if len(rest) == 1 else Any
