"""An overlay over the garden, and every way in which a patch goes wrong without a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from fvcapacity.report.overlay import Proposal, Table

VALUES: dict[str, Any] = {
    "deployment/shop/shop.requests.cpu": "250m",
    "deployment/shop/shop.limits.cpu": None,
    "deployment/shop/shop.limits.memory": "384Mi",
    "deployment/shop/shop.heap": "256Mi",
    "hpa/shop.target.cpu": 60,
    "hpa/shop.max": 8,
    "pvc/pictures.size": "4Gi",
    'statefulset/"db.main".limits.cpu': "750m",
    "nodes/general.maximum": 6,
}
QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "pods", "namespace": "flowers"},
    "spec": {"hard": {"pods": "30"}},
}
PROPOSAL = Proposal(
    VALUES,
    reasons={
        "deployment/shop/shop.requests.cpu": "at 100m the p95 of /buy is 620 ms at 19:40; at 250m 430 ms",
        "hpa/shop.target.cpu": "at 70 % the pods come two minutes late",
        "nodes/general.maximum": "eight pods and the largest roll-out need six machines",
    },
    objects=[QUOTA],
    title="The shop on the 14th",
    summary="Keeps the objective out of sample, where today's configuration misses it.",
    evidence=[
        Table(
            "Evidence",
            ("Configuration", "Cost a month", "p95", "Errors"),
            (("today", "310 USD", "1,240 ms", "3.1 %"), ("recommended", "290 USD", "430 ms", "0.02 %")),
        )
    ],
    notes=["The peak is that of the year before, scaled."],
)
SHOP, HPA, CLAIM = "deployment-shop.yaml", "horizontalpodautoscaler-shop.yaml", "persistentvolumeclaim-pictures.yaml"


def _edited(name: str, edit: Callable[[Any], Any]) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        path = directory / name
        body = yaml.safe_load(path.read_text())
        edit(body)
        path.write_text(yaml.safe_dump(body))

    return change


def _patch(name: str, edit: Callable[[Any], Any]) -> Callable[[Path], None]:
    return _edited(f"patches/{name}", edit)


def _containers(body: Any) -> list[Any]:
    found: list[Any] = body["spec"]["template"]["spec"]["containers"]
    return found


def _targeted(body: Any) -> None:
    for entry in body["patches"]:
        if entry["path"].endswith(SHOP):
            entry["target"] = {"kind": "Deployment", "name": "shpo"}


def _limit_for_limits(body: Any) -> None:
    resources = _containers(body)[1]["resources"]
    resources["limit"] = resources.pop("limits")


SABOTAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a container that is misspelt": (
        _patch(SHOP, lambda body: _containers(body)[1].update(name="shpo")),
        "containers has 'shpo' without an image",
    ),
    "a target that matches nothing": (
        _edited("kustomization.yaml", _targeted),
        "containers[shop].resources.requests.cpu is '100m', and should be '250m'",
    ),
    "a name that is misspelt": (_patch(SHOP, lambda body: body["metadata"].update(name="shpo")), "shpo"),
    "another namespace": (_patch(SHOP, lambda body: body["metadata"].update(namespace="flower")), "flower"),
    "metrics that are replaced by one": (
        _patch(HPA, lambda body: body["spec"].update(metrics=body["spec"]["metrics"][:1])),
        "spec.metrics is a list of 1, and should be a list of 3",
    ),
    "a patch that is not listed": (
        _edited("kustomization.yaml", lambda body: body["patches"].pop(0)),
        "containers[shop].resources.limits.memory is '128Mi', and should be '384Mi'",
    ),
    "a field besides": (
        _patch(SHOP, lambda body: _containers(body)[1].update(image="shop:latest")),
        "containers[shop].image is 'shop:latest', and should be 'shop'",
    ),
    "a request above its limit": (
        _patch(SHOP, lambda body: _containers(body)[1]["resources"]["requests"].update(memory="1Gi")),
        "the request 1Gi is above the limit 384Mi",
    ),
    "a quantity that is none": (
        _patch(SHOP, lambda body: _containers(body)[1]["resources"]["requests"].update(memory="abc")),
        "'abc' is not a Kubernetes quantity",
    ),
    "a field that the API does not know": (_patch(SHOP, _limit_for_limits), "resources.limit is a mapping"),
    "replicas that stay": (
        _patch(SHOP, lambda body: body["spec"].pop("replicas")),
        "spec.replicas is 2, and should be not there",
    ),
    "containers in another order": (
        _patch(SHOP, lambda body: _containers(body).pop(0)),
        "containers stands in another order: shop, proxy for proxy, shop",
    ),
    "a volume that shrinks": (
        _patch(CLAIM, lambda body: body["spec"]["resources"]["requests"].update(storage="1Gi")),
        "1Gi is less than the present 2Gi",
    ),
    "a new object that is not listed": (
        _edited("kustomization.yaml", lambda body: body["resources"].remove("objects/resourcequota-pods.yaml")),
        "resourcequota/pods: the object is missing in what was built",
    ),
    "a quota that is too small": (
        _edited("objects/resourcequota-pods.yaml", lambda body: body["spec"]["hard"].update(pods="3")),
        "quota/pods allows pods 3, but every workload at its maximum needs",
    ),
    "an image for everything": (
        _edited("kustomization.yaml", lambda body: body.update(images=[{"name": "postgres", "newTag": "17"}])),
        "containers[db].image is 'postgres:17', and should be 'postgres'",
    ),
}
"""What is done to an overlay, and a part of what the verification then says."""
