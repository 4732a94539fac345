"""One look for all figures: palette, fonts, axes, and the same bytes in every repetition.

The colours are those of Okabe and Ito (2008), which people with any of the common colour vision deficiencies can tell
apart. Figures are made without pyplot, so that nothing global is touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import matplotlib as mpl
import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#222222"
INK, SOFT, GRID = "#222222", "#6B6B6B", "#E4E4E4"
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY, "#8C6D31", "#7F7F7F")
"""Colours of lines that stand side by side; yellow is left out because it vanishes on white."""

_SETTINGS: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlesize": 11.5,
    "axes.titlepad": 12,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "figure.constrained_layout.h_pad": 0.12,
    "figure.constrained_layout.w_pad": 0.12,
    "figure.dpi": 100,
    "savefig.dpi": 150,
    "svg.hashsalt": "fvcapacity",  # ids in the SVG would be random otherwise
    "svg.fonttype": "none",
}


_NOTEBOOK_DPI = 80
"""Small enough to be committed with a notebook, and to be read beside its text."""


@contextmanager
def styled() -> Iterator[None]:
    """Draw with the common look inside this block."""
    with mpl.rc_context(cast("Any", _SETTINGS)):  # matplotlib types the keys as literals
        yield


class ShownFigure(Figure):
    """A figure that a notebook shows by itself: without pyplot, none would know how."""

    def _repr_png_(self) -> bytes:
        with styled():
            written = BytesIO()
            self.savefig(written, format="png", dpi=_NOTEBOOK_DPI, metadata={"Software": None})
        return written.getvalue()


def new_figure(width: float = 9.0, height: float = 4.2) -> Figure:
    """Return an empty figure of a size in inches, tied to no window."""
    figure = ShownFigure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Figure, directory: Path, name: str) -> None:
    """Write a figure as PNG and SVG without dates or versions in them."""
    with styled():
        figure.savefig(directory / f"{name}.png", metadata={"Software": None})
        figure.set_layout_engine("none")  # it is laid out now, and doing that again would double the time
        figure.savefig(directory / f"{name}.svg", metadata={"Date": None, "Creator": None})


def day_number(instant: pd.Timestamp) -> float:
    """Return an instant as matplotlib counts time on an axis: days."""
    return float(mdates.date2num(instant))  # type: ignore[no-untyped-call]


def time_axis(axes: Axes, zone: ZoneInfo, start: pd.Timestamp, end: pd.Timestamp) -> None:
    """Let the x axis run over the window in local time, and say which time that is."""
    axes.set_xlim(day_number(start), day_number(end))
    locator = mdates.AutoDateLocator(tz=zone, minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter = mdates.ConciseDateFormatter(locator, tz=zone, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)
    first, last = start.astimezone(zone), (end - pd.Timedelta(1, "s")).astimezone(zone)
    begin = "" if first.date() == last.date() else f"{first:%a} {first.day} {first:%b} to "
    axes.set_xlabel(f"{begin}{last:%a} {last.day} {last:%b %Y}, {zone.key}")


def label_ends(axes: Axes, entries: Sequence[tuple[float, str, str]], *, gap: float = 0.055) -> None:
    """Write labels at the right ends of lines, pushed apart so that they do not cover each other.

    Parameters
    ----------
    entries
        Value at the end of the line, text, colour.
    gap
        Smallest distance of two labels, as a share of the axis' height.
    """
    low, high = axes.get_ylim()
    log = axes.get_yscale() == "log"

    def share(value: float) -> float:
        if log:
            return float(np.log(max(value, low) / low) / np.log(high / low))
        return (value - low) / (high - low) if high > low else 0.0

    placed = -np.inf
    for position, text, color in sorted((share(value), text, color) for value, text, color in entries):
        placed = max(position, placed + gap)
        axes.annotate(
            text,
            xy=(1.0, placed),
            xycoords="axes fraction",
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=color,
            fontsize=9,
            annotation_clip=False,
        )


def note(axes: Axes, text: str) -> None:
    """Say in the middle of empty axes why there is nothing to see."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=SOFT)
    axes.set_yticks([])
