"""Lines over one varied field, maps over two, and one map for each combination of more."""

import itertools
from pathlib import Path

from matplotlib.patches import Rectangle

from fvcapacity.plots.style import styled
from fvcapacity.plots.sweep import MOST_PANELS, plot_sweep, write_sweep_plot
from tests.support.sweeps import swept


def _with_third(values):
    document = swept()
    points = document["points"]
    document["axes"].insert(0, {"path": "seed", "values": values, "today": 1})
    document["points"] = [
        {**point, "values": {"seed": value, **point["values"]}} for value, point in itertools.product(values, points)
    ]
    return document


def _maps(figure):
    return [axes for axes in figure.axes if axes.images]


def test_one_field_is_lines_with_the_bound_of_the_objective():
    figure = plot_sweep(swept(targets=(70,)))
    assert len(figure.axes) == 3
    p95 = figure.axes[0]
    assert list(p95.lines[0].get_xdata()) == [1.0, 2.0, 3.0]
    assert any(line.get_linestyle() == "--" and line.get_ydata()[0] == 500 for line in p95.lines)


def test_two_fields_are_maps_and_what_misses_is_framed():
    document = swept()
    figure = plot_sweep(document)
    maps = _maps(figure)
    assert [axes.images[0].get_array().shape for axes in maps] == [(3, 3)] * 3
    assert maps[0].images[0].get_array()[0, 2] == document["points"][2]["p95_s"]["mean"] * 1000
    framed = sum(isinstance(patch, Rectangle) for patch in maps[0].patches)
    assert framed == sum(point["status"] == "missed" for point in document["points"])


def test_more_fields_are_a_map_for_each_combination():
    with styled():
        maps = _maps(plot_sweep(_with_third([1, 2])))
    assert [axes.get_title(loc="left") for axes in maps] == ["seed = 1", "seed = 2"]


def test_too_many_maps_are_cut_and_said():
    document = swept(targets=(50, 60, 70, 80, 90))
    bounds, seeds = [100, 200, 300, 400, 500], [1, 2, 3, 4, 5]
    document["axes"].append({"path": "objectives.p95_ms", "values": bounds, "today": 500})
    document["axes"].append({"path": "seed", "values": seeds, "today": 1})
    document["points"] = [
        {**point, "values": {**point["values"], "objectives.p95_ms": bound, "seed": seed}}
        for point, bound, seed in itertools.product(document["points"], bounds, seeds)
    ]
    figure = plot_sweep(document)  # 3 scales times 5 values of one field: 15 maps over the two others
    assert len(_maps(figure)) == MOST_PANELS == 12
    assert "3 further maps are left out" in figure.get_supxlabel()


def test_it_is_written_the_same_to_the_byte(tmp_path: Path):
    for name in ("a", "b"):
        write_sweep_plot(swept(), tmp_path / name)
    for kind in ("png", "svg"):
        assert (tmp_path / "a" / f"sweep.{kind}").read_bytes() == (tmp_path / "b" / f"sweep.{kind}").read_bytes()
