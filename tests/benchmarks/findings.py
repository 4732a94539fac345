"""All measures in one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.benchmarks import chain, cluster, growth, quarter, shop, startup
from tests.benchmarks.clocks import Timed, best_of, require_unchecked
from tests.benchmarks.quarter import DAYS


@dataclass
class Findings:
    """What one run found: figures by the names of ``BOUNDS``, and what the page tells besides."""

    figures: dict[str, float] = field(default_factory=dict)
    chain: dict[str, Timed] = field(default_factory=dict)
    """The chain of queues by tool."""
    mean_ms: float = 0.0
    shop: dict[str, Timed] = field(default_factory=dict)
    """The evening's peak by plane and length."""
    parts: dict[str, shop.Parts] = field(default_factory=dict)
    """Where the time goes, by workload."""
    day: Timed | None = None
    memory: dict[str, growth.Memory] = field(default_factory=dict)
    clusters: dict[str, cluster.Carried] = field(default_factory=dict)
    quarter: quarter.Quarter | None = None
    days: int = DAYS


def find(quick: bool, tell: Callable[[str], None], days: int = DAYS) -> Findings:
    """Run every measure, one after the other.

    Parameters
    ----------
    quick
        Smaller work and fewer repetitions, and an hour in place of the day: to see that all of it runs.
    tell
        Is told what comes next.
    days
        Of the long run.
    """
    require_unchecked()
    found, runs = Findings(days=9 if quick else days), 1 if quick else 5
    for name, step in _STEPS.items():
        tell(name)
        step(found, runs)
    return found


def _chain(found: Findings, runs: int) -> None:
    chain.fast_chain(1_000)
    chain.reference_chain(10)
    found.chain = {
        "fast plane": best_of(chain.fast_chain, runs),
        "idiomatic SimPy": best_of(chain.simpy_chain, runs),
        "Ciw": best_of(chain.ciw_chain, runs),
        "reference plane (`plane: simpy`)": best_of(chain.reference_chain, runs),
    }
    found.mean_ms = chain.mean_of(chain.plane_chain(chain.FastPlane, 300_000)[1])
    found.figures["chain"] = found.chain["fast plane"].rate / found.chain["idiomatic SimPy"].rate


def _shop(found: Findings, runs: int) -> None:
    scenario = shop.evening()
    shop.replay(scenario)  # loads what is compiled
    fast = best_of(lambda: shop.replay(scenario)[0], runs)
    slow = shop.replay(shop.evening(plane="simpy"))[0]
    quarter = best_of(lambda: shop.replay(shop.evening(shop.QUARTER))[0], runs)
    slow_quarter = shop.replay(shop.evening(shop.QUARTER, "simpy"))[0]
    found.shop = {
        "`plane: fast`, an hour": fast,
        "`plane: simpy`, an hour": slow,
        "`plane: fast`, a quarter": quarter,
        "`plane: simpy`, a quarter": slow_quarter,
    }
    found.parts["evening's peak, an hour"] = parts = _parts(shop.evening(), runs)
    found.parts["evening's peak, a quarter of an hour"] = _parts(shop.evening(shop.QUARTER), runs)
    found.figures["shop_ratio"] = slow.seconds / fast.seconds
    found.figures["shop_ratio_quarter"] = slow_quarter.seconds / quarter.seconds
    found.figures["shop_requests"] = fast.rate
    found.figures["shop_events"] = parts.events_a_second


def _parts(scenario: shop.Scenario, runs: int) -> shop.Parts:
    return min((shop.replay_in_parts(scenario) for _ in range(runs)), key=lambda parts: parts.total.seconds)


def _growth(found: Findings, runs: int) -> None:
    size = 20_000 if runs == 1 else 200_000
    found.figures["length"] = growth.growth_with_length(size)
    found.figures["speed"] = growth.growth_with_speed(size)
    found.figures["rate"] = growth.growth_with_rate(size // 2)
    found.figures["larger"] = growth.growth_with_cluster(size // 2)


def _memory(found: Findings, runs: int) -> None:
    growth.memory_of(20, 10)  # compiles what is not in the cache yet
    few, rate, length = growth.memory_of(20, 10), growth.memory_of(20, 100), growth.memory_of(200, 100)
    found.memory = {"20 min at 10/s": few, "20 min at 100/s": rate, "200 min at 100/s": length}
    found.figures["memory_rate"] = rate.peak_bytes / few.peak_bytes
    found.figures["memory_length"] = length.peak_bytes / rate.peak_bytes


def _cluster(found: Findings, runs: int) -> None:
    small, big = cluster.small_and_big(9 if runs > 1 else 3)
    found.clusters = {"15 nodes, 250 pods": small, "300 nodes, 5,000 pods": big}
    found.figures["cluster"] = big.each / small.each
    found.figures["cluster_visit"] = big.visit / small.visit


def _day(found: Findings, runs: int) -> None:
    found.parts["an hour at 100 requests/s"] = _parts(shop.steady(60), min(runs, 2))
    if runs == 1:
        return
    found.day, statistics = shop.replay(shop.steady(24 * 60))
    shop.require_whole(statistics)
    shop.require_served(statistics)
    found.figures["day"] = found.day.seconds


def _quarter(found: Findings, runs: int) -> None:
    found.quarter = quarter.quarter(found.days)
    found.figures["quarter_memory"] = found.quarter.peak_bytes / 1e9


def _startup(found: Findings, runs: int) -> None:
    waits = startup.waits(runs)
    found.figures.update(first=waits.first, warm=waits.warm, library=waits.library)


_STEPS = {
    "chain of queues": _chain,
    "shop at the evening's peak": _shop,
    "growth of time": _growth,
    "growth of memory": _memory,
    "big cluster": _cluster,
    "shop at 100 requests a second": _day,
    "a quarter": _quarter,
    "start-up": _startup,
}
