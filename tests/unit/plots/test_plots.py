import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from matplotlib.figure import Figure

from fvcapacity.plots import draw_all, writing_plots
from fvcapacity.plots.context import PlotContext
from fvcapacity.plots.latency import plot_latency
from fvcapacity.plots.replicas import plot_replicas
from fvcapacity.plots.series import resample
from fvcapacity.plots.style import CYCLE, label_ends, new_figure, save_figure, styled
from tests.unit.cli.fakes import result_of

NAMES = ["overview", "traffic", "latency", "errors", "replicas", "throttling", "cost"]


@pytest.fixture(scope="module")
def result():
    return result_of(None, None)


@pytest.fixture(scope="module")
def settings_before():
    """Matplotlib's settings before anything is drawn here."""
    return dict(mpl.rcParams)


@pytest.fixture(scope="module")
def figures(settings_before, result):
    return dict(draw_all(result.tables, result.summary))


def titles(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes if axes.get_title(loc="left")]


def test_every_figure_is_drawn(figures):
    assert list(figures) == NAMES


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("traffic", r"Traffic peaks at \d+ requests/s at \d\d:\d\d"),
        ("latency", r"p95 breaks 500 ms in 40 of 72 windows; the worst has 1,\d\d\d ms at \d\d:\d\d"),
        ("errors", r"330 requests fail \(0.24 %\), most by queue full"),
        ("replicas", r"order-service: 91 min at its maximum of 4"),
        ("throttling", r"order-service is throttled in up to 61 % of its periods \(at 18:20\)"),
        ("cost", r"The window costs 1.43 USD; compute is 86 % of it"),
    ],
)
def test_titles_say_the_finding(figures, name, title):
    assert re.fullmatch(title, titles(figures[name])[0]), titles(figures[name])


def test_the_overview_has_verdict_and_bottleneck(figures, result):
    texts = " ".join(text.get_text() for text in figures["overview"].texts).replace("\n", " ")
    assert "MISSED" in texts
    assert result.summary["bottleneck"]["sentence"] in texts
    assert len(titles(figures["overview"])) == 6


def test_time_runs_in_the_scenarios_zone(figures):
    axes = figures["latency"].axes[0]
    figures["latency"].canvas.draw()
    assert axes.get_xlabel() == "Sat 14 Feb 2026, America/Santiago"
    assert axes.get_xticklabels()[0].get_text() == "17:00"


def test_every_axis_of_numbers_has_a_unit(figures):
    for name in ("traffic", "latency", "errors", "replicas"):
        for axes in figures[name].axes:
            assert axes.get_ylabel(), name


def test_the_objective_stands_at_its_value(result):
    context = PlotContext.of(result.summary)
    with styled():
        axes = plot_latency(result.tables, context).axes[0]
    assert any(list(line.get_ydata()) == [500.0, 500.0] for line in axes.lines)


def test_lines_show_the_table(result):
    context = PlotContext.of(result.summary)
    with styled():
        axes = plot_latency(result.tables, context).axes[0]
    windows = result.tables["route_windows"].query("route == 'all'")
    expected = windows.groupby("time_utc")["p95_s"].mean() * 1e3
    assert np.allclose(axes.lines[1].get_ydata(), expected)


def test_calm_and_unpriced_runs_are_drawn_too():
    calm = result_of(None, calm=True)
    tables = {name: table for name, table in calm.tables.items() if name != "bill"}
    drawn = dict(draw_all(tables, {**calm.summary, "cost": None}))
    assert titles(drawn["errors"]) == ["No request fails"]
    assert titles(drawn["cost"]) == ["No money without a price list"]
    assert titles(drawn["throttling"]) == ["Hardly anything is throttled"]
    assert titles(drawn["latency"])[0].startswith("p95 stays below 500 ms")


def test_without_an_hpa_the_figure_says_so(result):
    context = PlotContext.of({**result.summary, "scaling": []})
    with styled():
        figure = plot_replicas(result.tables, context)
    assert figure.axes[0].texts[0].get_text() == "no workload is scaled by an HPA"


def test_files_are_the_same_in_every_repetition_and_process(result, figures, tmp_path, monkeypatch):
    Parallel(n_jobs=2)(delayed(abs)(number) for number in range(2))  # processes that do not know where we go to
    monkeypatch.chdir(tmp_path)
    with writing_plots(result.tables, result.summary, Path(), 2):
        pass
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted(f"{name}.{kind}" for name in NAMES for kind in ("png", "svg"))
    again = tmp_path / "again"
    again.mkdir()
    for name in ("throttling", "errors"):  # a mesh, bars and a legend, drawn a second time
        save_figure(figures[name], again, name)
    assert len(list(again.iterdir())) == 4
    for path in again.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def test_nothing_global_is_touched(settings_before, figures):
    assert dict(mpl.rcParams) == settings_before


def test_labels_at_the_ends_keep_their_distance():
    axes = new_figure().subplots()
    axes.set_ylim(0, 100)
    label_ends(axes, [(50, "a", "k"), (50.1, "b", "k"), (49.9, "c", "k")])
    heights = sorted(text.xy[1] for text in axes.texts)
    assert min(np.diff(heights)) >= 0.055 - 1e-9


def test_long_runs_are_thinned(result):
    context = PlotContext.of(result.summary)
    times = pd.date_range(context.start, periods=7 * 1440, freq="1min")
    table = pd.DataFrame({"x": np.arange(len(times), dtype=float)}, index=times)
    assert len(resample(table, context)) <= 400


def test_neighbouring_colours_can_be_told_apart_without_colour():
    """Relative luminance of the first colours differs, so that they survive a grey print."""

    def luminance(color: str) -> float:
        red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2

    first = sorted(luminance(color) for color in CYCLE[:3])
    assert min(np.diff(first)) > 0.05
