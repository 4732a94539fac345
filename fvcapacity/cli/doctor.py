"""``fvcap doctor``: what is installed, what is missing, and how to get it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from fvcapacity.cli.failures import reported
from fvcapacity.cli.options import Debug, Quiet
from fvcapacity.cli.terminal import say
from fvcapacity.frozen import asdict

if TYPE_CHECKING:
    from rich.console import Console

    from fvcapacity.report.doctor import Finding

_STYLES = {"ok": "green", "missing": "yellow", "broken": "bold red"}


class DoctorFormat(StrEnum):
    """How it is printed."""

    TABLE = "table"
    JSON = "json"


def doctor(
    output: Annotated[DoctorFormat, typer.Option("--format", help="How to print.")] = DoctorFormat.TABLE,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what is installed, what is missing, and how to get it.

    Exits 0 unless something that is needed is missing or broken; --quiet prints that alone.
    """
    with reported(debug=debug):
        from fvcapacity.report.doctor import examine, healthy

        findings = examine()
        well = healthy(findings)
        shown = [item for item in findings if not quiet or (item.needed and item.status != "ok")]
        if output is DoctorFormat.JSON:
            import json

            document = {"healthy": well, "findings": [asdict(item) for item in shown]}
            say(json.dumps(document, indent=2, ensure_ascii=False))
        elif shown:
            from fvcapacity.cli.render_table import drawn

            say(drawn(lambda console: _print(console, shown, well), None, None), nl=False)
        if not well:
            raise typer.Exit(1)


def _print(console: Console, findings: list[Finding], well: bool) -> None:
    from itertools import groupby

    from rich.text import Text

    for number, (group, members) in enumerate(groupby(findings, key=lambda item: item.group)):
        console.print(Text(f"{chr(10) if number else ''}{group}", style="bold"))
        items = list(members)
        good = sum(item.status == "ok" for item in items)
        if group == "libraries" and good:
            console.print(Text.assemble(("  ok      ", _STYLES["ok"]), f"{good} of {len(items)} are there"))
        for item in items:
            if group != "libraries" or item.status != "ok":
                _print_one(console, item)
    word = "Everything that is needed is there." if well else "Something that is needed is missing or broken."
    console.print(Text(f"\n{word}", style="bold green" if well else "bold red"))


def _print_one(console: Console, item: Finding) -> None:
    from rich.text import Text

    word = Text(f"  {item.status:<8}", style=_STYLES[item.status])
    console.print(Text.assemble(word, f"{item.name:<14}", item.found or item.purpose))
    if item.remedy:
        why = f"{item.purpose}; " if item.purpose and item.status != "ok" and item.found else ""
        console.print(Text(f"{'':12}= {why}{item.remedy}", style="dim"))
