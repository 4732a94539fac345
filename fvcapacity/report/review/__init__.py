"""A quarterly review for people: one HTML file, Markdown, in English and Spanish."""

from fvcapacity.report.review.page import check_review_replaceable, review_html, review_markdown, write_review

__all__ = ["check_review_replaceable", "review_html", "review_markdown", "write_review"]
