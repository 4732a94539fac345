"""What may be varied, how values are written, and every mistake at once."""

from pathlib import Path

import pytest

import fvcapacity as fv
from fvcapacity.errors import InputError
from fvcapacity.study.sweep.axes import checked_axes, read_axes
from fvcapacity.study.sweep.points import Source, grid
from tests.support.shops import HPA, MANIFESTS, write_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_shop(tmp_path_factory.mktemp("shop"))
    (path.parent / "manifests" / "shop.yaml").write_text(MANIFESTS + HPA)
    return path


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("50:90:10", ("50", "60", "70", "80", "90")),
        ("50:95:20", ("50", "70", "90")),
        ("3:1:-1", ("3", "2", "1")),
        ("0.5:1.5:0.5", ("0.5", "1.0", "1.5")),
        ("0.1:0.4:0.1", ("0.1", "0.2", "0.3", "0.4")),  # exact: doubles would lose the last
        ("250m:750m:250m", ("250m", "500m", "750m")),
        ("128Mi:384Mi:128Mi", ("128Mi", "256Mi", "384Mi")),
        ("1,2,5:7:1", ("1", "2", "5", "6", "7")),
        ("null, 500m", (None, "500m")),
        ('"4/15s, 100%/15s",2/60s', ("4/15s, 100%/15s", "2/60s")),
        ("2026-02-14T18:00:00", ("2026-02-14T18:00:00",)),
    ],
)
def test_values(text, values):
    given, problems = read_axes([f"some.path={text}"])
    assert not problems
    assert given == [("some.path", values)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("traffic.scale", "no values"),
        ("traffic.scale=", "no values"),
        ("traffic.scale=1,,2", "empty value"),
        ("traffic.scale=1:3", "has no step"),
        ("traffic.scale=3:1:1", "never comes from 3 to 1"),
        ("traffic.scale=1:3:0", "never comes"),
        ("traffic.scale=1m:3:1", "different units"),
        ("traffic.scale=0:1000000:1", "1,000,001 values"),
    ],
)
def test_what_cannot_be_read(text, message):
    _, problems = read_axes([text])
    assert [message in problem.message for problem in problems] == [True]


def axes_of(shop: Path, *vary: str):
    source = Source(shop)
    return checked_axes(source.load(), vary, source.load)


def test_values_are_canonical(shop):
    scale, target, limit = axes_of(
        shop, "traffic.scale=1,2.50", "hpa/shop.target.cpu=50%,70", "deployment/shop.limits.cpu=0.5,null,300m"
    )
    assert scale.values == (1.0, 2.5)
    assert target.values == (50, 70)
    assert limit.values == ("500m", None, "300m")


def test_every_mistake_is_told_at_once(shop):
    with pytest.raises(fv.ScenarioError) as caught:
        axes_of(
            shop,
            "deployment/shp.limits.cpu=1",
            "traffic.scale=-1,abc,2,2.0",
            "hpa/shop.target.cpu=5:1:1",
            "window.duration=soon",
            "window.lenght=5m",
            "replications=3",
            "seed=1",
            "seed=2",
            "nonsense",
        )
    told = {(problem.field, problem.message.partition(" (")[0]) for problem in caught.value.problems}
    fields = {field for field, _ in told}
    assert {"deployment/shp.limits.cpu", "hpa/shop.target.cpu", "window.duration", "replications"} <= fields
    assert ("traffic.scale", "2 is given twice") in told
    assert sum(field == "traffic.scale" for field in [problem.field for problem in caught.value.problems]) == 3
    assert ("seed", "the field is varied twice") in told
    assert any("lenght" in message for _, message in told)
    assert any("did you mean 'shop'" in problem.hint for problem in caught.value.problems)
    assert ("nonsense", "no values are given") in told


def test_a_grid_is_every_combination_with_the_last_field_fastest(shop):
    _, axes, points = grid(Source(shop), ["window.duration=5m,10m", "traffic.scale=1,2"], seed=None, plane=None)
    assert [axis.kind for axis in axes] == ["option", "path"]
    assert [point.values for point in points] == [("5m", 1.0), ("5m", 2.0), ("10m", 1.0), ("10m", 2.0)]
    assert points[3].scenario.file.window.duration == 600 * 10**9
    assert points[3].scenario.file.traffic.scale == 2.0


def test_combinations_that_cannot_be_are_named(shop):
    vary = ["deployment/shop.limits.cpu=50m,200m", "deployment/shop.requests.cpu=40m,100m"]
    with pytest.raises(InputError) as caught:
        grid(Source(shop), vary, seed=None, plane=None)
    assert len(caught.value.problems) == 1
    assert (
        "at deployment/shop.limits.cpu = 50m, deployment/shop.requests.cpu = 100m" in caught.value.problems[0].message
    )


def test_a_loaded_scenario_has_no_other_windows(shop):
    with pytest.raises(fv.ScenarioError, match="needs the scenario's file"):
        fv.sweep(fv.load_scenario(shop), {"window.duration": ["5m"]})
