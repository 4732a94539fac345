"""All queries of all profiles, side by side: what is there, how it is asked for, and what of it fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from fvcapacity.errors import SourceError
from fvcapacity.frozen import Frozen
from fvcapacity.inputs.prometheus.client import PrometheusClient
from fvcapacity.inputs.prometheus.collect import Collected, collect
from fvcapacity.inputs.prometheus.owners import Owners, load_owners
from fvcapacity.inputs.prometheus.pieces import Keeper
from fvcapacity.inputs.prometheus.plan import MOST_RAW_SAMPLES, Plan
from fvcapacity.inputs.prometheus.probe import Found, Scope, find, is_ever, what_now
from fvcapacity.inputs.prometheus.profiles import Profile, ProfileQuery
from fvcapacity.inputs.prometheus.reading import Reading
from fvcapacity.inputs.provenance import Remark

T = TypeVar("T")
Counts = Literal["auto", "raw", "increase"]
_PASSED_OVER = ("query-failed", "bad-query", "too-much", "too-slow")
"""Failures of one query that leave the others as they are."""


class PullProgress(Frozen):
    """How far a pull is: pieces of all queries, and the query that the last one is of."""

    done: int
    total: int
    query: str


@dataclass
class Gathering:
    """One pull while it runs: whom it asks, for what, and what is to be told of it."""

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


def gather(run: Gathering, profiles: list[Profile]) -> list[Collected]:
    """Look for every query's metric, and fetch what is there; queries run side by side."""
    with ThreadPoolExecutor(run.parallel, "pull") as pool:
        try:
            parts, owners = _collect_in(pool, run, profiles)
        except BaseException:  # an interruption too: whoever is at work stops after the piece at hand
            run.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if owners.by_name:
        message = f"{len(owners.by_name)} pods were told to workloads by their names: nothing says who owns them"
        hint = "let kube-state-metrics be scraped (kube_pod_owner, kube_replicaset_owner)"
        run.remarks.append(Remark(severity="warning", rule="owner-by-name", message=message, hint=hint))
    return parts


def _collect_in(pool: ThreadPoolExecutor, run: Gathering, profiles: list[Profile]) -> tuple[list[Collected], Owners]:
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
    _refuse_nothing(run, parts)
    return parts, owners


def _fetch(run: Gathering, pool: ThreadPoolExecutor, plans: list[Plan]) -> list[Collected]:
    total, done = sum(len(plan.pieces()) for plan in plans), [0]

    def one(plan: Plan) -> Collected:
        def step() -> None:
            if run.stopped.is_set():
                raise CancelledError
            done[0] += 1
            if run.progress is not None:
                run.progress(PullProgress(done[0], total, plan.reading.name))

        return collect(run.client, plan, run.keeper, step)

    jobs = {pool.submit(one, plan): number for number, plan in enumerate(plans)}
    parts: dict[int, Collected] = {}
    for job in as_completed(jobs):
        reading = plans[jobs[job]].reading
        part = _outcome(run, job, reading.name, reading.query)
        if part is not None:
            parts[jobs[job]] = part
    return [parts[number] for number in sorted(parts)]


def _refuse_nothing(run: Gathering, parts: list[Collected]) -> None:
    """Refuse a pull of which every query failed: it would replace measurements by nothing."""
    failed = [remark for remark in run.remarks if remark.severity == "error"]
    if parts or not failed:
        return
    more = f" (and {len(failed) - 1} more queries failed)" if len(failed) > 1 else ""
    hint = f"check --match first, which stands in every query; {failed[0].hint}" if run.scope.match else failed[0].hint
    raise SourceError(f"nothing could be read: {failed[0].message}{more}", hint=hint, rule=failed[0].rule)


def _outcome(run: Gathering, job: Future[T], name: str, query: ProfileQuery) -> T | None:
    """Return a job's result; None, and a remark, when its query alone failed."""
    try:
        return job.result()
    except SourceError as error:
        if error.rule not in _PASSED_OVER or query.required:
            raise
        message = f"{name}: {error} (query: {error.query})"
        run.remarks.append(Remark(severity="error", rule=error.rule, message=message, hint=error.hint))
        return None


def _owners(run: Gathering, queries: list[ProfileQuery]) -> Owners:
    if not any("workload" in query.service for query in queries):
        return Owners()
    grid = run.scope.grid
    owners = load_owners(run.client, run.scope.namespaces, run.scope.match, grid.start_s, grid.end_s)
    run.remarks += [Remark(severity="warning", rule="server-warning", message=text) for text in owners.warnings]
    return owners


def _plan(run: Gathering, reading: Reading) -> Plan:
    scrape_s = reading.found.scrape_s
    if scrape_s is None:
        message = f"{reading.name}: the time between scrapes cannot be told; it is taken to be the step"
        run.remarks.append(Remark(severity="warning", rule="scrape-interval-unknown", message=message))
        scrape_s = float(run.scope.grid.step_s)
    grid = run.scope.grid
    volume = reading.found.series * (grid.end_s - grid.start_s) / scrape_s
    fits = volume < MOST_RAW_SAMPLES if run.counts == "auto" else run.counts == "raw"
    raw = fits and reading.query.kind != "gauge"
    return Plan(reading, grid, raw, scrape_s, run.now_s, raw or _is_doubled(run, reading))


def _is_doubled(run: Gathering, reading: Reading) -> bool:
    """Tell whether some series may tell the same; taking them for one costs the server dearly, so it is asked first."""
    try:
        return is_ever(run.client, reading.doubles, run.scope.grid)
    except SourceError as error:
        if error.rule not in _PASSED_OVER:
            raise
        return True


def _tell_missing(run: Gathering, queries: list[tuple[Profile, ProfileQuery]], found: list[Found | None]) -> None:
    missing = [pair for pair, metric in zip(queries, found, strict=True) if metric is None]
    failed = {remark.message.partition(": ")[0] for remark in run.remarks if remark.severity == "error"}
    if not missing or (failed and not any(found)):
        return
    present = {profile.profile for (profile, _), metric in zip(queries, found, strict=True) if metric is not None}
    if present and run.all_profiles:
        _tell_in_short(run, missing, present)
        missing = [(profile, query) for profile, query in missing if query.required and profile.profile in present]
    refused = _tell_absent(run, missing, nothing=not present)
    if refused:
        text = "; ".join(remark.message for remark, _ in refused[:3])
        more = f"; and {len(refused) - 3} more" if len(refused) > 3 else ""
        hints = "; ".join(dict.fromkeys(remark.hint for remark, _ in refused[:3]))
        raise SourceError(f"{text}{more}", hint=hints, query=" or ".join(refused[0][1].metric), rule="no-metric")


def _tell_in_short(run: Gathering, missing: list[tuple[Profile, ProfileQuery]], present: set[str]) -> None:
    """Remark on what nobody asked for by name, a line for each profile and one for those that tell nothing."""
    absent = dict.fromkeys(profile.profile for profile, _ in missing if profile.profile not in present)
    if absent:
        message = f"the server has nothing that these profiles read: {', '.join(absent)}"
        run.remarks.append(Remark(rule="no-metric", message=message))
    for name in sorted(present):
        queries = [query.name for profile, query in missing if profile.profile == name]
        if queries:
            message = f"{name}: the server has nothing for {', '.join(queries)}"
            hint = f"--profile {name} tells the nearest names that it has"
            run.remarks.append(Remark(rule="no-metric", message=message, hint=hint))


def _names(run: Gathering) -> list[str]:
    """Return all names of metrics; none where the server does not tell them (a proxy may let queries through alone)."""
    try:
        return run.client.metric_names()
    except SourceError as error:
        if error.retryable:
            raise
        return []


def _tell_absent(
    run: Gathering, missing: list[tuple[Profile, ProfileQuery]], *, nothing: bool
) -> list[tuple[Remark, ProfileQuery]]:
    """Remark on every metric that is not there; return those without which there is no result."""
    names = _names(run) if missing else []
    refused = []
    for profile, query in missing:
        message, hint = what_now(run.client, query, names)
        remark = Remark(rule="no-metric", message=f"{profile.profile}: {query.name}: {message}", hint=hint)
        run.remarks.append(remark)
        if query.required or nothing:
            refused.append((remark, query))
    return refused
