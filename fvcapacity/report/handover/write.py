"""Write an answer: the overlay of a recommendation, or what was tried and why nothing holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fvcapacity.frozen import Frozen
from fvcapacity.recommend.answer import Answer
from fvcapacity.recommend.document import DOCUMENT, document_json, recommendation_document
from fvcapacity.release import __version__
from fvcapacity.report.handover.promise import admission_check, replay_check
from fvcapacity.report.handover.proposal import evidence_table, proposal_of
from fvcapacity.report.overlay.base import check_base
from fvcapacity.report.overlay.documents import markdown_table
from fvcapacity.report.overlay.proposal import PatchFormat
from fvcapacity.report.overlay.verification import Verification
from fvcapacity.report.overlay.write import check_overlay_replaceable, write_overlay
from fvcapacity.scenario.model import Scenario
from fvcapacity.tabular.directory import write_directory

PLOTS = "plots"


class Written(Frozen):
    """What was written.

    Attributes
    ----------
    verification
        Of the overlay; None when nothing is recommended, and there is none.
    """

    directory: Path
    verification: Verification | None


def check_recommendation_replaceable(scenario: Scenario, directory: str | Path) -> None:
    """Check that a recommendation may be written here; callers do so before a long search.

    Raises
    ------
    InputError
        When something else stands there, or an overlay cannot stand on the scenario's manifests.
    """
    check_overlay_replaceable(directory)
    check_base(scenario)


def write_recommendation(
    answer: Answer,
    directory: str | Path,
    *,
    patch_format: PatchFormat = "strategic",
    helm: bool = False,
    kubectl: str | None = "auto",
    plots: bool = True,
) -> Written:
    """Write an answer as a directory.

    Of a recommendation an overlay, verified, read again and replayed before it gets its name; of any other answer its
    document and a README that says what was tried. What stood there before is replaced.

    Parameters
    ----------
    patch_format, helm, kubectl
        See `write_overlay`.
    plots
        Draw the front.
    answer
        From `recommend_with_evidence`.
    directory
        Where to; a recommendation of ours that stands there is replaced.

    Returns
    -------
    Written
        Where it is, and how it was verified.

    Raises
    ------
    ScenarioError
        When what was written is not what was promised: then nothing is left.
    InputError
        When something else stands in the directory, or it cannot be written.
    SourceError
        When kubectl cannot be run.
    """
    target = Path(directory)
    document = recommendation_document(answer)

    def documents(work: Path) -> None:
        (work / DOCUMENT).write_text(document_json(document), encoding="utf-8")
        if plots and document["front"]:
            from fvcapacity.plots.front import write_front_plot  # matplotlib, only when it is needed

            write_front_plot(document, work / PLOTS)

    if answer.handover is None:
        check_overlay_replaceable(target)

        def write(work: Path) -> None:
            documents(work)
            (work / "README.md").write_text(_readme(answer), encoding="utf-8")

        write_directory(target, write)
        return Written(target, None)
    overlay = write_overlay(
        answer.scenario,
        proposal_of(answer),
        target,
        patch_format=patch_format,
        helm=helm,
        kubectl=kubectl,
        checks=[lambda work: admission_check(answer, work), lambda work: replay_check(answer, work)],
        extras=documents,
    )
    return Written(target, overlay.verification)


def _readme(answer: Answer) -> str:
    """Return the README of an answer that recommends nothing: the verdict, what is nearest, what was tried."""
    return "\n\n".join(_parts(answer)) + "\n"


def _parts(answer: Answer) -> Iterator[str]:
    yield f"# {answer.scenario.name}: {answer.verdict}"
    yield answer.sentence
    if answer.nearest:
        yield f"The nearest thing that can be had: {answer.nearest}"
    if answer.search is not None and answer.search.mended:
        yield "## What was tried\n\n" + "\n".join(f"- {words}" for words in answer.search.mended)
    table = evidence_table(answer)
    if table is not None:
        yield f"## {table.heading}\n\n{markdown_table(table.columns, table.rows)}"
    if answer.notes:
        yield "\n".join(f"- {note}" for note in answer.notes)
    yield f"There is no overlay here: nothing is handed over without proof. `{DOCUMENT}` says the same for machines."
    yield f"Written by fvcapacity {__version__}."
