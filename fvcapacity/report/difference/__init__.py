"""What differs between two configurations, and what that is worth."""

from __future__ import annotations

from fvcapacity.report.difference.difference import DIFFERENCE_SCHEMA, difference_of

__all__ = ["DIFFERENCE_SCHEMA", "difference_of"]
