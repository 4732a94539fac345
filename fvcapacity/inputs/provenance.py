"""Where measurements come from, how good they are, and what is measured: no table needed to say so."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fvcapacity.scenario.base import Model

SCHEMA_VERSION = "fvcapacity.measurements/1"

Measure = Literal[
    "cpu_core_s",
    "memory_bytes",
    "memory_peak_bytes",
    "pods",
    "ready",
    "desired",
    "periods",
    "throttled_periods",
    "requests",
    "failed",
    "open_requests",
    "restarts",
    "oom_kills",
]
"""Measures of a service, all of its pods together.

``cpu_core_s``, ``periods``, ``throttled_periods``, ``requests``, ``failed``, ``restarts`` and ``oom_kills`` are sums
over the interval; ``memory_bytes``, ``pods``, ``ready``, ``desired`` and ``open_requests`` are means of its samples,
summed over pods; ``memory_peak_bytes`` is the largest pod. CPU and memory are those of the serving container where it
is known.
"""


class Coverage(Model):
    """How much of what was asked for one query gave."""

    query: str
    name: str
    series: int
    samples: int
    expected: int

    @property
    def ratio(self) -> float:
        """Samples per expected sample; 0 when none was expected."""
        return self.samples / self.expected if self.expected else 0.0


class Remark(Model):
    """Something about the figures that a reader has to know."""

    severity: Literal["error", "warning", "note"] = "note"
    rule: str
    message: str
    hint: str = ""


class Gap(Model):
    """A time without figures of one query."""

    name: str
    start: datetime
    end: datetime
    counted: float | None = None
    """What a counter went on by meanwhile: known in all, but not when. None where nothing is known of it."""


class Provenance(Model):
    """Where measurements come from, and how good they are."""

    schema_version: str = SCHEMA_VERSION
    source: str
    """Address or file, without any credential."""
    start: datetime
    end: datetime
    interval_s: float
    scrape_interval_s: float | None = None
    counts_from: str = ""
    """``raw counters``, or the query function and window that stood in for them."""
    coverage: tuple[Coverage, ...] = ()
    gaps: tuple[Gap, ...] = ()
    remarks: tuple[Remark, ...] = ()
