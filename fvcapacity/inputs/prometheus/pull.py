"""From a Prometheus to measurements: which queries are asked, how, and what becomes of their answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_EXCEPTION, CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from fvcapacity.errors import InputError, Problem, SourceError
from fvcapacity.inputs.measured_files import LATENCY, TRAFFIC, USAGE, write_measured
from fvcapacity.inputs.prometheus.assemble import Figures, assemble
from fvcapacity.inputs.prometheus.auth import Credentials
from fvcapacity.inputs.prometheus.client import PrometheusClient
from fvcapacity.inputs.prometheus.collect import MOST_RAW_SAMPLES, Collected, Plan, collect
from fvcapacity.inputs.prometheus.growth import Grid
from fvcapacity.inputs.prometheus.owners import Owners, load_owners
from fvcapacity.inputs.prometheus.pieces import Keeper
from fvcapacity.inputs.prometheus.probe import Found, Scope, find, is_ever, what_now
from fvcapacity.inputs.prometheus.profiles import Profile, ProfileQuery, load_profiles
from fvcapacity.inputs.prometheus.quality import (
    counts_from,
    coverage_of,
    gaps_of,
    refuse_thin,
    remarks_of,
    remarks_of_all,
    scrape_interval_of,
)
from fvcapacity.inputs.prometheus.reading import Reading
from fvcapacity.inputs.prometheus.tables import latency_parts, traffic_parts, usage_parts
from fvcapacity.inputs.provenance import SCHEMA_VERSION, Provenance, Remark
from fvcapacity.tabular.arrow import Part
from fvcapacity.tabular.columns import TableSpec
from fvcapacity.tabular.directory import check_replaceable, write_directory
from fvcapacity.units import NS_PER_S, format_duration

if TYPE_CHECKING:
    from prometheus_api_client import PrometheusConnect

    from fvcapacity.inputs.measurements import Measurements

T = TypeVar("T")
Counts = Literal["auto", "raw", "increase"]
CLOCK_SKEW_S = 30.0
"""A server's clock that is further off ours is told."""
_PASSED_OVER = ("query-failed", "bad-query", "too-much", "too-slow")
"""Failures of one query that leave the others as they are."""


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is: pieces of all queries, and the query that the last one is of."""

    done: int
    total: int
    query: str


@dataclass(frozen=True, eq=False)
class Pulled:
    """What was read, before it becomes tables."""

    provenance: Provenance
    figures: Figures
    grid: Grid

    def measurements(self) -> Measurements:
        """Return it as tables; only now pandas is loaded."""
        import pandas as pd

        from fvcapacity.inputs.measurements import Measurements, joined

        def frame(spec: TableSpec, parts: Iterable[Part]) -> pd.DataFrame:
            return joined(spec, [pd.DataFrame(dict(part)) for part in parts])

        return Measurements(
            self.provenance,
            frame(TRAFFIC, traffic_parts(self.figures, self.grid)),
            frame(USAGE, usage_parts(self.figures, self.grid)),
            frame(LATENCY, latency_parts(self.figures, self.grid)),
        )

    def save(self, directory: str | Path) -> Path:
        """Write it as `Measurements.save` does, in the memory of a few series.

        Raises
        ------
        InputError
            When something that is not ours stands there, or it cannot be written.
        """
        target = Path(directory)
        check_replaceable(target, "measurements.json", SCHEMA_VERSION, "measurement")
        return write_directory(target, self._write)

    def _write(self, directory: Path) -> None:
        write_measured(
            directory,
            self.provenance,
            traffic_parts(self.figures, self.grid),
            usage_parts(self.figures, self.grid),
            latency_parts(self.figures, self.grid),
        )


@dataclass
class _Pull:
    """One pull while it runs."""

    client: PrometheusClient
    scope: Scope
    keeper: Keeper
    now_s: float
    parallel: int
    counts: Counts
    entry: frozenset[str]
    progress: Callable[[PullProgress], None] | None
    all_profiles: bool
    remarks: list[Remark] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)


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
        check_replaceable(target, "measurements.json", SCHEMA_VERSION, "measurement")
    with PrometheusClient(url, credentials, timeout_s=timeout_s, params=params, connect=connect) as client:
        now_s = client.now_s()
        grid, remarks = _grid(start, end, step_s, now_s)
        kept = target.parent / f".{target.name}.fetched" if target is not None else None
        keeper = Keeper(kept, f"{client.url} {sorted((params or {}).items())}")
        scope = Scope(tuple(namespaces), match, grid)
        run = _Pull(client, scope, keeper, now_s, parallel, counts, frozenset(entry), progress, not named, remarks)
        remarks += _clock(client)
        parts = _collect_all(run, known)
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


def _collect_all(run: _Pull, profiles: list[Profile]) -> list[Collected]:
    """Look for every query's metric, and fetch what is there; queries run side by side."""
    with ThreadPoolExecutor(run.parallel, "pull") as pool:
        queries = [(profile, query) for profile in profiles for query in profile.queries]
        looks = [pool.submit(find, run.client, query, run.scope) for _, query in queries]
        found = [_outcome(run, look, f"{p.profile}: {q.name}", q) for (p, q), look in zip(queries, looks, strict=True)]
        owners = _owners(run, [q for (_, q), metric in zip(queries, found, strict=True) if metric is not None])
        readings = [
            Reading(profile.profile, query, metric, owners, run.entry)
            for (profile, query), metric in zip(queries, found, strict=True)
            if metric is not None
        ]
        plans = list(pool.map(lambda reading: _plan(run, reading), readings))
        _tell_missing(run, queries, found)
        parts = _fetch(run, pool, plans)
    if owners.by_name:
        message = f"{len(owners.by_name)} pods were told to workloads by their names: nothing says who owns them"
        hint = "let kube-state-metrics be scraped (kube_pod_owner, kube_replicaset_owner)"
        run.remarks.append(Remark(severity="warning", rule="owner-by-name", message=message, hint=hint))
    return parts


def _fetch(run: _Pull, pool: ThreadPoolExecutor, plans: list[Plan]) -> list[Collected]:
    total, done = sum(len(plan.pieces()) for plan in plans), [0]

    def one(plan: Plan) -> Collected:
        def step() -> None:
            if run.stopped.is_set():
                raise CancelledError
            done[0] += 1
            if run.progress is not None:
                run.progress(PullProgress(done[0], total, plan.reading.name))

        return collect(run.client, plan, run.keeper, step)

    jobs = [pool.submit(one, plan) for plan in plans]
    try:
        wait(jobs, return_when=FIRST_EXCEPTION)
        outcomes = [
            _outcome(run, job, plan.reading.name, plan.reading.query) for job, plan in zip(jobs, plans, strict=True)
        ]
    except BaseException:  # an interruption too: whoever is at work stops after the piece at hand
        run.stopped.set()
        for job in jobs:
            job.cancel()
        raise
    return [part for part in outcomes if part is not None]


def _outcome(run: _Pull, job: Future[T], name: str, query: ProfileQuery) -> T | None:
    """Return a job's result; None, and a remark, when its query alone failed."""
    try:
        return job.result()
    except SourceError as error:
        if error.rule not in _PASSED_OVER or query.required:
            raise
        message = f"{name}: {error} (query: {error.query})"
        run.remarks.append(Remark(severity="error", rule=error.rule, message=message, hint=error.hint))
        return None


def _owners(run: _Pull, queries: list[ProfileQuery]) -> Owners:
    if not any("workload" in query.service for query in queries):
        return Owners()
    grid = run.scope.grid
    owners = load_owners(run.client, run.scope.namespaces, run.scope.match, grid.start_s, grid.end_s)
    run.remarks += [Remark(severity="warning", rule="server-warning", message=text) for text in owners.warnings]
    return owners


def _plan(run: _Pull, reading: Reading) -> Plan:
    scrape_s = reading.found.scrape_s
    if scrape_s is None:
        message = f"{reading.name}: the time between scrapes cannot be told; it is taken to be the step"
        run.remarks.append(Remark(severity="warning", rule="scrape-interval-unknown", message=message))
        scrape_s = float(run.scope.grid.step_s)
    grid = run.scope.grid
    volume = reading.found.series * (grid.end_s - grid.start_s) / scrape_s
    fits = volume < MOST_RAW_SAMPLES if run.counts == "auto" else run.counts == "raw"
    raw = fits and reading.query.kind != "gauge"
    doubled = raw or is_ever(run.client, reading.doubles, grid)  # taking them for one costs the server dearly
    return Plan(reading, grid, raw, scrape_s, run.now_s, doubled)


def _tell_missing(run: _Pull, queries: list[tuple[Profile, ProfileQuery]], found: list[Found | None]) -> None:
    missing = [pair for pair, metric in zip(queries, found, strict=True) if metric is None]
    failed = {remark.message.partition(": ")[0] for remark in run.remarks if remark.severity == "error"}
    if not missing or (failed and not any(found)):
        return
    present = {profile.profile for (profile, _), metric in zip(queries, found, strict=True) if metric is not None}
    absent = [profile.profile for profile, _ in missing if profile.profile not in present]
    if present and run.all_profiles:  # nobody asked for these: one line for all of them
        if absent:
            message = f"the server has nothing that these profiles read: {', '.join(dict.fromkeys(absent))}"
            run.remarks.append(Remark(rule="no-metric", message=message))
        missing = [(profile, query) for profile, query in missing if profile.profile in present]
    refused = _tell_absent(run, missing, nothing=not present)
    if refused:
        text = "; ".join(remark.message for remark, _ in refused[:3])
        more = f"; and {len(refused) - 3} more" if len(refused) > 3 else ""
        hints = "; ".join(dict.fromkeys(remark.hint for remark, _ in refused[:3]))
        raise SourceError(f"{text}{more}", hint=hints, query=" or ".join(refused[0][1].metric), rule="no-metric")


def _tell_absent(
    run: _Pull, missing: list[tuple[Profile, ProfileQuery]], *, nothing: bool
) -> list[tuple[Remark, ProfileQuery]]:
    """Remark on every metric that is not there; return those without which there is no result."""
    names = run.client.metric_names() if missing else []
    refused = []
    for profile, query in missing:
        message, hint = what_now(run.client, query, names)
        remark = Remark(rule="no-metric", message=f"{profile.profile}: {query.name}: {message}", hint=hint)
        run.remarks.append(remark)
        if query.required or nothing:
            refused.append((remark, query))
    return refused
