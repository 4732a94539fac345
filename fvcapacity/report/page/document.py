"""A run as one HTML file: verdict, timeline, request path, where time goes, cost, and another run beside it.

Names come from results and are hostile until they are escaped: the template escapes whatever is not markup of ours,
JSON cannot leave its script element, and a policy in the page's head lets no script run but the two that it knows by
their hash, and nothing be fetched at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fvcapacity.frozen import Frozen
from fvcapacity.report.blocks import Key, Table
from fvcapacity.report.markup import environment
from fvcapacity.report.page.against import lines_beside
from fvcapacity.report.page.bars import Bar, kinds_of, route_bars, service_bars
from fvcapacity.report.page.beside import Beside, beside_of
from fvcapacity.report.page.boxes import boxes_of
from fvcapacity.report.page.clock import Clock
from fvcapacity.report.page.diagram import diagram_of, svg_of
from fvcapacity.report.page.facts import Facts, facts_of
from fvcapacity.report.page.flow import flow_of, layers_of
from fvcapacity.report.page.headline import cause_sentence, keys_of, sentences, value_of, verdict_sentence
from fvcapacity.report.page.marks import Mark, marks_of
from fvcapacity.report.page.palette import DARK, LIGHT
from fvcapacity.report.page.script_text import json_in_script, source_hash
from fvcapacity.report.page.series import Panel, panels_of
from fvcapacity.report.page.still import still_of
from fvcapacity.report.page.tables import events_table, money_table, path_table, timeline_table
from fvcapacity.report.page.timeline import Chart, Season, Timeline, timeline_of
from fvcapacity.report.page.words import page_tongue
from fvcapacity.report.tongue import Language, Tongue, plain
from fvcapacity.results.result import Result
from fvcapacity.results.route_tables import ALL
from fvcapacity.results.scenario_reading import scenario_said
from fvcapacity.review.extra import needed
from fvcapacity.tabular.directory import write_file

_TEMPLATES = Path(__file__).with_name("templates")
UNREAD = ("pod_samples", "requests", "route_samples", "service_samples", "hpa_metrics", "service_histogram")
"""Large tables that a page has no use for (`load_result(..., without=UNREAD)`)."""


class Legend(Frozen):
    """One line of a chart's key."""

    words: str
    color: str
    renderer: str
    dashed: bool


class ChartBlock(Frozen):
    """A chart with its heading, its key, and the objective that it shows."""

    key: str
    element: str
    title: str
    legend: tuple[Legend, ...]
    limit: str
    height: int


class Zoom(Frozen):
    """A stretch of time that a button shows, in milliseconds of the axis."""

    words: str
    start: float
    end: float


def report_html(
    result: Result,
    language: Language = "en",
    *,
    against: Result | None = None,
    names: tuple[str, str] | None = None,
) -> str:
    """Return a run as one self-contained HTML file.

    Parameters
    ----------
    result
        The run.
    language
        ``en`` or ``es``.
    against
        Another run that is put beside it.
    names
        What the two are called; the names of their scenarios by default.

    Raises
    ------
    InputError
        When a library of the extra ``report`` is missing.
    """
    markup = needed("markupsafe", "MarkupSafe", "report").Markup
    template = environment(_TEMPLATES, html=True, extra="report").get_template("report.html.j2")
    page = _Page(result, page_tongue(language), against, names)
    script = (_TEMPLATES / "report.js").read_text(encoding="utf-8")
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    library = library_source()
    scripts = f"script-src {source_hash(library)} {source_hash(script)}"
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; {scripts}"
    return str(
        template.render(
            page=page, say=page.tongue, lang=language, ours=markup, library=markup(library), script=markup(script),
            style=markup(style), policy=policy, light=LIGHT, dark=DARK, json=lambda text: markup(json_in_script(text)),
        )
    )  # fmt: skip


def write_report(
    result: Result,
    target: str | Path,
    language: Language = "en",
    *,
    against: Result | None = None,
    names: tuple[str, str] | None = None,
) -> Path:
    """Write a run as one HTML file, whole or not at all.

    Parameters
    ----------
    result, language, against, names
        As for `report_html`.
    target
        The file.

    Raises
    ------
    InputError
        When a library of the extra ``report`` is missing, or the file cannot be written.
    """
    html = report_html(result, language, against=against, names=names)
    return write_file(Path(target), lambda path: _write(path, html))


def check_libraries() -> None:
    """Check that a page can be made, before what is long.

    Raises
    ------
    InputError
        When a library of the extra ``report`` is missing, with what to install.
    """
    for module, distribution in (("jinja2", "Jinja2"), ("babel", "Babel"), ("bokeh", "Bokeh")):
        needed(module, distribution, "report")


def _write(path: Path, html: str) -> None:
    path.write_text(html, encoding="utf-8")


@cache
def library_source() -> str:
    """Return the script of BokehJS that draws, without the name of its source map."""
    root = Path(needed("bokeh", "Bokeh", "report").__file__).parent
    source = (root / "server" / "static" / "js" / "bokeh.min.js").read_text(encoding="utf-8")
    return source.partition("//# sourceMappingURL")[0].replace("</script", "<\\/script").strip()


class _Page:
    """What the template asks for, part by part."""

    def __init__(self, result: Result, tongue: Tongue, against: Result | None, names: tuple[str, str] | None) -> None:
        self.result, self.tongue = result, tongue
        self.summary = result.summary
        self.clock = Clock(result.summary)
        self.facts = facts_of(result)
        own = (self.summary["scenario"]["name"], against.summary["scenario"]["name"] if against else "")
        self.name = plain(own[0], 80)
        self.names = tuple(plain(name, 80) for name in names or own)
        self.panels: Sequence[Panel] = panels_of(result)
        self.marks: Sequence[Mark] = marks_of(result)
        self.seasons = seasons_of(result, self.clock)
        lines = lines_beside(self.panels, against) if against else None
        self.timeline: Timeline = timeline_of(
            self.panels, self.marks, self.clock, tongue,
            seasons=self.seasons, against=lines, against_name=self.names[1],
        )  # fmt: skip
        self.still = still_of(self.panels, self.marks, self.clock, tongue) if self.panels else ""
        self._path()
        self.beside: Beside | None = None
        if against is not None:
            pair: tuple[Facts, Facts] = (self.facts, facts_of(against))
            self.beside = beside_of(result, against, pair, (self.names[0], self.names[1]), tongue)

    def _path(self) -> None:
        flow = flow_of(self.result)
        self.diagram, self.path_table = "", None
        self.route_bars: tuple[Bar, ...] = ()
        self.service_bars: tuple[Bar, ...] = ()
        if flow is None:
            return
        columns, boxes = layers_of(flow.calls), boxes_of(self.result, self._blamed())
        picture = diagram_of(columns, flow.calls, boxes, self.tongue)
        names = [plain(name) for column in columns for name in column]
        self.diagram = svg_of(picture, self.tongue("path.label", services=", ".join(names)))
        self.path_table = path_table(columns, flow.calls, boxes, self.tongue)
        self.route_bars, self.service_bars = route_bars(flow, self.tongue), service_bars(flow, self.tongue)

    def _blamed(self) -> Any:
        return self.facts.cause if self.facts.status == "missed" else None

    @property
    def title(self) -> str:
        """Title of the page."""
        return self.tongue("title", name=self.name)

    @property
    def subtitle(self) -> str:
        """From when to when."""
        first, last = self.clock.at(0.0), self.clock.at(self.clock.duration_s)
        return self.tongue(
            "subtitle",
            first=self.tongue.instant(first, year=True),
            last=self.tongue.instant(last, year=True),
            zone=plain(self.clock.zone.key),
        )

    @property
    def description(self) -> str:
        """The scenario's own words."""
        return plain(self.summary["scenario"]["description"], 300).rstrip(".")

    @property
    def runs(self) -> str:
        """How many requests were replayed how often."""
        count = int(self.summary["run"]["replications_in_figures"])
        requests = self.tongue.number(self.facts.requests)
        return (
            self.tongue("runs", requests=requests, n=count) if count > 1 else self.tongue("runs.one", requests=requests)
        )

    @property
    def verdict(self) -> str:
        """The one sentence."""
        return verdict_sentence(self.facts, self.tongue)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is to be said of the objectives."""
        return sentences(self.facts, self.clock, self.tongue)

    @property
    def cause(self) -> str:
        """What holds it back."""
        return cause_sentence(self.facts.cause, self.facts, self.clock, self.tongue)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The figures at the top."""
        return keys_of(self.facts, self.clock, self.tongue)

    @property
    def charts(self) -> tuple[ChartBlock, ...]:
        """The charts of the timeline."""
        return tuple(self._chart(chart) for chart in self.timeline.charts)

    def _chart(self, chart: Chart) -> ChartBlock:
        legend = tuple(
            Legend(
                self.tongue("route.all") if entry.name == ALL else plain(entry.name, 40),
                entry.color, entry.renderer, entry.dashed,
            )
            for entry in chart.entries
        )  # fmt: skip
        objective = next((item for item in self.facts.objectives if item.name == chart.key), None)
        limit = (
            ""
            if objective is None
            else self.tongue("objective", value=value_of(objective, objective.threshold, self.tongue))
        )
        title = self.tongue(f"panel.{chart.key}")
        return ChartBlock(chart.key, chart.element, title, legend, limit, int(chart.figure.height))

    @property
    def zooms(self) -> tuple[Zoom, ...]:
        """Stretches that buttons show: everything, where it was worst, where most came."""
        clock, whole = self.clock, self.clock.duration_s
        found = [Zoom(self.tongue("zoom.all"), float(clock.axis(0.0)), float(clock.axis(whole)))]
        if whole < 3 * 3600:
            return tuple(found)
        p95 = next((item for item in self.facts.objectives if item.name == "p95"), None)
        if p95 is not None and p95.worst_s is not None:
            found.append(self._around(p95.worst_s, "zoom.worst"))
        found.append(self._around(self.facts.peak_s, "zoom.peak"))
        return tuple(found)

    def _around(self, time_s: float, words: str) -> Zoom:
        half = max(3600.0, self.clock.duration_s / 48)
        start = min(max(time_s - half, 0.0), max(self.clock.duration_s - 2 * half, 0.0))
        end = min(start + 2 * half, self.clock.duration_s)
        return Zoom(self.tongue(words), float(self.clock.axis(start)), float(self.clock.axis(end)))

    @property
    def timeline_notes(self) -> tuple[str, ...]:
        """What has to be known to read the timeline."""
        notes = []
        count = int(self.summary["run"]["replications"])
        if count > 1:
            notes.append(self.tongue("timeline.first", n=count))
        if self.panels and self.panels[0].grid.step_s > 60:
            notes.append(self.tongue("timeline.step", step=_step(self.panels[0].grid.step_s, self.tongue)))
        if self.seasons:
            notes.append(
                self.tongue("timeline.seasons", names=", ".join(plain(item.name, 60) for item in self.seasons))
            )
        return tuple(notes)

    @property
    def timeline_table(self) -> Table:
        """The timeline as a table."""
        return timeline_table(self.panels, self.clock, self.tongue)

    @property
    def events_table(self) -> Table:
        """The events as a table."""
        return events_table(self.marks, self.clock, self.tongue)

    @property
    def money_table(self) -> Table | None:
        """The bill by category."""
        return money_table(self.result, self.tongue) if self.summary["cost"] else None

    @property
    def money_sentences(self) -> tuple[str, ...]:
        """What the run costs, and what is in no sum."""
        if self.facts.usd is None:
            return (self.tongue("money.none"),)
        said = [
            self.tongue(
                "money.rate",
                usd=self.tongue.usd(self.facts.usd),
                thousand=self.tongue.usd(self.facts.per_thousand_usd, 4),
                month=self.tongue.usd(self.facts.month_usd, 0),
            )
        ]
        if self.facts.unpriced:
            said.append(self.tongue("v.unpriced", n=self.facts.unpriced))
        return tuple(said)

    def kinds(self, bars: Sequence[Bar]) -> tuple[str, ...]:
        """Return the kinds of parts that bars have."""
        return kinds_of(bars)

    @property
    def foot(self) -> str:
        """Who made it, of what."""
        run = self.summary["run"]
        return self.tongue(
            "made-by",
            version=plain(run["versions"].get("fvcapacity", "")),
            kubernetes=plain(run["kubernetes"]),
            seed=run["seed"],
        )


def seasons_of(result: Result, clock: Clock) -> tuple[Season, ...]:
    """Return the events of the scenario's traffic that lie in the window."""
    found = []
    for event in (scenario_said(result.scenario_yaml).get("traffic") or {}).get("events") or ():
        span = _span(event, clock)
        if span is not None:
            found.append(Season(str(event.get("name", "")), *span))
    return tuple(found)


def _span(event: Mapping[str, Any], clock: Clock) -> tuple[float, float] | None:
    from fvcapacity.units import NS_PER_S, parse_duration_ns

    start = datetime.fromisoformat(str(event["start"]))
    if start.tzinfo is None:
        start = start.replace(tzinfo=clock.zone)
    first = (start - clock.start.to_pydatetime(warn=False)).total_seconds()
    last = first + parse_duration_ns(str(event["duration"])) / NS_PER_S
    first, last = max(first, 0.0), min(last, clock.duration_s)
    return (first, last) if last > first else None


def _step(seconds: float, tongue: Tongue) -> str:
    return (
        tongue("step.minutes", n=round(seconds / 60))
        if seconds < 3600
        else tongue("step.hours", n=round(seconds / 3600))
    )
