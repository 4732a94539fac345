"""Kustomize overlays: written from ``{path: value}``, verified before they are handed over."""

from __future__ import annotations

from fvcapacity.report.overlay.base import check_base
from fvcapacity.report.overlay.proposal import PatchFormat, Proposal, Table
from fvcapacity.report.overlay.verification import Check, Verification
from fvcapacity.report.overlay.verify import verify_overlay
from fvcapacity.report.overlay.write import Overlay, check_overlay_replaceable, write_overlay
from fvcapacity.scenario.paths.change import complete_values

__all__ = [
    "Check",
    "Overlay",
    "PatchFormat",
    "Proposal",
    "Table",
    "Verification",
    "check_base",
    "check_overlay_replaceable",
    "complete_values",
    "verify_overlay",
    "write_overlay",
]
