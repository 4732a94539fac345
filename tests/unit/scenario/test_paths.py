"""Paths: what they mean, what they refuse, and the patches that a set of values becomes."""

from __future__ import annotations

import dataclasses

import pytest

from fvcapacity.errors import InputError, ScenarioError
from fvcapacity.inputs import load_scenario
from fvcapacity.scenario.model import NodePool
from fvcapacity.scenario.paths import PATH_KINDS, VALUE_KINDS, parse_path
from fvcapacity.scenario.paths.change import plan_change
from tests.support.garden import PATHS, write_garden


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    return load_scenario(write_garden(tmp_path_factory.mktemp("garden")))


def problems(garden, values, **more):
    with pytest.raises(InputError) as raised:
        garden.with_values(values, **more)
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize("text", PATHS)
def test_a_path_is_written_as_it_was_read(text):
    assert str(parse_path(text)) == text


def test_every_kind_of_field_is_among_the_examples():
    shown = {parse_path(text).kind.field.partition(".")[0] for text in PATHS}
    left = {kind.field for kind in PATH_KINDS if kind.field.partition(".")[0] not in shown}
    probes = {name for name in left if name.startswith(("liveness.", "startup."))}  # as readiness
    assert left - probes == {"maxUnavailable", "instance_type"}
    assert {kind.value for kind in PATH_KINDS} <= {*VALUE_KINDS}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("deployment/shop/shop.limits.cpu", "150m"),
        ("deployment/shop.limits.cpu", None),  # of the first app container, proxy
        ("deployment/shop.limits.memory", "64Mi"),
        ("deployment/shop/migrate.requests.memory", "16Mi"),
        ("deployment/shop/shop.heap", "96Mi"),
        ("deployment/shop/proxy.heap", None),
        ("deployment/shop/shop.env.PORT", "3000"),
        ("deployment/shop.replicas", 2),
        ("deployment/shop.strategy.maxUnavailable", 0),
        ("hpa/shop.target.cpu", 70),
        ("hpa/shop.target.memory", None),  # that of the whole pod; the container's is another metric
        ("hpa/shop/shop.target.memory", "100Mi"),
        ("hpa/shop.target.pending_orders", "5"),
        ("hpa/shop.behavior.scaleUp.policies", None),
        ('statefulset/"db.main".claims.data', "5Gi"),
        ("pvc/pictures.size", "2Gi"),
        ("pdb/shop.minAvailable", 1),
        ("quota/flowers.hard.requests.memory", "8Gi"),
        ("limitrange/flowers.container.min.cpu", "5m"),
        ("nodes/general.allocatable_cpu", "1900m"),
        ("nodes/general.zones", "zone-1"),
        ("topology/shop.threads.main", 1),
        ("topology/shop.pools.shop", None),
        ("traffic.scale", 1.0),
        ("seed", 4),
    ],
)
def test_present_values_are_canonical(garden, path, value):
    assert garden.value(path) == value


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "the kind of a field's owner is missing (character 1)", "write it like"),
        ("deploymnt/shop.replicas", "'deploymnt' is no kind of object (character 1)", "did you mean 'deployment'?"),
        ("deployment", "'/' and the name of a deployment are missing (character 11)", "write it like"),
        ("deployment/", "the name of a deployment is missing (character 12)", "write it like"),
        ("deployment/shop", "a field of deployment is missing (character 16)", "requests.KEY"),
        ("deployment/shop.", "a field of deployment is missing (character 17)", "requests.KEY"),
        ("deployment/shop.limit.cpu", "deployment has no field 'limit.cpu' (character 17)", "did you mean 'limits.cpu'"),
        ("deployment/shop.requests", "deployment has no field 'requests' (character 17)", "requests.KEY"),
        ("hpa/shop.mix", "hpa has no field 'mix' (character 10)", "did you mean 'min'?"),
        ("hpa/shop/app.min", "min is no field of a container (character 10)", "leave out /app"),
        ("traffic.scal", "traffic has no field 'scal' (character 9)", "did you mean 'scale'?"),
    ],
)  # fmt: skip
def test_a_path_that_is_none(text, message, hint):
    with pytest.raises(ScenarioError) as raised:
        parse_path(text)
    (problem,) = raised.value.problems
    assert message in problem.message
    assert hint in problem.hint
    assert problem.field == text


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("deployment/shp.replicas", 1, "no Deployment is named 'shp'\n    hint: did you mean 'shop'?"),
        ("deployment/shop/shpo.limits.cpu", 1, "has no container 'shpo'\n    hint: did you mean 'shop'?"),
        ("hpa/shop.target.pending_order", 1, "follows no metric 'pending_order'\n    hint: did you mean 'pending_orders'?"),
        ('pvc/data-"db.main"-0.size', "1Gi", "'.' and a field are missing"),
        ('pvc/"data-db.main-0".size', "1Gi", "it comes from a claim template: statefulset/\"db.main\".claims.data"),
        ('statefulset/"db.main".claims.dat', "1Gi", "no claim template 'dat'\n    hint: did you mean 'data'?"),
        ("nodes/genral.count", 1, "no node pool is named 'genral'\n    hint: did you mean 'general'?"),
        ("topology/shoop.pools.shop", 1, "no service 'shoop'\n    hint: did you mean 'shop'?"),
        ("topology/shop.pools.bd", 1, "the topology has no service 'bd'"),
        ("topology/shop.threads.man", 1, "shop has no threads 'man'\n    hint: did you mean 'main'?"),
        ("deployment/shop.liveness.periodSeconds", 5, "has no liveness probe"),
        ("deployment/shop/shop.env.DB_PASSWORD", "x", "holds a secret by its name"),
        ("deployment/shop/shop.env.REGION", "x", "is filled from a ConfigMap, a Secret or a field"),
        ("deployment/shop/shop.limits.cpu", 0, "0 CPU: a container without CPU does not run"),
        ("deployment/shop/shop.limits.cpu", "-1", "-1 is negative"),
        ("deployment/shop/shop.limits.memory", "12 Mi", "'12 Mi' is not a Kubernetes quantity"),
        ("deployment/shop/shop.limits.memory", True, "True is not a quantity"),
        ("deployment/shop/shop.limits.nvidia.com/gpu", "1500m", "1500m is not a whole number"),
        ("deployment/shop/shop.heap", "1500Ki", "1500Ki is not a whole number of MiB"),
        ("deployment/shop/shop.heap", "192Mi", "a heap of 192Mi does not fit into the memory limit 128Mi"),
        ("deployment/shop/shop.env.PORT", 3000, "3000 is not text"),
        ("deployment/shop/shop.requests.cpu", "200m", "the request 200m is above the limit 150m"),
        ("deployment/shop.replicas", 3, "hpa/shop decides how many pods there are\n    hint: set hpa/shop.min"),
        ("deployment/shop.strategy.maxSurge", 0, "with maxSurge and maxUnavailable 0 no roll-out can begin"),
        ("deployment/shop.strategy.maxSurge", "120%", "120% is not between 0% and 100%"),
        ("hpa/shop.min", 0, "0 is not at least 1"),
        ("hpa/shop.min", 7, "the minimum 7 is above the maximum 6"),
        ("hpa/shop.max", 1, "the minimum 2 is above the maximum 1"),
        ("hpa/shop.target.cpu", 0, "0 % is not above 0"),
        ("hpa/shop.target.pending_orders", "50%", "a percentage is possible for cpu and memory alone"),
        ("hpa/shop.behavior.scaleUp.policies", "4 a day", "'4 a day' is no scaling policy"),
        ("hpa/shop.behavior.scaleUp.policies", "4/2h", "the API takes whole numbers from 1 on and 1 s to 30 min"),
        ("hpa/shop.behavior.scaleUp.stabilizationWindowSeconds", 3601, "3601 is not between 0 and 3600"),
        ("hpa/shop.behavior.scaleUp.selectPolicy", "max", "'max' is none of Max, Min, Disabled"),
        ("pvc/pictures.size", "1Gi", "1Gi is less than the present 2Gi"),
        ('statefulset/"db.main".claims.data', "4Gi", "4Gi is less than the present 5Gi"),
        ("pdb/shop.maxUnavailable", 1, "minAvailable and maxUnavailable exclude each other"),
        ("limitrange/flowers.container.min.cpu", "60m", "min 60m is above defaultRequest 50m"),
        ("nodes/general.maximum", 0, "count 1 is not between minimum 0 and maximum 0"),
        ("nodes/general.instance_type", "D4s_v5", "another type of machine has another size"),
        ("nodes/general.count", None, "nothing is no value here"),
        ("nodes/general.boot", 90, "90 has no unit; write it like 90s or 5m"),
        ("objectives.error_percent", 101, "101 is not between 0 and 100"),
        ("objectives.p95_ms", 0, "0 is not above 0"),
        ("traffic.scale", "much", "'much' is not a number"),
        ("traffic.scale", float("inf"), "inf is not a number from 0 on"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_reason(garden, path, value, said):
    assert said in "\n".join(problems(garden, {path: value}))


def test_everything_wrong_is_said_at_once(garden):
    values = {"deployment/shp.replicas": 1, "hpa/shop.min": 9, "deployment/shop/shop.limits.cpu": 0, "nodes/x.count": 1}
    assert len(problems(garden, values)) == 4


def test_a_field_is_named_once(garden):
    twice = {"deployment/shop.limits.memory": "70Mi", "deployment/shop/proxy.limits.memory": "80Mi"}
    assert "it is the same field as deployment/shop.limits.memory" in problems(garden, twice)[0]
    heap = {"deployment/shop/shop.heap": "64Mi", "deployment/shop/shop.env.NODE_OPTIONS": "--x"}
    assert "it is the same field as deployment/shop/shop.heap" in problems(garden, heap)[0]


def test_values_become_one_patch_for_each_object(garden):
    plan = plan_change(
        garden,
        {
            "deployment/shop/shop.limits.cpu": None,
            "deployment/shop/shop.requests.cpu": 0.25,
            "deployment/shop/shop.limits.memory": 402653184,
            "deployment/shop/shop.heap": "128Mi",
            "hpa/shop.target.cpu": "60%",
        },
    )
    shop, hpa = (patch.body for patch in plan.patches)
    assert shop == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop", "namespace": "flowers"},
        "spec": {
            "template": {
                "spec": {
                    "containers": [
                        {"name": "proxy"},  # named, so that it stays the first
                        {
                            "name": "shop",
                            "env": [{"name": "NODE_OPTIONS", "value": "--enable-source-maps --max-old-space-size=128"}],
                            "resources": {"requests": {"cpu": "250m"}, "limits": {"cpu": None, "memory": "384Mi"}},
                        },
                    ]
                }
            }
        },
    }
    metrics = hpa["spec"]["metrics"]
    assert [metric["type"] for metric in metrics] == ["Resource", "ContainerResource", "Pods"]
    assert metrics[0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 60}


def test_a_quantity_makes_a_percentage_an_average_and_back(garden):
    changed = garden.with_values({"hpa/shop.target.cpu": "90m", "hpa/shop/shop.target.memory": "75%"})
    assert (changed.value("hpa/shop.target.cpu"), changed.value("hpa/shop/shop.target.memory")) == ("90m", 75)
    (hpa,) = changed.cluster.autoscalers
    assert [(m.utilization_percent, m.average_value_milli) for m in hpa.metrics] == [
        (None, 90),
        (75, None),
        (None, 5000),
    ]


def test_metrics_come_and_go(garden):
    changed = garden.with_values(
        {"hpa/shop.target.memory": 80, "hpa/shop.target.cpu": None, "hpa/shop/shop.target.cpu": 65}
    )
    (hpa,) = changed.cluster.autoscalers
    assert [(m.type, m.name, m.container, m.utilization_percent) for m in hpa.metrics] == [
        ("ContainerResource", "memory", "shop", None),
        ("Pods", "pending_orders", "", None),
        ("Resource", "memory", "", 80),
        ("ContainerResource", "cpu", "shop", 65),
    ]
    none = dict.fromkeys(("hpa/shop.target.cpu", "hpa/shop/shop.target.memory", "hpa/shop.target.pending_orders"))
    assert "no metric would be left" in problems(garden, none)[0]


def test_what_says_the_same_stays_as_it_is(garden):
    plan = plan_change(
        garden, {"deployment/shop/shop.limits.cpu": 0.15, "hpa/shop.target.cpu": "70%", "hpa/shop.max": 6}
    )
    assert plan.patches == ()
    assert [str(item) for item in plan.changes] == [
        "deployment/shop/shop.limits.cpu: 150m -> 150m",
        "hpa/shop.target.cpu: 70 -> 70",
        "hpa/shop.max: 6 -> 6",
    ]
    same = garden.with_values({"deployment/shop/shop.limits.cpu": "0.150"})
    assert same.input_hashes == garden.input_hashes


def test_a_budget_changes_its_side_in_one_change(garden):
    changed = garden.with_values({"pdb/shop.minAvailable": None, "pdb/shop.maxUnavailable": "25%"})
    (budget,) = changed.cluster.disruption_budgets
    assert (budget.min_available, budget.max_unavailable) == (None, "25%")


def test_settings_change_the_file_and_say_so(garden):
    changed = garden.with_values({"nodes/general.count": 3, "traffic.scale": 1.5, "topology/shop.pools.shop": 4})
    assert changed.file.nodes["general"].count == 3
    assert changed.file.traffic.scale == 1.5
    assert changed.topology.services["shop"].pools == {"shop": 4}
    assert changed.changes == ("nodes/general.count = 3", "traffic.scale = 1.5", "topology/shop.pools.shop = 4")
    assert changed.input_hashes == garden.input_hashes
    assert "patch-without-effect" not in str(changed.findings)
    assert garden.file.nodes["general"].count == 1


def test_pools_of_machines_come_and_go(garden):
    general = garden.file.nodes["general"]
    data = NodePool.model_validate(general.model_copy(update={"instance_type": "E2s_v5", "count": 2}))
    changed = garden.with_values({"nodes/data.maximum": 4}, pools={"data": data, "general": None})
    assert list(changed.file.nodes) == ["data"]
    assert changed.file.nodes["data"].maximum == 4
    assert "no node pool would be left" in problems(garden, {}, pools={"general": None})[0]


def test_changes_add_up(garden):
    one = garden.with_values({"hpa/shop.max": 8})
    two = one.with_values({"hpa/shop.min": 8, "deployment/shop/shop.limits.cpu": "1"})
    assert (two.value("hpa/shop.min"), two.value("hpa/shop.max"), two.value("deployment/shop/shop.limits.cpu")) == (
        8,
        8,
        "1",
    )
    assert two.changes == ("hpa/shop.max = 8", "hpa/shop.min = 8", "deployment/shop/shop.limits.cpu = 1")


def test_a_scenario_without_its_manifests_changes_its_file_alone(garden):
    bare = dataclasses.replace(garden, patcher=None)
    assert bare.with_values({"traffic.scale": 2.0}).file.traffic.scale == 2.0
    assert "the manifests are not at hand" in problems(bare, {"hpa/shop.max": 8})[0]


def test_a_setting_changes_nothing_of_manifests_that_were_changed_before(garden):
    manifests, setting = {"deployment/shop/shop.limits.cpu": "300m"}, {"traffic.scale": 2}
    once = garden.with_values(manifests | setting)
    twice = garden.with_values(manifests).with_values(setting)
    for name in ("file", "cluster", "topology", "versions", "input_hashes", "findings", "changes"):
        assert getattr(twice, name) == getattr(once, name), name
    assert list(twice.patcher.objects) == list(once.patcher.objects)
    other = {"deployment/shop/shop.limits.cpu": "400m"}
    assert twice.with_values(other).cluster == garden.with_values(other).cluster
