"""Counting: rows of plain lists for the present bin, put into the arrays when the bin is over."""

from __future__ import annotations

from fvcapacity.dataplane.histogram import bin_of
from fvcapacity.dataplane.statistics import MINUTE_NS, WINDOW_NS, RouteColumn, ServiceColumn, Statistics
from fvcapacity.dataplane.trace import Step, TraceLine


class Tally:
    """Fills `Statistics`. ``routes[r][column]`` and ``services[s][column]`` belong to the present bin."""

    def __init__(self, statistics: Statistics, *, tracing: bool = False, bin_ns: int = MINUTE_NS) -> None:
        self.statistics = statistics
        self.trace: list[TraceLine] | None = [] if tracing else None
        self.bins = len(statistics.route_counts)
        self.windows = len(statistics.route_histogram)
        self.bin_ns = self.next_bin_ns = bin_ns
        self.bin = 0
        self.routes = self._blank(statistics.route_counts.shape[1], len(RouteColumn))
        self.services = self._blank(statistics.service_counts.shape[1], len(ServiceColumn))

    @staticmethod
    def _blank(rows: int, columns: int) -> list[list[int]]:
        return [[0] * columns for _ in range(rows)]

    def turn_to(self, now_ns: int) -> None:
        """Put the bin away when ``now`` lies in a later one."""
        if now_ns >= self.next_bin_ns and self.bin < self.bins - 1:
            self.flush()
            self.bin = min(now_ns // self.bin_ns, self.bins - 1)
            self.next_bin_ns = (self.bin + 1) * self.bin_ns

    def flush(self) -> None:
        """Add the present rows to the arrays."""
        self.statistics.route_counts[self.bin] += self.routes
        self.statistics.service_counts[self.bin] += self.services
        self.routes = self._blank(len(self.routes), len(RouteColumn))
        self.services = self._blank(len(self.services), len(ServiceColumn))

    def note(self, now_ns: int, step: Step, identity: int, pod: int, value: int = 0) -> None:
        """Write a line of the trace, when one is kept."""
        if self.trace is not None:
            self.trace.append(TraceLine(now_ns, step, identity, pod, value))

    def response(self, now_ns: int, route: int, duration_ns: int) -> None:
        """Count a response time of a route."""
        self.statistics.route_histogram[min(now_ns // WINDOW_NS, self.windows - 1), route, bin_of(duration_ns)] += 1

    def visit(self, now_ns: int, service: int, duration_ns: int) -> None:
        """Count the wall time of a visit that ended well."""
        window = min(now_ns // WINDOW_NS, self.windows - 1)
        self.statistics.service_histogram[window, service, bin_of(duration_ns)] += 1
