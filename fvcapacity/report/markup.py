"""Templates of pages: escaping is on for HTML, and a name that nobody filled in is an error."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from fvcapacity.review.extra import needed

_MARKDOWN = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": " ", "\r": " "}
    | {sign: f"\\{sign}" for sign in "\\`*_[]|#~$"}
)  # fmt: skip


@cache
def environment(templates: Path, *, html: bool, extra: str = "review") -> Any:
    """Return Jinja's environment for a directory of templates.

    Parameters
    ----------
    templates
        Directory.
    html
        Whether values are escaped for HTML; Markdown escapes them by the filter ``md``.
    extra
        Which extra of the package brings Jinja2, for the hint when it is missing.
    """
    jinja2 = needed("jinja2", "Jinja2", extra)
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=html,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    made.filters["md"] = lambda text: str(text).translate(_MARKDOWN)
    return made
