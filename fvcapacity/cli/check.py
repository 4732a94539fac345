"""``fvcap check``: what is wrong or risky in manifests."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fvcapacity.cli.counting import counted
from fvcapacity.cli.failures import painter, reported
from fvcapacity.cli.terminal import Painted, clean, colored, say

if TYPE_CHECKING:
    from fvcapacity.errors import Problem


class CheckFormat(StrEnum):
    """How findings are printed."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"


def check(
    paths: Annotated[
        list[str], typer.Argument(help="Files, directories or kustomizations; - for standard input.", metavar="PATH...")
    ],
    output: Annotated[CheckFormat, typer.Option("--format", help="How to print.")] = CheckFormat.TABLE,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Find what is wrong or risky in manifests.

    Each finding has its place and remedy. Exits 1 on findings of severity error, and 2 on what cannot be read.
    """
    with reported(debug=debug):
        from fvcapacity.inputs.manifests import read_manifests
        from fvcapacity.scenario.findings import check_cluster

        manifests = read_manifests(paths)
        findings = [*manifests.problems, *check_cluster(manifests.objects)]
        say(render_findings(findings, output), nl=False)
        if manifests.errors:
            raise typer.Exit(2)
        if any(finding.severity == "error" for finding in findings):
            raise typer.Exit(1)


def render_findings(findings: Sequence[Problem], output: CheckFormat) -> str:
    """Return findings as text, JSON or SARIF."""
    import json

    if output is CheckFormat.SARIF:
        from fvcapacity.release import __version__
        from fvcapacity.scenario.findings.sarif import to_sarif

        return json.dumps(to_sarif(findings, version=__version__), indent=2, ensure_ascii=False) + "\n"
    if output is CheckFormat.JSON:
        return json.dumps([_as_json(finding) for finding in findings], indent=2, ensure_ascii=False) + "\n"
    return _as_text(findings)


def _as_json(finding: Problem) -> dict[str, Any]:
    place = finding.location
    return {
        "severity": finding.severity,
        "rule": finding.rule,
        "message": finding.message,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "field": finding.field,
        "hint": finding.hint,
    }


def _as_text(findings: Sequence[Problem]) -> Painted:
    """Return one block per finding, the gravest first. No source lines: they might hold what must not be shown."""
    grave = {"error": 0, "warning": 1, "note": 2}
    paint = painter(colored(sys.stdout))
    ordered = sorted(findings, key=lambda finding: grave[finding.severity])
    blocks = []
    for finding in ordered:
        place = f"{paint(clean(str(finding.location)), 'place')}: " if finding.location else ""
        field = f"{finding.field}: " if finding.field else ""
        rule = f" [{finding.rule}]" if finding.rule else ""
        hint = f"\n    {finding.hint}" if finding.hint else ""
        said = clean(f"{field}{finding.message}{rule}{hint}")
        blocks.append(f"{place}{paint(finding.severity, finding.severity)}: {said}")
    counts = [counted(sum(f.severity == name for f in findings), name) for name in grave]
    return Painted("\n".join([*blocks, ", ".join(counts) + "."]) + "\n")
