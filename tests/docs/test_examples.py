"""Every fenced example of README and docs runs: commands, Python, and YAML against the models that read it.

``.ci/docs`` takes scenarios that are cut to five minutes, and leaves out what is marked ``long``. All of it as it stands:
``NUMBA_BOUNDSCHECK=0 python -m pytest -m long tests/docs``.
"""

import shutil
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from fvcapacity.scenario.model import ScenarioFile
from fvcapacity.scenario.topology import Topology
from tests.docs.examples import matches, run
from tests.docs.fences import LANGUAGES, RUN, fences_of, pages
from tests.docs.pages.text import ROOT

PAGES = [page for page in pages() if any(fence.language in RUN for fence in fences_of(page))]
TUTORIAL = [page for page in PAGES if page.parent.name == "tutorial"]
LONGEST = {
    f"docs/{page}.md"
    for page in (
        "es/inicio-rapido", "explanation/node-loss-at-peak", "how-to/cost", "how-to/focus", "how-to/overlays",
        "how-to/quarterly-review", "how-to/reconcile", "how-to/report",
    )
} | {"tutorial"}  # fmt: skip
"""Pages whose examples take longest, nearly as much CPU as those of all others together: they are taken first."""
WORDS = {"skip", "long", "instead", "before", "file", "output", "fails"}


def name(unit: list[Path]) -> str:
    return "tutorial" if unit == TUTORIAL else unit[0].relative_to(ROOT).as_posix()


UNITS = [TUTORIAL, *([page] for page in PAGES if page not in TUTORIAL)]
UNITS.sort(key=lambda unit: name(unit) not in LONGEST)


@pytest.mark.examples
@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_examples_run(unit, tmp_path):
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    for printed in run(unit, tmp_path, whole=False):
        assert printed.agrees, f"{printed.fence}\n{printed.difference()}"


@pytest.mark.long
@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_examples_run_whole(unit, tmp_path):
    for printed in run(unit, tmp_path, whole=True):
        assert printed.agrees, f"{printed.fence}\n{printed.difference()}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_fences_say_what_they_are(page):
    for fence in fences_of(page):
        assert fence.language in LANGUAGES, f"{fence}: write one of {LANGUAGES}"
        assert set(fence.directives) <= WORDS, f"{fence}: {fence.directives}"
        for word in ("skip", "long"):
            assert fence.directives.get(word, "a reason"), f"{fence}: {word} needs a reason"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_yaml_is_what_it_says(page):
    """Parts of a scenario or a topology are read by the models; everything else is at least YAML."""
    for fence in fences_of(page):
        if fence.language == "yaml":
            for document in yaml.safe_load_all(fence.text):
                if isinstance(document, dict):
                    check_part(document, f"{fence}")


def check_part(document: dict, where: str) -> None:
    for model in (ScenarioFile, Topology):
        if set(document) <= set(model.model_fields):
            for key, value in document.items():
                kind = model.model_fields[key]
                try:
                    TypeAdapter(kind.annotation).validate_python(value)
                except ValidationError as error:
                    raise AssertionError(f"{where}: {key}: {error}") from None


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\nb", "a\nb\n", True),
        ("a\nb", "a\nc", False),
        ("a …\nb", "a 12 s\nb", True),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("a\n...", "a\nb\nc", True),
        ("...\nd", "a\nd", True),
        ("a\n...\nd", "a\nb", False),
        ("a (1)", "a (1)", True),
        ("a", "a\nb", False),
    ],
)
def test_matches(shown, printed, same):
    assert matches(shown, printed) is same


def test_what_may_not_run_is_rare():
    """A page without an example that runs is a page nobody keeps true."""
    runnable = [fence for page in PAGES for fence in fences_of(page) if fence.language in RUN]
    skipped = [fence for fence in runnable if "skip" in fence.directives]
    assert len(skipped) <= len(runnable) / 3
