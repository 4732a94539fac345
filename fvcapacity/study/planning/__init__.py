"""Planned days: minimums of HPAs and node pools that are ready before a wave, compared with leaving it to the HPA."""

from __future__ import annotations

from fvcapacity.study.planning.plan import LEADS_NS, DayPlan, WavePlan, plan_days

__all__ = ["LEADS_NS", "DayPlan", "WavePlan", "plan_days"]
