"""The README of a plan: what to set by date and time, how, what it costs to be early, and the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from fvcapacity.release import __version__
from fvcapacity.report.overlay.documents import markdown_table
from fvcapacity.report.planned_days.tables import local_text, plan_tables
from fvcapacity.scenario.model import Scenario
from fvcapacity.scenario.paths.change import objects_of
from fvcapacity.scenario.paths.grammar import parse_path
from fvcapacity.scenario.paths.sense import owners_of_replicas

Summary = Mapping[str, Any]


def readme(scenario: Scenario, summary: Summary, names: Sequence[str], builders: Sequence[str]) -> str:
    """Return the README.

    Parameters
    ----------
    scenario
        As it was loaded.
    summary
        The plan's document.
    names
        Directory of the overlay of each change.
    builders
        With what each overlay was verified.
    """
    tables = plan_tables(summary)[1 if names else 0 :]  # what to set is told by date
    parts = [
        f"# Planned days of {summary['scenario']}",
        summary["sentence"],
        "\n".join(f"- **{wave['name']}.** {wave['sentence']}" for wave in summary["waves"]),
        *(_by_date(scenario, summary, names) if names else ()),
        *(f"## {table.heading}\n\n{markdown_table(table.columns, table.rows)}" for table in tables),
        "## What to know\n\n" + "\n".join(f"- {note}" for note in _notes(scenario, summary, builders)),
        f"Written by fvcapacity {__version__}. `plan.json` says the same to machines.",
    ]
    return "\n\n".join(parts) + "\n"


def _by_date(scenario: Scenario, summary: Summary, names: Sequence[str]) -> Iterator[str]:
    zone = ZoneInfo(summary["time_zone"])
    rows = []
    for name, change in zip(names, summary["schedule"], strict=True):
        shown = ", ".join(f"`{item['path']}` {item['before']} -> {item['after']}" for item in change["minimums"])
        rows.append((local_text(change["at_utc"], zone), change["at_utc"], shown, f"[{name}]({name}/README.md)"))
    yield "## By date\n\n" + markdown_table((f"When ({zone.key})", "UTC", "Set", "Overlay"), rows)
    yield (
        "Apply the overlays in this order, each at its time. An overlay holds the whole of the manifests: where the "
        "live objects may differ from them, set the minimums alone, which is all that each step changes."
    )
    namespaces = {hpa.name: hpa.namespace for hpa in scenario.cluster.autoscalers}
    for name, change in zip(names, summary["schedule"], strict=True):
        lines = [f"# {local_text(change['at_utc'], zone)}: {change['name']}", f"kubectl apply -k {name}", "# or:"]
        pools = []
        for item in change["minimums"]:
            path = parse_path(item["path"])
            if path.owner == "nodes":
                pools.append(f"Set the minimum of the node pool `{path.name}` to {item['after']} at the cloud.")
                continue
            patch = f'{{"spec":{{"minReplicas":{item["after"]}}}}}'
            lines.append(f"kubectl patch hpa {path.name} -n {namespaces[path.name]} --type merge -p '{patch}'")
        text = "```bash\n" + "\n".join(lines) + "\n```" if len(lines) > 3 else ""
        yield "\n\n".join(part for part in (text, " ".join(pools)) if part)


def _notes(scenario: Scenario, summary: Summary, builders: Sequence[str]) -> Iterator[str]:
    yield from summary["notes"]
    if any(parse_path(item["path"]).owner == "nodes" for change in summary["schedule"] for item in change["minimums"]):
        yield (
            "A pool's minimum was replayed as a change that orders missing machines at once, as EC2 Auto Scaling does. "
            "The cluster autoscaler orders them only with --enforce-node-group-min-size: without it, and where the "
            "cloud does not do so either, set the pool's size to the minimum at the same time."
        )
    dropped = [
        path for path, _ in owners_of_replicas(objects_of(scenario)) if builders and scenario.value(path) is not None
    ]
    if dropped:
        yield (
            f"The overlays drop {', '.join(f'`{path}`' for path in dropped)}, which HPAs decide: else every apply "
            "would reset them. The first apply of an object that was applied with them sets 1 once; do that well "
            "before a planned day, or use `kubectl patch`."
        )
    for builder in dict.fromkeys(builders):
        yield f"Each overlay was built and read again with {builder} before it was written here."
