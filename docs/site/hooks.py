"""What MkDocs does not do by itself: directives for the examples are left out, and files of the repository are named.

Pages are written to be read in the repository as well. A link that leaves ``docs/`` (a scenario, a test) works there;
the site, which holds no sources, names the file instead.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import normpath
from typing import Any

_DIRECTIVE = re.compile(r"^<!-- example:.*?-->\n", re.MULTILINE | re.DOTALL)
_OUTSIDE = re.compile(r"\[([^\]]+?)\]\(((?:\.\./)+(?!docs/)[\w./-]+)\)", re.DOTALL)
_WITHIN = re.compile(r"\[([^\]]+?)\]\(([\w-]+)\)")
_ROOT = Path(__file__).resolve().parents[2]


def on_config(config: Any) -> Any:
    """Put every decision into the menu, by its number."""
    decisions = next(part["Decisions"] for part in config.nav if "Decisions" in part)
    decisions += [f"decisions/{path.name}" for path in sorted((_ROOT / "docs" / "decisions").glob("[0-9]*.md"))]
    return config


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return a page without directives for the examples, and with files outside of the site as text."""
    if page.file.src_uri == "changelog.md":
        return (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    folder = Path("docs", page.file.src_uri).parent

    def named(match: re.Match[str]) -> str:
        text, target = match.groups()
        path = normpath((folder / target).as_posix())
        if path.startswith("docs/") or not (_ROOT / path).exists():
            return match.group(0)  # MkDocs looks at it, and complains
        return f"{text} (`{path}`)" if path not in text else text

    def without_folder(match: re.Match[str]) -> str:
        return match.group(1) if (_ROOT / folder / match.group(2)).is_dir() else match.group(0)

    return _WITHIN.sub(without_folder, _OUTSIDE.sub(named, _DIRECTIVE.sub("", markdown)))
