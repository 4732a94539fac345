"""Make a first scenario and write it: aside first, loaded as a proof that it can be, and only then named."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from zoneinfo import ZoneInfo

import yaml

from fvcapacity.errors import InputError, Location, ManifestError, Problem
from fvcapacity.frozen import Frozen, replace
from fvcapacity.inputs import load_scenario
from fvcapacity.inputs.instances import load_instance_list
from fvcapacity.inputs.manifests import ManifestSet, read_manifests
from fvcapacity.inputs.manifests.located import plain
from fvcapacity.inputs.prices import load_price_list
from fvcapacity.report.starter.example import check_new
from fvcapacity.report.starter.graph import Graph, graph_of
from fvcapacity.report.starter.measured import WARM_UP, Measured, measure
from fvcapacity.report.starter.options import StartOptions
from fvcapacity.report.starter.pools import pool_of
from fvcapacity.report.starter.routes import assumed_routes, counted_routes, program_of
from fvcapacity.report.starter.scenario_text import Said, scenario_text
from fvcapacity.report.starter.shipped import shipped_directory
from fvcapacity.report.starter.topology_text import topology_text
from fvcapacity.scenario.findings import refusals
from fvcapacity.scenario.instances import InstanceSize
from fvcapacity.tabular.directory import write_directory
from fvcapacity.units import format_duration

if TYPE_CHECKING:
    from fvcapacity.inputs.prometheus.gather import PullProgress

RENDERED = "manifests.yaml"


class Started(Frozen):
    """What was written.

    Attributes
    ----------
    services, routes
        Names in the topology.
    assumed
        What was assumed or left out, in sentences.
    measured
        Whether the traffic is that of a Prometheus.
    refused
        What a cluster would refuse of the manifests, or what does nothing there: it runs here, and means little.
    """

    directory: Path
    services: tuple[str, ...]
    routes: tuple[str, ...]
    assumed: tuple[str, ...]
    measured: bool
    refused: tuple[Problem, ...] = ()

    @property
    def scenario(self) -> Path:
        """The scenario file."""
        return self.directory / "scenario.yaml"


def start_scenario(
    sources: Sequence[str | Path],
    directory: str | Path,
    options: StartOptions,
    *,
    stdin: TextIO | None = None,
    progress: Callable[[PullProgress], None] | None = None,
) -> Started:
    """Write a scenario that runs, from manifests and what a Prometheus tells.

    Parameters
    ----------
    sources
        Manifests: directories, kustomizations, files, or ``-`` for ``stdin``, whose objects are then kept beside the
        scenario, without the values of Secrets.
    progress
        Called while the Prometheus is read.

    Raises
    ------
    ManifestError
        With everything in the manifests that cannot be read.
    InputError
        When something stands there already, or no service is found.
    SourceError
        When the Prometheus fails.
    """
    target = Path(directory)
    check_new(target)
    _check_options(options)
    manifests = read_manifests([str(source) for source in sources], stdin=stdin)
    if manifests.errors:
        raise ManifestError(manifests.errors)
    options = replace(options, name=options.name or _name(target))
    graph = graph_of(manifests.objects, [plain(item) for item in manifests.raw])
    if not graph.entries:
        raise ManifestError(_no_service(sources, manifests))
    made: list[Started] = []

    def write(work: Path) -> None:
        made.append(_write(work, target, [str(source) for source in sources], manifests, graph, options, progress))

    write_directory(target, write)
    return made[0]


def _write(
    work: Path,
    target: Path,
    sources: list[str],
    manifests: ManifestSet,
    graph: Graph,
    options: StartOptions,
    progress: Callable[[PullProgress], None] | None,
) -> Started:
    cluster = manifests.objects
    measured = measure(options, work / "measured", progress) if options.prometheus else None
    program = program_of(graph)
    counted = counted_routes(measured.counts, graph, program) if measured else assumed_routes(graph, program)
    visits = {name: value for name, value in (measured.visit_ms if measured else {}).items() if name in graph.services}
    topology = topology_text(cluster, graph, program, counted, visits)
    (work / "topology.yaml").write_text(topology, encoding="utf-8")
    cost, sizes = _money(work, options)
    pool = pool_of(cluster, options.cloud, sizes)
    remarks = [*graph.remarks, *pool.remarks, *(measured.remarks if measured else ())]
    paths = tuple(_manifest_path(source, work, target, manifests) for source in sources)
    said = _said(options, measured, paths, cost, remarks)(pool)
    (work / "scenario.yaml").write_text(scenario_text(options, said), encoding="utf-8")
    if measured is None:
        shape = (shipped_directory() / "data" / "traffic" / "weekly-shape.yaml").read_text(encoding="utf-8")
        (work / "traffic.yaml").write_text(_TRAFFIC_HEAD + shape, encoding="utf-8")
    _prove(work, target)
    names = tuple(route.name for route in counted)
    refused = tuple(refusals(cluster))
    return Started(target, tuple(graph.services), names, tuple(remarks), measured is not None, refused)


_TRAFFIC_HEAD = """\
# ASSUMED: this is not your traffic. It is the week's shape of other sites, and says when a day is busy; how
# much there is stands in scenario.yaml (mean_rps). Put your own counts in its place as soon as you have some.
#
"""


def _said(
    options: StartOptions,
    measured: Measured | None,
    paths: tuple[str, ...],
    cost: tuple[str, str, str] | None,
    remarks: list[str],
) -> Callable[[Any], Said]:
    zone = ZoneInfo(options.time_zone)
    if measured is None:
        start, length, file, gaps = options.start, timedelta(days=1), "", False
    else:
        begin = measured.start + WARM_UP
        start, length = begin.astimezone(zone).replace(tzinfo=None), measured.end - begin
        file, gaps = "measured/traffic.csv.gz", measured.gaps
    duration = format_duration(round(length.total_seconds()) * 10**9)
    return lambda pool: Said(paths, start, duration, file, gaps, pool, cost, remarks)


def _money(work: Path, options: StartOptions) -> tuple[tuple[str, str, str] | None, list[InstanceSize]]:
    """Copy the price list and the machines of a cloud; return how they are named, and the types that have a price."""
    if options.cloud == "none":
        return None, []
    data = shipped_directory() / "data"
    for part in ("prices", "instances"):
        (work / part).mkdir()
        shutil.copyfile(data / part / f"{options.cloud}.yaml", work / part / f"{options.cloud}.yaml")
    prices = load_price_list(data / "prices" / f"{options.cloud}.yaml")
    sizes = load_instance_list(data / "instances" / f"{options.cloud}.yaml").instances
    priced = [item for item in prices.prices if item.kind == "instance" and item.purchase == "on_demand"]
    regions = sorted({item.region for item in priced})
    region = options.region or regions[0]
    if region not in regions:
        message = f"{options.cloud}'s price list has no machines in {region!r}"
        raise InputError(Problem(message, field="--region", hint=f"known: {', '.join(regions)}", rule="unknown-region"))
    names = {item.name for item in priced if item.region == region}
    known = [item for item in sizes if item.name in names and item.architecture == "amd64"]
    return (f"prices/{options.cloud}.yaml", f"instances/{options.cloud}.yaml", region), known


def _manifest_path(source: str, work: Path, target: Path, manifests: ManifestSet) -> str:
    """Return how the scenario names a source; what came through a pipe is kept beside it."""
    if source != "-":
        return Path(os.path.relpath(source, target)).as_posix()
    objects = [plain(item) for item in manifests.raw if item.at.file == "<stdin>"]
    head = "# As it came through standard input, without the values of Secrets.\n"
    text = yaml.safe_dump_all(objects, sort_keys=False, allow_unicode=True)
    (work / RENDERED).write_text(head + text, encoding="utf-8")
    return RENDERED


def _prove(work: Path, target: Path) -> None:
    """Load what was written; its problems are told by the names that the files are to have."""
    try:
        load_scenario(work / "scenario.yaml")
    except InputError as error:
        raise type(error)([_renamed(problem, work, target) for problem in error.problems]) from None


def _renamed(problem: Problem, work: Path, target: Path) -> Problem:
    """Return a problem of a file that is gone by now: its place becomes words."""
    place = problem.location
    if place is None or not place.file.startswith(str(work)):
        return problem
    name = f"{target}{place.file.removeprefix(str(work))}"
    hint = f"{problem.hint or 'the manifests do not fit together'} (found while {name} was made)"
    return replace(problem, location=None, hint=hint)


def _check_options(options: StartOptions) -> None:
    problems = []
    if options.name and not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", options.name):
        hint = "small letters, digits and hyphens, such as my-shop"
        problems.append(Problem(f"{options.name!r} is no name of a scenario", field="--name", hint=hint))
    try:
        ZoneInfo(options.time_zone)
    except (KeyError, OSError, ValueError):
        hint = "write it like America/Santiago"
        problems.append(Problem(f"there is no time zone {options.time_zone!r}", field="--time-zone", hint=hint))
    if options.prometheus and options.start.astimezone(UTC) >= options.end.astimezone(UTC):
        problems.append(Problem("the range ends before it begins", field="--end", hint="give --start before --end"))
    if problems:
        raise InputError(problems)


def _name(target: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", target.resolve().name.lower()).strip("-")[:63].strip("-")
    return name or "scenario"


def _no_service(sources: Sequence[str | Path], manifests: ManifestSet) -> Problem:
    objects = manifests.objects
    seen = f"{len(objects.workloads)} workloads and {len(objects.services)} Services"
    message = f"no Service has pods behind it that could serve requests; the manifests hold {seen}"
    hint = "a Service's selector has to match the labels of a pod template; give the manifests of the applications too"
    return Problem(message, Location(str(sources[0])), hint=hint, rule="no-services")
