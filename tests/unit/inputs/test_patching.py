"""``scenario.with_patch``: what kustomize does with a patch, and what it does not say when one misses."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import yaml

from fvcapacity.errors import InputError, ManifestError, ScenarioError
from fvcapacity.inputs import load_scenario
from fvcapacity.scenario.patch import Patch
from tests.support.shops import PATCH, write_shop


@pytest.fixture
def home(tmp_path):
    write_shop(tmp_path)
    return tmp_path


@pytest.fixture
def shop(home):
    return load_scenario(home / "scenario.yaml")


def limit(scenario):
    return next(
        container.cpu_limit_cores
        for container in scenario.cluster.workload("deployment/shop").template.containers
        if container.name == "shop"
    )


def deployment(spec: str, name: str = "shop", more: str = "") -> str:
    return f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}{more}}}\nspec: {spec}\n"


def pod(containers: str) -> str:
    return deployment(f"{{template: {{spec: {{containers: [{containers}]}}}}}}")


def refused(home, shop, text, error=ManifestError):
    path = home / "p.yaml"
    path.write_text(text)
    with pytest.raises(error) as raised:
        shop.with_patch(path)
    return str(raised.value).replace(f"{home}/", "")


def test_a_patch_changes_what_it_names_and_nothing_else(home, shop):
    patched = shop.with_patch(home / "patch.yaml")
    assert (limit(shop), limit(patched)) == (0.15, 0.6)
    before, after = (item.cluster.workload("deployment/shop") for item in (shop, patched))
    assert [c.name for c in after.template.containers] == ["shop", "exporter"]
    assert after.template.containers[0].memory_limit_bytes == before.template.containers[0].memory_limit_bytes
    assert after.template.containers[0].cpu_request_cores == before.template.containers[0].cpu_request_cores
    assert patched.cluster.services == shop.cluster.services
    assert patched.input_hashes["manifests"] != shop.input_hashes["manifests"]
    assert {k: v for k, v in patched.input_hashes.items() if k != "manifests"} == {
        k: v for k, v in shop.input_hashes.items() if k != "manifests"
    }
    assert patched.changes == ("patch.yaml (deployment/shop)",)
    assert patched.traffic is shop.traffic


def test_a_patched_scenario_is_the_one_that_its_patched_files_would_be(home, shop):
    manifests = home / "manifests" / "shop.yaml"
    patched = shop.with_patch(home / "patch.yaml")
    manifests.write_text(manifests.read_text().replace("cpu: 150m", "cpu: 600m"))
    assert load_scenario(home / "scenario.yaml").input_hashes == patched.input_hashes


@pytest.mark.parametrize("form", ["text", "mapping", "patch", "written"])
def test_forms_of_a_patch(shop, form):
    patch = Patch(yaml.safe_load(PATCH))
    given = {"text": PATCH, "mapping": patch.body, "patch": patch, "written": patch.to_yaml()}[form]
    assert limit(shop.with_patch(given)) == 0.6
    assert shop.with_patch(given).changes == ("deployment/shop",)


def test_patches_add_up_in_their_order(shop):
    one, two = pod("{name: shop, resources: {limits: {cpu: 300m}}}"), pod("{name: shop, resources: {limits: {cpu: 2}}}")
    assert limit(shop.with_patch(one, two)) == limit(shop.with_patch(one).with_patch(two)) == 2.0
    assert limit(shop.with_patch(two, one)) == 0.3
    assert shop.with_patch(one).with_patch(two).changes == ("deployment/shop", "deployment/shop")


def test_null_takes_a_field_out_and_delete_a_container(shop):
    assert limit(shop.with_patch(pod("{name: shop, resources: {limits: {cpu: null}}}"))) is None
    patched = shop.with_patch(pod("{name: exporter, $patch: delete}"))
    assert [c.name for c in patched.cluster.workload("deployment/shop").template.containers] == ["shop"]


def test_a_container_with_an_image_and_a_name_of_its_own_is_added(shop):
    patched = shop.with_patch(pod("{name: envoy, image: envoy}"))
    names = [c.name for c in patched.cluster.workload("deployment/shop").template.containers]
    assert sorted(names) == ["envoy", "exporter", "shop"]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (deployment("{replicas: 2}", "shpo"), ["p.yaml:3:18: no Deployment is named 'shpo'", "did you mean 'shop'?"]),
        (deployment("{replicas: 2}", "zzz"), ["p.yaml:3:18: no Deployment is named 'zzz'", "there are: shop"]),
        (
            deployment("{replicas: 2}").replace("Deployment", "Deploymnet"),
            ["p.yaml:2:7: the manifests have no Deploymnet", "did you mean 'Deployment'?"],
        ),
        (
            deployment("{replicas: 2}", more=", namespace: flower"),
            ["p.yaml:3:35: Deployment/shop is not in the namespace 'flower'", "did you mean 'flowers'?"],
        ),
        (
            deployment("{replicas: 2}").replace("apps/v1", "apps/v1beta1"),
            ["p.yaml:1:13: Deployment/shop is written in apps/v1", "write apiVersion: apps/v1"],
        ),
        (
            pod("{name: shp, resources: {limits: {cpu: 1}}}"),
            ["p.yaml:4:46: deployment/shop.spec.template.spec.containers: there is no container 'shp'", "'shop'?"],
        ),
        (pod("{name: exportr, image: x}"), ["there is no container 'exportr'", "'exporter'?", "less like one"]),
        (pod("{name: gone, $patch: delete}"), ["there is no container 'gone'", "there are: shop, exporter"]),
        (pod("{resources: {limits: {cpu: 1}}}"), ["a container of the patch has no name", "replace the whole list"]),
        (
            pod("{name: shop, resources: {limit: {cpu: 1}}}"),
            ["p.yaml:4:64: ", "resources.limit: unknown field 'limit'", "did you mean limits?"],
        ),
        (
            pod("{name: shop, resources: {limits: {cpu: fast}}}"),
            ["p.yaml:4:78: ", "'fast' is not a Kubernetes quantity"],
        ),
        (deployment("{$patch: shred}"), ["the directive $patch: shred is not known"]),
        ("- {op: replace, path: /spec/replicas, value: 2}\n", ["p.yaml:1:1", "is not a Kubernetes object"]),
        ("kind: Deployment\nmetadata: {name: shop}\n", ["p.yaml:1:1", "no apiVersion"]),
        ("apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 2}\n", ["does not say which object it changes"]),
    ],
)
def test_a_patch_that_misses_says_where(home, shop, text, messages):
    told = refused(home, shop, text)
    for message in messages:
        assert message in told


def test_all_problems_are_told_at_once(home, shop):
    told = refused(home, shop, deployment("{}", "shpo") + "---\n" + pod("{name: shp}"))
    assert "named 'shpo'" in told
    assert "container 'shp'" in told


def test_a_patch_must_leave_a_system_that_the_topology_fits(home, shop):
    told = refused(home, shop, pod("{name: shop, $patch: delete}"), InputError)
    assert "shop" in told


def test_a_missing_file_is_an_input_error(home, shop):
    with pytest.raises(ManifestError, match="does not exist"):
        shop.with_patch(home / "gone.yaml")


def test_a_patch_without_effect_is_remarked(shop):
    patched = shop.with_patch("apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: new}\n")
    assert "secret/db changes nothing that capacity depends on" in patched.findings[0]
    assert shop.findings == patched.findings[1:]


def test_two_objects_of_a_name_need_a_namespace(home):
    manifests = home / "manifests" / "shop.yaml"
    text = manifests.read_text()
    manifests.write_text(f"{text}---\n{text.split('---')[0].replace('flowers', 'staging')}")
    shop = load_scenario(home / "scenario.yaml")
    assert "2 objects are Deployment/shop, in the namespaces flowers, staging" in refused(home, shop, PATCH)
    chosen = shop.with_patch(PATCH.replace("name: shop\nspec", "name: shop\n  namespace: staging\nspec"))
    limits = {w.namespace: w.template.containers[0].cpu_limit_cores for w in chosen.cluster.workloads}
    assert limits == {"flowers": 0.15, "staging": 0.6}


def test_a_component_changes_what_is_there(home, shop):
    (home / "faster").mkdir()
    (home / "faster" / "kustomization.yaml").write_text(
        "kind: Component\npatches: [{path: p.yaml}, {target: {kind: Deployment}, patch: '[{op: add, path: /spec/replicas,"
        " value: 3}]'}]\n"
    )
    (home / "faster" / "p.yaml").write_text(PATCH)
    patched = shop.with_patch(home / "faster")
    assert limit(patched) == 0.6
    assert patched.cluster.workload("deployment/shop").replicas == 3
    assert len(patched.cluster.services) == 1
    assert patched.changes == ("component faster",)


def test_an_overlay_takes_the_place_of_the_manifests(home, shop):
    (home / "manifests" / "kustomization.yaml").write_text("resources: [shop.yaml]\n")
    (home / "over").mkdir()
    (home / "over" / "kustomization.yaml").write_text(
        "resources: [../manifests]\nreplicas: [{name: shop, count: 4}]\npatches: [{path: p.yaml}]\n"
    )
    (home / "over" / "p.yaml").write_text(PATCH.replace("name: shop\nspec", "name: shop\n  namespace: flowers\nspec"))
    patched = shop.with_patch(home / "over")
    assert limit(patched) == 0.6
    assert patched.cluster.workload("deployment/shop").replicas == 4
    assert len(patched.cluster.workloads) == len(patched.cluster.services) == 1
    assert patched.changes == ("overlay over",)
    assert shop.with_patch(home / "over" / "kustomization.yaml").cluster == patched.cluster


def test_a_kustomization_that_cannot_be_built_is_told(home, shop):
    (home / "over").mkdir()
    (home / "over" / "kustomization.yaml").write_text("resources: [../gone]\n")
    with pytest.raises(ManifestError, match="gone"):
        shop.with_patch(home / "over")


def test_what_was_not_loaded_cannot_be_patched(shop):
    from dataclasses import replace

    with pytest.raises(ScenarioError, match="not at hand"):
        replace(shop, patcher=None).with_patch(PATCH)


def test_no_value_of_a_secret_is_kept(shop):
    assert shop.cluster.secrets[0].has_data
    assert b"hunter2" not in pickle.dumps(shop)
    assert "hunter2" not in repr(shop)


def test_the_documented_system_can_be_patched():
    scenario = load_scenario(Path("scenarios/valentines.yaml"))
    patch = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: order-service}\nspec: {template: {spec: {containers: "
        "[{name: order-service, resources: {limits: {cpu: 500m}}}]}}}\n"
    )
    patched = scenario.with_patch(patch)
    assert patched.cluster.workload("deployment/order-service").template.containers[0].cpu_limit_cores == 0.5
    assert patched.cluster.services == scenario.cluster.services
    assert patched.findings == scenario.findings
