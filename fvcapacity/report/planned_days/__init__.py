"""A plan for planned days as a directory: overlays by date, verified, and the one that takes them back."""

from __future__ import annotations

from fvcapacity.report.planned_days.tables import plan_tables
from fvcapacity.report.planned_days.write import check_plan_replaceable, write_plan

__all__ = ["check_plan_replaceable", "plan_tables", "write_plan"]
