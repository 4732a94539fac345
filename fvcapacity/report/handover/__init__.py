"""A recommendation handed over: an overlay that was verified and replayed, or why there is none."""

from __future__ import annotations

from fvcapacity.report.handover.write import Written, check_recommendation_replaceable, write_recommendation

__all__ = ["Written", "check_recommendation_replaceable", "write_recommendation"]
