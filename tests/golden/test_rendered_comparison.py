"""What ``fvcap compare`` prints, to the letter.

After a wanted change: ``FVCAP_UPDATE_GOLDEN=1 python -m pytest tests/golden`` and read the difference.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from fvcapacity.cli.render_comparison import render_comparison_markdown, render_comparison_table
from fvcapacity.cli.render_table import WIDTH
from fvcapacity.cli.terminal import Language, settings
from fvcapacity.results.build import build_result
from fvcapacity.results.stopping import Decision, StoppingRule, stopping_part
from fvcapacity.study.compare import comparison_of
from tests.golden.spanish import assert_spanish
from tests.unit.results import synthetic

HERE = Path(__file__).parent


@dataclass
class FinishedRuns:
    """Replications of a run that never ran."""

    outcomes: list[Any]
    scenario: Any

    @property
    def complete(self):
        return all(outcome.complete for outcome in self.outcomes)

    def result(self):
        bill = synthetic.make_bill(len(self.outcomes))
        return build_result(self.scenario, synthetic.make_program(), self.outcomes, bill)


def runs(count, *, calm, changes=(), last_stop=None):
    outcomes = [
        synthetic.make_outcome(i, calm=calm, stop_minute=last_stop if i == count - 1 else None) for i in range(count)
    ]
    scenario = replace(synthetic.make_scenario(replications=count, plane="simpy"), changes=changes)
    return FinishedRuns(outcomes, scenario)


CHANGES = ("order-cpu.yaml (deployment/order-service)",)


@pytest.fixture(scope="module")
def comparisons():
    rule = StoppingRule(0.1, maximum=40)
    stopping = stopping_part(
        rule, Decision("precise", 0.0712), 3, "the difference of p95 over all user requests", of="the mean of A"
    )
    missed, calm = runs(3, calm=False), runs(3, calm=True, changes=CHANGES)
    return {
        "compared": comparison_of(missed, calm, 3, [], stopping),
        "compared-once": comparison_of(
            runs(1, calm=False), runs(1, calm=True, changes=CHANGES), 1, ["The objectives differ."], None
        ),
        "compared-interrupted": comparison_of(missed, runs(3, calm=True, changes=CHANGES, last_stop=73), 3, [], None),
    }


RENDERERS = [
    ("txt", lambda summary: render_comparison_table(summary, width=WIDTH, color=False)),
    ("md", render_comparison_markdown),
]


@pytest.mark.parametrize("name", ["compared", "compared-once", "compared-interrupted"])
@pytest.mark.parametrize(("suffix", "render"), RENDERERS)
def test_rendered(comparisons, name, suffix, render):
    text = render(comparisons[name].summary)
    path = HERE / f"{name}.{suffix}"
    if os.environ.get("FVCAP_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("suffix", "render"), RENDERERS)
def test_no_english_and_no_english_figure_in_spanish(comparisons, suffix, render):
    for comparison in comparisons.values():
        with settings(language=Language.ES):
            assert_spanish(render(comparison.summary))


def test_colour_only_when_asked(comparisons):
    summary = comparisons["compared"].summary
    assert "\x1b[" not in render_comparison_table(summary, color=False)
    coloured = render_comparison_table(summary, color=True)
    assert "A \x1b[1;31mMISSED" in coloured
    assert "B \x1b[1;32mHOLDS" in coloured
