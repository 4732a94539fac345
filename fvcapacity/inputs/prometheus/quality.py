"""How well figures are known: coverage of each query, times without figures, and what a reader has to know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from fvcapacity.errors import SourceError
from fvcapacity.inputs.prometheus.assemble import Figures, edge_of, subject_of
from fvcapacity.inputs.prometheus.collect import Collected
from fvcapacity.inputs.prometheus.growth import Grid
from fvcapacity.inputs.prometheus.reading import NO_NAME
from fvcapacity.inputs.prometheus.rows import runs
from fvcapacity.inputs.provenance import Coverage, Gap, Remark
from fvcapacity.units import NS_PER_S, format_duration

_SATURATED = 0.01
_MOST_NAMED = 5


def coverage_of(part: Collected) -> Coverage:
    """Return how much of what a query should have told it did, in intervals times services.

    A service is expected from its first figure to its last one; an interval in which the whole query was silent is
    expected of all of them.
    """
    samples = expected = 0
    for service in part.rows.seen:
        known = part.rows.known([service]) & part.watched
        there = np.flatnonzero(known)
        due = ~part.watched
        if there.size:
            due[there[0] : there[-1] + 1] = True
        samples += int(known.sum())
        expected += int(due.sum())
    if not part.rows.seen:
        expected = part.rows.grid.count
    return Coverage(
        query=part.expression, name=part.reading.name, series=part.series, samples=samples, expected=expected
    )


def gaps_of(part: Collected) -> list[Gap]:
    """Return the times in which a query was silent, with what its counters went on by meanwhile."""
    grid, gaps = part.rows.grid, []
    grown = sum((row.values for key, row in part.rows.rows.items() if _once(part, key)), np.zeros(grid.count))
    raw = part.method.startswith("raw")
    for first, last in runs(~part.watched):
        counted = round(float(grown[first:last].sum()), 6) if raw else None
        gaps.append(
            Gap(name=part.reading.name, start=instant(grid, first), end=instant(grid, last), counted=counted)
        )  # fmt: skip
    return gaps


def instant(grid: Grid, row: int) -> datetime:
    """Return the start of an interval."""
    return datetime.fromtimestamp(grid.start_s + row * grid.step_s, UTC)


def counts_from(parts: list[Collected]) -> str:
    """Return how counters were read, in words."""
    methods = dict.fromkeys(part.method for part in parts if part.reading.query.kind != "gauge")
    return " and ".join(methods)


def scrape_interval_of(parts: list[Collected]) -> float | None:
    """Return the most common time between scrapes, of the queries that tell traffic if any do."""
    counted = [part.scrape_s for part in parts if part.reading.query.measure == "requests"]
    spans = counted or [part.scrape_s for part in parts]
    return max(set(spans), key=spans.count) if spans else None


def remarks_of(part: Collected) -> Iterator[Remark]:
    """Yield what a reader has to know of one query."""
    name, tally, grid = part.reading.name, part.tally, part.rows.grid
    for warning in part.warnings:
        hint = "figures may lack what a store did not answer; ask again, or for complete answers only"
        yield Remark(
            severity="warning", rule="server-warning", message=f"{name}: the server warns: {warning}", hint=hint
        )
    if not part.method.startswith("raw") and part.reading.query.kind != "gauge":
        yield _increase(part)
    if tally.resets:
        yield Remark(rule="counter-resets", message=f"{name}: {tally.resets} counters began again (a restart each)")
    if tally.births:
        message = f"{name}: {tally.births} series began within the range; their first values count ({tally.born:,.6g})"
        yield Remark(rule="births", message=message)
    if tally.unborn:
        message = f"{name}: series that came up during a gap had counted {tally.unborn:,.6g} before; it is left out"
        yield Remark(rule="unseen-births", message=message)
    if tally.not_numbers:
        message = f"{name}: {tally.not_numbers} samples are NaN or infinite; they are left out"
        hint = "a division by zero in a recording rule, or an exporter that lost its target"
        yield Remark(severity="warning", rule="not-a-number", message=message, hint=hint)
    if part.duplicates:
        message = f"{name}: {part.duplicates} series tell what others tell (another scraper, exporter or replica)"
        yield Remark(rule="duplicates", message=f"{message}; each is counted once")
    yield from _times(part, grid)


def _increase(part: Collected) -> Remark:
    message = f"{part.reading.name}: the server computed {part.method}, as raw counters would be too many"
    hint = "first values of new pods are missed, and a window above the step flattens the busiest minutes"
    return Remark(severity="warning", rule="increase", message=message, hint=f"{hint}; ask for a shorter range")


def _times(part: Collected, grid: Grid) -> Iterator[Remark]:
    name, found = part.reading.name, part.reading.found
    for gap in gaps_of(part):
        lost = f"; {gap.counted:,.6g} was counted meanwhile, in no interval" if gap.counted else ""
        span = format_duration(int((gap.end - gap.start).total_seconds()) * NS_PER_S)
        message = (
            f"{name}: nothing from {gap.start:%Y-%m-%d %H:%M:%S} to {gap.end:%Y-%m-%d %H:%M:%S} UTC ({span}){lost}"
        )
        yield Remark(severity="warning", rule="gap", message=message, hint="these intervals are missing, not zero")
    if found.first_s > grid.start_s + 2 * found.look_s:
        began = datetime.fromtimestamp(found.first_s, UTC)
        message = f"{name}: the first series are of about {began:%Y-%m-%d %H:%M} UTC, later than the range begins"
        hint = "the server keeps no older ones (retention), or nobody scraped: begin later with --start"
        yield Remark(severity="warning", rule="begins-late", message=message, hint=hint)
    partly = []
    for service in sorted(part.rows.seen):
        known = part.rows.known([service])
        there = np.flatnonzero(known)
        if there.size and (holes := int((~known & part.watched)[there[0] : there[-1]].sum())):
            partly.append(f"{service} ({holes})")
    if partly:
        more = f" and {len(partly) - _MOST_NAMED} more" if len(partly) > _MOST_NAMED else ""
        message = f"{name}: intervals that are missing for single services: {', '.join(partly[:_MOST_NAMED])}{more}"
        yield Remark(severity="warning", rule="service-gap", message=message)


def remarks_of_all(figures: Figures, parts: list[Collected]) -> Iterator[Remark]:
    """Yield what a reader has to know of the whole."""
    for part in parts:
        if any(
            NO_NAME in key and figures.told_by.get(subject_of(key)) == part.reading.profile for key in part.rows.rows
        ):
            hint = "include method and path in the labels (includeMethod, includePath), or name others in a profile"
            name = part.reading.name
            message = f"{name}: some series have none of the labels that name the route or service; they are {NO_NAME}"
            yield Remark(severity="warning", rule="unnamed", message=message, hint=hint)
    entry = frozenset().union(*(part.reading.entry for part in parts))
    if unheard := sorted(entry - {service for part in parts for service in part.rows.seen}):
        message = f"no query tells of {', '.join(unheard)}, which --entry names"
        hint = "entries are named as services are in usage.parquet"
        yield Remark(severity="warning", rule="unknown-entry", message=message, hint=hint)
    for profile, things in sorted(figures.left_out.items()):
        shown = sorted(things)[:_MOST_NAMED]
        more = f" and {len(things) - _MOST_NAMED} more" if len(things) > _MOST_NAMED else ""
        message = f"{profile}: {', '.join(shown)}{more} left out: an earlier profile tells it"
        yield Remark(rule="told-twice", message=message)
    for subject, buckets in sorted(figures.latency.items()):
        total = sum(float(np.nansum(values)) for _, values in buckets)
        beyond = float(np.nansum(buckets[-1][1])) if buckets and np.isinf(buckets[-1][0]) else 0.0
        if total and beyond / total > _SATURATED:
            edge = buckets[-2][0] if len(buckets) > 1 else 0.0
            message = f"{subject}: {beyond / total:.1%} took longer than the last bucket's edge ({edge:g} s)"
            hint = "percentiles above that are unknown: give the histogram further buckets"
            yield Remark(severity="warning", rule="saturated-histogram", message=message, hint=hint)
    spans = sorted({part.scrape_s for part in parts})
    if len(spans) > 1:
        listed = ", ".join(f"{span:g} s" for span in spans)
        yield Remark(rule="scrape-intervals", message=f"targets are scraped at different intervals: {listed}")


def refuse_thin(coverage: list[Coverage], least: float, kept: str) -> None:
    """Refuse figures that are known too little.

    Raises
    ------
    SourceError
        Naming every query whose coverage is below ``least``.
    """
    thin = [item for item in coverage if item.ratio < least]
    if not thin:
        return
    shown = "; ".join(f"{item.name} {item.ratio:.0%}" for item in thin)
    hint = "choose a range without the gaps, leave the profile out, or accept less with --min-coverage" + kept
    raise SourceError(
        f"too little is known, below {least:.0%}: {shown}", hint=hint, query=thin[0].query, rule="thin-coverage"
    )


def _once(part: Collected, key: tuple[str, ...]) -> bool:
    """Tell whether a row counts something that no other row counts as well."""
    query = part.reading.query
    if query.kind == "histogram":
        kind = "service/" if query.service else "route/"
        return key[0] == "latency" and key[1].startswith(kind) and np.isinf(edge_of(key[2]))
    return key[:2] == ("usage", query.measure) if query.service else key[0] == "requests"
