"""What ``fvcap recommend`` prints, to the letter.

After a wanted change: ``FVCAP_UPDATE_GOLDEN=1 python -m pytest tests/golden`` and read the difference.
"""

import os
from pathlib import Path

import pytest

from fvcapacity.cli.render_recommendation import (
    render_owner_table,
    render_recommendation_markdown,
    render_recommendation_table,
)
from fvcapacity.cli.render_table import WIDTH
from fvcapacity.recommend.document import recommendation_document
from tests.support.answers import answer_of
from tests.support.small_systems import small_system

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    return recommendation_document(answer_of(small_system(tmp_path_factory.mktemp("shop")), replayed=False))


@pytest.mark.parametrize(
    ("name", "render"),
    [
        ("recommended.txt", lambda found: render_recommendation_table(found, width=WIDTH, color=False)),
        ("recommended.md", render_recommendation_markdown),
        ("explained.txt", lambda found: render_owner_table(found, "deployment/shop", width=WIDTH, color=False)),
    ],
)
def test_rendered(document, name, render):
    text = render(document)
    path = HERE / name
    if os.environ.get("FVCAP_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
