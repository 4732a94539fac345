"""What of an answer an overlay is written from: values, objects, reasons, and the evidence as tables."""

from __future__ import annotations

from collections.abc import Iterator

from fvcapacity.recommend.answer import Answer
from fvcapacity.recommend.candidates import MACHINES
from fvcapacity.recommend.evidence import COLUMNS, rows_of
from fvcapacity.report.overlay.proposal import Proposal, Table
from fvcapacity.units import format_cpu

_MIB = 2**20


def proposal_of(answer: Answer) -> Proposal:
    """Return the proposal of a recommendation that holds out of sample."""
    handover, evidence = answer.handover, answer.evidence
    assert handover is not None, "only a recommendation is proposed"
    assert evidence is not None, "nothing is recommended without a proof"
    return Proposal(
        values=handover.values,
        reasons={path: why for path, why in handover.reasons.items() if path in handover.values},
        objects=handover.objects,
        pools=handover.pools,
        title=f"Recommended configuration of {answer.scenario.name}",
        summary=f"{answer.sentence} {evidence.sentence}",
        evidence=list(_tables(answer)),
        notes=[
            *answer.notes,
            *_slack(answer),
            *(handover.reasons[name] for name in (MACHINES,) if name in handover.reasons),
        ],
    )


def evidence_table(answer: Answer) -> Table | None:
    """Return the proof: today, the recommendation, and what other tools would say."""
    if answer.evidence is None:
        return None
    return Table("Evidence", COLUMNS, rows_of(answer.evidence))


def _tables(answer: Answer) -> Iterator[Table]:
    evidence = evidence_table(answer)
    if evidence is not None:
        yield evidence
    if rows := list(_front(answer)):
        yield Table(
            "Cost against p95", ("Machines USD a month", "Of which requested", "Worst p95 ms", "Fields changed"), rows
        )
    if answer.containers:
        heads = ("Container", "CPU request", "CPU used", "Memory request", "Memory used")
        yield Table("Requests against use at the peaks", heads, list(_uses(answer)))
    if rows := list(_objects(answer)):
        yield Table("Quotas, limit ranges and disruption budgets", ("Object", "Why"), rows)


def _slack(answer: Answer) -> Iterator[str]:
    if answer.search is not None and answer.search.slack is not None:
        yield answer.search.slack.sentence


def _front(answer: Answer) -> Iterator[tuple[str, ...]]:
    for point in answer.search.front if answer.search else ():
        yield (
            f"{point.machines_usd:.2f}",
            f"{point.requests_usd:.2f}",
            f"{1e3 * point.p95_s:.1f}",
            str(len(point.values)),
        )


def _uses(answer: Answer) -> Iterator[tuple[str, ...]]:
    for item in answer.containers:
        yield (
            item.path,
            "" if item.cpu_request_cores is None else format_cpu(item.cpu_request_cores),
            "" if item.cpu_used_cores is None else f"{1000 * item.cpu_used_cores:.0f}m",
            "" if item.memory_request_bytes is None else f"{item.memory_request_bytes / _MIB:.0f}Mi",
            "" if item.memory_used_bytes is None else f"{item.memory_used_bytes / _MIB:.0f}Mi",
        )


def _objects(answer: Answer) -> Iterator[tuple[str, str]]:
    assert answer.handover is not None
    for item in answer.handover.objects:
        name = f"{item['kind'].lower()}/{item['metadata']['name']}"
        yield name, answer.handover.reasons.get(name, "")
