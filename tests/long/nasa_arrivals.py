"""Do arrivals that are rebuilt from counts by the minute queue as the true ones did?

    python -m tests.long.nasa_arrivals

The per-second counts of NASA-HTTP, 10 to 16 July 1995, are replayed through one first-come-first-served station with
exponential service: once as they were, once rebuilt from their counts by the minute. The calibrated burstiness comes from
3 to 9 July; of the days that are replayed nothing is used but the counts by the minute. The station's speed is such that the
99th percentile of the minutes' rates keeps it busy to a given share. Needs ../shared/data/traffic.
"""

from __future__ import annotations

import heapq
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from fvcapacity.program.arrivals import ArrivalStream
from fvcapacity.program.multiplier import compile_multiplier
from fvcapacity.scenario.model import TrafficTable
from fvcapacity.scenario.traffic import ClusteredArrivals, PoissonArrivals, Traffic
from fvcapacity.study.calibrate.dispersion import Dispersion, find_dispersion
from fvcapacity.study.grid import Grid
from fvcapacity.study.rates import index_of, rates_without_noise

FILE = Path(__file__).resolve().parents[3] / "shared/data/traffic/nasa_http_1995_07_03_07_16_per_second_sparse.csv.gz"
DAY_S = 86_400
LEARNT, REPLAYED = range(7), range(7, 14)
STATIONS = ((1, 0.7), (1, 0.9), (4, 0.8))
REPEATS = 6
NS = 10**9


def counts_by_second() -> tuple[int, np.ndarray]:
    """Return the first second (since 1970) and the counts of fourteen days."""
    table = pd.read_csv(FILE, comment="#")
    start = int(table["epoch_s"].min()) // DAY_S * DAY_S
    start += 4 * 3600  # local midnight (UTC-4)
    counts = np.zeros(14 * DAY_S)
    place = table["epoch_s"].to_numpy() - start
    inside = (place >= 0) & (place < len(counts))
    counts[place[inside]] = table["requests"].to_numpy()[inside]
    return start, counts


def burstiness(start: int, counts: np.ndarray) -> Dispersion:
    """Return what the calibration makes of the days that are learnt from, at 15 s."""
    part = counts[: len(LEARNT) * DAY_S].reshape(-1, 15).sum(axis=1)
    times = pd.date_range(pd.Timestamp(start, unit="s", tz="UTC"), periods=len(part), freq="15s")
    none = pd.DataFrame({"time_utc": times[:0], "subject": [], "le_s": [], "count": []})
    grid = Grid(times, 15.0, ("all",), part[:, None], np.zeros((len(part), 1)), {}, none)
    return find_dispersion(grid, ClusteredArrivals().spread / NS)


def true_times(counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return instants in seconds: uniform within their seconds."""
    seconds = np.repeat(np.arange(len(counts)), counts.astype(int))
    return np.sort(seconds + rng.random(len(seconds)))


def rebuilt_times(counts: np.ndarray, step_s: int, arrivals, smooth: bool, start: int, seed: int) -> np.ndarray:
    """Return instants in seconds, drawn from counts of ``step_s`` as a scenario's traffic is."""
    binned = counts.reshape(-1, step_s).sum(axis=1)[:, None]
    rates = (rates_without_noise(binned, index_of(arrivals)) if smooth else binned) / step_s
    table = TrafficTable(step_s * NS, start * NS, ("all",), rates)
    multiplier = compile_multiplier(Traffic(file="counts"), ("all",), ZoneInfo("UTC"))
    stream = ArrivalStream(table, arrivals, multiplier, seed, start * NS, len(counts) * NS)
    parts = []
    while (chunk := stream.next_chunk()) is not None:
        parts.append(chunk.times_ns)
    return np.concatenate(parts) / NS


def response_times(times: np.ndarray, service: np.ndarray, servers: int) -> np.ndarray:
    """Return response times of a first-come-first-served station (Lindley's recursion; a heap for more servers)."""
    if servers == 1:
        steps = np.concatenate([[0.0], service[:-1] - np.diff(times)])
        walk = np.cumsum(steps)
        return walk - np.minimum.accumulate(np.minimum(walk, 0.0)) + service
    free = [0.0] * servers
    result = np.empty(len(times))
    for number, (now, need) in enumerate(zip(times.tolist(), service.tolist(), strict=True)):
        end = max(free[0], now) + need
        heapq.heapreplace(free, end)
        result[number] = end - now
    return result


def percentiles(draw, servers: int, mean_s: float) -> np.ndarray:
    """Return p95 and p99 over some repeats."""
    found = []
    for repeat in range(REPEATS):
        times = draw(repeat)
        service = np.random.default_rng(1000 + repeat).exponential(mean_s, len(times))
        found.append(np.percentile(response_times(times, service, servers), [95, 99]))
    return np.mean(found, axis=0)


def errors() -> tuple[pd.DataFrame, Dispersion]:
    """Return errors of p95 and p99 by model, day and station."""
    start, counts = counts_by_second()
    found = burstiness(start, counts)
    fitted = ClusteredArrivals(mean_size=found.mean_size[0], spread=f"{found.spread_s[0] * 1000:.0f}ms")
    models = {
        "Poisson, counts by the minute as rates": (60, PoissonArrivals(), False),
        "clusters (1.6, 3 s), counts by the minute as rates": (60, ClusteredArrivals(), False),
        "clusters (1.6, 3 s), rates without noise": (60, ClusteredArrivals(), True),
        "clusters calibrated on 3 to 9 July, rates without noise": (60, fitted, True),
        "Poisson, counts by 15 s as rates": (15, PoissonArrivals(), False),
    }
    rows = []
    for day in REPLAYED:
        part, begin = counts[day * DAY_S : (day + 1) * DAY_S], start + day * DAY_S
        busy = np.percentile(part.reshape(-1, 60).sum(axis=1), 99) / 60
        for servers, share in STATIONS:
            mean_s = share * servers / busy
            truth = percentiles(lambda seed, part=part: true_times(part, np.random.default_rng(seed)), servers, mean_s)
            for name, (step, arrivals, smooth) in models.items():
                drawn = percentiles(
                    lambda seed, part=part, begin=begin, step=step, arrivals=arrivals, smooth=smooth: rebuilt_times(
                        part, step, arrivals, smooth, begin, seed
                    ),
                    servers,
                    mean_s,
                )
                rows.append((name, 3 + day, servers, share, *(drawn / truth - 1)))
    return pd.DataFrame(rows, columns=["model", "july", "servers", "busy", "p95", "p99"]), found


def text(table: pd.DataFrame) -> str:
    """Return the table of the documentation."""
    lines = ["| arrivals | mean error p95 / p99 | bias p95 / p99 | largest p95 / p99 |", "|---|---|---|---|"]
    for name, part in table.groupby("model", sort=False):
        e = part[["p95", "p99"]]
        cells = [e.abs().mean(), e.mean(), e.abs().max()]
        lines.append(
            f"| {name} | " + " | ".join(f"{100 * c['p95']:.1f} / {100 * c['p99']:.1f} %" for c in cells) + " |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    table, found = errors()
    print(f"calibrated: mean size {found.mean_size}, spread {found.spread_s} s ({found.spread_basis}); W {found.index}")
    print(text(table))
    print(table[table["model"].str.contains("calibrated")].round(3).to_string())
