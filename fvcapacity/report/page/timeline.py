"""The timeline as Bokeh figures that share one time axis and one crosshair, and what a script must know of them.

Everything that people read besides the axes stands in the page itself, where it can be translated, searched and read
aloud: headings, the key of the colours with the values under the crosshair, the buttons.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fvcapacity.frozen import Frozen
from fvcapacity.report.page.clock import Clock
from fvcapacity.report.page.marks import BAD, LANES, Mark
from fvcapacity.report.page.palette import DARK, LIGHT, LINES
from fvcapacity.report.page.series import Panel
from fvcapacity.report.tongue import Tongue, plain
from fvcapacity.review.extra import needed

_HEIGHTS = {"traffic": 150, "p95": 190, "errors": 110, "throttled": 130, "replicas": 160, "nodes": 100}
_LANE_HEIGHT, _AXIS_HEIGHT = 30, 36
_LEFT, _RIGHT = 58, 14
_SHORTEST_MS = 10 * 60e3
_UNITS = {"rps": "1/s", "ms": "ms", "percent": "%", "count": ""}


class Season(Frozen):
    """A stretch of the window that the scenario names: a campaign, a day."""

    name: str
    start_s: float
    end_s: float


@dataclass
class Painter:
    """Remembers which colour of the palette each property of a model has, so that a script can change the theme."""

    strokes: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, model: Any, **tokens: str) -> Any:
        """Give properties of a model their colours by token."""
        for name, token in tokens.items():
            setattr(model, name, LIGHT[token])
            self.strokes.append((model.id, name, token))
        return model


class Chart(Frozen):
    """A figure and its place in the page: the element's id, heading, key."""

    key: str
    element: str
    figure: Any
    entries: tuple[Entry, ...]


class Entry(Frozen):
    """One line of the key of a chart."""

    name: str
    color: str
    renderer: str
    column: str
    dashed: bool = False


class Timeline(Frozen):
    """All charts with what a script needs: Bokeh's document, and our own description of it."""

    charts: tuple[Chart, ...]
    document: str
    settings: str


def timeline_of(
    panels: Sequence[Panel],
    marks: Sequence[Mark],
    clock: Clock,
    tongue: Tongue,
    *,
    seasons: Sequence[Season] = (),
    against: Mapping[str, Any] | None = None,
    against_name: str = "",
) -> Timeline:
    """Return the timeline of a run.

    Parameters
    ----------
    panels, marks
        Of the run.
    seasons
        Stretches that stand behind the traffic.
    against
        Lines of another run by the key of their panel, on the same grid: drawn dashed.
    against_name
        What the other run is called.
    """
    models = needed("bokeh.models", "Bokeh", "report")
    paint = Painter()
    start, end = float(clock.axis(0.0)), float(clock.axis(clock.duration_s))
    window = models.Range1d(start, end, bounds=(start, end), min_interval=_SHORTEST_MS)
    cross = models.Span(dimension="height", line_width=1, line_dash=[3, 3], level="overlay")
    paint(cross, line_color="ink")
    stage = _Stage(models, paint, window, cross, clock, tongue, panels[0].key if panels else "")
    charts = [stage.panel(panel, seasons, (against or {}).get(panel.key), against_name) for panel in panels]
    if marks:
        charts.append(stage.lanes(marks))
    elements = {chart.figure.id: chart.element for chart in charts}
    return Timeline(tuple(charts), _document(charts), _settings(charts, elements, paint, window, cross, clock, tongue))


class _Stage(Frozen):
    """What all figures share."""

    models: Any
    paint: Painter
    window: Any
    cross: Any
    clock: Clock
    tongue: Tongue
    first: str

    def panel(self, panel: Panel, seasons: Sequence[Season], other: Any, other_name: str) -> Chart:
        """Draw the lines of a panel."""
        figure = self._figure(_HEIGHTS[panel.key], log=panel.key == "p95")
        source = self._source(panel, other)
        if panel.key == "traffic":
            self._behind(figure, seasons)
            area = figure.varea(x="x", y1=0, y2="y0", source=source, fill_alpha=0.16)
            self.paint(area.glyph, fill_color="c0")
        if panel.band is not None:
            band = figure.varea(x="x", y1="low", y2="high", source=source, fill_alpha=0.2)
            self.paint(band.glyph, fill_color="c0")
        entries = [self._line(figure, source, panel, number) for number in range(len(panel.lines))]
        if other is not None:
            entries.append(self._other(figure, source, panel, other_name))
        if panel.limit is not None:
            limit = self.models.Span(location=panel.limit, dimension="width", line_width=1.4, line_dash=[6, 4])
            figure.add_layout(self.paint(limit, line_color="bad"))
        self._scale(figure, panel, other)
        return Chart(panel.key, f"chart-{panel.key}", figure, tuple(entries))

    def lanes(self, marks: Sequence[Mark]) -> Chart:
        """Draw what happened, a lane for each kind."""
        names = [lane for lane in LANES if any(mark.lane == lane for mark in marks)]
        figure = self._figure(_LANE_HEIGHT * len(names) + _AXIS_HEIGHT)
        figure.y_range = self.models.Range1d(len(names) - 0.5, -0.85)
        figure.yaxis.visible = False
        figure.ygrid.ticker = list(range(len(names)))
        for row, lane in enumerate(names):
            own = [mark for mark in marks if mark.lane == lane]
            source = self.models.ColumnDataSource(
                {
                    "x": self.clock.axis(np.array([mark.time_s for mark in own])),
                    "y": np.full(len(own), row, np.float32),
                    "when": [self.clock.words(mark.time_s, self.tongue) for mark in own],
                    "who": [plain(mark.subject) for mark in own],
                    "what": [plain(mark.message) for mark in own],
                },
                name=f"marks-{lane}",
            )
            drawn = figure.scatter(
                x="x", y="y", source=source, marker=_MARKERS.get(lane, "circle"), size=9, line_width=1, fill_alpha=0.75,
            )  # fmt: skip
            color = "bad" if lane in BAD else "c0" if lane == "up" else "other" if lane == "down" else "c2"
            self.paint(drawn.glyph, line_color="ground", fill_color=color)
            label = self.models.Label(
                x=4, y=row, x_units="screen", text=self.tongue(f"lane.{lane}"), text_font_size="10.5px",
                text_baseline="bottom", y_offset=6, text_font=_FONT,
            )  # fmt: skip
            figure.add_layout(self.paint(label, text_color="soft"))
        tips = [
            (self.tongue("tip.when"), "@when"),
            (self.tongue("tip.who"), "@who"),
            (self.tongue("tip.what"), "@what"),
        ]
        figure.add_tools(self.models.HoverTool(tooltips=tips, line_policy="none", limit=4))
        return Chart("events", "chart-events", figure, ())

    def _figure(self, height: int, *, log: bool = False) -> Any:
        plotting = needed("bokeh.plotting", "Bokeh", "report")
        figure = plotting.figure(
            height=height, sizing_mode="stretch_width", x_range=self.window, x_axis_type="datetime",
            y_axis_type="log" if log else "linear", toolbar_location=None, tools="", min_border_left=_LEFT,
            min_border_right=_RIGHT, min_border_top=8, min_border_bottom=26, background_fill_color=None,
            border_fill_color=None, outline_line_color=None, lod_threshold=None,
        )  # fmt: skip
        drag = self.models.BoxZoomTool(dimensions="width")
        self.paint(drag.overlay, line_color="ink", fill_color="calm")
        wheel = self.models.WheelZoomTool(dimensions="width", modifiers={"ctrl": True})
        figure.add_tools(drag, wheel, self.models.CrosshairTool(overlay=self.cross))
        figure.toolbar.active_drag, figure.toolbar.active_scroll = drag, wheel
        day = "%d %b" if self.tongue.language == "en" else "%d/%m"
        figure.xaxis.formatter = self.models.DatetimeTickFormatter(
            minutes="%H:%M", hourmin="%H:%M", hours="%H:%M", days=day, months=day, seconds="%H:%M:%S",
        )  # fmt: skip
        figure.xaxis.ticker.desired_num_ticks = 8
        for axis in (figure.xaxis[0], figure.yaxis[0]):
            axis.axis_line_color = axis.minor_tick_line_color = None
            axis.major_label_text_font, axis.major_label_text_font_size = _FONT, "11px"
            self.paint(axis, major_label_text_color="soft", major_tick_line_color="grid")
        figure.yaxis.major_tick_line_color = None
        figure.xgrid.grid_line_color = None
        self.paint(figure.ygrid[0], grid_line_color="grid")
        return figure

    def _source(self, panel: Panel, other: Any) -> Any:
        data: dict[str, Any] = {"x": self.clock.axis(panel.grid.times_s)}
        for number, line in enumerate(panel.lines):
            data[f"y{number}"] = line.values.astype(np.float32)
        if panel.band is not None:
            data["low"], data["high"] = (values.astype(np.float32) for values in panel.band)
        if other is not None:
            data["other"] = np.asarray(other, np.float32)
        return self.models.ColumnDataSource(data, name=f"data-{panel.key}")

    def _line(self, figure: Any, source: Any, panel: Panel, number: int) -> Entry:
        token = LINES[number % len(LINES)]
        name = f"{panel.key}-{number}"
        options = {"x": "x", "y": f"y{number}", "source": source, "line_width": 1.8, "name": name}
        if panel.unit == "count":
            drawn = figure.step(mode="after", **options)
        else:
            drawn = figure.line(**options)
            if number and panel.key in ("p95", "errors"):  # a route that few call has single windows that are judged
                dots = figure.scatter(x="x", y=f"y{number}", source=source, size=3, name=f"{name}-dots")
                self.paint(dots.glyph, line_color=token, fill_color=token)
        self.paint(drawn.glyph, line_color=token)
        return Entry(panel.lines[number].name, token, name, f"y{number}")

    def _other(self, figure: Any, source: Any, panel: Panel, name: str) -> Entry:
        options = {"x": "x", "y": "other", "source": source, "line_width": 1.6, "line_dash": [5, 3]}
        draw = figure.step if panel.unit == "count" else figure.line
        drawn = draw(name=f"{panel.key}-other", **options)
        self.paint(drawn.glyph, line_color="ink")
        return Entry(name, "ink", f"{panel.key}-other", "other", dashed=True)

    def _behind(self, figure: Any, seasons: Sequence[Season]) -> None:
        for number, season in enumerate(seasons):
            box = self.models.BoxAnnotation(
                left=float(self.clock.axis(season.start_s)), right=float(self.clock.axis(season.end_s)),
                level="underlay", fill_alpha=1.0, line_alpha=0.0,
            )  # fmt: skip
            figure.add_layout(self.paint(box, fill_color="band"))
            late = season.start_s > 0.7 * self.clock.duration_s  # a name that begins there would be cut off
            below = sum(other.start_s < season.end_s and season.start_s < other.end_s for other in seasons[:number])
            label = self.models.Label(
                x=box.right if late else box.left, text_align="right" if late else "left",
                y=0, y_units="screen", x_offset=-5 if late else 5, y_offset=4 + _LINE_PX * below,
                text=plain(season.name, 40), text_font_size="10.5px", text_font=_FONT, text_baseline="bottom",
            )  # fmt: skip
            figure.add_layout(self.paint(label, text_color="soft"))

    def _numbers(self) -> Any:
        return self.models.NumeralTickFormatter(format="0,0[.]0", language=self.tongue.language)

    def _scale(self, figure: Any, panel: Panel, other: Any) -> None:
        rows = [line.values for line in panel.lines] + ([np.asarray(other)] if other is not None else [])
        rows += [panel.band[1]] if panel.band is not None else []
        values = np.concatenate(rows)
        values = values[np.isfinite(values)]
        top = max(float(values.max(initial=0.0)), 0.0)
        ticker = figure.yaxis.ticker
        if panel.key == "p95":
            low = float(values[values > 0].min(initial=panel.limit or 1.0))
            ends = low / 1.5, max(top, panel.limit or 1.0) * 1.6
            figure.y_range = self.models.Range1d(*ends)
            figure.yaxis.formatter = self._numbers()
            figure.yaxis.ticker = figure.ygrid.ticker = self.models.FixedTicker(ticks=decades(*ends))
            return
        top = max(top, (panel.limit or 0.0) * 1.3, 1.0 if panel.unit != "rps" else 0.1)
        figure.y_range = self.models.Range1d(0, top * 1.08)
        figure.yaxis.formatter = self._numbers()
        ticker.desired_num_ticks, ticker.num_minor_ticks = 3, 0
        if panel.unit == "count":
            ticker.mantissas = [1, 2, 5, 10]
            ticker.min_interval = 1


def decades(low: float, high: float) -> list[float]:
    """Return where a logarithmic axis is marked: powers of ten, and 2 and 5 times these where there is room."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1,) if math.log10(high / low) > 2.2 else (1, 2, 5)
    marks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    return [mark for mark in marks if low <= mark <= high]


_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
_LINE_PX = 13
"""Names of seasons that overlap stand above each other."""
_MARKERS = {
    "up": "triangle",
    "down": "inverted_triangle",
    "kill": "x",
    "restart": "diamond",
    "pending": "square",
    "node-up": "triangle",
    "node-down": "inverted_triangle",
    "fault": "star",
}


def _document(charts: Sequence[Chart]) -> str:
    """Return Bokeh's own description of the figures, to be embedded."""
    document = needed("bokeh.document", "Bokeh", "report").Document()
    with document.models.freeze():  # looks for models once, not for each figure
        for chart in charts:
            document.add_root(chart.figure)
    described = document.to_json(deferred=False)
    described["title"] = ""
    return json.dumps({"timeline": described}, allow_nan=False)


def _settings(
    charts: Sequence[Chart],
    elements: Mapping[str, str],
    paint: Painter,
    window: Any,
    cross: Any,
    clock: Clock,
    tongue: Tongue,
) -> str:
    numbers = {"en": "en-US", "es": "es-CL"}[tongue.language]
    described = {
        "roots": dict(elements),
        "range": window.id,
        "cross": cross.id,
        "whole": [window.start, window.end],
        "strokes": paint.strokes,
        "palettes": {"light": dict(LIGHT), "dark": dict(DARK)},
        "locale": numbers,
        "charts": [
            {
                "key": chart.key,
                "source": f"data-{chart.key}",
                "lines": [[entry.renderer, entry.column] for entry in chart.entries],
            }
            for chart in charts
            if chart.entries
        ],
    }
    return json.dumps(described, allow_nan=False)
