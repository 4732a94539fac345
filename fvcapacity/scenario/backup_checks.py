"""Checks of the backups of a scenario: is there something to save, and is one through before the next begins."""

from __future__ import annotations

from collections.abc import Iterator

from fvcapacity.scenario.backup_plan import claim_bytes
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.finding import Finding, Path, did_you_mean
from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.serving import serving_workload
from fvcapacity.scenario.topology import Topology

_RULE = "backup"


def check_backups(file: ScenarioFile, topology: Topology | None, cluster: ClusterObjects | None) -> Iterator[Finding]:
    """Yield what is wrong with the backups, as far as the parts are there."""
    for number, backup in enumerate(file.backups):
        path: Path = ("backups", number)
        if backup.name in [other.name for other in file.backups[:number]]:
            message = f"there is another backup {backup.name!r}"
            yield Finding("scenario", (*path, "name"), message, "give it another name", rule=_RULE)
        for service, saved in backup.services.items():
            here: Path = (*path, "services", service)
            if topology is not None and service not in topology.services:
                hint = did_you_mean(service, topology.services)
                yield Finding("scenario", here, f"there is no service {service!r}", hint, rule=_RULE, at_key=True)
                continue
            workload = serving_workload(cluster, service) if cluster is not None else None
            if cluster is None or workload is None:
                continue
            claimed = claim_bytes(cluster, workload)
            if not claimed and saved.data is None:
                message, hint = f"{workload.key} has no volume to save", "say how much data there is, or leave it out"
                yield Finding("scenario", here, message, hint, rule=_RULE, at_key=True)
            elif claimed and saved.data is not None and saved.data > claimed:
                message = f"the data of {service} is more than its volume holds"
                yield Finding("scenario", (*here, "data"), message, "write less", severity="warning", rule=_RULE)
