"""What a reader is shown of a recommendation, as text cells: the table and the Markdown say the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fvcapacity.cli.tongue import spoken_word
from fvcapacity.cli.view import NONE, Grid, Summary, number_text, sentence_text
from fvcapacity.recommend.ordering import needed_first
from fvcapacity.units import format_cpu

_WORDS = {
    "recommended": "RECOMMENDED",
    "left alone": "LEFT ALONE",
    "no configuration": "NO CONFIGURATION HOLDS",
    "unfinished": "UNFINISHED",
    "refused": "NOTHING CAN BE RECOMMENDED",
}
_ABOUT = "p95, errors and throttling are those of the worst stretch or service; ± is half the 95 % confidence interval."


def verdict_word(document: Summary) -> str:
    """Return the verdict in capitals."""
    return _WORDS[document["verdict"]]


def headline(document: Summary) -> str:
    """Return the verdict in one line: ``RECOMMENDED  valentines``."""
    return f"{spoken_word(verdict_word(document))}  {document['scenario']}"


def money_line(document: Summary) -> str:
    """Return what a month costs, today and as recommended; empty when it is not known."""
    money = document["money"]
    today, own = money["today_proven_usd"], money["proven_usd"]
    if today is None:
        return ""
    before = f"{number_text(today, 2)} USD a month today"
    if own is None:
        return before
    saved = "" if not today["mean"] else f" ({100 * (own['mean'] / today['mean'] - 1):+.1f} %)"
    return f"{number_text(own, 2)} USD a month{saved}, {before}"


def changes_grid(document: Summary) -> Grid:
    """Return the fields that change, first those that must grow: without them nothing holds."""
    changed = needed_first(
        (item for item in document["fields"] if item["changes"]), lambda item: (item["today"], item["value"])
    )
    rows = [(item["path"], _value(item["today"]), _value(item["value"]), item["why"]) for item in changed]
    return Grid("Changes", ("Field", ">Today", ">New", "Why"), tuple(rows), wrapped=3)


def objects_grid(document: Summary) -> Grid:
    """Return the new objects."""
    rows = [(f"{item['kind']} {item['namespace']}/{item['name']}", item["why"]) for item in document["objects"]]
    return Grid("New objects", ("Object", "Why"), tuple(rows), wrapped=1)


def evidence_grid(document: Summary) -> Grid:
    """Return the systems of the proof."""
    evidence = document["evidence"]
    heads = ("System", "Part", ">Holds", ">USD a month", ">p95 ms", ">Errors", ">OOM", ">Throttled", ">CPU slack")
    rows: list[tuple[str, ...]] = []
    for system in evidence["systems"] if evidence else ():
        if system["why_not"]:
            rows.append((system["name"], "cannot be", *[NONE] * 7))
        rows += [_proof_row(system, proof) for proof in system["proofs"]]
    impossible = (
        [f"{s['name']} cannot be: {s['why_not']}." for s in evidence["systems"] if s["why_not"]] if evidence else []
    )
    return Grid("Evidence", heads, tuple(rows), remark=" ".join([*impossible, _ABOUT]) if rows else "")


def front_grid(document: Summary) -> Grid:
    """Return cost against p95."""
    rows = [
        (f"{p['machines_usd']:,.2f}", f"{p['requests_usd']:,.2f}", _p95(p["p95_s"]), str(len(p["values"])))
        for p in document["front"]
    ]
    heads = (">Machines USD a month", ">Of which requested", ">Worst p95 ms", ">Fields changed")
    remark = "As the search reckons them, at the peaks; none that was tried is both cheaper and faster." if rows else ""
    return Grid("Cost against p95", heads, tuple(rows), remark=remark)


def owner_grid(document: Summary, owner: str) -> Grid:
    """Return every field of one workload, also those that stay."""
    rows = [
        (item["path"], _value(item["today"]), _value(item["value"]), item["why"])
        for item in document["fields"]
        if item["owner"] == owner
    ]
    return Grid(owner, ("Field", ">Today", ">New", "Why"), tuple(rows), wrapped=3)


def use_lines(document: Summary, owner: str) -> list[str]:
    """Return what the containers of a workload request and use at the peaks."""
    cover = document["policy"]["cover_percent"]
    lines = []
    for item in document["containers"]:
        if item["container"].rpartition("/")[0] != owner:
            continue
        asked, used = item["cpu_request_cores"], item["cpu_used_cores"]
        cpu = f"{_cpu(used)} of CPU in {cover:g} % of its minutes, of {_cpu(asked)} requested"
        memory = f"{_memory(item['memory_used_bytes'])} of memory at most, of {_memory(item['memory_request_bytes'])}"
        lines.append(f"{item['container']} uses {cpu}; {memory}.")
    return lines


def owners(document: Summary) -> list[str]:
    """Return everything that has a field that was decided."""
    return list(dict.fromkeys(item["owner"] for item in document["fields"]))


def binding_line(document: Summary) -> str:
    """Return which constraint keeps how many fields from being cheaper."""
    counts = [f"{name} {count}" for name, count in document["binding"].items()]
    return f"What keeps fields from being cheaper: {', '.join(counts)}." if counts else ""


def remarks(document: Summary) -> list[str]:
    """Return what a reader has to know besides."""
    places, candidates = len(document["tried_at"]), document["candidates"]
    tried = f"Candidates tried: {candidates}, at {places} of the history's hours." if places else ""
    mended = f"To hold at all it took: {'; '.join(document['mended'])}." if document["mended"] else ""
    late = "" if document["complete"] else "The search ran out of time; the same command goes on from its trials."
    seed = f"Seed {document['seed']}."
    slack = document["slack"]["sentence"] if document["slack"] else ""
    lines = [*document["notes"], mended, slack, binding_line(document), tried, late, seed]
    return [sentence_text(line) for line in lines if line]


def _proof_row(system: Mapping[str, Any], proof: Mapping[str, Any]) -> tuple[str, ...]:
    slack = proof["slack_ratio"]
    return (
        system["name"],
        proof["part"],
        f"{proof['held']} of {proof['trials']}",
        NONE if system["usd"] is None else number_text(system["usd"], 2),
        number_text(proof["p95_s"], 0, factor=1e3),
        number_text(proof["error_ratio"], 2, factor=100, unit=" %"),
        str(proof["oom_kills"]),
        f"{100 * proof['throttled_ratio']:.1f} %",
        NONE if slack is None else f"{100 * slack:.0f} %",
    )


def _value(value: Any) -> str:
    return NONE if value is None else str(value)


def _p95(seconds: float) -> str:
    """Return milliseconds, with a decimal where they are few."""
    return f"{1e3 * seconds:,.{1 if seconds < 0.1 else 0}f}"


def _cpu(cores: float | None) -> str:
    return "none" if cores is None else format_cpu(round(cores, 3))


def _memory(count: float | None) -> str:
    return "none" if count is None else f"{count / 2**20:.0f}Mi"
