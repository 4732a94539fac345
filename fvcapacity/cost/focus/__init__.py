"""FOCUS 1.2 (FinOps Open Cost and Usage Specification): bills as rows that every cost tool reads."""

from __future__ import annotations

from fvcapacity.cost.focus.export import FocusExport, FocusKind, export_focus
from fvcapacity.cost.focus.validate import FocusCheck, check_focus

__all__ = ["FocusCheck", "FocusExport", "FocusKind", "check_focus", "export_focus"]
