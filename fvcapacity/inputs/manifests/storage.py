"""PersistentVolumeClaims and the claim templates of StatefulSets."""

from __future__ import annotations

from fvcapacity.inputs.manifests.fields import Fields
from fvcapacity.scenario.cluster import VolumeClaim

_ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")


def read_claim(fields: Fields, name: str, namespace: str) -> VolumeClaim:
    """Read a PersistentVolumeClaim, or an item of ``volumeClaimTemplates``."""
    spec = fields.child("spec")
    requests = spec.child("resources").child("requests")
    storage = requests.amount("storage")
    if not requests.has("storage"):
        spec.problem("resources", "a claim asks for no storage", "add resources.requests.storage: 1Gi")
    modes = []
    for mode in spec.list("accessModes"):
        if mode not in _ACCESS_MODES:
            hint = f"write one of {', '.join(_ACCESS_MODES)}"
            spec.problem("accessModes", f"{mode!r} is no access mode", hint)
        else:
            modes.append(str(mode))
    return VolumeClaim(
        name=name,
        namespace=namespace,
        storage_bytes=None if storage is None else storage.value,
        access_modes=tuple(modes),
        storage_class=spec.text("storageClassName"),
        location=fields.data.at,
    )
