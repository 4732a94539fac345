"""How the recommender takes single samples in.

Sources: ``model/container.go``, ``aggregate_container_state.go`` and ``aggregations_config.go`` of
``vertical-pod-autoscaler/pkg/recommender`` (kubernetes/autoscaler).
"""

from __future__ import annotations

from fvcapacity.decisions.vpa.histogram import ExponentialBuckets, Histogram
from fvcapacity.frozen import Frozen
from fvcapacity.units import NS_PER_S

_EPSILON = 0.0001
_CPU_BUCKETS = ExponentialBuckets(1000.0, 0.01, 1.05)
_MEMORY_BUCKETS = ExponentialBuckets(1e12, 1e7, 1.05)
_CPU_WEIGHT = 0.1
_MEMORY_WEIGHT = 1.0
_DAY_NS = 86_400 * NS_PER_S


class AggregationSettings(Frozen, kw_only=True):
    """How samples are put together, with the recommender's defaults."""

    memory_interval_ns: int = _DAY_NS
    """One peak of memory counts for each such stretch of a container."""
    memory_half_life_ns: int = _DAY_NS
    cpu_half_life_ns: int = _DAY_NS
    oom_bump_up_ratio: float = 1.2
    oom_min_bump_up_bytes: int = 100 * 2**20


class Aggregate:
    """Usage of all containers of one name."""

    def __init__(self, settings: AggregationSettings) -> None:
        self.cpu = Histogram(_CPU_BUCKETS, _EPSILON, settings.cpu_half_life_ns)
        self.memory = Histogram(_MEMORY_BUCKETS, _EPSILON, settings.memory_half_life_ns)
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.samples = 0

    def add_cpu(self, time_ns: int, millicores: int) -> None:
        """Count a CPU sample. First, last and number of samples are those of CPU alone, for memory too."""
        self.cpu.add(millicores / 1000, _CPU_WEIGHT, time_ns)
        self.first_ns = time_ns if self.first_ns is None else min(self.first_ns, time_ns)
        self.last_ns = time_ns if self.last_ns is None else max(self.last_ns, time_ns)
        self.samples += 1

    def confidence(self, interval_ns: int) -> float:
        """Return how many intervals there are samples of: by their span, and at one sample a minute."""
        if self.first_ns is None or self.last_ns is None:
            return 0.0
        by_count = self.samples / (interval_ns / (60 * NS_PER_S))
        return min((self.last_ns - self.first_ns) / interval_ns, by_count)


class ContainerUsage:
    """One container of one pod: what of its samples counts.

    Memory counts by its peak in each interval. The sample stands at the interval's end, and is taken out again when
    a larger one comes.
    """

    def __init__(self, aggregate: Aggregate, settings: AggregationSettings) -> None:
        self._aggregate = aggregate
        self._settings = settings
        self._last_cpu_ns: int | None = None
        self._last_memory_ns: int | None = None
        self._window_end_ns: int | None = None
        self._peak = 0
        self._oom_peak = 0

    def add_cpu(self, time_ns: int, millicores: int) -> bool:
        """Take a CPU sample in; False when it is negative or no newer than the one before."""
        if millicores < 0 or (self._last_cpu_ns is not None and time_ns <= self._last_cpu_ns):
            return False
        self._last_cpu_ns = time_ns
        self._aggregate.add_cpu(time_ns, millicores)
        return True

    def add_memory(self, time_ns: int, used_bytes: int) -> bool:
        """Take a memory sample in; False when it is negative or older than the one before."""
        if used_bytes < 0 or (self._last_memory_ns is not None and time_ns < self._last_memory_ns):
            return False
        if self._take(time_ns, used_bytes):
            self._peak = used_bytes
        return True

    def add_oom(self, time_ns: int, requested_bytes: int) -> bool:
        """Take an OOM kill in, as more memory than was there; False when it is older than an interval."""
        settings = self._settings
        if self._last_memory_ns is not None and time_ns < self._last_memory_ns - settings.memory_interval_ns:
            return False
        used = max(requested_bytes, self._peak)
        needed = max(used + settings.oom_min_bump_up_bytes, int(used * settings.oom_bump_up_ratio))
        if self._take(time_ns, needed):
            self._oom_peak = needed
        return True

    def _take(self, time_ns: int, used_bytes: int) -> bool:
        """Let a sample count if it is a new peak of its interval."""
        self._last_memory_ns = time_ns
        interval, memory = self._settings.memory_interval_ns, self._aggregate.memory
        end = time_ns if self._window_end_ns is None else self._window_end_ns
        if time_ns < end:
            before = max(self._peak, self._oom_peak)
            if not 0 < before < used_bytes:
                return False
            memory.subtract(before, _MEMORY_WEIGHT, end)
        else:
            end += (time_ns - end) // interval * interval + interval
            self._peak = self._oom_peak = 0
        self._window_end_ns = end
        memory.add(used_bytes, _MEMORY_WEIGHT, end)
        return True
