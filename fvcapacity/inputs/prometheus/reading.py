"""From series to rows: how one query of a profile is named, grouped, freed of duplicates and asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from fvcapacity.frozen import Frozen
from fvcapacity.inputs.prometheus.labels import SCRAPE_LABELS, Labels, Template
from fvcapacity.inputs.prometheus.owners import Owners
from fvcapacity.inputs.prometheus.probe import Found
from fvcapacity.inputs.prometheus.profiles import ProfileQuery
from fvcapacity.inputs.prometheus.rows import Key

NO_NAME = "(unnamed)"
"""Stands for a service or route whose labels are missing."""


class Reading(Frozen, dict=True):
    """How the series of one query are read."""

    profile: str
    query: ProfileQuery
    found: Found
    owners: Owners
    entry: frozenset[str] = frozenset()
    """Services whose requests are the traffic; all when it is empty."""

    @property
    def name(self) -> str:
        """Name of the query in messages."""
        return f"{self.profile}: {self.query.name}"

    @cached_property
    def namespace_label(self) -> str:
        """Label that holds the namespace."""
        return next((name for name in self.query.namespace if name in self.found.label_names), "namespace")

    @cached_property
    def _service(self) -> Template:
        return Template(self.query.service)

    @cached_property
    def _route(self) -> Template:
        return Template(self.query.route)

    @cached_property
    def wanted_labels(self) -> tuple[str, ...]:
        """Labels that have to survive when the server adds series up."""
        names = set(self._service.labels | self._route.labels | set(self.query.failed))
        if "workload" in names:
            names = names - {"workload"} | {self.query.pod, self.namespace_label}
        if self.query.kind == "histogram":
            names.add("le")
        return tuple(sorted(names & self.found.label_names))

    @cached_property
    def ignored_labels(self) -> tuple[str, ...]:
        """Labels that do not tell one series from another."""
        named = self._service.labels | self._route.labels
        ignored = [name for name in SCRAPE_LABELS if name not in named or name.startswith("prom")]
        return (*ignored, "instance") if self.query.pod in self.found.label_names else tuple(ignored)

    def identity(self, labels: Mapping[str, str]) -> Labels:
        """Return what makes a series itself, whoever scraped it."""
        if self.query.identity:
            kept = set(self.query.identity) | set(self.wanted_labels)
            return tuple((name, value) for name, value in labels.items() if name in kept)
        return tuple((name, value) for name, value in labels.items() if name not in self.ignored_labels)

    @cached_property
    def rows(self) -> int:
        """About how many series are left when the server has added up what it can."""
        wanted = set(self.wanted_labels)
        return max(len({tuple(pair for pair in labels if pair[0] in wanted) for labels in self.found.labels}), 1)

    @property
    def doubles(self) -> str:
        """A query that has an answer whenever two series tell the same."""
        selected = self.found.selector
        if self.query.identity:
            names = sorted({*self.query.identity, *self.wanted_labels})
            return f"count(count by ({', '.join(names)}) ({selected}) > 1)"
        return f"count(count without ({', '.join(self.ignored_labels)}) ({selected}) > 1)"

    def merged(self, expression: str) -> str:
        """Return the expression with duplicates taken for one.

        Of gauges the larger counts: a container that came back in its pod is told twice for a while. Of growth the
        mean: two replicas scrape at different times, and the larger of two estimates is more than either.
        """
        one = "max" if self.query.kind == "gauge" else "avg"
        if self.query.identity:
            return f"{one} by ({', '.join(sorted({*self.query.identity, *self.wanted_labels}))}) ({expression})"
        return f"{one} without ({', '.join(self.ignored_labels)}) ({expression})"

    def service(self, labels: Mapping[str, str]) -> str:
        """Return the service that a series is of; "" when the query tells of routes alone."""
        if not self.query.service:
            return ""
        return self._service.fill(self._with_workload(labels)) or NO_NAME

    def keys(self, labels: Mapping[str, str]) -> tuple[list[Key], str]:
        """Return the rows that a series belongs to, and its service."""
        query, service = self.query, self.service(labels)
        if query.kind == "histogram":
            edge = labels.get("le", "")
            subjects = [f"service/{service}"] if service else []
            if query.route and (route := self._route.fill(self._with_workload(labels))):
                subjects.append(f"route/{route}")
            return [("latency", subject, edge) for subject in subjects], service
        keys: list[Key] = [("usage", str(query.measure), service)] if service else []
        failed = any(re.fullmatch(pattern, labels.get(name, "")) for name, pattern in query.failed.items())
        if failed and service:
            keys.append(("usage", "failed", service))
        if query.route and query.measure == "requests" and (not self.entry or service in ("", *self.entry)):
            route = self._route.fill(self._with_workload(labels)) or NO_NAME
            keys.append(("requests", route))
            if failed:
                keys.append(("failed", route))
        return keys, service

    @property
    def tells_failed(self) -> bool:
        """Whether the series have a label that tells failed requests."""
        return any(name in self.found.label_names for name in self.query.failed)

    def _with_workload(self, labels: Mapping[str, str]) -> Mapping[str, str]:
        workload = self.owners.workload(labels.get(self.namespace_label, ""), labels.get(self.query.pod, ""))
        return {**labels, "workload": workload} if workload else labels
