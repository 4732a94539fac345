"""A shop whose bill is told apart, and what must hold whoever runs where at whatever price."""

from __future__ import annotations

import math

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fvcapacity.cost.allocation import DIMENSIONS, Dimension, allocate
from fvcapacity.cost.billing import Saved
from fvcapacity.cost.prices import Price
from fvcapacity.cost.views import COMPONENTS, rows_by
from fvcapacity.results.result import Result
from fvcapacity.scenario.cluster import ClusterObjects, PodTemplate, Service, VolumeClaim, Workload
from tests.support.bills import GIB, PRICES, Books, Pods

WEB = Pods("deployment/web", "general-1", service="web", team="shop")
DB = Pods("statefulset/db", "general-1", service="db", team="data", containers={"db": (1.0, 4.0)}, used=(0.5, 6.0))
AGENT = Pods("daemonset/agent", "general-1", namespace="kube-system", containers={"agent": (0.1, 0.2)})
LABELS = {"app": "web"}
CLUSTER = ClusterObjects(
    workloads=(
        Workload(kind="Deployment", name="web", namespace="shop", template=PodTemplate(containers=(), labels=LABELS)),
        Workload(
            kind="StatefulSet",
            name="db",
            namespace="shop",
            template=PodTemplate(containers=()),
            claim_templates=(VolumeClaim(name="data", namespace="shop", storage_bytes=10 * GIB),),
        ),
    ),
    claims=(VolumeClaim(name="left", namespace="shop", storage_bytes=5 * GIB),),
    services=(
        Service(name="front", namespace="shop", type="LoadBalancer", selector=LABELS),
        Service(name="old", namespace="shop", type="LoadBalancer", selector={"app": "gone"}),
    ),
)
SAVED = (Saved("daily", "db", "statefulset/db", "shop", 20 * GIB, "snapshot"),)
SHOP = {
    "routes": {"buy": (360, 10**9), "look": (3600, 2 * 10**9)},
    "demands": {("buy", "web"): 0.02, ("look", "web"): 0.01, ("buy", "db"): 0.05},
    "entry": "web",
}


def shop(**changes) -> Books:
    return Books([WEB, DB, AGENT], **{**SHOP, "hours": 22.0, "cluster": CLUSTER, "saved": SAVED, **changes})


sizes = st.tuples(st.floats(0, 3), st.floats(0, 8))
pods = st.builds(
    Pods,
    workload=st.sampled_from(["deployment/a", "deployment/b", "statefulset/c"]),
    node=st.sampled_from(["general-1", "general-2", "spot-1"]),
    count=st.integers(1, 3),
    team=st.sampled_from(["", "red"]),
    containers=st.fixed_dictionaries({"main": sizes}),
    used=sizes,
)
NODES = {"general-1": (4.0, 16.0), "general-2": (4.0, 16.0), "spot-1": (2.0, 8.0)}


def alike(found: list[Pods]) -> list[Pods]:
    """Pods of one workload have one template."""
    first: dict[str, Pods] = {}
    for item in found:
        first.setdefault(item.workload, item)
    return [
        Pods(**{**vars(item), "containers": first[item.workload].containers, "team": first[item.workload].team})
        for item in found
    ]


books = st.builds(
    Books,
    pods=st.lists(pods, min_size=1, max_size=5).map(alike),
    nodes=st.just(NODES),
    hours=st.sampled_from([0.5, 3.0, 22.0]),
    cluster=st.just(CLUSTER),
    saved=st.just(SAVED),
)


def laws_hold(examples: int, *, derandomize: bool) -> None:
    """Check the laws on so many bills that nobody chose."""
    config = settings(
        max_examples=examples, derandomize=derandomize, database=None, deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip

    @config
    @given(books, st.sampled_from(DIMENSIONS), st.sampled_from(PRICES))
    def check(made: Books, dimension: Dimension, price: Price) -> None:
        result = made.result()
        table = allocate(result)
        the_parts_of_a_line_add_up_to_it(result, table, dimension)
        other_names_change_nothing(made, table)
        a_doubled_price_doubles_its_parts(made, table, price)

    check()


def the_parts_of_a_line_add_up_to_it(result: Result, table: pd.DataFrame, dimension: Dimension) -> None:
    """And the rows of a dimension to the bill."""
    assert table["cost_usd"].notna().all()
    keys = ["day", "item"]
    lines = result.tables["bill_days"].groupby(keys)["cost_usd"].sum()
    parts = table.groupby(keys)["cost_usd"].sum()
    assert (parts - lines).abs().max() < 1e-9
    assert table["cost_usd"].min() > -1e-12
    rows = rows_by(table, result, dimension)[list(COMPONENTS)].to_numpy().sum()
    assert math.isclose(rows, result.tables["bill"]["cost_usd"].sum(), abs_tol=1e-9)


def other_names_change_nothing(made: Books, before: pd.DataFrame) -> None:
    """Neither does their order."""
    other = {"deployment/a": "deployment/zz", "deployment/b": "deployment/a", "statefulset/c": "statefulset/b"}
    renamed = [Pods(**{**vars(item), "workload": other[item.workload]}) for item in made.pods]
    after = allocate(Books(**{**vars(made), "pods": renamed}).result())
    one = before.groupby(before["workload"].replace(other))["cost_usd"].sum().sort_index()
    two = after.groupby("workload")["cost_usd"].sum().sort_index()
    pd.testing.assert_series_equal(one, two, check_names=False, rtol=1e-9)


def a_doubled_price_doubles_its_parts(made: Books, before: pd.DataFrame, price: Price) -> None:
    """And those of no other price."""
    twice = tuple(p.model_copy(update={"price": 2 * p.price}) if p is price else p for p in PRICES)
    after = allocate(Books(**{**vars(made), "prices": twice}).result())
    of_spot = before["resource"].str.startswith("spot") == (price.purchase == "spot")
    doubled = (before["kind"] == price.kind) & ((price.kind != "instance") | of_spot)
    expected = before["cost_usd"].where(~doubled, 2 * before["cost_usd"])
    assert (after["cost_usd"] - expected).abs().max() < 1e-9
