"""Read YAML and JSON so that every later complaint can name file, line and column.

Two dialects: *strict* for our own files, which refuses what YAML 1.1 and 1.2 read differently (``no``,
``010``, ``12:30:00``, ``1e3``, duplicate keys), and *kubernetes* for manifests, which reads as the API's
own reader does. In both, timestamps stay text, anchors and merge keys work, and what could only be meant
to harm (aliases of aliases of aliases, endless nesting, huge files) is a problem, never a crash.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel

from fvcapacity.errors import InputError, Location, Problem
from fvcapacity.inputs.model_validation import in_file_order, validate_model
from fvcapacity.inputs.yaml_document import Constructor, YamlDocument
from fvcapacity.inputs.yaml_nodes import MAX_NODES, Composer
from fvcapacity.inputs.yaml_scalars import Dialect

__all__ = [
    "MAX_FILE_BYTES",
    "YamlDocument",
    "load_model",
    "load_yaml",
    "parse_yaml",
    "read_documents",
    "read_text",
    "validate_model",
]

MAX_FILE_BYTES = 64 * 2**20
"""Larger files are refused unread."""

M = TypeVar("M", bound=BaseModel)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def load_yaml(
    path: str | Path,
    *,
    dialect: Dialect = "strict",
    error_class: type[InputError] = InputError,
) -> list[YamlDocument]:
    """Read every document of a YAML or JSON file; empty documents are left out.

    Raises
    ------
    InputError
        Of ``error_class``, with all problems of the file.
    """
    text, problems = read_text(path)
    documents: list[YamlDocument] = []
    if text is not None:
        documents, problems = read_documents(text, str(path), dialect=dialect)
    if any(problem.severity == "error" for problem in problems):
        raise error_class(problems)
    return documents


def parse_yaml(
    text: str | bytes,
    file: str = "<text>",
    *,
    dialect: Dialect = "strict",
    error_class: type[InputError] = InputError,
) -> list[YamlDocument]:
    """Parse every document of a text, as `load_yaml` does; ``file`` is the name in messages."""
    documents, problems = read_documents(text, file, dialect=dialect)
    if any(problem.severity == "error" for problem in problems):
        raise error_class(problems)
    return documents


def load_model(
    path: str | Path, model_class: type[M], error_class: type[InputError] = InputError
) -> tuple[M, YamlDocument]:
    """Read a file of exactly one document and validate it.

    Raises
    ------
    InputError
        Of ``error_class``, with all problems of the file.
    """
    documents = load_yaml(path, error_class=error_class)
    if len(documents) != 1:
        _refuse_count(documents, str(path), error_class)
    model, problems = validate_model(model_class, documents[0])
    if model is None:
        raise error_class(problems)
    return model, documents[0]


def _refuse_count(documents: list[YamlDocument], file: str, error_class: type[InputError]) -> NoReturn:
    if not documents:
        raise error_class(Problem("the file is empty", Location(file), rule="empty-file"))
    message = f"the file has {len(documents)} documents; exactly one is expected"
    raise error_class(
        Problem(message, documents[1].location(), hint="remove the lines --- that part them", rule="many-documents")
    )


def read_text(path: str | Path) -> tuple[bytes | None, list[Problem]]:
    """Read a file's bytes, or say why not: missing, a directory, not readable, too large."""
    source = Path(path)
    place = Location(str(path))
    try:
        size = source.stat().st_size
        if source.is_dir():
            return None, [Problem("is a directory, not a file", place, rule="unreadable-file")]
        if size > MAX_FILE_BYTES:
            return None, [_too_large(size, place)]
        with source.open("rb") as file:  # a pipe or a device tells no size beforehand
            data = file.read(MAX_FILE_BYTES + 1)
        return (data, []) if len(data) <= MAX_FILE_BYTES else (None, [_too_large(len(data), place)])
    except FileNotFoundError:
        hint = _similar_file(source)
        return None, [Problem("the file does not exist", place, hint=hint, rule="missing-file")]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return None, [Problem(f"the file cannot be read: {reason}", place, rule="unreadable-file")]


def read_documents(
    text: str | bytes, file: str, *, dialect: Dialect = "strict"
) -> tuple[list[YamlDocument], list[Problem]]:
    """Parse a text into its documents, and return what is wrong with it instead of raising."""
    decoded, problem = _decode(text, file)
    if problem is not None:
        return [], [problem]
    is_json, json_data = _try_json(decoded)
    composer = Composer(file, "json" if is_json else dialect)
    complete = composer.run(decoded)
    if not complete and is_json and not any(p.rule == "yaml-depth" for p in composer.problems):
        # JSON that the YAML parser refuses (escaped surrogate pairs): the data are known, the places not.
        return [YamlDocument(json_data, file)], []
    constructor = Constructor(file, dialect != "strict", composer.problems)
    documents = []
    for root in composer.roots if complete else composer.roots[:-1]:
        data = constructor.build(root)
        if root is not None and not (data is None and root.text == ""):
            documents.append(YamlDocument(data, file, root))
    return documents, sorted(composer.problems, key=in_file_order)


def _decode(text: str | bytes, file: str) -> tuple[str, Problem | None]:
    place = Location(file)
    if len(text) > MAX_FILE_BYTES:
        return "", _too_large(len(text), place)
    if isinstance(text, bytes):
        encoding = "utf-16" if text[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            return text.decode(encoding), None
        except UnicodeDecodeError as error:
            line = text.count(b"\n", 0, error.start) + 1
            message = f"byte {error.start} (0x{text[error.start]:02x}) is not UTF-8 text"
            hint = "save the file as UTF-8"
            return "", Problem(message, Location(file, line), hint=hint, rule="yaml-encoding")
    if _LONE_SURROGATE.search(text):
        return "", Problem("half of a surrogate pair is no text", place, rule="yaml-encoding")
    return text.removeprefix("\ufeff"), None


def _try_json(text: str) -> tuple[bool, Any]:
    """Tell whether a text is JSON throughout; nesting is then judged by the composer."""
    start = text.lstrip()[:1]
    if start not in ("{", "[") or sum(text.count(mark) for mark in "[{,") > MAX_NODES:
        return False, None
    try:
        return True, json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False, None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _too_large(size: int, place: Location) -> Problem:
    message = f"{size / 2**20:.0f} MiB is more than the {MAX_FILE_BYTES // 2**20} MiB that a file may have"
    return Problem(message, place, hint="split the file", rule="file-too-large")


def _similar_file(path: Path) -> str:
    from difflib import get_close_matches

    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"the directory {path.parent} does not exist either"
    close = get_close_matches(path.name, names, n=1)
    return f"did you mean {path.parent / close[0]}?" if close else "check the path"
