"""A change of a scenario's manifests, as one would put it into a kustomization: a strategic-merge patch.

A patch names its object by kind and name and says the fields that change; lists such as ``containers`` merge by the
names of their items. It is read and merged by ``fvcapacity.inputs.manifests.patching``, so that what is replayed is
what ``kubectl kustomize`` would build; here stands what a patch is, and how it is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Protocol

import yaml

from fvcapacity.errors import Location
from fvcapacity.frozen import Frozen

if TYPE_CHECKING:
    from fvcapacity.scenario.model import Scenario


class Patch(Frozen):
    """One strategic-merge patch.

    Attributes
    ----------
    body
        The document: ``apiVersion``, ``kind``, ``metadata.name`` and the fields that change.
    location
        Where it was written; None when it was made by a program.
    """

    body: Mapping[str, Any]
    location: Location | None = None

    @property
    def target(self) -> str:
        """The patched object: ``deployment/order-service``."""
        metadata = self.body.get("metadata")
        name = metadata.get("name", "") if isinstance(metadata, Mapping) else ""
        return f"{str(self.body.get('kind', '')).lower()}/{name}"

    def __str__(self) -> str:
        """Return the patch in a few words: ``order-cpu.yaml (deployment/order-service)``."""
        return f"{PurePath(self.location.file).name} ({self.target})" if self.location else self.target

    def to_yaml(self) -> str:
        """Return the patch as a YAML document that a kustomization takes."""
        return yaml.safe_dump(_plain(self.body), sort_keys=False, allow_unicode=True)


Change = Patch | Mapping[str, Any] | str | Path
"""A patch; its body; YAML text of one or more patches; or a path to such a file, or to a directory with a
``kustomization.yaml`` (a Component changes what is there, an overlay takes its place)."""


class Patcher(Protocol):
    """What a loaded scenario keeps of its manifests, to be able to change them."""

    @property
    def objects(self) -> Sequence[Mapping[str, Any]]:
        """The objects as mappings of the API, without the values of Secrets."""
        ...

    @property
    def sources(self) -> Sequence[Path]:
        """Files and directories that the manifests were read from."""
        ...

    def patched(
        self, scenario: Scenario, changes: Sequence[Change], added: Sequence[Mapping[str, Any]] = ()
    ) -> Scenario:
        """Return the scenario with changed manifests and new objects, checked as if it had been loaded so."""
        ...


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
