"""Pages that are made of the code are in step with it, and nothing of the code is left out."""

import re

import pytest

import fvcapacity
from tests.docs.pages import PAGES
from tests.docs.pages.commands import parameters_of
from tests.docs.pages.errors import codes
from tests.docs.pages.library import GROUPS
from tests.docs.pages.rules import NO_RULES, ROOMS, holders_of, modules, source_of
from tests.docs.pages.scenario import meaning, models
from tests.docs.pages.text import DOCS, PACKAGE, ROOT


@pytest.mark.parametrize("path", sorted(PAGES))
def test_page_is_in_step(path):
    assert (DOCS / path).read_text(encoding="utf-8") == PAGES[path](), "run: python -m tests.docs"


def test_every_field_of_a_scenario_has_a_meaning():
    missing = [
        f"{model.__name__}.{name}" for model in models() for name in model.model_fields if not meaning(model, name)
    ]
    assert not missing, "write a docstring below the field"


@pytest.mark.parametrize(
    "path", [path for room, _ in ROOMS for path in modules(room)], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_every_rule_has_a_source_and_a_test(path):
    assert source_of(path), "name the source in the docstring, or in SOURCES of tests/docs/pages/rules.py"
    assert holders_of(path)


def test_every_module_of_rules_is_in_a_room():
    rooms = {PACKAGE / room for room, _ in ROOMS}
    homes = {path.parent for top in ("semantics", "decisions") for path in (PACKAGE / top).rglob("*.py")}
    assert homes == rooms
    assert all((PACKAGE / f"{name}.py").exists() for name in NO_RULES)


def test_every_public_name_is_in_one_group():
    grouped = [name for names in GROUPS.values() for name in names]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) <= set(fvcapacity.__all__)


def test_every_option_has_a_meaning():
    from fvcapacity.cli.main import app
    from tests.docs.pages.commands import commands_of

    silent = [
        f"{name} {item.name}"
        for name, command in commands_of(app, "fvcap")
        for item in parameters_of(command)
        if not item.info.help
    ]
    assert not silent


def test_codes_of_errors_are_found():
    """The reader of the sources must not fall silent when they are written in another way."""
    found = codes()
    assert {"unknown-route", "infinite", "yaml-trap", "path"} <= set(found)
    assert len(found) > 150
    assert all(re.fullmatch(r"[a-z0-9-]+", code) for code in found)


def test_every_page_is_on_the_site():
    """MkDocs says so too, but is no part of the tests."""
    nav = (DOCS / "site" / "mkdocs.yml").read_text(encoding="utf-8")
    index = (DOCS / "how-to" / "index.md").read_text(encoding="utf-8")
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert not {page for page in pages if page not in nav and not page.startswith("decisions/")}
    assert not {
        page for page in pages if page.startswith("how-to/") and page[7:] not in index and page[7:] != "index.md"
    }


def test_links_to_files_of_the_repository_lead_somewhere():
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(((?!https?:|#|mailto:)[^)\s#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"
