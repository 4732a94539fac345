"""Validate a document against a pydantic model, and say in plain words what is wrong and where."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from fvcapacity.errors import Problem
from fvcapacity.inputs.yaml_document import YamlDocument

M = TypeVar("M", bound=BaseModel)

_TYPE_NAMES = {
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "dict": "a mapping",
    "mapping": "a mapping",
    "model": "a mapping",
    "dataclass": "a mapping",
    "model_attributes": "a mapping",
    "datetime": "a date and time like 2027-02-14T09:00:00",
    "date": "a date like 2027-02-14",
    "time": 'a time of day like "09:30"',
    "none_required": "nothing",
}
_TYPE_ENDINGS = ("_type", "_parsing", "_from_datetime_parsing", "_from_date_parsing", "_from_float", "_required")


def validate_model(model_class: type[M], document: YamlDocument) -> tuple[M | None, list[Problem]]:
    """Validate a document.

    Returns
    -------
    tuple
        The instance and no problems, or None and one `Problem` for everything that is wrong, each with
        the place, the value that was seen, the nearest known name, and what to do.
    """
    try:
        return model_class.model_validate(document.data), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems = [_problem(model_class, document, group) for group in _by_place(details, document)]
        return None, sorted(problems, key=in_file_order)


def in_file_order(problem: Problem) -> tuple[str, int, int]:
    """Sort key of problems: file, line, column."""
    place = problem.location
    return (place.file, place.line or 0, place.column or 0) if place else ("", 0, 0)


def nearest(name: Any, known: Iterable[str]) -> str:
    """Return the known name nearest to a given one, or an empty text when none is near."""
    lowered = {item.lower(): item for item in known}
    close = get_close_matches(str(name).lower(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else ""


def seen(value: Any) -> str:
    """Return a value as a message shows it: short, and collections by their size."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return (
            f"a mapping with {len(value)} keys" if len(value) != 1 else f"a mapping with the key {next(iter(value))!r}"
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:76]}...{text[0] if isinstance(value, str) else ''}"


def _by_place(details: Sequence[Any], document: YamlDocument) -> list[list[Any]]:
    """Group the errors that the members of one union raise about one value."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for detail in details:
        place: tuple[Any, ...] = document.real_path(detail["loc"])
        if not _wrong_type(detail["type"]):
            place = (*place, detail["type"], detail["loc"][-1:])
        groups.setdefault(place, []).append(detail)
    return list(groups.values())


def _problem(model_class: type[BaseModel], document: YamlDocument, group: Sequence[Any]) -> Problem:
    detail = group[0]
    kind, loc = detail["type"], tuple(part for part in detail["loc"] if part != "[key]")
    real = document.real_path(loc)
    at: Literal["key", "value"] = (
        "key" if kind in ("extra_forbidden", "missing") or len(loc) < len(detail["loc"]) else "value"
    )
    field = real
    if kind in ("missing", "extra_forbidden"):
        message, hint = _about_key(model_class, loc, kind, document)
        field = (*real, loc[-1]) if kind == "missing" else real
    elif all(_wrong_type(item["type"]) for item in group):
        message, hint = _about_type(group, document.written(real))
    else:
        message, hint = _about_value(detail)
    place = document.location(loc if kind == "missing" else real, at=at)
    return Problem(message, place, field_text(field), hint, rule="invalid-field")


def field_text(path: Iterable[str | int]) -> str:
    """Return a path as people write it: ``routes.checkout.steps[2].call``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _about_key(
    model_class: type[BaseModel], loc: tuple[str | int, ...], kind: str, document: YamlDocument
) -> tuple[str, str]:
    name = loc[-1]
    known = known_keys(model_class, loc[:-1])
    given = _value_at(document.data, document.real_path(loc[:-1]))
    present = set(given) if isinstance(given, Mapping) else set()
    if kind == "missing":
        mistaken = nearest(name, [key for key in present if isinstance(key, str) and key not in known])
        hint = f"is {mistaken!r} meant to be {name!r}?" if mistaken else f"add {name}: ..."
        return f"the key {name!r} is missing", hint
    free = [key for key in known if key not in present]
    close = nearest(name, free) or nearest(name, known)
    hint = f"did you mean {close!r}?" if close else f"known keys here: {', '.join(known) or 'none'}"
    return f"unknown key {name!r}", hint


def _about_type(group: Sequence[Any], written: str | None) -> tuple[str, str]:
    expected = list(dict.fromkeys(_type_name(item) for item in group))
    value = group[0]["input"]
    message = f"expected {' or '.join(expected)}, found {seen(value)}"
    if value is None:
        return message, "write a value, or remove the key"
    if "text" in expected and isinstance(value, int | float):
        return message, f'write "{written if written is not None else value}" in quotes'
    if "a list" in expected and isinstance(value, str | Mapping):
        return message, "start each entry with a dash: - ..."
    if isinstance(value, str) and ("a number" in expected or "a whole number" in expected):
        return message, "write a plain number, without unit or quotes"
    return message, f"write {expected[0]}"


def _about_value(detail: Any) -> tuple[str, str]:
    kind, context, value = detail["type"], detail.get("ctx", {}), seen(detail["input"])
    if kind in _BOUNDS:
        return f"{value} is out of range", f"write {_BOUNDS[kind](context)}"
    if kind in ("literal_error", "enum"):
        expected = str(context.get("expected", ""))
        close = nearest(detail["input"], [item.strip(" '") for item in expected.replace(" or ", ",").split(",")])
        return f"{value} is not one of {expected}", f"did you mean {close}?" if close else f"write one of {expected}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        tag = str(context.get("discriminator", "")).strip("'")
        expected = str(context.get("expected_tags", "the known kinds"))
        message = f"{tag} is {context.get('tag')!r}" if "tag" in context else f"the key {tag!r} is missing"
        return message, f"write {tag}: and one of {expected}" if "tag" not in context else f"write one of {expected}"
    if kind in ("value_error", "assertion_error"):
        text = str(context.get("error", detail["msg"]))
        return text, "" if value in text or "mapping" in value else f"the value is {value}"
    if kind == "invalid_key":
        return f"the key {value} is not text", "write the key in quotes"
    if kind == "string_pattern_mismatch":
        return f"{value} does not have the right form", f"it must match {context.get('pattern')}"
    message = detail["msg"][:1].lower() + detail["msg"][1:]
    return f"{message} (found {value})", ""


_BOUNDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "greater_than": lambda c: f"more than {c['gt']:g}",
    "greater_than_equal": lambda c: f"{c['ge']:g} or more",
    "less_than": lambda c: f"less than {c['lt']:g}",
    "less_than_equal": lambda c: f"{c['le']:g} or less",
    "multiple_of": lambda c: f"a multiple of {c['multiple_of']:g}",
    "finite_number": lambda _: "a finite number",
    "too_short": lambda c: f"{c['min_length']} entries or more",
    "too_long": lambda c: f"{c['max_length']} entries or fewer",
    "string_too_short": lambda c: f"{c['min_length']} characters or more",
    "string_too_long": lambda c: f"{c['max_length']} characters or fewer",
}


def _wrong_type(kind: str) -> bool:
    return any(kind.endswith(ending) for ending in _TYPE_ENDINGS) and kind != "invalid_key"


def _type_name(detail: Any) -> str:
    kind: str = detail["type"]
    for ending in sorted(_TYPE_ENDINGS, key=len, reverse=True):
        if kind.endswith(ending) and kind.removesuffix(ending) in _TYPE_NAMES:
            return _TYPE_NAMES[kind.removesuffix(ending)]
    return _TYPE_NAMES.get(kind, kind.replace("_", " "))


def _value_at(data: Any, path: Iterable[str | int]) -> Any:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def known_keys(model_class: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    """Return the keys that a model knows at a pydantic location, following unions and collections."""
    candidates: list[Any] = [model_class]
    for part in loc:
        inner = [found for candidate in candidates for found in _descend(candidate, part)]
        candidates = inner or [item for item in candidates if _is_tagged(item, part)] or candidates
    names = [name for item in candidates if _is_model(item) for name in _field_names(item)]
    return list(dict.fromkeys(names))


def _descend(annotation: Any, part: str | int) -> list[Any]:
    if _is_model(annotation):
        for name, info in annotation.model_fields.items():
            if part in (name, info.alias):
                return _members(info.annotation)
        return []
    arguments = [item for item in get_args(annotation) if item is not Ellipsis]
    origin = get_origin(annotation)
    if origin is None or not arguments:
        return []
    if isinstance(part, int) and isinstance(origin, type) and issubclass(origin, Sequence):
        return _members(arguments[min(part, len(arguments) - 1)])
    if isinstance(part, str) and isinstance(origin, type) and issubclass(origin, Mapping):
        return _members(arguments[-1])
    return []


def _members(annotation: Any) -> list[Any]:
    """Return the alternatives of an annotation, without ``Annotated`` and unions around them."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [member for item in get_args(annotation) for member in _members(item)]
    return [annotation]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_tagged(annotation: Any, tag: str | int) -> bool:
    if not _is_model(annotation):
        return False
    literals = [
        get_args(info.annotation) for info in annotation.model_fields.values() if get_origin(info.annotation) is Literal
    ]
    return annotation.__name__ == tag or any(tag in values for values in literals)


def _field_names(model: Any) -> list[str]:
    return [info.alias or name for name, info in model.model_fields.items()]
