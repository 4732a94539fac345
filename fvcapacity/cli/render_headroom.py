"""A headroom for a terminal and as Markdown."""

from __future__ import annotations

from fvcapacity.cli.render_markdown import section
from fvcapacity.cli.render_table import drawn, grid_table
from fvcapacity.cli.tongue import spoken
from fvcapacity.cli.view import NONE, Grid, Summary


def render_headroom_table(summary: Summary, *, width: int | None = None, color: bool | None = None) -> str:
    """Return a headroom as text for a terminal; width and colour as for a summary."""
    from rich.text import Text

    def draw(console: object) -> None:
        show = console.print  # type: ignore[attr-defined]
        show(Text(headline(summary), style="bold"))
        for stage in summary["stages"]:
            show(spoken(stage["sentence"]))
        show()
        show(grid_table(stages_grid(summary)))
        show()
        for line in remarks(summary):
            show(Text(line, style="dim"))

    return drawn(draw, width, color)


def render_headroom_markdown(summary: Summary) -> str:
    """Return a headroom as GitHub-flavoured Markdown."""
    parts = [
        f"# {headline(summary)}",
        "\n".join(f"- {spoken(stage['sentence'])}" for stage in summary["stages"]),
        section(stages_grid(summary)),
        "\n".join(f"- {line}" for line in remarks(summary)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def headline(summary: Summary) -> str:
    """Return what it is about, in one line."""
    return spoken(f"Headroom of {summary['scenario']}")


def stages_grid(summary: Summary) -> Grid:
    """Return what the system bears, as it is and mended."""
    rows = []
    for number, stage in enumerate(summary["stages"]):
        name = "as it is" if number == 0 else "; ".join(stage["mended"])
        figure = stage["multiple"]
        interval = NONE if figure["low_95"] is None else f"{figure['low_95']:.2f} to {figure['high_95']:.2f}"
        multiple = stage["limit"] if figure["mean"] is None else f"{figure['mean']:.2f}"
        held = [item["holds"] for item in stage["replications"]]
        rows.append((name, multiple, interval, f"{min(held):.2f}", f"{max(held):.2f}"))
    heads = ("System", ">Times the traffic", ">95 %", ">Least", ">Most")
    return Grid(title="What it bears", heads=heads, rows=tuple(rows))


def remarks(summary: Summary) -> list[str]:
    """Return what a reader has to know besides."""
    searched = "Searched: " + "; ".join(summary["searched"]) + "."
    stopped = f"No further break: {summary['stopped']}." if summary["stopped"] else ""
    lines = [summary["whole"], searched, stopped, *summary["notes"], f"Seed {summary['seed']}."]
    return [line for line in lines if line]
