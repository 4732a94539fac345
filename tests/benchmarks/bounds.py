"""What must hold, what is aimed at, and whether it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """One line of the table. ``must`` and ``goal`` are the least or the most, as ``at_least`` says.

    ``least`` is the other end, where a figure must lie between two.
    """

    what: str
    must: float | None
    goal: float | None
    at_least: bool
    form: Callable[[float], str]
    least: float | None = None

    def holds(self, value: float, limit: float | None) -> bool:
        """Whether a value keeps to a limit of this line; without a limit it always does."""
        if limit is None:
            return True
        if self.least is not None and value < self.least:
            return False
        return value >= limit if self.at_least else value <= limit

    def limit(self, limit: float | None) -> str:
        """Return a limit in words."""
        if limit is None:
            return ""
        if self.least is not None:
            return f"{self.form(self.least)} to {self.form(limit)}"
        return f"{'at least' if self.at_least else 'at most'} {self.form(limit)}"

    def verdict(self, value: float) -> str:
        """Return how a value stands."""
        if self.must is None:
            return ""
        if not self.holds(value, self.must):
            return "missed"
        return "goal" if self.goal is not None and self.holds(value, self.goal) else "kept"


def times(value: float) -> str:
    """Return a factor as text, to three digits."""
    return f"x {value:,.0f}" if value >= 100 else f"x {value:.3g}"


def rate(value: float) -> str:
    """Return so many a second, to three digits."""
    return f"{value / 1e6:.2f} M/s" if value >= 1e6 else f"{float(f'{value:.3g}'):,.0f}/s"


def seconds(value: float) -> str:
    """Return a time as text."""
    return f"{value:.3g} s"


BOUNDS = {
    "chain": Bound("chain of queues: fast plane against idiomatic SimPy, requests a second", 20, 40, True, times),
    "shop_ratio": Bound(
        "shop, an hour at the evening's peak: fast plane against the readable one (`plane: simpy`)",
        100,
        300,
        True,
        times,
    ),
    "shop_ratio_quarter": Bound("the same, a quarter of an hour", None, None, True, times),
    "shop_requests": Bound("shop, evening's peak: requests a second, control plane and all", 150e3, 400e3, True, rate),
    "shop_events": Bound("shop, evening's peak: events a second in the data plane", 3e6, 8e6, True, rate),
    "length": Bound("time of a run ten times as long", 11, 11, False, times, least=9),
    "speed": Bound("time at ten times the rate, on servers ten times as fast", 11, 11, False, times, least=9),
    "rate": Bound(
        "time at ten times the rate, on the same cluster (7 % busy, then 70 %)", 11, 11, False, times, least=9
    ),
    "larger": Bound("time at ten times the rate, on a cluster ten times as large", None, None, False, times),
    "memory_length": Bound("peak memory of a run ten times as long", 1.1, 1.1, False, times),
    "memory_rate": Bound("peak memory at ten times the rate", 1.05, 1.05, False, times),
    "cluster": Bound("a request or probe on 300 nodes and 5,000 pods against 15 and 250", 1.5, 1.1, False, times),
    "cluster_visit": Bound("the same, a visit of a pod", None, None, False, times),
    "day": Bound("one day of the shop at 100 requests a second, one core, CPU time", 60, 20, False, seconds),
    "quarter_memory": Bound(
        "the long run (see below): peak memory, in GB", 1, 1, False, lambda value: f"{value:.2f} GB"
    ),
    "first": Bound("first `fvcap simulate` ever, one minute of the shop, wall time", 30, 12, False, seconds),
    "warm": Bound("the same from then on", 2.5, 1.5, False, seconds),
    "library": Bound(
        "the same from then on, as a library: no tables and plots are written", None, None, False, seconds
    ),
}


ALLOWANCE = 1.25
"""What a shared machine may spoil: the tests let a quarter pass, the page tells what was measured."""


def require(name: str, value: float) -> None:
    """Fail when a value does not keep to what must hold, with the allowance."""
    bound = BOUNDS[name]
    limit = bound.must
    assert limit is not None
    kept = value * ALLOWANCE >= limit if bound.at_least else value <= limit * ALLOWANCE
    if bound.least is not None:
        kept = kept and value >= bound.least / ALLOWANCE
    assert kept, f"{bound.what}: {bound.form(value)}, but must be {bound.limit(limit)}"
