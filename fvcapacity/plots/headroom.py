"""How much more traffic a system bears, as it is and with one cause after the other mended."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from fvcapacity.plots.style import BLUE, RED, SOFT, new_figure, styled


def draw_headroom(summary: Mapping[str, Any]) -> Figure:
    """Return a line for each stage: the multiples of its replications, their mean and its interval.

    Parameters
    ----------
    summary
        The headroom's document.
    """
    stages = summary["stages"]
    with styled():
        figure = new_figure(9.0, 1.6 + 0.8 * len(stages))
        axes = figure.subplots()
        for row, stage in enumerate(reversed(stages)):
            for item in stage["replications"]:
                if item["breaks"] is not None:
                    axes.plot([item["holds"], item["breaks"]], [row + 0.18] * 2, color=SOFT, linewidth=1)
                axes.plot(item["holds"], row + 0.18, "|", color=SOFT, markersize=7)
            multiple = stage["multiple"]
            if multiple["low_95"] is not None:
                axes.plot([multiple["low_95"], multiple["high_95"]], [row, row], color=BLUE, linewidth=3)
            if multiple["mean"] is not None:
                axes.plot(multiple["mean"], row, "o", color=BLUE)
                axes.annotate(
                    f"{multiple['mean']:.2f}",
                    (multiple["mean"], row),
                    (0, -13),
                    textcoords="offset points",
                    ha="center",
                )
            else:
                axes.annotate(stage["limit"], (1, row), (6, 0), textcoords="offset points", va="center", color=SOFT)
        axes.axvline(1, color=RED, linewidth=1.2, linestyle=(0, (5, 3)))
        axes.set_xlim(left=0)
        axes.set_ylim(-0.6, len(stages) - 0.4)
        names = ["as it is" if not stage["mended"] else "; ".join(stage["mended"]) for stage in reversed(stages)]
        axes.set_yticks(range(len(stages)), ["\n".join(textwrap.wrap(name, 34)) for name in names])
        axes.set_xlabel("times the traffic; dashed: the traffic as it is; grey: each replication")
        axes.set_title(f"What {summary['scenario']} bears")
    return figure
