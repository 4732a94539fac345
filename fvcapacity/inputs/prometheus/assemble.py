"""From the rows of all queries to the figures of measurements: who tells what, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from fvcapacity.inputs.prometheus.collect import Collected
from fvcapacity.inputs.prometheus.rows import Key

K = TypeVar("K")
Floats = npt.NDArray[np.float64]


@dataclass
class Figures:
    """All figures, each a row over the grid; NaN where one is missing.

    Attributes
    ----------
    told_by
        Which profile told each thing: ``traffic``, a service's measure, a subject of response times.
    left_out
        What another profile told as well, and was left out.
    """

    requests: dict[str, Floats] = field(default_factory=dict)
    failed: dict[str, Floats] = field(default_factory=dict)
    usage: dict[tuple[str, str], Floats] = field(default_factory=dict)
    latency: dict[str, list[tuple[float, Floats]]] = field(default_factory=dict)
    told_by: dict[Key, str] = field(default_factory=dict)
    left_out: dict[str, set[str]] = field(default_factory=dict)


def assemble(parts: Iterable[Collected]) -> Figures:
    """Put the rows of all queries together: within a profile they add up, of several profiles the first tells."""
    figures = Figures()
    edges: dict[str, dict[float, Floats]] = {}
    for part in parts:
        for key, values in _known_rows(part).items():
            subject = subject_of(key)
            teller = figures.told_by.setdefault(subject, part.reading.profile)
            if teller != part.reading.profile:
                figures.left_out.setdefault(part.reading.profile, set()).add(" ".join(subject[:2]))
                continue
            if key[0] == "latency":
                _add(edges.setdefault(key[1], {}), edge_of(key[2]), values)
            elif key[0] == "usage":
                _add(figures.usage, (key[2], key[1]), values)
            else:
                _add(figures.requests if key[0] == "requests" else figures.failed, key[1], values)
    for subject_name, by_edge in edges.items():
        figures.latency[subject_name] = _single_buckets(by_edge)
    return figures


def edge_of(text: str) -> float:
    """Return the upper edge of a bucket; NaN for none."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def subject_of(key: Key) -> Key:
    """Return the thing that a row tells of, which one profile alone may tell."""
    if key[0] == "usage":
        return key
    return ("latency", key[1]) if key[0] == "latency" else ("traffic", "by route")


def _known_rows(part: Collected) -> dict[Key, Floats]:
    """Return the rows of a query, NaN where it could not see; with no failure ever seen, zero of them."""
    told: dict[Key, Floats] = {}
    scale = part.reading.query.scale if part.reading.query.kind == "histogram" else 1.0
    rows = part.rows.rows
    for key, row in rows.items():
        known = part.rows.known(row.services) & part.watched
        name = key if key[0] != "latency" or scale == 1.0 else (*key[:2], repr(edge_of(key[2]) * scale))
        told[name] = np.where(known, row.values, np.nan)
        failed = ("failed", key[1]) if key[0] == "requests" else ("usage", "failed", key[-1])
        counted = key[0] == "requests" or key[:2] == ("usage", "requests")
        if counted and failed not in rows and part.reading.tells_failed:
            told[failed] = np.where(known, 0.0, np.nan)
    return told


def _add(rows: dict[K, Floats], key: K, values: Floats) -> None:
    before = rows.get(key)
    rows[key] = values if before is None else before + values


def _single_buckets(by_edge: dict[float, Floats]) -> list[tuple[float, Floats]]:
    """Return the count of each bucket alone, from counts up to each edge."""
    before: Floats | float = 0.0
    buckets = []
    for edge in sorted(edge for edge in by_edge if not np.isnan(edge)):
        buckets.append((edge, np.maximum(by_edge[edge] - before, 0.0)))
        before = by_edge[edge]
    return buckets
