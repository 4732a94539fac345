"""Hold objects to the schema of the Kubernetes API, offline, with the extra ``fvcapacity[validate]``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fvcapacity.errors import Problem
from fvcapacity.scenario.model import KUBERNETES_RELEASE


def check_schema(objects: Sequence[Mapping[str, Any]]) -> tuple[str, list[Problem]] | None:
    """Return the release and what its schema refuses; None when the extra is not installed.

    Objects whose kind has no schema (custom resources) are passed over.
    """
    try:
        import kubernetes_validate
    except ImportError:
        return None
    problems = []
    for item in objects:
        try:
            kubernetes_validate.validate(dict(item), KUBERNETES_RELEASE, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            continue
        except kubernetes_validate.ValidationError as error:
            name = f"{str(item.get('kind')).lower()}/{(item.get('metadata') or {}).get('name')}"
            at = ".".join(str(step) for step in error.path)
            problems.append(Problem(str(error.message), field=f"{name}.{at}".rstrip("."), rule="kubernetes-schema"))
    return KUBERNETES_RELEASE, problems
