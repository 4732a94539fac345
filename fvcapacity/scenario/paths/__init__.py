"""One grammar for "a field of the system": ``deployment/order-service.limits.cpu``, ``hpa/shop.target.cpu``.

The same paths stand in patches, bounds, sweeps, explanations and differences. `PATH_KINDS` is the table of all of them,
from which the reference page is made; ``Scenario.value`` reads one, ``Scenario.with_values`` sets many.
"""

from __future__ import annotations

from fvcapacity.scenario.paths.grammar import FieldPath, parse_path
from fvcapacity.scenario.paths.kinds import PATH_KINDS, PathKind
from fvcapacity.scenario.paths.values import VALUE_KINDS, Value

__all__ = ["PATH_KINDS", "VALUE_KINDS", "FieldPath", "PathKind", "Value", "parse_path"]
