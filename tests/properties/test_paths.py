"""What is set can be read again, and a patch leads from one state of an object to the other."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvcapacity.errors import Location
from fvcapacity.inputs import load_scenario
from fvcapacity.inputs.manifests.located import LocatedMap, made, plain
from fvcapacity.inputs.manifests.patches import strategic_merge
from fvcapacity.scenario.paths import VALUE_KINDS, parse_path
from fvcapacity.scenario.paths.change import plan_change
from fvcapacity.scenario.paths.patches import patch_of
from tests.support.garden import PATHS, write_garden

MIB = 2**20
ROOMY = {  # so that no value meets a bound of another
    "deployment/shop/shop.heap": "1Mi",
    "deployment/shop/shop.requests.cpu": "1m", "deployment/shop/shop.limits.cpu": "1k",
    "deployment/shop/shop.requests.memory": "1Mi", "deployment/shop/shop.limits.memory": "8Ti",
    "deployment/shop.requests.memory": "1Mi", "deployment/shop.limits.memory": "8Ti", "hpa/shop.min": 1,
    "hpa/shop.max": 10_000, "nodes/general.allocatable_cpu": "1m", "nodes/general.allocatable_memory": "1Ki",
    "nodes/general.cpu": "1k", "nodes/general.memory": "8Ti", "nodes/general.count": 500, "nodes/general.minimum": 0,
    "nodes/general.maximum": 10_000, 'statefulset/"db.main".requests.memory': "1Mi",
    'statefulset/"db.main".limits.memory': "8Ti", "limitrange/flowers.container.min.cpu": "1m",
    "limitrange/flowers.container.min.memory": "1Mi",
}  # fmt: skip
CPU = st.one_of(st.integers(5, 900_000).map(lambda n: f"{n}m"), st.integers(1, 900), st.floats(0.005, 900))
BYTES = st.one_of(
    st.integers(8, 2**20).map(lambda n: f"{n}Mi"),
    st.integers(8 * MIB, 2**40),
    st.integers(10, 10**6).map(lambda n: f"{n}M"),
)
NAMES = st.lists(st.from_regex(r"[a-z]{1,8}-[0-9]", fullmatch=True), min_size=1, max_size=3, unique=True)
BY_PATH: dict[str, st.SearchStrategy[Any]] = {
    "nodes/general.count": st.integers(1, 10_000),
    "nodes/general.minimum": st.integers(0, 500),
    "nodes/general.maximum": st.integers(500, 10_000),
    "nodes/general.cpu": st.just("990"),
    "nodes/general.memory": st.just("3Ti"),
    "deployment/shop.strategy.maxUnavailable": st.integers(1, 9),
    "limitrange/flowers.container.max.cpu": st.integers(1, 9),
}
BY_FIELD = {
    "claims.*": st.integers(6, 900).map(lambda n: f"{n}Gi"),
    "size": st.integers(3, 900).map(lambda n: f"{n}Gi"),
}
BY_KIND: dict[str, st.SearchStrategy[Any]] = {
    "cpu": CPU,
    "quota cpu": CPU,
    "bytes": BYTES,
    "quota bytes": BYTES,
    "pieces": st.integers(1, 64),
    "quota pieces": st.integers(0, 10_000),
    "quantity": st.one_of(st.integers(1, 10**6), st.integers(1, 10**6).map(lambda n: f"{n}m")),
    "percent": st.one_of(st.integers(1, 300), st.integers(1, 300).map(lambda n: f"{n}%"), st.just("250M")),
    "count": st.integers(0, 10_000),
    "count from 1": st.integers(1, 10_000),
    "seconds": st.integers(0, 10_000),
    "seconds to 1 h": st.integers(0, 3600),
    "count or share": st.one_of(st.integers(1, 50), st.integers(1, 100).map(lambda n: f"{n}%")),
    "mode": st.sampled_from(["Max", "Min", "Disabled"]),
    "policies": st.sampled_from(["4/15s", "100%/15s", "4/15s, 100%/1m"]),
    "tolerance": st.integers(1, 500).map(lambda n: f"{n}m"),
    "text": st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=30),
    "names": NAMES,
    "ratio": st.floats(0.1, 100),
    "positive": st.floats(0.1, 1e6),
    "of hundred": st.floats(0, 100),
    "flag": st.booleans(),
    "duration": st.integers(1, 10**6).map(lambda n: f"{n}ms"),
    "heap": st.integers(1, 4096).map(lambda n: f"{n}Mi"),
}


@pytest.fixture(scope="module")
def garden():
    with TemporaryDirectory() as directory:
        base = load_scenario(write_garden(Path(directory)))
        yield base, base.with_values(ROOMY)


@pytest.mark.parametrize("text", PATHS)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_what_is_set_is_read(garden, text, data):
    from fvcapacity.scenario.paths.change import objects_of
    from fvcapacity.scenario.paths.kinds import KIND_NAMES
    from fvcapacity.scenario.paths.places import find_place

    _, roomy = garden
    path = parse_path(text)
    kind = find_place(objects_of(roomy), path).value if path.owner in KIND_NAMES else path.kind.value
    value = data.draw(BY_PATH.get(text, BY_FIELD.get(path.kind.field, BY_KIND[kind])))
    changed = roomy.with_values({text: value})
    read = changed.value(text)
    if kind != "percent":
        assert read == VALUE_KINDS[kind].canonical(value)
    elif value == "250M":
        assert read in ("250M", "250000k", "250k", "250")
    else:
        assert read == int(str(value).rstrip("%"))
    again = changed.with_values({text: read})
    assert again.input_hashes == changed.input_hashes
    assert again.file == changed.file
    others = [other for other in PATHS if other not in (text, "deployment/shop/shop.heap")]
    assert {o: changed.value(o) for o in others} == {o: roomy.value(o) for o in others}


VALUES = st.one_of(st.integers(0, 3), st.sampled_from(["a", "b", "$(A)"]))


def named(values):
    one = st.fixed_dictionaries({}, optional={"value": VALUES, "other": values})
    items = st.dictionaries(st.sampled_from("ABCD"), one, max_size=4)
    return items.map(lambda found: [{"name": name, **item} for name, item in found.items()])


TREES = st.recursive(VALUES, lambda inner: st.one_of(
    st.dictionaries(st.sampled_from(["x", "y", "z"]), inner, max_size=3),
    st.lists(inner, max_size=3),
    st.fixed_dictionaries({}, optional={"containers": named(inner), "env": named(inner), "metrics": st.lists(inner, max_size=2)}),
), max_leaves=12)  # fmt: skip
SPECS = st.dictionaries(st.sampled_from(["spec", "status"]), TREES, max_size=2)


@settings(max_examples=80, deadline=None)
@given(before=SPECS, after=SPECS)
def test_a_patch_leads_from_one_state_to_the_other(before, after):
    head = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}}
    one, two = {**head, **before}, {**head, **after}
    patch = patch_of(one, two)
    if patch is None:
        assert one == two
        return
    merged = made(one, Location("base"))
    assert isinstance(merged, LocatedMap)
    strategic_merge(merged, made(plain(dict(patch.body)), Location("patch")))
    assert comparable(plain(merged)) == comparable(two)


def comparable(value: Any) -> Any:
    """Order means nothing in env (but where a value names another variable); empty mappings and lists say nothing."""
    if isinstance(value, dict):
        inner = {key: comparable(item) for key, item in value.items()}
        if isinstance(inner.get("env"), list) and all(isinstance(item, dict) for item in inner["env"]):
            inner["env"] = sorted(inner["env"], key=lambda item: str(item.get("name")))
        return {key: item for key, item in inner.items() if item not in ({}, [])}
    return [comparable(item) for item in value] if isinstance(value, list) else value


def test_a_change_of_many_fields_is_one_patch_an_object(garden):
    base, _ = garden
    plan = plan_change(base, ROOMY)
    assert sorted(patch.target for patch in plan.patches) == sorted({patch.target for patch in plan.patches})
