"""What notebooks are shown: nothing that a user wrote becomes markup, and small lines keep their peaks."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser

import pytest
from matplotlib.figure import Figure

from fvcapacity.display.figures import with_interval
from fvcapacity.display.html import _GROUNDS, Html, card, chip, joined, line, safe, soft, table
from fvcapacity.display.plots import Plots
from fvcapacity.display.sparkline import sparkline
from fvcapacity.errors import InputError
from fvcapacity.plots.style import new_figure

HOSTILE = """<img src=x onerror="alert('1')">&"""


class Seen(HTMLParser):
    """The tags and attributes of a text, and whether each tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("path", "line"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "made",
    [
        safe(HOSTILE),
        chip(HOSTILE),
        soft(HOSTILE),
        line(HOSTILE),
        table([HOSTILE], [[HOSTILE]]),
        card(HOSTILE, HOSTILE, HOSTILE),
        joined([HOSTILE, chip("x")]),
        sparkline([[1.0, 2.0]], HOSTILE),
    ],
)
def test_text_is_escaped_wherever_it_stands(made):
    seen = Seen(made)
    assert "img" not in seen.tags
    assert not seen.open
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    assert isinstance(made, Html)


def test_markup_of_ours_is_not_escaped_twice():
    assert safe(safe("a & b")) == "a &amp; b"


def test_a_table_without_rows_is_nothing():
    assert table(["a"], []) == ""


@pytest.mark.parametrize("ground", _GROUNDS.values())
def test_white_stands_out_on_every_chip(ground):
    channels = [int(ground[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) > 4.5


def test_nothing_else_sets_a_colour_of_text_or_ground():
    made = card("a", "holds", table(["a"], [["b"]]), line("c"), soft("d"))
    colours = set(re.findall(r"(?<![-\w])(?:color|background):([^;\"]+)", made))
    assert colours == {"#fff", _GROUNDS["good"], "inherit", "none"}


def test_a_sparkline_keeps_a_peak_among_thousands():
    values = [1.0] * 5000
    values[1234] = 100.0
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", sparkline([values], ""))]
    assert len(heights) <= 260
    assert min(heights) == 3.0


def test_a_sparkline_leaves_gaps_and_draws_one_point():
    assert re.findall("M", sparkline([[1.0, math.nan, 2.0]], "")) == ["M", "M"]
    assert "h2" in sparkline([[1.0]], "")
    assert sparkline([[math.nan]], "") == ""
    assert "stroke-dasharray" in sparkline([[1.0]], "", threshold=3.0)


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (None, ""),
        ({"mean": None, "low_95": None, "high_95": None}, ""),
        ({"mean": 0.0123, "low_95": None, "high_95": None}, "12.30"),
        ({"mean": -1e-9, "low_95": None, "high_95": None}, "0.00"),
        ({"mean": 0.0123, "low_95": 0.0120, "high_95": 0.0126}, "12.30 ± 0.30"),
    ],
)
def test_figures_with_their_interval(figure, text):
    assert with_interval(figure, 1e3, 2) == text


def test_plots_are_called_listed_and_refused():
    drawn: list[str] = []

    def draw(name: str) -> Figure:
        drawn.append(name)
        return new_figure()

    plots = Plots({"overview": "all", "latency": "p95 <b>"}, draw)
    plots()
    plots("latency")
    assert drawn == ["overview", "latency"]
    assert plots.names == tuple(plots) == ("overview", "latency")
    assert repr(plots) == 'plot("overview")  all\nplot("latency")   p95 <b>'
    assert "&lt;b&gt;" in plots._repr_html_()
    with pytest.raises(
        InputError, match=r"no plot 'latenci'\n +hint: did you mean 'latency'\? there are overview, lat"
    ):
        plots("latenci")


def test_a_figure_shows_itself_the_same_each_time():
    figures = [new_figure(3.0, 2.0)._repr_png_() for _ in range(2)]
    assert figures[0].startswith(b"\x89PNG")
    assert figures[0] == figures[1]
