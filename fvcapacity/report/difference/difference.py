"""The difference of two configurations: fields, pods, machines, money, risks, and what the replay says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fvcapacity.cost.room import Room, room_of
from fvcapacity.decisions.pod_spec import ZERO, pod_requests, with_api_defaults
from fvcapacity.errors import Problem
from fvcapacity.inputs.manifests.located import plain
from fvcapacity.inputs.sides import Side
from fvcapacity.report.difference.document import DIFFERENCE_SCHEMA, DifferenceDocument
from fvcapacity.report.difference.risks import Seen, risks
from fvcapacity.report.overlay.trees import by_identity, differences
from fvcapacity.scenario.admission import pod_spec
from fvcapacity.scenario.findings.view import View
from fvcapacity.scenario.paths.listing import WrittenField, written_fields
from fvcapacity.scenario.paths.places import Place, as_target, find_place
from fvcapacity.scenario.paths.settings import written_settings
from fvcapacity.scenario.paths.trees import get
from fvcapacity.scenario.paths.values import Value
from fvcapacity.study.comparison import Comparison

_PHASES = (("minimum", False), ("maximum", True))


def difference_of(first: Side, second: Side, comparison: Comparison | None = None) -> dict[str, Any]:
    """Return what differs between two configurations, ready for JSON.

    Parameters
    ----------
    first, second
        What `load_sides` returned.
    comparison
        What the replay of both said.

    Returns
    -------
    dict
        As ``docs/reference/difference.schema.json`` describes it.
    """
    fields, others = _fields(first, second)
    one, two = by_identity(first.objects), by_identity(second.objects)
    rooms = {side: _rooms(item) for side, item in (("first", first), ("second", second))}
    found = risks(first, second, rooms["second"], _seen(first, comparison))
    document = {
        "schema_version": DIFFERENCE_SCHEMA,
        "first": _side(first),
        "second": _side(second),
        "fields": fields,
        "added": [_named(key) for key in two if key not in one],
        "removed": [_named(key) for key in one if key not in two],
        "others": others,
        "workloads": list(_workloads(first, second)),
        "room": {side: _rooms_json(item) for side, item in rooms.items()},
        "risks": [_risk(item) for item in found],
        "replay": None if comparison is None else comparison.summary,
        "notes": list(_notes(first, second, comparison)),
    }
    return DifferenceDocument.model_validate(document).model_dump(mode="json")


def _side(side: Side) -> dict[str, Any]:
    changes = [] if side.scenario is None else list(side.scenario.changes)
    return {"name": side.name, "read_as": side.role, "changes": changes}


def _named(identity: tuple[str, str, str, str]) -> str:
    return f"{identity[1].lower()}/{identity[3]}"


def _fields(first: Side, second: Side) -> tuple[list[dict[str, Value]], list[str]]:
    """Return fields with a path that differ, and sentences about all that differ besides."""
    rows: list[dict[str, Value]] = []
    one, two = by_identity(first.objects), by_identity(second.objects)
    both = [key for key in one if key in two]
    aligned: dict[Any, Any] = {}
    for key in both:
        before, after = written_fields(one[key]), written_fields(two[key])
        copy = plain(one[key])
        for path in sorted(dict.fromkeys((*before, *after)), key=lambda path: not path.endswith(".heap")):
            field, wanted = after.get(path) or before[path], after.get(path)
            place = find_place([copy], field.path)
            value = place.of(get(copy, place.steps))  # the heap is a part of a variable that comes after it
            if value != (None if wanted is None else wanted.value):
                rows.append({"path": path, "before": value, "after": None if wanted is None else wanted.value})
                _align(copy, place, wanted)
        aligned[key] = copy
    rows += _settings(first, second)
    found = differences({key: two[key] for key in both}, aligned)
    return rows, [f"{item.object}: {item.as_change}" for item in found]


def _align(copy: Any, place: Place, wanted: WrittenField | None) -> None:
    """Give a field of the first object the value of the second, so that what differs besides is left."""
    if wanted is None:
        place.put(copy, None)
    elif place.path.kind.value == "target":
        given = f"{wanted.value}%" if wanted.place.value == "percent" else wanted.value
        place, value = as_target(place, given)
        place.put(copy, value)
    else:
        place.put(copy, wanted.value)


def _settings(first: Side, second: Side) -> Iterator[dict[str, Value]]:
    """Yield what differs in node pools and the topology's pools, where both sides have a scenario."""
    if first.scenario is None or second.scenario is None:
        return
    one, two = (written_settings(item.file, item.topology) for item in (first.scenario, second.scenario))
    for path in dict.fromkeys((*one, *two)):
        if one.get(path) != two.get(path):
            yield {"path": path, "before": one.get(path), "after": two.get(path)}


def _workloads(first: Side, second: Side) -> Iterator[dict[str, Any]]:
    """Yield replicas and requests of every workload that differs in them."""
    views = View(first.cluster), View(second.cluster)
    keys = dict.fromkeys((w.key, w.namespace) for side in (first, second) for w in side.cluster.workloads)
    for key, namespace in keys:
        row: dict[str, Any] = {"workload": key, "namespace": namespace}
        for name, side, view in (("first", first, views[0]), ("second", second, views[1])):
            found = next((w for w in side.cluster.workloads if (w.key, w.namespace) == (key, namespace)), None)
            if found is None:
                row[name] = None
                continue
            fewest, most = view.replicas(found)
            requests = pod_requests(with_api_defaults(pod_spec(found.template)))
            row[name] = {
                "replicas_min": fewest,
                "replicas_max": most,
                "pod_cpu_request_cores": requests.get("cpu", ZERO).milli_value / 1000,
                "pod_memory_request_bytes": requests.get("memory", ZERO).value,
            }
        if row["first"] != row["second"]:
            yield row


def _rooms(side: Side) -> dict[str, Room] | None:
    if side.scenario is None:
        return None
    return {name: room_of(side.scenario, most=most) for name, most in _PHASES}


def _rooms_json(rooms: Mapping[str, Room] | None) -> dict[str, Any] | None:
    if rooms is None:
        return None
    return {
        name: {
            "pods": room.pods,
            "cpu_request_cores": room.cpu_request_cores,
            "memory_request_bytes": room.memory_request_bytes,
            "nodes": room.nodes,
            "unplaced": room.unplaced,
            "month_usd": room.month_usd,
            "unpriced": list(room.unpriced),
            "stale": list(room.stale),
        }
        for name, room in rooms.items()
    }


def _seen(first: Side, comparison: Comparison | None) -> dict[str, Seen] | None:
    """Return what the replay of the first side saw of each workload."""
    if comparison is None or first.scenario is None:
        return None
    services = first.scenario.topology.services
    duration = comparison.first.summary["scenario"]["duration_s"]
    found = {}
    for part in comparison.first.summary["services"]:
        pods = part["replicas_max"] or 1
        cpu = (part["cpu_core_s"] or {}).get("mean")
        mean = None if cpu is None else cpu / duration / pods
        container = services[part["service"]].container or ""
        found[part["workload"]] = Seen(container, part["memory_peak_bytes"], mean)
    return found


def _risk(problem: Problem) -> dict[str, str]:
    return {
        "severity": problem.severity,
        "rule": problem.rule,
        "field": problem.field,
        "message": problem.message,
        "hint": problem.hint,
    }


def _notes(first: Side, second: Side, comparison: Comparison | None) -> Iterator[str]:
    if second.role in ("patch", "component"):
        yield f"B is A with the {second.role} {second.name}."
    if first.scenario is None or second.scenario is None:
        yield "Machines and money are not known of manifests alone: name a scenario with --scenario."
    else:
        yield (
            "Machines are those that the requests need, placed by the scheduler's rules; a month has 730 hours, egress "
            "and logs left out."
        )
        if comparison is None:
            yield "Nothing was replayed: what latency and errors say is not known."
