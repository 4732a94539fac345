"""What differs between two configurations, and what that is worth."""

from __future__ import annotations

from fvcapacity.report.difference.difference import difference_of
from fvcapacity.report.difference.document import DIFFERENCE_SCHEMA

__all__ = ["DIFFERENCE_SCHEMA", "difference_of"]
