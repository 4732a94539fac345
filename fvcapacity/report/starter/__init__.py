"""A first scenario from what somebody has: manifests, a Prometheus, or nothing yet (then the shipped shop)."""

from fvcapacity.report.starter.example import copy_example
from fvcapacity.report.starter.options import StartOptions
from fvcapacity.report.starter.write import Started, start_scenario

__all__ = ["StartOptions", "Started", "copy_example", "start_scenario"]
