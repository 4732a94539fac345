"""Requests and response times: ingress-nginx at the edge, prom-client in the services.

The counters of an application are told by route and status, its response times by route as the client sees them. Of the
services behind it the model does not know which operation a call was of: they are told as a whole, without a path.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from fvcapacity.frozen import Frozen
from fvcapacity.report.openmetrics.counting import bucket_counters, bucket_labels, cumulative, edges_ms, split_counters
from fvcapacity.report.openmetrics.series import Collected, Family, Floats, Ints

STATUS = {
    "served": "200",
    "timeout": "504",
    "queue_full": "503",
    "no_endpoint": "503",
    "connection_refused": "502",
    "oom_killed": "502",
    "terminated": "502",
    "circuit_open": "503",
    "error_response": "500",
}
"""How a request ended, and the status that an ingress or a gateway answers with then."""

INGRESS = Family("nginx_ingress_controller_requests", "unknown", "Requests by ingress, method and status.")
"""A counter in life. It has no ``_total``, which OpenMetrics wants of a counter, so that its type stays unsaid."""
INGRESS_SECONDS = Family(
    "nginx_ingress_controller_request_duration_seconds", "histogram", "Response times of an ingress, in seconds."
)
REQUESTS = Family("http_requests", "counter", "Requests of a service, by method, path and status where they are known.")
SECONDS = Family("http_request_duration_seconds", "histogram", "Response times of a service, in seconds.")


class Bins(Frozen):
    """The bins of one route or service, in the order of their times."""

    rows: pd.DataFrame
    start_ms: int

    @property
    def times_ms(self) -> Ints:
        """Edges of the bins."""
        return edges_ms(self.start_ms, self.starts_s, self.rows["covered_s"].to_numpy(float))

    @property
    def starts_s(self) -> Floats:
        """Starts of the bins."""
        return self.rows["time_s"].to_numpy(float)

    def counts(self, *columns: str) -> Ints:
        """Return the sum of some columns, shape (bins,)."""
        return np.asarray(self.rows[list(columns)].sum(axis=1), np.int64)

    def by_status(self) -> dict[str, Ints]:
        """Return the requests of a route that ended, by status; statuses that never were are left out, 200 is not."""
        causes: dict[str, list[str]] = {}
        for cause, status in STATUS.items():
            causes.setdefault(status, []).append(cause)
        ended = {status: self.counts(*names) for status, names in causes.items()}
        return {status: counts for status, counts in ended.items() if status == "200" or counts.any()}


def add_requests(collected: Collected, tables: Any, histograms: Any, start_ms: int) -> None:
    """Add what ingress-nginx and prom-client would expose.

    Parameters
    ----------
    tables, histograms
        Of one replication of a result.
    start_ms
        Start of the window, milliseconds since 1970.
    """
    paths = tables["route_paths"].set_index("route")
    namespaces = dict(_namespaces(tables["containers"]))
    routes = tables["route_samples"] if "route_samples" in tables else tables["route_minutes"]
    for name, rows in routes.groupby("route", sort=False):
        if name in paths.index and len(rows):
            fine, path = _of(histograms["route_histogram"], "route", name), paths.loc[name]
            _add_route(collected, Bins(rows, start_ms), path, namespaces.get(str(path["application"]), ""), fine)
    services = tables["service_samples"] if "service_samples" in tables else tables["service_minutes"]
    applications = set(paths["application"]) | set(paths["entry"])
    for name, rows in services.groupby("service", sort=False):
        if name not in applications and len(rows):
            labels = {"namespace": namespaces.get(str(name), ""), "service": str(name), "job": str(name)}
            fine = _of(histograms["service_histogram"], "service", name)
            _add_service(collected, Bins(rows, start_ms), labels, fine)


def _add_route(collected: Collected, bins: Bins, path: pd.Series[Any], namespace: str, fine: pd.DataFrame) -> None:
    times = bins.times_ms
    route = {"method": path["method"], "path": path["path"]}
    inside = {"namespace": namespace, "service": path["application"], "job": path["application"], **route}
    edge = {"exported_namespace": namespace, "exported_service": path["application"], **_INGRESS_LABELS}
    edge |= {"ingress": path["entry"], **route}
    ended = bins.by_status()
    for status, (buckets, sums) in split_counters(fine, bins.starts_s, ended).items():
        born = 0 if status == "200" else int(np.flatnonzero(ended[status])[0])  # as in life: with its first request
        counter, since = cumulative(ended[status])[born:], times[born:]
        collected.add(REQUESTS, {**inside, "status_code": status}, since, counter)
        collected.add(INGRESS, {**edge, "status": status}, since, counter)
        _add_histogram(collected, SECONDS, {**inside, "status_code": status}, since, buckets[born:], sums[born:])
    buckets, sums = bucket_counters(fine, bins.starts_s, bins.counts(*STATUS))
    _add_histogram(collected, INGRESS_SECONDS, edge, times, buckets, sums)


_INGRESS_LABELS = {"controller_class": "k8s.io/ingress-nginx", "job": "ingress-nginx-controller"}


def _add_service(collected: Collected, bins: Bins, labels: dict[str, str], fine: pd.DataFrame) -> None:
    """Add a service behind the entry; how long a visit took that failed is not known, so that it is counted only."""
    times, visits, failed = bins.times_ms, bins.counts("visits"), bins.counts("failed")
    collected.add(REQUESTS, {**labels, "status_code": "200"}, times, cumulative(visits - failed))
    if failed.any():
        collected.add(REQUESTS, {**labels, "status_code": "500"}, times, cumulative(failed))
    buckets, sums = bucket_counters(fine, bins.starts_s, visits - failed)
    _add_histogram(collected, SECONDS, {**labels, "status_code": "200"}, times, buckets, sums)


def _add_histogram(
    collected: Collected, family: Family, labels: dict[str, str], times: Ints, buckets: Ints, sums: Floats
) -> None:
    for number, limit in enumerate(bucket_labels()):
        collected.add(family, {**labels, "le": limit}, times, buckets[:, number], "_bucket")
    collected.add(family, labels, times, buckets[:, -1], "_count")
    collected.add(family, labels, times, sums, "_sum")


def _namespaces(containers: pd.DataFrame) -> Iterator[tuple[str, str]]:
    serving = containers[containers["service"] != ""]
    yield from zip(serving["service"], serving["namespace"], strict=True)


def _of(histogram: pd.DataFrame, key: str, name: object) -> pd.DataFrame:
    return histogram.loc[histogram[key] == name]
