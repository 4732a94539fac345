"""What the window costs, by item."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fvcapacity.plots.context import PlotContext, Tables
from fvcapacity.plots.style import CYCLE, INK, new_figure, note

_MOST = 12


def plot_cost(tables: Tables, context: PlotContext) -> Figure:
    """Return the bill as bars."""
    items = len(tables["bill"].groupby(["category", "item"])) if "bill" in tables else 1
    figure = new_figure(9.0, 1.5 + 0.34 * min(max(items, 3), _MOST))
    draw_cost(figure.subplots(), tables, context)
    return figure


def draw_cost(axes: Axes, tables: Tables, context: PlotContext) -> None:
    """Draw the dearest items, coloured by category."""
    bill = tables.get("bill")
    axes.grid(visible=False)
    if bill is not None:
        bill = bill[bill["cost_usd"].notna()]  # what has no price cannot be drawn; the summary names it
    if bill is None or not bill["cost_usd"].sum():
        note(axes, "no price list")
        axes.set_title("No money without a price list")
        return
    replications = bill["replication"].nunique() if "replication" in bill else 1
    items = bill.groupby(["category", "item"], sort=False)["cost_usd"].sum() / replications
    total = float(items.sum())
    items = items.sort_values(ascending=False, kind="stable")
    by_category = items.groupby(level="category").sum().sort_values(ascending=False, kind="stable")
    colors = {category: CYCLE[i % len(CYCLE)] for i, category in enumerate(by_category.index)}
    shown = items.head(_MOST)
    rows = np.arange(len(shown))
    axes.barh(rows, shown.to_numpy(), color=[colors[category] for category, _ in shown.index], height=0.68)
    for row, value in zip(rows.tolist(), shown, strict=True):
        text = f" {value:,.2f}  ({100 * value / total:.0f} %)"
        axes.text(value, row, text, va="center", color=INK, fontsize=9)
    axes.set_yticks(rows, [str(item) for _, item in shown.index], color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, shown.max() * 1.22)
    axes.set_xlabel(
        "USD for the window" + (f"; the {_MOST} dearest of {len(items)} items" if len(items) > _MOST else "")
    )
    handles = [axes.barh([0], [0], color=color, label=str(category)) for category, color in colors.items()]
    axes.legend(handles=handles, loc="lower right", frameon=False, fontsize=8.5, handlelength=1)
    first = str(by_category.index[0])
    axes.set_title(f"The window costs {total:,.2f} USD; {first} is {100 * by_category.iloc[0] / total:.0f} % of it")
