"""A change at the gate: what a branch does to cost, objectives and risks, for a pull request."""

from __future__ import annotations

from fvcapacity.report.gate.document import GATE_SCHEMA
from fvcapacity.report.gate.gate import gate_change

__all__ = ["GATE_SCHEMA", "gate_change"]
