"""A run for people: one HTML page with verdict, timeline, request path and another run beside it."""

from fvcapacity.report.page.document import UNREAD, check_libraries, report_html, write_report

__all__ = ["UNREAD", "check_libraries", "report_html", "write_report"]
