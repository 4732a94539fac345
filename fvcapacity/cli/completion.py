"""What a shell offers at the press of Tab: scenario files, results, and names inside of the scenario that was given.

A shell waits for the answer: nothing heavy is loaded, files are read once, and whatever goes wrong offers nothing.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from fvcapacity.inputs.manifests import ManifestSet

_HEAD_BYTES = 4096
_MOST_ENTRIES = 2000
_SUFFIXES = (".yaml", ".yml")
_WORKLOADS = ("deployment", "statefulset", "daemonset")
_SCENARIO_KEYS = (b"topology:", b"manifests:")


def _in_silence(offer: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """Offer nothing when something goes wrong: a traceback at the press of Tab helps nobody."""

    @wraps(offer)
    def safe(*arguments: Any, **named: Any) -> list[str]:
        try:
            return offer(*arguments, **named)
        except Exception:
            return []

    return safe


@_in_silence
def scenario_files(incomplete: str) -> list[str]:
    """Offer files that look like a scenario, and directories that may hold some."""
    return [name for name, path in _entries(incomplete) if path.is_dir() or _is_scenario(path)]


@_in_silence
def scenario_files_and_answers(incomplete: str) -> list[str]:
    """Offer scenario files and what ``fvcap recommend`` wrote."""
    return [
        name for name, path in _entries(incomplete) if path.is_dir() or path.suffix == ".json" or _is_scenario(path)
    ]


@_in_silence
def results(incomplete: str) -> list[str]:
    """Offer directories: results first of all."""
    entries = [(name, path) for name, path in _entries(incomplete) if path.is_dir()]
    found = [name.rstrip("/") for name, path in entries if (path / "summary.json").is_file()]
    return found + [name for name, path in entries if not (path / "summary.json").is_file()]


@_in_silence
def workloads(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the workloads of the scenario that was given: ``deployment/shop``."""
    from fvcapacity.scenario.paths.kinds import OWNER_OF_KIND

    keys = {f"{OWNER_OF_KIND[kind]}/{name}" for kind, name in _objects(ctx) if OWNER_OF_KIND.get(kind) in _WORKLOADS}
    return sorted(key for key in keys if key.startswith(incomplete))


@_in_silence
def fields(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer paths of the fields that the scenario's manifests write: ``deployment/shop.limits.cpu``."""
    from fvcapacity.scenario.paths.listing import written_fields

    found = [path for item in _manifests(ctx).raw for path in written_fields(item)]
    return sorted(path for path in found if path.startswith(incomplete))


@_in_silence
def bounds(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer paths of fields with an equals sign, ready for values; after one there is nothing to offer."""
    return [] if "=" in incomplete else [f"{path}=" for path in fields(ctx, incomplete)]


@_in_silence
def routes(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the routes of the scenario's topology."""
    path, data = _document(ctx)
    topology = _load(path.parent / str(data["topology"]))
    return sorted(name for name in topology["routes"] if name.startswith(incomplete))


def _objects(ctx: typer.Context) -> list[tuple[str, str]]:
    return [(str(item.get("kind")), str((item.get("metadata") or {}).get("name"))) for item in _manifests(ctx).raw]


def _manifests(ctx: typer.Context) -> ManifestSet:
    from fvcapacity.inputs.manifests import read_manifests

    path, data = _document(ctx)
    return read_manifests([path.parent / str(source) for source in data["manifests"]])


def _document(ctx: typer.Context) -> tuple[Path, dict[str, Any]]:
    """Return the scenario file that stands on the command line already, as it is written."""
    given = (ctx.params.get(name) for name in ("scenario", "first"))
    path = next((Path(str(value)) for value in given if value), None) or next(filter(_is_scenario, _words()))
    return path, _load(path)


def _words() -> Iterator[Path]:
    """Yield the words that were typed; with an option that still waits for its value, no parameter is known."""
    line = os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS") or ""
    yield from (Path(word).expanduser() for word in shlex.split(line))


def _load(path: Path) -> dict[str, Any]:
    from fvcapacity.inputs.yaml_source import load_yaml

    data: dict[str, Any] = load_yaml(path)[0].data
    return data


def _entries(incomplete: str) -> Iterator[tuple[str, Path]]:
    """Yield what stands in the directory that is being typed; directories end in a slash."""
    head, tail = os.path.split(incomplete)
    directory = Path(head).expanduser() if head else Path()
    for number, entry in enumerate(sorted(directory.iterdir())):
        if number >= _MOST_ENTRIES:
            return
        if entry.name.startswith(tail) and (tail.startswith(".") or not entry.name.startswith(".")):
            yield os.path.join(head, entry.name) + ("/" if entry.is_dir() else ""), entry  # noqa: PTH118


def _is_scenario(path: Path) -> bool:
    if path.suffix not in _SUFFIXES or not path.is_file():
        return False
    with path.open("rb") as file:
        head = b"\n" + file.read(_HEAD_BYTES)
    return all(b"\n" + key in head for key in _SCENARIO_KEYS)
