"""``python -m tests.docs``: write the pages that are made of the code."""

from __future__ import annotations

from tests.docs.pages import PAGES
from tests.docs.pages.text import DOCS

for path, page in PAGES.items():
    target = DOCS / path
    text = page()
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")
        print(f"docs/{path}")
