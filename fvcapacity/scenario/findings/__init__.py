"""Findings over a cluster's manifests: what is wrong or risky, where, and what to do about it."""

from __future__ import annotations

from fvcapacity.errors import Problem
from fvcapacity.scenario.cluster import ClusterObjects
from fvcapacity.scenario.findings.access import check_access
from fvcapacity.scenario.findings.autoscaling import check_autoscalers
from fvcapacity.scenario.findings.availability import check_availability
from fvcapacity.scenario.findings.quota import check_quotas
from fvcapacity.scenario.findings.resources import check_resources
from fvcapacity.scenario.findings.rules import RULES, Rule
from fvcapacity.scenario.findings.sarif import to_sarif
from fvcapacity.scenario.findings.view import View
from fvcapacity.scenario.findings.wiring import check_wiring

__all__ = ["RULES", "Rule", "check_cluster", "refusals", "to_sarif"]

_CHECKS = (check_autoscalers, check_resources, check_quotas, check_availability, check_access, check_wiring)


def check_cluster(objects: ClusterObjects) -> list[Problem]:
    """Return every finding of every rule in `RULES`, in the order of files and lines.

    A finding of severity ``error`` is something that Kubernetes refuses or that cannot work; ``warning`` is
    a risk; ``note`` is worth knowing.
    """
    view = View(objects)
    findings = dict.fromkeys(problem for check in _CHECKS for problem in check(view))
    return sorted(findings, key=_in_file_order)


def refusals(objects: ClusterObjects) -> list[Problem]:
    """Return the findings of severity ``error`` alone."""
    return [finding for finding in check_cluster(objects) if finding.severity == "error"]


def _in_file_order(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.location
    return (place.file, place.line or 0, place.column or 0, problem.rule) if place else ("", 0, 0, problem.rule)
