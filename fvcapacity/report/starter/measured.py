"""What a Prometheus tells for a first scenario: counts by route, and CPU of a visit where it knows both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fvcapacity.errors import InputError, Problem
from fvcapacity.frozen import Frozen
from fvcapacity.report.starter.options import StartOptions

if TYPE_CHECKING:
    from fvcapacity.inputs.prometheus.gather import PullProgress

MOST_ROUTES = 300
WARM_UP = timedelta(minutes=10)


class Measured(Frozen):
    """What was read.

    Attributes
    ----------
    counts
        Requests by route, as the Prometheus labels it.
    visit_ms
        CPU of a visit by service, in milliseconds.
    start, end
        Of the figures, in UTC.
    gaps
        Whether any count is missing.
    remarks
        What a reader has to know.
    """

    counts: dict[str, float]
    visit_ms: dict[str, float]
    start: datetime
    end: datetime
    gaps: bool
    remarks: tuple[str, ...]


def measure(options: StartOptions, directory: Path, progress: Callable[[PullProgress], None] | None = None) -> Measured:
    """Pull what a first scenario needs, and write it as ``fvcap pull`` does.

    Raises
    ------
    InputError
        When it counts no requests, or so many routes that their labels must carry something else.
    SourceError
        When the server fails.
    """
    from fvcapacity.inputs.prometheus.pull import pull

    pulled = pull(options.prometheus, start=options.start - WARM_UP, end=options.end, progress=progress, **options.pull)
    pulled.save(directory)
    tables = pulled.measurements()
    by_route = tables.traffic.groupby("route", sort=False)["requests"].sum(min_count=1).dropna()
    counts = {str(name): float(value) for name, value in by_route.items() if value > 0}
    if not counts:
        message = "the Prometheus counts no request in the range"
        hint = "give another range, --namespace or --profile; `fvcap pull` tells what is there"
        raise InputError(Problem(message, field="--prometheus", hint=hint, rule="no-requests"))
    if len(counts) > MOST_ROUTES:
        shown = ", ".join(repr(name) for name in list(counts)[:3])
        message = f"the Prometheus counts {len(counts):,} routes, such as {shown}: their labels carry more than a route"
        hint = "restrict it with --namespace or --match, or write a profile that masks them (docs/how-to)"
        raise InputError(Problem(message, field="--prometheus", hint=hint, rule="many-routes"))
    provenance = pulled.provenance
    missing = bool(tables.traffic["requests"].isna().any())
    remarks = tuple(item.message for item in provenance.remarks if item.severity != "note")
    start = provenance.start.astimezone(UTC)
    return Measured(counts, _visits(tables.usage), start, provenance.end.astimezone(UTC), missing, remarks)


def _visits(usage: Any) -> dict[str, float]:
    """Return CPU by requests of each service, where both were measured and the figure is plausible."""
    sums = usage.groupby(["service", "measure"])["value"].sum(min_count=1)
    found: dict[str, float] = {}
    for service in usage["service"].unique():
        cpu, requests = (sums.get((service, measure)) for measure in ("cpu_core_s", "requests"))
        if cpu is not None and requests is not None and cpu > 0 and requests >= 100:
            found[str(service)] = min(1e3 * float(cpu) / float(requests), 10_000.0)
    return found
