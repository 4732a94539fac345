"""The pages under ``docs/`` that are made of the code. ``python -m tests.docs`` writes them; a test holds them to it.

They are made of the sources (docstrings, raises, tests), which an installed package does not have: so they live with the
tests and not in the package.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.docs.pages.commands import commands_markdown
from tests.docs.pages.decisions import decisions_markdown
from tests.docs.pages.errors import errors_markdown
from tests.docs.pages.library import library_markdown
from tests.docs.pages.rules import rules_markdown
from tests.docs.pages.scenario import scenario_markdown
from tests.docs.pages.schemas import schemas_markdown

PAGES: dict[str, Callable[[], str]] = {
    "reference/commands.md": commands_markdown,
    "reference/scenario.md": scenario_markdown,
    "reference/errors.md": errors_markdown,
    "reference/schemas.md": schemas_markdown,
    "reference/library.md": library_markdown,
    "explanation/semantics.md": rules_markdown,
    "decisions/index.md": decisions_markdown,
}
"""Each generated page by its path below ``docs/``."""
