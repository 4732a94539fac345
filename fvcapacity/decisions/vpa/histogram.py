"""Histograms of usage whose old samples count for less and less.

Sources: ``histogram.go``, ``decaying_histogram.go`` and ``histogram_options.go`` of
``vertical-pod-autoscaler/pkg/recommender/util`` (kubernetes/autoscaler).

A percentile is always the END of a bucket, so that it lies up to one bucket above the data.
"""

from __future__ import annotations

import math
from typing import Protocol

from fvcapacity.frozen import Frozen

_MAX_DECAY_EXPONENT = 100
_YEAR_ONE_NS = -62_135_596_800 * 10**9
"""0001-01-01T00:00:00Z in nanoseconds of Unix time: the zero of Go's clock, from which it rounds."""


class Buckets(Protocol):
    """How values fall into buckets."""

    @property
    def count(self) -> int:
        """Number of buckets."""

    def find(self, value: float) -> int:
        """Return the bucket of a value."""

    def start(self, bucket: int) -> float:
        """Return the lower bound of a bucket."""


class ExponentialBuckets(Frozen):
    """Buckets of which each is ``ratio`` times as wide as the one before."""

    max_value: float
    first_size: float
    ratio: float

    @property
    def count(self) -> int:
        """Number of buckets; the last one holds all from the maximum upwards."""
        return math.ceil(self._position(self.max_value)) + 1

    def find(self, value: float) -> int:
        """Return the bucket of a value; what is too large falls into the last one."""
        if value < self.first_size:
            return 0
        return min(int(self._position(value)), self.count - 1)

    def start(self, bucket: int) -> float:
        """Return the lower bound of a bucket."""
        return self.first_size * (math.pow(self.ratio, bucket) - 1) / (self.ratio - 1) if bucket else 0.0

    def _position(self, value: float) -> float:
        return math.log(value * (self.ratio - 1) / self.first_size + 1) / math.log(self.ratio)


class LinearBuckets(Frozen):
    """Buckets of one size."""

    max_value: float
    size: float

    @property
    def count(self) -> int:
        """Number of buckets; the last one holds all from the maximum upwards."""
        return math.ceil(self.max_value / self.size) + 1

    def find(self, value: float) -> int:
        """Return the bucket of a value; what is too small or too large falls into the outer ones."""
        return max(0, min(int(value / self.size), self.count - 1))

    def start(self, bucket: int) -> float:
        """Return the lower bound of a bucket."""
        return bucket * self.size


class Histogram:
    """Weights by bucket.

    Parameters
    ----------
    buckets
        How values are sorted.
    epsilon
        A weight below this counts as nothing.
    half_life_ns
        After this a sample counts half; None for a histogram that forgets nothing.
    """

    def __init__(self, buckets: Buckets, epsilon: float, half_life_ns: int | None = None) -> None:
        self.buckets = buckets
        self.epsilon = epsilon
        self.half_life_ns = half_life_ns
        self.weights = [0.0] * buckets.count
        self.total = 0.0
        self._low = buckets.count - 1
        self._high = 0
        self._reference_ns = _YEAR_ONE_NS

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing left that counts."""
        return self.weights[self._low] < self.epsilon

    def add(self, value: float, weight: float, time_ns: int) -> None:
        """Add a sample of some Unix time. Weights grow with time, instead of what is there shrinking."""
        bucket, weight = self.buckets.find(value), weight * self._growth(time_ns)
        self.weights[bucket] += weight
        self.total += weight
        if self.weights[bucket] >= self.epsilon:
            self._low, self._high = min(self._low, bucket), max(self._high, bucket)

    def subtract(self, value: float, weight: float, time_ns: int) -> None:
        """Take a sample out again that was added with the same value, weight and time."""
        bucket, weight = self.buckets.find(value), weight * self._growth(time_ns)
        self.total = self._less(self.total, weight)
        self.weights[bucket] = self._less(self.weights[bucket], weight)
        self._shrink()

    def percentile(self, share: float) -> float:
        """Return the end of the bucket in which ``share`` (0 to 1) of the weight is reached, 0 of an empty one."""
        if self.empty:
            return 0.0
        threshold, reached, bucket = share * self.total, 0.0, self._low
        while bucket < self._high:
            reached += self.weights[bucket]
            if reached >= threshold:
                break
            bucket += 1
        return self.buckets.start(min(bucket + 1, len(self.weights) - 1))

    def merge(self, other: Histogram) -> None:
        """Add all of another histogram of the same kind."""
        if self.half_life_ns is not None:
            if self._reference_ns < other._reference_ns:
                self._move_reference(other._reference_ns, self.half_life_ns)
            elif other._reference_ns < self._reference_ns:
                other._move_reference(self._reference_ns, self.half_life_ns)
        for bucket in range(other._low, other._high + 1):
            self.weights[bucket] += other.weights[bucket]
        self.total += other.total
        self._low, self._high = min(self._low, other._low), max(self._high, other._high)

    def _growth(self, time_ns: int) -> float:
        """Return by how much a sample of this time weighs more than one of the reference time."""
        half_life = self.half_life_ns
        if half_life is None:
            return 1.0
        if time_ns > self._reference_ns + half_life * _MAX_DECAY_EXPONENT:
            self._move_reference(time_ns, half_life)
        return math.pow(2.0, (time_ns - self._reference_ns) / half_life)

    def _move_reference(self, time_ns: int, half_life: int) -> None:
        since = time_ns - _YEAR_ONE_NS
        rounded = _YEAR_ONE_NS + (since + half_life // 2) // half_life * half_life
        halvings = round((rounded - self._reference_ns) / half_life)
        factor = math.ldexp(1.0, -halvings) if halvings < 2000 else 0.0
        self.weights = [weight * factor for weight in self.weights]
        self.total *= factor
        self._reference_ns = rounded
        self._shrink()

    def _shrink(self) -> None:
        last = len(self.weights) - 1
        while self.weights[self._low] < self.epsilon and self._low < last:
            self._low += 1
        while self.weights[self._high] < self.epsilon and self._high > 0:
            self._high -= 1

    def _less(self, value: float, weight: float) -> float:
        left = value - weight
        return 0.0 if left < self.epsilon else left
