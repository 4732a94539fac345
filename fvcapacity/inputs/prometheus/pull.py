"""From a Prometheus to measurements: which queries are asked, how, and what becomes of their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fvcapacity.errors import InputError, Problem
from fvcapacity.inputs.measured_files import check_measurements_replaceable
from fvcapacity.inputs.prometheus.assemble import assemble
from fvcapacity.inputs.prometheus.auth import Credentials
from fvcapacity.inputs.prometheus.client import PrometheusClient
from fvcapacity.inputs.prometheus.gather import Counts, Gathering, PullProgress, gather
from fvcapacity.inputs.prometheus.growth import Grid
from fvcapacity.inputs.prometheus.pieces import Keeper
from fvcapacity.inputs.prometheus.probe import Scope
from fvcapacity.inputs.prometheus.profiles import load_profiles
from fvcapacity.inputs.prometheus.pulled import Pulled
from fvcapacity.inputs.prometheus.quality import (
    counts_from,
    coverage_of,
    gaps_of,
    refuse_thin,
    remarks_of,
    remarks_of_all,
    scrape_interval_of,
)
from fvcapacity.inputs.provenance import Provenance, Remark
from fvcapacity.units import NS_PER_S, format_duration

if TYPE_CHECKING:
    from prometheus_api_client import PrometheusConnect

CLOCK_SKEW_S = 30.0
"""A server's clock that is further off ours is told."""


def pull(
    url: str,
    *,
    start: datetime,
    end: datetime,
    step_s: int = 60,
    profiles: Iterable[str] = (),
    namespaces: Iterable[str] = (),
    match: str = "",
    entry: Iterable[str] = (),
    credentials: Credentials | None = None,
    params: Mapping[str, str] | None = None,
    counts: Counts = "auto",
    min_coverage: float = 0.8,
    parallel: int = 2,
    timeout_s: float = 120.0,
    out: str | Path | None = None,
    connect: PrometheusConnect | None = None,
    progress: Callable[[PullProgress], None] | None = None,
) -> Pulled:
    """Read traffic, usage and response times of a running system from its Prometheus.

    Parameters
    ----------
    url
        Address of the API: Prometheus, or Thanos, Mimir, VictoriaMetrics with their path. It carries no secret.
    start, end
        The range; without an offset, in UTC. It is widened to whole intervals, and ends at the server's now.
    step_s
        Length of an interval, in seconds.
    profiles
        Names of shipped profiles, or paths of one's own; all that are shipped by default.
    namespaces, match
        Which series: namespaces, and further matchers as PromQL has them (``cluster="prod"``).
    entry
        Services that users reach: their requests are the traffic. All services by default.
    credentials
        How to be let in (`load_credentials`).
    params
        Parameters of every request, such as ``{"dedup": "true"}`` for Thanos.
    counts
        ``raw`` reads counters sample by sample, ``increase`` lets the server add them up; ``auto`` takes raw ones up
        to five million samples a query.
    min_coverage
        Least share of the figures of each query that has to be known.
    parallel
        Queries asked at the same time.
    timeout_s
        How long one answer may take.
    out
        Directory to write the measurements to. What was fetched is kept beside it until then (``.NAME.fetched``), so
        that the same call goes on after an interruption. Nothing is kept or written without.
    connect
        A `PrometheusConnect` of your own, used as it is.
    progress
        Called after each piece.

    Returns
    -------
    Pulled
        What was read, with the coverage of each figure, gaps and remarks; ``measurements()`` makes tables of it.

    Raises
    ------
    InputError
        When an argument cannot be used.
    SourceError
        When the server fails, or too little is known.
    """
    named = tuple(profiles)
    known = load_profiles(named)
    target = Path(out) if out is not None else None
    if target is not None:
        check_measurements_replaceable(target)
    with PrometheusClient(url, credentials, timeout_s=timeout_s, params=params, connect=connect) as client:
        now_s = client.now_s()
        grid, remarks = _grid(start, end, step_s, now_s)
        kept = target.parent / f".{target.name}.fetched" if target is not None else None
        keeper = Keeper(kept, f"{client.url} {sorted((params or {}).items())}")
        scope = Scope(tuple(namespaces), match, grid)
        run = Gathering(client, scope, keeper, now_s, parallel, counts, frozenset(entry), progress, not named, remarks)
        remarks += _clock(client)
        parts = gather(run, known)
    figures = assemble(parts)
    coverage = [coverage_of(part) for part in parts]
    refuse_thin(coverage, min_coverage, "; what was fetched is kept, and the next call takes it" if kept else "")
    for part in parts:
        remarks += remarks_of(part)
    remarks += remarks_of_all(figures, parts)
    gaps = tuple(gap for part in parts for gap in gaps_of(part))
    provenance = Provenance(
        source=client.url,
        start=datetime.fromtimestamp(grid.start_s, UTC),
        end=datetime.fromtimestamp(grid.end_s, UTC),
        interval_s=float(step_s),
        scrape_interval_s=scrape_interval_of(parts),
        counts_from=counts_from(parts),
        coverage=tuple(coverage),
        gaps=gaps,
        remarks=tuple(remarks),
    )
    del parts, run  # the tables need the room
    pulled = Pulled(provenance, figures, grid)
    if target is not None:
        pulled.save(target)
        keeper.discard()
    return pulled


def _grid(start: datetime, end: datetime, step_s: int, now_s: float) -> tuple[Grid, list[Remark]]:
    remarks = []
    first, last = (_instant(moment) for moment in (start, end))
    if step_s < 1:
        raise InputError(f"a step of {step_s} s is none", hint="give 1 s or more")
    if last > now_s:
        message = f"the range ends after the server's now ({datetime.fromtimestamp(now_s, UTC):%Y-%m-%d %H:%M:%S} UTC)"
        remarks.append(Remark(severity="warning", rule="ends-in-future", message=f"{message}; it is cut there"))
        last = now_s // step_s * step_s
    first_s = int(first // step_s * step_s)
    count = int(-(-(last - first_s) // step_s))
    if count < 1:
        message = f"the range from {start.isoformat()} to {end.isoformat()} has no interval of {step_s} s in the past"
        raise InputError(Problem(message, field="--start", hint="begin before it ends, and before now"))
    return Grid(first_s, step_s, count), remarks


def _instant(moment: datetime) -> float:
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def _clock(client: PrometheusClient) -> list[Remark]:
    skew = client.clock_skew_s or 0.0
    if abs(skew) < CLOCK_SKEW_S:
        return []
    span = format_duration(round(abs(skew)) * NS_PER_S)
    message = f"the server's clock is {span} {'ahead of' if skew > 0 else 'behind'} this machine's"
    hint = "instants are the server's; set the clocks (NTP), or figures of other sources will not fit"
    return [Remark(severity="warning", rule="clock-skew", message=message, hint=hint)]
