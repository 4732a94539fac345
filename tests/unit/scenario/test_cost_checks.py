"""What a scenario may say of money: every case breaks one thing."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from fvcapacity.scenario.checks import check_scenario
from fvcapacity.scenario.cluster import ClusterObjects, PodTemplate, VolumeClaim, Workload
from fvcapacity.scenario.costs import CostSettings
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.prices import PriceList
from fvcapacity.scenario.topology import Topology
from tests.unit.scenario.test_checks import SCENARIO

GIB = 2**30
CLAIM = VolumeClaim(name="data", namespace="shop", storage_bytes=5 * GIB)
CLUSTER = ClusterObjects(
    claims=(VolumeClaim(name="mail", namespace="shop", storage_bytes=GIB),),
    workloads=(
        Workload(
            kind="StatefulSet",
            name="postgres",
            namespace="shop",
            template=PodTemplate(containers=()),
            claim_templates=(CLAIM,),
        ),
    ),
)
TOPOLOGY = Topology.model_validate(
    {"services": {"web": {}}, "routes": {"buy": {"path": "/", "share": 1, "steps": [{"call": "web"}]}}}
)
LB = {"kind": "load_balancer", "name": "NLB", "region": "r", "unit": "per_hour", "price": 1}
LISTED = PriceList.model_validate(
    {"name": "l", "currency": "USD", "prices": [{**LB, "source": "test", "as_of": "unknown"}]}
)
RATE = {"currency": "CLP", "per_usd": 900, "as_of": "2026-02-01", "source": "a bank"}


def findings(**said):
    file = ScenarioFile.model_validate({**SCENARIO, "cost": {"prices": "p.yaml", **said}})
    found = check_scenario(file, TOPOLOGY, CLUSTER, LISTED)
    return [(".".join(map(str, f.path)), f.message, f.hint) for f in found if f.rule == "cost"]


@pytest.mark.parametrize(
    ("said", "where", "message", "hint"),
    [
        ({"currency": "CLP"}, "cost.currency", "there is no rate for CLP", "below `cost: rates:`"),
        ({"orders": "by"}, "cost.orders", "the topology has no route 'by'", "did you mean 'buy'?"),
        (
            {"staging": {"manifests": ["m"], "pool": "generl"}},
            "cost.staging.pool",
            "no node pool 'generl'",
            "did you mean 'general'?",
        ),
        ({"volumes": {"postgres/dat": {}}}, "cost.volumes.postgres/dat", "no volume", "did you mean 'postgres/data'?"),
        ({"volumes": {"mail": {"used": "2Gi"}}}, "cost.volumes.mail.used", "are more than", "write what is on it now"),
        ({"load_balancer": "ALB"}, "cost.load_balancer", "no load_balancer named 'ALB'", "did you mean 'NLB'?"),
        ({"control_plane": "x"}, "cost.control_plane", "no control_plane named 'x'", "none is known"),
    ],
)
def test_each_problem_is_said_where_it_is(said, where, message, hint):
    found = findings(**said)
    assert len(found) == 1
    assert found[0][0] == where
    assert message in found[0][1]
    assert hint in found[0][2]


def test_what_is_right_is_no_finding():
    volumes = {"postgres/data": {"used": "5Gi"}, "mail": {"iops": 4000}}
    assert not findings(currency="CLP", rates=[RATE], orders="buy", volumes=volumes, load_balancer="NLB")


def test_all_problems_are_said_at_once():
    assert len(findings(currency="EUR", orders="x", volumes={"x": {}}, load_balancer="y")) == 4


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"currency": "GBP"}, "Input should be"),
        ({"rates": [RATE, RATE]}, "two rates of CLP"),
        ({"rates": [{**RATE, "source": ""}]}, "at least 1 character"),
        ({"rates": [{**RATE, "per_usd": 0}]}, "greater than 0"),
        ({"staging": {"manifests": [], "pool": "p"}}, "at least 1 item"),
        ({"staging": {"manifests": ["m"], "pool": "p", "hours_a_month": 731}}, "less than or equal to 730"),
        ({"volumes": {"v": {"full_percent": 0}}}, "greater than 0"),
    ],
)
def test_what_cannot_be(said, message):
    with pytest.raises(ValidationError, match=message):
        CostSettings.model_validate({"prices": "p", **said})
