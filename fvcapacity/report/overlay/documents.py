"""The documents of an overlay for people: ``README.md`` and a summary for a pull request; and one for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from fvcapacity.release import __version__
from fvcapacity.report.overlay.proposal import PlannedOverlay, Table
from fvcapacity.report.overlay.verification import Verification
from fvcapacity.scenario.paths.change import FieldChange
from fvcapacity.scenario.paths.grammar import quoted
from fvcapacity.scenario.paths.settings import pool_document
from fvcapacity.scenario.paths.values import Value

OVERLAY_SCHEMA: Final = "fvcapacity/overlay/1"


def readme(planned: PlannedOverlay, verification: Verification, name: str) -> str:
    """Return the README of an overlay: what changes and why, the evidence, how to apply it, and how it was verified."""
    proposal = planned.proposal
    parts = [
        f"# {proposal.title}",
        proposal.summary,
        "## Changes",
        *_changes(planned),
        *(_table(table, "##") for table in proposal.evidence),
        "## To apply it",
        f"```\nkubectl diff -k {name}\nkubectl apply -k {name}\n```",
        "\n".join(f"- {note}" for note in (*_warnings(planned), *proposal.notes)),
        "## How it was verified",
        _verified(verification),
        f"Written by fvcapacity {__version__}. Reasons and old values stand in the patches too, as comments and in the "
        "annotation `fvcapacity.dev/changes`.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def pull_request(planned: PlannedOverlay, verification: Verification) -> str:
    """Return the text of a pull request: the summary, the changes and the evidence, as GitHub-flavoured Markdown."""
    proposal = planned.proposal
    held = f"Verified with {verification.builder}: " + ", ".join(check.name for check in verification.passed) + "."
    parts = [
        f"## {proposal.title}",
        proposal.summary,
        *_changes(planned),
        *(_table(table, "###") for table in proposal.evidence),
        held,
        "\n".join(f"- {note}" for note in (*_warnings(planned), *proposal.notes)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def changes_json(planned: PlannedOverlay, patch_format: str) -> str:
    """Return the changes as JSON."""
    pools = {f"nodes/{quoted(name)}" for name in planned.proposal.pools}
    fields = [item for item in planned.outside if item.path not in pools]
    rows = [*((item, True) for item in planned.changes), *((item, False) for item in fields)]
    document = {
        "schema_version": OVERLAY_SCHEMA,
        "patch_format": patch_format,
        "changes": [
            {
                "path": item.path,
                "before": item.before,
                "after": item.after,
                "reason": planned.reasons.get(item.path, ""),
                "in_overlay": inside,
            }
            for item, inside in rows
        ],
        "pools": {name: None if pool is None else pool_document(pool) for name, pool in planned.proposal.pools.items()},
        "objects": [f"{item['kind'].lower()}/{item['metadata']['name']}" for item in planned.proposal.objects],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as GitHub-flavoured Markdown."""
    lines = [[*columns], ["---"] * len(columns), *([_cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _changes(planned: PlannedOverlay) -> Iterator[str]:
    if planned.changes:
        yield _change_table(planned, planned.changes)
    if planned.proposal.objects:
        names = ", ".join(f"{item['kind']} `{item['metadata']['name']}`" for item in planned.proposal.objects)
        yield f"New objects: {names}."
    if planned.outside:
        yield "Outside of the manifests, to be set where the machines and the application are configured:"
        yield _change_table(planned, planned.outside)
    if not (planned.changes or planned.outside or planned.proposal.objects):
        yield "Nothing changes."


def _change_table(planned: PlannedOverlay, changes: Sequence[FieldChange]) -> str:
    rows = [
        (f"`{item.path}`", _shown(item.before), _shown(item.after), planned.reasons.get(item.path, ""))
        for item in changes
    ]
    return markdown_table(("Field", "Before", "After", "Why"), rows)


def _table(table: Table, level: str) -> str:
    return f"{level} {table.heading}\n\n{markdown_table(table.columns, table.rows)}"


def _verified(verification: Verification) -> str:
    rows = [(check.name, check.status, check.detail) for check in verification.checks]
    return f"Built with {verification.builder}.\n\n" + markdown_table(("Check", "Outcome", "Detail"), rows)


def _warnings(planned: PlannedOverlay) -> Iterator[str]:
    dropped = [item for item in planned.changes if item.path.endswith(".replicas") and item.after is None]
    if dropped:
        yield (
            "`spec.replicas` is dropped where an HPA decides. Where the live object was applied with it, the first "
            "apply sets 1 once; to keep the pods, take it out beforehand: `kubectl apply edit-last-applied "
            "deployment/NAME`."
        )
    claims = [item.path for item in planned.changes if ".claims." in item.path]
    if claims:
        yield (
            f"The claim templates of a StatefulSet cannot be changed in place ({', '.join(claims)}): grow the claims, "
            "then `kubectl delete statefulset NAME --cascade=orphan` and apply."
        )


def _shown(value: Value) -> str:
    return "(not written)" if value is None else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
