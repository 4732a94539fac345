"""Work out what roll-outs roll out: patches of new versions, merged into the manifests in the order of their times."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from fvcapacity.errors import Location, Problem
from fvcapacity.frozen import Frozen, field_names, replace
from fvcapacity.inputs.canonical import canonical_json
from fvcapacity.inputs.manifests.collect import collect
from fvcapacity.inputs.manifests.located import LocatedMap, clone, locate
from fvcapacity.inputs.manifests.patching import Patching
from fvcapacity.inputs.manifests.raw_objects import parse_objects
from fvcapacity.inputs.yaml_document import YamlDocument
from fvcapacity.inputs.yaml_source import read_text
from fvcapacity.scenario.cluster import ClusterObjects, Container, Workload
from fvcapacity.scenario.cluster_checks import check_cluster
from fvcapacity.scenario.finding import Finding
from fvcapacity.scenario.instants import epoch_ns
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.patch import Patch
from fvcapacity.scenario.rollouts import NewVersion, Rollout
from fvcapacity.scenario.serving import serving_container, serving_workload
from fvcapacity.scenario.topology import Topology

Place = Callable[[Finding], Problem]

_HASH_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes writes its hashes with: no word comes out by chance (``apimachinery/pkg/util/rand``)."""
_CHANGEABLE = (
    "template",
    "strategy",
    "max_surge",
    "max_unavailable",
    "partition",
    "min_ready_s",
    "progress_deadline_s",
)
"""Fields of a workload that a new version may change."""


class RolloutPatch(Frozen):
    """A roll-out of the scenario, its place in the file's list, and its patch as it was written."""

    number: int
    rollout: Rollout
    at_ns: int
    body: LocatedMap | None


def read_rollout_patches(
    file: ScenarioFile, zone: ZoneInfo, base: Path, document: YamlDocument
) -> tuple[tuple[RolloutPatch, ...], tuple[Path, ...], list[Problem]]:
    """Read the patches of all roll-outs.

    Returns
    -------
    tuple
        The roll-outs in the order of their times, the files that were read, and what is wrong with them.
    """
    found: list[RolloutPatch] = []
    files: list[Path] = []
    problems: list[Problem] = []
    for number, rollout in enumerate(file.rollouts):
        try:
            at_ns = epoch_ns(rollout.at, zone)
        except ValueError:
            continue  # a check says why
        body = None
        if isinstance(rollout.patch, str):
            path = base / rollout.patch
            files.append(path)
            body = _from_file(path, problems)
        elif rollout.patch is not None:
            body = _inline(document, number, rollout)
        found.append(RolloutPatch(number, rollout, at_ns, body))
    return tuple(sorted(found, key=lambda item: (item.at_ns, item.number))), tuple(files), problems


def new_versions(
    patches: Sequence[RolloutPatch],
    objects: Iterable[LocatedMap],
    cluster: ClusterObjects,
    topology: Topology,
    place: Place,
) -> tuple[tuple[NewVersion, ...], list[Problem]]:
    """Return the new versions, each upon what was there before it, and what is wrong with them.

    Parameters
    ----------
    objects
        The manifests as mappings of the API; they are not changed.
    place
        Gives a finding its place in the scenario.
    """
    patching = Patching(objects)
    problems: list[Problem] = []
    versions: list[NewVersion] = []
    latest = {w.key: _Latest(w, 1, "") for w in cluster.workloads}
    for item in patches:
        if item.rollout.deploy not in latest:
            continue  # a check says so
        before = latest[item.rollout.deploy]
        written, found = _patched(item, patching, before.workload, place)
        problems += found
        if any(problem.severity == "error" for problem in found):
            continue
        problems += _misfits(item, written, cluster, topology, place)
        revision = before.revision + 1
        serving = _serving_name(written, cluster, topology)
        mark = _image_mark(item.rollout, before, written, serving, revision)
        after = _with_image_mark(written, serving, mark)
        latest[written.key] = _Latest(written, revision, mark, item.rollout)
        digest = template_hash(after, item.rollout, revision)
        versions.append(NewVersion(item.rollout, item.at_ns, after, revision, digest))
    return tuple(versions), problems


class _Latest(Frozen):
    """The newest version of a workload so far: as it is written, and what its image's name was given besides."""

    workload: Workload
    revision: int
    mark: str
    rollout: Rollout | None = None


def template_hash(workload: Workload, rollout: Rollout, revision: int) -> str:
    """Return ten letters that stand for a version: what its pods look like and how it behaves."""
    text = f"{canonical_json(workload.template)} {rollout.demand} {rollout.error_percent} {revision}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    letters = ""
    for _ in range(10):
        number, rest = divmod(number, len(_HASH_LETTERS))
        letters += _HASH_LETTERS[rest]
    return letters


def _from_file(path: Path, problems: list[Problem]) -> LocatedMap | None:
    text, found = read_text(path)
    problems += found
    if text is None:
        return None
    bodies = parse_objects(text, str(path), problems, dialect="kustomize")
    if len(bodies) > 1:
        message = f"the file has {len(bodies)} patches; a roll-out has one"
        problems.append(Problem(message, bodies[1].at, hint="write one for each roll-out", rule="rollout-patch"))
    return bodies[0] if bodies else None


def _inline(document: YamlDocument, number: int, rollout: Rollout) -> LocatedMap:
    """Return the patch that stands in the scenario itself; what names its object is filled in."""
    body: LocatedMap = locate(document.part(("rollouts", number, "patch")))
    kind, _, name = rollout.deploy.partition("/")
    named = {"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}
    if "apiVersion" not in body:
        body.put("apiVersion", "apps/v1", body.at)
    if "kind" not in body:
        body.put("kind", named.get(kind, kind), body.at)
    if "metadata" not in body:
        metadata = LocatedMap(body.at)
        metadata.put("name", name, body.at)
        body.put("metadata", metadata, body.at)
    return body


def _patched(item: RolloutPatch, patching: Patching, before: Workload, place: Place) -> tuple[Workload, list[Problem]]:
    """Merge a roll-out's patch and return the workload as it is then."""
    if item.body is None:
        return before, []
    path = ("rollouts", item.number, "patch")
    target = Patch(item.body).target
    if target != item.rollout.deploy:
        message = f"the patch changes {target}, the roll-out deploys {item.rollout.deploy}"
        hint = "one roll-out is of one workload; change other objects in the manifests"
        return before, [place(Finding("scenario", path, message, hint, rule="rollout-patch"))]
    already = len(patching.problems)
    patching.apply([Patch(item.body, item.body.at)])
    found = patching.problems[already:]
    if any(problem.severity == "error" for problem in found):
        return before, found
    collected: list[Problem] = []
    objects, _ = collect([clone(data) for data in patching.objects], collected)
    patch_file = item.body.at.file
    found += [p for p in patching.as_errors(collected) if p.location is not None and p.location.file == patch_file]
    after = objects.workload(before.key)
    if after is None:
        message = f"the patch deletes {before.key}"
        return before, [*found, place(Finding("scenario", path, message, "take it out", rule="rollout-patch"))]
    return after, [*found, *_beyond_template(before, after, item.body.at)]


def _beyond_template(before: Workload, after: Workload, at: Location) -> list[Problem]:
    """Refuse what a new version cannot change."""
    problems = []
    for field in field_names(Workload):
        if field in (*_CHANGEABLE, "places", "location"):
            continue
        if canonical_json(getattr(before, field)) != canonical_json(getattr(after, field)):
            message = f"the patch of a roll-out changes {field} of {before.key}"
            hint = "it may change the pod template and the update strategy; patch the manifests for the rest"
            problems.append(Problem(message, at, hint=hint, rule="rollout-patch"))
    return problems


def _image_mark(rollout: Rollout, before: _Latest, after: Workload, serving: str | None, revision: int) -> str:
    """Return what the image is called besides its name: other software is another image, though no patch says so."""
    old, new = _container(before.workload, serving), _container(after, serving)
    if not rollout.behaves_otherwise or old is None or new is None or old.image != new.image:
        return ""
    last = before.rollout
    if last is not None and (last.demand, last.error_percent) == (rollout.demand, rollout.error_percent):
        return before.mark
    return f"-r{revision}"


def _with_image_mark(workload: Workload, serving: str | None, mark: str) -> Workload:
    template = workload.template
    containers = tuple(
        replace(c, image=f"{c.image or c.name}{mark}") if mark and c.name == serving else c for c in template.containers
    )
    return replace(workload, template=replace(template, containers=containers))


def _serving_name(workload: Workload, cluster: ClusterObjects, topology: Topology) -> str | None:
    for name, service in topology.services.items():
        served = serving_workload(cluster, name)
        if served is not None and served.key == workload.key:
            container = serving_container(workload, service.container)
            return container.name if container is not None else None
    return None


def _container(workload: Workload, name: str | None) -> Container | None:
    return next((c for c in workload.template.containers if c.name == name), None)


def _misfits(
    item: RolloutPatch, after: Workload, cluster: ClusterObjects, topology: Topology, place: Place
) -> list[Problem]:
    """Return what does not fit between the new version and the topology, and did before."""
    workloads = tuple(after if workload.key == after.key else workload for workload in cluster.workloads)
    known = {finding.message for finding in check_cluster(topology, cluster)}
    found = []
    for finding in check_cluster(topology, replace(cluster, workloads=workloads)):
        if finding.severity == "error" and finding.message not in known:
            message = f"with the new version of {after.key}: {finding.message}"
            path = ("rollouts", item.number, "patch" if item.body is not None else "deploy")
            found.append(place(Finding("scenario", path, message, finding.hint, rule=finding.rule)))
    return found
